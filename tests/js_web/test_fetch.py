"""fetch: spec/workers-module.md section 4, spec/js-and-ffi.md section 3, spec/websocket.md section 5."""

from __future__ import annotations

import asyncio
import base64
import socket
import subprocess
import sys

import pytest

from pywrangler.protocol.websocket import Close, Pong
from pywrangler.runtime import context
from pywrangler.runtime.js import http_client
from pywrangler.runtime.js.abort import AbortController, AbortSignal
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.fetch import fetch
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.streams import FixedLengthStream, ReadableStream
from pywrangler.runtime.js.typed_arrays import Uint8Array

from .server import Server


@pytest.fixture
def with_server(run_async):
    """Run `check(server)` against a running server."""

    def run(check):
        async def whole():
            async with Server() as server:
                await check(server)

        run_async(whole())

    return run


def test_a_response_has_status_headers_url_and_body(with_server):
    async def check(server):
        response = await fetch(server.url + "/x?q#frag")
        assert (response.status, response.statusText, response.ok) == (404, "Not Here", False)
        assert response.url == server.url + "/x?q"
        assert not response.redirected
        assert response.headers.get("X") == "1"
        assert response.headers.getSetCookie().to_py() == ["a=1", "b=2"]
        with pytest.raises(JsException, match="immutable"):
            response.headers.set("a", "b")
        assert await response.text() == "no"

    with_server(check)


def test_a_request_goes_out_as_it_was_given(with_server):
    async def check(server):
        headers = Headers.new(
            [("X-A", "1"), ("x-a", "2"), ("Host", "other"), ("Connection", "close"), ("TE", "trailers")]
        )
        response = await fetch(server.url + "/echo?a=%20b", method="put", body="é", headers=headers)
        assert await response.text() == "é"
        seen = server.requests[0]
        assert (seen.method, seen.target, seen.body) == ("PUT", "/echo?a=%20b", "é".encode())
        assert [value for name, value in seen.headers if name == "x-a"] == ["1", "2"]
        assert seen.header("host") == server.url.removeprefix("http://")
        assert seen.header("content-type") == "text/plain;charset=UTF-8"
        assert seen.header("user-agent") is None
        assert seen.header("accept") is None
        assert seen.header("te") is None

    with_server(check)


def test_the_platform_says_who_sends_and_not_for_whom(with_server, monkeypatch):
    """As `wrangler dev` (4.164) sends it; other headers of the platform are user code's own."""

    async def check(server):
        monkeypatch.setattr(http_client, "_signature", [])
        headers = [("CF-Connecting-IP", "9.9.9.9"), ("CF-Worker", "mine"), ("CF-Ray", "x"), ("X-Real-IP", "1.1.1.1")]
        await fetch(server.url + "/echo", headers=Headers.new(headers))
        http_client.sign("w.example.com")
        await fetch(server.url + "/echo", headers=Headers.new(headers))
        await fetch(server.url + "/echo")
        assert [seen.header("cf-worker") for seen in server.requests] == [None, "w.example.com", "w.example.com"]
        for seen in server.requests[:2]:
            assert seen.header("cf-connecting-ip") is None
            assert (seen.header("cf-ray"), seen.header("x-real-ip")) == ("x", "1.1.1.1")

    with_server(check)


def test_a_stream_is_sent_in_chunks_or_with_the_length_it_promises(with_server):
    async def check(server):
        chunks = ReadableStream.from_([Uint8Array.from_bytes(b"a" * 10), Uint8Array.from_bytes(b"b")])
        assert await (await fetch(server.url + "/echo", method="POST", body=chunks)).text() == "a" * 10 + "b"
        assert server.requests[0].header("transfer-encoding") == "chunked"
        fixed = FixedLengthStream.new(3)
        writer = fixed.writable.getWriter()
        writing = [writer.write(Uint8Array.from_bytes(b"abc")), writer.close()]
        assert await (await fetch(server.url + "/echo", method="POST", body=fixed.readable)).text() == "abc"
        assert server.requests[1].header("content-length") == "3"
        for promise in writing:
            await promise

    with_server(check)


