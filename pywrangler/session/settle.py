"""From raw news to real changes: when is a save over, and did it change anything?

Editors save in several steps (truncate and write; write beside and rename; rename away, write anew, sync). Rules:
- a burst is over when nothing came for 3 ms, at the latest after 40 ms;
- a file that is missing then may be about to come back: it gets 60 ms before it counts as removed;
- a file whose content equals what was seen last is no change, whoever wrote it.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from pywrangler.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

QUIET_SECONDS = 0.003
BURST_SECONDS = 0.040
ABSENCE_SECONDS = 0.060
READ_LIMIT_BYTES = 4 * 1024 * 1024

Digest = tuple[int, int] | None
"""Length and hash of the content (for large files and what is no file: length and time); None for a missing file."""


def digest(path: Path) -> Digest:
    """Return what identifies the content of the file."""
    try:
        status = path.stat()
        if status.st_size > READ_LIMIT_BYTES or not stat.S_ISREG(status.st_mode):
            return status.st_size, status.st_mtime_ns
        content = read_regular(path)
    except OSError:
        return None
    return len(content), hash(content)


class Settler:
    """Collects paths; `poll` says which have really changed and when to ask again. Time is an argument."""

    def __init__(self, read: Callable[[Path], Digest] = digest) -> None:
        self._read = read
        self._known: dict[Path, Digest] = {}
        self._waiting: dict[Path, float] = {}
        self._first = 0.0
        self._last = 0.0

    def learn(self, paths: Iterable[Path]) -> None:
        """Remember the present content of files that are not known yet and of which there is no news."""
        for path in paths:
            if path not in self._known and path not in self._waiting:
                self._known[path] = self._read(path)

    def accept(self, paths: Iterable[Path]) -> None:
        """Take these files as they are now: what was known of them and what news there are is void."""
        for path in paths:
            self._known[path] = self._read(path)
            self._waiting.pop(path, None)

    def known(self) -> frozenset[Path]:
        """Return the files whose content was seen."""
        return frozenset(self._known)

    def add(self, paths: Iterable[Path], now: float) -> None:
        """Take note of news about these paths."""
        if not self._waiting:
            self._first = now
        self._last = now
        for path in paths:
            self._waiting[path] = now

    def poll(self, now: float) -> tuple[frozenset[Path], float | None]:
        """Return the changed paths that have settled, and the time of the next poll (None: wait for news)."""
        if not self._waiting:
            return frozenset(), None
        due = min(self._last + QUIET_SECONDS, self._first + BURST_SECONDS)
        if now < due:
            return frozenset(), due
        changed = set()
        later: float | None = None
        for path, since in list(self._waiting.items()):
            current = self._read(path)
            absent_until = since + ABSENCE_SECONDS
            if current is None and self._known.get(path) is not None and now < absent_until:
                later = min(later or absent_until, absent_until)
                continue
            del self._waiting[path]
            if path not in self._known or self._known[path] != current:
                self._known[path] = current
                changed.add(path)
        if later is not None:
            self._first = self._last = now
        return frozenset(changed), later
