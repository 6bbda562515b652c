"""The ends of WebSockets and how they are joined, below the JavaScript object.

An `End` is what stays of one side of a socket while no JavaScript object for it is in memory (hibernation). It talks
to a `Link` (ports). The two ends of a `WebSocketPair` begin with links to each other. Once one end is returned in a
101 response, the other is linked directly to what the response travels on, so a message takes no detour.

Links never call their events from within `send`, `close`, `abort` or `attach`, so user code is never re-entered.
"""

from __future__ import annotations

import asyncio
from contextvars import Context
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pywrangler.runtime.ports import Link, LinkEvents

NO_CODE = 1005
LOST_CODE = 1006
RESTART_CODE = 1012
"""What the other sockets of a reloaded Worker are closed with (RFC 6455 registry: service restart)."""
RESTART = "Service restart"
LOST = "WebSocket disconnected without sending Close frame."


class Mode(Enum):
    """What became of an end."""

    FRESH = "fresh"
    """Nobody uses it yet."""
    CONNECTING = "connecting"
    """`new WebSocket(url)` waits for the server."""
    ACCEPTED = "accepted"
    """`accept()`: events go to listeners."""
    HIBERNATABLE = "hibernatable"
    """`ctx.acceptWebSocket()`: events go to the object's handlers."""
    RELEASED = "released"
    """Returned in a response."""


class Receiver(Protocol):
    """Who gets what an end receives: the JavaScript object, or the set of hibernatable sockets."""

    def received(self, end: End, data: str | bytes) -> None:
        """A message arrived."""

    def ended(self, end: End, code: int, reason: str, was_clean: bool) -> None:
        """Nothing more will arrive; the end's flags say so already."""


@runtime_checkable
class Movable(Protocol):
    """A link that can go on in another process."""

    def hold(self) -> None:
        """Deliver nothing more; what arrives is kept for `detach`."""

    def detach(self) -> Awaitable[tuple[int, bytes]]:
        """Give away descriptor and state, once everything sent is written; ConnectionError if the peer is gone."""


class End:
    """One side of a WebSocket. Not clean with a code other than 1006 means that the peer broke the protocol."""

    __slots__ = (
        "answered_at", "attachment", "is_lost", "link", "mode", "received_close", "receiver", "sent_close", "socket",
        "tags",
    )  # fmt: skip

    def __init__(self, link: Link | None, mode: Mode = Mode.FRESH) -> None:
        self.link = link
        self.mode = mode
        self.receiver: Receiver | None = None
        self.sent_close = False
        self.received_close = False
        self.is_lost = False
        self.attachment: bytes | None = None
        self.tags: tuple[str, ...] = ()
        self.answered_at: float | None = None
        """When the automatic response was last sent, in seconds since the epoch."""
        self.socket: Any = None
        """The JavaScript object of a hibernatable end, while one is in memory."""

    @property
    def is_closed(self) -> bool:
        """Whether neither side sends anything any more."""
        return self.is_lost or (self.sent_close and self.received_close)

    def receive_by(self, receiver: Receiver, mode: Mode) -> None:
        """Begin to deliver to `receiver`."""
        self.receiver = receiver
        self.mode = mode
        if self.link is not None:
            self.link.attach(self)

    def relink(self, link: Link) -> None:
        """Use another link from now on; the caller has moved what was still on the old one."""
        self.link = link
        if self.receiver is not None:
            link.attach(self)

    # ---- out ----------------------------------------------------------------------------------------------

    def send(self, data: str | bytes) -> None:
        """Send a message over whatever the link is by now."""
        if self.link is not None:
            self.link.send(data)

    def close(self, code: int | None, reason: str) -> None:
        """Send a Close frame; the caller has set `sent_close`."""
        if self.link is not None:
            self.link.close(code, reason)

    def abort(self) -> None:
        """Drop the connection; the peer sees 1006. Nothing is reported here."""
        self.is_lost = True
        self.receiver = None
        if self.link is not None:
            self.link.abort()

    # ---- in -----------------------------------------------------------------------------------------------

    def on_message(self, data: str | bytes) -> None:
        """Pass a message on."""
        if self.receiver is not None:
            self.receiver.received(self, data)

    def on_close(self, code: int, reason: str, was_clean: bool) -> None:
        """Note and pass on that nothing more will come."""
        if self.received_close or self.is_lost:
            return
        if was_clean:
            self.received_close = True
        else:
            self.is_lost = True
        if self.receiver is not None:
            self.receiver.ended(self, code, reason, was_clean)


class PairLink:
    """The way from one end of a pair to the other: what `other` sends arrives here."""

    __slots__ = ("_events", "_flush", "_waiting", "end", "other")

    def __init__(self) -> None:
        self.end = End(self)
        self.other: PairLink = self
        self._events: LinkEvents | None = None
        self._waiting: list[str | bytes | tuple[int, str, bool]] = []
        self._flush: asyncio.Handle | None = None

    @classmethod
    def pair(cls) -> tuple[PairLink, PairLink]:
        """Return two links, each the other side of the other."""
        first, second = cls(), cls()
        first.other, second.other = second, first
        return first, second

    def send(self, data: str | bytes) -> None:
        """Send a message to the other end."""
        self.other._put(data)

    def close(self, code: int | None, reason: str) -> None:
        """Tell the other end that nothing more will come."""
        self.other._put((NO_CODE if code is None else code, reason, True))

    def abort(self) -> None:
        """Vanish."""
        self.other._put((LOST_CODE, LOST, False))

    def attach(self, events: LinkEvents) -> None:
        """Deliver what is waiting and what will come, beginning in the loop's next round."""
        self._events = events
        self._schedule()

    def _put(self, item: str | bytes | tuple[int, str, bool]) -> None:
        self._waiting.append(item)
        self._schedule()

    def _schedule(self) -> None:
        if self._events is not None and self._waiting and self._flush is None:
            # Not in the sender's context: what it holds is not the receiver's.
            self._flush = asyncio.get_running_loop().call_soon(self._deliver, context=Context())

    def _deliver(self) -> None:
        self._flush = None
        while self._waiting and self._events is not None:
            item = self._waiting.pop(0)
            if isinstance(item, tuple):
                self._events.on_close(*item)
            else:
                self._events.on_message(item)

    def splice(self, wire: Link) -> None:
        """Let this end leave by way of `wire`: link the other end to it, after what that end has sent already."""
        waiting, self._waiting = self._waiting, []
        for item in waiting:
            if not isinstance(item, tuple):
                wire.send(item)
            elif item[2]:
                wire.close(None if item[0] == NO_CODE else item[0], item[1])
            else:
                wire.abort()
        self.other.end.relink(wire)


class _Pump:
    """Sends on one link what arrives on another."""

    __slots__ = ("_out",)

    def __init__(self, out: Link) -> None:
        self._out = out

    def on_message(self, data: str | bytes) -> None:
        self._out.send(data)

    def on_close(self, code: int, reason: str, was_clean: bool) -> None:
        if was_clean:
            self._out.close(None if code == NO_CODE else code, reason)
        else:
            self._out.abort()


def couple(near: Link, wire: Link) -> None:
    """Join two links: what arrives on one leaves on the other. An end of a pair is short-circuited."""
    if isinstance(near, PairLink) and near.other.end.mode is not Mode.RELEASED:
        near.splice(wire)
    else:
        near.attach(_Pump(wire))
        wire.attach(_Pump(near))
