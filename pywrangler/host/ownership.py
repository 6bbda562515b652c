"""When a host begins with what exists once: objects' alarms, workflows and queues.

It does so when its session owns the Worker's state (`runtime.state_lock`), and takes over what others have left behind
when, beyond that, no predecessor runs any more. A host that has a successor does neither.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pywrangler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.protocol.state_lock import Holder
    from pywrangler.runtime.worker import WorkerRuntime

LOCK_SECONDS = 1.0
"""Between two looks whether another session has let go of the Worker's state."""


class Ownership:
    """The Worker's state, as far as this host is concerned with it."""

    def __init__(self, worker: WorkerRuntime, notice: Callable[[Problem], None]) -> None:
        self._worker = worker
        self._notice = notice
        self._has_begun = False
        self._has_ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._sole = asyncio.Event()

    def begin(self) -> None:
        """Begin if this session owns the state, else as soon as it does; the user is told where it is until then."""
        lock = self._worker.state_lock
        if lock is None or lock.take():
            self._begin_as_owner()
            return
        self._notice(_kept_elsewhere(self._worker.config.name, lock.holder()))
        lock.when_taken(self._begin_as_owner)
        self._look()

    def _look(self) -> None:
        """Try now and then: alarms and what waits in queues need an owner, also while no event comes."""
        lock = self._worker.state_lock
        if lock is not None and not self._has_ended and not lock.take():
            self._timer = asyncio.get_running_loop().call_later(LOCK_SECONDS, self._look)

    def _begin_as_owner(self) -> None:
        if self._has_ended:
            return  # the successor does
        if self._timer is not None:
            self._timer.cancel()
        if self._worker.exports.objects:
            self._worker.objects.start_alarms()
        for companion in self._worker.companions:
            companion.begin()
        self._has_begun = True
        self._recover()

    def predecessor_gone(self) -> None:
        """No host before this one runs any more, or there was none."""
        self._sole.set()
        self._recover()

    def _recover(self) -> None:
        if self._has_begun and self._sole.is_set() and not self._has_ended:
            for callback in self._worker.when_sole:
                callback()

    async def sole(self) -> None:
        """Wait until no predecessor runs any more."""
        await self._sole.wait()

    def end(self) -> None:
        """Begin nothing more: a successor does, or the host ends."""
        self._has_ended = True
        if self._timer is not None:
            self._timer.cancel()


def _kept_elsewhere(worker: str, holder: Holder | None) -> Problem:
    known = "" if holder is None else f" (pid {holder.pid}, {holder.url})"
    return Problem(
        "state-elsewhere",
        f'Objects, workflows and queues of the Worker "{worker}" are kept by another session{known} that uses the same '
        "directory of local data. Their events go there, and run the code of that session.",
        "Give this session data of its own with --persist-to, or end the other one.",
        severity="warning",
    )
