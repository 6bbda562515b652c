from __future__ import annotations

import asyncio

import js
import pytest
from pyodide.ffi import JsException, create_once_callable, create_proxy
from pyodide.ffi.wrappers import clear_interval, set_interval, set_timeout

from pywrangler.runtime import context


def test_timeout_calls_back_once_with_arguments(run_async):
    async def main():
        fired = asyncio.get_running_loop().create_future()
        js.setTimeout(lambda a, b: fired.set_result((a, b)), 1, "x", 2)
        return await fired

    assert run_async(main()) == ("x", 2)


def test_cleared_timeout_does_not_fire(run_async):
    async def main():
        seen, done = [], asyncio.Event()
        js.clearTimeout(js.setTimeout(lambda: seen.append(1), 0))
        js.setTimeout(done.set, 2)
        await done.wait()
        return seen

    assert run_async(main()) == []


@pytest.mark.parametrize("identifier", [None, 0, 99999, "x", js.JSON.parse("null")])
def test_clearing_nonsense_is_ignored(identifier):
    js.clearTimeout(identifier)


def test_interval_repeats_until_cleared(run_async):
    async def main():
        seen, done = [], asyncio.Event()

        def tick():
            seen.append(1)
            if len(seen) == 3:
                js.clearInterval(timer)
                done.set()

        timer = js.setInterval(tick, 1)
        await done.wait()
        return len(seen)

    assert run_async(main()) == 3


def test_timer_keeps_its_event_alive_until_it_fired(run_async):
    async def main():
        event = context.EventContext(worker=None, env=None, ctx=None)
        token = context.enter(event)
        js.setTimeout(lambda: None, 1)
        assert len(event.pending) == 1
        await asyncio.wait(event.pending)
        await asyncio.sleep(0)
        assert not event.pending
        js.clearTimeout(js.setTimeout(lambda: None, 1000))
        await asyncio.sleep(0)
        assert not event.pending
        context.leave(token)

    run_async(main())


def test_timer_runs_in_the_event_that_set_it(run_async):
    async def main():
        event = context.EventContext(worker=None, env=None, ctx=None)
        found = asyncio.get_running_loop().create_future()
        token = context.enter(event)
        js.setTimeout(lambda: found.set_result(context.current()), 0)
        context.leave(token)
        assert await found is event

    run_async(main())


def test_failing_callback_is_logged(run_async, logged):
    async def main():
        js.setTimeout(create_proxy(lambda: 1 / 0), 0)
        done = asyncio.Event()
        js.setTimeout(create_proxy(done.set), 2)
        await done.wait()

    run_async(main())
    assert logged[0][0] == "error"
    assert "ZeroDivisionError" in logged[0][1]


def test_plain_function_is_warned_about(run_async, logged):
    async def main():
        js.clearTimeout(js.setTimeout(lambda: None, 0))

    run_async(main())
    assert "create_once_callable" in logged[0][1]


def test_coroutine_callback_is_run(run_async):
    async def main():
        done = asyncio.Event()

        async def work():
            await asyncio.sleep(0)
            done.set()

        js.setTimeout(create_proxy(work), 0)
        await done.wait()

    run_async(main())


def test_timer_at_module_level_is_refused():
    with pytest.raises(JsException, match="Disallowed operation called within global scope"):
        js.setTimeout(lambda: None, 0)


def test_timer_needs_a_function(run_async):
    async def main():
        js.setTimeout("alert(1)", 0)

    with pytest.raises(JsException, match="TypeError"):
        run_async(main())


def test_queue_microtask(run_async):
    async def main():
        done = asyncio.Event()
        js.queueMicrotask(create_once_callable(done.set))
        assert not done.is_set()
        await done.wait()

    run_async(main())


def test_scheduler_wait(run_async):
    async def main():
        return await js.scheduler.wait(1)

    assert run_async(main()) is None


def test_scheduler_wait_is_aborted_by_its_signal(run_async):
    async def main():
        controller = js.AbortController.new()
        waiting = js.scheduler.wait(10_000, signal=controller.signal)
        controller.abort()
        await waiting

    with pytest.raises(JsException, match="AbortError"):
        run_async(main())


def test_wrappers_set_timers(run_async):
    async def main():
        seen, done = [], asyncio.Event()
        timer = set_interval(lambda: (seen.append(1), clear_interval(timer)), 1)
        set_timeout(done.set, 8)
        await done.wait()
        return seen

    assert run_async(main()) == [1]


def test_destroyed_proxy_fails_when_called(run_async, logged):
    async def main():
        proxy = create_proxy(lambda: None)
        js.setTimeout(proxy, 0)
        proxy.destroy()
        done = asyncio.Event()
        js.setTimeout(create_proxy(done.set), 2)
        await done.wait()

    run_async(main())
    assert "Object has already been destroyed" in logged[0][1]
