"""The `Link` of a WebSocket that this Worker opened: frames over a connection that aiohttp has upgraded.

- What arrives is decoded only while somebody is attached; reading pauses when too much waits.
- Pings are answered here, a Close is not: whoever is attached decides. After both sides said Close the connection is
  closed; a server that does not answer ours is dropped after `CLOSE_SECONDS`.
- A server that breaks the protocol is told the code, and reported as not clean with that code.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from pywrangler.errors import FrameError
from pywrangler.protocol.websocket import Close, Decoder, Ping, encode_client_message, encode_close, encode_pong

if TYPE_CHECKING:
    from pywrangler.runtime.ports import LinkEvents

READ_LIMIT_BYTES = 256 * 1024
CLOSE_SECONDS = 10.0
LOST_CODE = 1006
LOST = "WebSocket disconnected without sending Close frame."


class ClientLink:
    """One connection after the handshake; `response` is aiohttp's, with status 101. Deflate is never offered."""

    def __init__(self, response: Any) -> None:
        self._response = response  # keeps the connection from being returned to the pool
        self._transport: asyncio.Transport | None = response.connection.transport
        self._decoder = Decoder(from_client=False)
        self._events: LinkEvents | None = None
        self._sent_close = False
        self._received_close = False
        self._is_reported = False
        self._is_lost = False
        self._timer: asyncio.TimerHandle | None = None
        response.connection.protocol.set_parser(self, None)
        if self._transport is None:
            self._is_lost = True

    # ---- Link -------------------------------------------------------------------------------------------

    def send(self, data: str | bytes) -> None:
        """Send one message."""
        if not self._sent_close:
            self._write(encode_client_message(data, deflate=False))

    def _write(self, frame: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame)

    def close(self, code: int | None, reason: str) -> None:
        """Send a Close frame; ends the connection if the server's has arrived, else waits for it."""
        if self._sent_close:
            return
        self._write(encode_close(code, reason, mask=os.urandom(4)))
        self._sent_close = True
        self._end_when_both_closed()

    def _end_when_both_closed(self) -> None:
        if self._transport is None:
            return
        if self._received_close:
            self._transport.close()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(CLOSE_SECONDS, self._transport.abort)

    def abort(self) -> None:
        """Drop the connection and report nothing."""
        self._is_reported = True
        self._events = None
        if self._transport is not None:
            self._transport.abort()

    def attach(self, events: LinkEvents) -> None:
        """Deliver to `events`, beginning in the loop's next round."""
        self._events = events
        if self._decoder.unread or self._is_lost:
            asyncio.get_running_loop().call_soon(self._deliver)

    # ---- what aiohttp's connection calls ----------------------------------------------------------------

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Bytes arrived."""
        self._decoder.receive(data)
        if self._events is not None:
            self._deliver()
        elif self._decoder.unread > READ_LIMIT_BYTES and self._transport is not None:
            self._transport.pause_reading()
        return False, b""

    def feed_eof(self) -> None:
        """The connection is gone."""
        self._transport = None
        self._is_lost = True
        self._response.close()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._events is not None:
            self._deliver()

    def _deliver(self) -> None:
        while self._events is not None:
            try:
                event = self._decoder.next_event()
            except FrameError as problem:
                self._fail(problem)
                return
            if event is None:
                break
            if isinstance(event, (str, bytes)):
                self._events.on_message(event)
            elif isinstance(event, Ping):
                if not self._sent_close:
                    self._write(encode_pong(event.payload, mask=os.urandom(4)))
            elif isinstance(event, Close):
                self._received_close = True
                self._report(event.code, event.reason, True)
                if self._sent_close:
                    self._end_when_both_closed()
        if self._events is None:
            return
        if self._is_lost:
            self._report(LOST_CODE, LOST, False)
        elif self._transport is not None and not self._transport.is_closing() and not self._transport.is_reading():
            self._transport.resume_reading()

    def _fail(self, problem: FrameError) -> None:
        if not self._sent_close:
            self._sent_close = True
            self._write(encode_close(problem.close_code, str(problem), mask=os.urandom(4)))
        self._report(problem.close_code, str(problem), False)
        if self._transport is not None:
            self._transport.close()

    def _report(self, code: int, reason: str, was_clean: bool) -> None:
        if self._is_reported or self._events is None:
            return
        self._is_reported = True
        self._events.on_close(code, reason, was_clean)
