"""The global scope as event target, message channels, `navigator`, marks; behaviour as workerd showed it."""

from __future__ import annotations

import asyncio

import js
import pytest
from pyodide.ffi import JsException, jsnull


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


def test_messages_are_copies_that_come_later(run_async):
    async def main():
        channel, got = js.MessageChannel.new(), []
        channel.port1.onmessage = lambda event: got.append((event.data.a, event.type, event.source is channel.port2))
        sent = js.Object.new(a=1)
        channel.port2.postMessage(sent)
        sent.a = 2
        got.append("sync")
        await turns()
        return got

    assert run_async(main()) == ["sync", (1, "message", True)]


def test_messages_wait_for_a_listener(run_async):
    async def main():
        channel, got = js.MessageChannel.new(), []
        channel.port2.postMessage(1)
        await turns()
        channel.port1.addEventListener("message", js.Object.new(handleEvent=lambda event: got.append(event.data)))
        await turns()
        return got

    assert run_async(main()) == [1]


def test_closed_channel_tells_both_ends_and_delivers_what_was_sent(run_async):
    async def main():
        channel, got = js.MessageChannel.new(), []
        channel.port1.onmessage = lambda event: got.append(event.data)
        channel.port1.addEventListener("close", js.Object.new(handleEvent=lambda _event: got.append("close 1")))
        channel.port2.addEventListener("close", js.Object.new(handleEvent=lambda _event: got.append("close 2")))
        channel.port2.postMessage(1)
        channel.port2.close()
        channel.port1.postMessage(2)
        await turns()
        return sorted(map(str, got))

    assert run_async(main()) == ["1", "close 1", "close 2"]


@pytest.mark.parametrize(
    ("message", "transfer", "refusal"),
    [
        (js.JSON.parse, None, "DataCloneError: .* could not be cloned"),
        (1, js.Array.of(js.ArrayBuffer.new(1)), "Error: Transfer list is not supported"),
    ],
)
def test_what_cannot_be_posted(message, transfer, refusal):
    with pytest.raises(JsException, match=refusal):
        js.MessageChannel.new().port1.postMessage(message, transfer)


def test_ports_are_made_by_channels_only():
    with pytest.raises(JsException, match="Illegal constructor"):
        js.MessagePort.new()
    assert js.MessageChannel.new().port1.onmessage is jsnull


def test_reported_error_reaches_listeners_and_the_log(logged):
    seen = []

    def listener(event):
        seen.append((event.message, event.error))

    js.addEventListener("error", listener)
    try:
        problem = js.Error.new("rep")
        js.reportError(problem)
    finally:
        js.removeEventListener("error", listener)
    assert seen == [("Uncaught Error: rep", problem)]
    assert [level for level, text in logged if "rep" in text] == ["error"]


def test_prevented_error_is_not_logged(logged):
    def listener(event):
        event.preventDefault()

    js.addEventListener("error", listener)
    try:
        js.reportError("quiet")
    finally:
        js.removeEventListener("error", listener)
    assert not any("quiet" in text for _, text in logged)


def test_unhandled_rejection_reaches_listeners(run_async, logged):
    seen = []

    def listener(event):
        seen.append(str(event.reason))
        event.preventDefault()

    async def fail():
        raise js.Error.new("lost")

    async def main():
        js.queueMicrotask(fail)
        await turns()

    js.addEventListener("unhandledrejection", listener)
    try:
        run_async(main())
    finally:
        js.removeEventListener("unhandledrejection", listener)
    assert seen == ["Error: lost"]
    assert not any("lost" in text for _, text in logged)


def test_listener_for_fetch_is_warned_about(logged):
    def listener(_event):
        pass

    js.addEventListener("fetch", listener)
    js.removeEventListener("fetch", listener)
    assert any("never called in a Python Worker" in text for _, text in logged)


def test_the_scope_is_an_instance_of_its_class():
    assert isinstance(js.self, js.ServiceWorkerGlobalScope)
    assert isinstance(js.globalThis, js.WorkerGlobalScope)
    assert isinstance(js.Response.new("x"), js.Body)
    assert js.origin == "null"


def test_navigator():
    found = js.navigator
    assert (found.userAgent, found.language, list(found.languages), found.platform, found.hardwareConcurrency) == (
        "Cloudflare-Workers", "en", ["en"], "", 1,
    )  # fmt: skip


def test_event_has_its_old_names():
    event = js.Event.new("x")
    event.cancelBubble = True
    assert (event.cancelBubble, event.srcElement) == (True, jsnull)


def test_marks_and_measures(run_async):
    performance, seen = js.performance, []

    async def main():
        observer = js.PerformanceObserver.new(lambda entries, _observer: seen.extend(entries.getEntries()))
        observer.observe(type="measure")
        performance.mark("a", startTime=10)
        performance.mark("b", startTime=30)
        measure = performance.measure("m", "a", "b")
        await turns()
        observer.disconnect()
        return measure

    try:
        measure = run_async(main())
        assert (measure.startTime, measure.duration, seen) == (10, 20, [measure])
        assert [entry.name for entry in performance.getEntries()] == ["a", "m", "b"]
        assert js.JSON.stringify(performance.getEntriesByType("mark")[0]) == (
            '{"name":"a","entryType":"mark","startTime":10,"duration":0}'
        )
        with pytest.raises(JsException, match="The mark 'q' does not exist"):
            performance.measure("x", "q")
    finally:
        performance.clearMarks()
        performance.clearMeasures()
    assert len(performance.getEntries()) == 0
    assert (performance.timeOrigin, performance.now() > 1e12) == (0, True)
