"""Bodies on a connection: what arrives as a stream's source, what leaves as a task that spends credit."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ProtocolError
from pywrangler.protocol.channel import CHUNK_BYTES, WINDOW_BYTES, Kind, credit_frame, frame, raw_frame
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.channels.failures import lost, to_failure
from pywrangler.runtime.js.errors import fresh
from pywrangler.runtime.js.readable import chunk_bytes
from pywrangler.runtime.references import context_of

if TYPE_CHECKING:
    from pywrangler.runtime.channels.connection import Connection
    from pywrangler.runtime.clone_hosts import Outgoing


class Inflow:
    """A body that arrives: chunks wait here, within the credit that was given."""

    __slots__ = ("_chunks", "_connection", "_consumed", "_error", "_granted", "_has_ended", "_stream", "_waiter")

    def __init__(self, connection: Connection, stream: int) -> None:
        self._connection = connection
        self._stream = stream
        self._chunks: deque[bytes] = deque()
        self._granted = WINDOW_BYTES
        self._consumed = 0
        self._has_ended = False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        connection.inflows[stream] = self

    def begin(self) -> Inflow:
        """Let the sender begin, who knows the stream by now."""
        self._connection.send(credit_frame(self._stream, WINDOW_BYTES))
        return self

    def data(self, chunk: bytes) -> None:
        """Take a chunk; ProtocolError if it exceeds the credit."""
        self._granted -= len(chunk)
        if self._granted < 0:
            raise ProtocolError("a body exceeds its credit")
        self._chunks.append(chunk)
        self._wake()

    def end(self, problem: BaseException | None = None) -> None:
        """Nothing more will come."""
        self._has_ended = True
        self._error = problem
        self._connection.inflows.pop(self._stream, None)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def pull(self) -> bytes | None:
        """Return everything that is there, or None at the end."""
        while not self._chunks:
            if self._error is not None:
                raise fresh(self._error)
            if self._has_ended:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = self._chunks.popleft() if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._consumed += len(data)
        if self._consumed >= WINDOW_BYTES // 2 and not self._has_ended:
            self._granted += self._consumed
            self._connection.send(credit_frame(self._stream, self._consumed))
            self._consumed = 0
        return data

    def cancel(self) -> None:
        """Nobody will read any more."""
        if self._connection.inflows.pop(self._stream, None) is not None:
            self._connection.send(raw_frame(Kind.CANCEL_BODY, self._stream))
        self._has_ended = True
        self._chunks.clear()
        self._wake()


class InflowSource:
    """The source of the stream that user code reads; a body that nobody holds any more is cancelled."""

    __slots__ = ("_inflow",)

    def __init__(self, inflow: Inflow) -> None:
        self._inflow = inflow

    async def pull(self) -> bytes | None:
        """Return the next bytes."""
        return await self._inflow.pull()

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        """Stop the sender."""
        self._inflow.cancel()

    def __del__(self) -> None:
        self._inflow.cancel()


class Credit:
    """What may be sent on one stream."""

    __slots__ = ("_amount", "_connection", "_failure", "_waiter", "stream")

    def __init__(self, connection: Connection, stream: int) -> None:
        self._connection = connection
        self.stream = stream
        self._amount = 0
        self._failure: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    def grant(self, amount: int) -> None:
        """More may be sent."""
        self._amount += amount
        self._wake()

    def fail(self, problem: BaseException) -> None:
        """Nothing may be sent any more."""
        self._failure = problem
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def send(self, chunk: bytes) -> None:
        """Send a chunk, as credit and the transport allow."""
        rest = memoryview(chunk)
        while rest:
            while self._amount <= 0 and self._failure is None:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
            if self._failure is not None:
                raise fresh(self._failure)
            size = min(len(rest), CHUNK_BYTES, self._amount)
            self._amount -= size
            self._connection.send(raw_frame(Kind.DATA, self.stream, rest[:size]))
            rest = rest[size:]
            await self._connection.writable()


class Outflow:
    """A body that leaves; begins with the first credit, so nothing is lost if the call is sent elsewhere."""

    __slots__ = ("_connection", "_credit", "_outgoing", "_task")

    def __init__(self, connection: Connection, stream: int, outgoing: Outgoing) -> None:
        self._connection = connection
        self._credit = Credit(connection, stream)
        self._outgoing = outgoing
        self._task: asyncio.Task[None] | None = None
        connection.outflows[stream] = self

    def grant(self, amount: int) -> None:
        """Begin, or go on."""
        self._credit.grant(amount)
        if self._task is None:
            scope = context_of(self._outgoing.event)
            self._task = asyncio.get_running_loop().create_task(self._run(), context=scope)
            self._task.add_done_callback(self._ended, context=scope)

    async def _run(self) -> None:
        outgoing = self._outgoing
        number = self._credit.stream
        try:
            while (chunk := await outgoing.take()) is not None:
                await self._credit.send(chunk if type(chunk) is bytes else chunk_bytes(chunk))
            self._connection.send(raw_frame(Kind.END, number))
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            self._connection.send(frame(Kind.ABORT, number, to_failure(problem)))
            outgoing.stop()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():  # maybe before it began
            self._outgoing.stop()
        self._connection.outflow_ended(self._credit.stream)

    def cancel(self) -> None:
        """The receiver does not want more, or is gone."""
        if self._task is not None:
            interrupt(self._task)
        else:
            self._connection.outflow_ended(self._credit.stream)
            self._outgoing.stop()

    def forget(self) -> None:
        """The call is sent elsewhere; the body has not begun."""
        self._connection.outflow_ended(self._credit.stream)


class ChannelSink:
    """The sink of a WritableStream whose owner is on the other side."""

    __slots__ = ("_connection", "_credit")

    def __init__(self, connection: Connection, stream: int) -> None:
        self._connection = connection
        self._credit = Credit(connection, stream)
        connection.outflows[stream] = self

    def grant(self, amount: int) -> None:
        """The owner can take more."""
        self._credit.grant(amount)

    async def write(self, chunk: Any) -> None:
        """Send a chunk."""
        await self._credit.send(chunk_bytes(chunk))

    async def close(self) -> None:
        """Say that nothing more will come."""
        self._finish(raw_frame(Kind.END, self._credit.stream))

    def abort(self, reason: BaseException, given: Any) -> None:  # noqa: ARG002
        """Say why nothing more will come."""
        self._finish(frame(Kind.ABORT, self._credit.stream, to_failure(reason)))

    def _finish(self, last: bytes) -> None:
        if self._credit.stream in self._connection.outflows:
            self._connection.send(last)
            self._connection.outflow_ended(self._credit.stream)

    def cancel(self) -> None:
        """The owner is gone."""
        self._credit.fail(lost())
        self._connection.outflow_ended(self._credit.stream)

    forget = cancel


async def pump_into(writer: Any, inflow: Inflow) -> None:
    """Write what arrives to a writer of user code."""
    from pywrangler.runtime.js.readable import face

    inflow.begin()
    try:
        while (chunk := await inflow.pull()) is not None:
            await writer.write(face(chunk))
        await writer.close()
    except asyncio.CancelledError:
        raise
    except BaseException as problem:
        inflow.cancel()
        writer.abort(problem)
