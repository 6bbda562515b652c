"""Calls that arrive over a connection: decoded, delivered at once, answered when they are done."""

from __future__ import annotations

import asyncio
import contextvars
from functools import partial
from typing import TYPE_CHECKING, Any

from pywrangler.errors import CloneError, ProtocolError
from pywrangler.protocol.channel import INLINE_BYTES, Kind, Response, Result, check_call, frame
from pywrangler.runtime import context
from pywrangler.runtime.channels.failures import to_failure, unreadable
from pywrangler.runtime.channels.flows import Outflow
from pywrangler.runtime.channels.importer import RemoteImporter, inflow_stream
from pywrangler.runtime.channels.local import NOT_AN_UPGRADE, answer_body
from pywrangler.runtime.channels.pending import PLACEHOLDER
from pywrangler.runtime.clone import freeze, unpack
from pywrangler.runtime.clone_hosts import Outgoing
from pywrangler.runtime.js.errors import ConversionError, JsException, error, type_error
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import PlaceholderCf, Request
from pywrangler.runtime.js.response import let_go
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.references import DISPOSED, RpcStub, context_of
from pywrangler.runtime.refusals import member, returned_by

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.protocol import channel
    from pywrangler.runtime.channels.connection import Connection
    from pywrangler.runtime.ports import Receiver
    from pywrangler.runtime.references import Export


