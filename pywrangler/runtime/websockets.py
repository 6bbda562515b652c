"""WebSocket and WebSocketPair as user code sees them (spec/websocket.md, sections 1, 2 and 5).

- An end is used in one of three ways, each once: `accept()`, `ctx.acceptWebSocket()`, or returned in a response.
- What is sent passes the output gate: it leaves after the writes issued before it are durable, or never.
- A Close from the peer is answered by the runtime from 2026-04-07 on, unless `allowHalfOpen`; never for a hibernatable
  socket.
- Events of a socket that an object accepted are events of the object: they pass its gates and keep it in memory.
"""

from __future__ import annotations

import asyncio
import contextvars
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from pywrangler.protocol.websocket import REASON_LIMIT_BYTES, is_close_code
from pywrangler.runtime import context
from pywrangler.runtime.js import convert
from pywrangler.runtime.js.errors import JsException, dom_exception, error, type_error
from pywrangler.runtime.js.events import CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent, report
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.webidl import buffer_bytes, encode
from pywrangler.runtime.links import LOST, LOST_CODE, NO_CODE, End, Mode, PairLink
from pywrangler.runtime.websocket_client import ABANDONED, connect, parse_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pywrangler.runtime.ports import Link

ATTACHMENT_LIMIT_BYTES = 16_384
NOT_ACCEPTED = "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages."
CLOSED_ALREADY = "Can't call WebSocket send() after close()."
NOT_ESTABLISHED = "Failed to establish websocket connection"
_USABLE = frozenset((Mode.ACCEPTED, Mode.HIBERNATABLE))
_plain: weakref.WeakSet[WebSocket] = weakref.WeakSet()
"""Sockets with listeners that are not closed yet."""


def retire_sockets(code: int, reason: str) -> None:
    """Close every socket that does not hibernate."""
    for socket in list(_plain):
        socket.retire(code, reason)


