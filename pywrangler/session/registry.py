"""The registry on disk: one file per running Worker, in a directory that upstream's tools use too.

Rules (spec/registry.md, sections 5 and 8):
- A file is written whole (temporary file, rename), mode 0600, and touched every 10 s for upstream's readers.
- An owner is live if its process exists and its private listener accepts a connection; age alone decides only about
  files of other tools. A dead owner is replaced at once, a live one keeps the name.
- A file is removed only by the session whose instance it names. Garbage and files of other tools are left alone, except
  that a stale or unreadable file does not keep a name from us.
- Claims are made under a lock on the directory itself, so two sessions never both win.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import RegistryError
from pywrangler.files import read_regular
from pywrangler.protocol import registry as protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pywrangler.protocol.registry import Entry

CONNECT_TIMEOUT_SECONDS = 0.25
LOCK_TIMEOUT_SECONDS = 1.0
_TEMPORARY = ".pywrangler-"
_FILE_LIMIT_BYTES = 1024 * 1024


def choose_directory(environment: Mapping[str, str], home: Path) -> Path:
    """Return the directory that wrangler 4.164 would use (spec/interop.md, section 1)."""
    for name in ("CLOUDFLARE_DEV_REGISTRY_PATH", "WRANGLER_REGISTRY_PATH"):
        if environment.get(name):
            return Path(environment[name]).absolute()
    legacy = home / ".wrangler"
    if legacy.is_dir():
        return legacy / "registry"
    config = environment.get("XDG_CONFIG_HOME")
    return (Path(config) if config else home / ".config") / ".wrangler" / "registry"


@dataclass(frozen=True, slots=True)
class Rival:
    """A live owner of a name that we want."""

    pid: int | None
    """None for a session of another tool, whose files do not tell."""
    url: str = ""
    instance: str = ""


class Registry:
    """The session's view of the directory and its own entries in it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._ours: dict[str, Entry] = {}
        self._known: dict[str, tuple[tuple[int, int], Entry | None]] = {}

    def prepare(self) -> None:
        """Make the directory; RegistryError if it cannot be used."""
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self.directory, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        except OSError as error:
            raise RegistryError(
                f"The registry directory cannot be used: {self.directory}: {error.strerror or error}. Set "
                "WRANGLER_REGISTRY_PATH to a directory that you may write to."
            ) from error

    def claim(self, entry: Entry) -> Rival | None:
        """Write the entry unless a live session owns the name; return that session. OSError if writing fails."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            rival = self._live_owner(entry)
            if rival is None:
                self._write(entry)
                self._ours[entry.name] = entry
            return rival

    def withdraw(self, name: str) -> None:
        """Remove our entry; harmless if the file is gone or somebody else's by now."""
        entry = self._ours.pop(name, None)
        if entry is None:
            return
        with suppress(OSError), self._locked():
            found = self._read(self.directory / name)
            if found is not None and found.instance == entry.instance:
                (self.directory / name).unlink()

    def beat(self) -> None:
        """Touch our entries, and write those again that vanished; OSError if the directory cannot be used any more."""
        for name, entry in list(self._ours.items()):
            path = self.directory / name
            found = self._read(path)
            if found is not None and found.instance == entry.instance:
                with suppress(FileNotFoundError):
                    os.utime(path)
            else:
                self.claim(entry)

    def peers(self) -> dict[str, Entry]:
        """Return the live entries by name, ours included."""
        live = {}
        seen = {}
        for path in self._files():
            seen[path.name] = True
            entry = self._cached(path)
            if entry is not None and (self._ours.get(path.name) == entry or protocol.process_exists(entry.pid)):
                live[path.name] = entry
        for name in self._known.keys() - seen.keys():
            del self._known[name]
        return live

    # ---- files

    def _files(self) -> list[Path]:
        try:
            return [path for path in self.directory.iterdir() if protocol.NAME.fullmatch(path.name)]
        except OSError:
            return []

    def _cached(self, path: Path) -> Entry | None:
        """Return the entry if its owner answers; asked once per written file, since asking costs a connection."""
        try:
            status = path.stat()
        except OSError:
            return None
        version = (status.st_ino, status.st_size)
        known = self._known.get(path.name)
        if known is None or known[0] != version or (known[1] is None and status.st_size):
            entry = self._read(path)
            alive = entry is not None and (self._ours.get(path.name) == entry or is_live(entry))
            known = self._known[path.name] = (version, entry if alive else None)
        return known[1]

    def _read(self, path: Path) -> Entry | None:
        try:
            entry = protocol.decode(read_regular(path, _FILE_LIMIT_BYTES))
        except OSError:
            return None
        return entry if entry is not None and entry.name == path.name else None

    def _live_owner(self, wanted: Entry) -> Rival | None:
        path = self.directory / wanted.name
        found = self._read(path)
        if found is None:
            return Rival(None) if _is_fresh_foreign(path) else None
        if found.instance == wanted.instance or not is_live(found):
            return None
        return Rival(found.pid, found.url, found.instance)

    def _write(self, entry: Entry) -> None:
        temporary = self.directory / f"{_TEMPORARY}{os.urandom(8).hex()}"
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(protocol.encode(entry))
            temporary.replace(self.directory / entry.name)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(descriptor)
            yield
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock within a second; go on without if a stopped process keeps the lock, since a rename is atomic anyway."""
    deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.005)
        else:
            return


def is_live(entry: Entry) -> bool:
    """Test whether the owner exists and its private listener accepts; takes at most a quarter of a second."""
    if not protocol.process_exists(entry.pid):
        return False
    kind, _, path = entry.address.partition(":")
    if kind != "unix":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_TIMEOUT_SECONDS)
        try:
            probe.connect(path)
        except (BlockingIOError, TimeoutError):
            return True  # A full backlog belongs to a busy owner.
        except (OSError, ValueError):
            return False
    return True


def _is_fresh_foreign(path: Path) -> bool:
    """Test for a file of another tool that was touched lately: its owner has to be taken as live."""
    try:
        age = time.time() - path.stat().st_mtime
        content = json.loads(read_regular(path, _FILE_LIMIT_BYTES)) if age < protocol.STALE_SECONDS else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and "debugPortAddress" in content
