"""A database as SQL text, in the shape that production's exports have: tables with their rows, then all the rest.

Every value reads back as it was: a REAL has a point or an exponent, 64-bit integers are exact, line ends in text are
written as `char(10)` and `char(13)`, so that each statement is one line unless a definition is not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pywrangler.errors import PywranglerError
from pywrangler.runtime.storage.policy import is_reserved

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import apsw

FIRST = "PRAGMA defer_foreign_keys=TRUE;"
_TABLES = """
    SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL
    ORDER BY tbl_name = 'sqlite_sequence', rowid
"""
_OTHERS = """
    SELECT name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL
    ORDER BY type, rowid
"""


class DumpError(PywranglerError):
    """The database cannot be written as SQL."""


def dump(
    connection: apsw.Connection, tables: Collection[str] = (), *, schema: bool = True, data: bool = True
) -> Iterator[str]:
    """Yield statements that make the same database, or of it the `tables`, their definitions or their rows.

    Inside a transaction they show one moment. DumpError for a virtual table, whose rows are in other tables.
    """
    yield FIRST
    for name, sql in _definitions(connection, _TABLES):
        if (tables and name not in tables) or is_reserved(name):
            continue
        if sql.upper().startswith("CREATE VIRTUAL TABLE"):
            raise DumpError(f"{name} is a virtual table, and a database with one cannot be exported.")
        if name == "sqlite_sequence":
            yield from ["DELETE FROM sqlite_sequence;"] if schema else []
        elif name.startswith("sqlite_stat"):
            yield from ["ANALYZE sqlite_schema;"] if schema else []
        elif name.startswith("sqlite_"):
            continue
        elif schema:
            yield f"{_unless_there(sql)};"
        if data:
            yield from _rows(connection, name)
    if schema:
        for name, sql in _definitions(connection, _OTHERS):
            if not tables or name in tables:
                yield f"{sql};"


def _definitions(connection: apsw.Connection, query: str) -> list[tuple[str, str]]:
    return [(str(name), str(sql)) for name, sql in connection.execute(query)]


def _unless_there(sql: str) -> str:
    """A definition with a quoted name, as SQLite keeps it for `IF NOT EXISTS`, gets that back."""
    return f"CREATE TABLE IF NOT EXISTS {sql[13:]}" if sql[:14].upper() in ("CREATE TABLE '", 'CREATE TABLE "') else sql


def _rows(connection: apsw.Connection, table: str) -> Iterator[str]:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]
    columns = ",".join(map(quoted, names))
    for row in connection.execute(f"SELECT {columns} FROM {quoted(table)}"):  # noqa: S608 - quoted
        yield f"INSERT INTO {quoted(table)} ({columns}) VALUES({','.join(map(literal, row))});"


def literal(value: Any) -> str:
    """Return a value of SQLite as it is written in SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ("9e999" if value > 0 else "-9e999")
    return _text(value) if isinstance(value, str) else str(value)


def _text(value: str) -> str:
    """Return text in quotes; what would end a line, or the statement, is put in by functions."""
    result = "'" + value.replace("'", "''") + "'"
    for character, mark, code in (("\r", r"\r", 13), ("\n", r"\n", 10)):
        if character in value:
            if mark in value:
                return _cast(value)
            result = f"replace({result.replace(character, mark)},'{mark}',char({code}))"
    return _cast(value) if "\0" in value else result


def _cast(value: str) -> str:
    return f"CAST(X'{value.encode().hex()}' AS TEXT)"


def quoted(name: str) -> str:
    """Return a name in quotes."""
    return '"' + name.replace('"', '""') + '"'