class WebSocket(EventTarget):
    """One end of a connection. `WebSocket.new(url, protocols)` connects; the rest of the runtime uses `of_end`."""

    READY_STATE_CONNECTING = CONNECTING = 0
    READY_STATE_OPEN = OPEN = 1
    READY_STATE_CLOSING = CLOSING = 2
    READY_STATE_CLOSED = CLOSED = 3

    __slots__ = ("_binary_type", "_connecting", "_end", "_failure", "_half_open", "_protocol", "_scope", "_url")

    extensions = ""
    onopen: Any = jsnull
    onmessage: Any = jsnull
    onclose: Any = jsnull
    onerror: Any = jsnull

    _binary_type: str
    _connecting: asyncio.Future[Any] | None
    _end: End
    _failure: BaseException | None
    _half_open: bool
    _protocol: str
    _scope: _Scope | None
    _url: str | None

    def __init__(self, url: Any, protocols: Any = None) -> None:
        target, names = parse_target(url, protocols)
        self._setup(End(None, Mode.CONNECTING))
        self._url = target
        self._scope = _Scope(self._end)

        def start() -> None:
            if not self._end.is_lost:
                self._connecting = connect(self, target, names)

        context.output(start)

    def _setup(self, end: End) -> None:
        self._end = end
        self._url = None
        self._protocol = ""
        self._half_open = False
        self._failure = None
        self._scope = None
        self._connecting = None
        event = context.current()
        config = getattr(event.worker, "config", None) if event is not None else None
        self._binary_type = "blob" if config is None or config.compat.websocket_blob else "arraybuffer"

    @classmethod
    def of_end(cls, end: End) -> WebSocket:
        """Return a JavaScript object for an end that exists already."""
        socket = cls.__new__(cls)
        socket._setup(end)
        return socket

    @classmethod
    def from_link(cls, link: Link, protocol: str = "") -> WebSocket:
        """Return the socket of a 101 response that came from elsewhere, to be accepted or passed on."""
        socket = cls.of_end(End(link))
        socket._protocol = protocol
        return socket

    def release(self) -> Link:
        """Give the connection away, for a response; TypeError if the socket is in use."""
        mode = self._end.mode
        if mode is Mode.RELEASED:
            raise type_error("This WebSocket was already returned in a response.")
        if mode is Mode.CONNECTING or self._url is not None:
            raise type_error("A WebSocket made with `new WebSocket()` cannot be returned in a response.")
        if mode is not Mode.FRESH:
            raise type_error("This WebSocket was already accepted, so it cannot be returned in a response.")
        self._end.mode = Mode.RELEASED
        link = self._end.link
        assert link is not None
        return link

    @property
    def end(self) -> End:
        """The end below, for the runtime."""
        return self._end

    def relink(self, link: Link) -> None:
        """Use another link from now on."""
        self._end.relink(link)

    def retire(self, code: int, reason: str) -> None:
        """Close because the code goes: listeners are told at once, whatever the peer answers."""
        end = self._end
        if end.is_closed or end.mode is not Mode.ACCEPTED:
            return
        if not end.sent_close:
            end.sent_close = True
            end.close(code, reason)
        end.on_close(code, reason, True)

    # ---- what it says -----------------------------------------------------------------------------------

    @property
    def readyState(self) -> int:
        """0 connecting, 1 open (also before `accept()`), 2 closing, 3 closed."""
        end = self._end
        if end.is_closed:
            return 3
        if end.mode is Mode.CONNECTING:
            return 2 if end.sent_close else 0
        return 2 if end.sent_close or end.received_close else 1

    @property
    def url(self) -> Any:
        """The URL of a client socket, null for an end of a pair."""
        return jsnull if self._url is None else self._url

    @property
    def protocol(self) -> str:
        """The sub-protocol that the server chose."""
        return self._protocol

    @property
    def binaryType(self) -> str:
        """What binary messages arrive as: `blob` or `arraybuffer`; other values are not taken."""
        return self._binary_type

    @binaryType.setter
    def binaryType(self, value: Any) -> None:
        if value in ("blob", "arraybuffer"):
            self._binary_type = value

    # ---- what it does -----------------------------------------------------------------------------------

    def accept(self, options: Any = None, **named: Any) -> None:
        """Begin to receive events on this object; option `allowHalfOpen`."""
        mode = self._end.mode
        if mode is Mode.ACCEPTED:
            return
        if mode is Mode.HIBERNATABLE:
            raise type_error("Can't accept() WebSocket after enabling hibernation.")
        if mode is Mode.RELEASED:
            raise type_error("Can't accept() WebSocket that was already used in a response.")
        if mode is Mode.CONNECTING:
            raise type_error("Can't accept() WebSocket that is still connecting; it accepts itself.")
        event = context.current()
        config = getattr(event.worker, "config", None) if event is not None else None
        half_open = convert.options(options, named).get("allowHalfOpen")
        self._half_open = bool(half_open) or (config is not None and not config.compat.websocket_auto_close)
        self._scope = _Scope(self._end)
        self._end.receive_by(self, Mode.ACCEPTED)
        _plain.add(self)

    def send(self, *arguments: Any) -> None:
        """Send a message: text, or binary for buffers and Python bytes; anything else is made a string."""
        if not arguments:
            raise type_error("Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.")
        data = arguments[0]
        end = self._end
        if end.mode is not Mode.HIBERNATABLE and end.mode is not Mode.ACCEPTED:
            raise type_error("WebSocket is not open yet." if end.mode is Mode.CONNECTING else NOT_ACCEPTED)
        if self._failure is not None:
            raise self._failure
        if end.sent_close:
            raise type_error(CLOSED_ALREADY)
        if type(data) is not str and type(data) is not bytes:
            binary = buffer_bytes(data)
            data = to_string(data) if binary is None else binary
        if not end.is_lost:
            context.output(partial(end.send, data))

    def close(self, code: Any = None, reason: Any = None) -> None:
        """Close: nothing more can be sent. A second close is ignored; without a code the peer sees 1005."""
        end = self._end
        if end.mode not in _USABLE and end.mode is not Mode.CONNECTING:
            raise type_error(NOT_ACCEPTED)
        number, text = self._close_arguments(code, reason)
        if self._failure is not None:
            raise self._failure
        if end.mode is Mode.CONNECTING:
            if not end.sent_close and not end.is_lost:
                end.sent_close = True
                if self._connecting is not None:
                    self._connecting.cancel()
                asyncio.get_running_loop().call_soon(self.not_opened, ABANDONED)
            return
        if end.sent_close or end.is_lost:
            return
        end.sent_close = True
        context.output(partial(end.close, number, text))
        if end.received_close:
            self._finish()

    @staticmethod
    def _close_arguments(code: Any, reason: Any) -> tuple[int | None, str]:
        text = "" if reason is None else to_string(reason)
        if code is None:
            if reason is not None:
                raise dom_exception("InvalidAccessError", "A reason for closing a WebSocket needs a code as well.")
            return None, ""
        number = to_integer(code)
        if not isinstance(number, int) or not is_close_code(number):
            raise dom_exception("InvalidAccessError", f"Invalid WebSocket close code: {number}.")
        if len(text) > REASON_LIMIT_BYTES // 4 and len(encode(text)) > REASON_LIMIT_BYTES and _limits_reasons():
            raise dom_exception(
                "SyntaxError", f"The reason for closing a WebSocket is limited to {REASON_LIMIT_BYTES} bytes of UTF-8."
            )
        return number, text

    def serializeAttachment(self, *arguments: Any) -> None:
        """Keep a structured clone of a value with the connection, for after hibernation."""
        from pywrangler.runtime.clone import serialize

        if not arguments:
            raise type_error(
                "Failed to execute 'serializeAttachment' on 'WebSocket': 1 argument required, but only 0 present."
            )
        data = serialize(arguments[0])
        if len(data) > ATTACHMENT_LIMIT_BYTES:
            raise error(
                f"The attachment of a WebSocket is limited to {ATTACHMENT_LIMIT_BYTES} bytes; "
                f"this one has {len(data)} bytes serialized."
            )
        self._end.attachment = data

    def deserializeAttachment(self) -> Any:
        """Return a fresh copy of the attachment; null if there is none."""
        from pywrangler.runtime.clone import deserialize

        data = self._end.attachment
        return jsnull if data is None else deserialize(data, "js")

    # ---- what arrives (links.Receiver) ------------------------------------------------------------------

    def received(self, end: End, data: str | bytes) -> None:  # noqa: ARG002 - one of many for other receivers
        """Fire `message`."""
        self._run(partial(self._message, data))

    def ended(self, end: End, code: int, reason: str, was_clean: bool) -> None:
        """Answer the Close if that is the runtime's duty, fire `close` (after `error` if the protocol was broken)."""
        if was_clean and not self._half_open and not end.sent_close:
            end.sent_close = True
            self._run(partial(context.output, partial(end.close, None if code == NO_CODE else code, reason)))
        if not was_clean and code != LOST_CODE:
            failure = error(f"WebSocket protocol error: {reason}")
            self._failure = failure
            self._run(partial(self._fire_error, failure.message, failure))
            code, reason = LOST_CODE, LOST
        self._run(partial(self._fire_close, code, reason, was_clean))
        if end.is_closed:
            self._finish()

    def _run(self, action: Callable[[], Any]) -> None:
        if self._scope is not None:
            self._scope.run(action)

    def _message(self, data: str | bytes) -> None:
        # A listener of an earlier message may have brought the connection down.
        if self._failure is None:
            self.dispatchEvent(MessageEvent.new("message", data=self._face(data)))

    def _face(self, data: str | bytes) -> Any:
        if isinstance(data, str):
            return data
        if self._binary_type == "blob":
            from pywrangler.runtime.js.blob import Blob

            return Blob.from_bytes(data, "")
        from pywrangler.runtime.js.typed_arrays import ArrayBuffer

        return ArrayBuffer.from_bytes(data)

    def _fire_close(self, code: int, reason: str, was_clean: bool) -> None:
        self.dispatchEvent(CloseEvent.new("close", code=code, reason=reason, wasClean=was_clean))

    def _fire_error(self, message: str, problem: BaseException) -> None:
        self.dispatchEvent(ErrorEvent.new("error", message=message, error=problem))

    def _listener_failed(self, problem: Exception, event: Event) -> None:
        """A listener raised synchronously: fire `error` and bring the connection down."""
        report(problem)
        if event.type != "message" or self._failure is not None:
            return
        self._failure = problem
        name = str(problem) if isinstance(problem, JsException) else f"{type(problem).__name__}: {problem}"
        self._fire_error(f"Uncaught {name}", problem)
        self._end.abort()
        self._finish()

    def _finish(self) -> None:
        _plain.discard(self)
        if self._scope is not None:
            self._scope.leave()

    # ---- what a connecting client reports (websocket_client) ---------------------------------------------

    def opened(self, link: Link, protocol: str) -> None:
        """The server agreed."""
        self._protocol = protocol
        self._end.link = link
        self._end.mode = Mode.ACCEPTED
        _plain.add(self)
        self._run(lambda: self.dispatchEvent(Event.new("open")))
        self._end.receive_by(self, Mode.ACCEPTED)

    def not_opened(self, message: str) -> None:
        """There is no connection: `error`, then `close`."""
        if self._end.is_lost:
            return
        failure = error(message)
        self._end.is_lost = True
        self._run(partial(self._fire_error, message, failure))
        self._run(partial(self._fire_close, LOST_CODE, NOT_ESTABLISHED, False))
        self._finish()


