"""spec/workers-module.md, section 12, and spec/websocket.md, section 6."""

from __future__ import annotations

import asyncio
import logging

import asgi
import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from workers import Request, _mode, wsgi

from pywrangler.runtime import context
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request as JsRequest


class Context:
    """The raw `ctx`: what was given to `waitUntil`."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Future] = []

    def waitUntil(self, awaitable):
        self.tasks.append(asyncio.ensure_future(awaitable))


def request(path="/", method="GET", body=None, headers=()):
    return JsRequest.from_wire(method, f"http://localhost:8787{path}", [("host", "localhost:8787"), *headers], body)


async def scope_of(js_request, env=None):
    seen = {}

    async def app(scope, receive, send):
        if scope["type"] == "http":
            seen.update(scope)
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body"})

    await asgi.fetch(app, js_request, env)
    return seen


def test_scope_describes_the_request(run_async):
    scope = run_async(scope_of(request("/a%20b/%C3%A9?x=1&y=%20", headers=[("x-up", "é"), ("accept", "a")]), "the env"))
    state = scope.pop("state")
    assert state == {}
    assert scope == {
        "type": "http",
        "asgi": {"spec_version": "2.0", "version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a b/é",
        "raw_path": b"/a%20b/%C3%A9",
        "query_string": b"x=1&y=%20",
        "headers": [(b"accept", b"a"), (b"host", b"localhost:8787"), (b"x-up", "é".encode())],
        "env": "the env",
    }


def test_sdk_request_is_taken_as_well(run_async):
    assert run_async(scope_of(Request("https://x.test/y")))["scheme"] == "https"


def test_body_comes_in_chunks_then_an_empty_message_then_the_disconnect(run_async):
    received = []

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        received.extend([await receive(), await receive()])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x"})
        received.append(await receive())

    async def use():
        ctx = Context()
        await asgi.fetch(app, request(method="POST", body=b"data"), None, ctx)
        await asyncio.gather(*ctx.tasks)

    run_async(use())
    assert received == [
        {"type": "http.request", "body": b"data", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]


def test_streamed_body_is_read_first_and_keeps_its_chunks(run_async):
    received = []

    async def app(scope, receive, send):
        if scope["type"] == "http":
            while (message := await receive())["more_body"]:
                received.append(message["body"])
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body"})

    async def use():
        stream = ReadableStream.from_([b"a", b"bc"])
        await asgi.fetch(app, request(method="POST", body=stream), None)

    run_async(use())
    assert received == [b"a", b"bc"]


def test_single_body_is_whole_and_repeated_headers_stay(run_async):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            headers = [(b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-e", "é".encode())]
            await send({"type": "http.response.start", "status": 201, "headers": headers})
            await send({"type": "http.response.body", "body": b"x"})

    async def use():
        response = await asgi.fetch(app, request(), None)
        assert response._body == b"x"
        assert response.status == 201
        assert response.pairs() == [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-e", "é")]

    run_async(use())


def test_null_body_status_sends_none(run_async):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204})
            await send({"type": "http.response.body", "body": b""})

    async def use():
        assert (await asgi.fetch(app, request(), None))._body is None

    run_async(use())


def test_response_leaves_with_the_first_part_and_waits_for_its_reader(run_async):
    sent = []

    async def parts():
        for part in ("a", "b", "c"):
            sent.append(part)
            yield part

    app = Starlette(routes=[Route("/", lambda _request: StreamingResponse(parts()))])

    async def use():
        response = await asgi.fetch(app, request(), None)
        assert isinstance(response._body, ReadableStream)
        for _ in range(20):
            await asyncio.sleep(0)
        assert sent == ["a", "b"]
        assert await response.text() == "abc"

    run_async(use())


def test_application_ends_when_nobody_reads_any_more(run_async):
    ended = asyncio.Event()

    async def app(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body"})
        ended.set()

    async def use():
        response = await asgi.fetch(app, request(), None)
        await response.body.cancel()
        await asyncio.wait_for(ended.wait(), 5)

    run_async(use())


def test_error_before_the_response_propagates(run_async):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        run_async(asgi.fetch(app, request(), None))


def test_error_after_the_response_began_is_logged_and_ends_the_stream(run_async, caplog):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
            raise ValueError("boom")

    async def use():
        return await (await asgi.fetch(app, request(), None)).text()

    assert run_async(use()) == "part"
    assert caplog.records[0].exc_info[1].args == ("boom",)


def test_application_without_response_is_an_error(run_async):
    async def app(scope, receive, send):
        pass

    with pytest.raises(RuntimeError, match=r"^The application did not generate a response$"):
        run_async(asgi.fetch(app, request(), None))


def lifespan_app(log, fail=""):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            scope["state"]["count"] = 1
            log.append("startup")
            if fail:
                await send({"type": "lifespan.startup.failed", "message": fail})
                return
            await send({"type": "lifespan.startup.complete"})
            assert (await receive())["type"] == "lifespan.shutdown"
            log.append("shutdown")
            await send({"type": "lifespan.shutdown.complete"})
            return
        log.append(("request", dict(scope["state"])))
        scope["state"]["count"] = 99
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    return app


def test_every_request_is_a_lifespan_of_its_own(run_async):
    log: list = []

    async def use():
        for _ in range(2):
            ctx = Context()
            await asgi.fetch(lifespan_app(log), request(), None, ctx)
            await asyncio.gather(*ctx.tasks)

    run_async(use())
    assert log == ["startup", ("request", {"count": 1}), "shutdown"] * 2


def test_failed_startup_is_a_runtime_error(run_async):
    with pytest.raises(RuntimeError, match="no database"):
        run_async(asgi.fetch(lifespan_app([], fail="no database"), request(), None))


@pytest.mark.parametrize(("release", "is_done"), [((1, 7, 0), False), ((1, 8, 0), True)])
def test_background_task_delays_the_response_since_a_release(release, is_done, run_async, monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", release)
    done = []

    async def later():
        await asyncio.sleep(0.01)
        done.append(True)

    async def endpoint(_request):
        return PlainTextResponse("x", background=BackgroundTask(later))

    async def use():
        ctx = Context()
        response = await asgi.fetch(Starlette(routes=[Route("/", endpoint)]), request(), None, ctx)
        assert bool(done) is is_done
        assert await response.text() == "x"
        await asyncio.gather(*ctx.tasks)
        assert done == [True]

    run_async(use())


def test_synchronous_endpoint_runs_on_the_loop(run_async):
    import threading

    app = FastAPI()

    def dependency():
        yield threading.current_thread()

    @app.get("/")
    def endpoint(thread=Depends(dependency), env=asgi.env):  # noqa: B008 - how FastAPI is written
        return {
            "same": thread is threading.current_thread() is threading.main_thread(),
            "loop": asyncio.get_running_loop() is not None,
            "env": env["NAME"],
        }

    async def use():
        return await (await asgi.fetch(app, request(), {"NAME": "n"})).text()

    assert run_async(use()) == '{"same":true,"loop":true,"env":"n"}'


def test_scope_env_is_reached_through_the_request(run_async):
    async def endpoint(request):
        return JSONResponse(request.scope["env"])

    async def use():
        return await (await asgi.fetch(Starlette(routes=[Route("/", endpoint)]), request(), {"a": 1})).text()

    assert run_async(use()) == '{"a":1}'


# ---- WebSockets -------------------------------------------------------------------------------------------


async def echo(socket):
    await socket.accept(subprotocol="ignored")
    async for message in socket.iter_text():
        if message == "bye":
            await socket.close(4001, "done")
            return
        await socket.send_text(f"{message} {socket.scope['env']} {socket.scope['type']} {socket.scope['scheme']}")


async def connect(app, env="env"):
    """Return the client's end and what it receives."""
    response = await asgi.websocket(app, request("/ws", headers=[("upgrade", "websocket")]), env)
    assert response.status == 101
    client = response.webSocket
    events: asyncio.Queue = asyncio.Queue()
    client.addEventListener("message", lambda event: events.put_nowait(event.data))
    client.addEventListener("close", lambda event: events.put_nowait((event.code, event.reason)))
    client.binaryType = "arraybuffer"
    client.accept()
    return client, events


