"""Streams; chunks of bodies are Uint8Array."""

from collections.abc import AsyncIterator
from typing import Any, Self

from js._events import AbortSignal
from pyodide.ffi import JsArray, JsNull, JsPromise, JsProxy, _Typed

class ReadableStreamReadResult(_Typed):
    """What `read()` gives."""

    done: bool
    value: Any

class ReadableStreamDefaultReader(_Typed):
    """Reads chunks."""

    @classmethod
    def new(cls, stream: ReadableStream) -> Self: ...
    @property
    def closed(self) -> JsPromise[None]: ...
    def cancel(self, reason: Any = None) -> JsPromise[None]: ...
    def read(self) -> JsPromise[ReadableStreamReadResult]: ...
    def releaseLock(self) -> None: ...

class ReadableStreamBYOBReader(_Typed):
    """Reads into a view that the caller brings."""

    @classmethod
    def new(cls, stream: ReadableStream) -> Self: ...
    @property
    def closed(self) -> JsPromise[None]: ...
    def cancel(self, reason: Any = None) -> JsPromise[None]: ...
    def read(self, view: JsProxy) -> JsPromise[ReadableStreamReadResult]: ...
    def readAtLeast(self, minimum: int, view: JsProxy) -> JsPromise[ReadableStreamReadResult]: ...
    def releaseLock(self) -> None: ...

class ReadableStreamDefaultController(_Typed):
    """What `start` and `pull` of a source get."""

    @property
    def desiredSize(self) -> int | float | JsNull: ...
    def close(self) -> None: ...
    def enqueue(self, chunk: Any = None) -> None: ...
    def error(self, reason: Any = None) -> None: ...

class ReadableStreamBYOBRequest(_Typed):
    """A buffer to be filled: write into `view`, then `respond`."""

    @property
    def view(self) -> Any: ...
    @property
    def atLeast(self) -> int: ...
    def respond(self, count: int) -> None: ...
    def respondWithNewView(self, view: JsProxy) -> None: ...

class ReadableByteStreamController(ReadableStreamDefaultController):
    """The same for a source of type "bytes"."""

    @property
    def byobRequest(self) -> Any: ...

class ReadableStream(_Typed):
    """A stream to read from, once; `async for chunk in stream` works."""

    @classmethod
    def new(cls, source: Any = None, strategy: Any = None, /, **named: Any) -> Self:
        """Make one; `start`, `pull`, `cancel`, `type` as keywords."""
    @staticmethod
    def from_(iterable: Any) -> ReadableStream: ...
    @property
    def locked(self) -> bool: ...
    def cancel(self, reason: Any = None) -> JsPromise[None]: ...
    def getReader(self, options: Any = None, /, **named: Any) -> ReadableStreamDefaultReader: ...
    def pipeThrough(self, transform: Any, options: Any = None, /, **named: Any) -> ReadableStream: ...
    def pipeTo(self, destination: WritableStream, options: Any = None, /, **named: Any) -> JsPromise[None]: ...
    def tee(self) -> JsArray[ReadableStream]: ...
    def values(self, options: Any = None, /, **named: Any) -> AsyncIterator[Any]: ...
    def __aiter__(self) -> AsyncIterator[Any]: ...

class WritableStreamDefaultWriter(_Typed):
    """Writes chunks."""

    @classmethod
    def new(cls, stream: WritableStream) -> Self: ...
    @property
    def closed(self) -> JsPromise[None]: ...
    @property
    def desiredSize(self) -> int | float | JsNull: ...
    @property
    def ready(self) -> JsPromise[None]: ...
    def abort(self, reason: Any = None) -> JsPromise[None]: ...
    def close(self) -> JsPromise[None]: ...
    def releaseLock(self) -> None: ...
    def write(self, chunk: Any = None) -> JsPromise[None]: ...

class WritableStreamDefaultController(_Typed):
    """What `start` and `write` of a sink get."""

    def error(self, reason: Any = None) -> None: ...
    @property
    def signal(self) -> AbortSignal:
        """Tells that the stream was aborted."""

class WritableStream(_Typed):
    """A stream to write to."""

    @classmethod
    def new(cls, sink: Any = None, strategy: Any = None, /, **named: Any) -> Self:
        """Make one; `start`, `write`, `close`, `abort` as keywords."""
    @property
    def locked(self) -> bool: ...
    def abort(self, reason: Any = None) -> JsPromise[None]: ...
    def close(self) -> JsPromise[None]: ...
    def getWriter(self) -> WritableStreamDefaultWriter: ...

class TransformStreamDefaultController(_Typed):
    """What `transform` and `flush` get."""

    @property
    def desiredSize(self) -> int | float | JsNull: ...
    def enqueue(self, chunk: Any = None) -> None: ...
    def error(self, reason: Any = None) -> None: ...
    def terminate(self) -> None: ...

class TransformStream(_Typed):
    """What is written to `writable` comes out of `readable`, transformed or as it is."""

    @classmethod
    def new(
        cls, transformer: Any = None, writable_strategy: Any = None, readable_strategy: Any = None, /, **named: Any
    ) -> Self: ...
    @property
    def readable(self) -> ReadableStream: ...
    @property
    def writable(self) -> WritableStream: ...

class IdentityTransformStream(TransformStream):
    """Bytes pass unchanged."""

class FixedLengthStream(TransformStream):
    """Bytes pass unchanged, and have to be as many as said."""

    @classmethod
    def new(cls, length: int, strategy: Any = None, /) -> Self: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]

class CompressionStream(TransformStream):
    """Compresses: "gzip", "deflate", "deflate-raw"."""

    @classmethod
    def new(cls, format: str) -> Self: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]

class DecompressionStream(TransformStream):
    """Decompresses."""

    @classmethod
    def new(cls, format: str) -> Self: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]

class TextEncoderStream(TransformStream):
    """Text to UTF-8."""

    @property
    def encoding(self) -> str: ...

class TextDecoderStream(TransformStream):
    """Bytes to text."""

    @classmethod
    def new(cls, label: str = "utf-8", options: Any = None, /, **named: Any) -> Self: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
    @property
    def encoding(self) -> str: ...
    @property
    def fatal(self) -> bool: ...
    @property
    def ignoreBOM(self) -> bool: ...

class ByteLengthQueuingStrategy(_Typed):
    """Counts bytes."""

    @classmethod
    def new(cls, options: Any = None, /, **named: Any) -> Self: ...
    highWaterMark: int | float
    def size(self, chunk: Any = None) -> int: ...

class CountQueuingStrategy(_Typed):
    """Counts chunks."""

    @classmethod
    def new(cls, options: Any = None, /, **named: Any) -> Self: ...
    highWaterMark: int | float
    def size(self, chunk: Any = None) -> int: ...
