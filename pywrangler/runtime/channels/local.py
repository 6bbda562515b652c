"""The channel within one host: a direct call, with copies of everything that is copied between hosts.

The event starts before the method returns, so the order of calls is the order of delivery.
"""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

from pywrangler.errors import CloneError
from pywrangler.runtime import context
from pywrangler.runtime.channels.failures import as_remote, python_traceback
from pywrangler.runtime.clone import Frozen, freeze
from pywrangler.runtime.clone_hosts import Outgoing
from pywrangler.runtime.js.errors import ConversionError, JsException, type_error
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response, let_go
from pywrangler.runtime.references import RpcStub, context_of
from pywrangler.runtime.refusals import member, returned_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pywrangler.runtime.channels.failures import ErrorText
    from pywrangler.runtime.clone_hosts import External
    from pywrangler.runtime.context import EventContext
    from pywrangler.runtime.js.proxy import JsProxy
    from pywrangler.runtime.ports import Event, FaceName, Receiver, Router, Target
    from pywrangler.runtime.references import Export

NOT_AN_UPGRADE = (
    "Worker tried to return a WebSocket in a response to a request which did not contain the header "
    '"Upgrade: websocket".'
)


class Relay:
    """A stream's source that reads another stream, in the event that one belongs to."""

    __slots__ = ("_error_text", "_left", "_outgoing", "_scope")

    def __init__(self, outgoing: Outgoing, error_text: ErrorText, left: Callable[[], None] | None = None) -> None:
        self._outgoing = outgoing
        self._scope = context_of(outgoing.event)
        self._error_text = error_text
        self._left = left

    async def pull(self) -> Any:
        """Return the next chunk."""
        task = asyncio.get_running_loop().create_task(self._outgoing.take(), context=self._scope.copy())
        try:
            return await task
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            raise as_remote(problem, self._error_text) from problem

    def cancel(self, reason: Any) -> Any:
        """Cancel the other stream."""
        if self._left is not None:
            self._left()
        return self._scope.copy().run(self._outgoing.stop, reason)


def relayed(
    outgoing: Outgoing,
    length: int | None = None,
    error_text: ErrorText = python_traceback,
    left: Callable[[], None] | None = None,
) -> ReadableStream:
    """Return a stream of what another one gives; `left` is called if its reader cancels it."""
    return ReadableStream.from_source(Relay(outgoing, error_text, left), length)


class LocalCallee:
    """The far side of a stub in the same host."""

    __slots__ = ("_error_text", "_export", "_router", "hold", "release")

    def __init__(self, export: Export, router: Router | None, error_text: ErrorText) -> None:
        self._export = export
        self._router = router
        self._error_text = error_text
        self.hold = export.hold
        self.release = export.release

    def invoke(self, path: Sequence[str], arguments: Frozen, face: FaceName) -> Awaitable[Any]:
        """Call the function or method."""
        importer = LocalImporter(arguments.externals, self._router, self._error_text)
        export = self._export
        try:
            running = export.run(path, arguments.thaw("python", importer))
        except Exception as problem:
            return failed(as_remote(problem, self._error_text))
        return _answered(running, lambda result: self._result(result, export, path, face), importer, self._error_text)

    def _result(self, result: Any, export: Export, path: Sequence[str], face: FaceName) -> Any:
        try:
            frozen = context_of(export.event).run(freeze, result)
        except (TypeError, ConversionError, JsException) as problem:
            raise returned_by(problem, member(export.target, path)) from None
        return frozen.thaw(face, LocalImporter(frozen.externals, self._router, self._error_text))


class LocalImporter:
    """Externals of a value that stays in the host."""

    __slots__ = ("_error_text", "_externals", "_router", "stubs")

    def __init__(self, externals: Sequence[External], router: Router | None, error_text: ErrorText) -> None:
        self._externals = externals
        self._router = router
        self._error_text = error_text
        self.stubs: list[RpcStub] = []

    def stub(self, index: int) -> RpcStub:
        """Return a stub."""
        value = self._externals[index].value
        is_stub = isinstance(value, RpcStub)
        stub: RpcStub = value if is_stub else RpcStub.new(LocalCallee(value, self._router, self._error_text))
        self.stubs.append(stub)
        return stub

    def readable(self, index: int, length: int | None) -> ReadableStream:
        """Return a stream that reads the sender's."""
        return relayed(self._externals[index].value, length, self._error_text)

    def writable(self, index: int) -> Any:
        """Return a stream that writes to the sender's."""
        from pywrangler.runtime.js.writable import WritableStream

        return WritableStream.to_sink(WriterSink(self._externals[index].value))

    def socket(self, index: int, protocol: str) -> Any:
        """Return a WebSocket over the sender's link."""
        from pywrangler.runtime.sockets import WebSocket

        return WebSocket.from_link(self._externals[index].value, protocol)

    def binding(self, target: Target) -> JsProxy:
        """Return a binding."""
        from pywrangler.runtime.channels.bindings import make_binding

        return make_binding(self._router, target)

    def end(self) -> None:
        """Dispose of the stubs: arguments end with their call."""
        for stub in self.stubs:
            stub.dispose()


