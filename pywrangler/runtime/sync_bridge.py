"""Waiting for an awaitable in the middle of synchronous code: `run_sync`, by way of greenlets.

Code that may call `run_sync` runs in a *worker* greenlet while the loop's greenlet ("home") drives it:

    home                                    worker
    run_in_greenlet(f) ── call ──────────>  f() … run_sync(awaitable)
    awaits it          <── wait ──────────
                       ── result ────────>  … goes on, returns

A coroutine that `f` returns is driven step by step in the same manner, so `run_sync` works below any `await` of it.
Between steps the worker is idle and serves others; a pool of one is the common case. The worker runs in the context
of the task, so context variables behave as if it were not there.
"""

from __future__ import annotations

from types import CoroutineType
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator

_idle: list[_Worker] = []
_POOL_SIZE = 32

_RETURNED, _RAISED, _WAITS = range(3)
"""Why a worker gave control back."""


class _Worker(greenlet):  # type: ignore[misc]
    """A greenlet that performs calls, one after the other."""

    home: Any = None
    """Who waits for the current call; None while idle."""

    def run(self, call: Callable[[], Any]) -> None:
        """Perform calls for ever; the first is the argument, each switch to `home` brings the next."""
        while True:
            try:
                message = (_RETURNED, call())
            except BaseException as error:  # handed to whoever waits
                message = (_RAISED, error)
            call = self.home.switch(message)


async def run_in_greenlet(function: Callable[[], Any]) -> Any:
    """Call `function` and await what it returns, if that can be awaited, so that `run_sync` works inside."""
    return await _Driven(_Call(function))


def run_sync(awaitable: Awaitable[Any]) -> Any:
    """Wait for `awaitable` without `await`; RuntimeError where that is impossible (see `can_run_sync`)."""
    worker = getcurrent()
    if not isinstance(worker, _Worker) or worker.home is None:
        if hasattr(awaitable, "close"):
            awaitable.close()
        raise RuntimeError(
            "Cannot run_sync here: no handler of the Worker is running in this task. "
            "Await instead, or call it from the handler itself."
        )
    kind, value = worker.home.switch((_WAITS, awaitable))
    if kind == _RAISED:
        raise value
    return value


def can_run_sync() -> bool:
    """Tell whether `run_sync` works here."""
    worker = getcurrent()
    return isinstance(worker, _Worker) and worker.home is not None


class _Step:
    """Awaitable: one call in a worker, with its `run_sync`s awaited in between."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], Any]) -> None:
        self.call = call

    def __await__(self) -> Generator[Any, Any, Any]:
        worker = _idle.pop() if _idle else _Worker()
        home = getcurrent()
        worker.home = home
        worker.gr_context = home.gr_context
        kind, value = worker.switch(self.call)
        while kind == _WAITS:
            try:
                answer = (_RETURNED, (yield from _awaitable_of(value)))
            except BaseException as error:  # raised inside, where it was waited for
                answer = (_RAISED, error)
            worker.home = getcurrent()
            kind, value = worker.switch(answer)
        worker.home = None
        worker.gr_context = None
        if len(_idle) < _POOL_SIZE:
            _idle.append(worker)
        if kind == _RAISED:
            try:
                raise value
            finally:
                del value
        return value


class _Driven:
    """Awaitable: a coroutine, every step of which runs in a worker."""

    __slots__ = ("advance",)

    def __init__(self, advance: _Send) -> None:
        self.advance = advance

    def __await__(self) -> Generator[Any, Any, Any]:
        advance = self.advance
        while True:
            finished, value = yield from _Step(advance).__await__()
            if finished:
                return value
            try:
                advance = _Send(advance.steps, (yield value))
            except BaseException as error:  # cancellation and failures go to the coroutine
                advance = _Throw(advance.steps, error)


class _Send:
    """Callable: resume a coroutine with a value; (True, result) when it ended, else (False, what it waits for)."""

    __slots__ = ("steps", "value")

    def __init__(self, steps: Any, value: Any = None) -> None:
        self.steps = steps
        self.value = value

    def __call__(self) -> tuple[bool, Any]:
        try:
            return False, self.resume()
        except StopIteration as end:
            return True, end.value

    def resume(self) -> Any:
        return self.steps.send(self.value) if hasattr(self.steps, "send") else next(self.steps)


class _Call(_Send):
    """Callable: call a function and begin the coroutine that it may return."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function = function

    def __call__(self) -> tuple[bool, Any]:
        result = self.function()
        if type(result) is CoroutineType:
            self.steps = result
        elif hasattr(result, "__await__"):
            self.steps = result.__await__()
        else:
            return True, result
        self.value = None
        return super().__call__()


class _Throw(_Send):
    """Callable: resume a coroutine with an exception."""

    __slots__ = ()

    def resume(self) -> Any:
        if not hasattr(self.steps, "throw"):
            raise self.value
        return self.steps.throw(self.value)


def _awaitable_of(value: Any) -> Generator[Any, Any, Any]:
    return _await(value).__await__()


async def _await(value: Any) -> Any:
    return await value


def bridged(coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
    """Return a coroutine that runs `coroutine` so that `run_sync` works inside."""

    async def run() -> Any:
        return await _Driven(_Send(coroutine))

    return run()
