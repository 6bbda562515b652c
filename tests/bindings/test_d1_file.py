"""A database as a file: where it lies, who shares it, what queries cost, and how long they may take."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
import time

import apsw
import pytest

from pywrangler.bindings.d1 import file as d1_file
from pywrangler.bindings.d1.file import DatabaseFile, Query, QueryError
from pywrangler.bindings.d1.location import key_of, shown_name, store_of
from pywrangler.bindings.d1.thread import DatabaseThread
from pywrangler.bindings.stores import Stores
from pywrangler.config.model import OtherBinding

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def notices():
    return []


@pytest.fixture
def path(tmp_path):
    return tmp_path / "d1" / "database.sqlite"


@pytest.fixture
def file(path, notices):
    file = DatabaseFile(path, notices.append)
    yield file
    file.close()


def run(file, *queries):
    outcomes, _ = file.run([Query(*query) if isinstance(query, tuple) else Query(query) for query in queries])
    return outcomes


def counts(file, sql, *values):
    return run(file, (sql, values))[0].counts


# ---- the place ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "key", "name"),
    [
        ({"database_name": "my-db", "database_id": "1111-aaaa"}, "1111-aaaa", "my-db"),
        ({"database_id": "x1", "preview_database_id": "prev-1"}, "prev-1", "DB"),
        ({"database_name": "my-db"}, "DB", "my-db"),
    ],
)
def test_the_id_names_the_data(data, key, name):
    binding = OtherBinding("d1_databases", "DB", {"binding": "DB", **data})
    assert (key_of(binding), shown_name(binding)) == (key, name)


def test_it_lies_where_wrangler_looks_for_it(tmp_path, notices):
    binding = OtherBinding("d1_databases", "DB", {"binding": "DB", "database_id": "1111-aaaa"})
    path = store_of(binding, Stores(tmp_path, notices.append)).path
    # The name of the file that wrangler 4.164 makes for this id.
    name = "53917b4f4bb0c9a295c36806fec0456f568cbc6de8b9d5f38d84cd3f915ec317.sqlite"
    assert path == tmp_path / "d1" / "miniflare-D1DatabaseObject" / name


def test_the_file_holds_nothing_of_ours(file, path):
    run(file, "CREATE TABLE t (a)")
    file.close()
    connection = apsw.Connection(str(path))
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
    assert connection.pragma("journal_mode") == "wal"
    connection.close()


def test_a_deleted_file_is_an_empty_database(file, path):
    run(file, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    for found in path.parent.iterdir():
        found.unlink()
    with pytest.raises(QueryError, match="no such table: t"):
        run(file, "SELECT * FROM t")
    run(file, "CREATE TABLE t (a)")
    assert run(file, "SELECT * FROM t")[0].rows == []


def test_a_corrupt_file_is_set_aside(file, path, notices):
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)
    run(file, "CREATE TABLE t (a)")
    (notice,) = notices
    assert (notice.code, "D1 database" in notice.what) == ("corrupt-storage", True)
    assert len(list(path.parent.glob("*.corrupt-*"))) == 1


def test_a_file_that_becomes_corrupt_is_set_aside(file, path, notices):
    run(file, "CREATE TABLE t (a)", *(f"INSERT INTO t VALUES ('{'x' * 3000}')" for _ in range(10)))
    file.close()
    connection = apsw.Connection(str(path))
    connection.execute("SELECT count(*) FROM t").fetchall()
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xee" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(QueryError, match="malformed"):
        run(file, "SELECT * FROM t")
    assert [notice.code for notice in notices] == ["corrupt-storage"]
    run(file, "CREATE TABLE t (a)")


def test_a_directory_in_its_place_is_an_error(file, path):
    path.mkdir(parents=True)
    with pytest.raises(QueryError, match=r"The D1 database's storage at .* cannot be opened"):
        run(file, "SELECT 1")


# ---- sharing --------------------------------------------------------------------------------------------


def _insert(path, count, done):
    file = DatabaseFile(path, print)
    for _ in range(count):
        run(file, "INSERT INTO t VALUES (1)")
    file.close()
    done.put(count)


def test_processes_that_write_wait_for_each_other(file, path):
    run(file, "CREATE TABLE t (a)")
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    others = [context.Process(target=_insert, args=(path, 50, done)) for _ in range(2)]
    for process in others:
        process.start()
    for _ in range(50):
        run(file, "INSERT INTO t VALUES (2)")
    assert [done.get(timeout=20) for _ in others] == [50, 50]
    for process in others:
        process.join(10)
    assert run(file, "SELECT count(*) FROM t")[0].rows == [(150,)]


def test_a_query_waits_for_a_lock_beside_the_event_loop(path, run_async, notices):
    thread = DatabaseThread(path, notices.append)
    other = DatabaseFile(path, notices.append)

    async def main():
        await thread.run([Query("CREATE TABLE t (a)")])
        other.open().begin()
        waiting = thread.run([Query("INSERT INTO t VALUES (1)")])
        reader = DatabaseFile(path, notices.append)
        for _ in range(5):  # turns of the loop go by, and readers read
            await asyncio.sleep(0.01)
            assert run(reader, "SELECT count(*) FROM t")[0].rows == [(0,)]
        reader.close()
        assert not waiting.done()
        other.open().rollback()
        outcomes, _ = await waiting
        return outcomes[0].counts.changes

    assert run_async(main()) == 1
    thread.close()
    other.close()


def test_a_lock_that_stays_is_an_error(file, path, notices, monkeypatch):
    monkeypatch.setattr(d1_file, "LOCK_SECONDS", 0.05)
    other = DatabaseFile(path, notices.append)
    other.open().begin()
    file.open()
    with pytest.raises(QueryError, match="database is locked: SQLITE_BUSY"):
        run(file, "CREATE TABLE t (a)")
    other.close()
    run(file, "CREATE TABLE t (a)")


def test_what_another_process_changes_is_seen(file, path, notices):
    other = DatabaseFile(path, notices.append)
    run(file, "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    run(other, "ALTER TABLE t ADD COLUMN b DEFAULT 5")
    assert run(file, "SELECT * FROM t")[0].rows == [(1, 5)]
    other.close()


# ---- how long -------------------------------------------------------------------------------------------


def test_a_query_that_takes_too_long_ends(file, monkeypatch):
    monkeypatch.setattr(d1_file, "QUERY_SECONDS", 0.05)
    run(file, "CREATE TABLE t (a)")
    with pytest.raises(QueryError, match="exceeded timeout"):
        run(file, "INSERT INTO t VALUES (1)", ENDLESS)
    assert run(file, "SELECT count(*) FROM t")[0].rows == [(0,)]


def test_closing_ends_what_runs_and_what_waits(path, run_async, notices):
    thread = DatabaseThread(path, notices.append)

    async def main():
        running, waiting = thread.run([Query(ENDLESS)]), thread.run([Query("SELECT 1")])
        await asyncio.sleep(0.02)
        begun = time.perf_counter()
        thread.close()
        assert time.perf_counter() - begun < 5
        with pytest.raises(QueryError):
            await running
        with pytest.raises(asyncio.CancelledError):
            await waiting
        outcomes, _ = await thread.run([Query("SELECT 1")])  # opens it again
        assert outcomes[0].rows == [(1,)]

    run_async(main())
    thread.close()
    assert not [item for item in threading.enumerate() if item.name.startswith("D1")]


def test_queries_run_in_the_order_of_the_calls(path, run_async, notices):
    thread = DatabaseThread(path, notices.append)

    async def main():
        await thread.run([Query("CREATE TABLE t (a)")])
        await asyncio.gather(*(thread.run([Query("INSERT INTO t VALUES (?)", (float(i),))]) for i in range(20)))
        outcomes, _ = await thread.run([Query("SELECT a FROM t ORDER BY rowid")])
        return [row[0] for row in outcomes[0].rows]

    assert run_async(main()) == list(range(20))
    thread.close()


# ---- what it cost ---------------------------------------------------------------------------------------


@pytest.fixture
def measured(file):
    run(
        file,
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id) ON DELETE CASCADE, name TEXT UNIQUE)",
        "CREATE INDEX cp ON c (p)",
        "INSERT INTO p VALUES (1), (2)",
        "INSERT INTO c VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c'), (4, 2, 'd')",
    )
    return file


@pytest.mark.parametrize(
    ("sql", "read", "written"),
    [
        ("SELECT 1", 0, 0),
        ("SELECT * FROM c", 4, 0),
        ("SELECT * FROM c WHERE name || '' = 'b'", 4, 0),
        ("SELECT * FROM c WHERE id = 1", 1, 0),
        ("SELECT * FROM c LIMIT 1", 1, 0),
        ("INSERT INTO p VALUES (3)", 1, 1),
        ("INSERT INTO c VALUES (5, 1, 'e'), (6, 1, 'f')", 4, 6),
        ("UPDATE c SET name = 'x' WHERE id = 1", 1, 2),
        ("DELETE FROM c WHERE id = 1", 1, 1),
        ("DELETE FROM c", 8, 4),
        ("CREATE TABLE t (a UNIQUE, b)", 1, 3),
        ("CREATE TABLE IF NOT EXISTS p (a)", 0, 0),
        ("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID", 1, 2),
        ("CREATE INDEX ci ON c (p, name)", 10, 5),
    ],
)
def test_rows_read_and_written(measured, sql, read, written):
    found = counts(measured, sql)
    assert (found.rows_read, found.rows_written) == (read, written)


def test_counts_are_the_same_for_a_statement_that_is_known(measured):
    sql = "INSERT INTO c (name) VALUES (?)"
    assert [counts(measured, sql, str(number)).rows_written for number in range(3)] == [3, 3, 3]
    run(measured, "CREATE INDEX another ON c (name)")
    assert counts(measured, sql, "x").rows_written == 4


def test_changes_ids_and_sizes(measured):
    first = counts(measured, "INSERT INTO p VALUES (50)")
    assert (first.changes, first.last_row_id, first.changed_db) == (1, 50, True)
    look = counts(measured, "SELECT * FROM p")
    assert (look.changes, look.last_row_id, look.changed_db) == (0, 50, False)
    assert look.size_after == first.size_after > 0
    assert look.size_after % 4096 == 0
    big = counts(measured, "INSERT INTO c (name) VALUES (?)", "x" * 100_000)
    assert big.size_after >= first.size_after + 100_000
    assert counts(measured, "DELETE FROM p").changes == 3 + 4  # with those that cascade
