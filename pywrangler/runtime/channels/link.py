"""A WebSocket whose other side is in another host: frames on a stream of the channel, until one side takes it over.

Taking over: the host that has the client's TCP connection asks the other to stop sending (TAKE); what was sent before
has arrived by the time of the answer (TAKEN) and travels with the descriptor. From then on the socket is that host's
own, and the one in between may end. Where the other side cannot take it, the connection is coupled here.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from pywrangler.protocol.channel import Close, Delivery, Kind, frame, raw_frame
from pywrangler.runtime.links import LOST, LOST_CODE, NO_CODE, End, couple

if TYPE_CHECKING:
    from pywrangler.protocol.channel import Taken
    from pywrangler.runtime.channels.connection import Connection
    from pywrangler.runtime.ports import Link, LinkEvents

DROPPED = (LOST_CODE, LOST, False)


class ChannelLink:
    """One end of the stream."""

    __slots__ = (
        "_closed",
        "_connection",
        "_descriptor",
        "_events",
        "_flush",
        "_held",
        "_sent_close",
        "_waiting",
        "end",
        "stream",
    )

    def __init__(self, connection: Connection, stream: int) -> None:
        self._connection = connection
        self.stream = stream
        self._events: LinkEvents | None = None
        self._waiting: list[str | bytes | tuple[int, str, bool]] = []
        self._held: list[str | bytes | Close | None] | None = None
        """What is sent after TAKE was answered; None stands for an abort."""
        self._flush: asyncio.Handle | None = None
        self._descriptor: tuple[int, bytes] | None = None
        self._sent_close = False
        self._closed = False
        self.end: End | None = None
        """The end of a socket that is linked here, where there is one; it can be linked to a wire instead."""
        connection.sockets[stream] = self

    # ---- Link ---------------------------------------------------------------------------------------------

    def send(self, data: str | bytes) -> None:
        """Send one message."""
        if self._held is not None:
            self._held.append(data)
        elif isinstance(data, str):
            self._connection.send(raw_frame(Kind.TEXT, self.stream, data.encode("utf-8", "replace")))
        else:
            self._connection.send(raw_frame(Kind.BINARY, self.stream, data))

    def close(self, code: int | None, reason: str) -> None:
        """Send a Close."""
        if self._sent_close:
            return
        self._sent_close = True
        if self._held is not None:
            self._held.append(Close(code, reason))
            return
        self._connection.send(frame(Kind.CLOSE, self.stream, Close(code, reason)))
        self._forget_if_closed()

    def abort(self) -> None:
        """Drop the connection."""
        if self._held is not None:
            self._held.append(None)
            return
        self._connection.send(raw_frame(Kind.DROP, self.stream))
        self._connection.socket_ended(self.stream)

    def attach(self, events: LinkEvents) -> None:
        """Deliver what is waiting and what will come, beginning in the loop's next round."""
        self._events = events
        if self._waiting and self._flush is None:
            self._flush = asyncio.get_running_loop().call_soon(self._deliver)

    # ---- what arrives -------------------------------------------------------------------------------------

    def arrived(self, item: str | bytes | tuple[int, str, bool]) -> None:
        """Take a message or the end, from the connection."""
        if isinstance(item, tuple):
            self._closed = True
            if not item[2]:
                self._connection.socket_ended(self.stream)
        self._waiting.append(item)
        if self._flush is None and self._events is not None:
            self._deliver()

    def closed(self, close: Close) -> None:
        """Take a Close, from the connection."""
        self.arrived((NO_CODE if close.code is None else close.code, close.reason, True))
        self._forget_if_closed()

    def _forget_if_closed(self) -> None:
        if self._closed and self._sent_close:
            self._connection.socket_ended(self.stream)

    def _deliver(self) -> None:
        self._flush = None
        while self._waiting and self._events is not None:
            item = self._waiting.pop(0)
            if isinstance(item, tuple):
                self._events.on_close(*item)
            else:
                self._events.on_message(item)

    # ---- the side that has the client ---------------------------------------------------------------------

    def take_over(self, fd: int, state: bytes) -> None:
        """Give the client's connection to the other side; owns `fd`. What cannot be given away is served here."""
        self._descriptor = (fd, state)
        if self._closed:
            self._serve_here()
        else:
            self._connection.send(raw_frame(Kind.TAKE, self.stream))

    def taken(self, answer: Taken) -> None:
        """Deliver the descriptor, or learn that the other side cannot take it."""
        if self._descriptor is None:
            return
        if not answer.accepted:
            self._serve_here()
            return
        fd, state = self._descriptor
        self._descriptor = None
        messages = [
            (isinstance(item, str), item.encode() if isinstance(item, str) else item)
            for item in self._waiting
            if not isinstance(item, tuple)
        ]
        close = next((Close(item[0], item[1]) for item in self._waiting if isinstance(item, tuple)), None)
        self._waiting.clear()
        delivery = Delivery(self._connection.peer_instance, answer.key, state, messages, close)
        self._connection.deliver_descriptor(self.stream, fd, delivery)

    def _serve_here(self) -> None:
        assert self._descriptor is not None
        fd, state = self._descriptor
        self._descriptor = None
        wire = self._connection.adopt_wire(fd, state)
        if wire is None:
            os.close(fd)
            self.abort()
        else:
            couple(self, wire)

    # ---- the side that has the socket's end ---------------------------------------------------------------

    def hold(self) -> bool:
        """Stop sending, for a TAKE; false if there is no end that could go on over a wire."""
        if self.end is None or self._closed:
            return False
        self._held = []
        return True

    def go_on(self, wire: Link, delivery: Delivery) -> None:
        """Use the client's own connection from now on."""
        assert self.end is not None
        for is_text, data in delivery.messages:
            wire.send(data.decode("utf-8", "replace") if is_text else data)
        if delivery.close is not None:
            wire.close(None if delivery.close.code in (None, NO_CODE) else delivery.close.code, delivery.close.reason)
        for item in self._held or ():
            _replay(wire, item)
        self._held = None
        self._connection.socket_ended(self.stream)
        self.end.relink(wire)

    def lost(self) -> None:
        """The connection is gone."""
        if self._descriptor is not None:
            os.close(self._descriptor[0])
            self._descriptor = None
        if not self._closed:
            self.arrived(DROPPED)


def _replay(wire: Link, item: Any) -> None:
    if item is None:
        wire.abort()
    elif isinstance(item, Close):
        wire.close(item.code, item.reason)
    else:
        wire.send(item)
