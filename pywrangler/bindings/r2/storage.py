"""One bucket on the disk (rules for processes that share it: `stores`).

Every change is one transaction. Conditions are tested in the transaction that they guard. Bodies are deleted after the
transaction that lets go of them; a reader that comes just then, and does not find the file, asks the row again.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pywrangler.bindings.r2.bodies import ALGORITHMS, Reading, Writing, segments_of
from pywrangler.bindings.r2.refusals import bad_digest, check_key
from pywrangler.bindings.r2.tables import COLUMNS, TABLES, Metadata, Stored, stored
from pywrangler.runtime import context

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pywrangler.bindings.r2.conditions import Condition
    from pywrangler.bindings.r2.ranges import Header, Slice
    from pywrangler.bindings.stores import Stores

_PUT = f"INSERT OR REPLACE INTO _mf_objects ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - no outside text
_PARTS = "SELECT blob_id, size FROM _mf_multipart_parts WHERE object_key = ? ORDER BY part_number"
_GET = f"SELECT {COLUMNS} FROM _mf_objects WHERE key = ?"  # noqa: S608 - no outside text


class Bucket:
    """A bucket by its name; `now` tells the time in seconds since the epoch."""

    __slots__ = ("_store", "now")

    def __init__(self, stores: Stores, name: str, now: Callable[[], float]) -> None:
        self._store = stores.store("r2", "R2BucketObject", name, TABLES)
        self.now = now

    def run(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        """Run one statement; the first opens the database."""
        return self._store.connection.execute(query, values)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Enclose a transaction that no other process can come between."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._store.connection.in_transaction:
                self.run("ROLLBACK")
            raise

    # ---- reading ------------------------------------------------------------------------------------------

    def head(self, key: str) -> Stored | None:
        """Return an object, or None."""
        check_key(key)
        row = self.run(_GET, (key,)).fetchone()
        return None if row is None else stored(row)

    def get(
        self, key: str, condition: Condition | None = None, wanted: Slice | Header | None = None
    ) -> tuple[Stored, tuple[int, int], Reading | None] | None:
        """Return an object, the range (offset, length) and its open body; no body if the condition does not hold.

        None without such an object. Refused for a range that cannot be had.
        """
        missing: str | None = None
        while (found := self._snapshot(key)) is not None:
            item, parts = found
            everything = (0, item.size)
            if condition is not None and not condition.holds(item.etag, item.uploaded):
                return item, everything, None
            offset, length = everything if wanted is None else wanted.resolve(item.size)
            try:
                return item, (offset, length), Reading(self._store.blobs, segments_of(parts, offset, length))
            except FileNotFoundError:
                if missing == item.version:
                    context.log("warn", f'The body of "{key}" is no longer in {self._store.blobs.directory}')
                    return None
                missing = item.version  # overwritten or deleted since, as it seems
        return None

    def _snapshot(self, key: str) -> tuple[Stored, list[tuple[str, int]]] | None:
        """Return an object and the files of its body with their sizes, as they are at one moment."""
        item = self.head(key)
        if item is not None and item.blob is None:
            with self._store.connection:  # a savepoint: both queries see the same state
                item = self.head(key)
                if item is not None and item.blob is None:
                    return item, self.run(_PARTS, (key,)).fetchall()
        return None if item is None else (item, [(item.blob or "", item.size)])

    # ---- writing ------------------------------------------------------------------------------------------

    def begin(self, algorithms: Iterable[str] = ()) -> Writing:
        """Return a body to be written and then given to `put`; checksums of `algorithms` are computed on the way."""
        return Writing(self._store.blobs, algorithms)

    def put(
        self,
        key: str,
        body: Writing,
        metadata: Metadata,
        condition: Condition | None = None,
        digest: tuple[str, str] | None = None,
    ) -> Stored | None:
        """Make a body that was written an object; None if the condition does not hold.

        `digest` is a checksum that has to fit: algorithm and value in hexadecimal; Refused if it does not.
        """
        body.close()
        digests = body.digests
        if digest is not None and digests[digest[0]] != digest[1]:
            raise bad_digest(ALGORITHMS[digest[0]], digest[1], digests[digest[0]])
        checksums = {} if digest is None or digest[0] == "md5" else dict([digest])
        item = Stored(
            key,
            body.blob,
            secrets.token_hex(16),
            body.size,
            digests["md5"],
            int(self.now() * 1000),
            checksums,
            metadata,
        )
        with self.change():
            if condition is not None and not self._allows(key, condition):
                return None
            dropped = self.replace(item)
        body.keep()
        self.drop(dropped)
        return item

    def _allows(self, key: str, condition: Condition) -> bool:
        row = self.run("SELECT etag, uploaded FROM _mf_objects WHERE key = ?", (key,)).fetchone()
        return condition.holds_without_object() if row is None else condition.holds(*row)

    def replace(self, item: Stored) -> list[str]:
        """Inside a change: put the row of an object; return the files of the body it had."""
        dropped = self._release(item.key)
        self.run(_PUT, item.row())
        return dropped

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects that are there."""
        names = list(keys)
        for key in names:
            check_key(key)
        dropped: list[str] = []
        with self.change():
            for key in names:
                dropped += self._release(key)
        self.drop(dropped)

    def _release(self, key: str) -> list[str]:
        """Inside a change: delete the rows of an object; return the files of its body."""
        parts = self.run("DELETE FROM _mf_multipart_parts WHERE object_key = ? RETURNING blob_id", (key,)).fetchall()
        row = self.run("DELETE FROM _mf_objects WHERE key = ? RETURNING blob_id", (key,)).fetchall()
        return [blob for (blob,) in (*parts, *row) if blob is not None]

    def drop(self, blobs: Iterable[str]) -> None:
        """Delete files that no row refers to any more."""
        for blob in blobs:
            self._store.blobs.delete(blob)
