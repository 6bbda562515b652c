"""Alarms of whole objects: what a reset does to them, and how they end (spec/durable-objects.md, section 7)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime import alarms
from pywrangler.runtime.js.values import plain
from tests.runtime.harness import ID, Objects, settle

if TYPE_CHECKING:
    from pathlib import Path


class Alarmed:
    runs: list[int] = []
    how = "fine"

    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.storage = ctx.storage

    async def start(self, when: float) -> None:
        await self.storage.setAlarm(when)

    async def get(self) -> Any:
        return await self.storage.getAlarm()

    async def alarm(self, info: Any) -> None:
        Alarmed.runs.append(info.retryCount)
        if Alarmed.how == "abort":
            self.ctx.abort("no")
        if Alarmed.how == "abort for good":
            self.ctx.abort("no", plain({"retryAlarm": False}))
        if Alarmed.how == "too long":
            await asyncio.get_running_loop().create_future()


@pytest.fixture
def started(tmp_path: Path) -> Any:
    async def start(how: str) -> Objects:
        Alarmed.runs, Alarmed.how = [], how
        objects = Objects(tmp_path, Alarmed)
        objects.host.start_alarms()
        await objects.call("Alarmed", "start", (objects.clock.now() + 1) * 1000)
        return objects

    return start


def test_an_abort_inside_the_handler_is_a_failure_that_is_retried(started: Any, run_async: Any) -> None:
    async def main() -> None:
        objects = await started("abort")
        await objects.clock.advance(9)
        assert Alarmed.runs == [0, 1, 2]
        objects.host.stop()

    run_async(main())


def test_an_alarm_that_always_aborts_is_dropped_after_seven_runs_and_stays_dropped(
    started: Any, run_async: Any
) -> None:
    async def main() -> None:
        objects = await started("abort")
        await objects.clock.advance(300)
        assert Alarmed.runs == [0, 1, 2, 3, 4, 5, 6]
        assert await objects.call("Alarmed", "get") is not None  # null for JavaScript
        assert not await objects.call("Alarmed", "get")
        assert objects.host.alarm_of("Alarmed", ID) is None
        objects.host.stop()

    run_async(main())


def test_abort_can_ask_for_no_retry(started: Any, run_async: Any) -> None:
    async def main() -> None:
        objects = await started("abort for good")
        await objects.clock.advance(300)
        assert Alarmed.runs == [0]
        assert not await objects.call("Alarmed", "get")
        objects.host.stop()

    run_async(main())


def test_an_alarm_that_takes_too_long_has_failed(started: Any, run_async: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarms, "LIMIT_SECONDS", 0.01)

    async def main() -> None:
        objects = await started("too long")
        await objects.clock.advance(1)
        await asyncio.sleep(0.03)
        await settle()
        assert [str(problem) for problem in objects.reports] == [f"Error: {alarms.TOO_LONG}"]
        Alarmed.how = "fine"
        await objects.clock.advance(3)
        assert Alarmed.runs == [0, 1]
        objects.host.stop()

    run_async(main())
