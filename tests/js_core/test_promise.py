"""Promises: awaiting, chaining, combinators."""

from __future__ import annotations

import asyncio

import js
import pytest
from js import Promise
from pyodide.ffi import JsException, JsPromise

from pywrangler.runtime.js.proxy import JsPromise as RuntimePromise


async def later(value):
    await asyncio.sleep(0)
    return value


async def fail(error):
    await asyncio.sleep(0)
    raise error


def test_settled_promise_is_awaited_without_yielding():
    steps = Promise.resolve(5).__await__()
    with pytest.raises(StopIteration) as ended:
        next(steps)
    assert ended.value.value == 5


def test_promise_can_be_awaited_twice(run_async):
    async def main():
        promise = RuntimePromise.start(later(1))
        return await promise, await promise

    assert run_async(main()) == (1, 1)


def test_then_runs_in_a_later_turn(run_async):
    async def main():
        seen = []
        chained = Promise.resolve(1).then(lambda value: seen.append(value) or value + 1)
        assert seen == []
        return await chained, seen

    assert run_async(main()) == (2, [1])


def test_then_awaits_what_the_callback_returns(run_async):
    async def main():
        return await Promise.resolve(1).then(later)

    assert run_async(main()) == 1


def test_catch_handles_rejection(run_async):
    async def main():
        return await Promise.reject(js.Error.new("no")).catch(lambda error: error.message)

    assert run_async(main()) == "no"


def test_then_passes_rejections_on(run_async):
    async def main():
        await Promise.reject(js.Error.new("no")).then(lambda _value: 1)

    with pytest.raises(JsException, match="Error: no"):
        run_async(main())


def test_finally_runs_either_way_and_keeps_the_outcome(run_async):
    async def main():
        seen = []
        value = await Promise.resolve(1).finally_(lambda: seen.append("a"))
        with pytest.raises(ValueError, match="x"):
            await Promise.reject(ValueError("x")).finally_(lambda: seen.append("b"))
        return value, seen

    assert run_async(main()) == (1, ["a", "b"])


def test_new_calls_the_executor_at_once(run_async):
    async def main():
        seen = []
        promise = Promise.new(lambda resolve, _reject: (seen.append(1), resolve("done")))
        assert seen == [1]
        return await promise

    assert run_async(main()) == "done"


def test_executor_that_raises_rejects(run_async):
    async def main():
        await Promise.new(lambda _resolve, _reject: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        run_async(main())


def test_rejection_with_a_string_is_an_error_of_that_text(run_async):
    async def main():
        await Promise.new(lambda _resolve, reject: reject("why"))

    with pytest.raises(JsException, match="Error: why"):
        run_async(main())


def test_resolving_with_a_promise_follows_it(run_async):
    async def main():
        return await Promise.new(lambda resolve, _reject: resolve(RuntimePromise.start(later(3))))

    assert run_async(main()) == 3


def test_executor_must_be_a_function():
    with pytest.raises(JsException, match="Promise resolver undefined is not a function"):
        Promise.new()


def test_promise_needs_new():
    with pytest.raises(TypeError, match="without 'new'"):
        Promise(lambda _a, _b: None)


def test_all_keeps_order(run_async):
    async def main():
        return list(await Promise.all([later(1), 2, Promise.resolve(3)]))

    assert run_async(main()) == [1, 2, 3]


def test_all_rejects_with_the_first_rejection(run_async):
    async def main():
        await Promise.all([later(1), fail(ValueError("first"))])

    with pytest.raises(ValueError, match="first"):
        run_async(main())


def test_all_settled_tells_each_outcome(run_async):
    async def main():
        return await Promise.allSettled([later(1), fail(ValueError("x"))])

    first, second = run_async(main())
    assert (first.status, first.value, second.status, str(second.reason)) == ("fulfilled", 1, "rejected", "x")


def test_race_follows_the_first(run_async):
    async def main():
        return await Promise.race([asyncio.sleep(30), later("fast")])

    assert run_async(main()) == "fast"


def test_any_ignores_rejections(run_async):
    async def main():
        return await Promise.any([fail(ValueError("x")), later("ok")])

    assert run_async(main()) == "ok"


def test_any_of_rejections_is_an_aggregate_error(run_async):
    async def main():
        await Promise.any([fail(ValueError("a")), fail(ValueError("b"))])

    with pytest.raises(JsException, match="AggregateError: All promises were rejected") as raised:
        run_async(main())
    assert [str(error) for error in raised.value.errors] == ["a", "b"]


def test_with_resolvers(run_async):
    async def main():
        parts = Promise.withResolvers()
        parts.resolve(4)
        return await parts.promise

    assert run_async(main()) == 4


def test_promises_are_js_promises():
    assert isinstance(Promise.resolve(1), JsPromise)
    assert isinstance(Promise.resolve(1), Promise)


def test_coroutine_given_to_javascript_becomes_a_promise(run_async):
    async def main():
        obj = js.Object.new()
        obj.work = later(6)
        assert isinstance(obj.work, JsPromise)
        return await obj.work

    assert run_async(main()) == 6


def test_who_stops_waiting_does_not_stop_the_operation(run_async):
    async def main():
        future = asyncio.get_running_loop().create_future()
        promise = JsPromise.new(future)

        async def waits():
            return await promise

        first, second = asyncio.create_task(waits()), asyncio.create_task(waits())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        assert not future.done()
        future.set_result(5)
        return await second, await promise

    assert run_async(main()) == (5, 5)


def test_cancelling_at_the_moment_of_settlement_cancels_the_awaiter_once(run_async):
    async def main():
        future = asyncio.get_running_loop().create_future()

        async def waits():
            try:
                return await JsPromise.new(future)
            finally:
                seen.append("left")

        seen = []
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        future.set_result(5)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled(), seen

    assert run_async(main()) == (True, ["left"])


def test_timeouts_end_a_wait_for_a_promise(run_async):
    async def main():
        future = asyncio.get_running_loop().create_future()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await JsPromise.new(future)
        return future.cancelled()

    assert run_async(main()) is False
