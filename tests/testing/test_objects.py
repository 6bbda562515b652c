"""Stubs of objects and entrypoints, and functions that run inside objects."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from pywrangler.testing import (
    RemoteError,
    list_durable_object_ids,
    run_durable_object_alarm,
    run_in_durable_object,
)

FACTOR = 7


@pytest.fixture
def counter(workers):
    return workers["backend"].object("COUNTER", name="x")


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -5, 2**40, 2**60, 1.5, "", "ä\u2028💥", [], [1, [2, None]], {}, {"a": {"b": [1]}}, {1, 2},
        b"\0\xff", datetime(2024, 5, 6, 7, 8, 9, 120_000),  # noqa: DTZ001 - naive, as Workers get it
    ],
)  # fmt: skip
def test_values_come_back_as_they_were(counter, value):
    assert counter.echo(value) == value


@pytest.mark.parametrize("value", [(1, 2), object(), lambda: 1, {"deep": [(1,)]}])
def test_what_is_no_data_is_not_sent(counter, value):
    with pytest.raises(TypeError, match="Only data can be sent"):
        counter.echo(value)


def test_keywords_become_one_trailing_object(counter):
    assert counter.options(1, a=2, b=3) == [1, {"a": 2, "b": 3}]


def test_a_result_that_is_no_data_is_said_to_be_none(counter):
    with pytest.raises(TypeError, match="function returned cannot be handed to a test"):
        counter.function()


def test_exceptions_are_those_that_were_raised(counter):
    with pytest.raises(ValueError, match="not today") as caught:
        counter.fail()
    assert isinstance(caught.value, RemoteError)
    assert (caught.value.kind, caught.value.message) == ("ValueError", "not today")
    assert "src/entry.py" in caught.value.remote_traceback
    with pytest.raises(RemoteError, match="TypeError: Method nothing does not exist"):
        counter.nothing()


def test_objects_are_found_by_name_by_id_and_through_other_workers(workers, counter):
    assert counter.increment(3) == 3
    assert workers["frontend"].object("COUNTER", name="x").get() == 3
    (number,) = list_durable_object_ids(workers["backend"].namespace("COUNTER"))
    assert workers["backend"].object("COUNTER", id=number).get() == 3
    assert workers["backend"].object("Counter", "x").get() == 3
    assert workers["backend"].object("COUNTER").get() is None
    with pytest.raises(TypeError, match="not valid for this namespace"):
        workers["backend"].object("COUNTER", id="0" * 64).get()


def test_a_binding_that_leads_nowhere_is_named(workers):
    with pytest.raises(LookupError, match=r"no Durable Object binding COUNT .*it has: COUNTER"):
        workers["backend"].object("COUNT")
    with pytest.raises(LookupError, match='needs the Worker "nobody"'):
        workers["frontend"].object("ELSEWHERE")


def test_a_stub_takes_requests(counter):
    answer = counter.fetch("/path", "POST", body="hello")
    assert (answer.status, answer.text) == (200, "object got POST hello")
    assert answer.headers["x-url"] == "http://localhost/path"


def test_entrypoints_have_stubs(workers):
    assert workers["backend"].entrypoint("Named").add(2, 3) == 5


# ---- inside objects


async def double(instance, state):
    return json.loads(json.dumps(FACTOR * (await state.storage.get("value")))) + len(instance.rang)


def test_a_function_of_the_module_uses_names_of_the_module(counter):
    counter.increment(6)
    assert run_in_durable_object(counter, double) == 42


def test_a_function_in_a_test_uses_copies_of_what_is_around_it(counter):
    factor, words = 2, ["a"]
    import math

    def helper(number):
        return number * factor

    def look(instance, state, extra):
        words.append(extra)
        return [helper(math.floor(3.7)), words, type(instance).__name__]

    assert run_in_durable_object(counter, look, "b") == [6, ["a", "b"], "Counter"]
    assert words == ["a"]


def test_the_instance_is_the_one_that_answers_calls(counter):
    counter.increment()
    run_in_durable_object(counter, lambda instance, state: setattr(instance, "word", instance.increment))
    assert counter.word(5) == 6


def test_what_is_written_inside_is_stored(counter):
    async def write(instance, state):
        await state.storage.put("value", 20)

    run_in_durable_object(counter, write)
    assert counter.get() == 20


@pytest.mark.parametrize("number", [1, 2])
def test_defaults_are_copied(counter, number):
    assert run_in_durable_object(counter, lambda instance, state, number=number, *, more=3: number + more) == number + 3


def test_failures_inside_are_failures_of_the_test(counter):
    def check(instance, state):
        assert instance.rang == ["never"], "rang"

    with pytest.raises(AssertionError, match="rang") as caught:
        run_in_durable_object(counter, check)
    assert "in check" in caught.value.remote_traceback


def test_what_cannot_go_into_a_worker_is_named(counter, workers):
    def look(instance, state):
        return workers

    with pytest.raises(TypeError, match="look uses workers, which cannot go into a Worker"):
        run_in_durable_object(counter, look)
    with pytest.raises(TypeError, match="A function defined in a test is needed"):
        run_in_durable_object(counter, len)


def test_two_functions_in_one_line_are_not_told_apart(counter):
    first, second = (lambda instance, state: 1), (lambda instance, state: 2)  # fmt: skip
    with pytest.raises(LookupError, match="there are several"):
        run_in_durable_object(counter, second)
    assert first is not second


# ---- alarms and lists


def test_an_alarm_runs_when_the_test_wants_it(counter):
    assert run_durable_object_alarm(counter) is False
    counter.ring_in(3600)
    assert run_durable_object_alarm(counter) is True
    assert len(counter.times()) == 1
    assert run_durable_object_alarm(counter) is False


def test_a_failing_alarm_fails_in_the_test_and_stays(counter):
    counter.ring_in(3600, 1, 1)
    with pytest.raises(RuntimeError, match="the alarm fails"):
        run_durable_object_alarm(counter)
    assert run_durable_object_alarm(counter) is True


def test_objects_that_exist_are_listed(workers):
    namespace = workers["backend"].namespace("COUNTER")
    assert list_durable_object_ids(namespace) == []
    namespace.get("a").increment()
    namespace.get("b").increment()
    found = list_durable_object_ids(namespace)
    assert len(found) == 2
    assert all(len(number) == 64 for number in found)


async def test_everything_inside_objects_can_be_awaited(async_workers):
    stub = async_workers["backend"].object("COUNTER", "x")
    await stub.increment(6)
    assert await run_in_durable_object(stub, double) == 42
    assert await run_durable_object_alarm(stub) is False
