"""One database: its SQLite file, opened on first use, and queries that run as one transaction each time.

The rules for what SQL may do are those of Durable Objects (`runtime.storage.policy`): in production, too, a database is
an object. Several processes may have the file open, and each waits for the others' transactions. Whoever deletes the
file while it is open gets an empty database with the next query.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from pywrangler.bindings.d1.script import is_blank
from pywrangler.errors import PywranglerError
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.storage.database import METADATA_TABLE, OURS, Database
from pywrangler.runtime.storage.sql import Sql
from pywrangler.runtime.storage.statements import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pywrangler.errors import Problem

QUERY_SECONDS = 30.0
"""How long a query may run in production (https://developers.cloudflare.com/d1/platform/limits/)."""
LOCK_SECONDS = 30.0
STEPS_BETWEEN_LOOKS = 100_000
SQL_BYTES = 100_000

NO_STATEMENTS = "No SQL statements detected."
TOO_LONG = "D1 DB storage operation exceeded timeout which caused object to be reset."
TOO_BIG = "statement too long: SQLITE_TOOBIG"
NOT_UTF_8 = "A text value in the database is not valid UTF-8."


class QueryError(PywranglerError):
    """A query failed, and with it all that were to run with it: `number` says which, counted from 0."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.text = text
        self.number = number


@dataclass(frozen=True, slots=True)
class Query:
    """SQL, usually one statement, and the values of its parameters in order."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What one query did, for `meta`."""

    changes: int
    last_row_id: int
    changed_db: bool
    size_after: int
    rows_read: int
    rows_written: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a query gave: names of columns with duplicates, and rows as SQLite has them."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    milliseconds: float
    counts: Counts


class _State(NamedTuple):
    changes: int
    last_row_id: int
    size: int


def _state(database: Database) -> _State:
    connection = database.connection
    return _State(connection.total_changes(), connection.last_insert_rowid(), database.size)


class DatabaseFile:
    """A database for one thread at a time; `stop`, when set by any thread, ends what runs or waits."""

    def __init__(self, path: Path, notice: Callable[[Problem], None], stop: threading.Event | None = None) -> None:
        self.path = path
        self._notice = notice
        self._stop = stop or threading.Event()
        self._database: Database | None = None
        self._sql: Sql
        self._identity: tuple[int, int] | None = None
        self._deadline = math.inf
        self._lock_deadline = 0.0

    def run(self, queries: Sequence[Query], *, bookmark: bool = False) -> tuple[list[Outcome], str]:
        """Run all queries, or none of them, and return what each gave that is not blank, and a bookmark if asked for.

        QueryError with SQLite's words if one fails, if none has anything to run, or if the file cannot be used.
        """
        kept = [(number, query) for number, query in enumerate(queries) if not is_blank(query.sql)]
        if not kept:
            raise QueryError(NO_STATEMENTS, 0)
        number = 0
        try:
            database = self.open()
            if bookmark:
                database.run(METADATA_TABLE, prepare_flags=OURS)
            database.begin(writes=bookmark or any(_writes(query.sql) for _, query in kept))
            outcomes = []
            for number, query in kept:  # noqa: B007 - the error says which
                outcomes.append(self._run(database, query))
            mark = database.next_bookmark() if bookmark else ""
            self._commit(database)
        except JsException as problem:
            text = TOO_LONG if isinstance(problem.__cause__, apsw.InterruptError) else problem.message
            raise QueryError(text, number) from problem
        except UnicodeDecodeError as problem:
            raise QueryError(NOT_UTF_8, number) from problem
        finally:
            if self._database is not None:
                self._database.rollback()  # of what was not committed
        return outcomes, mark

    def _run(self, database: Database, query: Query) -> Outcome:
        if len(query.sql.encode()) > SQL_BYTES:
            raise error(TOO_BIG)
        before = _state(database)
        begun = time.perf_counter()
        self._deadline = begun + QUERY_SECONDS
        try:
            found = self._sql.execute(query.sql, query.values)
            rows = found.all()
        finally:
            self._deadline = math.inf
        milliseconds = (time.perf_counter() - begun) * 1000
        columns = found.names
        after = _state(database)
        counts = Counts(
            changes=after.changes - before.changes,
            last_row_id=after.last_row_id,
            changed_db=after != before,
            size_after=after.size,
            rows_read=found.tally.read,
            rows_written=found.tally.written,
        )
        return Outcome(columns, rows, milliseconds, counts)

    @staticmethod
    def _commit(database: Database) -> None:
        try:
            database.commit()
        except apsw.Error as problem:  # such as a foreign key that was deferred
            raise database.failed(problem) from problem

    # ---- the file -----------------------------------------------------------------------------------------

    def open(self) -> Database:
        """Return the database, open; JavaScript Error if it cannot be opened."""
        if self._database is not None and self._found() != self._identity:
            self.close()
        if self._database is None:
            database = Database(self.path, self._notice, None, owner="D1 database", tables=())
            database.on_corrupt = lambda _problem: self._forget()
            connection = database.connection
            connection.set_busy_handler(self._wait)
            connection.set_progress_handler(self._is_over, STEPS_BETWEEN_LOOKS)
            self._sql = Sql(database, _nothing, _nothing)
            self._identity = self._found()
            self._database = database
        return self._database

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_dev, status.st_ino

    def _forget(self) -> None:
        self._database = None

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        database, self._database = self._database, None
        if database is not None:
            database.close()

    # ---- waiting ------------------------------------------------------------------------------------------

    def _wait(self, attempt: int) -> bool:
        """Wait for the transaction of another process; False to give up."""
        now = time.perf_counter()
        if attempt == 0:
            self._lock_deadline = now + LOCK_SECONDS
        return now < self._lock_deadline and not self._stop.wait(min(0.001 * 2**attempt, 0.05))

    def _is_over(self) -> bool:
        """Say whether what runs is to end, asked now and then while it does."""
        return self._stop.is_set() or time.perf_counter() > self._deadline


def _writes(sql: str) -> bool:
    return any(statement.writes for statement in split(sql).statements)


def _nothing(*_: object) -> None:
    """Stand for what objects do before a statement that writes: here the transaction is open already."""
