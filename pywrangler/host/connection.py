"""One HTTP/1.1 connection: bytes to requests, responses to bytes, in order (see `host.http` for the rules)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextvars import Context
from typing import TYPE_CHECKING, Any

import httptools

from pywrangler.host import answers
from pywrangler.host.bodies import RequestBody
from pywrangler.host.heads import header_name, header_value, request_url
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import METHODS, Request, placeholder_cf

if TYPE_CHECKING:
    from pywrangler.host.http import HttpServer

HEAD_LIMIT_BYTES = 128 * 1024
HEADER_COUNT_LIMIT = 500
BODY_LIMIT_BYTES = 100 * 1024 * 1024
WAITING_LIMIT_BYTES = 256 * 1024
FLUSH_SECONDS = 5.0
LINGER_SECONDS = 2.0
ACCEPTED_ENCODINGS = ("accept-encoding", "br, gzip")

_NO_BODY: list[bytes] = []


class Exchange:
    """A request, and what is needed to answer it."""

    __slots__ = (
        "accepted_encodings", "begun", "body", "chunks", "expects_continue", "is_http10", "keep_alive", "length",
        "method", "request", "size", "target", "websocket",
    )  # fmt: skip

    request: Request

    def __init__(self, method: str, target: bytes) -> None:
        self.method = method
        self.target = target
        self.begun = time.perf_counter()
        self.keep_alive = True
        self.is_http10 = False
        self.accepted_encodings = ""
        self.expects_continue = False
        self.websocket: dict[str, str] | None = None
        """The handshake's headers, if the client wants a WebSocket."""
        self.length: int | None = 0
        """Length of the body; None if it is chunked."""
        self.size = 0
        self.chunks: list[bytes] = _NO_BODY
        self.body: RequestBody | None = None


