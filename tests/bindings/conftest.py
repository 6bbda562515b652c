"""What bindings are made of in tests: a config, a clock that moves when told, local data in a directory of the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.bindings.catalogue import Parts, make
from pywrangler.bindings.stores import Stores
from pywrangler.config.compat import derive
from pywrangler.config.model import OtherBinding, WorkerConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOON = 1_800_000_000.25


class StoppedClock:
    """Time of day that tests set: `clock.time`, seconds since the epoch."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> float:
        return self.time


@pytest.fixture
def stopped_clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def bind(tmp_path: Path, stopped_clock: StoppedClock) -> Iterator[Callable[..., Any]]:
    """Return `bind(kind, name, **data)`: the raw object of a binding; all share `tmp_path / "v3"`."""
    config = WorkerConfig("test", tmp_path / "wrangler.jsonc", None, derive("2026-06-10"))
    root = tmp_path / "v3"
    stores = Stores(root, lambda problem: pytest.fail(str(problem)))
    parts = Parts(config, None, None, stopped_clock, stores, root)  # type: ignore[arg-type]
    yield lambda kind, name, **data: make(OtherBinding(kind, name, data), parts)
    stores.close()
