"""WritableStream (https://streams.spec.whatwg.org/#ws-class).

Writes are queued and reach the sink one after another; the promise of a write settles when the sink has taken it.
`ready` is pending while more is queued than the high-water mark allows. A sink of the platform has
`async write(chunk)`, `async close()` and `abort(reason)`; one of user code has `start`, `write`, `close` and `abort`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import error as js_error
from pywrangler.runtime.js.errors import fresh, type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.stream_controller import high_water_mark
from pywrangler.runtime.js.stream_sources import as_exception
from pywrangler.runtime.js.webidl import absent
from pywrangler.runtime.sync_bridge import of_user_code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

RELEASED = "This WritableStream writer has been released."
LOCKED = "This WritableStream is currently locked to a writer."
CLOSED = "This WritableStream has been closed."


class Sink(Protocol):
    """Where written chunks go."""

    async def write(self, chunk: Any) -> None:
        """Take a chunk; return when the next may come."""

    async def close(self) -> None:
        """Nothing more will come."""

    def abort(self, reason: BaseException, given: Any) -> Any:
        """The writer gave up with the value `given`. May return an awaitable."""


class _UserSink:
    """A sink of user code."""

    def __init__(self, underlying: Mapping[str, Any], controller: Any) -> None:
        self._write = underlying.get("write")
        self._close = underlying.get("close")
        self._abort = underlying.get("abort")
        self._controller = controller

    async def write(self, chunk: Any) -> None:
        if not absent(self._write):
            await _settled(self._write(chunk, self._controller))  # type: ignore[misc]

    async def close(self) -> None:
        if not absent(self._close):
            await _settled(self._close())  # type: ignore[misc]

    def abort(self, reason: BaseException, given: Any) -> Any:  # noqa: ARG002
        return None if absent(self._abort) else self._abort(given)  # type: ignore[misc]


async def _settled(result: Any) -> None:
    if hasattr(result, "__await__"):
        await of_user_code(result)


def _quiet(exception: BaseException) -> JsPromise:
    return JsPromise.rejected(fresh(exception))


class WritableStream(JsProxy):
    """A stream that takes chunks."""

    __slots__ = (
        "_busy",
        "_closed",
        "_closing",
        "_error",
        "_held",
        "_is_locked",
        "_mark",
        "_queue",
        "_ready",
        "_signal",
        "_sink",
        "_size",
        "_started",
        "_task",
        "_watchers",
    )

    _started: asyncio.Future[Any] | None

    def __init__(self, underlying: Any = None, strategy: Any = None, **keywords: Any) -> None:
        given = options(underlying, keywords)
        mark, size = high_water_mark(strategy, 1)
        controller = WritableStreamDefaultController.new(self)
        self._setup(_UserSink(given, controller), mark, size)
        start: Any = given.get("start")
        result: Any = None if absent(start) else start(controller)
        if hasattr(result, "__await__"):
            self._started = asyncio.ensure_future(result)

    def _setup(self, sink: Sink, mark: float, size: Callable[[Any], Any] | None) -> None:
        self._sink: Any = sink
        self._mark = mark
        self._size = size
        self._held = 0.0
        self._queue: deque[tuple[Callable[[], Awaitable[None]], float, asyncio.Future[None]]] = deque()
        self._busy = False
        self._task: asyncio.Task[None] | None = None
        self._started = None
        self._closing = False
        self._error: BaseException | None = None
        self._is_locked = False
        self._ready: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] | None = None
        self._signal: Any = None
        self._watchers: list[Callable[[], None]] = []

    @classmethod
    def to_sink(cls, sink: Sink, mark: float = 1, size: Callable[[Any], Any] | None = None) -> WritableStream:
        """Return a stream into a sink of the platform."""
        stream = cls.__new__(cls)
        stream._setup(sink, mark, size)
        return stream

    @property
    def locked(self) -> bool:
        """Whether a writer or a pipe holds the stream."""
        return self._is_locked

    @property
    def failure(self) -> BaseException | None:
        """The error of the stream."""
        return self._error

    def on_failure(self, callback: Callable[[], None]) -> None:
        """Call back when the stream fails, at once if it has."""
        if self._error is not None:
            callback()
        else:
            self._watchers.append(callback)

    @property
    def is_closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing

    def getWriter(self) -> Any:
        """Lock the stream and return its writer."""
        return WritableStreamDefaultWriter.new(self)

    def close(self) -> JsPromise:
        """Close after all writes."""
        if self.locked:
            return _quiet(type_error(LOCKED))
        return self.finish()

    def abort(self, reason: Any = None) -> JsPromise:
        """Drop what is queued and fail."""
        if self.locked:
            return _quiet(type_error(LOCKED))
        return self.give_up(reason)

    def acquire(self) -> None:
        """Lock the stream; TypeError if it is locked."""
        if self._is_locked:
            raise type_error(LOCKED)
        self._is_locked = True

    def release(self) -> None:
        """Unlock the stream."""
        self._is_locked = False

    # ---- for the holder of the lock ---------------------------------------------------------------------

    @property
    def desired_size(self) -> float | None:
        """How much may be written before `ready` waits; None after an error."""
        if self._error is not None:
            return None
        return 0 if self._closing else self._mark - self._held

    def put(self, chunk: Any) -> JsPromise:
        """Queue a chunk; the promise settles when the sink has taken it."""
        if self._error is not None:
            return _quiet(self._error)
        if self._closing:
            return _quiet(type_error(CLOSED))
        size = 1.0 if self._size is None else float(self._size(chunk))
        return self._enqueue(lambda: self._sink.write(chunk), size)

    def finish(self) -> JsPromise:
        """Close after all writes."""
        if self._error is not None:
            return _quiet(self._error)
        if self._closing:
            return _quiet(type_error(CLOSED))
        self._closing = True
        return self._enqueue(self._close, 0)

    async def _close(self) -> None:
        await self._sink.close()
        self._end()
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def _enqueue(self, work: Callable[[], Awaitable[None]], size: float) -> JsPromise:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((work, size, done))
        self._held += size
        if not self._busy:
            self._busy = True
            self._task = asyncio.ensure_future(self._work())
        return JsPromise.new(done)  # type: ignore[no-any-return]

    async def _work(self) -> None:
        try:
            if self._started is not None:
                started, self._started = self._started, None
                await started
            while self._queue:
                work, size, done = self._queue[0]
                await work()
                if self._error is not None:
                    break
                self._queue.popleft()
                self._held -= size
                if not done.done():
                    done.set_result(None)
                self._wake()
        except Exception as error:
            self.fail(error)
        finally:
            self._busy = False
            self._task = None

    def _wake(self) -> None:
        if self._ready is not None and self._mark - self._held > 0:
            if not self._ready.done():
                self._ready.set_result(None)
            self._ready = None

    def fail(self, error: BaseException) -> None:
        """Make every pending and later operation fail with `error`."""
        if self._error is not None:
            return
        self._error = error
        futures = [done for _, _, done in self._queue]
        futures += [future for future in (self._ready, self._closed) if future is not None]
        for future in futures:
            if not future.done():
                future.set_exception(fresh(error))
                future.exception()  # an unobserved promise is no unhandled error
        self._queue.clear()
        watchers, self._watchers = self._watchers, []
        for callback in watchers:
            callback()
        self._end()

    def _end(self) -> None:
        """Let go of the sink, which may refer to the stream."""
        self._sink = self._size = None

    def give_up(self, reason: Any) -> JsPromise:
        """Abort: drop what is queued, tell the sink."""
        if self._error is not None or (self._closing and not self._queue):
            return JsPromise.resolved()
        failure = js_error("This WritableStream has been aborted.") if reason is None else as_exception(reason)
        sink = self._sink
        self.fail(failure)
        if self._signal is not None:
            self._signal._abort(failure if reason is None else reason)
        try:
            result = sink.abort(failure, reason)
        except Exception as error:  # the sink's own `abort` failed: that is how the promise ends
            return _quiet(error)
        return JsPromise.start(_settled(result)) if hasattr(result, "__await__") else JsPromise.resolved()

    def abort_signal(self) -> Any:
        """Return the signal that tells the sink of an abort."""
        if self._signal is None:
            from pywrangler.runtime.js.abort import AbortSignal

            self._signal = AbortSignal.never()
        return self._signal

    def ready_promise(self) -> JsPromise:
        """Promise that settles when there is room."""
        if self._error is not None:
            return _quiet(self._error)
        if self._closing or self._mark - self._held > 0:
            return JsPromise.resolved()
        if self._ready is None:
            self._ready = asyncio.get_running_loop().create_future()
        return JsPromise.new(self._ready)  # type: ignore[no-any-return]

    def closed_promise(self) -> JsPromise:
        """Promise that settles when the sink has been closed."""
        if self._error is not None:
            return _quiet(self._error)
        if self._closing and not self._queue:
            return JsPromise.resolved()
        if self._closed is None:
            self._closed = asyncio.get_running_loop().create_future()
        return JsPromise.new(self._closed)  # type: ignore[no-any-return]


class WritableStreamDefaultController(JsProxy):
    """What a sink of user code is given."""

    __slots__ = ("_stream",)

    def __init__(self, stream: WritableStream) -> None:
        self._stream = stream

    @property
    def signal(self) -> Any:
        """Tells the sink that the stream was aborted."""
        return self._stream.abort_signal()

    def error(self, reason: Any = None) -> None:
        """Make the stream fail."""
        self._stream.fail(as_exception(reason))


class WritableStreamDefaultWriter(JsProxy):
    """Holds a stream's lock and writes to it."""

    __slots__ = ("_stream",)

    def __init__(self, stream: WritableStream) -> None:
        stream.acquire()
        self._stream: WritableStream | None = stream

    def _call(self, operation: Callable[[WritableStream], JsPromise]) -> JsPromise:
        return _quiet(type_error(RELEASED)) if self._stream is None else operation(self._stream)

    def write(self, chunk: Any = None) -> JsPromise:
        """Promise that settles when the sink has taken the chunk."""
        return self._call(lambda stream: stream.put(chunk))

    def close(self) -> JsPromise:
        """Close after all writes."""
        return self._call(WritableStream.finish)

    def abort(self, reason: Any = None) -> JsPromise:
        """Drop what is queued and fail."""
        return self._call(lambda stream: stream.give_up(reason))

    def releaseLock(self) -> None:
        """Give the lock back."""
        if self._stream is not None:
            self._stream.release()
            self._stream = None

    @property
    def ready(self) -> JsPromise:
        """Promise that settles when there is room."""
        return self._call(WritableStream.ready_promise)

    @property
    def closed(self) -> JsPromise:
        """Promise that settles when the stream is closed."""
        return self._call(WritableStream.closed_promise)

    @property
    def desiredSize(self) -> Any:
        """Room in the queue; null after an error."""
        if self._stream is None:
            raise type_error(RELEASED)
        size = self._stream.desired_size
        return jsnull if size is None else int(size)
