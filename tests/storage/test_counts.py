"""rowsRead and rowsWritten against a recording of the platform (`platform_counts.json` says of what)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pywrangler.runtime.storage import ObjectStorage
    from tests.storage.conftest import Shelf

RECORDED = json.loads(Path(__file__).with_name("platform_counts.json").read_text())
READS_ARE_ESTIMATED = frozenset(
    (
        # Actions of foreign keys, whose searches run for each row that they find.
        "UPDATE parent SET id = 10 WHERE id = 1",
        "DELETE FROM parent WHERE id = 2",
        "DELETE FROM p WHERE id = 2",
        # Another plan: this SQLite is newer than the platform's.
        "SELECT * FROM p, u WHERE u.b = p.a",
        "SELECT * FROM p WHERE EXISTS (SELECT 1 FROM u WHERE u.a = p.id)",
        # Several searches whose rows nobody counts.
        "SELECT * FROM u WHERE b = 6 OR a = 4",
        "SELECT * FROM p WHERE id IN (SELECT id FROM u)",
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10) SELECT n FROM c",
        # What is looked up where a row conflicts.
        "INSERT OR IGNORE INTO c VALUES (1, 1, 'a')",
        "INSERT INTO c (id, p, name) VALUES (1, 2, 'new') ON CONFLICT (id) DO UPDATE SET p = 2, name = 'new'",
        "REPLACE INTO c VALUES (1, 1, 'b')",
        "UPDATE c SET id = id",
        "CREATE TABLE made AS SELECT value FROM json_each('[1,2,3]')",
        "SELECT name FROM sqlite_master",  # the platform has other tables of its own
    )
)
"""Statements whose number of rows read differs from the platform's by some."""


def _counts(storage: ObjectStorage, sql: str) -> list[Any]:
    cursor = storage.sql_exec(sql)
    return [len(cursor.toArray()), cursor.rowsRead, cursor.rowsWritten]


def _differs(sql: str, found: list[Any], recorded: list[Any]) -> bool:
    words = sql.split()
    if words[0] == "DROP":
        return found[2] != recorded[2]
    if words[0] == "ALTER":  # rewrites the schema, whose size differs
        return "ADD" in words and found[2] != recorded[2]
    if sql in READS_ARE_ESTIMATED:
        return abs(found[1] - recorded[1]) > 10 or found[2] != recorded[2]
    return found != recorded


def test_statements_count_what_the_platform_counts(storage: ObjectStorage) -> None:
    differing = []
    for sql, *recorded in RECORDED["in order"]:
        found = _counts(storage, sql)
        if _differs(sql, found, recorded):
            differing.append((sql, found, recorded))
    assert differing == []
    assert len(RECORDED["in order"]) > 150


@pytest.mark.parametrize(("sql", "recorded"), [(sql, counts) for sql, *counts in RECORDED["each after the setup"]])
def test_a_statement_counts_what_the_platform_counts(storage: ObjectStorage, sql: str, recorded: list[Any]) -> None:
    for statement in RECORDED["setup"]:
        storage.sql_exec(statement)
    found = _counts(storage, sql)
    assert not _differs(sql, found, recorded), found


def test_a_cursor_that_is_under_way_counts_what_it_has_fetched(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE t (a)")
    storage.sql_exec("INSERT INTO t VALUES (1), (2), (3)")
    cursor = storage.sql_exec("SELECT a FROM t")
    assert cursor.rowsRead == 1
    next(cursor)
    next(cursor)
    assert cursor.rowsRead == 2
    assert len(cursor.toArray()) == 1
    assert cursor.rowsRead == 3


def test_two_cursors_under_way_do_not_mix(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE t (a, b)")
    storage.sql_exec("CREATE INDEX t_a ON t (a)")
    storage.sql_exec("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)")
    reading = storage.sql_exec("SELECT * FROM t")
    assert next(reading).a == 1
    other = storage.sql_exec("SELECT * FROM t WHERE a = 3")
    other.toArray()
    writing = storage.sql_exec("UPDATE t SET b = 5 WHERE a = 1")
    reading.toArray()
    assert (reading.rowsRead, other.rowsRead, writing.rowsRead, writing.rowsWritten) == (3, 1, 2, 1)


def test_a_statement_that_is_compiled_already_counts_the_same(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
    storage.sql_exec("CREATE INDEX t_a ON t (a)")
    insert, update = "INSERT INTO t (a, b) VALUES (?, 1)", "UPDATE t SET b = ? WHERE id = 1"
    assert [storage.sql_exec(insert, (n,)).rowsWritten for n in range(3)] == [2, 2, 2]
    assert [storage.sql_exec(update, (n,)).rowsWritten for n in range(3)] == [1, 1, 1]
    storage.sql_exec("CREATE INDEX t_b ON t (b)")
    assert [storage.sql_exec(insert, (n,)).rowsWritten for n in range(3)] == [3, 3, 3]
    assert [storage.sql_exec(update, (n,)).rowsWritten for n in range(3)] == [2, 2, 2]


def test_counts_can_be_asked_for_after_the_schema_has_changed(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE t (a)")
    writing = storage.sql_exec("INSERT INTO t VALUES (1), (2)")
    reading = storage.sql_exec("SELECT * FROM t")
    reading.toArray()
    storage.sql_exec("DROP TABLE t")
    assert writing.rowsWritten == 2
    assert reading.rowsRead == 2


def test_statements_of_a_failed_transaction_count(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.sql_exec("CREATE TABLE t (a UNIQUE)")
    cursors: list[Any] = []

    def fail() -> None:
        cursors.append(storage.sql_exec("INSERT INTO t VALUES (1)"))
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        storage.transaction_sync(fail)
    assert cursors[0].rowsWritten == 2


def test_very_many_rows_are_counted_without_being_remembered(
    storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pywrangler.runtime.storage.meter.MOST_EVENTS", 10)
    storage.sql_exec("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
    storage.sql_exec("CREATE INDEX t_a ON t (a)")
    values = ", ".join(f"({n}, {n})" for n in range(95))
    insert = storage.sql_exec(f"INSERT INTO t (a, b) VALUES {values}")
    assert (insert.rowsWritten, len(insert._rows.tally.events)) == (190, 5)
    assert storage.sql_exec("UPDATE t SET b = 1").rowsWritten == 95
    assert storage.sql_exec("UPDATE t SET a = 1 WHERE id > 5").rowsWritten == 180
    assert storage.sql_exec("UPDATE t SET id = id + 1000").rowsWritten == 190
    assert storage.sql_exec("DELETE FROM t WHERE id > 0").rowsWritten == 95
