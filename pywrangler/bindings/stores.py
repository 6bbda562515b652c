"""Local data of bindings, in wrangler's layout: a SQLite file per namespace, bodies as files beside it.

    <persist-to>/v3/<plugin>/miniflare-<Class>/<id of the name>.sqlite
    <persist-to>/v3/<plugin>/<name>/blobs/<blob id>

The id is that of a Durable Object called `name` in the namespace `miniflare-<Class>`, as wrangler's simulators are
objects. Several processes may have a file open: two Workers with the same namespace, an old and a new host during a
reload, wrangler. So files are in WAL mode, every change is one transaction, and nothing is remembered that another
process may change. A body is written under a new name before the row that refers to it, and deleted after it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import apsw

from pywrangler.errors import Place, Problem
from pywrangler.files import read_regular
from pywrangler.protocol import descriptors
from pywrangler.runtime import ids
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.storage.database import CORRUPT, connect, set_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


NAME_BYTES = 40
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")


PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


class Blobs:
    """Bodies, each a file with a random name."""

    __slots__ = ("directory", "mode")

    def __init__(self, directory: Path, mode: int = 0o666) -> None:
        self.directory = directory
        self.mode = mode

    def path(self, blob: str) -> Path:
        """Return where a body lies."""
        return self.directory / blob

    def new(self) -> tuple[str, Path]:
        """Return a fresh id and where its body is to be written; the directory exists."""
        self.directory.mkdir(parents=True, exist_ok=True)
        blob = secrets.token_hex(NAME_BYTES)
        return blob, self.path(blob)

    def put(self, content: bytes | bytearray | memoryview) -> str:
        """Write a body and return its id."""
        blob, path = self.new()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, self.mode)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(content)
        return blob

    def get(self, blob: str) -> bytes | None:
        """Return a body, or None if it is gone."""
        try:
            return read_regular(self.path(blob))
        except FileNotFoundError:
            return None

    def delete(self, blob: str) -> None:
        """Remove a body, if it is there."""
        self.path(blob).unlink(missing_ok=True)


class Store:
    """One namespace: `connection` is opened on first use; `blobs` need no opening."""

    __slots__ = ("_connection", "_notice", "_private_root", "_tables", "blobs", "path")

    def __init__(
        self,
        path: Path,
        blobs: Blobs,
        tables: Sequence[str],
        notice: Callable[[Problem], None],
        private_root: Path | None = None,
    ) -> None:
        self.path = path
        self._private_root = private_root
        self.blobs = blobs
        self._tables = tuple(tables)
        self._notice = notice
        self._connection: apsw.Connection | None = None

    @property
    def connection(self) -> apsw.Connection:
        """The database, in autocommit; a corrupt file is set aside, and the namespace starts empty."""
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._private_root is not None:
                # SQLite gives its journals the mode of the database, so that has to be right before they are made.
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, PRIVATE_FILE))
                close_to_others(self._private_root)
            try:
                self._connection = connect(self.path, self._tables)
            except CORRUPT as problem:
                self._notice(_corrupt(self.path, set_aside(self.path), problem))
                self._connection = connect(self.path, self._tables)
            except (apsw.CantOpenError, OSError) as problem:
                if not descriptors.are_exhausted():
                    raise
                text = f"The local data at {self.path} cannot be opened: {descriptors.told()}. {descriptors.REMEDY}"
                raise error(text) from problem
        return self._connection

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def delete(self) -> None:
        """Delete everything that is stored; the next use begins with an empty namespace."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.rmtree(self.blobs.directory, ignore_errors=True)


class Stores:
    """All stores of one host, each open once however many bindings lead to it."""

    def __init__(
        self, root: Path, notice: Callable[[Problem], None], shared: Mapping[tuple[str, str], Path] | None = None
    ) -> None:
        """Make the stores below `root`; those that are `shared`, by plugin and name, lie below another root."""
        self._root = root
        self._shared = shared or {}
        self.notice = notice
        """Told of what the user should know."""
        self._stores: dict[tuple[str, str, str], Store] = {}

    def store(
        self, plugin: str, class_name: str, name: str, tables: Sequence[str], *, is_private: bool = False
    ) -> Store:
        """Return the store called `name`, e.g. of plugin `kv` and class `KVNamespaceObject`; nothing is opened yet.

        What is private can be read by nobody else, the whole directory of the plugin.
        """
        key = (plugin, class_name, name)
        found = self._stores.get(key)
        if found is None:
            digits = ids.id_from_name("miniflare", class_name, name)
            root = self._shared.get((plugin, name), self._root) / plugin
            # A name comes from a config and may be anything; only a harmless one becomes a path.
            directory = root / (name if _PLAIN.fullmatch(name) else digits) / "blobs"
            blobs = Blobs(directory, PRIVATE_FILE if is_private else 0o666)
            file = root / ids.unique_key("miniflare", class_name) / f"{digits}.sqlite"
            found = self._stores[key] = Store(file, blobs, tables, self.notice, root if is_private else None)
        return found

    def close(self) -> None:
        """Close every database."""
        for store in self._stores.values():
            store.close()

    def forget_all(self) -> None:
        """Delete everything that is stored."""
        for store in self._stores.values():
            store.delete()


def close_to_others(root: Path) -> None:
    """Take from others the right to read, write or enter `root` and everything of ours in it."""
    for path in (root, *root.rglob("*")):
        with suppress(FileNotFoundError):  # a journal goes when the last connection is closed
            status = path.lstat()
            if status.st_uid == os.geteuid() and status.st_mode & 0o077 and not stat.S_ISLNK(status.st_mode):
                path.chmod(stat.S_IMODE(status.st_mode) & PRIVATE_DIRECTORY)


def _corrupt(path: Path, kept: Path, problem: Exception) -> Problem:
    return Problem(
        "corrupt-storage",
        f"The local data of a binding is corrupt ({problem}); it starts empty.",
        f"The file was kept as {kept}.",
        Place(path),
        severity="warning",
    )
