"""The clock of a testing host by itself: running, stopped, moved."""

from __future__ import annotations

import asyncio
import time

import pytest

from pywrangler.host.testing.clock import FIRINGS_LIMIT, MovableClock


def nothing() -> list[asyncio.Future[object]]:
    return []


def test_it_runs_as_the_machine_does(run_async):
    async def story() -> None:
        clock = MovableClock()
        assert abs(clock.now() - time.time()) < 1
        rang = asyncio.Event()
        clock.call_at(clock.now() + 60, rang.clear)
        clock.call_at(clock.now() + 0.01, rang.set)
        await rang.wait()

    run_async(story())


def test_stopped_it_rings_only_when_it_is_moved_in_order(run_async):
    async def story() -> None:
        clock = MovableClock()
        seen: list[str] = []
        soon = clock.call_at(clock.now() + 0.001, lambda: seen.append("cancelled"))
        clock.stop(1000.0)
        clock.call_at(1002, lambda: seen.append("second"))
        clock.call_at(1001, lambda: seen.append("first"))
        clock.call_at(2000, lambda: seen.append("later"))
        soon.cancel()
        await asyncio.sleep(0.01)
        assert seen == []
        assert await clock.advance(1001, nothing) == 1002
        assert seen == ["first"]
        assert await clock.advance(1500, nothing) == 2000
        assert seen == ["first", "second"]
        assert clock.now() == pytest.approx(1500)

    run_async(story())


def test_what_was_due_while_it_stood_still_happens_when_it_runs_again(run_async):
    async def story() -> None:
        clock = MovableClock()
        clock.stop(time.time())
        rang = asyncio.Event()
        clock.call_at(time.time() - 5, rang.set)
        clock.run()
        await rang.wait()

    run_async(story())


def test_work_that_is_under_way_is_awaited(run_async):
    async def story() -> None:
        clock = MovableClock()
        clock.stop(1000.0)
        tasks: set[asyncio.Future[object]] = set()
        done: list[float] = []

        async def work() -> None:
            await asyncio.sleep(0.02)
            done.append(clock.now())
            clock.call_at(1001, lambda: done.append(clock.now()))

        def begin() -> None:
            task = asyncio.get_running_loop().create_task(work())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        clock.call_at(1001, begin)
        assert await clock.advance(1001, lambda: tasks) is None
        assert done == [pytest.approx(1001), pytest.approx(1001)]

    run_async(story())


def test_a_timer_that_always_sets_another_one_is_an_error(run_async):
    async def story() -> None:
        clock = MovableClock()
        clock.stop(1000.0)

        def again() -> None:
            clock.call_at(clock.now(), again)

        again()
        with pytest.raises(RuntimeError, match=f"More than {FIRINGS_LIMIT} timers"):
            await clock.advance(1000.0, nothing)
        clock.run()
        with pytest.raises(RuntimeError, match="has to be stopped"):
            await clock.advance(1000.0, nothing)

    run_async(story())