class Incoming:
    """Answers the calls of one connection."""

    def __init__(self, connection: Connection, receiver: Receiver | None, worker: str) -> None:
        self._connection = connection
        self._receiver = receiver
        self._worker = worker
        self._running: set[asyncio.Future[Any]] = set()
        self._idle: list[asyncio.Future[None]] = []
        self._requests: dict[int, Request] = {}
        """Those whose response is not whole, by their streams."""

    # ---- life ---------------------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether no call runs and no body of an answer is on its way."""
        return not self._running and not self._connection.outflows

    async def idle(self) -> None:
        """Wait until it is."""
        while not self.is_idle:
            waiter = asyncio.get_running_loop().create_future()
            self._idle.append(waiter)
            await waiter

    def check_idle(self) -> None:
        """Wake who waits, if nothing runs any more."""
        if self._idle and self.is_idle:
            waiters, self._idle = self._idle, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def answered(self, stream: int) -> None:
        """The body of a response was sent, or is not wanted."""
        self._requests.pop(stream, None)
        self.check_idle()

    def client_left(self, stream: int) -> None:
        """The caller does not want the response, or the rest of it."""
        request = self._requests.pop(stream, None)
        if request is not None:
            request.client_left()

    def ended(self) -> None:
        """The connection is gone; what runs goes on, nobody hears of it."""
        for stream in tuple(self._requests):
            self.client_left(stream)
        waiters, self._idle = self._idle, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # ---- events -------------------------------------------------------------------------------------------

    def call(self, stream: int, call: channel.Call) -> None:
        """Deliver an RPC call."""
        check_call(call)
        if call.target is None:
            self._call_reference(stream, call)
            return
        if self._connection.is_retiring:
            return
        importer = RemoteImporter(self._connection, call.externals)
        target = self._target(call.target)
        arguments = self._arguments(stream, call, importer, "python")
        if arguments is not None:
            receiver = self._known_receiver()
            self._start(stream, lambda: receiver.call(target, call.path, arguments), self._send_result, importer)

    def _call_reference(self, stream: int, call: channel.Call) -> None:
        export = self._connection.exports.get(call.reference)
        importer = RemoteImporter(self._connection, call.externals)
        if export is None:
            self._fail(stream, error(DISPOSED))
        elif isinstance(export, RpcStub):
            passed = self._arguments(stream, call, importer, "js")
            if passed is not None:
                self._start(stream, partial(export._invoke, call.path, passed, "js"), self._send_script, importer)
        else:
            arguments = self._arguments(stream, call, importer, "python")
            if arguments is not None:
                self._run_export(stream, export, call.path, arguments, importer)

    def _run_export(
        self, stream: int, export: Export, path: tuple[str, ...], arguments: list[Any], importer: RemoteImporter
    ) -> None:
        seen = context.Witness(export.event, member(export.target, path))

        def send(stream: int, result: Any, _seen: context.Witness) -> None:
            self._send_result(stream, result, seen)

        self._start(stream, lambda: export.run(path, arguments), send, importer)

    def _arguments(self, stream: int, call: channel.Call, importer: RemoteImporter, face: Any) -> list[Any] | None:
        try:
            arguments = unpack(call.arguments, face, importer)
        except CloneError as problem:
            self._fail(stream, unreadable(problem))
            return None
        except JsException as problem:
            self._fail(stream, problem)
            return None
        return list(arguments)

    def fetch(self, stream: int, head: channel.Fetch) -> None:
        """Deliver a request."""
        if self._connection.is_retiring:
            return
        target = self._target(head.target)
        body: Any = head.body
        if body is True:
            body = inflow_stream(self._connection, stream, head.length)
        elif body is False:
            raise ProtocolError("a body that is false")
        request = Request.from_wire(
            head.method, head.url, head.headers, body, self._cf(head.cf), redirect=head.redirect
        )
        upgrade = any(name == "upgrade" and value.lower() == "websocket" for name, value in head.headers)

        def send(stream: int, response: Any, seen: context.Witness) -> None:
            self._send_response(stream, response, seen.event, head.method, upgrade=upgrade)
            if stream not in self._connection.outflows:
                self._requests.pop(stream, None)

        receiver = self._known_receiver()
        self._requests[stream] = request
        self._start(stream, lambda: receiver.fetch(target, request), send, None)

    def _cf(self, data: bytes) -> Any:
        if not data:
            return None
        if data.startswith(PLACEHOLDER):
            return PlaceholderCf(data.removeprefix(PLACEHOLDER).decode("utf-8", "replace"))
        return lambda: unpack(data, "js", RemoteImporter(self._connection, ()))

    def event(self, stream: int, head: channel.Event) -> None:
        """Deliver another event."""
        if self._connection.is_retiring:
            return
        payload = unpack(head.payload, "python", RemoteImporter(self._connection, ()))
        if not isinstance(payload, dict):
            raise ProtocolError("the payload of an event is no object")
        receiver, target = self._known_receiver(), self._target(head.target)
        self._start(stream, lambda: receiver.deliver(target, Event(head.kind, payload)), self._send_result, None)

    def _known_receiver(self) -> Receiver:
        if self._receiver is None:
            raise ProtocolError("this side takes no calls of Workers")
        return self._receiver

    def _target(self, address: channel.Address) -> Target:
        if address.kind not in ("entrypoint", "object"):
            raise ProtocolError(f"targets of kind {address.kind!r} are unknown")
        props: Any = unpack(address.props, "python", RemoteImporter(self._connection, ())) if address.props else {}
        kind: Any = address.kind
        return Target(self._worker, kind, address.name, address.object_id, address.object_name, props)

    # ---- running and answering ----------------------------------------------------------------------------

    def _start(
        self,
        stream: int,
        begin: Callable[[], Awaitable[Any]],
        send: Callable[[int, Any, context.Witness], None],
        importer: RemoteImporter | None,
    ) -> None:
        """Begin the event now, and send its outcome when it is there."""
        scope = contextvars.Context()
        seen = scope.run(context.observe)
        try:
            running = scope.run(begin)
        except Exception as problem:
            self._fail(stream, problem)
            return
        future: asyncio.Future[Any] = running if asyncio.isfuture(running) else asyncio.ensure_future(running)
        self._running.add(future)

        def done(future: asyncio.Future[Any]) -> None:
            self._running.discard(future)
            try:
                send(stream, future.result(), seen)
            except BaseException as problem:
                self._fail(stream, problem)
            if importer is not None and importer.stubs:
                importer.end()
            self.check_idle()

        future.add_done_callback(done)

    def _fail(self, stream: int, problem: BaseException) -> None:
        self._requests.pop(stream, None)
        failure = to_failure(problem, self._connection.owner.error_text)
        self._connection.send(frame(Kind.ERROR, stream, failure))

    def _send_result(self, stream: int, result: Any, seen: context.Witness) -> None:
        try:
            frozen = freeze(result) if seen.event is None else context_of(seen.event).run(freeze, result)
        except (TypeError, ConversionError, JsException) as problem:
            refused = returned_by(problem, seen.called)
            context.report(refused, "")  # the session of the caller tells its own user
            raise refused from None
        self._send_frozen(stream, frozen)

    def _send_script(self, stream: int, result: Any, _seen: context.Witness) -> None:
        self._send_frozen(stream, freeze(result, script=True))

    def _send_frozen(self, stream: int, frozen: Any) -> None:
        data = frozen.wire()
        connection = self._connection
        if connection.is_closed:
            return
        connection.send(frame(Kind.RESULT, stream, Result(data, connection.bind(frozen.externals))))

    def _send_response(self, stream: int, response: Any, event: Any, method: str, *, upgrade: bool) -> None:
        connection = self._connection
        if connection.is_closed:
            let_go(response)
            return
        socket = response.webSocket
        if socket is not jsnull and not upgrade:
            let_go(response)
            raise type_error(NOT_AN_UPGRADE)
        body = answer_body(response, method)
        length = None
        if isinstance(body, ReadableStream):
            length = body.known_length
            body = Outgoing(body, event)
        elif body is not None and len(body) > INLINE_BYTES:
            length = len(body)
            body = Outgoing(ReadableStream.of_bytes(body), None)
        link = socket.release() if socket is not jsnull else None
        head = Response(
            response.status,
            response.statusText,
            response.pairs(),
            True if isinstance(body, Outgoing) else body,
            length,
            response.url,
            response.redirected,
            link is not None,
            socket.protocol if link is not None else "",
        )
        connection.send(frame(Kind.RESPONSE, stream, head))
        if isinstance(body, Outgoing):
            Outflow(connection, stream, body)
        if link is not None:
            connection.couple(link, stream)
