"""ReadableStream (https://streams.spec.whatwg.org/#rs-class), for bytes of bodies and for values of user code.

A stream reads from a source. Sources of the platform (a request's socket, a channel, a file) give `bytes`; a reader in
user code sees these as Uint8Array. Sources of user code are a queue that `start` and `pull` fill through a controller.

- One `read` at a time asks the source; further reads wait their turn, so chunks keep their order.
- Nothing is pulled that nobody reads: back-pressure is the source not being asked.
- A source's `cancel` makes a pending `pull` end; after it nothing is pulled any more.
- A chunk of a body must be bytes; anything else is the platform's TypeError.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.webidl import buffer_bytes, members, record, to_string

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice."
LOCKED = "This ReadableStream is currently locked to a reader."
NOT_BYTES = "This ReadableStream did not return bytes."
RELEASED = "This ReadableStream reader has been released."


class Source(Protocol):
    """Where a stream's chunks come from."""

    async def pull(self) -> Any:
        """Return the next chunk, or None at the end; an exception is the stream's error."""

    def cancel(self, reason: Any) -> Any:
        """Nobody will read any more: release what is held and end a pending `pull`. May return an awaitable."""


class Undefined:
    """The chunk `undefined`, which as None would be the end."""


UNDEFINED = Undefined()


def as_exception(reason: Any) -> BaseException:
    """Return what awaiting a promise rejected with `reason` raises."""
    if isinstance(reason, BaseException):
        return reason
    error = getattr(reason, "js_error", None)
    if isinstance(error, BaseException):
        return error
    return JsException("Error", "undefined" if reason is None else to_string(reason))


