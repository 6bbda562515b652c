"""Ending code without ending what it waits for.

asyncio's cancellation travels: `task.cancel()` cancels the future that the task awaits, which may be a task that
awaits another one, and so on. JavaScript has nothing of the kind: a promise belongs to nobody and cannot be cancelled,
and when the platform ends an invocation, others that wait for the same promise do not notice. Code written for the
platform relies on that. A task given to `waitUntil`, a future in a module's global, the answer of an object that
several requests await: the first of them whose client leaves would take it away from all.

    handler ──awaits──> Watch ──watches──> task, future, promise, gather, ...
       ^                  │
       └── interrupt ─────┘   (goes no further)

- Whenever user code suspends, its task waits for a `Watch` in the place of what was awaited (`sync_bridge`).
- `interrupt(task)` is how the platform ends a task of user code: CancelledError is raised where it waits. What it
  waits for goes on, and is still there for whoever else wants it. `Limit` does the same when a time is over.
- What the task does while it unwinds goes no further either: a TaskGroup ends its children, and what those children
  wait for goes on.
- What asyncio's locks and queues wait for belongs to them alone. It is cancelled, because a semaphore takes one that
  is not for a waiter that was let in.
- Where user code cancels (`task.cancel()`, `asyncio.timeout`), asyncio's own rule holds, but for JavaScript promises.

So `task.cancel()` is right for tasks that run our code only. One that may be inside user code is interrupted.

When the client of an invocation leaves, its handler is interrupted once nothing is under way that `waitUntil` was
given, because on the platform `waitUntil` keeps the whole invocation alive (`leave`). Calls that it has made, tasks
that it has started, events of objects and other Workers go on.
"""

from __future__ import annotations

import asyncio
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

LINGER_SECONDS = 30.0
"""So long `waitUntil` keeps a handler running whose client has left
(https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil).
"""

_WITH_WAITERS = {"asyncio.locks", "asyncio.queues"}
"""Modules whose functions wait for futures that they have made."""

_interrupted: WeakSet[asyncio.Task[Any]] = WeakSet()
_is_interrupting = False


class Watch:
    """What a task waits for in the place of a future."""

    __slots__ = ("_asyncio_future_blocking", "_future", "_is_promise", "_steps", "_task", "_wake")

    def __init__(self, future: Any, steps: Any = None, *, is_promise: bool) -> None:
        """Watch a future that the coroutine `steps` awaits; a promise is never cancelled by those who wait for it."""
        self._future = future
        self._is_promise = is_promise
        self._steps = steps
        self._asyncio_future_blocking = True  # asyncio's sign of something to wait for
        self._wake: Any = None
        self._task: asyncio.Task[Any] | None = None

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the future."""
        loop: asyncio.AbstractEventLoop = self._future.get_loop()
        return loop

    def add_done_callback(self, wake: Callable[[Any], Any], *, context: Any) -> None:
        """Wake the task when the future is done."""
        self._wake = (wake, context)
        self._task = asyncio.current_task()
        self._future.add_done_callback(wake, context=context)

    def cancel(self, msg: Any = None) -> bool:
        """Wake the task with its cancellation, which reaches the future only if user code asked for it."""
        loop = self._future.get_loop()
        is_ending = _is_interrupting or asyncio.current_task(loop) in _interrupted
        steps, self._steps = self._steps, None
        if not self._is_promise and (not is_ending or _is_waiter(steps)):
            if is_ending and self._task is not None:
                _interrupted.add(self._task)
            cancelled: bool = self._future.cancel(msg=msg)
            return cancelled
        wake, context = self._wake
        if not self._future.remove_done_callback(wake):
            return False  # it is done, or was left already: the task is about to wake
        if is_ending and self._task is not None:
            _interrupted.add(self._task)
        if self._is_promise:
            self._future.add_done_callback(_observe)  # it had its observer, so that its failure is no news
        self._is_promise = True  # for it is no longer this task's
        loop.call_soon(wake, self, context=context)
        return True

    def result(self) -> Any:
        """Raise the cancellation in the task."""
        raise asyncio.CancelledError


def _observe(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()


def _is_waiter(steps: Any) -> bool:
    """Tell whether what a suspended coroutine waits for in the end was made by a lock or a queue."""
    while isinstance(awaited := getattr(steps, "cr_await", None), CoroutineType):
        steps = awaited
    frame = getattr(steps, "cr_frame", None)
    return frame is not None and frame.f_globals.get("__name__") in _WITH_WAITERS


def watched(awaited: Any, steps: Any = None) -> Any:
    """Return what a task is to wait for: a watch, if what the coroutine `steps` awaits is a future."""
    if type(awaited) is Watch or getattr(awaited, "_asyncio_future_blocking", None) is not True:
        return awaited
    awaited._asyncio_future_blocking = False
    return Watch(awaited, steps, is_promise=False)


def interrupt(future: asyncio.Future[Any], reason: str | None = None) -> None:
    """End a task as the platform does: it is cancelled, what user code in it waits for is not.

    A future that is no task is cancelled.
    """
    global _is_interrupting
    if future.done():
        return
    if isinstance(future, asyncio.Task):
        if future is asyncio.current_task(future.get_loop()):
            future.get_loop().call_soon(interrupt, future, reason)
            return
        _interrupted.add(future)
    was_interrupting, _is_interrupting = _is_interrupting, True
    try:
        future.cancel(reason)
    finally:
        _is_interrupting = was_interrupting


async def leave(handler: asyncio.Task[Any], waited: Collection[asyncio.Future[Any]]) -> None:
    """End a handler whose client has left, as soon as nothing is under way of what is in `waited` at that time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LINGER_SECONDS
    while not handler.done() and (pending := list(waited)):
        seconds = deadline - loop.time()
        if seconds <= 0:
            break
        await asyncio.wait((*pending, handler), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    interrupt(handler)


class Limit:
    """`asyncio.timeout` for user code: when `end` is called, it is interrupted, and TimeoutError raised outside.

    `begin(end)` sets the clock and returns what stops it.
    """

    __slots__ = ("_begin", "_cancelling", "_task", "_timer", "is_over")

    def __init__(self, begin: Callable[[Callable[[], None]], Any]) -> None:
        self._begin = begin
        self._timer: Any = None
        self._task: asyncio.Task[Any] | None = None
        self._cancelling = 0
        self.is_over = False

    @classmethod
    def of(cls, seconds: float) -> Limit:
        """Return a limit on the loop's clock."""
        return cls(lambda end: asyncio.get_running_loop().call_later(seconds, end))

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._timer = self._begin(self._end)
        return self

    def _end(self) -> None:
        if self._task is not None:
            self.is_over = True
            interrupt(self._task)

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._timer.cancel()
        task, self._task = self._task, None
        assert task is not None
        if not self.is_over:
            return
        _interrupted.discard(task)
        if task.uncancel() <= self._cancelling and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from problem
