"""One HTTP/1.1 connection: bytes to requests, responses to bytes, in order (see `host.http` for the rules)."""

from __future__ import annotations

import asyncio
import time
from contextvars import Context
from typing import TYPE_CHECKING, Any

from pywrangler.errors import RequestError
from pywrangler.host import answers
from pywrangler.host.bodies import RequestBody
from pywrangler.host.departure import has_sent_all
from pywrangler.host.heads import request_url
from pywrangler.protocol import descriptors
from pywrangler.protocol.http1 import END, Head, RequestDecoder
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.context import Witness, observe
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import METHODS, PlaceholderCf, Request

if TYPE_CHECKING:
    from pywrangler.host.http import HttpServer

BODY_LIMIT_BYTES = 100 * 1024 * 1024
WAITING_LIMIT_BYTES = 256 * 1024
FLUSH_SECONDS = 5.0
LINGER_SECONDS = 2.0
LOOK_SECONDS = 1.0
ACCEPTED_ENCODINGS = ("accept-encoding", "br, gzip")

_NO_BODY: list[bytes] = []
_BODILESS_METHODS = frozenset(("GET", "HEAD"))
# Between the client and us only, or said by us in another way.
_DROPPED = frozenset(("accept-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"))
# Whether the rest of the handshake is there is for `host.answers` to see, if the Worker accepts.
_HANDSHAKE = (("connection", "Upgrade"), ("upgrade", "websocket"))


class Exchange:
    """A request, and what is needed to answer it."""

    __slots__ = (
        "accepted_encodings", "begun", "body", "chunks", "expects_continue", "is_http10", "keep_alive", "length",
        "method", "request", "size", "websocket",
    )  # fmt: skip

    request: Request

    def __init__(self, head: Head) -> None:
        self.method = head.method
        self.begun = time.perf_counter()
        self.keep_alive = head.keep_alive
        self.is_http10 = head.is_http10
        self.accepted_encodings = head.named.get("accept-encoding", "")
        self.expects_continue = head.named.get("expect", "").lower() == "100-continue"
        self.websocket = head.named if head.upgrade == "websocket" else None
        """The handshake's headers, if the client wants a WebSocket."""
        self.length = head.length
        """Length of the body; None if it is chunked."""
        self.size = 0
        self.chunks = _NO_BODY if head.length == 0 and head.method in _BODILESS_METHODS else []
        self.body: RequestBody | None = None