class Connection(asyncio.Protocol):
    """A client's connection, from the first byte to the last response or the hand-over."""

    __slots__ = (
        "_closing", "_drained", "_given", "_headers", "_incoming", "_is_at_boundary", "_is_paused", "_is_refused",
        "_last_words", "_loop", "_parser", "_peer", "_queue", "_received", "_server", "_special", "_task", "_unparsed",
        "_url", "_waiting", "current", "transport",
    )  # fmt: skip

    def __init__(self, server: HttpServer, received: bytes = b"") -> None:
        self._server = server
        self._received = received
        self.transport: Any = None
        self.current: Exchange | None = None
        self._queue: deque[Exchange] = deque()
        self._task: asyncio.Task[None] | None = None
        self._incoming: Exchange | None = None
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._special: dict[str, str] = {}
        self._waiting = 0
        self._is_at_boundary = True
        self._is_refused = False
        self._last_words = b""
        self._is_paused = False
        self._closing = False
        self._given = False
        self._unparsed: bytearray | None = None
        """What came after a request that may leave HTTP; parsed later if it does not."""
        self._drained: asyncio.Future[None] | None = None
        self._peer = "127.0.0.1"
        self._parser: Any = httptools.HttpRequestParser(self)

    # ---- asyncio ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._server.connections.add(self)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self._peer = peer[0]
        if self._received:
            received, self._received = self._received, b""
            self.data_received(received)
        if self._server.on_idle is not None:
            self._go_idle()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended is no matter
        """The client went away: cancel what runs for it."""
        self._closing = True
        self._parser = None  # it refers to this object
        self._server.lost(self)
        self._queue.clear()
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        for exchange in (self.current, self._incoming):
            if exchange is not None and exchange.body is not None:
                exchange.body.fail(error("Network connection lost."))
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse; requests start as soon as their head is complete."""
        if self._is_refused:
            return
        if self._unparsed is not None:
            self._unparsed += data
            if len(self._unparsed) > WAITING_LIMIT_BYTES:
                self.transport.pause_reading()
            return
        if self._incoming is None:
            self._waiting += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._left_http(data[upgrade.args[0] :])
        except httptools.HttpParserError as problem:
            if not self._is_refused:
                self._refuse(400, f"Bad Request: {problem}")
            return
        incoming = self._incoming
        if incoming is not None and incoming.body is None and not self._is_refused:
            self._begin_streaming(incoming)
        elif incoming is None and not self._is_at_boundary and self._waiting > HEAD_LIMIT_BYTES:
            self._refuse(431, "Request Header Fields Too Large")
        if self._queue and not self._is_paused:
            # The client is ahead of us; its next requests can wait in the kernel.
            self._is_paused = True
            self.transport.pause_reading()

    def _left_http(self, rest: bytes) -> None:
        last = self._queue[-1] if self._queue else self.current
        self._parser = httptools.HttpRequestParser(self)
        if last is not None and last.websocket is not None:
            self._unparsed = bytearray(rest)
        elif rest:
            self.data_received(rest)

    # ---- httptools ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_at_boundary = False

    def on_url(self, url: bytes) -> None:
        """A piece of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        key = header_name(name)
        text = header_value(value)
        if key in _SPECIAL:
            if key == "host" and key in self._special:
                text = f"{self._special[key]}, {text}"  # two hosts are none, see `heads.origin`
            self._special[key] = text
            if key in _REPLACED:
                return
        self._headers.append((key, text))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        parser = self._parser
        special, headers = self._special, self._headers
        url, self._url = self._url, b""
        waiting, self._special, self._headers, self._waiting = self._waiting, {}, [], 0
        exchange = self._incoming = Exchange(parser.get_method().decode(), url)
        if self._is_refused:
            return
        is_large = waiting > HEAD_LIMIT_BYTES and _size_of_head(url, headers) > HEAD_LIMIT_BYTES
        if is_large or len(headers) > HEADER_COUNT_LIMIT:
            self._refuse(431, "Request Header Fields Too Large")
            return
        version = parser.get_http_version()
        exchange.is_http10 = version == "1.0"
        exchange.keep_alive = parser.should_keep_alive()
        server = self._server
        try:
            if exchange.method not in METHODS or version not in {"1.0", "1.1"}:
                raise ValueError(f"{exchange.method} HTTP/{version}")
            host = special.get("host")
            if host is None:
                if version == "1.1":
                    raise ValueError("no Host header")
                host = "localhost"
            absolute = request_url(server.scheme, server.host_override or host, url)
        except ValueError as problem:
            self._refuse(400, f"Bad Request: {problem}")
            return
        headers += (ACCEPTED_ENCODINGS, ("cf-connecting-ip", self._peer))
        exchange.request = Request.from_wire(exchange.method, absolute, headers, None, placeholder_cf)
        if special:
            self._read_special(exchange, special)

    def _read_special(self, exchange: Exchange, special: dict[str, str]) -> None:
        exchange.accepted_encodings = special.get("accept-encoding", "")
        if "transfer-encoding" in special:
            exchange.length = None
            exchange.chunks = []
        elif "content-length" in special:
            exchange.length = int(special["content-length"])
            exchange.chunks = []
            if exchange.length > BODY_LIMIT_BYTES:
                self._refuse(413, "Payload Too Large")
        exchange.expects_continue = special.get("expect", "").lower() == "100-continue"
        if special.get("upgrade", "").lower() == "websocket" and self._parser.should_upgrade():
            exchange.websocket = special

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        exchange = self._incoming
        if exchange is None or self._is_refused:
            return
        exchange.size += len(data)
        if exchange.size > BODY_LIMIT_BYTES:
            if exchange.body is not None:
                exchange.body.fail(error("The request body is larger than 100 MB."))
                exchange.keep_alive = False
                self._is_refused = True
            else:
                self._refuse(413, "Payload Too Large")
        elif exchange.body is not None:
            exchange.body.push(data)
        else:
            exchange.chunks.append(data)

    def on_message_complete(self) -> None:
        """The request is complete."""
        exchange, self._incoming = self._incoming, None
        self._is_at_boundary = True
        if exchange is None or self._is_refused:
            return
        if exchange.body is not None:
            exchange.body.end()
            return
        chunks = exchange.chunks
        if chunks is not _NO_BODY:
            exchange.request._body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._enqueue(exchange)

    # ---- requests -----------------------------------------------------------------------------------------

    def _begin_streaming(self, exchange: Exchange) -> None:
        body = exchange.body = RequestBody(self._flow, lambda: self._continue(exchange))
        for chunk in exchange.chunks:
            body.push(chunk)
        exchange.chunks = _NO_BODY
        exchange.request._body = ReadableStream.from_source(body, exchange.length)
        self._enqueue(exchange)

    def _flow(self, is_wanted: bool) -> None:
        if self.transport.is_closing() or self._given:
            return
        if is_wanted and not self._is_paused:
            self.transport.resume_reading()
        elif not is_wanted:
            self.transport.pause_reading()

    def _continue(self, exchange: Exchange) -> None:
        if exchange.expects_continue and exchange is self.current:
            exchange.expects_continue = False
            if not exchange.size and not exchange.is_http10:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _enqueue(self, exchange: Exchange) -> None:
        if self.current is None:
            self._start(exchange)
        else:
            self._queue.append(exchange)

    def _start(self, exchange: Exchange) -> None:
        self.current = exchange
        # An empty context: nothing of the request before may be seen.
        self._task = self._loop.create_task(self._run(exchange), context=Context())

    async def _run(self, exchange: Exchange) -> None:
        try:
            try:
                response = await self._server.application(exchange.request)
            except (Exception, asyncio.CancelledError) as problem:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                self._server.report_bug(problem)
                response = answers.internal_error()
            is_ours = await answers.write(self, self._server, exchange, response)
        except asyncio.CancelledError:
            if self._closing:
                return
            self.abort()
            raise
        except Exception as problem:
            self._server.report_bug(problem)
            self.abort()
            return
        if not is_ours:
            self._given = True
            return
        body = exchange.body
        if body is not None and not body.is_ended:
            if exchange.expects_continue:
                exchange.keep_alive = False
            body.cancel(None)
        if not exchange.keep_alive or self._closing:
            self._close()
            return
        if self._drained is not None:
            await self.drained()
        self._next(exchange)

    def _next(self, exchange: Exchange) -> None:
        self.current = self._task = None
        if exchange.websocket is not None and self._unparsed is not None:
            rest, self._unparsed = bytes(self._unparsed), None
            self._resume()
            if rest:
                self.data_received(rest)
        elif self._queue:
            following = self._queue.popleft()
            self._start(following)
            if not self._queue and (following.body is None or following.body.is_flowing):
                self._resume()
            elif not self._queue:
                self._is_paused = False
        elif self._is_refused:
            self._close()
        else:
            self._resume()
        if self.current is None and (self._server.on_idle is not None or self._server.is_draining):
            self._go_idle()

    def _resume(self) -> None:
        self._is_paused = False
        if not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()

    def _refuse(self, status: int, text: str) -> None:
        """Answer a request that is none, after those before it, and close."""
        self._is_refused = True
        self._incoming = None
        self._last_words = answers.refusal(status, text)
        if self.current is None:
            self._close()

    # ---- writing (for answers) ----------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        if self._drained is None or self._drained.done():
            self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    async def drained(self) -> None:
        """Wait until more may be written."""
        if self._drained is not None:
            await self._drained

    def leave_http(self) -> bytes:
        """The connection is upgraded: forget it; returns what the client sent after the request."""
        self._server.lost(self)
        self._parser = None
        rest, self._unparsed = bytes(self._unparsed or b""), None
        return rest

    # ---- leaving ------------------------------------------------------------------------------------------

    @property
    def is_movable(self) -> bool:
        """Whether the connection can go on in another process right now: not encrypted, everything written."""
        transport = self.transport
        return transport.get_extra_info("ssl_object") is None and not transport.get_write_buffer_size()

    @property
    def _is_idle(self) -> bool:
        is_free = self.current is None and not self._queue and self._incoming is None
        return is_free and self._is_at_boundary and not self._closing

    def give_away(self) -> tuple[int, bytes] | None:
        """Return descriptor and state if the connection is between two requests and everything is written.

        Else it is given to the server's `on_idle` as soon as that is so.
        """
        if self._given or self._closing or self.transport.is_closing():
            return None
        if not self._is_idle:
            if self._is_at_boundary and not self._is_paused:
                # What the client sends before it has its response is for the heir to read.
                self._is_paused = True
                self.transport.pause_reading()
            return None
        if self.is_movable:
            return self._detach()
        self._go_idle()
        return None

    def _detach(self) -> tuple[int, bytes]:
        self._given = True
        self.transport.pause_reading()
        fd = self._server.duplicate(self.transport)
        self._server.lost(self)
        self.transport.abort()
        return fd, b""

    def _go_idle(self) -> None:
        """Leave, one way or the other, if nothing runs: to the heir, or for good."""
        if self._given or not self._is_idle or self.transport.is_closing():
            return
        on_idle = self._server.on_idle
        if on_idle is None or self.transport.get_extra_info("ssl_object") is not None:
            self._close()
        elif self.transport.get_write_buffer_size():
            self.transport.pause_reading()
            self._task = self._loop.create_task(self._flush_and_go())
        else:
            on_idle(*self._detach())

    async def _flush_and_go(self) -> None:
        self.transport.set_write_buffer_limits(high=0)
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await self.drained()
        except TimeoutError:
            self.abort()
        except asyncio.CancelledError:
            return
        if not self.transport.is_closing() and self._server.on_idle is not None:
            self._server.on_idle(*self._detach())

    def close_if_idle(self) -> None:
        """Close unless a response is still to come."""
        if self._server.on_idle is None and self._is_idle:
            self._close()

    def _close(self) -> None:
        if self._closing:
            return
        self._closing = True
        if self._last_words:
            self.transport.write(self._last_words)
        incoming = self._incoming or self.current
        is_sending = self._is_refused or (
            incoming is not None and incoming.body is not None and not incoming.body.is_ended
        )
        if not is_sending or not self.transport.can_write_eof():
            self.transport.close()
            return
        # To close with unread input would reset the connection, and the client might never read the answer.
        self._is_refused = True
        self.transport.write_eof()
        self._resume()
        self._loop.call_later(LINGER_SECONDS, self.transport.abort)

    def abort(self) -> None:
        """Drop the connection."""
        self.transport.abort()


def _size_of_head(url: bytes, headers: list[tuple[str, str]]) -> int:
    return len(url) + sum(len(name) + len(value) + 4 for name, value in headers)


_SPECIAL = frozenset((
    "accept-encoding", "cf-connecting-ip", "content-length", "expect", "host", "sec-websocket-extensions",
    "sec-websocket-key", "sec-websocket-version", "transfer-encoding", "upgrade",
))  # fmt: skip
_REPLACED = frozenset(("accept-encoding", "cf-connecting-ip"))
