"""`env.DB` as JavaScript sees it (spec/bindings.md, section 3; expectations are those of wrangler 4.164)."""

from __future__ import annotations

import math

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.d1.binding import D1Database
from pywrangler.bindings.d1.thread import DatabaseThread
from pywrangler.bindings.d1.values import parameter, script_value
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_arrays import DataView, Float64Array, Uint8Array, Uint16Array
from pywrangler.runtime.js.values import JsBigInt, plain
from pywrangler.runtime.storage.limits import Limits

CONSTRAINT = "UNIQUE constraint failed: t.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)"


class Database:
    """A database and what tests do with it: results are Python's values, null is `jsnull`."""

    def __init__(self, path, run_async):
        self.notices = []
        self.thread = DatabaseThread(path, self.notices.append)
        self.db = D1Database.new(self.thread, Limits("D1 database DB", self.notices.append, sqlite=True, strict=False))
        self._run = run_async

    def do(self, operation):
        async def main():
            value = await operation(self.db)
            return value.to_py() if hasattr(value, "to_py") else value

        return self._run(main())

    def all(self, sql, *values):
        return self.do(lambda db: db.prepare(sql).bind(*values).all())

    def rows(self, sql, *values):
        return self.all(sql, *values)["results"]

    def raw(self, sql, *values):
        return self.do(lambda db: db.prepare(sql).bind(*values).raw())

    def value(self, sql, *values):
        return self.raw(sql, *values)[0][0]

    def failure(self, operation):
        with pytest.raises(JsException) as caught:
            self.do(operation)
        return caught.value

    def exec(self, text):
        return self.do(lambda db: db.exec(text))


@pytest.fixture
def d1(tmp_path, run_async):
    database = Database(tmp_path / "d1" / "database.sqlite", run_async)
    yield database
    database.thread.close()


@pytest.fixture
def table(d1):
    d1.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size REAL, data BLOB)")
    d1.exec("INSERT INTO t VALUES (1, 'one', 1.5, x'0102'), (2, 'two', 2.0, NULL)")
    return d1


# ---- statements -----------------------------------------------------------------------------------------


def test_all_and_run_give_rows_as_objects(table):
    rows = [
        {"id": 1, "name": "one", "size": 1.5, "data": [1, 2]},
        {"id": 2, "name": "two", "size": 2, "data": jsnull},
    ]
    result = table.all("SELECT * FROM t ORDER BY id")
    assert (result["success"], result["results"]) == (True, rows)
    assert table.do(lambda db: db.prepare("SELECT * FROM t ORDER BY id").run())["results"] == rows


def test_first_gives_a_row_a_value_or_null(table):
    def first(sql, *column):
        return table.do(lambda db: db.prepare(sql).first(*column))

    assert first("SELECT id, name FROM t ORDER BY id") == {"id": 1, "name": "one"}
    assert first("SELECT id, name FROM t ORDER BY id", "name") == "one"
    assert first("SELECT data FROM t WHERE id = 2", "data") is jsnull
    assert first("SELECT * FROM t WHERE id = 9") is jsnull
    assert first("SELECT * FROM t WHERE id = 9", "nowhere") is jsnull
    assert first("INSERT INTO t (name) VALUES ('three')") is jsnull


@pytest.mark.parametrize(("column", "shown"), [("zz", "zz"), ("", ""), (1, "1"), (jsnull, "null")])
def test_first_of_an_unknown_column_is_an_error(table, column, shown):
    problem = table.failure(lambda db: db.prepare("SELECT id FROM t").first(column))
    assert (problem.name, problem.message) == ("Error", f"D1_COLUMN_NOTFOUND: Column not found ({shown})")
    assert problem.cause.message == "Column not found"


def test_raw_gives_lists_and_names_on_request(table):
    def raw(sql, *arguments, **named):
        return table.do(lambda db: db.prepare(sql).raw(*arguments, **named))

    assert raw("SELECT id, id FROM t") == [[1, 1], [2, 2]]
    assert raw("SELECT id, id FROM t", columnNames=True) == [["id", "id"], [1, 1], [2, 2]]
    assert raw("SELECT id AS n FROM t WHERE 0", plain({"columnNames": True})) == [["n"]]
    assert raw("SELECT id FROM t WHERE id = 1", True) == [[1]]
    assert raw("INSERT INTO t (name) VALUES ('three')", columnNames=True) == [[]]


def test_of_columns_with_one_name_the_last_wins(d1):
    assert d1.rows("SELECT 1 AS a, 2 AS a") == [{"a": 2}]


