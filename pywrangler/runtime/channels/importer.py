"""What a value that came over a connection holds by reference: stubs, streams, sockets and bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.errors import CloneError
from pywrangler.runtime.channels.flows import ChannelSink, Inflow, InflowSource
from pywrangler.runtime.channels.link import ChannelLink
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.references import RpcStub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.protocol.channel import Externals
    from pywrangler.runtime.channels.connection import Connection
    from pywrangler.runtime.clone import Frozen
    from pywrangler.runtime.js.proxy import JsProxy
    from pywrangler.runtime.ports import FaceName, Target


class RemoteCallee:
    """The far side of a stub in another host."""

    __slots__ = ("_connection", "_holders", "_reference")

    def __init__(self, connection: Connection, reference: int) -> None:
        self._connection = connection
        self._reference = reference
        self._holders = 0

    def hold(self) -> None:
        """One more stub."""
        self._holders += 1

    def release(self) -> None:
        """One stub less; the last one gives the reference back."""
        self._holders -= 1
        if not self._holders and not self._connection.is_closed:
            self._connection.release(self._reference)

    def invoke(self, path: Sequence[str], arguments: Frozen, face: FaceName) -> Any:
        """Call the function or method."""
        from pywrangler.runtime.channels.pending import PendingCall

        call = PendingCall(None, self._reference, tuple(path), arguments, face)
        self._connection.submit(call)
        return call.future


class RemoteImporter:
    """Externals of a value that came over a connection."""

    __slots__ = ("_connection", "_externals", "stubs")

    def __init__(self, connection: Connection, externals: Externals) -> None:
        self._connection = connection
        self._externals = externals
        self.stubs: list[RpcStub] = []

    def _number(self, index: int, kind: str) -> int:
        if index >= len(self._externals) or self._externals[index][0] != kind:
            raise CloneError(f"a value refers to external {index}, which is no {kind}")
        return self._externals[index][1]

    def stub(self, index: int) -> RpcStub:
        """Return a stub."""
        stub: RpcStub = RpcStub.new(RemoteCallee(self._connection, self._number(index, "stub")))
        self.stubs.append(stub)
        return stub

    def readable(self, index: int, length: int | None) -> ReadableStream:
        """Return a stream of what the other side sends."""
        return inflow_stream(self._connection, self._number(index, "readable"), length)

    def writable(self, index: int) -> Any:
        """Return a stream to the other side."""
        from pywrangler.runtime.js.writable import WritableStream

        return WritableStream.to_sink(ChannelSink(self._connection, self._number(index, "writable")))

    def socket(self, index: int, protocol: str) -> Any:
        """Return a WebSocket over a stream."""
        from pywrangler.runtime.sockets import WebSocket

        return WebSocket.from_link(ChannelLink(self._connection, self._number(index, "socket")), protocol)

    def binding(self, target: Target) -> JsProxy:
        """Return a binding."""
        from pywrangler.runtime.channels.bindings import make_binding

        return make_binding(self._connection.owner.router, target)

    def end(self) -> None:
        """Dispose of the stubs: arguments end with their call."""
        for stub in self.stubs:
            stub.dispose()


def inflow_stream(connection: Connection, stream: int, length: int | None) -> ReadableStream:
    """Return a stream of a body that arrives."""
    return ReadableStream.from_source(InflowSource(Inflow(connection, stream).begin()), length)
