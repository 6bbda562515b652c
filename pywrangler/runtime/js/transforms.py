"""TransformStream, and the transforms that pass bytes on as they are.

A chunk written to `writable` is taken when `readable` is asked for more, so a slow reader slows the writer down
(https://streams.spec.whatwg.org/#ts-model). `TransformStream.new()` passes everything on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.readable import ReadableStream, face
from pywrangler.runtime.js.stream_controller import ControlledSource, ReadableStreamDefaultController, high_water_mark
from pywrangler.runtime.js.stream_sources import as_exception
from pywrangler.runtime.js.webidl import absent, buffer_bytes, to_int
from pywrangler.runtime.js.writable import WritableStream
from pywrangler.runtime.sync_bridge import of_user_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STRING_WRITTEN = (
    "This TransformStream is being used as a byte stream, but received a string on its writable side. If you wish to "
    "write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder."
)
OBJECT_WRITTEN = (
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView "
    "type on its writable side."
)


class Transformer(Protocol):
    """What happens to the chunks."""

    async def transform(self, chunk: Any, readable: ControlledSource) -> None:
        """Enqueue what becomes of a chunk."""

    async def flush(self, readable: ControlledSource) -> None:
        """Enqueue what is left at the end."""


class _UserTransformer:
    """A transformer of user code; without `transform` chunks pass."""

    def __init__(self, given: Mapping[str, Any], controller: Any) -> None:
        self._transform = given.get("transform")
        self._flush = given.get("flush")
        self._controller = controller

    async def transform(self, chunk: Any, readable: ControlledSource) -> None:
        if absent(self._transform):
            readable.enqueue(chunk)
            return
        result = self._transform(chunk, self._controller)  # type: ignore[misc]
        if hasattr(result, "__await__"):
            await of_user_code(result)

    async def flush(self, readable: ControlledSource) -> None:  # noqa: ARG002
        if not absent(self._flush):
            result = self._flush(self._controller)  # type: ignore[misc]
            if hasattr(result, "__await__"):
                await of_user_code(result)


class _Junction:
    """The sink of the writable side, which feeds the readable side."""

    def __init__(self, transformer: Transformer, readable: ControlledSource, cancelled: Callable[[], bool]) -> None:
        self._transformer = transformer
        self._readable = readable
        self._cancelled = cancelled
        self._wanted: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Somebody reads, or nobody will any more."""
        if self._wanted is not None and not self._wanted.done():
            self._wanted.set_result(None)

    async def write(self, chunk: Any) -> None:
        while not self._cancelled() and not self._readable.has_waiter and (self._readable.desired_size or 0) <= 0:
            if self._readable.desired_size is None:
                return
            self._wanted = asyncio.get_running_loop().create_future()
            await self._wanted
        try:
            await self._transformer.transform(chunk, self._readable)
        except Exception as error:
            self._readable.fail(error)
            raise

    async def close(self) -> None:
        try:
            await self._transformer.flush(self._readable)
        except Exception as error:
            self._readable.fail(error)
            raise
        if not self._readable.is_closing:
            self._readable.close()
        self._let_go()

    def abort(self, reason: BaseException, given: Any) -> None:  # noqa: ARG002
        self._readable.fail(reason)
        self.end()

    def end(self) -> None:
        """Nobody will read any more."""
        self._let_go()
        self.wake()

    def _let_go(self) -> None:
        """Let go of what refers to the streams."""
        self._cancelled = _always
        self._transformer = _Dropping()


def _always() -> bool:
    return True


class _Dropping:
    """The transformer of a stream that nobody reads any more."""

    async def transform(self, chunk: Any, readable: ControlledSource) -> None:
        pass

    async def flush(self, readable: ControlledSource) -> None:
        pass