def _limits_reasons() -> bool:
    event = context.current()
    config = getattr(event.worker, "config", None) if event is not None else None
    return config is None or bool(config.compat.websocket_reason_limit)


class _Scope:
    """Where the events of a socket run: in its object, in order and through the gates, or in its invocation.

    An object stays in memory while a plain socket is open, and a reset of the object drops the socket.
    """

    __slots__ = ("_actor", "_context", "_end", "_life")

    def __init__(self, end: End) -> None:
        event = context.current()
        self._end = end
        self._actor = event.actor if event is not None else None
        self._context = contextvars.copy_context()
        self._life: asyncio.Future[None] | None = None
        if self._actor is not None:
            self._actor.retain()
            self._life = asyncio.get_running_loop().create_future()
            self._life.add_done_callback(self._ended)
            self._actor.tasks.add(self._life)

    def run(self, action: Callable[[], Any]) -> None:
        """Run `action` as an event."""
        if self._actor is None:
            self._context.copy().run(action)
        else:
            # What listeners raise is reported by the dispatch; what is left is the reset of the object.
            self._actor.submit(lambda _instance: action()).add_done_callback(_ignore)

    def leave(self) -> None:
        """The socket is closed."""
        if self._life is not None and not self._life.done():
            self._life.set_result(None)

    def _ended(self, life: asyncio.Future[None]) -> None:
        actor = self._actor
        assert actor is not None
        actor.tasks.discard(life)
        actor.release()
        if life.cancelled() and not self._end.is_closed:
            self._end.abort()


def _ignore(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


class WebSocketPair(JsProxy):
    """Two sockets, each the other side of the other, under the keys "0" and "1"; iterable too."""

    def __init__(self) -> None:
        for index, link in enumerate(PairLink.pair()):
            setattr(self, str(index), WebSocket.of_end(link.end))

    def __iter__(self) -> Iterator[WebSocket]:
        return iter((self["0"], self["1"]))

    def __getitem__(self, key: Any) -> WebSocket:
        socket: WebSocket = getattr(self, str(key))
        return socket

    def __len__(self) -> int:
        return 2
