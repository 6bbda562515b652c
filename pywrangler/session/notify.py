"""Being told about changes in directories: inotify where the kernel has it, watchfiles elsewhere.

A source watches exactly the directories it is given, not what lies below: a project's `.venv` and `node_modules` hold
more directories than everything else together. It reports paths of directory entries that were written and closed,
moved, or removed, and directories that appeared; an empty set means that events were lost and everything must be
looked at again. inotify is used directly because it wakes the session only when something happens, about 1 ms after
the write; watchfiles polls its queue (8 ms and 1 % of a CPU at the same step) and needs a thread.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.session.reactor import READ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pywrangler.session.reactor import Reactor

    Report = Callable[[frozenset[Path]], None]

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x8, 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_OVERFLOW, _IGNORED, _IS_DIRECTORY = 0x4000, 0x8000, 0x40000000
_ONLY_DIRECTORIES = 0x01000000
_MASK = (
    _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF | _ONLY_DIRECTORIES
)  # fmt: skip
_EVENT = struct.Struct("iIII")
_READ_BYTES = 64 * 1024


class Source(Protocol):
    """Where news of changes come from."""

    def watch(self, directories: Iterable[Path]) -> None:
        """Watch these directories from now on, and no others; those that do not exist are left out."""

    def close(self) -> None:
        """Stop."""


class InotifySource:
    """Linux."""

    def __init__(self, reactor: Reactor, report: Report) -> None:
        import ctypes

        self._libc: Any = ctypes.CDLL(None, use_errno=True)
        self._errno = ctypes.get_errno
        self._descriptor: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(self._errno(), "inotify_init1")
        self._reactor = reactor
        self._report = report
        self._watches: dict[int, Path] = {}
        self._numbers: dict[Path, int] = {}
        reactor.watch(self._descriptor, READ, self._on_ready)

    def watch(self, directories: Iterable[Path]) -> None:
        """Watch these directories from now on, and no others."""
        wanted = set(directories)
        for path in self._numbers.keys() - wanted:
            number = self._numbers.pop(path)
            del self._watches[number]
            self._libc.inotify_rm_watch(self._descriptor, number)
        for path in wanted - self._numbers.keys():
            number = self._libc.inotify_add_watch(self._descriptor, os.fsencode(path), _MASK)
            if number >= 0:
                self._watches[number] = path
                self._numbers[path] = number

    def close(self) -> None:
        """Stop."""
        self._reactor.forget(self._descriptor)
        os.close(self._descriptor)

    def _on_ready(self) -> None:
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        changed: set[Path] = set()
        lost = False
        offset = 0
        while offset < len(data):
            number, mask, _cookie, length = _EVENT.unpack_from(data, offset)
            offset += _EVENT.size
            name = os.fsdecode(data[offset : offset + length].rstrip(b"\0"))
            offset += length
            lost = lost or bool(mask & _OVERFLOW)
            directory = self._watches.get(number)
            if directory is None:
                continue
            if mask & (_IGNORED | _DELETE_SELF | _MOVE_SELF):
                self._forget(number, directory, gone=bool(mask & _IGNORED))
                changed.add(directory)
            elif name and not (mask & _CREATE and not mask & _IS_DIRECTORY and _will_be_written(directory / name)):
                changed.add(directory / name)
        if lost:
            self._report(frozenset())
        elif changed:
            self._report(frozenset(changed))

    def _forget(self, number: int, directory: Path, *, gone: bool) -> None:
        del self._watches[number]
        self._numbers.pop(directory, None)
        if not gone:
            self._libc.inotify_rm_watch(self._descriptor, number)


def _will_be_written(path: Path) -> bool:
    """Test for a plain file just made: its close will be reported, and until then it is half a file."""
    try:
        status = path.lstat()
    except OSError:
        return True
    return (status.st_mode & 0o170000) == 0o100000 and status.st_nlink == 1


class WatchfilesSource:
    """macOS, and Linux without inotify: watchfiles in a thread."""

    STEP_MILLISECONDS = 5
    DEBOUNCE_MILLISECONDS = 20

    def __init__(self, reactor: Reactor, report: Report) -> None:
        self._reactor = reactor
        self._report = report
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, directories: Iterable[Path]) -> None:
        """Watch these directories from now on, and no others."""
        from watchfiles._rust_notify import RustNotify

        self._end_thread()
        existing = [str(path) for path in directories if path.is_dir()]
        if not existing:
            return
        # Made here and not in the thread, so that nothing written after this call is missed.
        notify = RustNotify(
            existing, debug=False, force_polling=False, poll_delay_ms=50, recursive=False, ignore_permission_denied=True
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(notify, self._stop), daemon=True, name="watch")
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._end_thread()

    def _end_thread(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._thread = None

    def _run(self, notify: Any, stop: threading.Event) -> None:
        with notify:
            while True:
                changes = notify.watch(self.DEBOUNCE_MILLISECONDS, self.STEP_MILLISECONDS, 0, stop)
                if isinstance(changes, str):
                    return
                paths = frozenset(Path(path) for _kind, path in changes)
                self._reactor.post(lambda paths=paths: self._report(paths))  # type: ignore[misc]


def open_source(reactor: Reactor, report: Report) -> Source:
    """Return the best source that this machine has."""
    if sys.platform == "linux":
        try:
            return InotifySource(reactor, report)
        except (OSError, AttributeError):
            pass  # No instance left for this user, or a C library without inotify.
    return WatchfilesSource(reactor, report)
