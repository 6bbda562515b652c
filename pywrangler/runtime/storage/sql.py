"""`sql.exec`: user code's SQL, run inside the turn's transaction under the policy."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.storage.cursor import Rows
from pywrangler.runtime.storage.meter import Meter
from pywrangler.runtime.storage.statements import Statement, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.js.errors import JsException
    from pywrangler.runtime.storage.database import Database

NO_STATEMENT = "SQL code did not contain a statement."
WRONG_COUNT = "Wrong number of parameter bindings for SQL query."
NULL_CHARACTER = 'unrecognized token: "\\0": SQLITE_ERROR'
ONLY_LAST = "When executing multiple SQL statements in a single call, only the last statement can have parameters."
NOT_ENABLED = (
    "SQL is not enabled for this Durable Object class. To enable it, change `new_classes` to `new_sqlite_classes` "
    "within the migrations in your Wrangler configuration. An object that has been stored already keeps its data."
)


class Sql:
    """Runs statements on one database; `begin_write` is called before each that may write."""

    __slots__ = ("_begin_write", "_database", "_lost", "_meter")

    def __init__(self, database: Database, begin_write: Callable[[], None], lost: Callable[[apsw.Error], None]) -> None:
        self._database = database
        self._begin_write = begin_write
        self._lost = lost
        self._meter = Meter(database)

    def execute(self, text: str, values: tuple[Any, ...]) -> Rows:
        """Run every statement in `text` and return the rows of the last; errors as the platform words them."""
        script = split(text)
        statements = script.statements
        if len(statements) == 1 and not script.has_trailer:
            return self._run(statements[0], values)
        for statement in statements if script.has_trailer else statements[:-1]:
            self._run(statement, None)
        if script.has_trailer or not statements:
            raise error(NO_STATEMENT)
        return self._run(statements[-1], values)

    def _run(self, statement: Statement, values: tuple[Any, ...] | None) -> Rows:
        database = self._database
        run = database.run or database.open()
        policy = database.policy
        if statement.writes:
            self._begin_write()
        tally = self._meter.begin(statement, values or None)
        policy.guards = True
        try:
            cursor = run(statement.sql, values or None, can_cache=statement.cacheable)
            policy.guards = False
            return Rows(database, cursor, self._meter, tally, lambda: self._columns(statement, values))
        except ValueError:
            if "\0" not in statement.sql:
                raise
            raise error(NULL_CHARACTER) from None
        except apsw.BindingsError:
            raise error(ONLY_LAST if values is None else WRONG_COUNT) from None
        except apsw.Error as problem:
            raise self._failed(problem) from problem
        finally:
            policy.guards = False
            self._meter.end(tally)

    def _failed(self, problem: apsw.Error) -> JsException:
        if self._database.lost_transaction():
            self._lost(problem)
        return self._database.failed(problem)

    def _columns(self, statement: Statement, values: tuple[Any, ...] | None) -> list[str]:
        """Return the column names of a statement that gave no row, by compiling it once more without running it."""
        names: list[str] = []

        def look(cursor: apsw.Cursor, _sql: str, _bindings: Any) -> bool:
            names.extend(column[0] for column in cursor.get_description())
            return False

        database = self._database
        cursor = database.connection.cursor()
        cursor.exec_trace = look
        database.policy.guards = True
        try:
            # Stopped by `look`; or it cannot be compiled twice, because what it creates is there now: no names then.
            with contextlib.suppress(apsw.Error):
                cursor.execute(statement.sql, values or None, can_cache=statement.cacheable)
        finally:
            database.policy.guards = False
        return names
