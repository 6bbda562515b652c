"""Local data of bindings, in wrangler's layout: a SQLite file per namespace, bodies as files beside it.

    <persist-to>/v3/<plugin>/miniflare-<Class>/<id of the name>.sqlite
    <persist-to>/v3/<plugin>/<name>/blobs/<blob id>

The id is that of a Durable Object called `name` in the namespace `miniflare-<Class>`, as wrangler's simulators are
objects. Several processes may have a file open: two Workers with the same namespace, an old and a new host during a
reload, wrangler. So files are in WAL mode, every change is one transaction, and nothing is remembered that another
process may change. A body is written under a new name before the row that refers to it, and deleted after it.
"""

from __future__ import annotations

import re
import secrets
import shutil
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem
from pywrangler.runtime import ids
from pywrangler.runtime.storage.database import CORRUPT, connect, set_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import apsw

NAME_BYTES = 40
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")


class Blobs:
    """Bodies, each a file with a random name."""

    __slots__ = ("directory",)

    def __init__(self, directory: Path) -> None:
        self.directory = directory

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
        path.write_bytes(content)
        return blob

    def get(self, blob: str) -> bytes | None:
        """Return a body, or None if it is gone."""
        try:
            return self.path(blob).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, blob: str) -> None:
        """Remove a body, if it is there."""
        self.path(blob).unlink(missing_ok=True)


class Store:
    """One namespace: `connection` is opened on first use; `blobs` need no opening."""

    __slots__ = ("_connection", "_notice", "_tables", "blobs", "path")

    def __init__(self, path: Path, blobs: Blobs, tables: Sequence[str], notice: Callable[[Problem], None]) -> None:
        self.path = path
        self.blobs = blobs
        self._tables = tuple(tables)
        self._notice = notice
        self._connection: apsw.Connection | None = None

    @property
    def connection(self) -> apsw.Connection:
        """The database, in autocommit; a corrupt file is set aside, and the namespace starts empty."""
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = connect(self.path, self._tables)
            except CORRUPT as problem:
                self._notice(_corrupt(self.path, set_aside(self.path), problem))
                self._connection = connect(self.path, self._tables)
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

    def store(self, plugin: str, class_name: str, name: str, tables: Sequence[str]) -> Store:
        """Return the store called `name`, e.g. of plugin `kv` and class `KVNamespaceObject`; nothing is opened yet."""
        key = (plugin, class_name, name)
        found = self._stores.get(key)
        if found is None:
            digits = ids.id_from_name("miniflare", class_name, name)
            root = self._shared.get((plugin, name), self._root) / plugin
            # A name comes from a config and may be anything; only a harmless one becomes a path.
            blobs = Blobs(root / (name if _PLAIN.fullmatch(name) else digits) / "blobs")
            file = root / ids.unique_key("miniflare", class_name) / f"{digits}.sqlite"
            found = self._stores[key] = Store(file, blobs, tables, self.notice)
        return found

    def close(self) -> None:
        """Close every database."""
        for store in self._stores.values():
            store.close()

    def forget_all(self) -> None:
        """Delete everything that is stored."""
        for store in self._stores.values():
            store.delete()


def _corrupt(path: Path, kept: Path, problem: Exception) -> Problem:
    return Problem(
        "corrupt-storage",
        f"The local data of a binding is corrupt ({problem}); it starts empty.",
        f"The file was kept as {kept}.",
        Place(path),
        severity="warning",
    )
