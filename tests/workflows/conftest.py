"""A Worker with workflows, its data in a directory of the test, and a clock that moves when told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from workers import WorkflowEntrypoint, _face
from workers.conversion import python_from_rpc

from pywrangler.bindings.catalogue import Parts, make
from pywrangler.bindings.stores import Stores
from pywrangler.config.compat import derive
from pywrangler.config.model import OtherBinding, WorkerConfig
from pywrangler.host.testing.clock import MovableClock
from pywrangler.runtime import context
from pywrangler.runtime.channels.local import LocalChannel
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.tasks import make_task
from pywrangler.runtime.worker import WorkerRuntime
from pywrangler.runtime.workflows.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

NOON = 1_800_000_000.0
FINAL = ("complete", "errored", "terminated")


async def turn() -> None:
    """Let everything else run once."""
    await asyncio.sleep(0)


async def until(check: Callable[[], Any]) -> None:
    """Wait until `check()` is true."""
    while not check():
        await turn()


class Host:
    """One host of the Worker `shop`, with the binding FLOW of the workflow `flow`."""

    def __init__(self, world: World, classes: dict[str, type]) -> None:
        config = WorkerConfig("shop", world.root / "wrangler.jsonc", None, derive("2026-06-10"))
        self.world = world
        self.worker = WorkerRuntime(config, Exports(workflows=classes), _face.FACE, _no_objects, report=_no_report)
        self.worker.bind(plain({}), self)  # type: ignore[arg-type]
        self.successor: Host | None = None
        self.stores = Stores(world.root / "v3", world.notices.append)
        parts = Parts(config, self, self.worker, world.clock, self.stores, world.root / "v3")  # type: ignore[arg-type]
        data = {"name": "flow", "class_name": "Flow"}
        self.flow = make(OtherBinding("workflows", "FLOW", data), parts)
        self.stranger = make(OtherBinding("workflows", "STRANGER", {**data, "name": "other"}), parts)
        self.lost = make(OtherBinding("workflows", "LOST", {**data, "name": "lost", "class_name": "Lost"}), parts)
        (self.engine,) = (item for item in self.worker.companions if isinstance(item, Engine))
        del self.engine._workflows["other"]

    def channel(self, _worker: str) -> LocalChannel:
        return LocalChannel((self.successor or self).worker)

    async def status(self, instance: Any) -> Any:
        return python_from_rpc(await instance.status())

    async def ended(self, instance: Any) -> Any:
        """Wait until the instance has ended; the clock stands still."""
        while (found := await self.status(instance))["status"] not in FINAL:
            await turn()
        return found

    async def reaches(self, instance: Any, status: str) -> Any:
        while (found := await self.status(instance))["status"] != status:
            await turn()
        return found

    async def run(self, **params: Any) -> Any:
        """Create an instance and return its status at the end."""
        return await self.ended(await self.flow.create(params=plain(params)))

    async def advance(self, seconds: float) -> None:
        """Let time pass; everything due on the way happens."""
        clock = self.world.clock
        goal = round(clock.now(), 3) + seconds
        await clock.advance(clock.now(), self._at_work)
        while (due := clock.next_due()) is not None and due <= goal:
            await clock.advance(due, self._at_work)
        await clock.advance(goal, self._at_work)

    def _at_work(self) -> set[asyncio.Future[Any]]:
        return set(self.worker.driven)


class World:
    """What outlives a host."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clock = MovableClock()
        self.clock.stop(NOON)
        self.notices: list[Any] = []
        self.reports: list[tuple[str, BaseException]] = []
        self.hosts: list[Host] = []

    def host(self, run: Any = None, *, begin: bool = True, **methods: Any) -> Host:
        """Start a host whose class `Flow` has this `run`."""
        classes = {"Flow": type("Flow", (WorkflowEntrypoint,), {"run": run, **methods})} if run is not None else {}
        made = Host(self, classes)
        self.hosts.append(made)
        if begin:
            made.engine.begin()
        return made

    async def use(self, test: Callable[[World], Awaitable[Any]]) -> Any:
        asyncio.get_running_loop().set_task_factory(make_task)  # type: ignore[arg-type]
        try:
            return await test(self)
        finally:
            for host in self.hosts:
                host.engine.close()
            for _ in range(10):
                await asyncio.sleep(0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    context.set_reporter(lambda problem, prefix: made.reports.append((prefix, problem)))
    yield made
    context.set_reporter(None)  # type: ignore[arg-type]
    for host in made.hosts:
        host.stores.close()
    assert made.notices == []


@pytest.fixture
def using(world: World, run_async: Callable[..., Any]) -> Callable[..., Any]:
    """Return `using(test)`: runs the coroutine function `test(world)`."""
    return lambda test: run_async(world.use(test))


def _no_objects() -> Any:
    raise AssertionError("there are no objects")


def _no_report(problem: BaseException) -> None:
    raise problem
