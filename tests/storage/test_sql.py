"""SQL: spec/durable-objects.md, section 6."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import jsnull

if TYPE_CHECKING:
    from pywrangler.runtime.storage import ObjectStorage


def one(storage: ObjectStorage, query: str, *bindings: Any) -> Any:
    (value,) = storage.sql_exec(query, bindings).raw()
    return value[0]


def failure(storage: ObjectStorage, query: str, *bindings: Any) -> str:
    with pytest.raises(JsException) as caught:
        storage.sql_exec(query, bindings)
    return str(caught.value)


# ---- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "back"),
    [
        ("a", "text", "a"),
        ("", "text", ""),
        (5, "real", 5),
        (-0.5, "real", -0.5),
        (2**53 - 1, "real", 2**53 - 1),
        (True, "text", "true"),
        (False, "text", "false"),
        (None, "null", None),
        (jsnull, "null", None),
        (math.nan, "null", None),
        (math.inf, "real", math.inf),
        (b"\x00\xff", "blob", memoryview(b"\x00\xff")),
        (memoryview(b"abcd")[::2], "blob", memoryview(b"ac")),
        ({"a": 1}, "text", "[object Object]"),
        ([1, "b", None, [2.0, 3]], "text", "1,b,,2,3"),
        (dt.datetime(2026, 3, 4, 5, 6, 7, tzinfo=dt.UTC), "text",
         "Wed Mar 04 2026 05:06:07 GMT+0000 (Coordinated Universal Time)"),
    ],
)  # fmt: skip
def test_bindings_become_what_javascript_values_become(
    storage: ObjectStorage, value: Any, kind: str, back: Any
) -> None:
    row = storage.sql_exec("SELECT typeof(?1) AS kind, ?1 AS value", (value,)).one()
    assert (row.kind, row.value) == (kind, back)
    assert type(row.value) is type(back)


@pytest.mark.parametrize("value", [2**53, -(2**53), 2**80])
def test_a_big_int_cannot_be_bound(storage: ObjectStorage, value: int) -> None:
    assert failure(storage, "SELECT ?", value) == "TypeError: Cannot convert a BigInt value to a number"


@pytest.mark.parametrize("value", [(1,), bytearray(b"x"), [(1,)]])
def test_what_cannot_cross_to_javascript_cannot_be_bound(storage: ObjectStorage, value: Any) -> None:
    with pytest.raises(TypeError, match="cannot be sent over RPC"):
        storage.sql_exec("SELECT ?", (value,))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT ? / 2", 2.5),
        ("SELECT 'a' || ?", "a5.0"),
        ("SELECT cast(? AS text)", "5.0"),
        ("SELECT json_array(?)", "[5.0]"),
    ],
)
def test_an_int_shows_that_it_is_bound_as_real(storage: ObjectStorage, query: str, expected: Any) -> None:
    assert one(storage, query, 5) == expected


def test_column_affinity_decides_what_a_number_is_stored_as(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE t (i INTEGER, n, s TEXT)")
    storage.sql_exec("INSERT INTO t VALUES (?1, ?1, ?1)", (5,))
    kinds = storage.sql_exec("SELECT typeof(i), typeof(n), typeof(s), s FROM t").raw()
    assert list(kinds) == [["integer", "real", "text", "5.0"]]


def test_limit_takes_integral_numbers_only(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)")
    assert len(storage.sql_exec("SELECT * FROM t LIMIT ?", (2,)).toArray()) == 2
    assert "SQLITE_MISMATCH" in failure(storage, "SELECT * FROM t LIMIT ?", 1.5)


def test_placeholders_are_filled_by_number(storage: ObjectStorage) -> None:
    assert storage.sql_exec("SELECT ?2 AS a, :x AS b, @y AS c, $z AS d, ? AS e", list("123456")).one() == {
        "a": "2", "b": "3", "c": "4", "d": "5", "e": "6",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("literal", "back"),
    [
        ("5.0", 5),
        ("9007199254740991", 2**53 - 1),
        ("9007199254740993", 9007199254740992.0),
        ("-9223372036854775808", float(-(2**63))),
        ("1e300", 1e300),
        ("1e999", math.inf),
        ("x'00ff'", memoryview(b"\x00\xff")),
        ("NULL", None),
    ],
)
def test_results_are_javascript_numbers(storage: ObjectStorage, literal: str, back: Any) -> None:
    found = one(storage, f"SELECT {literal}")
    assert found == back
    assert type(found) is type(back)


# ---- cursors --------------------------------------------------------------------------------------------


@pytest.fixture
def table(storage: ObjectStorage) -> ObjectStorage:
    storage.sql_exec("CREATE TABLE t (a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'z')")
    storage.commit()
    return storage


def test_rows_are_dicts_with_attributes(table: ObjectStorage) -> None:
    rows = table.sql_exec("SELECT * FROM t ORDER BY a").toArray()
    assert rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]
    assert (type(rows[0]), rows[0].b) == (JsDict, "x")


def test_a_cursor_is_consumed_once_in_whatever_way(table: ObjectStorage) -> None:
    cursor = table.sql_exec("SELECT a FROM t ORDER BY a")
    assert cursor.next() == {"done": False, "value": {"a": 1}}
    assert next(cursor.raw()) == [2]
    assert cursor.toArray() == [{"a": 3}]
    assert cursor.next() == {"done": True, "value": None}
    assert (list(cursor), cursor.raw().toArray()) == ([], [])


def test_one_wants_exactly_one_row(table: ObjectStorage) -> None:
    assert table.sql_exec("SELECT b FROM t WHERE a = ?", (2,)).one() == {"b": "y"}
    with pytest.raises(JsException) as none:
        table.sql_exec("SELECT b FROM t WHERE a = 9").one()
    with pytest.raises(JsException) as many:
        table.sql_exec("SELECT b FROM t").one()
    assert str(none.value) == "Error: Expected exactly one result from SQL query, but got no results."
    assert str(many.value) == "Error: Expected exactly one result from SQL query, but got multiple results."


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("SELECT a, b AS c FROM t", ["a", "c"]),
        ("SELECT a, b AS c FROM t WHERE a > 9", ["a", "c"]),
        ("SELECT 1 AS x, 2 AS x", ["x", "x"]),
        ("INSERT INTO t VALUES (7, 8)", []),
        ("UPDATE t SET b = 1 WHERE a = 1 RETURNING a", ["a"]),
        ("UPDATE t SET b = 1 WHERE a = 99 RETURNING a", ["a"]),
        ("CREATE TABLE u (x)", []),
        ("CREATE VIEW u AS SELECT 1", []),
        ("DROP TABLE t", []),
    ],
)
def test_column_names_are_known_with_and_without_rows(table: ObjectStorage, query: str, names: list[str]) -> None:
    cursor = table.sql_exec(query)
    assert cursor.columnNames == names
    cursor.toArray()
    assert cursor.columnNames == names


def test_of_duplicate_columns_the_later_wins_in_objects(storage: ObjectStorage) -> None:
    assert storage.sql_exec("SELECT 1 AS x, 2 AS x").one() == {"x": 2}
    assert storage.sql_exec("SELECT 1 AS x, 2 AS x").raw().toArray() == [[1, 2]]


def test_rows_are_counted(table: ObjectStorage) -> None:
    cursor = table.sql_exec("SELECT * FROM t")
    assert cursor.rowsRead == 1
    cursor.toArray()
    assert (cursor.rowsRead, cursor.rowsWritten) == (3, 0)
    assert table.sql_exec("UPDATE t SET b = 0 WHERE a < 3").rowsWritten == 2
    assert table.sql_exec("DELETE FROM t WHERE a > 1 RETURNING a").rowsWritten == 2


def test_an_open_cursor_sees_later_changes_and_locks_its_table(table: ObjectStorage) -> None:
    cursor = table.sql_exec("SELECT a FROM t ORDER BY a")
    table.sql_exec("INSERT INTO t VALUES (4, '')")
    assert failure(table, "DROP TABLE t") == "Error: database table is locked: SQLITE_LOCKED"
    table.commit()
    again = table.sql_exec("SELECT a FROM t ORDER BY a")
    assert cursor.toArray() == again.toArray() == [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 4}]
    table.sql_exec("DROP TABLE t")


def test_a_dropped_cursor_locks_nothing(table: ObjectStorage) -> None:
    table.sql_exec("SELECT a FROM t")
    table.sql_exec("DROP TABLE t")


def test_a_turn_commits_while_the_rows_of_a_write_are_unread(table: ObjectStorage) -> None:
    cursor = table.sql_exec("DELETE FROM t RETURNING a")
    table.commit()
    assert sorted(row.a for row in cursor) == [1, 2, 3]


# ---- statements -----------------------------------------------------------------------------------------


def test_of_several_statements_the_last_gives_the_result(storage: ObjectStorage) -> None:
    cursor = storage.sql_exec("CREATE TABLE t (a); INSERT INTO t VALUES (1); SELECT a FROM t WHERE a = ?; ", (1,))
    assert cursor.one() == {"a": 1}


def test_only_the_last_statement_may_have_parameters(storage: ObjectStorage) -> None:
    assert failure(storage, "SELECT ?; SELECT ?", 1) == (
        "Error: When executing multiple SQL statements in a single call, only the last statement can have parameters."
    )


@pytest.mark.parametrize("query", ["", "  ", ";", "-- nothing", "/* a */ ; /* b */", "SELECT 1; -- end", "SELECT 1;;"])
def test_text_without_a_statement_is_an_error(storage: ObjectStorage, query: str) -> None:
    assert failure(storage, query) == "Error: SQL code did not contain a statement."


@pytest.mark.parametrize("bindings", [(), (1,), (1, 2, 3)])
def test_the_number_of_bindings_must_match(storage: ObjectStorage, bindings: tuple[Any, ...]) -> None:
    assert failure(storage, "SELECT ?, ?", *bindings) == "Error: Wrong number of parameter bindings for SQL query."


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("selec", 'near "selec": syntax error at offset 0: SQLITE_ERROR'),
        ("SELECT * FROM nope", "no such table: nope: SQLITE_ERROR"),
        ("INSERT INTO t (a) VALUES (1)",
         "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)"),
        ("ATTACH 'x' AS y", "not authorized: SQLITE_AUTH"),
    ],
)  # fmt: skip
def test_errors_carry_the_words_and_codes_of_sqlite(table: ObjectStorage, query: str, text: str) -> None:
    assert failure(table, query) == f"Error: {text}"


def test_a_statement_that_fails_keeps_what_was_written_before_it(table: ObjectStorage) -> None:
    failure(table, "DELETE FROM t WHERE a = 1; INSERT INTO t (a) VALUES (3)")
    table.commit()
    assert one(table, "SELECT group_concat(a) FROM t") == "2,3"


# ---- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT x", "RELEASE x", "BEGIN IMMEDIATE"])
@pytest.mark.parametrize("inside", [False, True])
def test_transaction_statements_point_to_the_api(storage: ObjectStorage, query: str, inside: bool) -> None:
    if inside:
        storage.put("k", 1)
    assert failure(storage, query).startswith(
        "Error: To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync()"
    )
    storage.commit()


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM _cf_KV",
        "SELECT value FROM _cf_KV WHERE key = ?",
        "SELECT count(*) FROM _CF_kv",
        "SELECT (SELECT value FROM _cf_METADATA)",
        "INSERT INTO _cf_KV VALUES ('a', 'b')",
        "DELETE FROM _cf_METADATA",
        "UPDATE _cf_KV SET value = ''",
        "DROP TABLE _cf_KV",
        "CREATE TABLE _cf_mine (a)",
        "CREATE TABLE _Cf_mine (a)",
        "ALTER TABLE _cf_KV RENAME TO mine",
        "CREATE INDEX i ON _cf_KV (value)",
        "CREATE TRIGGER r AFTER INSERT ON _cf_KV BEGIN SELECT 1; END",
        "PRAGMA table_info(_cf_KV)",
        "CREATE TEMP TABLE t (a)",
        "CREATE TEMPORARY VIEW t AS SELECT 1",
        "DETACH main",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "PRAGMA page_size = 512",
        "SELECT load_extension('x')",
        "SELECT sqlite_version()",
        "SELECT * FROM dbstat",
        "CREATE VIRTUAL TABLE g USING fts4(a)",
    ],
)
def test_what_the_platform_forbids_is_not_authorized(storage: ObjectStorage, query: str) -> None:
    storage.put("k", 1)
    storage.get("k")
    storage.set_alarm(2_000_000_000)
    text = failure(storage, query, *(["k"] if "?" in query else []))
    assert "SQLITE_AUTH" in text or "not authorized" in text or "prohibited" in text
    assert (storage.get("k"), storage.get_alarm()) == (1, 2_000_000_000)


@pytest.mark.parametrize("query", ["VACUUM", "VACUUM INTO 'copy.sqlite'"])
def test_vacuum_is_refused(storage: ObjectStorage, query: str) -> None:
    assert failure(storage, query).startswith("Error: cannot VACUUM")


def test_a_view_does_not_open_a_way_to_reserved_tables(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE VIEW peek AS SELECT * FROM _cf_KV")
    assert "prohibited" in failure(storage, "SELECT * FROM peek")


@pytest.mark.parametrize("function", ["regexp('a', 'b')", "decimal('1')", "nosuch(1)"])
def test_functions_that_the_platform_lacks_do_not_exist(storage: ObjectStorage, function: str) -> None:
    assert "Error: " in failure(storage, f"SELECT {function}")


@pytest.mark.parametrize(
    "query",
    [
        "PRAGMA table_list",
        "PRAGMA table_list(t)",
        "PRAGMA table_info(t)",
        "PRAGMA TABLE_XINFO(t)",
        "SELECT * FROM pragma_table_info('t')",
        "PRAGMA foreign_key_check",
        "PRAGMA foreign_key_list(t)",
        "PRAGMA index_list(t)",
        "PRAGMA data_version",
        "PRAGMA page_size",
        "PRAGMA case_sensitive_like = ON",
        "PRAGMA legacy_alter_table = ON",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA reverse_unordered_selects = OFF",
        "PRAGMA ignore_check_constraints = OFF",
        "PRAGMA quick_check",
        "PRAGMA optimize",
        "PRAGMA defer_foreign_keys = ON",
        "ANALYZE",
        "REINDEX",
        "EXPLAIN QUERY PLAN SELECT * FROM t",
        "ALTER TABLE t RENAME TO u",
        "ALTER TABLE t ADD COLUMN c DEFAULT 1",
        "ALTER TABLE t RENAME COLUMN b TO c",
        "ALTER TABLE t DROP COLUMN b",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET b = 1; DELETE FROM t; END; SELECT 1",
        "WITH x AS (SELECT 1 AS n) INSERT INTO t SELECT n + 10, '' FROM x RETURNING a",
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT * FROM c",
        "SELECT row_number() OVER (ORDER BY a), json_extract('[1]', '$[0]'), '[1]' ->> 0, sqrt(4), date('now') FROM t",
        "SELECT * FROM json_each('[1, 2]')",
        "SELECT a FROM t WHERE b LIKE 'x%' AND b GLOB 'x*'",
        "CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('a b'); SELECT bm25(f) FROM f WHERE f MATCH 'b'",
        "CREATE VIRTUAL TABLE f USING fts5(x); SELECT highlight(f, 0, '<', '>') FROM f WHERE f MATCH 'b'; DROP TABLE f",
        "CREATE VIRTUAL TABLE r USING rtree(i, x, y); INSERT INTO r VALUES (1, 2, 3); SELECT * FROM r",
        "INSERT OR REPLACE INTO t VALUES (1, 2)",
        "REPLACE INTO t VALUES (1, 2)",
    ],
)
def test_what_the_platform_allows_works_and_is_committed(table: ObjectStorage, query: str) -> None:
    table.sql_exec(query).toArray()
    table.commit()
    table.sql_exec(query.partition(";")[0] if query.startswith("SELECT") else "SELECT 1").toArray()


def test_foreign_keys_are_on(storage: ObjectStorage) -> None:
    storage.sql_exec("CREATE TABLE p (i INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)")
    assert "SQLITE_CONSTRAINT_FOREIGNKEY" in failure(storage, "INSERT INTO c VALUES (1)")


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT '{'x' * 100_000}'",
        f"CREATE TABLE w ({','.join(f'c{n}' for n in range(101))})",
        " UNION ".join(["SELECT 1"] * 6),
        f"SELECT {'-(' * 101}1{')' * 101}",
        f"SELECT 'a' LIKE '{'a' * 51}'",
        f"SELECT char({','.join(['65'] * 128)})",
        f"SELECT {','.join('?' for _ in range(101))}",
    ],
    ids=["text", "columns", "compound", "depth", "like", "arguments", "variables"],
)
def test_the_engines_limits_are_the_platforms(storage: ObjectStorage, query: str) -> None:
    failure(storage, query, *([1] * query.count("?")))


def test_a_class_without_sql_says_how_to_enable_it(shelf: Any) -> None:
    plain = shelf.open(sqlite=False)
    for use in (lambda: plain.sql_exec("SELECT 1"), lambda: plain.kv, lambda: plain.js.sql):
        with pytest.raises(JsException, match="SQL is not enabled for this Durable Object class"):
            use()
    plain.put("k", 1)
    assert plain.transaction_sync(lambda: plain.get("k")) == 1


def test_database_size_grows_and_shrinks(storage: ObjectStorage) -> None:
    assert storage.database_size == 4096
    storage.put("k", "x" * 100_000)
    full = storage.database_size
    assert full > 100_000
    assert full % 4096 == 0
    storage.delete("k")
    assert storage.database_size < full
