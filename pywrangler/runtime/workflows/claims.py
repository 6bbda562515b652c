"""Who may run an instance: one process at a time, whatever happens to the others.

Each instance that has not ended has a small file with its id, and who runs the instance holds an exclusive lock of
that file. The lock ends with the process, so a host that was killed holds nothing; the file stays, so the next host
knows what is left to do. Both go when the instance ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator


class Claim:
    """The right to run one instance."""

    __slots__ = ("_descriptor", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process may run it."""
        return self._descriptor is not None

    def take(self, instance_id: str) -> bool:
        """Take the right if nobody else has it; says whether this process has it now."""
        while self._descriptor is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if not self._is_ours(descriptor):
                os.close(descriptor)  # it was removed meanwhile: a lock of it protects nothing
                continue
            if os.fstat(descriptor).st_size == 0:
                os.write(descriptor, instance_id.encode())
            self._descriptor = descriptor
        return True

    def _is_ours(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Let another process run it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def end(self) -> None:
        """Nothing is left to do; only who holds the claim may say so."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
            self.release()


def unfinished(directory: Path) -> Iterator[str]:
    """Yield the ids of the instances that have not ended, the longest waiting first."""
    try:
        found = sorted(directory.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    except FileNotFoundError:
        return
    for path in found:
        try:
            instance_id = read_text(path)
        except (OSError, UnicodeDecodeError):
            continue  # it ended meanwhile, or the file is not ours
        if instance_id:
            yield instance_id
