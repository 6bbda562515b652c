"""What all tests share: the modules that user code imports, and a way to run a coroutine under a deadline."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

T = TypeVar("T")

MODULES = Path(__file__).parents[1] / "pywrangler" / "modules"
if str(MODULES) not in sys.path:
    # As a host does, so that `workers`, `js` and `pyodide` are importable.
    sys.path.insert(0, str(MODULES))


# An example may take as long as the machine makes it: only the test as a whole has a deadline.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True)
def global_scope() -> Iterator[None]:
    """After a test that ran as the host of one Worker, the global scope is again the one with every name."""
    yield
    scope = sys.modules.get("pywrangler.runtime.js.globals")
    if scope is not None:
        scope.configure(node=True)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory whose path is short enough for the sockets in it (Linux takes 107 bytes)."""
    with tempfile.TemporaryDirectory(prefix="pw-") as directory:
        yield Path(directory)


@pytest.fixture
def run_async() -> Callable[..., Any]:
    """Return `run(coroutine, timeout=10)`: runs it on a fresh loop, fails when the deadline passes."""

    def run(coroutine: Coroutine[Any, Any, T], timeout: float = 10) -> T:
        async def bounded() -> T:
            return await asyncio.wait_for(coroutine, timeout)

        return asyncio.run(bounded())

    return run


# The tests are about the pywrangler of their own environment, also where another one is the project's `.venv`.
os.environ["PYWRANGLER_HANDED_OVER"] = ""
