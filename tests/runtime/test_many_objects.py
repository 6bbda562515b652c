"""Very many live objects: their files take turns being open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime import objects as objects_module
from tests.runtime.harness import Objects

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
    monkeypatch.setattr(objects_module, "most_open_files", lambda: 8)
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


def test_the_limit_follows_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    for soft, most in ((1024, 131), (256, 16), (20_000, 2_000), (objects_module.resource.RLIM_INFINITY, 2_000)):
        monkeypatch.setattr(objects_module.resource, "getrlimit", lambda _kind, soft=soft: (soft, soft))
        assert objects_module.most_open_files() == most