class TransformStream(JsProxy):
    """A pair of streams: what is written to one is read, transformed, from the other."""

    __slots__ = ("_junction", "readable", "writable")

    readable: ReadableStream
    writable: WritableStream

    def __init__(
        self, transformer: Any = None, writable_strategy: Any = None, readable_strategy: Any = None, **keywords: Any
    ) -> None:
        given = options(transformer, keywords)
        controller = TransformStreamDefaultController.new(self)
        self._connect(_UserTransformer(given, controller), writable_strategy, readable_strategy)
        start: Any = given.get("start")
        result: Any = None if absent(start) else start(controller)
        if hasattr(result, "__await__"):
            self.writable._started = asyncio.ensure_future(result)

    def _connect(self, transformer: Transformer, writable_strategy: Any = None, readable_strategy: Any = None) -> None:
        source = ControlledSource({"pull": self._on_pull, "cancel": self._on_cancel}, readable_strategy, default_mark=0)
        mark, size = high_water_mark(writable_strategy, 1)
        self._junction = _Junction(transformer, source, lambda: self.writable.failure is not None)
        self.writable = WritableStream.to_sink(self._junction, mark, size)
        self.readable = ReadableStream.from_source(source)
        source.begin()

    def _on_pull(self, _controller: Any) -> None:
        self._junction.wake()

    def _on_cancel(self, reason: Any) -> None:
        self.writable.fail(as_exception(reason))
        self._junction.end()


class TransformStreamDefaultController(JsProxy):
    """What a transformer of user code is given."""

    __slots__ = ("_stream",)

    def __init__(self, stream: TransformStream) -> None:
        self._stream = stream

    @property
    def _readable(self) -> ReadableStreamDefaultController:
        controller: ReadableStreamDefaultController = self._stream.readable._source.controller
        return controller

    @property
    def desiredSize(self) -> Any:
        """Room in the readable side's queue."""
        return self._readable.desiredSize

    def enqueue(self, chunk: Any = None) -> None:
        """Add a chunk to the readable side."""
        self._readable.enqueue(chunk)

    def error(self, reason: Any = None) -> None:
        """Make both sides fail."""
        self._readable.error(reason)
        self._stream.writable.fail(as_exception(reason))

    def terminate(self) -> None:
        """End the readable side; further writes fail."""
        if not self._stream.readable._source.is_closing:
            self._readable.close()
        self._stream.writable.fail(type_error("This TransformStream has been terminated."))


def written_bytes(chunk: Any) -> bytes:
    """Return a chunk written to a byte stream; the platform's TypeError for anything but a buffer."""
    data = buffer_bytes(chunk)
    if data is None:
        raise type_error(STRING_WRITTEN if isinstance(chunk, str) else OBJECT_WRITTEN)
    return data


class _Fixed:
    """Passes exactly so many bytes."""

    def __init__(self, length: int) -> None:
        self._left = length

    async def transform(self, chunk: Any, readable: ControlledSource) -> None:
        data = written_bytes(chunk)
        if len(data) > self._left:
            raise type_error("Attempt to write too many bytes through a FixedLengthStream.")
        self._left -= len(data)
        if data:
            readable.enqueue(face(data))

    async def flush(self, readable: ControlledSource) -> None:  # noqa: ARG002
        if self._left:
            raise type_error("FixedLengthStream did not see all expected bytes before close().")


class FixedLengthStream(TransformStream):
    """An identity transform that promises how many bytes come: a response made of it has a Content-Length."""

    __slots__ = ()

    def __init__(self, length: Any, strategy: Any = None) -> None:
        size = to_int(length)
        if size < 0:
            raise type_error("FixedLengthStream requires a non-negative length.")
        self._connect(_Fixed(size), strategy)
        self.readable.known_length = size


class IdentityTransformStream(TransformStream):
    """Passes bytes (Workers only)."""

    __slots__ = ()

    def __init__(self, strategy: Any = None) -> None:
        self._connect(Mapped(lambda chunk: chunk, lambda: b""), strategy)


class Mapped:
    """Bytes in, bytes or text out, through two functions."""

    def __init__(self, step: Callable[[bytes], bytes | str], end: Callable[[], bytes | str]) -> None:
        self._step = step
        self._end = end

    async def transform(self, chunk: Any, readable: ControlledSource) -> None:
        emit(self._step(written_bytes(chunk)), readable)

    async def flush(self, readable: ControlledSource) -> None:
        emit(self._end(), readable)


def emit(result: bytes | str, readable: ControlledSource) -> None:
    """Enqueue a result unless it is empty."""
    if result:
        readable.enqueue(face(result))
