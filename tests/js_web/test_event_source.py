"""EventSource: the parser as a table, the connection against a server; behaviour as workerd showed it."""

from __future__ import annotations

import asyncio

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyodide.ffi import JsException

from pywrangler.runtime.js.event_source import EventStream


def events(*pieces):
    stream = EventStream()
    return [(event.type, event.data, event.last_id) for piece in pieces for event in stream.feed(piece)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"data: x\n\n", [("message", "x", "")]),
        (b"id: 7\nevent: a\ndata: x\ndata: y\n\n", [("a", "x\ny", "7")]),
        (b":comment\ndata\n\n", [("message", "", "")]),
        (b"event: a\n\ndata:b\n\n", [("message", "b", "")]),
        (b"data: a\r\n\r\ndata: b\r\r", [("message", "a", ""), ("message", "b", "")][:1]),
        (b"data: a\n", []),
        ("\ufeffdata: ä\n\n".encode(), [("message", "ä", "")]),
        (b"id: 1\ndata: a\n\nid\ndata: b\n\n", [("message", "a", "1"), ("message", "b", "")]),
        (b"data:  two\n\n", [("message", " two", "")]),
    ],
)
def test_events_of_a_stream(text, expected):
    assert events(text) == expected


@given(st.text(alphabet="dataid:evnt \r\nä1", max_size=60), st.integers(1, 7))
def test_events_do_not_depend_on_how_bytes_arrive(text, size):
    data = (text + "\n\n").encode()
    assert events(*(data[i : i + size] for i in range(0, len(data), size))) == events(data)


@given(st.binary(max_size=80))
def test_any_bytes_can_be_fed(data):
    EventStream().feed(data)


def test_retry_sets_the_time():
    stream = EventStream()
    stream.feed(b"retry: 50\nretry: x\n")
    assert stream.retry_ms == 50


def source_of(respond):
    """Return a source over a fetcher that answers with what `respond(request count)` gives, and what was asked."""
    asked = []

    async def fetch(url, **init):
        asked.append((url, dict(init["headers"])))
        return respond(len(asked))

    return js.EventSource.new("http://x/y", fetcher=js.Object.new(fetch=fetch)), asked


def stream_response(text):
    return js.Response.new(text, headers=js.Headers.new([["content-type", "text/event-stream; charset=utf-8"]]))


def listen(source):
    seen = []
    source.onopen = lambda event: seen.append(("open", source.readyState, event.type))
    source.onmessage = lambda event: seen.append(("message", event.data, event.lastEventId))
    source.onerror = lambda event: seen.append(("error", str(event.error), source.readyState))
    return seen


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in listeners
            await asyncio.sleep(0.005)


def test_events_arrive_and_the_source_connects_again(run_async, monkeypatch):
    monkeypatch.setattr("pywrangler.runtime.js.event_source._SHORTEST_SECONDS", 0.01)

    async def main():
        source, asked = source_of(lambda _count: stream_response("retry: 10\nid: 5\ndata: 1\n\n"))
        seen = listen(source)
        await until(lambda: len(asked) == 2)
        source.close()
        return source.readyState, seen[:3], asked

    state, seen, asked = run_async(main())
    assert seen == [("open", 1, "open"), ("message", "1", "5"), ("error", "Error: The server disconnected.", 0)]
    assert state == 2
    assert asked[0] == ("http://x/y", {"accept": "text/event-stream", "cache-control": "no-cache"})
    assert asked[1][1]["last-event-id"] == "5"


@pytest.mark.parametrize(
    ("respond", "problem"),
    [
        (lambda _count: js.Response.new("x", status=404), "AbortError: The response status code was 404."),
        (
            lambda _count: js.Response.new(None, status=204),
            "AbortError: No content type header was present in the resp",
        ),
        (lambda _count: js.Response.new("x"), "AbortError: The content type 'text/plain;charset=UTF-8' is invalid."),
    ],
)
def test_anything_else_closes_it(run_async, respond, problem):
    async def main():
        source, _asked = source_of(respond)
        seen = listen(source)
        await until(lambda: seen)
        return seen, source.readyState

    seen, state = run_async(main())
    assert (seen[0][0], seen[0][1].startswith(problem), state) == ("error", True, 2)


def test_source_of_a_stream(run_async):
    async def main():
        source = js.EventSource.from_(js.Response.new("data: a\n\ndata: b\n\n").body)
        seen = listen(source)
        await until(lambda: len(seen) == 3)
        return seen, source.url, source.readyState, source.withCredentials

    assert run_async(main()) == (
        [("message", "a", ""), ("message", "b", ""), ("error", "Error: The server disconnected.", 2)], "", 2, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("nope",), {}, "SyntaxError: Cannot open an EventSource to 'nope'. The URL is invalid."),
        (("http://a/",), {"withCredentials": True}, "NotSupportedError: The init.withCredentials option"),
        (("http://a/",), {"fetcher": js.Object.new()}, "not of type 'Fetcher'"),
    ],
)
def test_refusals(arguments, options, message):
    with pytest.raises(JsException, match=message):
        js.EventSource.new(*arguments, **options)
    with pytest.raises(JsException, match="parameter 1 is not of type 'JsReadableStream'"):
        js.EventSource.from_("x")


def test_buffer_request_of_a_byte_stream(run_async):
    asked = []

    def pull(controller):
        request = controller.byobRequest
        asked.append(request.view.byteLength)
        request.view.set(js.Uint8Array.new([1, 2, 3]))
        request.respond(2)

    async def main():
        stream = js.ReadableStream.new(js.Object.new(type="bytes", pull=pull))
        reader = stream.getReader(mode="byob")
        result = await reader.read(js.Uint8Array.new(8))
        return list(result.value), asked

    assert run_async(main()) == ([1, 2], [8])


def test_answered_buffer_request_is_spent(run_async):
    async def main():
        requests = []

        def pull(controller):
            requests.append(controller.byobRequest)
            requests[0].respond(1)

        stream = js.ReadableStream.new(js.Object.new(type="bytes", pull=pull, autoAllocateChunkSize=4))
        await stream.getReader().read()
        with pytest.raises(JsException, match="invalidated"):
            requests[0].respond(1)

    run_async(main())


def test_aborted_writable_tells_its_sink(run_async):
    async def main():
        signals = []
        stream = js.WritableStream.new(js.Object.new(start=lambda controller: signals.append(controller.signal)))
        assert signals[0].aborted is False
        await stream.abort("why")
        return signals[0].aborted, signals[0].reason

    assert run_async(main()) == (True, "why")
