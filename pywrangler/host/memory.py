"""When a host's memory is given back: the garbage collector, and the allocator's free pages.

Most of what a request used goes away with its last reference. Cycles stay: an exception that is kept refers to the
frames that it has passed, whose locals refer to the body of a response, 20 MiB in three objects. The collector counts
objects, and three more in the oldest generation never reach its threshold. So it is told when to look:

- When the host has been quiet for `QUIET_SECONDS` after something happened. Nobody waits then, and what an idle host
  keeps is what it needs.
- Under a load that never pauses, when the process has grown by `GROWTH_BYTES` since it last looked.

A host that nothing happens in has no timer. Modules are frozen once the Worker is loaded (`gc.freeze`), so that a look
costs in proportion to what requests and objects have made.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import resource
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    MakeTask = Callable[..., asyncio.Task[Any]]

QUIET_SECONDS = 1.0
GROWTH_BYTES = 64 * 1024 * 1024
THRESHOLDS = (20_000, 50, 50)
_STATM = Path("/proc/self/statm")


class Memory:
    """Collects garbage when it is worth it; every task that is made counts as something that happens."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_watching = False
        self._tasks = 0
        self._size_bytes = 0
        self.looks = 0
        """How often it has collected."""

    def begin(self) -> None:
        """Take what is there for permanent: the Worker is loaded."""
        gc.set_threshold(*THRESHOLDS)
        gc.freeze()
        self._size_bytes = size_bytes()

    def counting(self, make_task: MakeTask) -> MakeTask:
        """Return a task factory that lets us know of every task."""

        def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
            self._tasks += 1
            if not self._is_watching:
                self._is_watching = True
                self._watch()
            return make_task(loop, coroutine, **options)

        return make

    def _watch(self) -> None:
        self._loop.call_later(QUIET_SECONDS, self._look, self._tasks)

    def _look(self, tasks: int) -> None:
        if self._tasks == tasks:
            self._is_watching = False
        elif size_bytes() < self._size_bytes + GROWTH_BYTES:
            self._watch()
            return
        else:
            self._watch()
        self._collect()

    def _collect(self) -> None:
        gc.collect()
        give_back()
        self.looks += 1
        self._size_bytes = size_bytes()


def size_bytes() -> int:
    """Return how much memory the process has; where the system does not tell, the most that it ever had."""
    try:
        pages = int(_STATM.read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize()


def give_back() -> None:
    """Return pages to the system that the C library keeps for later (glibc; others do it by themselves)."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
