"""Keys and serialised values in `_cf_KV`.

Keys are ordered by their UTF-8 bytes, which is SQLite's order of text and the order of code points. Everything here
is bytes; faces and serialisation are the callers'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.storage.database import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pywrangler.runtime.storage.database import Database

GET = "SELECT value FROM _cf_KV WHERE key = ?"
PUT = "INSERT INTO _cf_KV VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
DELETE = "DELETE FROM _cf_KV WHERE key = ?"
OLD_ITERATOR = (
    "kv.list() iterator was invalidated because a new call to kv.list() was started. Only one kv.list() iterator can "
    "exist at a time."
)
_LAST_BEFORE_SURROGATES = "\ud7ff"


@dataclass(frozen=True, slots=True)
class Range:
    """Which entries `list` returns; `start` is inclusive, `end` exclusive, None means open."""

    start: str | None = None
    after: str | None = None
    end: str | None = None
    prefix: str = ""
    reverse: bool = False
    limit: int | None = None


def successor(prefix: str) -> str | None:
    """Return the first text after all that begin with `prefix`, None if there is none."""
    for length in range(len(prefix), 0, -1):
        last = prefix[length - 1]
        if last != "\U0010ffff":
            following = "\ue000" if last == _LAST_BEFORE_SURROGATES else chr(ord(last) + 1)
            return prefix[: length - 1] + following
    return None


def clean_key(key: str) -> str:
    """Return the key as UTF-8 can hold it: lone surrogates become U+FFFD, as in JavaScript."""
    return key.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def make_range(options: dict[str, Any]) -> Range:
    """Check the options of `list`; TypeError where the platform raises one."""
    start, after, limit = options.get("start"), options.get("startAfter"), options.get("limit")
    if start is not None and after is not None:
        raise type_error("list() cannot be called with both start and startAfter values.")
    if limit is not None and not limit > 0:
        raise type_error("List limit must be positive.")
    end, prefix = options.get("end"), options.get("prefix")
    return Range(
        None if start is None else clean_key(str(start)),
        None if after is None else clean_key(str(after)),
        None if end is None else clean_key(str(end)),
        "" if prefix is None else clean_key(str(prefix)),
        bool(options.get("reverse")),
        None if limit is None else int(limit),
    )


def _query(chosen: Range) -> tuple[str, tuple[Any, ...]]:
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, value: Any) -> None:
        conditions.append(condition)
        values.append(value)

    if chosen.start is not None:
        add("key >= ?", chosen.start)
    if chosen.after is not None:
        add("key > ?", chosen.after)
    if chosen.end is not None:
        add("key < ?", chosen.end)
    if chosen.prefix:
        add("key >= ?", chosen.prefix)
        if (stop := successor(chosen.prefix)) is not None:
            add("key < ?", stop)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = " DESC" if chosen.reverse else ""
    limit = ""
    if chosen.limit is not None:
        limit = " LIMIT ?"
        values.append(chosen.limit)
    return f"SELECT key, value FROM _cf_KV{where} ORDER BY key{order}{limit}", tuple(values)  # noqa: S608 - no outside text


class KeyValue:
    """The table of one database; `begin_write` is called before each change."""

    __slots__ = ("_begin_write", "_database", "_iteration", "_lost")

    def __init__(self, database: Database, begin_write: Callable[[], None], lost: Callable[[apsw.Error], None]) -> None:
        self._database = database
        self._begin_write = begin_write
        self._lost = lost
        self._iteration: object = None

    def get(self, key: str) -> bytes | None:
        """Return the value's bytes, or None."""
        database = self._database
        run = database.run or database.open_existing()
        if run is None:
            return None
        try:
            return run(GET, (key,), prepare_flags=OURS).get  # type: ignore[no-any-return]
        except UnicodeEncodeError:
            return self.get(clean_key(key))
        except apsw.Error as problem:
            raise database.failed(problem) from problem

    def get_many(self, keys: Iterable[str]) -> list[tuple[str, bytes]]:
        """Return the entries that exist, sorted by key."""
        unique = {clean_key(key) for key in keys}
        found = [(key, data) for key in unique if (data := self.get(key)) is not None]
        found.sort()  # code points, as everywhere
        return found

    def put(self, key: str, data: bytes) -> None:
        """Store the value's bytes."""
        self._begin_write()
        database = self._database
        try:
            database.run(PUT, (key, data), prepare_flags=OURS)
        except UnicodeEncodeError:
            self.put(clean_key(key), data)
        except apsw.Error as problem:
            raise self._failed(problem) from problem

    def delete(self, key: str) -> bool:
        """Remove an entry; says whether it existed."""
        database = self._database
        if database.run is None and database.open_existing() is None:
            return False
        self._begin_write()
        try:
            connection = database.connection
            before = connection.total_changes()
            database.run(DELETE, (key,), prepare_flags=OURS)
            return bool(connection.total_changes() - before)
        except UnicodeEncodeError:
            return self.delete(clean_key(key))
        except apsw.Error as problem:
            raise self._failed(problem) from problem

    def list(self, chosen: Range) -> list[tuple[str, bytes]]:
        """Return the chosen entries in order."""
        database = self._database
        run = database.run or database.open_existing()
        if run is None:
            return []
        query, values = _query(chosen)
        try:
            return run(query, values, prepare_flags=OURS).fetchall()  # type: ignore[no-any-return]
        except apsw.Error as problem:
            raise database.failed(problem) from problem

    def iterate(self, chosen: Range) -> Iterator[tuple[str, bytes]]:
        """Return an iterator over the chosen entries; Error from an older one once a newer was started."""
        mine = self._iteration = object()
        return self._entries(mine, chosen)

    def _entries(self, mine: object, chosen: Range) -> Iterator[tuple[str, bytes]]:
        database = self._database
        run = database.run or database.open_existing()
        if run is None:
            return
        query, values = _query(chosen)
        try:
            if self._iteration is not mine:
                raise error(OLD_ITERATOR)
            for row in run(query, values, prepare_flags=OURS):
                yield row
                if self._iteration is not mine:
                    raise error(OLD_ITERATOR)
        except apsw.Error as problem:
            raise database.failed(problem) from problem

    def _failed(self, problem: apsw.Error) -> Exception:
        if self._database.lost_transaction():
            self._lost(problem)
        return self._database.failed(problem)
