"""Libraries that leave the event loop for a thread, or a thread for the event loop, stay where they are in Workers.

Workers have one thread. Where anyio and asgiref (FastAPI, Starlette, Django) would use another, the function is called
at once instead, so a plain `def` endpoint sees the same context, the same storage and the same single thread as in
production, and may `run_sync`.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.sync_bridge import can_run_sync, run_sync

if TYPE_CHECKING:
    from collections.abc import Callable

_done: set[str] = set()


def run_threads_inline() -> None:
    """Change what has been imported by now; cheap if there is nothing to do."""
    for name, change in _CHANGES.items():
        if name not in _done and name in sys.modules:
            _done.add(name)
            change()


def _anyio() -> None:
    from anyio import to_thread

    async def run_inline(function: Callable[..., Any], *args: Any, **_options: Any) -> Any:
        return function(*args)

    to_thread.run_sync = run_inline  # type: ignore[assignment]


def _asgiref() -> None:
    sync: Any = sys.modules["asgiref.sync"]
    in_thread, in_loop = sync.SyncToAsync.__call__, sync.AsyncToSync.__call__

    @functools.wraps(in_thread)
    async def call_sync(self: Any, *args: Any, **keywords: Any) -> Any:
        if context.current() is None:
            return await in_thread(self, *args, **keywords)
        return self.func(*args, **keywords)

    @functools.wraps(in_loop)
    def call_async(self: Any, *args: Any, **keywords: Any) -> Any:
        if not can_run_sync():
            return in_loop(self, *args, **keywords)
        return run_sync(self.awaitable(*args, **keywords))

    sync.SyncToAsync.__call__ = call_sync
    sync.AsyncToSync.__call__ = call_async


_CHANGES: dict[str, Callable[[], None]] = {"anyio.to_thread": _anyio, "asgiref.sync": _asgiref}