def test_bind_makes_another_statement(d1):
    statement = d1.db.prepare("SELECT ? AS v")
    bound = statement.bind(7)
    assert (statement.params.to_py(), bound.params.to_py(), bound.statement) == ([], [7], "SELECT ? AS v")
    assert bound.object_keys().to_py() == ["statement", "params"]
    assert d1.do(lambda _: bound.bind(8).first("v")) == 8
    assert d1.do(lambda _: bound.first("v")) == 7


@pytest.mark.parametrize("sql", ["SELECT ?1, ?3", "SELECT :a, @b, $c, :a", "SELECT ?, ?, ?"])
def test_parameters_are_filled_by_number(d1, sql):
    assert d1.raw(sql, 1, 2, 3)[0][0] == 1
    for values in ((1, 2), (1, 2, 3, 4), ()):
        problem = d1.failure(lambda db, values=values: db.prepare(sql).bind(*values).all())
        assert problem.message == "D1_ERROR: Wrong number of parameter bindings for SQL query."


def test_there_are_at_most_100_parameters(d1):
    marks = ",".join("?" * 100)
    assert d1.raw(f"SELECT {marks}", *range(100)) == [list(range(100))]
    problem = d1.failure(lambda db: db.prepare(f"SELECT {marks},?").bind(*range(101)).all())
    assert problem.message.startswith("D1_ERROR: too many SQL variables at offset 207")


# ---- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "stored", "kind"),
    [
        ("text", "text", "text"),
        ("a\0b", "a\0b", "text"),
        ("\ud800", "\ufffd" * 3, "text"),
        (5, 5, "real"),
        (2.5, 2.5, "real"),
        (True, 1, "real"),
        (False, 0, "real"),
        (-0.0, 0, "real"),
        (math.nan, jsnull, "null"),
        (math.inf, jsnull, "null"),
        (jsnull, jsnull, "null"),
        (ArrayBuffer.new(2), [0, 0], "blob"),
        (Uint8Array.from_bytes(b"\x01\xff"), [1, 255], "blob"),
        (Uint16Array.new(array([1, 258])), [1, 2], "blob"),
        (Float64Array.new(array([1.9, -1])), [1, 255], "blob"),
        (DataView.new(ArrayBuffer.new(4)), [], "blob"),
        (array([1, 2, 255]), [1, 2, 255], "blob"),
        (array(), [], "blob"),
    ],
)
def test_what_can_be_bound(d1, value, stored, kind):
    assert d1.raw("SELECT ?1, typeof(?1)", value) == [[stored, kind]]


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "undefined", "undefined"),
        (plain({"a": 1}), "object", "[object Object]"),
        (JsBigInt(5), "bigint", "5"),
        (2**53, "bigint", "9007199254740992"),
        (array([1, 256]), "object", "1,256"),
        (array([True]), "object", "true"),
        (JsDate.new(0), "object", "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)"),
        (b"bytes of Python", "object", "b'bytes of Python'"),
        ([1, 2], "object", "[1, 2]"),
    ],
)
def test_what_cannot_be_bound(d1, value, kind, shown):
    problem = d1.failure(lambda db: db.prepare("SELECT ?").bind(value))
    text = f"Type '{kind}' not supported for value '{shown}'"
    assert (problem.message, problem.cause.message) == (f"D1_TYPE_ERROR: {text}", text)


def test_numbers_are_bound_as_real(d1):
    assert d1.raw("SELECT ?/2, 'a' || ?", 5, 5) == [[2.5, "a5.0"]]


def test_what_comes_back_is_what_json_can_say(d1):
    sql = "SELECT 9007199254740993, 1e999, -1e999, 5.0, x'0102', '', x''"
    assert d1.raw(sql) == [[9007199254740992.0, jsnull, jsnull, 5, [1, 2], "", []]]


def test_text_that_is_no_utf_8_is_an_error(d1):
    problem = d1.failure(lambda db: db.prepare("SELECT cast(x'ff' AS TEXT)").all())
    assert problem.message == "D1_ERROR: A text value in the database is not valid UTF-8."


numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.text() | numbers | st.just(jsnull), max_size=100))
def test_values_come_back_as_they_were(values):
    connection = apsw.Connection(":memory:")
    for value in values:
        (found,) = connection.execute("SELECT ?", (parameter(value),)).fetchone()
        expected = value
        if isinstance(value, str):  # halves of surrogate pairs are no characters
            expected = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            expected = expected if expected == value else None
        assert expected is None or script_value(found) == expected