def test_an_error_of_the_body_is_the_error_of_the_fetch(with_server):
    async def check(server):
        def pull(_controller):
            raise ValueError("boom")

        with pytest.raises(ValueError, match="boom"):
            await fetch(server.url + "/echo", method="POST", body=ReadableStream.new(pull=pull))
        with pytest.raises(JsException, match="TypeError"):
            await fetch(server.url + "/echo", method="POST", body=ReadableStream.from_(["text"]))

    with_server(check)


def test_a_compressed_body_arrives_decoded(with_server):
    async def check(server):
        response = await fetch(server.url + "/gzip", headers=[("Accept-Encoding", "br, gzip")])
        assert await response.text() == "unpacked"
        assert response.headers.get("content-encoding") == "gzip"
        assert response.headers.get("content-length") is jsnull
        assert "br" not in server.requests[0].header("accept-encoding")

    with_server(check)


def test_a_null_body_status_has_no_body(with_server):
    async def check(server):
        response = await fetch(server.url + "/empty")
        assert (response.status, response.body) == (204, jsnull)
        assert (await fetch(server.url + "/echo", method="HEAD")).body is jsnull

    with_server(check)


def test_redirects_are_followed(with_server):
    async def check(server):
        response = await fetch(server.url + "/status?302=/echo#frag")
        assert (response.status, response.redirected, response.url) == (200, True, server.url + "/echo")

    with_server(check)


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (307, "POST", "POST"),
        (308, "PUT", "PUT"),
        (301, "PUT", "PUT"),
    ],
)
def test_the_method_after_a_redirect(with_server, status, method, becomes):
    async def check(server):
        response = await fetch(server.url + f"/status?{status}=/echo", method=method, body="data")
        assert await response.text() == ("data" if becomes != "GET" else "")
        assert server.requests[1].method == becomes
        assert (server.requests[1].header("content-type") is None) == (becomes == "GET")

    with_server(check)


def test_manual_redirects_are_returned(with_server):
    async def check(server):
        response = await fetch(server.url + "/status?302=/echo", redirect="manual")
        assert (response.status, response.headers.get("location")) == (302, "/echo")
        incoming = Request.from_wire("GET", server.url + "/status?302=/echo", [], None)
        assert (await fetch(incoming)).status == 302

    with_server(check)


def test_too_many_redirects_are_an_error(with_server):
    async def check(server):
        server.do_loop = lambda _seen, _reader, writer: server.answer(writer, "302 Found", [("Location", "/loop")])
        with pytest.raises(JsException, match="TypeError: Too many redirects"):
            await fetch(server.url + "/loop")
        assert len(server.requests) == 21

    with_server(check)


def test_a_stream_cannot_be_sent_twice(with_server):
    async def check(server):
        body = ReadableStream.from_([Uint8Array.from_bytes(b"x")])
        with pytest.raises(JsException, match="one-time-use body"):
            await fetch(server.url + "/status?307=/echo", method="POST", body=body)

    with_server(check)


def test_credentials_do_not_cross_origins(with_server):
    async def check(server):
        other = server.url.replace("127.0.0.1", "localhost")
        headers = Headers.new([("Authorization", "secret"), ("X", "1")])
        await fetch(f"{server.url}/status?302={server.url}/echo", headers=headers)
        await fetch(f"{server.url}/status?302={other}/echo", headers=headers)
        assert [seen.header("authorization") for seen in server.requests] == ["secret", "secret", "secret", None]

    with_server(check)


def test_user_and_password_of_a_url_become_a_header(with_server):
    async def check(server):
        await fetch(server.url.replace("//", "//us%20er:pa@"))
        assert server.requests[0].header("authorization") == "Basic " + base64.b64encode(b"us er:pa").decode()

    with_server(check)


@pytest.mark.parametrize("path", ["/drop", "/cut"])
def test_a_lost_connection_is_an_error_wherever_it_happens(with_server, path):
    async def check(server):
        with pytest.raises(JsException) as caught:
            await (await fetch(server.url + path)).text()
        assert str(caught.value) == "Error: Network connection lost."

    with_server(check)


def test_an_unreachable_server_is_a_lost_connection(run_async):
    async def check():
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            with pytest.raises(JsException, match=r"^Error: Network connection lost\.$"):
                await fetch(f"http://127.0.0.1:{unused.getsockname()[1]}/")

    run_async(_closing(check))


