"""The loop of a host, and what becomes of loops that user code starts inside a handler.

In production there is one loop, and `asyncio.run`, `Runner.run` and `run_until_complete` inside a handler suspend the
handler until their coroutine is done, by stack switching. So it is here, through `run_sync`: the coroutine becomes a
task of the host's loop, and other events go on meanwhile.

- Inside a handler every new loop is the host's, which neither stops nor closes nor cancels what others run.
- A loop of another kind (made at module level, or by its class) hands its coroutines to the host's loop.
- `all_tasks` inside a handler lists what user code started. Asked for the tasks of a loop that was made in the handler,
  it lists what was begun there: runners cancel what their loop left over, which must not be the handler itself.
- Everywhere else, in threads and at module level, asyncio is as it was.
- `wait_for` is that of Python 3.12, also on 3.11, whose own cancels what it waits for when a handler is interrupted
  (`runtime.cancellation`).

`install` changes asyncio in place, so that it does not matter who imported which name before.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
from asyncio import base_events, events, runners, tasks
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

import uvloop

from pywrangler.runtime import context
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.sync_bridge import can_run_sync, run_sync
from pywrangler.runtime.tasks import loop_within, tasks_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class HostLoop(uvloop.Loop):
    """The loop of a host: it lives as long as the process, whatever a handler does to it."""

    def run_until_complete(self, future: Any) -> Any:
        """Run the loop; inside a handler, wait for `future` while the loop runs on."""
        return wait_in_handler(self, future) if is_in_handler(self) else super().run_until_complete(future)

    def run_forever(self) -> None:
        """Run the loop; inside a handler it runs already."""
        if not is_in_handler(self):
            super().run_forever()

    def stop(self) -> None:
        """Stop the loop, unless a handler asks."""
        if not is_in_handler(self):
            super().stop()

    def close(self) -> None:
        """Close the loop, unless a handler asks."""
        if not is_in_handler(self):
            super().close()

    async def shutdown_asyncgens(self) -> None:
        """End asynchronous generators; those of a handler are not told from those of others, so it ends none."""
        if context.current() is None:
            await super().shutdown_asyncgens()

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """End the executor, unless a handler asks."""
        if context.current() is None:
            await super().shutdown_default_executor(*(() if timeout is None else (timeout,)))

    def set_debug(self, enabled: bool) -> None:
        """Set debug mode, unless a handler asks."""
        if not is_in_handler(self):
            super().set_debug(enabled)

    def set_exception_handler(self, handler: Any) -> None:
        """Say who is told of failures that nobody took; in a handler it stays the host."""
        if not is_in_handler(self):
            super().set_exception_handler(handler)

    def set_task_factory(self, factory: Any) -> None:
        """Say how tasks are made; in a handler that stays as it is."""
        if not is_in_handler(self):
            super().set_task_factory(factory)


def is_in_handler(loop: Any) -> bool:
    """Tell whether code of an event runs on `loop`, which is a host's."""
    return context.current() is not None and events._get_running_loop() is loop


def handler_loop() -> HostLoop | None:
    """Return the host's loop if code of an event runs on it, here."""
    loop = events._get_running_loop()
    return loop if isinstance(loop, HostLoop) and context.current() is not None else None


def wait_in_handler(loop: HostLoop, future: Awaitable[Any]) -> Any:
    """Return the result of `future`; a coroutine becomes a task of `loop`."""
    if not can_run_sync():
        if hasattr(future, "close"):
            future.close()
        raise RuntimeError("This event loop is already running, and no handler runs here that could be suspended")
    if not asyncio.iscoroutine(future):
        return run_sync(asyncio.ensure_future(future, loop=loop))
    inside = copy_context()
    inside.run(loop_within.set, _made.get())
    inside.run(_made.set, None)
    task = loop.create_task(future, context=inside)
    try:
        return run_sync(task)
    finally:
        interrupt(task)  # it is the handler's: who ends that ends it, too


