"""Waiting for an awaitable in the middle of synchronous code: `run_sync`, by way of greenlets.

Code that may call `run_sync` runs in a *worker* greenlet while the loop's greenlet ("home") drives it:

    home                                    worker
    run_in_greenlet(f) ── call ──────────>  f() … run_sync(awaitable)
    awaits it          <── wait ──────────
                       ── result ────────>  … goes on, returns

A coroutine that `f` returns is driven step by step in the same manner, so `run_sync` works below any `await` of it.
Between steps the worker is idle and serves others; a pool of one is the common case. The worker runs in the context
of the task, so context variables behave as if it were not there.

This is on the path of every event, so it is written for speed: one switch there and one back for each step.
"""

from __future__ import annotations

from asyncio import isfuture
from types import CoroutineType, coroutine
from typing import TYPE_CHECKING, Any

from greenlet import getcurrent, greenlet

from pywrangler.runtime.cancellation import Watch, watched

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Coroutine, Generator

_idle: list[_Worker] = []
_POOL_SIZE = 32

_RETURNED, _RAISED, _ENDED, _WAITS = range(4)
"""Why a worker gave control back: its call returned, raised, or ended a coroutine; or `run_sync` waits."""


class _Worker(greenlet):  # type: ignore[misc]
    """A greenlet that performs calls, one after the other."""

    __slots__ = ("callbacks", "home", "kind", "steps", "value")

    def __init__(self) -> None:
        super().__init__()
        self.home: Any = None
        """Who waits for the current call; None while idle."""
        self.kind = _RETURNED
        self.value: Any = None
        """The outcome of the call, or what `run_sync` waits for; taken by `_drive`."""
        self.steps: Any = None
        """The coroutine that the call began."""
        self.callbacks = 0
        """How many calls by `as_callback` are under way."""

    def run(self, call: Callable[..., Any], argument: Any) -> None:
        """Perform calls for ever; the arguments are the first, each switch to `home` brings the next."""
        while True:
            try:
                self.value = call(argument)
                self.kind = _RETURNED
            except StopIteration as end:
                self.kind, self.value = _ENDED, end.value
            except BaseException as error:  # handed to whoever waits
                self.kind, self.value = _RAISED, error
            del call, argument  # nothing shall live longer because this greenlet idles
            call, argument = self.home.switch()


def _begin(function: Callable[[], Any]) -> Any:
    """Call `function`; if what it returns can be awaited, take the first step."""
    worker = getcurrent()
    try:
        result = function()
    except StopIteration as end:  # means something else to who made this call
        raise RuntimeError("the function raised StopIteration") from end
    if type(result) is CoroutineType:
        worker.steps = result
        return result.send(None)
    if not hasattr(result, "__await__"):
        return result
    worker.steps = steps = result.__await__()
    return steps.send(None) if hasattr(steps, "send") else next(steps)


async def run_in_greenlet(function: Callable[[], Any]) -> Any:
    """Call `function` and await what it returns, if that can be awaited, so that `run_sync` works inside."""
    return await _drive(_begin, function, None)


async def bridged(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run `coroutine` so that `run_sync` works inside."""
    return await _drive(coroutine.send, None, coroutine)


def of_user_code(value: Awaitable[Any]) -> Awaitable[Any]:
    """Return what awaits `value`, the result of a callback, so that `run_sync` works inside."""
    return bridged(value) if type(value) is CoroutineType else value


@coroutine
def _drive(call: Callable[..., Any], argument: Any, steps: Any) -> Generator[Any, Any, Any]:
    """Make the call in a worker, then each further step of the coroutine that it began, or of `steps`."""
    while True:
        worker = _idle.pop() if _idle else _Worker()
        worker.home = home = getcurrent()
        worker.gr_context = home.gr_context
        worker.switch(call, argument)
        argument = None  # an exception in a local of a frame that it has passed would be a cycle
        while worker.kind == _WAITS:
            try:
                answer = (_RETURNED, (yield from _awaited(worker.value)))
            except BaseException as error:  # raised inside, where it was waited for
                answer = (_RAISED, error)
            worker.home = getcurrent()
            worker.switch(answer)
            del answer
        kind, value = worker.kind, worker.value
        if worker.steps is not None:
            steps, worker.steps = worker.steps, None
        worker.home = worker.value = worker.gr_context = None
        if len(_idle) < _POOL_SIZE:
            _idle.append(worker)
        if kind == _RAISED:
            try:
                raise value
            finally:
                del value
        if kind == _ENDED or steps is None:
            return value
        try:
            argument = yield watched(value, steps)
            call = steps.send if hasattr(steps, "send") else _next_of(steps)
        except BaseException as error:  # cancellation and failures go to the coroutine
            call, argument = _thrower(steps), error
        del value


def _next_of(steps: Any) -> Callable[[Any], Any]:
    return lambda _sent: next(steps)


def _thrower(steps: Any) -> Callable[[BaseException], Any]:
    if hasattr(steps, "throw"):
        return steps.throw  # type: ignore[no-any-return]

    def raise_it(error: BaseException) -> Any:
        raise error

    return raise_it


NO_SWITCH = (
    "Cannot stack switch because the Python entrypoint was a synchronous function. Use pyFunc.callPromising() to fix. "
    "(run_sync works in handlers, constructors, tasks and async callbacks: make this callback async, or await.)"
)
"""Pyodide's words, and in brackets what that means for a Worker."""


def run_sync(awaitable: Awaitable[Any]) -> Any:
    """Wait for `awaitable` without `await`; RuntimeError where that is impossible (see `can_run_sync`)."""
    worker = getcurrent()
    if type(worker) is not _Worker or worker.home is None:
        if hasattr(awaitable, "close"):
            awaitable.close()
        raise RuntimeError(NO_SWITCH)
    worker.kind, worker.value = _WAITS, awaitable
    kind, value = worker.home.switch()
    if kind == _RAISED:
        try:
            raise value
        finally:
            del value
    return value


def can_run_sync() -> bool:
    """Tell whether `run_sync` works here."""
    worker = getcurrent()
    return type(worker) is _Worker and worker.home is not None


def as_callback(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a listener or a timer's function as JavaScript would: what is synchronous in it may not `run_sync`.

    Only user code is held to that (`is_in_callback`): blocking sockets below it still let other handlers run.
    """
    worker = getcurrent()
    if type(worker) is not _Worker:
        return function(*arguments)
    worker.callbacks += 1
    try:
        return function(*arguments)
    finally:
        worker.callbacks -= 1


def is_in_callback() -> bool:
    """Tell whether code runs that JavaScript called synchronously."""
    worker = getcurrent()
    return type(worker) is _Worker and worker.callbacks > 0


def _awaited(value: Any) -> Generator[Any, Any, Any]:
    if isfuture(value):
        return _outcome(value)
    # What is waited for may itself `run_sync`.
    return (bridged(value) if type(value) is CoroutineType else run_in_greenlet(lambda: value)).__await__()


def _outcome(future: Future[Any]) -> Generator[Any, Any, Any]:
    if not future.done():
        yield Watch(future, is_promise=False)
    return future.result()