class BytesSource:
    """Bytes that are there already; `take` hands them over whole."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data or None

    async def pull(self) -> bytes | None:
        """Return everything, once."""
        return self.take()

    def take(self) -> bytes | None:
        """Return what has not been pulled."""
        data, self._data = self._data, None
        return data

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        """Forget the data."""
        self._data = None


class ReadableStream(JsProxy):
    """A stream of chunks."""

    __slots__ = ("_closed", "_disturbed", "_done", "_error", "_reader", "_source", "_turn", "known_length")

    known_length: int | None
    """Number of bytes that will come, where that is certain: it becomes Content-Length."""

    def __init__(self, underlying: Any = None, strategy: Any = None, **keywords: Any) -> None:
        from pywrangler.runtime.js.stream_controller import ControlledSource

        options = members(underlying, keywords, "ReadableStream")
        self._setup(None)
        self._source = ControlledSource(options, strategy)
        self._source.begin()

    def _setup(self, source: Any) -> None:
        self._source: Any = source
        self._done = False
        self._error: BaseException | None = None
        self._disturbed = False
        self._reader: Any = None
        self._turn: asyncio.Lock | None = None
        self._closed: list[asyncio.Future[None]] = []
        self.known_length = None

    @classmethod
    def from_source(cls, source: Source, known_length: int | None = None) -> ReadableStream:
        """Return a stream over a source of the platform."""
        stream = cls.__new__(cls)
        stream._setup(source)
        stream.known_length = known_length
        return stream

    @classmethod
    def of_bytes(cls, data: bytes) -> ReadableStream:
        """Return a stream of bytes that are there already."""
        return cls.from_source(BytesSource(data), len(data))

    @classmethod
    def from_(cls, iterable: Any) -> ReadableStream:
        """`ReadableStream.from(...)`: a stream of the items of an iterable or async iterable."""
        return cls.from_source(_IteratorSource(iterable))

    # ---- state ------------------------------------------------------------------------------------------

    @property
    def locked(self) -> bool:
        """Whether a reader, a pipe or a body holds the stream."""
        return self._reader is not None

    @property
    def disturbed(self) -> bool:
        """Whether anything was ever read from it (or it was cancelled)."""
        return self._disturbed

    def acquire(self, owner: Any) -> None:
        """Lock the stream for `owner`; TypeError if it is locked."""
        if self._reader is not None:
            raise type_error(LOCKED)
        self._reader = owner

    def release(self) -> None:
        """Unlock the stream."""
        self._reader = None

    def take_bytes(self) -> bytes | None:
        """Return the whole content if it is in memory and untouched, else None; the stream is used up then."""
        if type(self._source) is not BytesSource or self._disturbed or self._reader is not None:
            return None
        self._disturbed = True
        data = self._source.take() or b""
        self._finish(None)
        return data

    def _finish(self, error: BaseException | None) -> None:
        self._done = True
        self._error = error
        for waiter in self._closed:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
                waiter.exception()  # an unobserved `closed` is no unhandled error
        self._closed.clear()

    def closed_promise(self) -> JsPromise:
        """Return a promise that settles when the stream has ended."""
        if self._done:
            return JsPromise.resolved() if self._error is None else JsPromise.rejected(self._error)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closed.append(future)
        return JsPromise.new(future)  # type: ignore[no-any-return]

    # ---- reading ----------------------------------------------------------------------------------------

    async def take(self) -> Any:
        """Return the next chunk as the source gave it, or None at the end. The caller holds the lock."""
        self._disturbed = True
        if self._turn is None:
            self._turn = asyncio.Lock()
        async with self._turn:
            if self._done:
                if self._error is not None:
                    raise self._error
                return None
            try:
                chunk = await self._source.pull()
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                if not self._done:
                    self._finish(error)
                raise
            if chunk is None and not self._done:
                self._finish(None)
            return None if self._done else chunk

    def stop(self, reason: Any = None) -> Any:
        """Cancel the source without looking at locks; gives what the source's `cancel` gives."""
        self._disturbed = True
        if self._done:
            return None
        self._finish(None)
        return self._source.cancel(reason)

    def cancel(self, reason: Any = None) -> JsPromise:
        """Give up interest: the source is told, further reads are done."""
        if self.locked:
            return JsPromise.rejected(type_error(LOCKED))
        return self._cancel(reason)

    def _cancel(self, reason: Any) -> JsPromise:
        if self._error is not None:
            return JsPromise.rejected(self._error)
        try:
            result = self.stop(reason)
        except Exception as error:  # the source's own `cancel` failed: that is how the promise ends
            return JsPromise.rejected(error)
        return JsPromise.start(_settled(result)) if hasattr(result, "__await__") else JsPromise.resolved()

    def getReader(self, options: Any = None, **keywords: Any) -> ReadableStreamDefaultReader:
        """Lock the stream and return a reader; `mode="byob"` gives one that fills buffers."""
        mode = members(options, keywords, "getReader").get("mode")
        if mode is not None and mode != "byob":
            raise type_error("mode must be undefined or 'byob' in call to getReader().")
        kind = ReadableStreamDefaultReader if mode is None else ReadableStreamBYOBReader
        return kind.new(self)  # type: ignore[no-any-return]

    def tee(self) -> Any:
        """Return two streams that both give everything this one would have given; this one stays locked."""
        from pywrangler.runtime.js.webidl import array

        return array(list(self.split()))

    def split(self) -> tuple[ReadableStream, ReadableStream]:
        """Do what `tee` does, for the platform."""
        self.acquire("tee")
        shared = _Tee(self)
        branches = (ReadableStream.from_source(_Branch(shared, 0)), ReadableStream.from_source(_Branch(shared, 1)))
        for branch in branches:
            branch.known_length = self.known_length
        return branches

    def pipeTo(self, destination: Any, options: Any = None, **keywords: Any) -> JsPromise:
        """Write everything to a WritableStream; settles when that is done."""
        from pywrangler.runtime.js.pipe import pipe

        return pipe(self, destination, members(options, keywords, "pipeTo"))

    def pipeThrough(self, transform: Any, options: Any = None, **keywords: Any) -> Any:
        """Pipe into `transform.writable` and return `transform.readable`."""
        from pywrangler.runtime.js.pipe import pipe

        pipe(self, transform.writable, members(options, keywords, "pipeThrough"))
        return transform.readable

    def __aiter__(self) -> AsyncIterator[Any]:
        return self.values()

    def values(self, options: Any = None, **keywords: Any) -> AsyncIterator[Any]:
        """Iterate over the chunks; leaving early cancels the stream unless `preventCancel`."""
        keep = bool(members(options, keywords, "values").get("preventCancel"))
        self.acquire("iterator")
        return self._values(keep)

    async def _values(self, keep: bool) -> AsyncIterator[Any]:
        try:
            while (chunk := await self.take()) is not None:
                yield face(chunk)
        finally:
            self.release()
            if not keep and not self._done:
                self.stop()


setattr(ReadableStream, "from", ReadableStream.from_)


async def _settled(result: Any) -> None:
    await result


def face(chunk: Any) -> Any:
    """Return a chunk as user code sees it: bytes as Uint8Array."""
    if type(chunk) is bytes:
        from pywrangler.runtime.js.typed_arrays import Uint8Array

        return Uint8Array.from_bytes(chunk)
    return None if chunk is UNDEFINED else chunk


def chunk_bytes(chunk: Any) -> bytes:
    """Return a chunk of a body as bytes; the platform's TypeError if it is anything else."""
    if type(chunk) is bytes:
        return chunk
    data = buffer_bytes(chunk)
    if data is None:
        raise type_error(NOT_BYTES)
    return data


async def chunks(stream: ReadableStream) -> AsyncIterator[bytes]:
    """Lock the stream and give its bytes, one pull per step; closing the iterator early cancels the stream.

    Raises what the source raises, and the platform's TypeError if the stream is locked or a chunk is not bytes.
    """
    stream.acquire("body")
    try:
        while (chunk := await stream.take()) is not None:
            yield chunk if type(chunk) is bytes else chunk_bytes(chunk)
    finally:
        if not stream._done:
            result = stream.stop()
            if hasattr(result, "__await__"):
                await result


async def collect(stream: ReadableStream) -> bytes:
    """Read a stream to its end and return its bytes."""
    data = stream.take_bytes()
    if data is not None:
        return data
    parts = [chunk async for chunk in chunks(stream)]
    return parts[0] if len(parts) == 1 else b"".join(parts)


