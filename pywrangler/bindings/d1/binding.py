"""What user code has: `env.DB` as a raw JavaScript object, its statements and sessions.

Every operation begins at the call and is one transaction, a batch and an `exec` included. Errors have the platform's
prefix, and the bare text as `cause`. `exec` names the line that failed, where wrangler names the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.bindings.d1 import script
from pywrangler.bindings.d1.file import Query, QueryError
from pywrangler.bindings.d1.location import shown_name, store_of
from pywrangler.bindings.d1.thread import DatabaseThread
from pywrangler.bindings.d1.values import d1_error, list_of, parameter, script_value, text
from pywrangler.bindings.operations import operation
from pywrangler.runtime.js import convert
from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.storage.limits import ROW_BYTES, Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.bindings.catalogue import Parts
    from pywrangler.bindings.d1.file import Outcome
    from pywrangler.config.model import OtherBinding
    from pywrangler.runtime.js.proxy import JsPromise
    from pywrangler.runtime.js.values import JsObject

CONSTRAINTS = frozenset({"first-primary", "first-unconstrained"})
"""What a session may be given instead of a bookmark."""


class D1PreparedStatement(JsProxy):
    """SQL with values for its parameters."""

    __slots__ = ("_asked", "_session", "_values")

    def __init__(self, session: D1DatabaseSession, statement: Any, asked: tuple[Any, ...] = ()) -> None:
        self._session = session
        self._asked = asked
        self._values = tuple(map(parameter, asked))
        self.statement = statement

    @property
    def params(self) -> JsArray:
        """The values, as they were given."""
        return list_of(self._asked)

    def _own_properties(self) -> dict[str, Any]:
        return {**super()._own_properties(), "params": self.params}

    def bind(self, *values: Any, **named: Any) -> D1PreparedStatement:
        """Return the statement with values for all its parameters; Error for a value that cannot be stored."""
        asked = (*values, plain(named)) if named else values
        bound: D1PreparedStatement = D1PreparedStatement.new(self._session, self.statement, asked)
        return bound

    def all(self) -> JsPromise:
        """Return `{success, meta, results}`, with rows as objects."""
        return operation(self._all)

    def run(self) -> JsPromise:
        """Do the same as `all`."""
        return operation(self._all)

    def first(self, column: Any = None) -> JsPromise:
        """Return the first row or, given a column, its value there; null without a row."""
        return operation(lambda: self._first(column))

    def raw(self, init: Any = None, **named: Any) -> JsPromise:
        """Return rows as arrays of values; with `columnNames` the first one has the names."""
        given = named if isinstance(init, bool | int | float | str) else convert.options(init, named)
        return operation(lambda: self._raw(with_names=truthy(given.get("columnNames"))))

    async def _outcome(self) -> Outcome:
        (outcome,) = await self._session._run([self])
        return outcome

    async def _all(self) -> JsObject:
        return _result(await self._outcome())

    async def _first(self, column: Any) -> Any:
        outcome = await self._outcome()
        if not outcome.rows:
            return jsnull
        row = objects(outcome.columns, outcome.rows[:1])[0]
        if column is None:
            return row
        name = to_string(column)
        if name not in outcome.columns:
            raise d1_error("D1_COLUMN_NOTFOUND", f"Column not found ({name})", "Column not found")
        return row._own_properties()[name]

    async def _raw(self, *, with_names: bool) -> JsArray:
        outcome = await self._outcome()
        rows = [list_of([script_value(value) for value in row]) for row in outcome.rows]
        return list_of([list_of(outcome.columns), *rows] if with_names else rows)


class D1DatabaseSession(JsProxy):
    """A sequence of queries. Locally all of them see everything, so that a bookmark is only handed on."""

    __slots__ = ("_keeps_bookmark", "_limits", "_mark", "_thread")

    def __init__(self, thread: DatabaseThread, limits: Limits, mark: str | None) -> None:
        self._thread = thread
        self._limits = limits
        self._keeps_bookmark = mark is not None
        self._mark = mark

    def prepare(self, query: Any = None) -> D1PreparedStatement:
        """Return a statement; nothing is checked before it runs."""
        statement: D1PreparedStatement = D1PreparedStatement.new(self, query)
        return statement

    def batch(self, statements: Any = None) -> JsPromise:
        """Run statements as one transaction and return the result of each."""
        return operation(lambda: self._batch(statements))

    def getBookmark(self) -> Any:
        """Return how far the session has seen the database; null before its first query."""
        return convert.NULL if self._mark is None or self._mark in CONSTRAINTS else self._mark

    async def _batch(self, statements: Any) -> JsArray:
        if statements is None or statements is jsnull:
            raise type_error(f"Cannot read properties of {to_string(statements)} (reading 'map')")
        if not isinstance(statements, JsArray | list | tuple):
            raise type_error("statements.map is not a function")
        return list_of([_result(outcome) for outcome in await self._run(list(statements))])

    async def _run(self, statements: Sequence[Any]) -> Sequence[Outcome]:
        try:
            outcomes, mark = await self._thread.run(
                [self._query(item) for item in statements], bookmark=self._keeps_bookmark
            )
        except QueryError as problem:
            raise d1_error("D1_ERROR", problem.text) from None
        if self._keeps_bookmark and (self._mark is None or self._mark in CONSTRAINTS or self._mark < mark):
            self._mark = mark
        return outcomes

    def _query(self, statement: Any) -> Query:
        if not isinstance(statement, D1PreparedStatement):
            raise d1_error("D1_ERROR", f"A batch takes prepared statements, and this is none: {to_string(statement)}")
        if not isinstance(statement.statement, str):
            raise d1_error("D1_ERROR", f"SQL is text, and this is none: {to_string(statement.statement)}")
        for value in statement._values:
            if isinstance(value, str | bytes) and len(value) > ROW_BYTES:
                self._limits.check_sql_value(value)
        return Query(text(statement.statement), statement._values)


class D1Database(JsProxy):
    """The binding."""

    __slots__ = ("_limits", "_session", "_thread")

    def __init__(self, thread: DatabaseThread, limits: Limits) -> None:
        self._thread = thread
        self._limits = limits
        self._session: D1DatabaseSession = D1DatabaseSession.new(thread, limits, None)

    def prepare(self, query: Any = None) -> D1PreparedStatement:
        """Return a statement; nothing is checked before it runs."""
        return self._session.prepare(query)

    def batch(self, statements: Any = None) -> JsPromise:
        """Run statements as one transaction and return the result of each."""
        return self._session.batch(statements)

    def exec(self, query: Any = None) -> JsPromise:
        """Run each line of a text, all as one transaction; return `{count, duration}`."""
        return operation(lambda: self._exec(query))

    def withSession(self, constraint: Any = None) -> D1DatabaseSession:
        """Return a session that begins at a bookmark, or under a constraint."""
        if constraint is None or constraint is jsnull:
            constraint = ""
        if not isinstance(constraint, str):
            raise type_error("constraintOrBookmark?.trim is not a function")
        mark = constraint.strip() or "first-unconstrained"
        session: D1DatabaseSession = D1DatabaseSession.new(self._thread, self._limits, mark)
        return session

    def dump(self) -> JsPromise:
        """Fail as it does locally; `pywrangler d1 export` writes a dump."""
        return operation(self._dump)

    async def _exec(self, query: Any) -> JsObject:
        if not isinstance(query, str):
            known = query is not None and query is not jsnull
            raise type_error(
                "query.trim is not a function"
                if known
                else f"Cannot read properties of {to_string(query)} (reading 'trim')"
            )
        lines = script.lines(text(query))
        try:
            outcomes, _ = await self._thread.run([Query(line) for line in lines])
        except QueryError as problem:
            where = f"Error in line {problem.number + 1}: {lines[problem.number]}"
            raise d1_error("D1_EXEC_ERROR", f"{where}: {problem.text}") from None
        duration = sum(outcome.milliseconds for outcome in outcomes)
        return plain({"count": len(outcomes), "duration": _rounded(duration)})

    @staticmethod
    def _dump() -> None:
        raise d1_error("D1_DUMP_ERROR", "Status + 404", "Status 404")


# ---- results --------------------------------------------------------------------------------------------


def _result(outcome: Outcome) -> JsObject:
    counts, duration = outcome.counts, _rounded(outcome.milliseconds)
    meta = {
        "served_by": "miniflare.db",
        "served_by_primary": True,
        "total_attempts": 1,
        "timings": plain({"sql_duration_ms": duration}),
        "duration": duration,
        "changes": counts.changes,
        "last_row_id": counts.last_row_id,
        "changed_db": counts.changed_db,
        "size_after": counts.size_after,
        "rows_read": counts.rows_read,
        "rows_written": counts.rows_written,
    }
    rows = list_of(objects(outcome.columns, outcome.rows))
    return plain({"success": True, "meta": plain(meta), "results": rows})


def objects(columns: list[str], rows: Sequence[tuple[Any, ...]]) -> list[JsObject]:
    """Return rows as objects of JavaScript values."""
    return [plain(dict(zip(columns, map(script_value, row), strict=True))) for row in rows]


def _rounded(milliseconds: float) -> int | float:
    value = round(milliseconds, 4)
    return int(value) if value.is_integer() else value


def make(binding: OtherBinding, parts: Parts) -> D1Database:
    """Return the binding of an entry of the config."""
    path = store_of(binding, parts.stores).path
    threads = [item for item in parts.worker.companions if isinstance(item, DatabaseThread) and item.path == path]
    if not threads:  # two bindings may lead to one database
        threads.append(DatabaseThread(path, parts.stores.notice))
        parts.worker.companions.append(threads[0])
    limits = Limits(f"D1 database {shown_name(binding)}", parts.stores.notice, sqlite=True, strict=False)
    database: D1Database = D1Database.new(threads[0], limits)
    return database
