"""What one test leaves behind, the next does not find. Each claim is tried twice: the second one would see it."""

from __future__ import annotations

import time

import pytest

from pywrangler.testing import SocketClosedError, run_in_durable_object

twice = pytest.mark.parametrize("attempt", ["first", "second"])


@twice
def test_stored_data_is_gone(workers, attempt):
    assert workers["backend"].namespace("COUNTER").ids() == []
    assert workers["frontend"].get("/").text == "1"
    assert workers["backend"].get("/count").text == "2"


@twice
def test_instances_are_gone(workers, attempt):
    stub = workers["backend"].object("COUNTER", "x")
    assert run_in_durable_object(stub, lambda instance, state: len(instance.rang)) == 0
    run_in_durable_object(stub, lambda instance, state: instance.rang.append(1))


@twice
def test_alarms_are_gone(workers, clock, attempt):
    stub = workers["backend"].object("COUNTER", "x")
    clock.advance(7200)
    assert stub.times() == []
    stub.ring_in(3600, 100)


@twice
def test_background_work_is_ended(workers, clock, attempt):
    clock.hold_sleeps()
    clock.advance(60)
    assert workers["backend"].object("COUNTER", "main").get() is None
    assert workers["backend"].get("/later?seconds=30").text == "soon"


@twice
def test_calls_under_way_between_workers_write_nothing_afterwards(workers, attempt):
    stub = workers["backend"].object("COUNTER", "main")
    assert stub.get() is None
    assert workers["frontend"].get("/flood").text == "flooding"
    until = time.monotonic() + 5
    while not stub.get() and time.monotonic() < until:
        pass
    assert stub.get() > 0


@twice
def test_values_of_env_are_back(workers, attempt):
    env = workers["backend"].env
    assert dict(env) == {"WORD": "one", "LIMITS": {"most": 10}}
    env.update(WORD="two", MORE=1)
    assert workers["backend"].get("/word").text == "two"


@twice
def test_the_clock_runs_again(workers, attempt, request):
    seen = workers["backend"].object("COUNTER", "x").clocks()["time"]
    assert abs(seen - time.time()) < 5
    request.getfixturevalue("clock").advance(86_400)


@twice
def test_caches_are_empty(workers, attempt):
    assert [workers["backend"].get("/cached").text for _ in range(2)] == ["miss", "hit"]


@twice
def test_answers_of_the_world_are_forgotten(workers, outbound, attempt):
    assert workers["backend"].get("/fetch?url=https://example.com/").status == 500
    outbound.get("https://example.com/").respond(text="yes")
    assert workers["backend"].get("/fetch?url=https://example.com/").text == "yes"


@twice
def test_logs_are_empty(workers, attempt):
    assert workers["backend"].logs == []
    workers["backend"].get("/say?text=hello")
    assert len(workers["backend"].logs) == 2


def test_sockets_are_dropped_at_the_end(workers, _pywrangler_session):  # noqa: PT019 - the session itself
    socket = workers["backend"].ws("/socket")
    socket.send("here")
    assert socket.receive() == "here"
    _pywrangler_session.reset()
    with pytest.raises(SocketClosedError):
        socket.receive()
    assert workers["backend"].object("COUNTER", "main").sockets() == 0