class Connection(asyncio.Protocol):
    """A client's connection, from the first byte to the last response or the hand-over."""

    __slots__ = (
        "_closing", "_decoder", "_drained", "_given", "_incoming", "_is_answering", "_is_left", "_is_paused",
        "_is_refused", "_last_words", "_look", "_loop", "_peer", "_received", "_server", "_task", "_witness",
        "current", "transport",
    )  # fmt: skip

    def __init__(self, server: HttpServer, received: bytes = b"") -> None:
        self._server = server
        self._received = received
        self.transport: Any = None
        self.current: Exchange | None = None
        """The request that is being answered."""
        self._incoming: Exchange | None = None
        """The request that has not arrived completely; may be the current one."""
        self._task: asyncio.Task[None] | None = None
        self._witness = Witness()
        """What the current request has become."""
        self._is_answering = False
        """Whether the handler has returned."""
        self._decoder = RequestDecoder()
        self._is_refused = False
        self._is_left = False
        """Whether the client sends nothing more."""
        self._look: asyncio.TimerHandle | None = None
        self._last_words = b""
        self._is_paused = False
        self._closing = False
        self._given = False
        self._drained: asyncio.Future[None] | None = None
        self._peer = "127.0.0.1"

    # ---- asyncio ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        self._loop = asyncio.get_running_loop()
        self._server.connections.add(self)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self._peer = peer[0]
        if not self._received and not self._server.has_room(self):
            self._refuse(503, f"503: {descriptors.told()}\n")
            return
        if self._received:
            received, self._received = self._received, b""
            self.data_received(received)
        if self._server.on_idle is not None:
            self._go_idle()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended is no matter
        """The client went away: end what runs for it."""
        self._closing = True
        if self._look is not None:
            self._look.cancel()
        self._server.lost(self)
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        for exchange in (self.current, self._incoming):
            if exchange is not None and exchange.body is not None:
                exchange.body.fail(error("Network connection lost."))
        if self.current is not None:
            self.current.request.client_left()
        self.current = self._incoming = None
        task, self._task = self._task, None
        if task is None or task.done():
            return
        event = self._witness.event
        if not self._is_answering and event is not None and event.waited:
            self._server.let_linger(task, event)
        else:
            interrupt(task)

    def data_received(self, data: bytes) -> None:
        """Take bytes of the client; a request starts as soon as its head is complete."""
        if self._is_refused:
            return
        self._decoder.receive(data)
        if self.current is None or self._incoming is not None:
            self._read()
        elif self._decoder.size > WAITING_LIMIT_BYTES and not self._is_paused:
            # The client is ahead of us; its next requests can wait in the kernel.
            self._is_paused = True
            self._pause()

    # ---- reading ------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Read one request, as far as it has arrived. What follows it waits until that is answered."""
        try:
            while not self._is_refused and (event := self._decoder.next_event()) is not None:
                if isinstance(event, bytes):
                    self._take(event)
                elif event is not END:
                    self._begin(event)
                else:
                    self._complete()
                    if self.current is not None:
                        return
        except RequestError as problem:
            self._refuse(problem.status, str(problem))
            return
        incoming = self._incoming
        if incoming is not None and incoming.body is None:
            self._begin_streaming(incoming)

    def _begin(self, head: Head) -> None:
        """The head of a request is complete."""
        server, named = self._server, head.named
        if head.method not in METHODS:
            raise RequestError(f"Bad Request: unknown method {head.method}")
        if head.length is not None and head.length > BODY_LIMIT_BYTES:
            raise RequestError("Payload Too Large", 413)
        host = named.get("host")
        if host is None:
            if not head.is_http10:
                raise RequestError("Bad Request: no Host header")
            host = "localhost"
        try:
            url = request_url(server.scheme, host, head.target)
        except ValueError as problem:
            raise RequestError(f"Bad Request: {problem}") from problem
        exchange = self._incoming = Exchange(head)
        pairs = [pair for pair in head.pairs if pair[0] not in _DROPPED]
        if "upgrade" in named and named["upgrade"].lower() == "websocket":
            pairs += _HANDSHAKE
        pairs.append(ACCEPTED_ENCODINGS)
        if not named.get("cf-connecting-ip"):
            pairs.append(("cf-connecting-ip", self._peer))
        cf = PlaceholderCf(exchange.accepted_encodings)
        exchange.request = Request.from_wire(head.method, url, pairs, None, cf)

    def _take(self, data: bytes) -> None:
        """A piece of a body."""
        exchange = self._incoming
        assert exchange is not None
        exchange.size += len(data)
        if exchange.size > BODY_LIMIT_BYTES:
            raise RequestError("Payload Too Large", 413)
        if exchange.body is not None:
            exchange.body.push(data)
        else:
            exchange.chunks.append(data)

    def _complete(self) -> None:
        """A request is complete."""
        exchange, self._incoming = self._incoming, None
        assert exchange is not None
        if exchange.body is not None:
            exchange.body.end()
            return
        chunks = exchange.chunks
        if exchange.size or exchange.method not in _BODILESS_METHODS:
            exchange.request._body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._start(exchange)

    # ---- requests -----------------------------------------------------------------------------------------

    def _begin_streaming(self, exchange: Exchange) -> None:
        body = exchange.body = RequestBody(self._flow, lambda: self._continue(exchange))
        for chunk in exchange.chunks:
            body.push(chunk)
        exchange.chunks = _NO_BODY
        exchange.request._body = ReadableStream.from_source(body, exchange.length)
        self._start(exchange)

    def _flow(self, is_wanted: bool) -> None:
        if self.transport.is_closing() or self._given:
            return
        if is_wanted and not self._is_paused:
            self.transport.resume_reading()
        elif not is_wanted:
            self._pause()

    def _pause(self) -> None:
        """Stop reading; then the end of the connection is not reported, so somebody has to look for it."""
        if self._is_left:
            return
        self.transport.pause_reading()
        if self._look is None:
            self._look = self._loop.call_later(LOOK_SECONDS, self._look_for_end)

    def _look_for_end(self) -> None:
        self._look = None
        if self._given or self.transport.is_closing() or self.transport.is_reading():
            return
        self._is_left = has_sent_all(self.transport)
        if self._is_left:
            self.transport.resume_reading()  # the kernel has the rest, and then the end
        else:
            self._look = self._loop.call_later(LOOK_SECONDS, self._look_for_end)

    def _continue(self, exchange: Exchange) -> None:
        if exchange.expects_continue and exchange is self.current:
            exchange.expects_continue = False
            if not exchange.size and not exchange.is_http10:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _start(self, exchange: Exchange) -> None:
        self.current = exchange
        # An empty context: nothing of the request before may be seen.
        scope = Context()
        self._witness = scope.run(observe)
        self._is_answering = False
        self._task = self._loop.create_task(self._run(exchange), context=scope)

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
            self._is_answering = True
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
        self._next()

    def _next(self) -> None:
        self.current = self._task = None
        if self._is_refused:
            self._close()
            return
        self._resume()
        self._read()
        if self.current is None and (self._server.on_idle is not None or self._server.is_draining):
            self._go_idle()

    def _resume(self) -> None:
        self._is_paused = False
        if not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()

    def _refuse(self, status: int, text: str) -> None:
        """Read no further: send an error after the response that is being written, if any, then close."""
        self._is_refused = True
        incoming, self._incoming = self._incoming, None
        if incoming is not None and incoming.body is not None:
            # Its head was good, so it has had a response, or its handler will notice that the body is not.
            incoming.keep_alive = False
            incoming.body.fail(error(text))
        else:
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
        return self._decoder.rest

    # ---- leaving ------------------------------------------------------------------------------------------

    @property
    def is_movable(self) -> bool:
        """Whether the connection can go on in another process right now: not encrypted, everything written."""
        transport = self.transport
        return transport.get_extra_info("ssl_object") is None and not transport.get_write_buffer_size()

    @property
    def _is_idle(self) -> bool:
        return self.current is None and self._decoder.is_between_requests and not self._closing

    def give_away(self) -> tuple[int, bytes] | None:
        """Return descriptor and state if the connection is between two requests and everything is written.

        Else it is given to the server's `on_idle` as soon as that is so.
        """
        if self._given or self._closing or self.transport.is_closing():
            return None
        if not self._is_idle:
            if self.current is not None and self._incoming is None and not self._is_paused:
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

    def close_if_idle(self) -> bool:
        """Close unless a response is still to come; says whether it is closed."""
        if self._server.on_idle is not None or not self._is_idle:
            return False
        self._close()
        return True

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