def test_websocket_echo_and_close(run_async):
    app = Starlette(routes=[WebSocketRoute("/ws", echo)])

    async def use():
        client, events = await connect(app)
        client.send("hi")
        assert await events.get() == "hi env websocket http"
        client.send("bye")
        assert await events.get() == (4001, "done")

    run_async(use())


def test_websocket_messages_as_the_application_sees_them(run_async):
    seen: asyncio.Queue = asyncio.Queue()

    async def app(scope, receive, send):
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": b"", "text": None})
        while True:
            message = await receive()
            seen.put_nowait(message)
            if message["type"] == "websocket.disconnect":
                return

    async def use():
        client, events = await connect(app, env=None)
        assert (await events.get()).to_bytes() == b""
        client.send("text")
        client.send(b"\x01\x02")
        client.close(4000, "why")
        return [await seen.get() for _ in range(4)]

    assert run_async(use()) == [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "text"},
        {"type": "websocket.receive", "bytes": b"\x01\x02"},
        {"type": "websocket.disconnect", "code": 4000, "reason": "why"},
    ]


def test_what_the_bridge_logs_is_shown_unless_logging_is_configured(run_async, monkeypatch):
    shown = []
    monkeypatch.setattr(context, "_reporter", lambda problem, prefix: shown.append((prefix, problem)))
    monkeypatch.setattr(context, "_sink", lambda level, text: shown.append((level, text)))

    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "strange"})
            await send({"type": "http.response.start", "status": 500})
            await send({"type": "http.response.body"})
            raise problem

    problem = ValueError("boom")
    strange = "ASGI message 'strange' has no meaning here and is ignored"
    expected = [("warn", strange), ("Exception in ASGI application after response started: ", problem)]
    monkeypatch.setattr(logging.root, "handlers", [])
    run_async(asgi.fetch(app, request(), None))
    assert shown == expected
    monkeypatch.setattr(logging.root, "handlers", [logging.NullHandler()])
    run_async(asgi.fetch(app, request(), None))
    assert shown == expected


