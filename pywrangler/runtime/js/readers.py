"""Readers of a ReadableStream (https://streams.spec.whatwg.org/#default-reader-class, #byob-reader-class)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.readable import ReadableStream, chunk_bytes, face
from pywrangler.runtime.js.stream_controller import ControlledSource
from pywrangler.runtime.js.webidl import record

RELEASED = "This ReadableStream reader has been released."


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

    def read(self, view: Any = None) -> JsPromise:
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
            if isinstance(stream._source, ControlledSource):
                stream._source.wanted_bytes = size - len(data)
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
