"""`run_sync` and the greenlets below it."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest
from pyodide.ffi import can_run_sync, run_sync

from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.sync_bridge import bridged, run_in_greenlet

variable: ContextVar[str] = ContextVar("variable", default="outside")


async def later(value):
    await asyncio.sleep(0)
    return value


def deep(value):
    return run_sync(later(value))


def test_sync_function_waits(run_async):
    assert run_async(run_in_greenlet(lambda: deep(5))) == 5


def test_coroutine_waits_below_an_await(run_async):
    async def inner():
        await asyncio.sleep(0)
        return deep(1) + deep(2)

    async def handler():
        return await inner()

    assert run_async(run_in_greenlet(handler)) == 3


def test_settled_promise_gives_its_value_at_once(run_async):
    assert run_async(run_in_greenlet(lambda: run_sync(JsPromise.resolved(4)))) == 4


def test_failure_is_raised_where_it_was_waited_for(run_async):
    async def fail():
        raise ValueError("inside")

    def handler():
        with pytest.raises(ValueError, match="inside"):
            run_sync(fail())
        return "caught"

    assert run_async(run_in_greenlet(handler)) == "caught"


def test_exception_of_the_function_comes_out(run_async):
    with pytest.raises(ZeroDivisionError):
        run_async(run_in_greenlet(lambda: 1 / 0))


def test_others_run_while_one_waits(run_async):
    async def main():
        gate, order = asyncio.Event(), []

        def waits():
            run_sync(gate.wait())
            order.append("waited")

        async def opens():
            order.append("opened")
            gate.set()

        await asyncio.gather(run_in_greenlet(waits), run_in_greenlet(opens))
        return order

    assert run_async(main()) == ["opened", "waited"]


def test_many_wait_at_once(run_async):
    async def main():
        return await asyncio.gather(*(run_in_greenlet(lambda n=n: deep(n)) for n in range(50)))

    assert run_async(main()) == list(range(50))


def test_context_variables_are_those_of_the_task(run_async):
    async def handler():
        before = variable.get()
        variable.set("changed")
        run_sync(later(1))
        return before, variable.get()

    async def main():
        variable.set("task")
        return await run_in_greenlet(handler), variable.get()

    assert run_async(main()) == (("task", "changed"), "changed")


def test_current_task_is_the_callers(run_async):
    async def main():
        # A task can be awaited, so it travels inside a list.
        return await run_in_greenlet(lambda: [asyncio.current_task()]) == [asyncio.current_task()]

    assert run_async(main())


def test_cancellation_reaches_code_that_waits(run_async):
    async def main():
        seen, started = [], asyncio.Event()

        def handler():
            started.set()
            try:
                run_sync(asyncio.Event().wait())
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        task = asyncio.create_task(run_in_greenlet(handler))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert run_async(main()) == ["cancelled"]


def test_cancellation_reaches_code_that_awaits(run_async):
    async def main():
        seen, started = [], asyncio.Event()

        async def handler():
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("cleaned")

        task = asyncio.create_task(run_in_greenlet(handler))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert run_async(main()) == ["cleaned"]


def test_can_run_sync_only_inside(run_async):
    async def main():
        return can_run_sync(), await run_in_greenlet(can_run_sync)

    assert run_async(main()) == (False, True)


def test_outside_it_is_a_runtime_error(run_async):
    async def main():
        run_sync(later(1))

    with pytest.raises(
        RuntimeError, match="Cannot stack switch because the Python entrypoint was a synchronous function"
    ):
        run_async(main())


def test_task_of_a_bridged_coroutine_may_wait(run_async):
    async def work():
        return deep(8)

    async def main():
        return await asyncio.create_task(bridged(work()))

    assert run_async(main()) == 8


def test_what_is_no_awaitable_is_the_result(run_async):
    def generator():
        yield 1

    assert list(run_async(run_in_greenlet(generator))) == [1]
