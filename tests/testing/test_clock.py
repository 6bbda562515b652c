"""The clock that a test moves, in real Workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


@pytest.fixture
def counter(workers):
    return workers["backend"].object("COUNTER", name="x")


def test_everything_that_tells_the_time_follows(counter, clock):
    clock.advance_to(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))
    now = clock.now()
    seen = counter.clocks()
    assert {round(seen[name]) for name in ("time", "time_ns", "now", "local", "Date", "sql")} == {round(now)}
    assert (seen["gmtime"], seen["sql day"]) == ("2031-05-06", "2031-05-06")
    assert seen["today"] == str(datetime.fromtimestamp(now).date())  # noqa: DTZ006 - local, as in the Worker
    assert clock.utc() == datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_it_stands_still_until_it_is_moved(counter, clock):
    first = counter.clocks()["time"]
    assert counter.clocks()["time"] == first == pytest.approx(clock.now(), abs=1e-5)
    clock.advance(timedelta(minutes=1))
    assert counter.clocks()["time"] == pytest.approx(first + 60)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance(-1)


def test_an_alarm_rings_at_its_time_and_not_before(counter, clock):
    began = clock.now()
    counter.ring_in(3600)
    clock.advance(3599.9)
    assert counter.times() == []
    clock.advance(0.1)
    assert counter.times() == [pytest.approx(began + 3600, abs=0.002)]


def test_everything_on_the_way_happens_at_its_own_time(counter, clock):
    began = clock.now()
    counter.ring_in(5, 3)
    clock.advance(20)
    assert [round(moment - began) for moment in counter.times()] == [5, 10, 15]


def test_a_failed_alarm_is_tried_again(counter, clock):
    counter.ring_in(10, 1, 2)
    clock.advance(10)
    assert len(counter.times()) == 1
    clock.advance(2.5)
    assert len(counter.times()) == 2
    clock.advance(5)
    assert len(counter.times()) == 3


def test_idle_objects_are_evicted(counter, clock):
    counter.increment()
    clock.advance(5)
    assert counter.age() == pytest.approx(5)
    clock.advance(12)
    assert counter.age() == 0
    assert counter.get() == 1


def test_workers_move_together(workers, clock):
    workers["frontend"].get("/")
    counter = workers["frontend"].object("COUNTER", "main")
    clock.advance(100)
    assert counter.clocks()["time"] == pytest.approx(clock.now())


def test_what_expires_expires(workers, clock):
    backend = workers["backend"]
    assert [backend.get("/cached").text for _ in range(2)] == ["miss", "hit"]
    clock.advance(59)
    assert backend.get("/cached").text == "hit"
    clock.advance(2)
    assert backend.get("/cached").text == "miss"


def test_the_scheduled_time_is_that_of_the_clock(workers, clock):
    workers["backend"].scheduled("* * * * *")
    assert str(workers["backend"].logs[-1]) == f'["* * * * *", {round(clock.now() * 1000)}]'


def test_sleeps_take_real_time_unless_they_are_held(counter, clock):
    assert counter.sleep(0.01) == 0


@pytest.mark.parametrize("method", ["sleep", "timeout"])
async def test_held_sleeps_end_when_the_clock_gets_there(async_workers, clock, method):
    import asyncio

    stub = async_workers["backend"].object("COUNTER", "x")
    clock.hold_sleeps()
    call = asyncio.create_task(getattr(stub, method)(600))
    await stub.get()
    await asyncio.sleep(0.05)
    clock.advance(599)
    await asyncio.sleep(0.05)
    assert not call.done()
    clock.advance(1)
    assert await call == pytest.approx(600 if method == "sleep" else clock.now())


async def test_the_limit_of_a_block_follows(async_workers, clock):
    import asyncio

    stub = async_workers["backend"].object("COUNTER", "x")
    call = asyncio.create_task(stub.block(20))
    await asyncio.sleep(0.1)
    clock.advance(31)
    with pytest.raises(Exception, match="blockConcurrencyWhile"):
        await call


def test_an_alarm_that_sets_another_one_for_now_goes_on_a_millisecond_later(counter, clock):
    counter.ring_in(0, 1000)
    clock.advance(0.02)
    assert 10 <= len(counter.times()) <= 25
