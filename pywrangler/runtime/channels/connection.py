"""One multiplexed connection between two hosts; the same class on both sides (rules: `protocol.channel`).

What is sent within one round of the loop leaves in one write. A connection owns what is on it: when it goes, calls
that wait fail, bodies end, sockets see 1006 and references to this side are released.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.errors import CloneError, ProtocolError
from pywrangler.protocol.channel import (
    STREAMS_LIMIT,
    FrameDecoder,
    Goodbye,
    Hello,
    Kind,
    Release,
    Taken,
    frame,
    raw_frame,
)
from pywrangler.runtime.channels.failures import from_failure, lost, unreadable
from pywrangler.runtime.channels.flows import ChannelSink, Inflow, Outflow, pump_into
from pywrangler.runtime.channels.link import ChannelLink
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.references import RpcStub

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pywrangler.protocol.channel import Close, Delivery, Externals, Failure, Welcome
    from pywrangler.runtime.channels.failures import ErrorText
    from pywrangler.runtime.channels.incoming import Incoming
    from pywrangler.runtime.channels.pending import Pending
    from pywrangler.runtime.clone_hosts import External
    from pywrangler.runtime.ports import Link, Router
    from pywrangler.runtime.references import Export

WRITE_LIMIT_BYTES = 1024 * 1024


class Owner(Protocol):
    """What a connection asks of the side it is on."""

    error_text: ErrorText
    """How a Python exception reads for a caller."""

    @property
    def router(self) -> Router | None:
        """Where bindings that arrive lead."""

    def incoming(self, connection: Connection) -> Incoming:
        """Return what answers calls."""

    def adopt_wire(self, fd: int, state: bytes) -> Link | None:
        """Return a link over a client's TCP connection; owns `fd` unless it returns None."""

    def greeted(self, connection: Connection, hello: Hello) -> None:
        """The other side introduced itself (HELLO); ProtocolError on the side that connected."""

    def welcomed(self, connection: Connection, welcome: Welcome) -> None:
        """The other side answered (WELCOME); ProtocolError on the side that accepted."""

    def refused(self, connection: Connection, goodbye: Goodbye) -> None:
        """The other side ends the connection and says why (GOODBYE)."""

    def send_again(self, connection: Connection, calls: list[Pending]) -> None:
        """These calls did not begin: the other side is going (GOAWAY)."""

    def ended(self, connection: Connection) -> None:
        """The connection is gone."""

    def deliver_descriptor(self, connection: Connection, stream: int, fd: int, delivery: Delivery) -> None:
        """Give a client's connection to the process on the other side; owns `fd`."""

    def expect_descriptor(self, link: ChannelLink) -> str | None:
        """Return the key under which a descriptor for `link` will come; None if none can be taken."""