_made: ContextVar[object] = ContextVar("pywrangler_loop_made", default=None)
"""What stands for the loop that the handler made last; None if it made none."""


def made_in_handler() -> HostLoop | None:
    """Return the loop that user code gets who makes one in a handler; None elsewhere."""
    loop = handler_loop()
    if loop is not None:
        _made.set(object())
    return loop


class HostPolicy(asyncio.DefaultEventLoopPolicy):
    """Inside a handler there is one loop, the host's; elsewhere asyncio's own policy."""

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the handler, or of the thread."""
        return handler_loop() or super().get_event_loop()

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """Return the loop of the handler, or a new one."""
        return made_in_handler() or super().new_event_loop()

    def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Set the loop of the thread; in a handler it stays the host's."""
        if handler_loop() is None:
            super().set_event_loop(loop)


class _EventsOfRunners:
    """`asyncio.events` as `asyncio.runners` sees it: no loop runs in a handler, so that another may be started."""

    def __getattr__(self, name: str) -> Any:
        return getattr(events, name)

    @staticmethod
    def _get_running_loop() -> asyncio.AbstractEventLoop | None:
        return None if handler_loop() is not None else events._get_running_loop()

    @staticmethod
    def new_event_loop() -> asyncio.AbstractEventLoop:
        return made_in_handler() or events.new_event_loop()

    @staticmethod
    def set_event_loop(loop: asyncio.AbstractEventLoop | None) -> None:
        if handler_loop() is None:
            events.set_event_loop(loop)


def install() -> None:
    """Let user code start loops inside handlers; for the process of a host only."""
    asyncio.set_event_loop_policy(HostPolicy())
    runners.events = _EventsOfRunners()  # type: ignore[attr-defined]
    _replace(runners, "_cancel_all_tasks", _unless_in_handler)
    _replace(tasks, "all_tasks", _of_user_code)
    asyncio.all_tasks = tasks.all_tasks
    _replace(runners.Runner, "_lazy_init", _without_factory)
    _replace(base_events.BaseEventLoop, "run_until_complete", _given_to_host)
    _replace(base_events.BaseEventLoop, "run_forever", _unless_in_handler)
    if sys.version_info < (3, 12):
        _replace(tasks, "wait_for", _in_the_same_task)
        asyncio.wait_for = tasks.wait_for


def _replace(owner: Any, name: str, change: Callable[[Any], Any]) -> None:
    original = getattr(owner, name)
    if not hasattr(original, "__wrapped__"):
        setattr(owner, name, functools.wraps(original)(change(original)))


def _unless_in_handler(original: Any) -> Any:
    def changed(*args: Any) -> Any:
        return original(*args) if handler_loop() is None else None

    return changed


def _of_user_code(original: Any) -> Any:
    def changed(loop: Any = None) -> Any:
        host = handler_loop()
        if host is None or loop not in {None, host}:
            return original(loop)
        made = None if loop is None else _made.get()
        return tasks_of(loop_within.get() if made is None else made)

    return changed


def _in_the_same_task(original: Any) -> Any:
    async def changed(fut: Any, timeout: float | None) -> Any:
        if timeout is not None and timeout <= 0:
            return await original(fut, timeout)
        async with asyncio.timeout(timeout):
            return await fut

    return changed


def _without_factory(original: Any) -> Any:
    def changed(runner: Any) -> Any:
        if handler_loop() is not None:
            runner._loop_factory = None
        return original(runner)

    return changed


def _given_to_host(original: Any) -> Any:
    def changed(loop: Any, future: Any) -> Any:
        host = handler_loop()
        if host is None:
            return original(loop, future)
        with contextlib.suppress(AttributeError):
            if future.get_loop() is not host:
                raise RuntimeError("The future belongs to another event loop, which cannot run inside a handler")
        return wait_in_handler(host, future)

    return changed
