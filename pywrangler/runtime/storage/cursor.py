"""Results of `sql.exec`.

The first row is fetched when the statement starts. A reading cursor stays live until it is exhausted or dropped: it
sees later changes, and holds a lock on the schema of its tables. The rows that a writing statement returns are
buffered, because a turn cannot be committed while a write is in progress.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.storage.bindings import python_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pywrangler.runtime.storage.database import Database
    from pywrangler.runtime.storage.meter import Meter, Tally

NO_RESULTS = "Expected exactly one result from SQL query, but got no results."
MULTIPLE_RESULTS = "Expected exactly one result from SQL query, but got multiple results."
_NOTHING: Any = object()


class Rows:
    """The rows of one statement as SQLite gives them, each fetched when it is asked for."""

    __slots__ = ("__weakref__", "_cursor", "_database", "_describe", "_first", "_meter", "_names", "_rest", "tally")

    def __init__(
        self, database: Database, cursor: apsw.Cursor, meter: Meter, tally: Tally, describe: Callable[[], list[str]]
    ) -> None:
        self._database = database
        self._describe = describe
        self._names: list[str] | None = None
        self._cursor: apsw.Cursor | None = None
        self._rest: Iterator[tuple[Any, ...]] = iter(())
        self._meter = meter
        self.tally = tally
        """What it cost so far."""
        self._first = next(cursor, _NOTHING)
        if self._first is _NOTHING:
            return
        self._names = [column[0] for column in cursor.get_description()]
        tally.returned = 1
        if tally.statement.writes:
            rows = cursor.fetchall()
            tally.returned += len(rows)
            self._rest = iter(rows)
        else:
            self._cursor = cursor
            self._rest = cursor
            database.note_live(self)

    @property
    def is_live(self) -> bool:
        """Whether more rows may come from SQLite."""
        return self._cursor is not None

    @property
    def names(self) -> list[str]:
        """Column names, with duplicates; empty for a statement that returns no rows at all."""
        if self._names is None:
            self._names = self._describe()
        return self._names

    def next(self) -> tuple[Any, ...] | None:
        """Return the next row, None after the last."""
        row = self._first
        if row is not _NOTHING:
            self._first = _NOTHING
            return row  # type: ignore[no-any-return]
        if self._cursor is None:
            return next(self._rest, None)
        self._meter.resume(self.tally)
        try:
            row = next(self._rest, None)
        except apsw.Error as problem:
            self._cursor = None
            self._rest = iter(())
            raise self._database.failed(problem) from problem
        finally:
            self._meter.end(self.tally)
        if row is None:
            self._cursor = None
        else:
            self.tally.returned += 1
        return row

    def all(self) -> list[tuple[Any, ...]]:
        """Return the rows that are left."""
        first, self._first = self._first, _NOTHING
        if self._cursor is None:
            rows = list(self._rest)
        else:
            self._meter.resume(self.tally)
            try:
                rows = list(self._rest)
            except apsw.Error as problem:
                raise self._database.failed(problem) from problem
            finally:
                self._meter.end(self.tally)
            self._cursor = None
            self.tally.returned += len(rows)
        if first is not _NOTHING:
            rows.insert(0, first)
        return rows

    def one(self) -> tuple[Any, ...]:
        """Return the only row; Error unless there is exactly one left."""
        row = self.next()
        if row is None:
            raise error(NO_RESULTS)
        if self.next() is not None:
            raise error(MULTIPLE_RESULTS)
        return row


class Cursor:
    """What `sql.exec` returns to Python code: rows are `JsDict`s, BLOBs memoryviews, NULL is None."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    @property
    def columnNames(self) -> list[str]:
        """Names of the columns, in order, duplicates included."""
        return list(self._rows.names)

    @property
    def rowsRead(self) -> int:
        """Rows that the statement has read, as the platform counts them; those fetched while it is under way."""
        return self._rows.tally.read

    @property
    def rowsWritten(self) -> int:
        """Rows and entries of indexes that the statement has written."""
        return self._rows.tally.written

    def one(self) -> JsDict:
        """Return the only row; JavaScript Error unless there is exactly one."""
        row = self._rows.one()
        return JsDict(zip(self._rows.names, python_row(row), strict=True))

    def toArray(self) -> list[JsDict]:
        """Return the rows that are left."""
        rows = self._rows.all()
        if not rows:
            return []
        names = self._rows.names
        return [JsDict(zip(names, python_row(row), strict=True)) for row in rows]

    def next(self) -> JsDict:
        """Return `{done, value}`."""
        row = self._rows.next()
        if row is None:
            return JsDict(done=True, value=None)
        return JsDict(done=False, value=JsDict(zip(self._rows.names, python_row(row), strict=True)))

    def __iter__(self) -> Cursor:
        return self

    def __next__(self) -> JsDict:
        row = self._rows.next()
        if row is None:
            raise StopIteration
        return JsDict(zip(self._rows.names, python_row(row), strict=True))

    def raw(self) -> RawRows:
        """Return an iterator over the same rows as lists of values."""
        return RawRows(self._rows)


class RawRows:
    """Rows as lists, in step with the cursor they come from."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __iter__(self) -> RawRows:
        return self

    def __next__(self) -> list[Any]:
        row = self._rows.next()
        if row is None:
            raise StopIteration
        return python_row(row)

    def next(self) -> JsDict:
        """Return `{done, value}`."""
        row = self._rows.next()
        return JsDict(done=True, value=None) if row is None else JsDict(done=False, value=python_row(row))

    def toArray(self) -> list[list[Any]]:
        """Return the rows that are left."""
        return [python_row(row) for row in self._rows.all()]