async def _closing(check):
    from pywrangler.runtime.js.fetch import close_clients

    try:
        await check()
    finally:
        await close_clients()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("/x", "TypeError: Invalid URL: /x"),
        ("", "TypeError: Invalid URL: "),
        ("ftp://a/", "TypeError: Fetch API cannot load: ftp://a/"),
        ("ws://a/", "TypeError: Fetch API cannot load: ws://a/"),
    ],
)
def test_what_cannot_be_fetched_is_a_type_error(run_async, url, message):
    async def check():
        with pytest.raises(JsException) as caught:
            await fetch(url)
        assert str(caught.value) == message

    run_async(check())


@pytest.mark.parametrize(
    ("url", "content_type", "body"),
    [
        ("data:,a%20b", "text/plain;charset=US-ASCII", b"a b"),
        ("data:text/html;charset=utf-8,<p>", "text/html;charset=utf-8", b"<p>"),
        ("data:;charset=utf-8,x", "text/plain;charset=utf-8", b"x"),
        ("data:image/x;base64,AAEC", "image/x", b"\0\1\2"),
        ("data:;base64,YQ", "text/plain;charset=US-ASCII", b"a"),
    ],
)
def test_data_urls_are_answered_here(run_async, url, content_type, body):
    async def check():
        response = await fetch(url)
        assert (response.status, response.headers.get("content-type")) == (200, content_type)
        assert await response.read_bytes() == body

    run_async(check())


def test_a_malformed_data_url_is_a_type_error(run_async):
    async def check():
        for url in ("data:text/plain", "data:;base64,*"):
            with pytest.raises(JsException, match="TypeError"):
                await fetch(url)

    run_async(check())


def test_an_abort_before_the_response(with_server):
    async def check(server):
        with pytest.raises(JsException) as caught:
            await fetch(server.url, signal=AbortSignal.abort())
        assert caught.value.name == "AbortError"
        assert not server.requests
        controller = AbortController.new()
        pending = fetch(server.url + "/never", signal=controller.signal)
        await server.asked.wait()
        controller.abort(ValueError("mine"))
        with pytest.raises(ValueError, match="mine"):
            await pending
        await server.closed.wait()

    with_server(check)


def test_an_abort_right_after_the_call(with_server):
    async def check(server):
        controller = AbortController.new()
        pending = fetch(server.url + "/never", signal=controller.signal)
        controller.abort()  # as a timer does that is due in the same turn
        with pytest.raises(JsException) as caught:
            await pending
        assert caught.value.name == "AbortError"
        assert not server.requests

    with_server(check)


def test_an_abort_while_the_body_is_read(with_server):
    async def check(server):
        controller = AbortController.new()
        response = await fetch(server.url + "/slow", signal=controller.signal)
        reader = response.body.getReader()
        assert (await reader.read()).value.to_bytes() == b"first"
        pending = reader.read()
        controller.abort()
        with pytest.raises(JsException) as caught:
            await pending
        assert caught.value.name == "AbortError"
        await server.closed.wait()

    with_server(check)


def test_cancelling_the_body_drops_the_connection(with_server):
    async def check(server):
        response = await fetch(server.url + "/slow")
        await response.body.cancel()
        await server.closed.wait()

    with_server(check)


def test_an_unread_response_gives_its_connection_up(with_server):
    async def check(server):
        response = await fetch(server.url + "/slow")
        del response
        await server.closed.wait()

    with_server(check)


def test_connections_are_used_again(with_server):
    async def check(server):
        for _ in range(3):
            await (await fetch(server.url + "/echo", method="POST", body="x")).text()
        assert not server.closed.is_set()

    with_server(check)


def test_a_request_leaves_after_the_writes_before_it_are_durable(with_server):
    class Gate:
        def __init__(self):
            self.held = []

        def hold(self, action):
            self.held.append(action)

    async def check(server):
        gate = Gate()
        token = context.enter(context.EventContext(worker=None, env=None, ctx=None, outputs=gate))
        try:
            pending = fetch(server.url + "/echo")
        finally:
            context.leave(token)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not server.requests
        assert len(gate.held) == 1
        gate.held[0]()
        assert (await pending).status == 200

    with_server(check)


