"""The locks of a session's Workers on their state (`protocol.state_lock`): opened here, taken by the hosts.

A session that gives up a Worker closes its descriptor, so that another session may have the state.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pywrangler.protocol.state_lock import lock_path

if TYPE_CHECKING:
    from pathlib import Path


class StateLocks:
    """One open file for each Worker that keeps state."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[Path, int]] = {}

    def descriptor(self, worker: int, state_root: Path, name: str) -> int | None:
        """Return the descriptor for the hosts of a Worker; None where the state directory cannot be written.

        It stays the same as long as the Worker keeps its name and nobody removes the state.
        """
        path = lock_path(state_root, name)
        known = self._open.get(worker)
        if known is not None and known[0] == path and _is_the_same(known[1], path):
            return known[1]
        self.release(worker)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        except OSError:
            return None  # storage cannot be written either, and says so when it is used
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            return None
        self._open[worker] = (path, descriptor)
        return descriptor

    def release(self, worker: int) -> None:
        """Let go of a Worker's state; hosts that still run keep it until they end."""
        known = self._open.pop(worker, None)
        if known is not None:
            os.close(known[1])

    def close(self) -> None:
        """Let go of everything."""
        for worker in list(self._open):
            self.release(worker)


def _is_the_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False
