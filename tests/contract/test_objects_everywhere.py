"""A program cannot tell where an object lives.

The same cases pass in the object's own host, in another host of the session, and in another session, called by a Worker
and by an object (cases: `everywhere/case_*.py`).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.contract.placements import FILES, PLACES, World, start
from tests.processes.dev import request

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes


def cases() -> list[str]:
    """Name every case: public coroutine functions of the modules `case_*` that take a probe."""
    return [
        f"{path.stem}/{node.name}"
        for path in sorted(FILES.glob("case_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef) and [arg.arg for arg in node.args.args] == ["probe"]
    ]


@pytest.fixture(scope="module", params=PLACES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Each placement in turn."""
    made = start(request.param, tmp_path_factory.mktemp("everywhere"))
    yield made
    made.project.close()


@pytest.mark.parametrize("caller", ["worker", "object"])
@pytest.mark.parametrize("case", cases())
def test_case(world: World, case: str, caller: str) -> None:
    status, text = request(world.port, f"/case/{case}" + ("?asker" if caller == "object" else ""))
    assert status == 200, text
