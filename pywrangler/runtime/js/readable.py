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
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import fresh, type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.stream_sources import (
    UNDEFINED,
    Branch,
    BytesSource,
    IteratorSource,
    Source,
    Tee,
)
from pywrangler.runtime.js.values import array
from pywrangler.runtime.js.webidl import buffer_bytes
from pywrangler.runtime.sync_bridge import of_user_code

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice."
LOCKED = "This ReadableStream is currently locked to a reader."
NOT_BYTES = "This ReadableStream did not return bytes."


class ReadableStream(JsProxy):
    """A stream of chunks."""

    __slots__ = ("_closed", "_disturbed", "_done", "_error", "_reader", "_source", "_turn", "known_length")

    _source: Any
    known_length: int | None
    """Number of bytes that will come, where that is certain: it becomes Content-Length."""

    def __init__(self, underlying: Any = None, strategy: Any = None, **keywords: Any) -> None:
        from pywrangler.runtime.js.stream_controller import ControlledSource

        source = ControlledSource(options(underlying, keywords), strategy)
        self._setup(source)
        source.begin()

    def _setup(self, source: Any) -> None:
        self._source = source
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
        return cls.from_source(IteratorSource(iterable))

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
            return JsPromise.resolved() if self._error is None else JsPromise.rejected(fresh(self._error))
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
                    raise fresh(self._error)
                return None
            try:
                chunk = await self._source.pull()
            except asyncio.CancelledError:
                raise
            except BaseException as error:
                if self._done and self._error is None:
                    return None  # cancelled meanwhile: how the source ended no longer matters
                self._finish(fresh(error))
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
            return JsPromise.rejected(fresh(self._error))
        try:
            result = self.stop(reason)
        except Exception as error:  # the source's own `cancel` failed: that is how the promise ends
            return JsPromise.rejected(error)
        return JsPromise.start(_settled(result)) if hasattr(result, "__await__") else JsPromise.resolved()

    def getReader(self, init: Any = None, **keywords: Any) -> Any:
        """Lock the stream and return a reader; `mode="byob"` gives one that fills buffers."""
        mode = options(init, keywords).get("mode")
        if mode is not None and mode != "byob":
            raise type_error("mode must be undefined or 'byob' in call to getReader().")
        from pywrangler.runtime.js.readers import ReadableStreamBYOBReader, ReadableStreamDefaultReader

        return (ReadableStreamDefaultReader if mode is None else ReadableStreamBYOBReader).new(self)

    def tee(self) -> Any:
        """Return two streams that both give everything this one would have given; this one stays locked."""
        return array(list(self.split()))

    def split(self) -> tuple[ReadableStream, ReadableStream]:
        """Do what `tee` does, for the platform."""
        self.acquire("tee")
        shared = Tee(self)
        branches = (ReadableStream.from_source(Branch(shared, 0)), ReadableStream.from_source(Branch(shared, 1)))
        for branch in branches:
            branch.known_length = self.known_length
        return branches

    def pipeTo(self, destination: Any, init: Any = None, **keywords: Any) -> JsPromise:
        """Write everything to a WritableStream; settles when that is done."""
        from pywrangler.runtime.js.pipe import pipe

        return pipe(self, destination, options(init, keywords))

    def pipeThrough(self, transform: Any, init: Any = None, **keywords: Any) -> Any:
        """Pipe into `transform.writable` and return `transform.readable`."""
        from pywrangler.runtime.js.pipe import pipe

        pipe(self, transform.writable, options(init, keywords))
        return transform.readable

    def __aiter__(self) -> AsyncIterator[Any]:
        return self.values()

    def values(self, init: Any = None, **keywords: Any) -> AsyncIterator[Any]:
        """Iterate over the chunks; leaving early cancels the stream unless `preventCancel`."""
        keep = bool(options(init, keywords).get("preventCancel"))
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


async def _settled(result: Any) -> None:
    await of_user_code(result)


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