class _IteratorSource:
    """Items of an iterable of user code."""

    def __init__(self, iterable: Any) -> None:
        if hasattr(iterable, "__aiter__"):
            self._next = aiter(iterable).__anext__
            self._iterator: Any = None
        elif isinstance(iterable, str) or not hasattr(iterable, "__iter__"):
            raise type_error("ReadableStream.from() requires an iterable or async iterable object.")
        else:
            self._iterator = iter(iterable)

    async def pull(self) -> Any:
        try:
            if self._iterator is None:
                item = await self._next()
            else:
                item = next(self._iterator)
                if hasattr(item, "__await__"):
                    item = await item
        except (StopIteration, StopAsyncIteration):
            return None
        return UNDEFINED if item is None else item

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        self._iterator = iter(())


class _Tee:
    """What the two branches of a tee share."""

    def __init__(self, stream: ReadableStream) -> None:
        self.stream = stream
        self.queues: tuple[deque[Any], deque[Any]] = (deque(), deque())
        self.reasons: list[Any] = [None, None]
        self.cancelled = [False, False]
        self.turn = asyncio.Lock()

    async def pull(self, side: int) -> Any:
        queue = self.queues[side]
        if not queue and not self.cancelled[side]:
            async with self.turn:
                if not queue and not self.cancelled[side]:
                    chunk = await self.stream.take()
                    if chunk is None:
                        return None
                    for other in (0, 1):
                        if not self.cancelled[other]:
                            self.queues[other].append(chunk)
        return queue.popleft() if queue else None

    def cancel(self, side: int, reason: Any) -> Any:
        self.cancelled[side] = True
        self.reasons[side] = reason
        self.queues[side].clear()
        if all(self.cancelled):
            return self.stream.stop(self.reasons[0])
        return None


class _Branch:
    """One side of a tee."""

    def __init__(self, shared: _Tee, side: int) -> None:
        self._shared = shared
        self._side = side

    async def pull(self) -> Any:
        return await self._shared.pull(self._side)

    def cancel(self, reason: Any) -> Any:
        return self._shared.cancel(self._side, reason)


class ReadableStreamDefaultReader(JsProxy):
    """Holds a stream's lock and reads it chunk by chunk."""

    __slots__ = ("_closed", "_stream")

    def __init__(self, stream: ReadableStream) -> None:
        stream.acquire(self)
        self._stream: ReadableStream | None = stream
        self._closed: JsPromise | None = None

    def read(self) -> JsPromise:
        """Promise of `{done, value}`."""
        if self._stream is None:
            return JsPromise.rejected(type_error(RELEASED))
        return JsPromise.start(self._read(self._stream))

    async def _read(self, stream: ReadableStream) -> Any:
        chunk = await stream.take()
        return record(done=True, value=None) if chunk is None else record(done=False, value=face(chunk))

    def cancel(self, reason: Any = None) -> JsPromise:
        """Cancel the stream; the lock stays."""
        if self._stream is None:
            return JsPromise.rejected(type_error(RELEASED))
        return self._stream._cancel(reason)

    def releaseLock(self) -> None:
        """Give the lock back; pending reads still get their chunks."""
        if self._stream is not None:
            self._stream.release()
            self._stream = None

    @property
    def closed(self) -> JsPromise:
        """Promise that settles when the stream has ended or failed."""
        if self._closed is None:
            if self._stream is None:
                return JsPromise.rejected(type_error(RELEASED))
            self._closed = self._stream.closed_promise()
        return self._closed


class ReadableStreamBYOBReader(ReadableStreamDefaultReader):
    """Reads bytes into buffers that the caller brings."""

    __slots__ = ("_rest",)

    def __init__(self, stream: ReadableStream) -> None:
        super().__init__(stream)
        self._rest = b""

    def read(self, view: Any = None) -> JsPromise:  # type: ignore[override]
        """Promise of `{done, value}`, where value is a view with at most as many bytes as `view` has."""
        return self._fill(view, 1)

    def readAtLeast(self, minimum: int, view: Any) -> JsPromise:
        """Like `read`, but waits for `minimum` bytes unless the stream ends (Workers only)."""
        return self._fill(view, minimum)

    def _fill(self, view: Any, minimum: int) -> JsPromise:
        if self._stream is None:
            return JsPromise.rejected(type_error(RELEASED))
        size = getattr(view, "byteLength", None)
        if not size:
            return JsPromise.rejected(
                type_error('You must call read() on a "byob" reader with a positive-sized TypedArray object.')
            )
        return JsPromise.start(self._collect(self._stream, view, int(size), minimum))

    async def _collect(self, stream: ReadableStream, view: Any, size: int, minimum: int) -> Any:
        data = self._rest
        while len(data) < min(size, minimum):
            chunk = await stream.take()
            if chunk is None:
                break
            data += chunk_bytes(chunk)
        self._rest = data[size:]
        filled = face(data[:size])
        if type(view) is not type(filled):
            step = int(getattr(view, "BYTES_PER_ELEMENT", 1))
            filled = type(view).new(filled.buffer, 0, len(data[:size]) // step)
        return record(done=not data, value=filled)
