"""Where a ReadableStream's chunks come from: the interface, and the sources that need no I/O.

A source's `cancel` makes a pending `pull` end; after it nothing is pulled any more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.sync_bridge import of_user_code, run_in_greenlet

if TYPE_CHECKING:
    from pywrangler.runtime.js.readable import ReadableStream


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


class IteratorSource:
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
                item = await run_in_greenlet(self._next)
            else:
                item = next(self._iterator)
                if hasattr(item, "__await__"):
                    item = await of_user_code(item)
        except (StopIteration, StopAsyncIteration):
            return None
        return UNDEFINED if item is None else item

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        self._iterator = iter(())


class Tee:
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


class Branch:
    """One side of a tee."""

    def __init__(self, shared: Tee, side: int) -> None:
        self._shared = shared
        self._side = side

    async def pull(self) -> Any:
        return await self._shared.pull(self._side)

    def cancel(self, reason: Any) -> Any:
        return self._shared.cancel(self._side, reason)
