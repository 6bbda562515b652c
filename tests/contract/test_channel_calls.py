"""Every channel carries values, errors, functions and order (spec/durable-objects.md, section 8)."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import JsArray, JsBigInt, JsMap, JsObject
from pywrangler.runtime.ports import Event, Target
from tests.contract.receiver import Chunks, Counter
from tests.contract.worlds import TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


DATE = datetime(2001, 2, 3, 4, 5, 6, 789000)  # noqa: DTZ001 - dates are naive local time here


def call(run: Run, method: str, *arguments: Any, face: str = "python") -> Any:
    return run(lambda channel: channel.call(TARGET, (method,), list(arguments), face))


async def failure(awaitable: Any) -> JsException:
    with pytest.raises(JsException) as caught:
        await awaitable
    return caught.value


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, 0, -1, 2**53 - 1, 2**53, -(2**70), 1.5, "", "text", "ünïcödé 😀", [], [1, [2, ["x"]]],
        {"a": {"b": [None]}}, {1, 2}, DATE, "x" * 100_000,
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_plain_values_survive_the_way_there_and_back(run: Run, value: Any) -> None:
    result = call(run, "echo", value)
    assert result == value
    assert type(result) is (JsDict if type(value) is dict else type(value))


def test_the_other_host_is_another_process(run: Run, world: Any) -> None:
    assert (call(run, "pid") == os.getpid()) == (world.own == "other")


def test_integral_floats_become_ints(run: Run) -> None:
    result = call(run, "give", "integral")
    assert (result, type(result)) == (2, int)
    assert call(run, "show", 3.0) == "3"


def test_infinities_and_nan_survive(run: Run) -> None:
    assert call(run, "arguments", float("inf"), float("-inf")) == [float("inf"), float("-inf")]
    assert str(call(run, "echo", float("nan"))) == "nan"


def test_bytes_arrive_as_memoryview(run: Run) -> None:
    assert call(run, "kind", b"abc") == "builtins.memoryview"
    result = call(run, "give", "bytes")
    assert isinstance(result, memoryview)
    assert bytes(result) == b"\x00\xff"


def test_dict_keys_are_strings_and_dicts_have_attributes(run: Run) -> None:
    result = call(run, "give", "intkeys")
    assert result == {"1": "a"}
    assert call(run, "kind", {"a": 1}) == "pywrangler.runtime.js.jsdict.JsDict"


def test_cycles_and_shared_references_survive(run: Run) -> None:
    cycle = call(run, "give", "cycle")
    assert cycle[0] is cycle
    shared = call(run, "give", "shared")
    assert shared[0] is shared[1]


def test_lone_surrogates_survive(run: Run) -> None:
    assert call(run, "give", "surrogate") == "\ud800"


def test_exceptions_as_values_keep_their_text_only(run: Run) -> None:
    result = call(run, "give", "error")
    assert type(result) is Exception
    assert str(result) == "Error: inside"


def test_arguments_are_copies(run: Run) -> None:
    original = {"list": [1]}

    async def test(channel: Any) -> None:
        pending = channel.call(TARGET, ("echo",), [original], "python")
        original["list"].append(2)
        result = await pending
        assert result == {"list": [1]}
        assert result["list"] is not original["list"]

    run(test)


def test_the_result_wears_the_face_that_was_asked_for(run: Run) -> None:
    async def test(channel: Any) -> None:
        for value, kind in (({"a": None}, JsObject), ([1], JsArray), (2**60, JsBigInt)):
            assert type(await channel.call(TARGET, ("echo",), [value], "js")) is kind
        result = await channel.call(TARGET, ("echo",), [JsObject.new(a=jsnull, b=JsMap.new())], "js")
        assert (result.a, type(result.b)) == (jsnull, JsObject)

    async def nulls(channel: Any) -> None:
        result = await channel.call(TARGET, ("give",), ["none"], "js")
        assert result[0] is jsnull

    run(test)
    run(nulls)


@pytest.mark.parametrize(("value", "name"), [((1, 2), "<class 'tuple'>"), (bytearray(b"x"), "<class 'bytearray'>")])
def test_tuples_and_bytearrays_are_refused_at_the_call(run: Run, value: Any, name: str) -> None:
    async def test(channel: Any) -> None:
        with pytest.raises(TypeError, match=f"^{name} cannot be sent over RPC.$"):
            await channel.call(TARGET, ("echo",), [[value]], "python")

    run(test)


def test_results_that_cannot_be_sent_fail_the_call(run: Run) -> None:
    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("give",), ["unsendable"], "python"))
        assert error.name == "DataCloneError"
        assert error.message == (
            'Could not serialize object of type "Unsendable". This type does not support serialization.'
        )
        error = await failure(channel.call(TARGET, ("give",), ["tuple"], "python"))
        assert "TypeError: <class 'tuple'> cannot be sent over RPC." in error.message

    run(test)


def test_a_value_that_python_cannot_hold_fails_its_call_only(run: Run) -> None:
    unhashable = JsMap.new([JsArray.new(JsObject.new(), 1)])

    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("echo",), [unhashable], "python"))
        assert error.name == "DataCloneError"
        assert await channel.call(TARGET, ("echo",), [1], "python") == 1

    run(test)


def test_more_than_32_mib_are_refused(run: Run) -> None:
    async def test(channel: Any) -> None:
        with pytest.raises(JsException) as caught:
            await channel.call(TARGET, ("echo",), ["x" * (33 * 1024 * 1024)], "python")
        assert str(caught.value).startswith(
            "Error: Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: 346"
        )

    run(test)


# ---- targets and other events ----------------------------------------------------------------------------


def test_the_target_arrives_whole(run: Run) -> None:
    target = Target("other", "entrypoint", "Named", props={"tenant": 7, "list": [1]})

    async def test(channel: Any) -> None:
        told = await channel.call(target, ("target",), [], "python")
        assert told == ["other", "entrypoint", "Named", "", None, {"tenant": 7, "list": [1]}]
        assert (await channel.call(TARGET, ("target",), [], "python"))[2:5] == ["Thing", "ab" * 32, "its name"]

    run(test)


def test_other_events_are_delivered_with_their_payload(run: Run) -> None:
    event = Event("queue", {"queue": "q", "messages": [{"id": "1"}]})
    result = run(lambda channel: channel.deliver(TARGET, event))
    assert result == {"kind": "queue", "payload": {"queue": "q", "messages": [{"id": "1"}]}, "name": "Thing"}


# ---- errors ----------------------------------------------------------------------------------------------


def test_javascript_errors_keep_type_message_and_properties(run: Run) -> None:
    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("fail",), ["type"], "python"))
        assert (error.name, error.message, error.remote, error.code) == ("TypeError", "wrong type", True, "E_CODE")
        error = await failure(channel.call(TARGET, ("fail",), ["range"], "python"))
        assert (error.name, error.message) == ("RangeError", "out of range")
        error = await failure(channel.call(TARGET, ("fail",), ["custom"], "python"))
        assert (error.name, error.message) == ("Error", "own name")

    run(test)


def test_python_errors_become_their_traceback(run: Run) -> None:
    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("fail",), ["python"], "python"))
        assert error.name == "Error"
        assert error.message.startswith("Traceback (most recent call last):\n")
        assert error.message.rstrip().endswith("ValueError: text of a ValueError")
        assert "in _python_error" in error.message
        assert error.remote is True

    run(test)


def test_javascript_errors_tell_where_they_were_raised(run: Run) -> None:
    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("fail",), ["type"], "python"))
        assert "receiver.py" in error.stack
        assert "in fail" in error.stack

    run(test)


def test_a_reset_is_not_marked_as_remote(run: Run) -> None:
    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("fail",), ["reset"], "python"))
        assert error.durableObjectReset is True
        assert not hasattr(error, "remote")

    run(test)


def test_missing_methods_say_so(run: Run) -> None:
    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("nothing",), [], "python"))
        assert str(error) == "TypeError: Method nothing does not exist"

    run(test)


# ---- order -----------------------------------------------------------------------------------------------


def test_concurrent_calls_start_in_order(run: Run) -> None:
    async def test(channel: Any) -> None:
        before = len(await channel.call(TARGET, ("ordered",), [-1], "python"))
        calls = [channel.call(TARGET, ("ordered",), [number], "python") for number in range(20)]
        results = await asyncio.gather(*calls)
        assert results[-1][before:] == list(range(20))

    run(test)


def test_a_call_starts_without_being_awaited(run: Run) -> None:
    async def test(channel: Any) -> None:
        dropped = channel.call(TARGET, ("ordered",), [100], "python")
        assert 100 in await channel.call(TARGET, ("ordered",), [101], "python")
        await dropped

    run(test)


def test_a_waiting_call_does_not_hold_up_others(run: Run) -> None:
    async def test(channel: Any) -> None:
        waiting = channel.call(TARGET, ("wait",), [], "python")
        assert await channel.call(TARGET, ("echo",), [1], "python") == 1
        await channel.call(TARGET, ("open_gate",), [], "python")
        assert await waiting == "waited"

    run(test)


# ---- references ------------------------------------------------------------------------------------------


def test_functions_are_called_back(run: Run) -> None:
    async def double(value: int) -> int:
        await asyncio.sleep(0)
        return value * 2

    async def test(channel: Any) -> None:
        assert await channel.call(TARGET, ("apply",), [double, 21], "python") == 42
        assert await channel.call(TARGET, ("apply",), [lambda value: {"got": value}, [1]], "python") == {"got": [1]}
        assert await channel.call(TARGET, ("apply",), ["abc".count, "b"], "python") == 1

    run(test)


def test_the_error_of_a_callback_comes_home(run: Run) -> None:
    def broken(_value: Any) -> None:
        raise JsException("RangeError", "from the callback")

    async def test(channel: Any) -> None:
        error = await failure(channel.call(TARGET, ("apply",), [broken, 1], "python"))
        assert str(error) == "RangeError: from the callback"

    run(test)


def test_returned_functions_and_targets_are_called(run: Run) -> None:
    async def test(channel: Any) -> None:
        add = await channel.call(TARGET, ("adder",), [40], "python")
        assert isinstance(add, JsProxy)
        assert await add(2) == 42
        counter = await channel.call(TARGET, ("counter",), [], "python")
        assert [await counter.increment(), await counter.increment(10)] == [1, 11]
        assert await counter._call("increment", [5]) == 16
        nested = await channel.call(TARGET, ("give",), ["nested"], "python")
        assert await nested.f(1) == 2

    run(test)


def test_a_stub_passes_on(run: Run) -> None:
    async def test(channel: Any) -> None:
        add = await channel.call(TARGET, ("adder",), [1], "python")
        assert await channel.call(TARGET, ("apply",), [add, 2], "python") == 3
        assert await add(5) == 6

    run(test)


def test_targets_refuse_what_they_do_not_define(run: Run) -> None:
    async def test(channel: Any) -> None:
        counter = await channel.call(TARGET, ("counter",), [], "python")
        error = await failure(counter.count())
        assert str(error) == 'TypeError: The RPC receiver does not implement the method "count".'
        error = await failure(counter.alarm())
        assert str(error) == "TypeError: 'alarm' is a reserved method and cannot be called over RPC."

    run(test)


def test_targets_of_the_caller_keep_their_state(run: Run) -> None:
    counter = Counter()

    async def test(channel: Any) -> None:
        assert await channel.call(TARGET, ("bump",), [counter], "python") == 3
        assert await channel.call(TARGET, ("bump",), [counter], "python") == 6
        assert counter.count == 6

    run(test)


def test_a_disposed_stub_is_refused_and_its_target_told(run: Run) -> None:
    async def test(channel: Any) -> None:
        before = await channel.call(TARGET, ("disposals",), [], "python")
        counter = await channel.call(TARGET, ("counter",), [], "python")
        copy = counter.dup()
        counter.dispose()
        error = await failure(counter.increment())
        assert error.message == "RPC stub used after being disposed."
        assert await copy.increment() == 1
        assert await channel.call(TARGET, ("disposals",), [], "python") == before
        copy.dispose()
        assert await channel.call(TARGET, ("disposals",), [], "python") == before + 1

    run(test)


def test_stubs_among_the_arguments_end_with_the_call_unless_duplicated(run: Run) -> None:
    async def test(channel: Any) -> None:
        assert await channel.call(TARGET, ("keep",), [lambda text: text], "python") == "while calling"
        error = await failure(channel.call(TARGET, ("use_kept",), [], "python"))
        assert error.message == "RPC stub used after being disposed."
        await channel.call(TARGET, ("keep_dup",), [lambda text: text], "python")
        assert await channel.call(TARGET, ("use_kept",), [], "python") == "afterwards"

    run(test)


# ---- streams ---------------------------------------------------------------------------------------------


def test_a_response_is_a_value_too(run: Run) -> None:
    async def test(channel: Any) -> None:
        response = await channel.call(TARGET, ("give",), ["response"], "python")
        assert (response.status, await response.text()) == (200, "body")

    run(test)


def test_streams_go_both_ways(run: Run) -> None:
    from pywrangler.runtime.js.readable import ReadableStream

    async def test(channel: Any) -> None:
        stream = ReadableStream.from_source(Chunks(40, 100_000))
        assert await channel.call(TARGET, ("collect",), [stream], "python") == 4_000_000
        assert stream.locked
        received = await channel.call(TARGET, ("source",), [7, 10], "python")
        assert sum([chunk.byteLength async for chunk in received]) == 70

    run(test)


def test_a_stream_that_nobody_reads_is_not_pulled_far(run: Run) -> None:
    async def test(channel: Any) -> None:
        received = await channel.call(TARGET, ("source",), [1000, 65_536], "python")
        await received.getReader().read()
        for _ in range(20):
            await channel.call(TARGET, ("echo",), [0], "python")
        assert await channel.call(TARGET, ("pulled",), [], "python") <= 20

    run(test)


def test_a_writable_stream_is_written_from_afar(run: Run) -> None:
    from pywrangler.runtime.js.writable import WritableStream

    async def test(channel: Any) -> None:
        parts: list[bytes] = []
        closed = asyncio.Event()
        stream = WritableStream.new(write=lambda chunk, _controller: parts.append(chunk.to_bytes()), close=closed.set)
        await channel.call(TARGET, ("fill",), [stream], "python")
        await closed.wait()
        assert b"".join(parts) == b"first second"

    run(test)
