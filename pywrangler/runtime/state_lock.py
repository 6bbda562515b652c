"""Who keeps the state of this Worker: this session, or another one that had the same state directory first.

An object exists once, so one session runs the objects of a Worker, its alarms, its workflows and what waits in its
queues. Hosts of another session send such events to the owner, and try to become the owner with each of them, as the
lock is free the moment the owner is gone (`protocol.state_lock`). An owner stays one until it ends.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from pywrangler.protocol.registry import Entry
from pywrangler.protocol.state_lock import LIMIT_BYTES, Holder, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable


class StateLock:
    """The lock of one Worker; `descriptor` is shared by all hosts of the session, and stays open to their end."""

    __slots__ = ("_descriptor", "_is_held", "_ours", "_taken", "_worker")

    def __init__(self, descriptor: int, worker: str, address: str, url: str) -> None:
        self._descriptor = descriptor
        self._worker = worker
        self._ours = Holder(address, url, os.getpid())
        self._is_held = False
        self._taken: list[Callable[[], None]] = []

    def take(self) -> bool:
        """Take the lock if nobody else has it; says whether this session is the owner now."""
        if self._is_held:
            return True
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass  # a file system without locks: nobody can be kept out
        else:
            content = encode(self._ours)
            # In this order a reader finds a whole line at any moment.
            os.pwrite(self._descriptor, content, 0)
            os.ftruncate(self._descriptor, len(content))
        self._is_held = True
        taken, self._taken = self._taken, []
        for callback in taken:
            callback()
        return True

    def when_taken(self, callback: Callable[[], None]) -> None:
        """Call back as soon as this session is the owner, at once if it is."""
        if self.take():
            callback()
        else:
            self._taken.append(callback)

    def holder(self) -> Holder | None:
        """Return the owner, if it is another session and has said who it is."""
        found = decode(os.pread(self._descriptor, LIMIT_BYTES, 0))
        return None if found is None or found.address == self._ours.address else found

    def entry(self) -> Entry | None:
        """Return the owner as channels know Workers."""
        found = self.holder()
        if found is None:
            return None
        return Entry(name=self._worker, pid=found.pid, started=0.0, instance="", address=found.address, url=found.url)
