"""Which tasks are user code's, and what they get: `run_sync` works in them, and those of an object pass its gates.

A task belongs to user code if the coroutine was written by the user (or a library of theirs), or if it is one of ours
that says so by `runs_user_code`, because it calls back into user code. A task of an object keeps the object in memory
and ends with its instance.

A loop that user code starts inside a handler (`asyncio.run`, a `Runner`) is the host's loop, so the tasks begun in it
are marked: `tasks_of` tells them from those of the handler and of the host.
"""

from __future__ import annotations

import asyncio
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pywrangler.runtime import context
from pywrangler.runtime.futures import PyodideTask
from pywrangler.runtime.gates import drive
from pywrangler.runtime.sync_bridge import bridged
from pywrangler.runtime.user_code import OF_USER_CODE

if TYPE_CHECKING:
    from collections.abc import Coroutine

loop_within: ContextVar[object] = ContextVar("pywrangler_loop_within", default=None)
"""What stands for the loop that this code runs in; None for the handler's own."""

_started: WeakKeyDictionary[asyncio.Task[Any], object] = WeakKeyDictionary()
"""The tasks of user code, each with the value of `loop_within` that it was started with."""

PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep  # noqa: PTH120 - compared with code file names


def make_task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """Make a task, as the task factory of a host's loop."""
    event = context.current()
    code = getattr(coroutine, "cr_code", None)
    if (
        event is not None
        and code is not None
        and (id(code) in OF_USER_CODE or not code.co_filename.startswith(PACKAGE))
    ):
        actor = event.actor
        outer = _contained(coroutine) if actor is None else _driven(coroutine, actor)
        task = PyodideTask(outer, loop=loop, **options)
        # One that is cancelled before it began never gets to the inner coroutine, which would complain.
        task.add_done_callback(lambda _task: coroutine.close())
        if actor is not None:
            actor.adopt(task)
        _started[task] = loop_within.get()
        return task
    return asyncio.Task(coroutine, loop=loop, **options)


def tasks_of(loop: object) -> set[asyncio.Task[Any]]:
    """Return the unfinished tasks that user code started in a loop of its own, or, with None, in handlers."""
    return {task for task, within in _started.items() if within is loop and not task.done()}


async def _contained(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await bridged(coroutine)
    except (SystemExit, KeyboardInterrupt) as problem:
        raise as_failure(problem) from problem


def as_failure(problem: BaseException) -> RuntimeError:
    """Return what to raise in the place of an exception with which asyncio would end the process of all others."""
    return RuntimeError(f"{type(problem).__name__} cannot end the Worker: {problem}")


async def _driven(coroutine: Coroutine[Any, Any, Any], actor: Any) -> Any:
    return await drive(_contained(coroutine), actor.inputs, actor.outputs)
