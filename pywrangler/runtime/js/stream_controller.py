"""The queue behind a ReadableStream of user code (https://streams.spec.whatwg.org/#rs-default-controller-class).

`start(controller)` runs at construction; `pull(controller)` runs whenever the queue holds less than the high-water
mark or somebody waits for a chunk, one call at a time; `cancel(reason)` when nobody reads any more. Each may be a
plain function or a coroutine function; what it raises is the error of the stream.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import fresh, range_error, type_error
from pywrangler.runtime.js.primitives import to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.stream_sources import UNDEFINED, as_exception
from pywrangler.runtime.js.webidl import absent, buffer_bytes
from pywrangler.runtime.sync_bridge import of_user_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def high_water_mark(strategy: Any, default: float) -> tuple[float, Callable[[Any], Any] | None]:
    """Return the high-water mark and the size function of a queuing strategy; RangeError for a bad mark."""
    given = options(strategy)
    mark = given.get("highWaterMark")
    size = given.get("size")
    if mark is None:
        return default, size
    number = float(to_number(mark))
    if math.isnan(number) or number < 0:
        raise range_error("highWaterMark must be a non-negative number")
    return number, size


class ControlledSource:
    """A source that user code fills."""

    def __init__(self, underlying: Mapping[str, Any], strategy: Any, default_mark: float = 1) -> None:
        kind = underlying.get("type")
        if kind is not None and to_string(kind) != "bytes":
            raise type_error(f"Invalid underlying source type: {to_string(kind)}")
        self.is_bytes = kind is not None
        self._start = underlying.get("start")
        self._pull = underlying.get("pull")
        self._cancel = underlying.get("cancel")
        self._mark, self._size = high_water_mark(strategy, 0 if self.is_bytes else default_mark)
        self._queue: deque[tuple[Any, float]] = deque()
        self._held = 0.0
        self._waiter: asyncio.Future[Any] | None = None
        self._started = False
        self._pulling = False
        self._pull_again = False
        self._closing = False
        self._error: BaseException | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._request: ReadableStreamBYOBRequest | None = None
        self._allocated_bytes = int(to_number(underlying.get("autoAllocateChunkSize") or 0))
        self.wanted_bytes = 0
        """Size of the buffer that the reader which waits has brought."""
        self._controller: Any = None

    @property
    def controller(self) -> Any:
        """What user code is given."""
        if self._controller is None:
            kind = ReadableByteStreamController if self.is_bytes else ReadableStreamDefaultController
            self._controller = kind.new(self)
        return self._controller

    def _end(self) -> None:
        """Let go of user code, which may refer to the stream."""
        self._start = self._pull = self._cancel = self._size = self._controller = None

    # ---- what the stream asks ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Run `start`; an exception of a synchronous one goes to the constructor's caller."""
        result = None if absent(self._start) else self._start(self.controller)  # type: ignore[misc]
        if hasattr(result, "__await__"):
            self._spawn(self._await_start(result))
        else:
            self._started = True
            if self._mark > 0 and not absent(self._pull):
                self._pull_soon()

    def _pull_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # made at module level: the first read pulls
        loop.call_soon(self.pull_if_needed)

    async def _await_start(self, result: Any) -> None:
        try:
            await of_user_code(result)
        except Exception as error:
            self.fail(error)
            return
        self._started = True
        self.pull_if_needed()

    async def pull(self) -> Any:
        """Return the next chunk, waiting for user code to enqueue one."""
        if self._queue:
            chunk, size = self._queue.popleft()
            self._held -= size
            self.pull_if_needed()
            return chunk
        if self._error is not None:
            raise fresh(self._error)
        if self._closing:
            self._end()
            return None
        self._waiter = asyncio.get_running_loop().create_future()
        self.pull_if_needed()
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def cancel(self, reason: Any) -> Any:
        """Forget the queue and tell user code."""
        self._queue.clear()
        self._closing = True
        self._answer(None)
        cancel: Any = self._cancel
        self._end()
        return None if absent(cancel) else cancel(reason)

    def _answer(self, chunk: Any) -> bool:
        waiter = self._waiter
        if waiter is None or waiter.done():
            return False
        waiter.set_result(chunk)
        return True

    # ---- what the controller does -----------------------------------------------------------------------

    @property
    def desired_size(self) -> float | None:
        """How much may be enqueued before the queue is full; None after an error."""
        if self._error is not None:
            return None
        return 0 if self._closing else self._mark - self._held

    @property
    def is_closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing

    @property
    def has_waiter(self) -> bool:
        """Whether somebody waits for a chunk."""
        return self._waiter is not None and not self._waiter.done()

    def enqueue(self, chunk: Any) -> None:
        """Add a chunk; TypeError after close or error."""
        self._request = None
        if self._closing or self._error is not None:
            raise type_error("Unable to enqueue: the stream is closed or errored.")
        if isinstance(chunk, (bytes, bytearray, memoryview)):
            warn_once("ReadableStream: a Python bytes object is no Uint8Array; in production use to_js(chunk).")
            chunk = bytes(chunk)
        if self.is_bytes and buffer_bytes(chunk) is None:
            raise type_error("This ReadableStream is a byte stream: chunks must be an ArrayBuffer or a view.")
        held = UNDEFINED if chunk is None else chunk
        if not self._answer(held):
            size = float(to_number(self._size(chunk))) if self._size is not None else self._natural_size(chunk)
            if math.isnan(size) or size < 0 or math.isinf(size):
                bad = range_error("The return value of a queuing strategy's size function must be a finite number.")
                self.fail(bad)
                raise bad
            self._queue.append((held, size))
            self._held += size
        self.pull_if_needed()

    def byob_request(self) -> ReadableStreamBYOBRequest | None:
        """Return the request for the buffer of who waits, if they brought one (or one is allocated for them)."""
        size = self.wanted_bytes or self._allocated_bytes
        if not self.has_waiter or not size:
            return None
        if self._request is None:
            self._request = ReadableStreamBYOBRequest.of(self, size)
        return self._request

    def answered(self, data: bytes) -> None:
        """Take the bytes that were written into the buffer of a request."""
        self._request = None
        if data:
            self.enqueue(data)
        else:
            self._answer(None)

    def _natural_size(self, chunk: Any) -> float:
        return len(buffer_bytes(chunk) or b"") if self.is_bytes else 1

    def close(self) -> None:
        """End the stream after what is queued; TypeError if it has ended already."""
        if self._closing or self._error is not None:
            raise type_error("Unable to close: the stream is closed or errored.")
        self._closing = True
        if not self._queue and self._request is None:
            self._answer(None)
            self._end()

    def fail(self, reason: Any) -> None:
        """Make the stream fail; what is queued is lost."""
        if self._error is not None or (self._closing and not self._queue):
            return
        self._queue.clear()
        self._error = as_exception(reason)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_exception(fresh(self._error))
        self._end()

    def pull_if_needed(self) -> None:
        """Call `pull` if there is room or somebody waits."""
        if not self._started or self._closing or self._error is not None or absent(self._pull):
            return
        if not self.has_waiter and not (self._mark - self._held > 0):
            return
        if self._pulling:
            self._pull_again = True
            return
        self._pulling = True
        try:
            result = self._pull(self.controller)  # type: ignore[misc]
            while not hasattr(result, "__await__"):
                if not self._take_pull_again():
                    self._pulling = False
                    return
                result = self._pull(self.controller)  # type: ignore[misc]
        except Exception as error:
            self._pulling = False
            self.fail(error)
            return
        self._spawn(self._after_pull(result))

    def _take_pull_again(self) -> bool:
        again, self._pull_again = self._pull_again, False
        return again and not self._closing and self._error is None and (self.has_waiter or self._mark - self._held > 0)

    async def _after_pull(self, result: Any) -> None:
        try:
            await of_user_code(result)
        except Exception as error:
            self.fail(error)
            return
        finally:
            self._pulling = False
        if self._take_pull_again():
            self.pull_if_needed()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class ReadableStreamDefaultController(JsProxy):
    """What `start` and `pull` are given."""

    __slots__ = ("_source",)

    def __init__(self, source: ControlledSource) -> None:
        self._source = source

    @property
    def desiredSize(self) -> Any:
        """Room in the queue; null after an error."""
        size = self._source.desired_size
        if size is None:
            return jsnull
        return int(size) if math.isfinite(size) and size == int(size) else size

    def enqueue(self, chunk: Any = None) -> None:
        """Add a chunk."""
        self._source.enqueue(chunk)

    def close(self) -> None:
        """End the stream after what is queued."""
        self._source.close()

    def error(self, reason: Any = None) -> None:
        """Make the stream fail."""
        self._source.fail(reason)


