"""Very many live objects: their files take turns being open."""

from __future__ import annotations

import asyncio
import resource
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.protocol import descriptors
from pywrangler.runtime import objects as objects_module
from tests.runtime.harness import Objects, settle

if TYPE_CHECKING:
    from pathlib import Path


class Counter:
    made = 0

    def __init__(self, ctx: Any, env: Any) -> None:
        self.storage = ctx.storage
        self.calls = 0
        Counter.made += 1

    async def increment(self) -> tuple[int, int]:
        self.calls += 1
        value = (await self.storage.get("n") or 0) + 1
        await self.storage.put("n", value)
        return value, self.calls


def test_more_objects_live_than_files_may_be_open(
    tmp_path: Path, run_async: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects_module, "most_open_files", lambda _is_open=0: 8)
    Counter.made = 0

    def open_files(objects: Objects) -> int:
        return sum(actor.storage.database.run is not None for actor in objects.host.actors.values())

    async def main() -> None:
        objects = Objects(tmp_path, Counter)
        for turn in range(1, 4):
            for number in range(40):
                assert await objects.call("Counter", "increment", object_id=f"{number:064x}") == (turn, turn)
                assert open_files(objects) <= 9
        assert Counter.made == 40

    run_async(main())


def test_objects_that_run_give_their_files_up_where_descriptors_are_scarce(
    tmp_path: Path, run_async: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects_module, "most_open_files", lambda _is_open=0: 4)

    class Waiting:
        def __init__(self, ctx: Any, env: Any) -> None:
            self.storage = ctx.storage

        async def add(self, gate: asyncio.Event) -> int:
            await self.storage.put("n", 1)
            rows = self.storage.sql.exec("SELECT 1 UNION SELECT 2")  # under way: its file stays open
            await gate.wait()
            return len(rows.toArray()) + await self.storage.get("n")

    async def main() -> None:
        objects = Objects(tmp_path, Waiting)
        gate = asyncio.Event()
        host = objects.host
        calls = [host.actor("Waiting", f"{n:064x}").submit(lambda it: it.add(gate)) for n in range(20)]
        await settle()
        gate.set()
        assert await asyncio.gather(*calls) == [3] * 20

    run_async(main())


def test_the_limit_follows_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "in_use", lambda: 24)
    table = ((1024, 0, 246), (256, 0, 54), (256, 20, 69), (64, 0, 6), (30, 0, 2), (20_000, 0, 2_000))
    for soft, is_open, most in (*table, (resource.RLIM_INFINITY, 0, 2_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _kind, soft=soft: (soft, soft))
        assert objects_module.most_open_files(is_open) == most
