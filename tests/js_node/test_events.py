"""`node:events`, and what waits for events."""

from __future__ import annotations

import asyncio

import js
import pytest
from pyodide.ffi import JsException


@pytest.fixture
def emitter(node):
    return node("events").EventEmitter.new()


def test_listeners_are_called_in_order_and_once_if_so_added(emitter):
    seen = []
    emitter.on("newListener", lambda name, _listener: seen.append(f"new {name}"))
    emitter.on("removeListener", lambda name, _listener: seen.append(f"removed {name}"))
    emitter.once("x", lambda *_: seen.append("once"))
    emitter.prependListener("x", lambda *_: seen.append("first"))
    assert [emitter.emit("x"), emitter.emit("x"), emitter.emit("y")] == [True, True, False]
    assert seen == ["new removeListener", "new x", "new x", "first", "removed x", "once", "first"]
    assert list(emitter.eventNames()) == ["newListener", "removeListener", "x"]
    emitter.removeAllListeners("x")
    assert (seen[-1], emitter.listenerCount("x")) == ("removed x", 0)


def test_arguments_reach_the_listeners_and_off_takes_the_last(emitter):
    seen = []
    listener = seen.append
    assert emitter.on("x", listener) is emitter
    emitter.addListener("x", listener)
    emitter.emit("x", 1)
    emitter.off("x", listener)
    emitter.emit("x", 2)
    assert seen == [1, 1, 2]
    assert emitter.removeAllListeners() is emitter
    assert emitter.emit("x", 3) is False


def test_an_error_without_listeners_is_raised(emitter, node):
    with pytest.raises(ValueError, match="mine"):
        emitter.emit("error", ValueError("mine"))
    for given, text in ((None, "undefined"), ("str", "'str'"), (js.Object.new(a=1), "{ a: 1 }")):
        with pytest.raises(JsException) as caught:
            emitter.emit("error", given)
        assert (caught.value.message, caught.value.code) == (f"Unhandled error. ({text})", "ERR_UNHANDLED_ERROR")
    seen = []
    emitter.on(node("events").errorMonitor, seen.append)
    with pytest.raises(JsException):
        emitter.emit("error", 1)
    emitter.on("error", seen.append)
    assert emitter.emit("error", 2) is True
    assert seen == [1, 2, 2]


@pytest.mark.parametrize("listener", [5, None])
def test_a_listener_is_a_function(emitter, listener):
    with pytest.raises(JsException, match='The "listener" argument must be of type function') as caught:
        emitter.on("x", listener)
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"


def test_the_number_of_listeners_that_is_a_mistake(emitter, node):
    assert (emitter.getMaxListeners(), emitter.setMaxListeners(3).getMaxListeners()) == (10, 3)
    with pytest.raises(JsException, match="must be a non-negative number"):
        emitter.setMaxListeners(-1)
    node("events").setMaxListeners(7, emitter)
    assert node("events").getMaxListeners(emitter) == 7


def test_python_classes_inherit_without_calling_the_constructor(node):
    class Mine(node("events").EventEmitter):
        def __init__(self, name):
            self.name = name

    mine, other = Mine.new("a"), Mine.new("b")
    seen = []
    mine.on("x", seen.append)
    mine.emit("x", 1)
    other.emit("x", 2)
    assert (seen, mine.name, node("events").default) == ([1], "a", node("events").EventEmitter)


def test_coroutine_functions_run_as_tasks(emitter, run_async):
    async def main():
        done = asyncio.Event()

        async def listener(value):
            await asyncio.sleep(0)
            seen.append(value)
            done.set()

        seen = []
        emitter.on("x", listener)
        emitter.emit("x", 4)
        await done.wait()
        return seen

    assert run_async(main()) == [4]


def test_once_is_a_promise_of_the_arguments(emitter, node, run_async):
    async def main():
        first = node("events").once(emitter, "x")
        emitter.emit("x", 1, 2)
        emitter.emit("x", 3)
        assert list(await first) == [1, 2]
        await asyncio.sleep(0)
        assert emitter.listenerCount("x") == 0
        second = node("events").once(emitter, "x")
        emitter.emit("error", js.Error.new("bad"))
        with pytest.raises(JsException, match="bad"):
            await second
        target = js.EventTarget.new()
        third = node("events").once(target, "ping")
        target.dispatchEvent(js.Event.new("ping"))
        assert [event.type for event in await third] == ["ping"]

    run_async(main())


def test_a_signal_ends_the_waiting(emitter, node, run_async):
    async def main():
        controller = js.AbortController.new()
        waiting = node("events").once(emitter, "x", signal=controller.signal)
        controller.abort()
        with pytest.raises(JsException) as caught:
            await waiting
        assert (caught.value.name, caught.value.code) == ("AbortError", "ABORT_ERR")
        assert caught.value.message == "The operation was aborted"
        with pytest.raises(JsException, match="The operation was aborted"):
            await node("events").once(emitter, "x", signal=controller.signal)

    run_async(main())


def test_all_events_can_be_iterated_over(emitter, node, run_async):
    async def main():
        events = node("events").on(emitter, "x")
        emitter.emit("x", 1)
        js.setTimeout(lambda: (emitter.emit("x", 2), emitter.emit("error", js.Error.new("end"))), 1)
        seen = [list(await anext(events)), list(await anext(events))]
        with pytest.raises(JsException, match="end"):
            await anext(events)
        other = node("events").on(emitter, "x")
        emitter.emit("x", 3)
        first, end = await other.next(), await other.return_(7)
        return seen, list(first.value), first.done, end.value, end.done, (await other.next()).done

    assert run_async(main()) == ([[1], [2]], [3], False, 7, True, True)


def test_listeners_of_emitters_and_targets_are_told(emitter, node):
    events = node("events")
    target = js.EventTarget.new()
    emitter.on("x", print)
    target.addEventListener("x", print)
    assert list(events.getEventListeners(emitter, "x")) == list(events.getEventListeners(target, "x")) == [print]
    assert events.listenerCount(emitter, "x") == 1
    seen = []
    controller = js.AbortController.new()
    events.addAbortListener(controller.signal, lambda _event: seen.append("aborted"))
    controller.abort()
    assert seen == ["aborted"]