def test_a_fetcher_is_used_instead_of_the_network(run_async):
    class Fetcher:
        async def fetch(self, request):
            return request.url

    async def check():
        assert await fetch("http://a/b", fetcher=Fetcher()) == "http://a/b"

    run_async(check())


def test_nothing_imports_aiohttp_before_the_first_request():
    script = (
        "import sys; import pywrangler.runtime.js.fetch, pywrangler.runtime.js.streams; "
        "sys.exit('aiohttp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


# ---- WebSockets -------------------------------------------------------------------------------------------


class Events:
    """Remembers what a link reports."""

    def __init__(self):
        self.seen = asyncio.Queue()

    def on_message(self, data):
        self.seen.put_nowait(data)

    def on_close(self, code, reason, was_clean):
        self.seen.put_nowait((code, reason, was_clean))


async def open_link(server, **headers):
    response = await fetch(
        server.url + "/socket",
        headers=[("Upgrade", "websocket"), *((k.replace("_", "-"), v) for k, v in headers.items())],
    )
    assert response.status == 101
    link = response.webSocket.release()
    events = Events()
    link.attach(events)
    assert await events.seen.get() == "welcome"
    return link, events, response


def test_an_upgrade_gives_a_socket(with_server):
    async def check(server):
        link, events, response = await open_link(server, Sec_WebSocket_Protocol="a, b", Sec_WebSocket_Extensions="x")
        assert response.headers.get("sec-websocket-protocol") == "b"
        assert response.body is jsnull
        seen = server.requests[0]
        assert (seen.header("connection"), seen.header("sec-websocket-version")) == ("Upgrade", "13")
        assert seen.header("sec-websocket-extensions") is None
        link.send("é")
        link.send(b"\0\1" * 40_000)
        link.send("")
        assert [await events.seen.get() for _ in range(3)] == ["é", b"\0\1" * 40_000, ""]
        link.close(4000, "x")
        link.close(4001, "ignored")
        link.send("ignored")
        assert await events.seen.get() == (4000, "x", True)
        await server.closed.wait()
        assert server.frames[-1] == Close(4000, "x")

    with_server(check)


def test_a_close_of_the_server_is_not_answered_by_itself(with_server):
    async def check(server):
        link, events, _ = await open_link(server)
        link.send("close")
        assert await events.seen.get() == (4001, "bye", True)
        for _ in range(5):
            await asyncio.sleep(0)
        assert server.frames == ["close"]
        link.close(4001, "bye")
        await server.closed.wait()
        assert server.frames[-1] == Close(4001, "bye")

    with_server(check)


def test_pings_are_answered(with_server):
    async def check(server):
        link, events, _ = await open_link(server)
        link.send("ping me")
        link.send("after")
        assert await events.seen.get() == "after"
        link.send("again")
        assert await events.seen.get() == "again"
        assert Pong(b"payload") in server.frames

    with_server(check)


def test_a_server_that_vanishes_is_1006(with_server):
    async def check(server):
        link, events, _ = await open_link(server)
        link.send("vanish")
        code, _, was_clean = await events.seen.get()
        assert (code, was_clean) == (1006, False)
        link.send("ignored")

    with_server(check)


def test_a_server_that_breaks_the_protocol_is_told(with_server):
    async def check(server):
        link, events, _ = await open_link(server)
        link.send("nonsense")
        code, _, was_clean = await events.seen.get()
        assert (code, was_clean) == (1002, False)
        await server.closed.wait()
        assert server.frames[-1].code == 1002

    with_server(check)


def test_an_aborted_link_reports_nothing(with_server):
    async def check(server):
        link, events, _ = await open_link(server)
        link.abort()
        await server.closed.wait()
        assert events.seen.empty()

    with_server(check)


def test_another_answer_than_101_is_an_ordinary_response(with_server):
    async def check(server):
        response = await fetch(server.url + "/x", headers=[("Upgrade", "websocket")])
        assert (response.status, response.webSocket) == (404, jsnull)
        assert await response.text() == "no"

    with_server(check)


def test_a_wrong_accept_key_is_an_error(with_server):
    async def check(server):
        with pytest.raises(JsException, match="handshake"):
            await fetch(server.url + "/bad-socket", headers=[("Upgrade", "websocket")])
        with pytest.raises(JsException, match="Network connection lost"):
            await fetch(server.url + "/bad-socket")

    with_server(check)