@given(st.binary(max_size=200))
def test_bytes_come_back_as_numbers(content):
    assert parameter(Uint8Array.from_bytes(content)) == content
    assert script_value(content).to_py() == list(content)
    assert parameter(script_value(content)) == content


# ---- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("", "No SQL statements detected."),
        ("  \n ", "No SQL statements detected."),
        ("-- only\n  -- this", "No SQL statements detected."),
        ("/* c */", "SQL code did not contain a statement."),
        (";", "SQL code did not contain a statement."),
        ("SELECT 1; -- c", "SQL code did not contain a statement."),
        ("selec 1", 'near "selec": syntax error at offset 0: SQLITE_ERROR'),
        ("SELECT * FROM nope", "no such table: nope: SQLITE_ERROR"),
        ("INSERT INTO t (name) VALUES ('one')", CONSTRAINT),
        ("SELECT sqlite_version()", "not authorized to use function: sqlite_version at offset 7: SQLITE_ERROR"),
        ("PRAGMA journal_mode", "not authorized: SQLITE_AUTH"),
        ("CREATE TEMP TABLE x (a)", "not authorized: SQLITE_AUTH"),
        ("CREATE TABLE _cf_x (a)", "not authorized: SQLITE_AUTH"),
        ("ATTACH 'x' AS y", "not authorized: SQLITE_AUTH"),
        ("VACUUM", "cannot VACUUM from within a transaction: SQLITE_ERROR"),
        (f"SELECT '{'x' * 100_000}'", "statement too long: SQLITE_TOOBIG"),
    ],
)
def test_errors_have_the_platforms_words(table, sql, text):
    problem = table.failure(lambda db: db.prepare(sql).all())
    assert (problem.name, problem.message) == ("Error", f"D1_ERROR: {text}")
    assert (problem.cause.name, problem.cause.message) == ("Error", text)


@pytest.mark.parametrize("sql", ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "BEGIN TRANSACTION; SELECT 1"])
def test_transactions_are_the_platforms_own(d1, sql):
    assert "instead of the SQL BEGIN TRANSACTION or SAVEPOINT" in d1.failure(lambda db: db.prepare(sql).run()).message


@pytest.mark.parametrize("sql", [None, 5, jsnull])
def test_sql_has_to_be_text(d1, sql):
    assert d1.failure(lambda db: db.prepare(sql).all()).message.startswith("D1_ERROR: SQL is text, and this is none: ")


def test_errors_come_with_the_promise(d1):
    async def main(db):
        promise = db.prepare("selec").all()  # raises nothing here
        with pytest.raises(JsException):
            await promise

    d1.do(main)


# ---- several statements ---------------------------------------------------------------------------------


def test_a_batch_is_one_transaction(table):
    def batch(*queries):
        return table.do(lambda db: db.batch(array([db.prepare(sql) for sql in queries])))

    results = batch("INSERT INTO t (name) VALUES ('x') RETURNING id", "SELECT count(*) AS n FROM t")
    assert [result["results"] for result in results] == [[{"id": 3}], [{"n": 3}]]
    with pytest.raises(JsException) as caught:
        batch("INSERT INTO t (name) VALUES ('y')", "INSERT INTO t (name) VALUES ('one')")
    assert caught.value.message == f"D1_ERROR: {CONSTRAINT}"
    assert table.value("SELECT count(*) FROM t") == 3


def test_blank_statements_of_a_batch_are_left_out(d1):
    assert len(d1.do(lambda db: db.batch(array([db.prepare(""), db.prepare("SELECT 1"), db.prepare("-- c")])))) == 1


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        (array(), "Error: D1_ERROR: No SQL statements detected."),
        (None, "TypeError: Cannot read properties of undefined (reading 'map')"),
        (5, "TypeError: statements.map is not a function"),
        (array([5]), "Error: D1_ERROR: A batch takes prepared statements, and this is none: 5"),
    ],
)
def test_what_is_no_batch(d1, argument, text):
    assert str(d1.failure(lambda db: db.batch(argument))) == text


def test_one_query_may_have_several_statements(table):
    result = table.all(
        "INSERT INTO t (name) VALUES ('a'); INSERT INTO t (name) VALUES ('b'); SELECT max(id) AS m FROM t"
    )
    assert (result["results"], result["meta"]["changes"]) == ([{"m": 4}], 2)
    table.failure(lambda db: db.prepare("INSERT INTO t (name) VALUES ('c'); selec").run())
    assert table.value("SELECT count(*) FROM t") == 4
    problem = table.failure(lambda db: db.prepare("SELECT ?; SELECT 2").bind(1).all())
    assert "only the last statement can have parameters" in problem.message


