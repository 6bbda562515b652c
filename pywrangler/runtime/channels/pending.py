"""Calls of this side that wait for an answer; each can be sent again on another connection while it has not begun."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.protocol.channel import (
    INLINE_BYTES,
    Address,
    Call,
    Event,
    Failure,
    Fetch,
    Kind,
    Response,
    Result,
    frame,
)
from pywrangler.runtime import context
from pywrangler.runtime.channels.failures import from_failure
from pywrangler.runtime.channels.flows import Outflow
from pywrangler.runtime.channels.importer import RemoteImporter, inflow_stream
from pywrangler.runtime.channels.link import ChannelLink
from pywrangler.runtime.clone import freeze, unpack
from pywrangler.runtime.clone_hosts import Outgoing
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import PlaceholderCf
from pywrangler.runtime.js.response import Response as JsResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.protocol.channel import Externals
    from pywrangler.runtime.channels.connection import Connection
    from pywrangler.runtime.clone import Frozen
    from pywrangler.runtime.ports import FaceName, Target

PLACEHOLDER = b"\xc1"
"""In the place of `cf`: what every local request has."""

ASKING = frozenset(("workflow",))
"""Events whose sender waits for what they ask: it has to hear that nobody is there."""


class Pending:
    """A call under way; `future` is its outcome."""

    __slots__ = ("future", "is_resendable")

    def __init__(self, is_resendable: bool) -> None:
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.is_resendable = is_resendable

    def open(self, connection: Connection, stream: int) -> None:
        """Send it."""
        raise NotImplementedError

    def take_back(self, connection: Connection) -> None:
        """Undo `open`: the call did not begin."""

    def answer(self, connection: Connection, stream: int, content: Any) -> None:
        """Take the answer; CloneError if it is malformed."""
        raise NotImplementedError

    def absent(self, message: str) -> None:
        """Fail because the Worker does not run."""
        from pywrangler.runtime.js.errors import error

        self.fail(error(message))

    def fail(self, problem: BaseException) -> None:
        """Fail."""
        if not self.future.done():
            self.future.set_exception(problem)

    def succeed(self, value: Any) -> None:
        """Give the outcome."""
        if not self.future.done():
            self.future.set_result(value)


class PendingCall(Pending):
    """An RPC call of a target, or of a reference."""

    __slots__ = ("_address", "_arguments", "_bound", "_data", "_face", "_path", "_reference")

    def __init__(
        self, target: Target | None, reference: int, path: tuple[str, ...], arguments: Frozen, face: FaceName
    ) -> None:
        super().__init__(is_resendable=target is not None)
        self._address = None if target is None else address_of(target)
        self._reference = reference
        self._path = path
        self._arguments = arguments
        self._data = arguments.wire()
        self._face = face
        self._bound: Externals = ()

    def open(self, connection: Connection, stream: int) -> None:
        """Send it."""
        if self._arguments.externals:
            self._bound = connection.bind(self._arguments.externals)
        call = Call(self._address, self._reference, self._path, self._face, self._data, self._bound)
        connection.send(frame(Kind.CALL, stream, call))

    def take_back(self, connection: Connection) -> None:
        """Undo `open`."""
        connection.unbind(self._bound)

    def answer(self, connection: Connection, stream: int, content: Any) -> None:  # noqa: ARG002
        """Take the result."""
        if isinstance(content, Failure):
            self.fail(from_failure(content))
        elif not isinstance(content, Result) or self.future.done():
            connection.discard(content.externals if isinstance(content, Result) else ())
        else:
            importer = RemoteImporter(connection, content.externals)
            self.succeed(unpack(content.value, self._face, importer))


class PendingEvent(Pending):
    """Another event."""

    __slots__ = ("_address", "_data", "_kind")

    def __init__(self, target: Target, kind: str, payload: Mapping[str, Any]) -> None:
        super().__init__(is_resendable=True)
        self._address = address_of(target)
        self._kind = kind
        self._data = freeze(dict(payload)).wire()

    def open(self, connection: Connection, stream: int) -> None:
        """Send it."""
        connection.send(frame(Kind.EVENT, stream, Event(self._address, self._kind, self._data)))

    def absent(self, message: str) -> None:
        """Drop the event silently, unless somebody asks for something by it."""
        if self._kind in ASKING:
            super().absent(message)
        else:
            self.succeed(None)

    def answer(self, connection: Connection, stream: int, content: Any) -> None:  # noqa: ARG002
        """Take the result."""
        if isinstance(content, Failure):
            self.fail(from_failure(content))
        else:
            self.succeed(unpack(content.value, "python", RemoteImporter(connection, content.externals)))


class PendingFetch(Pending):
    """A request; its body is the call's from now on."""

    __slots__ = ("_address", "_body", "_cf", "_event", "_length", "_request", "_stream")

    def __init__(self, target: Target, request: Any) -> None:
        super().__init__(is_resendable=True)
        self._address = address_of(target)
        self._request = request
        self._event = context.current()
        body = request.claim()
        self._length = len(body) if isinstance(body, bytes) else None
        if isinstance(body, ReadableStream):
            self._length = body.known_length
            body = Outgoing(body, self._event)
        self._body: bytes | Outgoing | None = body
        self._cf = _frozen_cf(request)
        self._stream = 0

    def open(self, connection: Connection, stream: int) -> None:
        """Send it; a long body follows when the other side has begun."""
        body = self._body
        streams = not (body is None or (isinstance(body, bytes) and len(body) <= INLINE_BYTES))
        if streams:
            self._stream = stream
            long = Outgoing(ReadableStream.of_bytes(body), None) if isinstance(body, bytes) else body
            assert long is not None
            Outflow(connection, stream, long)
        request = self._request
        head = Fetch(
            self._address,
            request.method,
            request.url,
            request.pairs(),
            True if streams else body,  # type: ignore[arg-type]
            self._length,
            self._cf,
            request.redirect,
        )
        connection.send(frame(Kind.FETCH, stream, head))
        self.future.add_done_callback(lambda done: connection.give_up(stream) if done.cancelled() else None)

    def take_back(self, connection: Connection) -> None:
        """Undo `open`."""
        if self._stream in connection.outflows:
            connection.outflows[self._stream].forget()

    def absent(self, message: str) -> None:
        """Answer 503, as the platform does for a Worker that does not run."""
        self.succeed(JsResponse.from_wire(503, "", [("content-type", "text/plain;charset=UTF-8")], message.encode()))

    def answer(self, connection: Connection, stream: int, content: Any) -> None:
        """Take the response."""
        if isinstance(content, Failure):
            self.fail(from_failure(content))
            return
        if not isinstance(content, Response):
            return
        if self.future.done():
            connection.discard((("readable", stream),) if content.body is True else ())
            connection.discard((("socket", stream),) if content.socket else ())
            return
        body: Any = inflow_stream(connection, stream, content.length) if content.body is True else content.body
        response = JsResponse.from_wire(
            content.status,
            content.status_text,
            content.headers,
            None if body is False else body,
            url=self._request.url,
        )
        if content.socket:
            from pywrangler.runtime.sockets import WebSocket

            response.webSocket = WebSocket.from_link(ChannelLink(connection, stream), content.protocol)
        self.succeed(response)


def _frozen_cf(request: Any) -> bytes:
    raw = request._cf
    if raw is None:
        return b""
    if isinstance(raw, PlaceholderCf):
        return PLACEHOLDER + raw.accepted_encodings.encode()
    return freeze(request.cf, script=True).wire()


def address_of(target: Target) -> Address:
    """Return the target as it travels."""
    props = freeze(dict(target.props)).wire() if target.props else b""
    return Address(target.kind, target.name, target.object_id, target.object_name, props)
