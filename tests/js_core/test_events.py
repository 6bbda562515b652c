from __future__ import annotations

import asyncio

import js
import pytest
from js import CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent
from pyodide.ffi import create_proxy
from pyodide.ffi.wrappers import add_event_listener, remove_event_listener

from pywrangler.runtime import context


def test_listeners_run_in_order_after_the_on_handler():
    target, seen = EventTarget.new(), []
    target.addEventListener("x", lambda _e: seen.append(1))
    target.addEventListener("x", lambda _e: seen.append(2))
    target.onx = lambda _e: seen.append("on")
    target.dispatchEvent(Event.new("x"))
    assert seen == ["on", 1, 2]


def test_listener_without_parameter_fails_and_is_logged(logged):
    target = EventTarget.new()
    target.addEventListener("x", create_proxy(lambda: None))
    target.dispatchEvent(Event.new("x"))
    assert "takes 0 positional arguments" in logged[0][1]


def test_failing_listener_does_not_stop_the_others(logged):
    target, seen = EventTarget.new(), []
    target.addEventListener("x", create_proxy(lambda _e: 1 / 0))
    target.addEventListener("x", create_proxy(lambda _e: seen.append(1)))
    target.dispatchEvent(Event.new("x"))
    assert seen == [1]
    assert "ZeroDivisionError" in logged[0][1]


def test_same_listener_is_added_once():
    target, seen = EventTarget.new(), []

    def listener(_event):
        seen.append(1)

    target.addEventListener("x", listener)
    target.addEventListener("x", listener)
    target.dispatchEvent(Event.new("x"))
    assert seen == [1]


def test_removed_listener_is_not_called():
    target, seen = EventTarget.new(), []
    proxy = create_proxy(lambda _e: seen.append(1))
    target.addEventListener("x", proxy)
    target.removeEventListener("x", proxy)
    target.dispatchEvent(Event.new("x"))
    assert seen == []


def test_once():
    target, seen = EventTarget.new(), []
    target.addEventListener("x", lambda _e: seen.append(1), once=True)
    target.dispatchEvent(Event.new("x"))
    target.dispatchEvent(Event.new("x"))
    assert seen == [1]


def test_signal_removes_the_listener():
    target, seen, controller = EventTarget.new(), [], js.AbortController.new()
    target.addEventListener("x", lambda _e: seen.append(1), signal=controller.signal)
    controller.abort()
    target.dispatchEvent(Event.new("x"))
    assert seen == []


def test_object_with_handle_event():
    target, seen = EventTarget.new(), []
    target.addEventListener("x", js.Object.new(handleEvent=lambda e: seen.append(e.type)))
    target.dispatchEvent(Event.new("x"))
    assert seen == ["x"]


def test_prevented_default_is_reported():
    target = EventTarget.new()
    target.addEventListener("x", lambda e: e.preventDefault())
    assert target.dispatchEvent(Event.new("x", cancelable=True)) is False
    assert target.dispatchEvent(Event.new("x")) is True


def test_stop_immediate_propagation():
    target, seen = EventTarget.new(), []
    target.addEventListener("x", lambda e: e.stopImmediatePropagation())
    target.addEventListener("x", lambda _e: seen.append(1))
    target.dispatchEvent(Event.new("x"))
    assert seen == []


def test_event_knows_its_target():
    target, seen = EventTarget.new(), []
    target.addEventListener("x", lambda e: seen.append(e.target))
    target.dispatchEvent(Event.new("x"))
    assert seen == [target]


def test_coroutine_listener_runs_on_the_loop(run_async):
    async def main():
        target, done = EventTarget.new(), asyncio.Event()

        async def listener(_event):
            await asyncio.sleep(0)
            done.set()

        target.addEventListener("x", listener)
        target.dispatchEvent(Event.new("x"))
        assert not done.is_set()
        await done.wait()

    run_async(main())


def test_failing_coroutine_listener_is_logged(run_async, logged):
    async def main():
        target, failed = EventTarget.new(), asyncio.Event()
        context.set_log_sink(lambda level, text: (logged.append((level, text)), failed.set()))

        async def listener(_event):
            raise ValueError("async boom")

        target.addEventListener("x", create_proxy(listener))
        target.dispatchEvent(Event.new("x"))
        await failed.wait()

    run_async(main())
    assert "async boom" in logged[0][1]


def test_coroutine_listener_keeps_the_event_alive(run_async):
    async def main():
        event = context.EventContext(worker=None, env=None, ctx=None)
        token = context.enter(event)
        target = EventTarget.new()

        async def listener(_event):
            await asyncio.sleep(0)

        target.addEventListener("x", listener)
        target.dispatchEvent(Event.new("x"))
        assert len(event.pending) == 1
        await asyncio.wait(event.pending)
        await asyncio.sleep(0)
        assert not event.pending
        context.leave(token)

    run_async(main())


def test_message_event_defaults():
    event = MessageEvent.new("message", data="x")
    assert (event.data, event.origin is js.JSON.parse("null"), event.lastEventId, len(event.ports)) == (
        "x",
        True,
        "",
        0,
    )


def test_close_event():
    event = CloseEvent.new("close", code=1001, reason="r", wasClean=True)
    assert (event.code, event.reason, event.wasClean) == (1001, "r", True)


def test_error_event():
    event = ErrorEvent.new("error", message="m", error=js.Error.new("e"))
    assert (event.message, str(event.error)) == ("m", "Error: e")


def test_wrappers_add_and_remove():
    target, seen = EventTarget.new(), []

    def listener(_event):
        seen.append(1)

    add_event_listener(target, "x", listener)
    target.dispatchEvent(Event.new("x"))
    remove_event_listener(target, "x", listener)
    target.dispatchEvent(Event.new("x"))
    assert seen == [1]
    with pytest.raises(KeyError):
        remove_event_listener(target, "x", listener)


def test_plain_function_as_listener_is_warned_about(logged):
    EventTarget.new().addEventListener("x", lambda _e: None)
    assert logged[0][0] == "warn"
    assert "create_proxy" in logged[0][1]


def test_assigned_handler_is_not_warned_about(logged):
    target = EventTarget.new()
    target.onx = lambda _e: None
    target.addEventListener("x", create_proxy(lambda _e: None))
    assert logged == []


# ---- abort ----------------------------------------------------------------------------------------------


def test_abort_fires_once_with_abort_error():
    controller, seen = js.AbortController.new(), []
    controller.signal.onabort = lambda e: seen.append(e.target.reason.name)
    controller.abort()
    controller.abort("again")
    assert (seen, controller.signal.aborted) == (["AbortError"], True)


def test_throw_if_aborted():
    with pytest.raises(Exception, match="AbortError: The operation was aborted"):
        js.AbortSignal.abort().throwIfAborted()


def test_any_follows_the_first():
    first, second = js.AbortController.new(), js.AbortController.new()
    signal = js.AbortSignal.any([first.signal, second.signal])
    second.abort("why")
    assert signal.reason == "why"


def test_any_of_an_aborted_signal_is_aborted():
    assert js.AbortSignal.any([js.AbortSignal.abort("x")]).reason == "x"


def test_timeout_aborts_with_timeout_error(run_async):
    async def main():
        signal, done = js.AbortSignal.timeout(1), asyncio.Event()
        signal.addEventListener("abort", lambda _e: done.set())
        await done.wait()
        assert signal.reason.name == "TimeoutError"

    run_async(main())


def test_signals_have_no_constructor():
    with pytest.raises(Exception, match="Illegal constructor"):
        js.AbortSignal.new()
