"""A WebSocket over a TCP connection: the `Link` of sockets that clients open.

- What arrives is decoded only while somebody is attached; reading pauses when too much waits.
- What is sent in one turn of the loop leaves in one write, past the transport while that has nothing queued: a
  broadcast costs one system call a socket and little else. A reader that is `WRITE_LIMIT_BYTES` behind is dropped.
- Pings are answered here. A Close is not: whoever is attached decides when to answer. After both sides said Close the
  connection is closed; a peer that does not answer ours is dropped after `CLOSE_SECONDS`.
- A peer that breaks the protocol is told the code, and reported as not clean with that code.
- `detach` gives descriptor and state away, so the connection goes on in another process (`adopt`); over TLS it cannot.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextvars import Context
from typing import TYPE_CHECKING, Any

import msgspec

from pywrangler.errors import FrameError, ProtocolError
from pywrangler.protocol import websocket
from pywrangler.protocol.malformed import MALFORMED
from pywrangler.protocol.websocket import Close, Decoder, Ping, encode_close, encode_message, encode_pong
from pywrangler.runtime.links import LOST, LOST_CODE, End, Mode

if TYPE_CHECKING:
    from pywrangler.runtime.ports import LinkEvents

READ_LIMIT_BYTES = 256 * 1024
WRITE_LIMIT_BYTES = 128 * 1024 * 1024
CLOSE_SECONDS = 10.0
FLUSH_SECONDS = 5.0


class _State(msgspec.Struct, array_like=True):
    """What `detach` writes."""

    decoder: bytes
    deflate: bool
    sent_close: bool
    received_close: bool
    output: bytes


class TcpLink(asyncio.Protocol):
    """One connection after the handshake. `links`, if given, is the set of all that are open."""

    __slots__ = (
        "_connecting", "_decoder", "_deflate", "_drained", "_events", "_fd", "_is_held", "_is_lost", "_is_mute",
        "_is_reported", "_links", "_loop", "_out", "_received_close", "_sent_close", "_timer", "_transport",
    )  # fmt: skip

    def __init__(self, *, deflate: bool, decoder: Decoder | None = None, links: set[TcpLink] | None = None) -> None:
        self._decoder = decoder or Decoder(deflate=deflate)
        self._deflate = deflate
        self._links = links
        self._events: LinkEvents | None = None
        self._transport: Any = None
        self._fd = -1
        """For writing past the transport; -1 if everything has to go through it."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._out: list[bytes] = []
        """What was sent since the last flush, or since the beginning if there is no transport yet."""
        self._is_mute = False
        """Whether nothing can be sent any more."""
        self._sent_close = False
        self._received_close = False
        self._is_reported = False
        self._is_held = False
        self._is_lost = False
        self._timer: asyncio.TimerHandle | None = None
        self._drained: asyncio.Future[None] | None = None
        self._connecting: asyncio.Future[Any] | None = None

    # ---- beginning ----------------------------------------------------------------------------------------

    @classmethod
    def upgrade(
        cls, transport: asyncio.Transport, *, deflate: bool, received: bytes = b"", links: set[TcpLink] | None = None
    ) -> TcpLink:
        """Take over the transport of a request that is answered with 101; `received` is what came after its head."""
        link = cls(deflate=deflate, links=links)
        if received:
            link._decoder.receive(received)
        transport.set_protocol(link)
        link.connection_made(transport)
        if not transport.is_reading():
            transport.resume_reading()
        return link

    @classmethod
    def adopt(
        cls, loop: asyncio.AbstractEventLoop, fd: int, state: bytes, links: set[TcpLink] | None = None
    ) -> TcpLink:
        """Go on with a connection that `detach` gave away; owns `fd`. ProtocolError if the state is malformed."""
        try:
            known = msgspec.msgpack.decode(state, type=_State)
            decoder = Decoder.from_state(known.decoder)
        except (*MALFORMED, ProtocolError) as error:
            os.close(fd)
            raise ProtocolError(f"state of a WebSocket: {error}") from error
        link = cls(deflate=known.deflate, decoder=decoder, links=links)
        link._sent_close = link._is_mute = known.sent_close
        link._received_close = known.received_close
        link._out = [known.output] if known.output else []
        if links is not None:
            links.add(link)
        sock = socket.socket(fileno=fd)
        sock.setblocking(False)
        link._connecting = loop.create_task(link._connect(loop, sock))
        return link

    async def _connect(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        try:
            await loop.connect_accepted_socket(lambda: self, sock)
        except OSError:
            sock.close()
            self.connection_lost(None)
        finally:
            self._connecting = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or go on."""
        self._transport = transport
        self._transport.set_write_buffer_limits(high=WRITE_LIMIT_BYTES)
        self._loop = asyncio.get_running_loop()
        if transport.get_extra_info("ssl_object") is None:
            self._fd = transport.get_extra_info("socket").fileno()
        if self._links is not None:
            self._links.add(self)
        if self._is_reported and not self._sent_close:
            self._transport.abort()
            return
        self._flush()
        if self._is_held:
            self._transport.pause_reading()
        if self._sent_close:
            self._await_peer()

    # ---- Link ---------------------------------------------------------------------------------------------

    def send(self, data: str | bytes) -> None:
        """Send one message."""
        if not self._is_mute:
            self._write(encode_message(data, self._deflate))

    def _write(self, frame: bytes) -> None:
        out = self._out
        if not out and self._loop is not None:
            self._loop.call_soon(self._flush)
        out.append(frame)

    def _flush(self) -> None:
        out, transport = self._out, self._transport
        if not out or transport is None:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        if transport.is_closing():
            return
        if self._fd >= 0 and not transport.get_write_buffer_size():
            try:
                sent = os.write(self._fd, data)
            except OSError:
                sent = 0  # full, or broken, which the transport finds out by itself
            if sent == len(data):
                return
            data = data[sent:]
        transport.write(data)

    def close(self, code: int | None, reason: str) -> None:
        """Send a Close frame; ends the connection if the peer's has arrived, else waits for it."""
        if self._is_mute:
            return
        self._write(encode_close(code, reason))
        self._sent_close = self._is_mute = True
        self._await_peer()

    def _await_peer(self) -> None:
        if self._transport is None:
            return
        if self._received_close:
            self._flush()
            self._transport.close()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """Drop the connection and report nothing."""
        self._is_reported = self._is_mute = True
        self._events = None
        self._out.clear()
        if self._transport is not None:
            self._transport.abort()

    def attach(self, events: LinkEvents) -> None:
        """Deliver to `events`, beginning in the loop's next round."""
        self._events = events
        if self._decoder.unread or self._is_lost:
            asyncio.get_running_loop().call_soon(self._deliver, context=Context())

    @property
    def is_hibernatable(self) -> bool:
        """Whether the socket outlives its object, and so a reload."""
        return isinstance(self._events, End) and self._events.mode is Mode.HIBERNATABLE

    def retire(self, code: int, reason: str, *, report: bool = True) -> None:
        """Close because the host ends: the owner need not wait for the peer's answer, it is told at once."""
        self.close(code, reason)
        self._flush()
        if report:
            self._report(code, reason, True)
        else:
            self._is_reported = True

    # ---- arriving -----------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Decode and deliver, or keep."""
        self._decoder.receive(data)
        if self._events is not None and not self._is_held:
            self._deliver()
        elif self._decoder.unread > READ_LIMIT_BYTES:
            self._transport.pause_reading()

    def _deliver(self) -> None:
        decoder = self._decoder
        while self._events is not None and not self._is_held:
            try:
                event = decoder.next_event()
            except FrameError as problem:
                self._fail(problem)
                return
            if event is None:
                break
            if isinstance(event, str | bytes):
                self._events.on_message(event)
            elif isinstance(event, Ping):
                if not self._is_mute:
                    self._write(encode_pong(event.payload))
            elif isinstance(event, Close):
                self._received_close = True
                self._report(event.code, event.reason, True)
                if self._sent_close:
                    self._await_peer()
        if self._is_held or self._events is None:
            return
        if self._is_lost:
            self._report(LOST_CODE, LOST, False)
        elif self._transport is not None and not self._transport.is_closing() and not self._transport.is_reading():
            self._transport.resume_reading()

    def _fail(self, problem: FrameError) -> None:
        if not self._is_mute:
            self._write(encode_close(problem.close_code, str(problem)))
            self._sent_close = self._is_mute = True
        self._report(problem.close_code, str(problem), False)
        if self._transport is not None and not self._transport.is_closing():
            self._flush()
            if self._transport.can_write_eof():
                # Closing with unread input would reset the connection, and the peer might never read the code.
                self._transport.write_eof()
                self._await_peer()
            else:
                self._transport.close()

    def _report(self, code: int, reason: str, was_clean: bool) -> None:
        if self._is_reported or self._events is None:
            return
        self._is_reported = True
        self._events.on_close(code, reason, was_clean)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended is no matter
        """Report that the peer vanished, unless it said goodbye."""
        self._transport = self._loop = None
        self._is_lost = self._is_mute = True
        self._out.clear()
        if self._links is not None:
            self._links.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if self._events is not None and not self._is_held:
            self._deliver()

    # ---- leaving ------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        """Drop a peer that reads too slowly; while the output is being flushed this only means that some is left."""
        if self._drained is None and self._transport is not None:
            self._transport.abort()

    def resume_writing(self) -> None:
        """The output is flushed."""
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def hold(self) -> None:
        """Deliver nothing more; what arrives waits for `detach`."""
        self._is_held = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    async def detach(self) -> tuple[int, bytes]:
        """Return descriptor and state for `adopt`, once everything sent is written.

        Raises ConnectionError if the peer is gone, reads too slowly, or the connection is encrypted.
        """
        self.hold()
        if self._connecting is not None:
            await asyncio.wait((self._connecting,))
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_extra_info("ssl_object") is not None:
            raise ConnectionError("the connection cannot be moved")
        self._flush()
        if transport.get_write_buffer_size():
            self._drained = asyncio.get_running_loop().create_future()
            transport.set_write_buffer_limits(high=0)
            try:
                await asyncio.wait_for(self._drained, FLUSH_SECONDS)
            except TimeoutError:
                transport.abort()
            if self._transport is None or transport.is_closing():
                raise ConnectionError("the peer is gone")
        return self._give_away()

    def _give_away(self) -> tuple[int, bytes]:
        transport = self._transport
        fd = os.dup(transport.get_extra_info("socket").fileno())
        state = _State(self._decoder.export_state(), self._deflate, self._sent_close, self._received_close, b"")
        self._events = None
        transport.abort()
        return fd, msgspec.msgpack.encode(state)


def handed_over(*, deflate: bool, received: bytes, output: bytes) -> bytes:
    """Return the state of a connection that is given away before it became a link; `output` is to be written first."""
    decoder = websocket.Decoder(deflate=deflate)
    if received:
        decoder.receive(received)
    return msgspec.msgpack.encode(_State(decoder.export_state(), deflate, False, False, output))
