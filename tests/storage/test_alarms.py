"""Alarms: spec/durable-objects.md, section 7. The clock is set by hand; no test waits."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.alarms import AlarmIndex, AlarmInfo, AlarmOutcome, AlarmScheduler, run_alarm
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.storage.alarm import milliseconds

from .conftest import OBJECT_ID, FakeClock, Shelf

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from pywrangler.runtime.storage import ObjectStorage

START = 1_000_000.0
MS = 1_000_000


class Bench:
    """A scheduler whose deliveries are recorded; `behave` decides how each ends."""

    def __init__(self, index: AlarmIndex, clock: FakeClock | None = None) -> None:
        self.index = index
        self.clock = clock or FakeClock()
        self.delivered: list[tuple[float, str, AlarmInfo]] = []
        self.names: list[str | None] = []
        self.behave: Callable[[str, AlarmInfo], Awaitable[AlarmOutcome]] = self.succeed
        self.scheduler = self.make()

    def make(self) -> AlarmScheduler:
        return AlarmScheduler(self.index, self.clock, self.deliver, uniform=lambda low, _high: low)

    async def deliver(self, object_id: str, name: str | None, info: AlarmInfo) -> AlarmOutcome:
        self.delivered.append((self.clock.now() - START, object_id, info))
        self.names.append(name)
        return await self.behave(object_id, info)

    async def succeed(self, object_id: str, _info: AlarmInfo) -> AlarmOutcome:
        self.index.delete(object_id)
        return AlarmOutcome.DONE

    def set(self, object_id: str, seconds: float, name: str | None = None) -> None:
        self.index.set(object_id, int((START + seconds) * 1000) * MS, name)

    async def advance(self, seconds: float) -> None:
        """Move the clock, letting everything that becomes due run to its next wait."""
        stop = self.clock.now() + seconds
        await settle()
        while self.clock.fire_until(stop):
            await settle()

    @property
    def times(self) -> list[float]:
        return [time for time, _id, _info in self.delivered]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    index = AlarmIndex(tmp_path / "do" / "shop-Cart")
    yield Bench(index)
    index.close()


# ---- the scheduler --------------------------------------------------------------------------------------


def test_an_alarm_runs_at_its_time_and_never_early(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.scheduler.start()
        bench.set("a", 10.5, "anna")
        await bench.advance(10.499)
        assert bench.delivered == []
        await bench.advance(0.001)
        info = AlarmInfo(int((START + 10.5) * 1000), retry_count=0, is_retry=False, is_last=False)
        assert (bench.delivered, bench.names) == ([(10.5, "a", info)], ["anna"])
        await bench.advance(1000)
        assert len(bench.delivered) == 1

    run_async(scene())


def test_a_timer_that_comes_early_does_not_make_the_alarm_early(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.scheduler.start()
        bench.set("a", 10)
        timer = bench.clock._timers[0][2]
        callback, timer.callback = timer.callback, None
        assert callback is not None
        callback()
        await settle()
        assert bench.delivered == []
        await bench.advance(10)
        assert bench.times == [10]

    run_async(scene())


def test_a_clock_that_jumps_is_noticed_within_a_minute(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.scheduler.start()
        bench.set("a", 7200)
        due = bench.clock.next_due()
        assert due is not None
        assert due <= START + 60
        await bench.advance(7200)
        assert bench.times == [7200]

    run_async(scene())


def test_alarms_run_in_the_order_of_their_times(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.scheduler.start()
        for number in (3, 1, 2, 200):
            bench.set(f"o{number}", number)
        await bench.advance(300)
        assert [object_id for _t, object_id, _i in bench.delivered] == ["o1", "o2", "o3", "o200"]

    run_async(scene())


def test_an_alarm_can_be_moved_and_removed(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.scheduler.start()
        bench.set("later", 10)
        bench.set("sooner", 50)
        bench.set("gone", 10)
        bench.set("later", 30)
        bench.set("sooner", 20)
        bench.index.delete("gone")
        await bench.advance(100)
        assert [(time, object_id) for time, object_id, _i in bench.delivered] == [(20, "sooner"), (30, "later")]

    run_async(scene())


def test_what_was_persisted_runs_after_a_restart_and_at_once_if_overdue(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.set("overdue", -3600, "olga")
        bench.set("future", 5)
        bench.index.close()
        again = Bench(AlarmIndex(bench.index.path.parent))
        again.scheduler.start()
        await again.advance(0)
        assert ([entry[1] for entry in again.delivered], again.names) == (["overdue"], ["olga"])
        await again.advance(5)
        assert [entry[1] for entry in again.delivered] == ["overdue", "future"]
        again.index.close()

    run_async(scene())


async def fail(_object_id: str, _info: AlarmInfo) -> AlarmOutcome:
    return AlarmOutcome.FAILED


def test_a_failure_is_retried_six_times_with_growing_delays_then_dropped(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.behave = fail
        bench.scheduler.start()
        bench.set("a", 1)
        await bench.advance(10_000)
        assert bench.times == [1, 3, 7, 15, 31, 63, 127]
        assert [info.retry_count for _t, _o, info in bench.delivered] == [0, 1, 2, 3, 4, 5, 6]
        assert [info.is_retry for _t, _o, info in bench.delivered] == [False] + [True] * 6
        assert [info.is_last for _t, _o, info in bench.delivered] == [False] * 6 + [True]
        assert {info.scheduled_ms for _t, _o, info in bench.delivered} == {int((START + 1) * 1000)}
        assert bench.index.entries() == []

    run_async(scene())


def test_retries_are_spread_by_up_to_a_quarter(bench: Bench, run_async: Any) -> None:
    asked: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    async def scene() -> None:
        bench.behave = fail
        scheduler = AlarmScheduler(bench.index, bench.clock, bench.deliver, uniform=uniform)
        scheduler.start()
        bench.set("a", 0)
        await bench.advance(10_000)
        assert asked == [(0.0, delay / 4) for delay in (2, 4, 8, 16, 32, 64)]
        assert bench.times[1:3] == [2.5, 7.5]

    run_async(scene())


def test_failures_of_the_platform_do_not_count(bench: Bench, run_async: Any) -> None:
    async def broken(object_id: str, info: AlarmInfo) -> AlarmOutcome:
        if len(bench.delivered) <= 10:
            raise OSError("no such process")
        return await bench.succeed(object_id, info)

    async def scene() -> None:
        bench.behave = broken
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(10_000)
        assert len(bench.delivered) == 11
        assert {info.retry_count for _t, _o, info in bench.delivered} == {0}
        assert bench.delivered[-1][2].is_retry is True

    run_async(scene())


def test_a_reset_of_the_object_counts_as_a_failure(bench: Bench, run_async: Any) -> None:
    async def reset(_object_id: str, _info: AlarmInfo) -> AlarmOutcome:
        raise error("ctor bad", durableObjectReset=True)

    async def scene() -> None:
        bench.behave = reset
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(10_000)
        assert len(bench.delivered) == 7

    run_async(scene())


def test_an_abandoned_alarm_is_not_retried(bench: Bench, run_async: Any) -> None:
    async def abandon(_object_id: str, _info: AlarmInfo) -> AlarmOutcome:
        return AlarmOutcome.ABANDONED

    async def scene() -> None:
        bench.behave = abandon
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(1000)
        assert (len(bench.delivered), bench.index.entries()) == (1, [])

    run_async(scene())


@pytest.mark.parametrize("outcome", [AlarmOutcome.FAILED, AlarmOutcome.DONE])
def test_an_alarm_set_by_the_handler_runs_at_its_time_with_no_retries_behind_it(
    bench: Bench, run_async: Any, outcome: AlarmOutcome
) -> None:
    async def reset(object_id: str, info: AlarmInfo) -> AlarmOutcome:
        if len(bench.delivered) > 2:
            return await bench.succeed(object_id, info)
        if len(bench.delivered) == 1:
            return AlarmOutcome.FAILED
        bench.set(object_id, 50)
        return outcome

    async def scene() -> None:
        bench.behave = reset
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(1000)
        assert bench.times == [0, 2, 50]
        assert [info.retry_count for _t, _o, info in bench.delivered] == [0, 1, 0]

    run_async(scene())


def test_an_alarm_removed_by_a_failing_handler_is_not_retried(bench: Bench, run_async: Any) -> None:
    async def remove(object_id: str, _info: AlarmInfo) -> AlarmOutcome:
        bench.index.delete(object_id)
        return AlarmOutcome.FAILED

    async def scene() -> None:
        bench.behave = remove
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(1000)
        assert len(bench.delivered) == 1

    run_async(scene())


def test_deliveries_to_one_object_never_overlap(bench: Bench, run_async: Any) -> None:
    inside = {"now": 0, "most": 0}

    async def slow(object_id: str, info: AlarmInfo) -> AlarmOutcome:
        inside["now"] += 1
        inside["most"] = max(inside["most"], inside["now"])
        if len(bench.delivered) < 5:
            bench.set(object_id, 0)
            await settle()
            outcome = AlarmOutcome.DONE
        else:
            outcome = await bench.succeed(object_id, info)
        inside["now"] -= 1
        return outcome

    async def scene() -> None:
        bench.behave = slow
        bench.scheduler.start()
        bench.set("a", 0)
        for _ in range(20):
            await bench.advance(1)
        assert (len(bench.delivered), inside["most"]) == (5, 1)

    run_async(scene())


def test_objects_do_not_wait_for_each_other(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        gate = asyncio.Event()

        async def first_waits(object_id: str, info: AlarmInfo) -> AlarmOutcome:
            if object_id == "a":
                await gate.wait()
            return await bench.succeed(object_id, info)

        bench.behave = first_waits
        bench.scheduler.start()
        bench.set("a", 0)
        bench.set("b", 1)
        await bench.advance(1)
        assert [entry[1] for entry in bench.delivered] == ["a", "b"]
        gate.set()
        await settle()
        assert bench.index.entries() == []

    run_async(scene())


def test_a_stale_entry_is_scheduled_by_what_the_object_says(bench: Bench, run_async: Any) -> None:
    async def stale(object_id: str, info: AlarmInfo) -> AlarmOutcome:
        if len(bench.delivered) == 1:
            bench.set(object_id, 30)
            return AlarmOutcome.STALE
        return await bench.succeed(object_id, info)

    async def scene() -> None:
        bench.behave = stale
        bench.scheduler.start()
        bench.set("a", 10)
        await bench.advance(1000)
        assert bench.times == [10, 30]

    run_async(scene())


def test_after_stop_nothing_is_delivered_and_everything_stays(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        bench.scheduler.start()
        bench.set("a", 10)
        bench.scheduler.stop()
        bench.set("b", 10)
        await bench.advance(100)
        assert bench.delivered == []
        assert {entry.object_id for entry in bench.index.entries()} == {"a", "b"}
        assert bench.clock.next_due() is None

    run_async(scene())


def test_another_process_takes_over_what_runs_and_what_is_set_meanwhile(bench: Bench, run_async: Any) -> None:
    async def scene() -> None:
        gate = asyncio.Event()

        async def waiting(object_id: str, info: AlarmInfo) -> AlarmOutcome:
            await gate.wait()
            return await bench.succeed(object_id, info)

        bench.behave = waiting
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(1)
        bench.scheduler.stop()

        heir = Bench(AlarmIndex(bench.index.path.parent), bench.clock)
        heir.scheduler.start()
        gate.set()
        await settle()  # the old process ends its delivery ...
        bench.set("a", 20)  # ... and sets another alarm before it lets go of the object
        heir.scheduler.refresh("a")
        await bench.advance(100)
        assert (bench.times, heir.times[-1]) == ([0], 20)
        assert heir.index.entries() == []
        heir.index.close()

    run_async(scene())


def test_close_cancels_deliveries_and_keeps_their_alarms(bench: Bench, run_async: Any) -> None:
    ended: list[str] = []

    async def hang(_object_id: str, _info: AlarmInfo) -> AlarmOutcome:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")
        return AlarmOutcome.DONE

    async def scene() -> None:
        bench.behave = hang
        bench.scheduler.start()
        bench.set("a", 0)
        await bench.advance(1)
        await bench.scheduler.close()
        assert (ended, len(bench.index.entries())) == (["cancelled"], 1)

    run_async(scene())


# ---- the index ------------------------------------------------------------------------------------------


def test_the_index_has_the_layout_of_wrangler_and_is_made_when_needed(bench: Bench) -> None:
    assert (bench.index.get("a"), bench.index.entries()) == (None, [])
    bench.index.delete("a")
    assert not bench.index.path.parent.exists()
    bench.index.set("a", 5, "anna")
    bench.index.set("a", 7, None)
    with apsw.Connection(str(bench.index.path), flags=apsw.SQLITE_OPEN_READONLY) as connection:
        rows = connection.execute("SELECT actor_id, scheduled_time, actor_name FROM _cf_ALARM").fetchall()
    connection.close()
    assert (bench.index.path.name, rows) == ("metadata.sqlite", [("a", 7, "anna")])


def test_a_corrupt_index_is_set_aside_and_made_again_from_the_objects(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.set_alarm(2_000_000_000)
    storage.commit()
    storage.close()
    shelf.index.close()
    (shelf.directory / f"{'0' * 64}.sqlite").write_bytes(b"damaged as well" * 1000)
    for path in shelf.directory.glob("metadata.sqlite*"):
        path.unlink()
    shelf.index.path.write_bytes(b"not a database at all, and long enough to be read as one" * 100)
    index = AlarmIndex(shelf.directory, shelf.owner.notice)
    assert [(entry.object_id, entry.time) for entry in index.entries()] == [(OBJECT_ID, 2_000_000_000 * MS)]
    assert [problem.code for problem in shelf.owner.problems] == ["corrupt-alarms"]
    assert len(list(shelf.directory.glob("metadata.sqlite.corrupt-*Z"))) == 1
    index.close()


# ---- the object's own alarm -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (2_000_000_000, 2_000_000_000),
        (2_000_000_000.9, 2_000_000_000),
        (dt.datetime.fromtimestamp(2_000_000), 2_000_000_000),  # noqa: DTZ006 - naive means local
        (dt.datetime.fromtimestamp(2_000_000, dt.UTC), 2_000_000_000),
        (1, 1_000_000_000),
        (999_999_999.5, 1_000_000_000),
    ],
)
def test_an_alarm_is_set_to_numbers_and_dates_and_never_before_now(
    storage: ObjectStorage, when: Any, expected: int
) -> None:
    storage.set_alarm(when)
    assert storage.get_alarm() == expected


@pytest.mark.parametrize("when", [0, -5, -math.inf, math.nan, math.inf, None, "2026", {}, True])
def test_what_is_no_time_is_a_type_error(storage: ObjectStorage, when: Any) -> None:
    with pytest.raises(JsException) as caught:
        storage.set_alarm(when)
    assert caught.value.name == "TypeError"
    if when in (0, -5):
        assert caught.value.message == "setAlarm() cannot be called with an alarm time <= 0"


@given(st.floats() | st.integers())
def test_any_number_is_a_time_or_a_type_error(when: float) -> None:
    if math.isfinite(when) and when > 0:
        assert milliseconds(when) == int(when)
    else:
        with pytest.raises(JsException) as caught:
            milliseconds(when)
        assert caught.value.name == "TypeError"


def test_a_time_beyond_what_fits_is_the_latest_that_does(storage: ObjectStorage) -> None:
    storage.set_alarm(8.64e15)
    assert storage.get_alarm() == (2**63 - 1 - MS) // MS


def test_an_alarm_without_a_handler_is_set_and_noticed(storage: ObjectStorage, shelf: Shelf) -> None:
    shelf.owner.has_handler = False
    storage.set_alarm(2_000_000_000)
    assert storage.get_alarm() == 2_000_000_000
    assert [problem.code for problem in shelf.owner.problems] == ["alarm-handler"]


def test_the_index_follows_the_commit_and_is_never_later_than_the_truth(storage: ObjectStorage, shelf: Shelf) -> None:
    index = shelf.index
    storage.set_alarm(2_000_000_000)
    assert index.get(OBJECT_ID) is None
    storage.commit()
    assert index.entry(OBJECT_ID).time == 2_000_000_000 * MS  # type: ignore[union-attr]
    assert index.entry(OBJECT_ID).name == "anna"  # type: ignore[union-attr]
    storage.set_alarm(3_000_000_000)
    storage.rollback()
    assert index.get(OBJECT_ID) == 2_000_000_000 * MS
    for when in (3_000_000_000, 1_500_000_000):
        storage.set_alarm(when)
        storage.commit()
        assert index.get(OBJECT_ID) == when * MS
    storage.delete_alarm()
    assert index.get(OBJECT_ID) == 1_500_000_000 * MS
    storage.commit()
    assert index.get(OBJECT_ID) is None


@pytest.mark.parametrize(("old", "new"), [(None, 2), (2, 3), (3, 2), (2, None)])
def test_a_crash_at_the_commit_leaves_an_entry_that_is_early_enough(
    storage: ObjectStorage, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, old: int | None, new: int | None
) -> None:
    class Crash(BaseException):
        pass

    def crash() -> None:
        entered = shelf.index.get(OBJECT_ID)
        for time in (old, new):  # the truth is one of these, depending on which side of the commit we are
            assert time is None or (entered is not None and entered <= time * 10**9 * MS)
        raise Crash

    if old is not None:
        storage.set_alarm(old * 10**9)
        storage.commit()
    if new is None:
        storage.delete_alarm()
    else:
        storage.set_alarm(new * 10**9)
    monkeypatch.setattr(type(storage.database), "commit", lambda _self: crash())
    with pytest.raises(Crash):
        storage.commit()


def test_an_alarm_that_the_index_lost_is_entered_again_when_the_object_is_used(
    storage: ObjectStorage, shelf: Shelf
) -> None:
    storage.set_alarm(2_000_000_000)
    storage.commit()
    shelf.index.delete(OBJECT_ID)
    shelf.reopen(storage).get("anything")
    assert shelf.index.get(OBJECT_ID) == 2_000_000_000 * MS


class Delivery:
    """Runs the alarm of one object as the runtime does."""

    def __init__(self, storage: ObjectStorage, shelf: Shelf) -> None:
        self.storage = storage
        self.shelf = shelf
        self.reported: list[BaseException] = []

    def __call__(self, handler: Callable[[AlarmInfo], Any], *, is_last: bool = False) -> AlarmOutcome:
        info = AlarmInfo(0, is_last=is_last)
        now = self.shelf.clock.now()
        outcome = asyncio.run(run_alarm(self.storage, info, handler, self.reported.append, now))
        self.storage.commit()
        return outcome


@pytest.fixture
def due(storage: ObjectStorage, shelf: Shelf) -> Delivery:
    storage.set_alarm(1)
    storage.commit()
    shelf.clock.fire_until(START + 5)
    return Delivery(storage, shelf)


def test_during_the_handler_there_is_no_alarm_and_after_success_none_is_left(due: Delivery) -> None:
    seen: list[Any] = []

    async def handler(_info: AlarmInfo) -> None:
        seen.append(due.storage.get_alarm())
        due.storage.put("ran", 1)
        due.storage.commit()
        seen.append(due.shelf.index.get(OBJECT_ID) is not None)

    assert due(handler) is AlarmOutcome.DONE
    assert seen == [None, True]
    assert (due.storage.get_alarm(), due.shelf.index.entries(), due.storage.get("ran")) == (None, [], 1)


def test_a_failed_handler_leaves_the_alarm_with_its_time(due: Delivery) -> None:
    assert due(lambda _info: 1 / 0) is AlarmOutcome.FAILED
    assert (due.storage.get_alarm(), len(due.shelf.index.entries())) == (int(START * 1000), 1)
    assert [type(problem) for problem in due.reported] == [ZeroDivisionError]


def test_the_last_failure_removes_the_alarm(due: Delivery) -> None:
    assert due(lambda _info: 1 / 0, is_last=True) is AlarmOutcome.FAILED
    assert (due.storage.get_alarm(), due.shelf.index.entries()) == (None, [])


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("when", [2_000_000_000, 1])
def test_an_alarm_set_by_the_handler_is_kept(due: Delivery, fails: bool, when: int) -> None:
    def handler(_info: AlarmInfo) -> None:
        due.storage.set_alarm(when)
        if fails:
            raise KeyError

    due(handler, is_last=True)
    expected = max(when, int((START + 5) * 1000))
    assert due.storage.get_alarm() == expected
    assert due.shelf.index.get(OBJECT_ID) == expected * MS


def test_an_alarm_set_to_the_very_time_that_is_delivered_is_another_one(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.set_alarm(1)
    storage.commit()
    delivery = Delivery(storage, shelf)
    assert delivery(lambda _info: storage.set_alarm(1)) is AlarmOutcome.DONE
    assert storage.get_alarm() == int(START * 1000)
    assert delivery(lambda _info: None) is AlarmOutcome.DONE
    assert storage.get_alarm() is None


def test_an_alarm_deleted_in_its_handler_stays_deleted_even_if_the_handler_fails(due: Delivery) -> None:
    def handler(_info: AlarmInfo) -> None:
        due.storage.delete_alarm()
        raise KeyError

    due(handler)
    assert (due.storage.get_alarm(), due.shelf.index.entries()) == (None, [])


def test_an_alarm_that_is_not_due_is_not_run_and_the_index_put_right(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.set_alarm(2_000_000_000)
    storage.commit()
    shelf.index.set(OBJECT_ID, 5, None)
    delivery = Delivery(storage, shelf)
    assert delivery(lambda _info: pytest.fail("ran")) is AlarmOutcome.STALE
    assert shelf.index.get(OBJECT_ID) == 2_000_000_000 * MS
    storage.delete_alarm()
    storage.commit()
    shelf.index.set(OBJECT_ID, 5, None)
    assert delivery(lambda _info: pytest.fail("ran")) is AlarmOutcome.STALE
    assert shelf.index.entries() == []


def test_an_alarm_whose_process_dies_in_the_handler_is_still_there(due: Delivery) -> None:
    class Killed(BaseException):
        pass

    def handler(_info: AlarmInfo) -> None:
        due.storage.put("half", 1)
        due.storage.commit()
        raise Killed

    with pytest.raises(Killed):
        due(handler)
    again = due.shelf.reopen(due.storage)
    assert (again.get_alarm(), again.get("half")) == (int(START * 1000), 1)
