"""What is stored of a KV namespace: a row for each key, its value as a file, in wrangler's layout.

    _mf_entries(key TEXT PRIMARY KEY, blob_id, expiration in milliseconds, metadata as JSON text)

Keys are ordered by the bytes of their UTF-8. An entry whose time has come is not seen any more; the next `put` removes
it. Several processes may use the files (see `stores`): each change is one transaction, and a reader that finds a row
without its file looks again, because a writer has replaced both.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.storage.database import error_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pywrangler.bindings.stores import Store, Stores

_COLUMNS = "key TEXT PRIMARY KEY, blob_id TEXT NOT NULL, expiration INTEGER, metadata TEXT"
TABLES = (
    f"CREATE TABLE IF NOT EXISTS _mf_entries ({_COLUMNS})",
    "CREATE INDEX IF NOT EXISTS _mf_entries_expiration_idx ON _mf_entries(expiration)",
)
_GET = "SELECT blob_id, metadata FROM _mf_entries WHERE key = ? AND (expiration IS NULL OR expiration > ?)"
_PAGE = """
    SELECT key, expiration / 1000, metadata FROM _mf_entries
    WHERE key >= ? AND key > ? AND (expiration IS NULL OR expiration > ?) ORDER BY key LIMIT ?
"""
_REPLACE = "DELETE FROM _mf_entries WHERE key = ? OR expiration <= ? RETURNING blob_id"
_INSERT = "INSERT INTO _mf_entries (key, blob_id, expiration, metadata) VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM _mf_entries WHERE key = ? RETURNING blob_id"
_ATTEMPTS = 5


class Value(NamedTuple):
    """A stored value; `metadata` is JSON text."""

    content: bytes
    metadata: str | None


class Listed(NamedTuple):
    """A key as `list` shows it; `expiration` in seconds since the epoch."""

    name: str
    expiration: int | None
    metadata: str | None


class Entries:
    """The entries of one namespace. `now` gives seconds since the epoch.

    Every method raises the JavaScript error "KV ... failed: 500 ..." if the local files cannot be used.
    """

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self.now = now

    def get(self, key: str) -> Value | None:
        """Return what a key holds, or None."""
        with self._failures("GET"):
            for _ in range(_ATTEMPTS):
                row = self._run(_GET, (key, self._milliseconds())).fetchone()
                if row is None:
                    return None
                content = self._store.blobs.get(row[0])
                if content is not None:
                    return Value(content, row[1])
        return None

    def put(self, key: str, content: bytes, expiration: int | None = None, metadata: str | None = None) -> None:
        """Set a key; `expiration` in seconds since the epoch, `metadata` as JSON text."""
        with self._failures("PUT"):
            blob = self._store.blobs.put(content)
            unused = [blob]
            try:
                unused = self._put(key, blob, None if expiration is None else expiration * 1000, metadata)
            finally:
                for name in unused:
                    self._store.blobs.delete(name)

    def _put(self, key: str, blob: str, expiration: int | None, metadata: str | None) -> list[str]:
        """Write the row and forget those whose time has come; return the files that belong to no row any more."""
        self._run("BEGIN IMMEDIATE")
        try:
            unused = [name for (name,) in self._run(_REPLACE, (key, self._milliseconds())).fetchall()]
            self._run(_INSERT, (key, blob, expiration, metadata))
            self._run("COMMIT")
        except BaseException:
            if self._store.connection.in_transaction:
                self._run("ROLLBACK")
            raise
        return unused

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        with self._failures("DELETE"):
            for (blob,) in self._run(_DELETE, (key,)).fetchall():
                self._store.blobs.delete(blob)

    def page(self, prefix: str = "", limit: int | None = None, after: str = "") -> tuple[list[Listed], bool]:
        """Return the keys that begin with `prefix` and follow `after`, at most `limit`, and whether these are all."""
        most = -1 if limit is None else limit + 1
        with self._failures("GET"):
            rows = self._run(_PAGE, (prefix, after, self._milliseconds(), most)).fetchall()
        # Keys with a common prefix stand together.
        found = [Listed(*row) for row in rows if row[0].startswith(prefix)]
        if limit is None or len(found) <= limit:
            return found, True
        return found[:limit], False

    def _run(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        return self._store.connection.execute(query, values)

    def _milliseconds(self) -> int:
        return int(self.now() * 1000)

    @contextmanager
    def _failures(self, verb: str) -> Iterator[None]:
        try:
            yield
        except (apsw.Error, OSError) as problem:
            text = error_text(problem) if isinstance(problem, apsw.Error) else str(problem)
            raise error(
                f"KV {verb} failed: 500 The local data of the namespace ({self._store.path}) cannot be used: {text}"
            ) from problem


def open_entries(stores: Stores, namespace: str, now: Callable[[], float]) -> Entries:
    """Return the entries of a KV namespace; nothing is opened before its first use."""
    return Entries(stores.store("kv", "KVNamespaceObject", namespace, TABLES), now)
