"""D1 in real Workers, in the SDK's way and as the raw object; two Workers share a database; each test begins empty."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime

import pytest

from pywrangler.testing import RemoteError, WorkerLostError

pytestmark = pytest.mark.workers("databases/site/wrangler.jsonc", "databases/reader/wrangler.jsonc")
twice = pytest.mark.parametrize("attempt", ["first", "second"])
MIGRATIONS = ["0001_notes.sql", "0002_first.sql"]


@pytest.fixture
def notes(workers):
    database = workers["site"].d1("DB")
    assert database.migrate() == MIGRATIONS
    return database


# ---- what tests do --------------------------------------------------------------------------------------


@twice
def test_databases_are_empty_at_first(workers, attempt):
    database = workers["site"].d1("DB")
    assert database.execute("SELECT name FROM sqlite_master") == []
    database.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    assert workers["reader"].d1("NOTES").execute("SELECT a FROM t") == [{"a": 1}]


@twice
def test_the_migrations_of_the_project_run(notes, attempt):
    assert notes.migrate() == []
    assert notes.execute("SELECT title, stars FROM notes") == [{"title": "Welcome; read me", "stars": 5}]
    assert [row["name"] for row in notes.execute("SELECT name FROM d1_migrations ORDER BY id")] == MIGRATIONS


def test_values_go_both_ways(notes):
    given = [None, True, 5, 2.5, "text", b"\x01\xff"]
    (row,) = notes.execute("SELECT ? a, ? b, ? c, ? d, ? e, ? f", *given)
    assert list(row.values()) == [None, 1, 5, 2.5, "text", [1, 255]]


def test_a_failure_says_which_statement(notes):
    with pytest.raises(RemoteError, match=r"D1_ERROR: no such table: nope: SQLITE_ERROR \(in: DELETE FROM nope\)"):
        notes.execute("DELETE FROM notes; DELETE FROM nope")
    assert len(notes.execute("SELECT 1 FROM notes")) == 1
    with pytest.raises(RemoteError, match="Values go with one statement, and there are 2"):
        notes.execute("SELECT ?; SELECT ?", 1, 2)
    with pytest.raises(RemoteError, match=r"^Error: D1_ERROR: No SQL statements detected\.\n"):
        notes.execute(" -- nothing")


def test_what_is_not_there(workers):
    with pytest.raises(LookupError, match=r"has no D1 binding BD \(it has: DB, OTHER\)"):
        workers["site"].d1("BD")
    with pytest.raises(RemoteError, match=r"No migrations present at .*nowhere"):
        workers["site"].d1("OTHER").migrate()


def test_now_is_what_the_clock_says(workers, clock):
    clock.advance_to(datetime(2040, 1, 1, 12, tzinfo=UTC))
    sql = "SELECT datetime('now') AS now, CURRENT_DATE AS today"
    assert workers["site"].d1("DB").execute(sql) == [{"now": "2040-01-01 12:00:00", "today": "2040-01-01"}]


async def test_with_coroutines(async_workers):
    database = async_workers["site"].d1("DB")
    assert await database.migrate() == MIGRATIONS
    assert len(await database.execute("SELECT * FROM notes")) == 1


def test_a_query_that_goes_on_ends_with_the_test(workers):
    started = threading.Thread(target=lambda: _ask_quietly(workers["site"], "/slow"), daemon=True)
    started.start()
    assert workers["site"].get("/alive").json() == "yes"  # while it runs


def _ask_quietly(worker, path):
    with contextlib.suppress(WorkerLostError):  # the test has ended
        worker.get(path)


# ---- what Workers do ------------------------------------------------------------------------------------


def test_the_sdks_way(workers, notes):
    site = workers["site"]
    assert site.get("/types").json() == [
        True, 2, 1, {"id": 2, "title": "types", "stars": None, "data": [1, 255]}, [1, 255],
        [["title", "stars"], ["Welcome; read me", 5], ["types", None]], None,
    ]  # fmt: skip
    assert site.get("/session").json() == [None, [{"one": 1}], 59]
    assert site.get("/started").json() == "not awaited"


def test_a_batch_of_the_sdk(workers, notes):
    failed = "UNIQUE constraint failed: notes.title: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)"
    assert workers["site"].get("/batch").json() == [[{"n": 3}], ["JsException", f"D1_ERROR: {failed}", failed], 3]


def test_what_the_sdk_cannot_bind(workers):
    assert workers["site"].get("/refused").json() == [
        "Error: D1_TYPE_ERROR: Type 'object' not supported for value '[object Object]'",
        "Error: D1_TYPE_ERROR: Type 'bigint' not supported for value '1152921504606846976'",
        "<class 'tuple'> cannot be sent over RPC.",
    ]


def test_the_raw_object(workers, notes):
    reader = workers["reader"]
    assert reader.get("/types").json() == ["raw", True, [1, 255], True, 1, "1,255"]
    assert reader.get("/batch").json() == [2, 4]
    assert reader.get("/raw").json() == [["title"], ["Welcome; read me"], ["raw"], ["a"], ["b"]]
    assert reader.get("/waiting").json() == 4
    assert reader.get("/refused").json() == [
        "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
        "D1_TYPE_ERROR: Type 'object' not supported for value 'b'bytes''",
        "D1_TYPE_ERROR: Type 'object' not supported for value '[1]'",
    ]


def test_two_workers_write_at_once(workers, notes):
    def write(name, binding):
        database = workers[name].d1(binding)
        for number in range(20):
            database.execute("INSERT INTO notes (title) VALUES (?)", f"{name} {number}")

    threads = [threading.Thread(target=write, args=pair) for pair in (("site", "DB"), ("reader", "NOTES"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert notes.execute("SELECT count(*) AS n FROM notes") == [{"n": 41}]
