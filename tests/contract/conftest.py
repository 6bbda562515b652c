"""The implementations of a channel, each with the sample Worker at its far end."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from tests.contract.worlds import Host, World

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator


@pytest.fixture(scope="session")
def shared_host() -> Iterator[Host]:
    """A host for all tests that do not end it."""
    with tempfile.TemporaryDirectory() as directory:
        host = Host(Path(directory)).ready()
        yield host
        host.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def run_async(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return `run(coroutine, timeout=10)` on each kind of loop: hosts use uvloop, some machines lack it."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run(coroutine: Coroutine[Any, Any, Any], timeout: float = 10) -> Any:
        async def bounded() -> Any:
            return await asyncio.wait_for(coroutine, timeout)

        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(bounded())

    return run


@pytest.fixture(params=["same host", "other host"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Each implementation of a channel, in turn."""
    if request.param == "same host":
        return World("other", tmp_path)
    world = World("own", tmp_path)
    world.register(request.getfixturevalue("shared_host"))
    return world


@pytest.fixture
def run(world: World, run_async: Callable[..., Any]) -> Callable[..., Any]:
    """Return `run(test)`: runs `await test(channel)` and closes the router."""

    def run(test: Callable[[Any], Coroutine[Any, Any, Any]], timeout: float = 10) -> Any:
        async def inside() -> Any:
            channel = world.open()
            try:
                return await test(channel)
            finally:
                world.router.close()

        return run_async(inside(), timeout)

    return run


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    """Return `hosts(...)`: starts a host that the test may end."""
    started: list[Host] = []

    def start(**options: Any) -> Host:
        host = Host(tmp_path, **options)
        started.append(host)
        return host

    yield start
    for host in started:
        host.close()