def test_unknown_websocket_message_warns(run_async, caplog):
    async def app(scope, receive, send):
        await send({"type": "websocket.http.response.start"})
        await send({"type": "websocket.close"})

    async def use():
        _client, events = await connect(app)
        assert await events.get() == (1000, "")

    with caplog.at_level(logging.WARNING):
        run_async(use())
    assert "websocket.http.response.start" in caplog.text


def test_a_body_that_is_encoded_already_is_said_to_be(run_async):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-encoding", b"gzip")]})
            await send({"type": "http.response.body", "body": b"zipped"})

    def encoding(**options):
        return run_async(asgi.fetch(app, request(), None, **options)).encodeBody

    assert encoding() == "automatic"
    assert encoding(options=asgi.Options(encode_body="manual")) == "manual"


@pytest.mark.parametrize("module", [asgi, wsgi])
def test_options_that_do_not_exist_are_refused(module):
    with pytest.raises(ValueError, match="encode_body must be one of"):
        module.Options(encode_body="gzip")


@pytest.mark.parametrize(
    ("said", "expected"),
    [({"message": "no database"}, "no database"), ({"message": ""}, "startup failed")],
)
def test_startup_that_fails_says_why(said, expected, run_async):
    async def app(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", **said})

    with pytest.raises(RuntimeError, match=expected):
        run_async(asgi.fetch(app, request(), None))