def test_exec_runs_lines(d1):
    text = "CREATE TABLE e (a UNIQUE);\nINSERT INTO e VALUES (1);\n\n-- c\n"
    result = d1.exec(text + " INSERT INTO e VALUES (2); INSERT INTO e VALUES (3)\n")
    assert result["count"] == 3
    assert isinstance(result["duration"], int | float)
    assert d1.raw("SELECT a FROM e") == [[1], [2], [3]]
    assert d1.exec("SELECT 1\r\nSELECT 2")["count"] == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "D1_EXEC_ERROR: Error in line 1: : No SQL statements detected."),
        ("SELECT\n1", "D1_EXEC_ERROR: Error in line 1: SELECT: incomplete input: SQLITE_ERROR"),
        (
            "SELECT 1\n\nselec",
            'D1_EXEC_ERROR: Error in line 3: selec: near "selec": syntax error at offset 0: SQLITE_ERROR',
        ),
        ("SELECT ?", "D1_EXEC_ERROR: Error in line 1: SELECT ?: Wrong number of parameter bindings for SQL query."),
        (None, "Cannot read properties of undefined (reading 'trim')"),
        (5, "query.trim is not a function"),
    ],
)
def test_exec_says_which_line_failed(d1, text, message):
    problem = d1.failure(lambda db: db.exec(text))
    assert problem.message == message
    assert problem.name == ("TypeError" if not isinstance(text, str) else "Error")


def test_exec_is_one_transaction(table):
    table.failure(lambda db: db.exec("INSERT INTO t (name) VALUES ('a')\nINSERT INTO t (name) VALUES ('one')"))
    assert table.value("SELECT count(*) FROM t") == 2


def test_foreign_keys_hold(d1):
    d1.exec("CREATE TABLE p (id INTEGER PRIMARY KEY)\nCREATE TABLE c (p REFERENCES p (id))")
    failed = "FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)"
    assert d1.failure(lambda db: db.prepare("INSERT INTO c VALUES (1)").run()).message == f"D1_ERROR: {failed}"
    assert d1.rows("PRAGMA foreign_keys = off") == []
    assert d1.rows("PRAGMA foreign_keys") == [{"foreign_keys": 1}]
    deferred = "PRAGMA defer_foreign_keys = on\nINSERT INTO c VALUES (1)"
    assert d1.exec(f"{deferred}\nINSERT INTO p VALUES (1)")["count"] == 3
    assert failed in d1.failure(lambda db: db.exec(deferred.replace("(1)", "(2)"))).message
    assert d1.raw("SELECT p FROM c") == [[1]]


# ---- sessions -------------------------------------------------------------------------------------------


def test_a_session_has_a_bookmark_after_its_first_query(table):
    session = table.db.withSession()
    assert session.getBookmark() is jsnull
    marks = []
    for sql in ("SELECT 1", "INSERT INTO t (name) VALUES ('x')"):
        table.do(lambda _, sql=sql: session.prepare(sql).all())
        marks.append(session.getBookmark())
    table.failure(lambda _: session.prepare("selec").all())
    assert marks == [f"00000000-0000000{number}-00000000-{'0' * 32}" for number in (0, 1)]
    assert session.getBookmark() == marks[-1]
    table.do(lambda _: session.batch(array([session.prepare("SELECT 1")])))
    assert session.getBookmark() > marks[-1]
    assert table.all("SELECT 1")["meta"]["last_row_id"] == 3  # the counter leaves no trace


@pytest.mark.parametrize(
    ("given", "bookmark"),
    [
        (None, jsnull),
        (jsnull, jsnull),
        ("", jsnull),
        ("first-primary", jsnull),
        ("first-unconstrained", jsnull),
        (" x ", "x"),
    ],
)
def test_a_session_begins_where_it_is_told(d1, given, bookmark):
    assert d1.db.withSession(given).getBookmark() == bookmark


def test_a_session_begins_with_text(d1):
    with pytest.raises(JsException, match="trim is not a function"):
        d1.db.withSession(5)


def test_there_is_no_dump_here(d1):
    problem = d1.failure(lambda db: db.dump())
    assert (problem.message, problem.cause.message) == ("D1_DUMP_ERROR: Status + 404", "Status 404")


def test_values_beyond_productions_limit_are_reported_once(d1):
    for _ in range(2):
        assert d1.value("SELECT length(?)", "x" * 2_100_000) == 2_100_000
    (problem,) = d1.notices
    assert (problem.code, problem.severity) == ("storage-limit-row", "warning")
    assert problem.what.startswith("D1 database DB: ")