class WriterSink:
    """A sink that passes everything to a writer of user code."""

    __slots__ = ("_writer",)

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    async def write(self, chunk: Any) -> None:
        """Write a chunk."""
        await self._writer.write(chunk)

    async def close(self) -> None:
        """Close the stream."""
        await self._writer.close()

    def abort(self, reason: BaseException, given: Any) -> Any:  # noqa: ARG002
        """Abort the stream."""
        return self._writer.abort(given)


def failed(problem: BaseException) -> asyncio.Future[Any]:
    """Return a future that failed."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_exception(problem)
    return future


def _answered(
    running: Awaitable[Any],
    convert: Callable[[Any], Any],
    importer: LocalImporter | None,
    error_text: ErrorText,
) -> asyncio.Future[Any]:
    """Return the future of `convert(result)`; the running event is not cancelled with it."""
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    source: asyncio.Future[Any] = running if asyncio.isfuture(running) else asyncio.ensure_future(running)

    def settled(done: asyncio.Future[Any]) -> None:
        try:
            result = convert(done.result())
        except BaseException as problem:
            if not answer.done():
                answer.set_exception(as_remote(problem, error_text))
        else:
            if not answer.done():
                answer.set_result(result)
        if importer is not None and importer.stubs:
            importer.end()

    source.add_done_callback(settled)
    return answer


class LocalChannel:
    """The way to the Worker of this host."""

    def __init__(
        self, receiver: Receiver, router: Router | None = None, error_text: ErrorText = python_traceback
    ) -> None:
        self._receiver = receiver
        self._router = router
        self._error_text = error_text

    def fetch(self, target: Target, request: Any) -> Awaitable[Any]:
        """Send a request."""
        scope = contextvars.Context()
        seen = scope.run(context.observe)
        try:
            copy = copy_request(request)
        except JsException as problem:
            return failed(problem)
        try:
            running = scope.run(self._receiver.fetch, target, copy)
        except JsException as problem:
            return failed(as_remote(problem, self._error_text))
        answer = _answered(
            running,
            lambda response: copy_response(response, copy, seen.event, self._error_text),
            None,
            self._error_text,
        )
        answer.add_done_callback(lambda done: copy.client_left() if done.cancelled() else None)
        return answer

    def call(
        self, target: Target, path: Sequence[str], arguments: Sequence[Any] | Frozen, face: FaceName
    ) -> Awaitable[Any]:
        """Call a method."""
        frozen = arguments if isinstance(arguments, Frozen) else freeze(list(arguments), script=face == "js")
        importer = LocalImporter(frozen.externals, self._router, self._error_text)
        scope = contextvars.Context()
        seen = scope.run(context.observe)
        try:
            running = scope.run(self._receiver.call, target, path, frozen.thaw("python", importer))
        except (JsException, CloneError) as problem:
            return failed(as_remote(problem, self._error_text))

        def convert(result: Any) -> Any:
            try:
                simple = seen.event is None or _is_simple(result)
                copied = freeze(result) if simple else context_of(seen.event).run(freeze, result)
            except (TypeError, ConversionError, JsException) as problem:
                raise returned_by(problem, seen.called) from None
            return copied.thaw(face, LocalImporter(copied.externals, self._router, self._error_text))

        return _answered(running, convert, importer, self._error_text)

    def deliver(self, target: Target, event: Event) -> Awaitable[Any]:
        """Deliver another event."""
        running = contextvars.Context().run(self._receiver.deliver, target, event)
        return _answered(running, lambda result: result, None, self._error_text)


def _is_simple(value: Any) -> bool:
    return value is None or type(value) in (str, int, bool)


def wants_upgrade(request: Any) -> bool:
    """Whether a request asks for a WebSocket."""
    return any(name == "upgrade" and value.lower() == "websocket" for name, value in request.pairs())


def copy_request(request: Any) -> Request:
    """Return the request as the callee sees it; its body is taken away from the caller's."""
    return Request.from_wire(
        request.method,
        request.url,
        list(request.pairs()),
        _passed_on(request.claim(), context.current()),
        request._cf,
        redirect=request.redirect,
    )


def copy_response(response: Any, request: Any, event: EventContext | None, error_text: ErrorText) -> Response:
    """Return the response to `request` as its sender sees it; a WebSocket passes on."""
    socket = response.webSocket
    if socket is not jsnull and not wants_upgrade(request):
        let_go(response)
        raise type_error(NOT_AN_UPGRADE)
    copy = Response.from_wire(
        response.status,
        response.statusText,
        list(response.pairs()),
        _passed_on(answer_body(response, request.method), event, error_text, request.client_left),
        url=request.url,
    )
    if socket is not jsnull:
        from pywrangler.runtime.sockets import WebSocket

        copy.webSocket = WebSocket.from_link(socket.release(), socket.protocol)
    return copy


def answer_body(response: Any, method: str) -> Any:
    """Take the body of a response; the answer to a HEAD request has none."""
    body = response.claim()
    if method != "HEAD":
        return body
    if isinstance(body, ReadableStream):
        body.stop()
    return None


def _passed_on(
    body: Any,
    event: EventContext | None,
    error_text: ErrorText = python_traceback,
    left: Callable[[], None] | None = None,
) -> Any:
    if not isinstance(body, ReadableStream):
        return body
    return relayed(Outgoing(body, event), body.known_length, error_text, left)
