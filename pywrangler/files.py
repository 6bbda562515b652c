"""Opening files that are read because of where they lie: configs, variables, registry entries, local data, sources.

Anything may lie there. A named pipe blocks whoever opens it, a device may never end, and both wait in the kernel, where
no Ctrl+C reaches. So only regular files are opened, and without blocking; everything else is an OSError that says what
it is. Files that the user names on the command line to be read once (`kv key put --path <(...)`) need none of this.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def require_regular(path: str | Path) -> None:
    """Raise OSError if something lies at `path` that is no regular file; nothing at all is fine.

    For what others open: SQLite, or the import of a module.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - a path may be a str, and this is on the way of every request
    except FileNotFoundError:
        return
    _require(status.st_mode, path)


def open_regular(path: str | Path) -> int:
    """Return a descriptor for reading a regular file; OSError for anything else."""
    # Looked at before it is opened: opening alone can set a device in motion, and fails for a socket without a reason.
    _require(os.stat(path).st_mode, path)  # noqa: PTH116
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _require(os.fstat(descriptor).st_mode, path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: str | Path, limit_bytes: int = -1) -> bytes:
    """Return the content of a regular file, no more than `limit_bytes` of it; OSError for anything else."""
    with open(open_regular(path), "rb", buffering=0) as file:
        return file.readall() if limit_bytes < 0 else _read(file.fileno(), limit_bytes)


def read_text(path: str | Path, encoding: str = "utf-8", errors: str = "strict") -> str:
    """Return the text of a regular file, with newlines as Python has them; OSError for anything else."""
    with open(open_regular(path), encoding=encoding, errors=errors) as file:
        return file.read()


def _read(descriptor: int, limit_bytes: int) -> bytes:
    parts = []
    while limit_bytes > 0:
        part = os.read(descriptor, min(limit_bytes, 1 << 20))
        if not part:
            break
        parts.append(part)
        limit_bytes -= len(part)
    return b"".join(parts)


def _require(mode: int, path: str | Path) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    kind = _KINDS.get(stat.S_IFMT(mode), "something else")
    raise OSError(errno.EINVAL, f"It is {kind}, not a file", os.fspath(path))