class ReadableByteStreamController(ReadableStreamDefaultController):
    """The controller of a stream with `type="bytes"`."""

    __slots__ = ()

    @property
    def byobRequest(self) -> Any:
        """The buffer that somebody wants filled; null if nobody waits with one."""
        request = self._source.byob_request()
        return jsnull if request is None else request


class ReadableStreamBYOBRequest(JsProxy):
    """A buffer to be filled: write into `view`, then `respond(count)`."""

    __slots__ = ("_source", "_view")

    _source: ControlledSource
    _view: Any

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of(cls, source: ControlledSource, size: int) -> ReadableStreamBYOBRequest:
        """Return a request for at most `size` bytes."""
        from pywrangler.runtime.js.typed_arrays import Uint8Array

        request = object.__new__(cls)
        request._source = source
        request._view = Uint8Array.new(size)
        return request

    @property
    def view(self) -> Any:
        """Where the bytes go; null after the answer."""
        return self._view

    @property
    def atLeast(self) -> int:
        """How many bytes the answer needs to have."""
        return 1

    def respond(self, count: Any = None) -> None:
        """Give the first `count` bytes of the view; 0 only after the controller was closed."""
        if self._view is jsnull:
            raise type_error("This ReadableStreamBYOBRequest has been invalidated.")
        number = int(to_number(count))
        if number > self._view.byteLength:
            raise range_error("Too many bytes to respond with.")
        self._answer(self._view.to_bytes()[:number])

    def respondWithNewView(self, view: Any = None) -> None:
        """Give the bytes of another view."""
        data = buffer_bytes(view)
        if self._view is jsnull or data is None:
            raise type_error("This ReadableStreamBYOBRequest has been invalidated.")
        self._answer(data)

    def _answer(self, data: bytes) -> None:
        if not data and not self._source.is_closing:
            raise type_error("The bytesWritten must be more than zero while the stream is open.")
        if data and self._source.is_closing:
            raise type_error("The bytesWritten must be zero after the stream is closed.")
        self._view = jsnull
        self._source.answered(data)


class CountQueuingStrategy(JsProxy):
    """Counts chunks."""

    def __init__(self, init: Any = None, **keywords: Any) -> None:
        self.highWaterMark = options(init, keywords).get("highWaterMark")

    def size(self, chunk: Any = None) -> int:  # noqa: ARG002
        """Every chunk counts one."""
        return 1


class ByteLengthQueuingStrategy(JsProxy):
    """Counts bytes."""

    def __init__(self, init: Any = None, **keywords: Any) -> None:
        self.highWaterMark = options(init, keywords).get("highWaterMark")

    def size(self, chunk: Any = None) -> Any:
        """Return the chunk's `byteLength`."""
        return chunk.byteLength
