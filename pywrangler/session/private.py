"""Private listeners: Unix sockets on which other sessions reach the hosts of this one.

They lie in a directory of mode 0700 below $XDG_RUNTIME_DIR or the temporary directory, one directory per session.
A session holds a lock in its directory, so what a killed session left behind is recognised and removed by the next.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

PATH_LIMIT_BYTES = 100  # sun_path holds 104 bytes on macOS, 108 on Linux
BACKLOG = 256
_LOCK = "lock"
_NAME_BYTES = len("/s-xxxxxxxx/999.sock")


class PrivateDirectory:
    """The session's own directory of sockets."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        parent = _parent(environment)
        _remove_leftovers(parent)
        try:
            made = parent / f"new-{os.urandom(4).hex()}"
            made.mkdir(mode=0o700)
            self._lock = os.open(made / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            # Only now may it be looked at by a session that removes leftovers.
            self.path = made.rename(parent / f"s-{made.name.removeprefix('new-')}")
        except OSError as error:
            raise _unusable(parent, error) from error

    def listen(self, name: str) -> socket.socket:
        """Return a listening Unix socket of mode 0600 named `<name>.sock`."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = self.path / f"{name}.sock"
        try:
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(BACKLOG)
            listener.setblocking(False)
        except OSError as error:
            listener.close()
            raise _unusable(self.path, error) from error
        return listener

    def remove(self) -> None:
        """Remove the directory with everything in it."""
        _remove(self.path)
        os.close(self._lock)


def _parent(environment: Mapping[str, str]) -> Path:
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    candidates = [Path(runtime) / "pywrangler"] if runtime else []
    bases = dict.fromkeys((environment.get("TMPDIR") or "/tmp", "/tmp"))  # noqa: S108 - checked below
    candidates += [Path(base) / f"pywrangler-{os.geteuid()}" for base in bases]
    for candidate in candidates:
        if len(os.fsencode(candidate)) + _NAME_BYTES <= PATH_LIMIT_BYTES and _is_private(candidate):
            return candidate
    # Somebody else owns the usual name, or the paths are too long.
    own = Path(f"/tmp/pywrangler-{os.urandom(8).hex()}")  # noqa: S108 - made by us, or an error
    own.mkdir(mode=0o700)
    return own


def _is_private(directory: Path) -> bool:
    """Create the directory if needed; true if it is ours and closed to others."""
    with suppress(OSError):
        directory.mkdir(mode=0o700)
    try:
        found = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _remove_leftovers(parent: Path) -> None:
    for directory in parent.glob("s-*"):
        try:
            lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue  # Just being made, or not one of ours.
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # Its session lives.
        else:
            _remove(directory)
        finally:
            os.close(lock)


def _remove(directory: Path) -> None:
    """Remove a session's directory: sockets, the lock, and perhaps a private registry of files."""
    for path in sorted(directory.rglob("*"), reverse=True):
        with suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
    with suppress(OSError):
        directory.rmdir()


def _unusable(directory: Path, error: OSError) -> StartError:
    return StartError(
        Problem(
            "private-directory",
            f"The directory for private sockets cannot be used: {directory}: {error.strerror or error}.",
            "Set XDG_RUNTIME_DIR or TMPDIR to a directory that you may write to.",
        )
    )