class Connection(asyncio.Protocol):
    """A connection; `parity` is 1 on the side that connects, 2 on the other."""

    def __init__(self, owner: Owner, parity: int) -> None:
        self.owner = owner
        self._loop = asyncio.get_running_loop()
        self._incoming: Incoming | None = None
        self._decoder = FrameDecoder()
        self._transport: Any = None
        self._output: list[bytes] = []
        self._flush: asyncio.Handle | None = None
        self._next_stream = parity
        self._next_reference = 1
        self._is_greeted = parity == 1
        self._paused: asyncio.Future[None] | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self.peer_instance = ""
        self.is_closed = False
        self.is_going = False
        """The other side takes no further calls."""
        self.is_retiring = False
        """This side takes no further calls."""
        self.last_stream = 0
        """The last stream that the other side opened for a call."""
        self.pending: dict[int, Pending] = {}
        self.inflows: dict[int, Inflow] = {}
        self.outflows: dict[int, Outflow | ChannelSink] = {}
        self.sockets: dict[int, ChannelLink] = {}
        self.exports: dict[int, Export | RpcStub] = {}

    @property
    def incoming(self) -> Incoming:
        """What answers calls that arrive."""
        if self._incoming is None:
            self._incoming = self.owner.incoming(self)
        return self._incoming

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not (self.pending or self.outflows or self.sockets or self.inflows)

    # ---- writing ------------------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        """Send a frame with everything else of this round of the loop."""
        if self.is_closed or self._loop.is_closed():
            return
        self._output.append(data)
        if self._flush is None and self._transport is not None:
            self._flush = self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what waits."""
        self._flush = None
        if self._output and self._transport is not None:
            output, self._output = self._output, []
            self._transport.write(output[0] if len(output) == 1 else b"".join(output))

    async def writable(self) -> None:
        """Wait while the transport is full."""
        while self._paused is not None and not self.is_closed:
            await asyncio.shield(self._paused)

    def pause_writing(self) -> None:
        """The transport is full."""
        if self._paused is None:
            self._paused = self._loop.create_future()

    def resume_writing(self) -> None:
        """The transport has room again."""
        if self._paused is not None:
            self._paused.set_result(None)
            self._paused = None

    # ---- life ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to write."""
        self._transport = transport
        self._transport.set_write_buffer_limits(high=WRITE_LIMIT_BYTES)
        if self.is_closed:
            self._transport.abort()
        else:
            self.flush()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended is no matter
        """End everything that was on it."""
        self.end(lost)

    def close(self, last: bytes = b"") -> None:
        """Close after everything sent is written."""
        if last:
            self.send(last)
        self.flush()
        if self._transport is not None:
            self._transport.close()
        self.end(lost)

    def end(self, problem: Callable[[], BaseException]) -> None:
        """End: whatever waits fails with a new `problem()`."""
        if self.is_closed:
            return
        self.is_closed = True
        self._output.clear()
        if self._flush is not None:
            self._flush.cancel()
        self.resume_writing()
        pending, self.pending = self.pending, {}
        for call in pending.values():
            call.fail(problem())
        for inflow in list(self.inflows.values()):
            inflow.end(problem())
        for outflow in list(self.outflows.values()):
            outflow.cancel()
        for link in list(self.sockets.values()):
            link.lost()
        for export in self.exports.values():
            _release(export)
        self.exports.clear()
        if self._incoming is not None:
            self._incoming.ended()
        self.owner.ended(self)

    # ---- calls of this side -------------------------------------------------------------------------------

    def new_stream(self) -> int:
        """Return the number of a new stream."""
        stream = self._next_stream
        self._next_stream += 2
        return stream

    def submit(self, call: Pending) -> None:
        """Send a call."""
        if self.is_closed:
            call.fail(lost())
            return
        stream = self.new_stream()
        self.pending[stream] = call
        call.open(self, stream)

    def bind(self, externals: Sequence[External]) -> Externals:
        """Give what a value refers to a number on this connection."""
        return tuple((external.kind, self._bind(external)) for external in externals)

    def _bind(self, external: External) -> int:
        value = external.value
        if external.kind == "stub":
            reference = self._next_reference
            self._next_reference += 1
            self.exports[reference] = value
            if not isinstance(value, RpcStub):
                value.hold()
            return reference
        stream = self.new_stream()
        if external.kind == "readable":
            Outflow(self, stream, value)
        elif external.kind == "writable":
            self.run(pump_into(value, Inflow(self, stream)))  # runs after the call that tells of the stream is sent
        else:
            self.couple(value, stream)
        return stream

    def unbind(self, externals: Externals) -> None:
        """Take back the numbers of a call that did not begin."""
        for kind, number in externals:
            if kind == "stub":
                self.exports.pop(number, None)
            elif kind == "readable" and number in self.outflows:
                self.outflows[number].forget()

    def couple(self, near: Link, stream: int) -> None:
        """Join a socket of this side to a stream."""
        from pywrangler.runtime.links import PairLink, couple

        link = ChannelLink(self, stream)
        if isinstance(near, PairLink):
            link.end = near.other.end
        couple(near, link)

    def run(self, coroutine: Any) -> None:
        """Run a task of the connection."""
        task = self._loop.create_task(coroutine)
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)

    def release(self, reference: int) -> None:
        """Give a reference of the other side back."""
        self.send(frame(Kind.RELEASE, 0, Release(reference, 1)))

    def discard(self, externals: Externals) -> None:
        """Let go of what came with an answer that nobody waits for."""
        for kind, number in externals:
            if kind == "stub":
                self.release(number)
            elif kind == "readable":
                self.send(raw_frame(Kind.CANCEL_BODY, number))
            elif kind == "socket":
                self.send(raw_frame(Kind.DROP, number))

    def give_up(self, stream: int) -> None:
        """Say that nobody waits any more for the response to a request."""
        if not self.is_closed:
            self.send(raw_frame(Kind.CANCEL_BODY, stream))

    def outflow_ended(self, stream: int) -> None:
        """Forget a body that was sent."""
        self.outflows.pop(stream, None)
        if self._incoming is not None:
            self._incoming.answered(stream)

    def socket_ended(self, stream: int) -> None:
        """Forget a socket."""
        self.sockets.pop(stream, None)

    def adopt_wire(self, fd: int, state: bytes) -> Link | None:
        """Return a link over a client's TCP connection."""
        return self.owner.adopt_wire(fd, state)

    def deliver_descriptor(self, stream: int, fd: int, delivery: Delivery) -> None:
        """Give a client's connection to the other side."""
        self.sockets.pop(stream, None)
        self.owner.deliver_descriptor(self, stream, fd, delivery)

    # ---- arriving -----------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Handle frames."""
        try:
            for kind, stream, content in self._decoder.feed(data):
                if self.is_closed:
                    return
                if not self._is_greeted and kind is not Kind.HELLO:
                    raise ProtocolError(f"{kind.name} before HELLO")
                _HANDLERS[kind](self, stream, content)
        except ProtocolError as problem:
            self.close(frame(Kind.GOODBYE, 0, Goodbye("protocol", str(problem)[:1000])))

    def _hello(self, _stream: int, hello: Hello) -> None:
        if self._is_greeted:
            raise ProtocolError("a second HELLO")
        self._is_greeted = True
        self.owner.greeted(self, hello)

    def _welcome(self, _stream: int, welcome: Welcome) -> None:
        self.peer_instance = welcome.instance
        self.owner.welcomed(self, welcome)

    def _goodbye(self, _stream: int, goodbye: Goodbye) -> None:
        self.owner.refused(self, goodbye)
        if self._transport is not None:
            self._transport.close()
        self.end(lost)

    def _call(self, stream: int, content: Any) -> None:
        self._opened(stream)
        self.incoming.call(stream, content)

    def _fetch(self, stream: int, content: Any) -> None:
        self._opened(stream)
        self.incoming.fetch(stream, content)

    def _event(self, stream: int, content: Any) -> None:
        self._opened(stream)
        self.incoming.event(stream, content)

    def _opened(self, stream: int) -> None:
        if stream % 2 == self._next_stream % 2 or stream <= self.last_stream:
            raise ProtocolError(f"stream {stream} cannot be opened")
        if len(self.exports) + len(self.inflows) > STREAMS_LIMIT:
            raise ProtocolError("too many streams")
        if not self.is_retiring:
            self.last_stream = stream

    def _result(self, stream: int, content: Any) -> None:
        call = self.pending.pop(stream, None)
        if call is None:
            raise ProtocolError(f"an answer for stream {stream}, which nobody waits for")
        try:
            call.answer(self, stream, content)
        except CloneError as problem:
            call.fail(unreadable(problem))
        except JsException as problem:
            call.fail(problem)

    def _data(self, stream: int, chunk: bytes) -> None:
        inflow = self.inflows.get(stream)
        if inflow is not None:
            inflow.data(chunk)

    def _end(self, stream: int, _content: None) -> None:
        inflow = self.inflows.get(stream)
        if inflow is not None:
            inflow.end()

    def _abort(self, stream: int, failure: Failure) -> None:
        inflow = self.inflows.get(stream)
        if inflow is not None:
            inflow.end(from_failure(failure))

    def _credit(self, stream: int, amount: int) -> None:
        outflow = self.outflows.get(stream)
        if outflow is not None:
            outflow.grant(amount)

    def _cancel_body(self, stream: int, _content: None) -> None:
        if self._incoming is not None:
            self._incoming.client_left(stream)
        outflow = self.outflows.get(stream)
        if outflow is not None:
            outflow.cancel()

    def _message(self, stream: int, data: str | bytes) -> None:
        link = self.sockets.get(stream)
        if link is not None:
            link.arrived(data)

    def _close(self, stream: int, close: Close) -> None:
        link = self.sockets.get(stream)
        if link is not None:
            link.closed(close)

    def _drop(self, stream: int, _content: None) -> None:
        link = self.sockets.get(stream)
        if link is not None:
            link.lost()

    def _take(self, stream: int, _content: None) -> None:
        link = self.sockets.get(stream)
        key = self.owner.expect_descriptor(link) if link is not None else None
        self.send(frame(Kind.TAKEN, stream, Taken(key is not None, key or "")))

    def _taken(self, stream: int, taken: Taken) -> None:
        link = self.sockets.get(stream)
        if link is not None:
            link.taken(taken)

    def _release(self, _stream: int, release: Release) -> None:
        export = self.exports.pop(release.reference, None)
        if export is not None:
            _release(export)

    def _goaway(self, last: int, _content: None) -> None:
        self.is_going = True
        again = [stream for stream, call in self.pending.items() if stream > last and call.is_resendable]
        calls = [self.pending.pop(stream) for stream in again]
        for call in calls:
            call.take_back(self)
        self.owner.send_again(self, calls)


def _release(export: Export | RpcStub) -> None:
    if isinstance(export, RpcStub):
        export.dispose()
    else:
        export.release()


_HANDLERS: dict[Kind, Callable[[Connection, int, Any], None]] = {
    Kind.HELLO: Connection._hello,
    Kind.WELCOME: Connection._welcome,
    Kind.GOODBYE: Connection._goodbye,
    Kind.CALL: Connection._call,
    Kind.FETCH: Connection._fetch,
    Kind.EVENT: Connection._event,
    Kind.RESULT: Connection._result,
    Kind.RESPONSE: Connection._result,
    Kind.ERROR: Connection._result,
    Kind.DATA: Connection._data,
    Kind.END: Connection._end,
    Kind.ABORT: Connection._abort,
    Kind.CREDIT: Connection._credit,
    Kind.CANCEL_BODY: Connection._cancel_body,
    Kind.TEXT: Connection._message,
    Kind.BINARY: Connection._message,
    Kind.CLOSE: Connection._close,
    Kind.DROP: Connection._drop,
    Kind.TAKE: Connection._take,
    Kind.TAKEN: Connection._taken,
    Kind.RELEASE: Connection._release,
    Kind.GOAWAY: Connection._goaway,
}
