"""Values that are no plain data but may be sent on a call (spec/durable-objects.md, section 8).

Functions, RpcTargets and stubs go as references, streams as streams; both are `External` to the value, which holds
their position only, so that a call can be sent again on another connection. Bindings to other Workers go as the target
they stand for. Headers, requests, responses and blobs are copied; bodies that are streams become external.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from pywrangler.errors import CloneError
from pywrangler.protocol import v8
from pywrangler.protocol.malformed import MALFORMED
from pywrangler.runtime import context
from pywrangler.runtime.clone_nodes import describe
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.ports import Target
from pywrangler.runtime.references import Export, RpcStub, RpcTarget, is_function

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.protocol.v8_reader import Reader
    from pywrangler.runtime.context import EventContext

ExternalKind = Literal["stub", "readable", "writable", "socket"]

# Tags of host objects: the platform's where it has one (spec/interop.md, section 5), ours from 64 on.
STUB, WRITABLE, READABLE, HEADERS, REQUEST, RESPONSE = 1, 2, 3, 4, 5, 6
BINDING, BLOB = 64, 65

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class External:
    """Something that a value refers to: an `Export` or a stub, a stream, the link of a WebSocket."""

    kind: ExternalKind
    value: Any


class Importer(Protocol):
    """Makes what the receiver of a value has in the place of externals; the index counts them in the value."""

    def stub(self, index: int) -> RpcStub:
        """Return a stub."""

    def readable(self, index: int, length: int | None) -> ReadableStream:
        """Return a stream to read from."""

    def writable(self, index: int) -> Any:
        """Return a stream to write to."""

    def socket(self, index: int, protocol: str) -> Any:
        """Return a WebSocket."""

    def binding(self, target: Target) -> JsProxy:
        """Return a binding to a Worker or the stub of an object."""


class _Target(msgspec.Struct, array_like=True, frozen=True):
    worker: str
    kind: Literal["entrypoint", "object"]
    name: str
    object_id: str
    object_name: str | None
    props: dict[str, Any]


class _Request(msgspec.Struct, array_like=True, frozen=True):
    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | int | None
    length: int | None
    redirect: str


class _Response(msgspec.Struct, array_like=True, frozen=True):
    status: int
    status_text: str
    headers: list[tuple[str, str]]
    body: bytes | int | None
    length: int | None
    url: str
    redirected: bool
    socket: int | None
    protocol: str


class _Blob(msgspec.Struct, array_like=True, frozen=True):
    data: bytes
    type: str
    file_name: str | None
    last_modified: int


class HostDescriber:
    """`describe` with references: collects the externals of one value."""

    def __init__(self) -> None:
        self.externals: list[External] = []

    def __call__(self, value: Any) -> Any:
        """Return the node for a value."""
        kind = _host_kind(value)
        return describe(value) if kind is None else kind(self, value)

    def _external(self, kind: ExternalKind, value: Any) -> int:
        self.externals.append(External(kind, value))
        return len(self.externals) - 1

    def _indexed(self, tag: int, index: int) -> v8.Host:
        def write(writer: v8.Writer) -> None:
            writer.host_tag(tag)
            writer.varint(index)

        return v8.Host(write)

    def _described(self, tag: int, record: msgspec.Struct) -> v8.Host:
        def write(writer: v8.Writer) -> None:
            writer.host_tag(tag)
            writer.blob(_encode(record))

        return v8.Host(write)

    def stub(self, value: RpcStub) -> v8.Host:
        """Send a stub on: the receiver gets one of its own."""
        return self._indexed(STUB, self._external("stub", value.dup()))

    def function(self, value: Any) -> Any:
        """Send a function or an RpcTarget."""
        unwrap = getattr(value, "unwrap", None) if isinstance(value, JsProxy) else None
        if unwrap is not None:
            inner = unwrap()
            return self(inner) if not is_function(inner) else self.function(inner)
        return self._indexed(STUB, self._external("stub", Export(value, context.current())))

    def binding(self, value: Any) -> v8.Host:
        """Send a binding."""
        target: Target = value._target
        record = _Target(
            target.worker, target.kind, target.name, target.object_id, target.object_name, dict(target.props)
        )
        return self._described(BINDING, record)

    def readable(self, value: ReadableStream) -> v8.Host:
        """Send a stream: it is locked here from now on."""
        return self._indexed(READABLE, self._body_stream(value))

    def writable(self, value: Any) -> v8.Host:
        """Send a stream to be written to."""
        return self._indexed(WRITABLE, self._external("writable", value.getWriter()))

    def _body_stream(self, stream: ReadableStream) -> int:
        return self._external("readable", Outgoing(stream, context.current()))

    def _body(self, message: Request | Response) -> tuple[bytes | int | None, int | None]:
        body = message.claim()
        if isinstance(body, ReadableStream):
            return self._body_stream(body), body.known_length
        return body, None

    def headers(self, value: Headers) -> v8.Host:
        """Copy headers."""

        def write(writer: v8.Writer) -> None:
            writer.host_tag(HEADERS)
            writer.blob(_encode(value.pairs()))

        return v8.Host(write)

    def request(self, value: Request) -> v8.Host:
        """Copy a request."""
        body, length = self._body(value)
        return self._described(REQUEST, _Request(value.method, value.url, value.pairs(), body, length, value.redirect))

    def response(self, value: Response) -> v8.Host:
        """Copy a response; its WebSocket goes along."""
        socket, protocol = None, ""
        if value.webSocket is not jsnull:
            protocol = value.webSocket.protocol
            socket = self._external("socket", value.webSocket.release())
        body, length = self._body(value)
        return self._described(
            RESPONSE,
            _Response(
                value.status,
                value.statusText,
                value.pairs(),
                body,
                length,
                value.url,
                value.redirected,
                socket,
                protocol,
            ),
        )

    def blob(self, value: Any) -> v8.Host:
        """Copy a Blob or File."""
        name = getattr(value, "name", None)
        modified = int(getattr(value, "lastModified", 0))
        return self._described(BLOB, _Blob(bytes(value.content), value.type, name, modified))


class Outgoing:
    """A stream that is read for somebody else, in the event it came from.

    The object of that event stays in memory while the stream is read. A chunk leaves after what was written before it
    is durable; a reset of the object breaks the stream.
    """

    __slots__ = ("_actor", "event", "stream")

    def __init__(self, stream: ReadableStream, event: EventContext | None) -> None:
        stream.acquire("transfer")
        self.stream = stream
        self.event = event
        self._actor = None if event is None else event.actor
        if self._actor is not None:
            self._actor.retain()
            self._actor.streams += 1

    async def take(self) -> Any:
        """Return the next chunk, None at the end. To be called in the context of the event."""
        actor = self._actor
        if actor is None:
            return await self.stream.take()
        try:
            chunk = await self._take(actor)
        except BaseException:
            self._release()
            raise
        if chunk is None:
            self._release()
        return chunk

    async def _take(self, actor: Any) -> Any:
        task = asyncio.current_task()
        actor.tasks.add(task)
        try:
            chunk = await self.stream.take()
        except asyncio.CancelledError:
            if actor.is_reset:
                raise actor.reason() from None
            raise
        finally:
            actor.tasks.discard(task)
        if actor.outputs.dirty:
            await actor.outputs.settled()
        if actor.is_reset:
            raise actor.reason()
        return chunk

    def stop(self, reason: Any = None) -> Any:
        """Nobody reads any more."""
        self._release()
        return self.stream.stop(reason)

    def _release(self) -> None:
        actor, self._actor = self._actor, None
        if actor is not None:
            actor.streams -= 1
            actor.release()

    def __del__(self) -> None:
        if getattr(self, "_actor", None) is not None:
            self._release()


_HOSTS: dict[type, Callable[[HostDescriber, Any], Any] | None] = {}


def _host_kind(value: Any) -> Callable[[HostDescriber, Any], Any] | None:
    """Return how a value goes by reference; None for those that are copied (or refused) like any other."""
    kind = type(value)
    try:
        return _HOSTS[kind]
    except KeyError:
        found = _HOSTS[kind] = _find_kind(value)
        return found


def _find_kind(value: Any) -> Callable[[HostDescriber, Any], Any] | None:
    from pywrangler.runtime.js.blob import Blob
    from pywrangler.runtime.js.writable import WritableStream

    kinds: tuple[tuple[type, Callable[[HostDescriber, Any], Any]], ...] = (
        (RpcStub, HostDescriber.stub),
        (RpcTarget, HostDescriber.function),
        (ReadableStream, HostDescriber.readable),
        (WritableStream, HostDescriber.writable),
        (Headers, HostDescriber.headers),
        (Request, HostDescriber.request),
        (Response, HostDescriber.response),
        (Blob, HostDescriber.blob),
    )
    for kind, describer in kinds:
        if isinstance(value, kind):
            return describer
    if getattr(type(value), "_pywrangler_binding", None) is True:
        return HostDescriber.binding
    if isinstance(value, JsProxy):
        return HostDescriber.function if value.typeof == "function" and callable(value) else None
    if hasattr(type(value), "js_object"):
        return None
    return HostDescriber.function if is_function(value) else None


# ---- arriving --------------------------------------------------------------------------------------------

_pairs = msgspec.msgpack.Decoder(list[tuple[str, str]]).decode
_request = msgspec.msgpack.Decoder(_Request).decode
_response = msgspec.msgpack.Decoder(_Response).decode
_target = msgspec.msgpack.Decoder(_Target).decode
_blob = msgspec.msgpack.Decoder(_Blob).decode


class HostReader:
    """Reads host objects, asking an importer for what is external."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer

    def read(self, reader: Reader, tag: int) -> Any:
        """Return the object; CloneError if it is malformed."""
        importer = self._importer
        try:
            if tag == STUB:
                return importer.stub(reader.varint())
            if tag == READABLE:
                return importer.readable(reader.varint(), None)
            if tag == WRITABLE:
                return importer.writable(reader.varint())
            return self._copied(tag, reader.blob())
        except MALFORMED as error:
            raise CloneError(f"host object {tag}: {error}") from None

    def _copied(self, tag: int, data: bytes) -> Any:
        if tag == HEADERS:
            return Headers.from_pairs(_pairs(data))
        if tag == REQUEST:
            request = _request(data)
            return Request.from_wire(
                request.method,
                request.url,
                request.headers,
                self._body(request.body, request.length),
                redirect=request.redirect,
            )
        if tag == RESPONSE:
            return self._make_response(_response(data))
        if tag == BINDING:
            target = _target(data)
            return self._importer.binding(
                Target(target.worker, target.kind, target.name, target.object_id, target.object_name, target.props)
            )
        if tag == BLOB:
            return self._make_blob(_blob(data))
        raise CloneError(f"unknown host object {tag}")

    def _body(self, body: bytes | int | None, length: int | None) -> bytes | ReadableStream | None:
        return self._importer.readable(body, length) if isinstance(body, int) else body

    def _make_response(self, found: _Response) -> Response:
        response = Response.from_wire(
            found.status,
            found.status_text,
            found.headers,
            self._body(found.body, found.length),
            url=found.url,
            redirected=found.redirected,
        )
        if found.socket is not None:
            response.webSocket = self._importer.socket(found.socket, found.protocol)
        return response

    def _make_blob(self, found: _Blob) -> Any:
        from pywrangler.runtime.js import blob

        if found.file_name is None:
            return blob.Blob.from_bytes(found.data, found.type)
        return blob.File.named(found.data, found.file_name, found.type, found.last_modified)
