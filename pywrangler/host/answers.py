"""Writing responses: framing, streams with back-pressure, and the handshake of WebSockets (spec/websocket.md, 3)."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from pywrangler.host.bodies import encode_body
from pywrangler.host.heads import BODILESS, HANDSHAKE_HEADERS, path_of, response_head
from pywrangler.host.wires import TcpLink, handed_over
from pywrangler.protocol import websocket
from pywrangler.runtime import context
from pywrangler.runtime.js import events
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.response import Response, let_go
from pywrangler.runtime.links import couple

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from pywrangler.host.connection import Connection, Exchange
    from pywrangler.host.http import HttpServer
    from pywrangler.runtime.js.body import Content
    from pywrangler.runtime.js.headers import Pairs
    from pywrangler.runtime.ports import Link

JOINED_UP_TO_BYTES = 64 * 1024
NOT_AN_UPGRADE = (
    "Worker tried to return a WebSocket in a response to a request which did not contain the header "
    '"Upgrade: websocket".'
)
PLAIN = ("content-type", "text/plain;charset=UTF-8")


def internal_error(text: str = "Internal Server Error") -> Response:
    """Return a 500."""
    return Response.from_wire(500, "", [PLAIN], text.encode())


def refusal(status: int, text: str) -> bytes:
    """Return a whole response to something that is no request; the connection ends with it."""
    body = text.encode("utf-8", "replace")
    framing = f"content-length: {len(body)}\r\nconnection: close\r\n"
    return response_head(status, "", [PLAIN], framing) + body


async def write(connection: Connection, server: HttpServer, exchange: Exchange, response: Response) -> bool:
    """Write `response`; False if the connection left HTTP. Raises nothing but cancellation."""
    if connection.transport.is_closing():
        let_go(response)
        return True
    if response.webSocket is not jsnull:
        try:
            _switch(connection, server, exchange, response)
            return False
        except (JsException, ValueError) as problem:
            context.log("error", f"Uncaught {problem}")
            let_go(response)
            response = internal_error(str(problem))
    if server.is_draining and server.on_idle is None:
        exchange.keep_alive = False
    try:
        head, content = _prepare(exchange, response)
    except (JsException, ValueError) as problem:
        context.log("error", f"Uncaught {problem}")
        let_go(response)
        response = internal_error(str(problem))
        head, content = _prepare(exchange, response)
    _log(server, exchange, response)
    transport = connection.transport
    if content is None:
        transport.write(head)
    elif isinstance(content, ReadableStream):
        transport.write(head)
        await _write_stream(connection, exchange, content)
    elif len(content) <= JOINED_UP_TO_BYTES:
        transport.write(b"".join((head, content)))
    else:
        transport.write(head)
        transport.write(content)
    return True


def _log(server: HttpServer, exchange: Exchange, response: Response) -> None:
    if server.on_request is None:
        return
    path = path_of(exchange.request.url)
    if not path.startswith("/cdn-cgi/"):
        milliseconds = (time.perf_counter() - exchange.begun) * 1000
        server.on_request(exchange.method, path, response.status, response.status_text_or_default, milliseconds)


def _prepare(exchange: Exchange, response: Response) -> tuple[bytes, Content]:
    """Return the head and what follows it; sets `exchange.keep_alive` if the connection's end is the body's."""
    status = response.status
    if not 200 <= status <= 599:
        raise ValueError(f"a response cannot have the status {status}")
    body: Any = response._body
    content: Any = body if type(body) is memoryview else response.claim()
    pairs = response.pairs()
    if content is not None and response.encodeBody == "automatic":
        for name, _ in pairs:
            if name == "content-encoding":
                pairs, content = encode_body(pairs, content, exchange.accepted_encodings)
                break
    framing = ""
    if status in BODILESS or exchange.method == "HEAD":
        framing = _length_without_body(status, pairs, content)
        if isinstance(content, ReadableStream):
            content.stop()
        content = None
    elif isinstance(content, ReadableStream):
        if content.known_length is not None:
            framing = f"content-length: {content.known_length}\r\n"
        elif exchange.is_http10:
            exchange.keep_alive = False
        else:
            framing = "transfer-encoding: chunked\r\n"
    else:
        framing = f"content-length: {len(content or b'')}\r\n"
    if not exchange.keep_alive:
        framing += "connection: close\r\n"
    elif exchange.is_http10:
        framing += "connection: keep-alive\r\n"
    return response_head(status, response.statusText, pairs, framing), content


def _length_without_body(status: int, pairs: Pairs, content: Content) -> str:
    """Say how long the body would be, for HEAD and 304."""
    if status == 204:
        return ""
    length: Any = (
        content.known_length if isinstance(content, ReadableStream) else None if content is None else len(content)
    )
    if length is None:
        length = next((value for name, value in pairs if name == "content-length" and value.isdecimal()), None)
    return "" if length is None else f"content-length: {length}\r\n"


async def _write_stream(connection: Connection, exchange: Exchange, stream: ReadableStream) -> None:
    """Write a stream as fast as the client reads; a failure cuts the connection, so that the client notices."""
    transport = connection.transport
    length = stream.known_length
    is_chunked = length is None and not exchange.is_http10
    sent = 0
    try:
        async with aclosing(cast("AsyncGenerator[bytes, None]", chunks(stream))) as pieces:
            async for piece in pieces:
                sent += len(piece)
                if length is not None and sent > length:
                    break
                if not piece:
                    continue
                if not is_chunked:
                    transport.write(piece)
                elif len(piece) <= JOINED_UP_TO_BYTES:
                    transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                else:
                    transport.write(b"%x\r\n" % len(piece))
                    transport.write(piece)
                    transport.write(b"\r\n")
                await connection.drained()
    except Exception as problem:
        events.report(problem)
        exchange.keep_alive = False
        connection.abort()
        return
    if is_chunked:
        transport.write(b"0\r\n\r\n")
    elif length is not None and sent != length:
        context.log("error", f"A response body of {sent} bytes was announced with {length} bytes.")
        exchange.keep_alive = False
        connection.abort()


# ---- WebSockets -----------------------------------------------------------------------------------------


def _switch(connection: Connection, server: HttpServer, exchange: Exchange, response: Response) -> None:
    """Answer with 101 and join the response's socket to the connection; JsException or ValueError if that cannot be."""
    wanted = exchange.websocket
    if wanted is None:
        raise type_error(NOT_AN_UPGRADE)
    if exchange.body is not None and not exchange.body.is_ended:
        raise ValueError("The client has not sent all of the request's body, so it cannot speak WebSocket yet.")
    key = wanted.get("sec-websocket-key", "")
    if not websocket.is_key(key) or wanted.get("sec-websocket-version") != "13":
        raise ValueError("The client's WebSocket handshake is malformed: it needs Sec-WebSocket-Key and version 13.")
    deflate = websocket.accept_deflate(wanted.get("sec-websocket-extensions", ""))
    framing = f"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {websocket.accept_key(key)}\r\n"
    if deflate:
        framing += f"sec-websocket-extensions: {websocket.AGREED_DEFLATE}\r\n"
    head = response_head(101, response.statusText, response.pairs(), framing, HANDSHAKE_HEADERS)
    link: Link = response.webSocket.release()
    _log(server, exchange, response)
    received = connection.leave_http()
    transport = connection.transport
    take_over = getattr(link, "take_over", None)
    if take_over is not None and connection.is_movable:
        # The socket lives in another host: from here on it is that host's connection.
        fd = server.duplicate(transport)
        transport.pause_reading()
        take_over(fd, handed_over(deflate=deflate, received=received, output=head))
        transport.abort()
        return
    transport.write(head)
    couple(link, TcpLink.upgrade(transport, deflate=deflate, received=received, links=server.links))
