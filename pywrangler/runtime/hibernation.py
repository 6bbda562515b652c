"""Hibernatable WebSockets of one Durable Object (spec/websocket.md, section 4).

The set belongs to the host, not to the object: objects come and go, the connections stay. Rules:
- within one instance a connection has one JavaScript object; after an eviction a new one is made when it is needed;
- the automatic response is sent without waking the object, and counts as no event;
- the runtime never answers a Close here: the peer waits for the handler's `close()`, and is dropped when the instance
  goes without having said it;
- a socket that sent or received Close is listed until its `webSocketClose` handler has finished.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from pywrangler.errors import ProtocolError
from pywrangler.protocol.malformed import MALFORMED
from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.webidl import encode
from pywrangler.runtime.links import LOST_CODE, RESTART, RESTART_CODE, End, Mode, Movable, PairLink
from pywrangler.runtime.websockets import WebSocket

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

    from pywrangler.runtime.ports import Link

SOCKETS_LIMIT = 32_768
TAGS_LIMIT = 10
TAG_LIMIT_BYTES = 256
AUTO_RESPONSE_LIMIT_BYTES = 2048
EVENT_TIMEOUT_LIMIT_MS = 604_800_000


class WebSocketRequestResponsePair(JsProxy):
    """A message and its automatic answer."""

    __slots__ = ("_request", "_response")

    def __init__(self, request: Any, response: Any) -> None:
        self._request = to_string(request)
        self._response = to_string(response)

    @property
    def request(self) -> str:
        """The message that is answered."""
        return self._request

    @property
    def response(self) -> str:
        """The answer."""
        return self._response


class _Shared(msgspec.Struct, array_like=True):
    """What the sockets of an object have in common."""

    request: str | None
    response: str
    event_timeout: int


class _Record(msgspec.Struct, array_like=True):
    """What is known about one socket."""

    tags: tuple[str, ...]
    attachment: bytes | None
    answered_at: float | None
    sent_close: bool


class HibernationSet:
    """The hibernatable sockets of one object.

    `deliver(end, kind, arguments)` is called for each event (`message`, `close`, `error`) with raw JavaScript values;
    it returns the future of the handler, or None if there is no handler. `object_of(end)` gives the handler's socket.
    """

    __slots__ = ("_auto_response", "_by_tag", "_deliver", "_ends", "_event_timeout", "_lingering", "_now")

    def __init__(
        self,
        deliver: Callable[[End, str, Sequence[Any]], asyncio.Future[Any] | None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._deliver = deliver
        self._now = now
        self._ends: dict[End, None] = {}
        self._by_tag: dict[str, dict[End, None]] = {}
        self._lingering: set[End] = set()  # the peer said Close, the handler is over, nobody has answered yet
        self._auto_response: WebSocketRequestResponsePair | None = None
        self._event_timeout = 0

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing here that an eviction must not lose."""
        return not self._ends and not self._lingering and self._auto_response is None and not self._event_timeout

    # ---- what `ctx` offers --------------------------------------------------------------------------------

    def accept(self, socket: Any, tags: Any = None) -> None:
        """Accept `socket` for hibernation; `tags` is an iterable of strings, or nothing."""
        if not isinstance(socket, WebSocket):
            raise type_error("acceptWebSocket: parameter 1 is not of type 'WebSocket'.")
        names = _distinct(tags)
        end = socket.end
        if end.mode is Mode.RELEASED:
            raise error("Cannot call `acceptWebSocket()` on a WebSocket that was returned in a response.")
        if end.mode is not Mode.FRESH:
            raise error("Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`")
        if not isinstance(end.link, PairLink) or end.link.other.end.mode is not Mode.FRESH:
            raise error(
                "Cannot call `acceptWebSocket()`: only an end of a WebSocketPair can hibernate, and only while the "
                "other end was neither accepted nor returned in a response."
            )
        if len(self._ends) >= SOCKETS_LIMIT:
            raise error(f"An object can have at most {SOCKETS_LIMIT} hibernatable WebSockets.")
        end.tags = names
        end.socket = socket
        self._add(end)

    def _add(self, end: End) -> None:
        self._ends[end] = None
        for tag in end.tags:
            self._by_tag.setdefault(tag, {})[end] = None
        end.receive_by(self, Mode.HIBERNATABLE)

    def sockets(self, tag: Any = None) -> list[WebSocket]:
        """Return the sockets, newest first; those with `tag` in the order in which they were accepted."""
        if tag is None or tag is jsnull:
            return [end.socket or self.object_of(end) for end in reversed(self._ends)]
        return [self.object_of(end) for end in self._by_tag.get(to_string(tag), ())]

    def object_of(self, end: End) -> WebSocket:
        """Return the one JavaScript object that the current instance has for a connection."""
        if end.socket is None:
            end.socket = WebSocket.of_end(end)
        socket: WebSocket = end.socket
        return socket

    def tags(self, socket: Any) -> list[str]:
        """Return the tags of a socket, also in its close handler."""
        return list(self._end_of(socket, "getTags").tags)

    @staticmethod
    def _end_of(socket: Any, method: str) -> End:
        if not isinstance(socket, WebSocket):
            raise type_error(f"{method}: parameter 1 is not of type 'WebSocket'.")
        if socket.end.mode is not Mode.HIBERNATABLE:
            raise error(f"{method}() needs a WebSocket that was accepted with acceptWebSocket().")
        return socket.end

    def set_auto_response(self, pair: Any = None) -> None:
        """Answer `pair.request` with `pair.response` from now on; nothing unsets."""
        if pair is None or pair is jsnull:
            self._auto_response = None
            return
        if not isinstance(pair, WebSocketRequestResponsePair):
            raise type_error("setWebSocketAutoResponse: parameter 1 is not of type 'WebSocketRequestResponsePair'.")
        for name, text in (("request", pair.request), ("response", pair.response)):
            if len(encode(text)) > AUTO_RESPONSE_LIMIT_BYTES:
                raise range_error(
                    f"The {name} of an automatic response is limited to {AUTO_RESPONSE_LIMIT_BYTES} bytes."
                )
        self._auto_response = pair

    def auto_response(self) -> Any:
        """Return the pair, or null."""
        return self._auto_response or jsnull

    def auto_response_timestamp(self, socket: Any) -> Any:
        """Return the Date of the last automatic answer, or null."""
        from pywrangler.runtime.js.date import Date

        answered_at = self._end_of(socket, "getWebSocketAutoResponseTimestamp").answered_at
        return jsnull if answered_at is None else Date.new(int(answered_at * 1000))

    def set_event_timeout(self, milliseconds: Any = None) -> None:
        """Limit how long a handler may run; 0 or nothing unsets."""
        value = to_integer(milliseconds)
        if not isinstance(value, int) or not 0 <= value <= EVENT_TIMEOUT_LIMIT_MS:
            raise error(f"The event timeout must be between 0 and {EVENT_TIMEOUT_LIMIT_MS} milliseconds.")
        self._event_timeout = value

    def event_timeout(self) -> Any:
        """Return the limit in milliseconds, or null."""
        return self._event_timeout or jsnull

    @property
    def event_timeout_ms(self) -> int:
        """The limit in milliseconds, 0 without one."""
        return self._event_timeout

    # ---- what arrives (links.Receiver) --------------------------------------------------------------------

    def received(self, end: End, data: str | bytes) -> None:
        """Answer or deliver a message."""
        if isinstance(data, str):
            pair = self._auto_response
            if pair is not None and data == pair.request:
                end.answered_at = self._now()
                if not end.sent_close:
                    end.send(pair.response)
                return
            self._deliver(end, "message", (data,))
            return
        from pywrangler.runtime.js.typed_arrays import ArrayBuffer

        self._deliver(end, "message", (ArrayBuffer.from_bytes(data),))

    def ended(self, end: End, code: int, reason: str, was_clean: bool) -> None:
        """Deliver the close (or the error, if the peer broke the protocol); forget the socket after the handler."""
        if was_clean or code == LOST_CODE:
            handler = self._deliver(end, "close", (code, reason, was_clean))
        else:
            handler = self._deliver(end, "error", (error(f"WebSocket protocol error: {reason}"),))
        if handler is None:
            self._forget(end)
        else:
            handler.add_done_callback(lambda _handler: self._forget(end))

    def _forget(self, end: End) -> None:
        if end not in self._ends:
            return
        del self._ends[end]
        for tag in end.tags:
            tagged = self._by_tag.get(tag)
            if tagged is not None:
                tagged.pop(end, None)
                if not tagged:
                    del self._by_tag[tag]
        if not end.is_closed:
            self._lingering.add(end)

    # ---- the life of the object ---------------------------------------------------------------------------

    def instance_gone(self) -> None:
        """The instance was evicted: drop JavaScript objects, and peers that wait for a Close nobody will send."""
        for end in self._ends:
            end.socket = None
        lingering, self._lingering = self._lingering, set()
        for end in lingering:
            if not end.is_closed:
                end.abort()

    def drop_all(self) -> None:
        """The object was reset: every peer sees 1006, no handler runs, settings are lost."""
        ends = [*self._ends, *self._lingering]
        self._ends.clear()
        self._by_tag.clear()
        self._lingering.clear()
        self._auto_response = None
        self._event_timeout = 0
        for end in ends:
            if not end.is_closed:
                end.abort()

    # ---- hand-over ----------------------------------------------------------------------------------------

    def shared(self) -> bytes:
        """Return what the sockets have in common: automatic response and event timeout."""
        pair = self._auto_response
        return msgspec.msgpack.encode(
            _Shared(pair.request if pair else None, pair.response if pair else "", self._event_timeout)
        )

    def adopt_shared(self, state: bytes) -> None:
        """Take over what `shared` gave in another process; ProtocolError if it is malformed."""
        known = _decode(state, _Shared)
        self._event_timeout = known.event_timeout
        if known.request is not None:
            self._auto_response = WebSocketRequestResponsePair.new(known.request, known.response)

    def export(self) -> list[tuple[bytes, Movable]]:
        """Give away every socket, in the order in which they were accepted: its record, and the link to `detach`.

        Nothing is delivered any more from here on. Peers that wait for a Close which nobody will send are dropped, as
        at an eviction; sockets that cannot move are closed with 1012.
        """
        self.instance_gone()
        ends, self._ends = self._ends, {}
        self._by_tag.clear()
        exported: list[tuple[bytes, Movable]] = []
        for end in ends:
            link = end.link
            end.receiver = end.link = None
            end.is_lost = True
            if isinstance(link, Movable) and not end.received_close:
                link.hold()
                record = _Record(end.tags, end.attachment, end.answered_at, end.sent_close)
                exported.append((msgspec.msgpack.encode(record), link))
            elif link is not None:
                link.close(RESTART_CODE, RESTART)
        return exported

    def adopt(self, record: bytes, link: Link) -> End:
        """Take over a socket that `export` gave away in another process; ProtocolError if the record is malformed."""
        known = _decode(record, _Record)
        end = End(link)
        end.tags, end.attachment, end.answered_at = known.tags, known.attachment, known.answered_at
        end.sent_close = known.sent_close
        self._add(end)
        return end


def _decode(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.msgpack.decode(data, type=kind)
    except MALFORMED as problem:
        raise ProtocolError(f"hibernation record: {problem}") from problem


def _distinct(tags: Any) -> tuple[str, ...]:
    """Return the distinct tags in order; Error if there are too many or one is too long."""
    if tags is None or tags is jsnull:
        return ()
    if isinstance(tags, str) or not hasattr(tags, "__iter__"):
        raise type_error("acceptWebSocket: parameter 2 is not an array of tags.")
    names = tuple(dict.fromkeys(to_string(tag) for tag in tags))
    if len(names) > TAGS_LIMIT:
        raise error(f"a Hibernatable WebSocket cannot have more than {TAGS_LIMIT} tags")
    for name in names:
        if len(encode(name)) > TAG_LIMIT_BYTES:
            raise error(f'the tag "{name}" is longer than {TAG_LIMIT_BYTES} bytes')
    return names
