"""Files of the assets directory: found by path, read once, checked at every request.

Files change while a session runs, so each request asks the disk (one `stat`) and a cached file counts only while
device, inode, size and times are the same. A file that changed just before it was read is read again next time: its
next change might fall into the same tick of the clock. Nothing outside the directory is ever opened: paths with `..`
find nothing, links are followed only if they stay inside.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pywrangler.bindings.static_files.ignore import IgnoreRules
from pywrangler.bindings.static_files.media_types import media_type
from pywrangler.runtime import context

if TYPE_CHECKING:
    from pathlib import Path

FILE_LIMIT_BYTES = 25 * 1024 * 1024
"""Larger files cannot be deployed; they are not served either."""
BODY_LIMIT_BYTES = 2 * 1024 * 1024
"""Larger files are read again for each response. Not mapped: a file cut short under a mapping kills the process."""
CACHE_LIMIT_BYTES = 32 * 1024 * 1024
SETTLED_NANOSECONDS = 100_000_000

Identity = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class File:
    """One version of one file; two are equal if path and content are. `body` is None if it is too large to keep."""

    path: str
    etag: str
    identity: Identity = field(compare=False)
    size: int = field(compare=False)
    media_type: str | None = field(compare=False)
    body: bytes | None = field(compare=False)


def _identity(status: os.stat_result) -> Identity:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _has_settled(status: os.stat_result) -> bool:
    return time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > SETTLED_NANOSECONDS


class Directory:
    """The files below one directory; a directory that does not exist has none."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._prefix = self._root.rstrip(os.sep) + os.sep
        self._files: OrderedDict[str, File] = OrderedDict()
        self._cached_bytes = 0
        self._ignore = IgnoreRules("")
        self._ignore_identity: Identity | None = None
        self._refused: set[str] = set()

    def find(self, path: str) -> File | None:
        """Return the file at a decoded URL path (`/css/site.css`), None if there is none to be served."""
        if not path.startswith("/"):
            return None
        full = self._prefix + path[1:]
        try:
            status = os.stat(full)  # noqa: PTH116 - a third of the cost of Path.stat, once per request
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        known = self._files.get(full)
        if known is not None:
            if known.identity == _identity(status):
                self._files.move_to_end(full)
                return known
            self._forget(full)
        return self._load(path, full)

    def read(self, file: File) -> bytes | None:
        """Return the content of `file`; None if it is another one by now."""
        if file.body is not None:
            return file.body
        loaded = _read(file.path)
        return loaded[1] if loaded is not None and _identity(loaded[0]) == file.identity else None

    def refresh(self) -> None:
        """Look whether `.assetsignore` has changed; to be called before each request."""
        text, identity = self.control(".assetsignore", self._ignore_identity)
        if text is not None:
            self._ignore = IgnoreRules(text)
            self._ignore_identity = identity
            self._files.clear()
            self._cached_bytes = 0

    def control(self, name: str, known: Identity | None) -> tuple[str | None, Identity | None]:
        """Return text and identity of a control file if it is another than `known`, else None and `known`.

        A file that is missing is an empty text with no identity.
        """
        full = self._prefix + name
        try:
            status = os.stat(full)  # noqa: PTH116 - see `find`
        except (OSError, ValueError):
            return (None, None) if known is None else ("", None)
        if _identity(status) == known or not stat.S_ISREG(status.st_mode):
            return None, known
        loaded = _read(full)
        if loaded is None:
            return None, known
        text = loaded[1].decode("utf-8-sig", "replace")
        identity = _identity(loaded[0])
        return text, identity if _has_settled(loaded[0]) else (0, 0, 0, 0, 0)

    def _load(self, path: str, full: str) -> File | None:
        relative = self._vet(path, full)
        if relative is None:
            return None
        loaded = _read(full)
        if loaded is None:
            return None
        status, content = loaded
        if status.st_size > FILE_LIMIT_BYTES:
            if full not in self._refused:
                self._refused.add(full)
                context.log("error", f"{path} is larger than {FILE_LIMIT_BYTES // 1024**2} MiB: it cannot be an asset.")
            return None
        file = File(
            full,
            f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"',
            _identity(status),
            len(content),
            media_type(path),
            content if len(content) <= BODY_LIMIT_BYTES else None,
        )
        if _has_settled(status):
            self._keep(file)
        return file

    def _vet(self, path: str, full: str) -> str | None:
        """Return the path below the directory if the file may be served."""
        segments = path[1:].split("/")
        if any(segment in ("", ".", "..") for segment in segments):
            return None
        real_root = os.path.realpath(self._root)
        real = os.path.realpath(full)
        if not real.startswith(real_root.rstrip(os.sep) + os.sep):
            return None
        relative = "/".join(segments)
        # The name that was asked for and the file it leads to: a link must not uncover what is ignored.
        inside = real[len(real_root.rstrip(os.sep)) + 1 :].replace(os.sep, "/")
        return None if self._ignore.hides(relative) or self._ignore.hides(inside) else relative

    def _keep(self, file: File) -> None:
        self._files[file.path] = file
        self._cached_bytes += len(file.body or b"")
        while self._cached_bytes > CACHE_LIMIT_BYTES or len(self._files) > 10_000:
            self._forget(next(iter(self._files)))

    def _forget(self, full: str) -> None:
        self._cached_bytes -= len(self._files.pop(full).body or b"")


def _read(full: str) -> tuple[os.stat_result, bytes] | None:
    """Return status and content of a regular file (no content beyond the limit), None if it cannot be read."""
    try:
        # Without O_NONBLOCK a pipe that replaced the file would hold up the whole process.
        descriptor = os.open(full, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        return None
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, not a path
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > FILE_LIMIT_BYTES:
            return status, b""
        try:
            return status, file.readall()
        except OSError:
            return None
