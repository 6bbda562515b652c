"""Turns, transactions, durability, damage and limits: spec/durable-objects.md, sections 3, 4, 9 and 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest

from pywrangler.runtime.js.errors import JsException

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.storage import ObjectStorage, Transaction

Shelf = Any


def outside(shelf: Shelf, query: str) -> list[tuple[Any, ...]]:
    """What another process sees: only what is committed."""
    connection = apsw.Connection(str(shelf.path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


# ---- turns ----------------------------------------------------------------------------------------------


def test_nothing_is_created_by_looking(storage: ObjectStorage) -> None:
    assert (storage.get("a"), storage.get_many(["a"]), storage.list(), storage.delete("a")) == (None, {}, {}, False)
    assert (storage.get_alarm(), storage.database_size, list(storage.kv.list())) == (None, 4096, [])
    storage.delete_alarm()
    storage.commit()
    assert not storage.path.parent.exists()


def test_the_owner_hears_of_the_first_write_of_each_turn(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.put("a", 1)
    storage.put("b", 1)
    storage.sql_exec("CREATE TABLE t (a)")
    assert (shelf.owner.writes, storage.dirty) == (1, True)
    storage.commit()
    assert storage.dirty is False
    storage.get("a")
    storage.sql_exec("SELECT * FROM t").toArray()
    assert shelf.owner.writes == 1
    storage.delete("a")
    assert shelf.owner.writes == 2


def test_a_turn_is_kept_as_a_whole(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.put("a", 1)
    storage.sql_exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    storage.set_alarm(2_000_000_000)
    assert outside(shelf, "SELECT count(*) FROM _cf_KV") == [(0,)]
    storage.commit()
    assert outside(
        shelf, "SELECT (SELECT count(*) FROM _cf_KV), (SELECT a FROM t), (SELECT value FROM _cf_METADATA)"
    ) == [(1, 1, 2_000_000_000_000_000)]


def test_a_turn_is_dropped_as_a_whole(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.put("a", 1)
    storage.commit()
    storage.put("a", 2)
    storage.sql_exec("CREATE TABLE t (a)")
    storage.set_alarm(2_000_000_000)
    storage.rollback()
    assert (storage.get("a"), storage.get_alarm(), storage.dirty) == (1, None, False)
    again = shelf.reopen(storage)
    assert again.get("a") == 1
    with pytest.raises(JsException, match="no such table"):
        again.sql_exec("SELECT * FROM t")


def test_closing_drops_what_is_not_committed_and_ends_all_use(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.put("a", 1)
    cursor = storage.sql_exec("SELECT 1 UNION SELECT 2")
    storage.close()
    uses: list[Callable[[], Any]] = [
        lambda: storage.get("a"),
        lambda: storage.put("a", 1),
        lambda: storage.sql_exec("SELECT 1"),
    ]
    for use in uses:
        with pytest.raises(JsException, match="storage is closed") as caught:
            use()
        assert caught.value.durableObjectReset is True
    with pytest.raises(JsException):
        cursor.toArray()
    storage.commit()
    assert shelf.open().get("a") is None


def test_sync_makes_the_turn_durable_at_once(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.put("a", 1)
    storage.sync()
    assert outside(shelf, "SELECT key FROM _cf_KV") == [("a",)]
    assert storage.dirty is False


def test_a_commit_that_violates_constraints_resets_the_object(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.sql_exec("CREATE TABLE p (i INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p)")
    storage.commit()
    storage.put("k", 1)
    storage.sql_exec("PRAGMA defer_foreign_keys = ON; INSERT INTO c VALUES (7)")
    with pytest.raises(JsException) as caught:
        storage.commit()
    assert str(caught.value).startswith(
        "Error: Durable Object was reset and rolled back to its last known good state because"
    )
    assert "constraints were violated" in str(caught.value)
    assert caught.value.durableObjectReset is True
    with pytest.raises(JsException, match="constraints were violated"):
        storage.put("k", 2)
    again = shelf.reopen(storage)
    assert (again.get("k"), again.sql_exec("SELECT * FROM c").toArray()) == (None, [])


def test_or_rollback_in_a_statement_resets_the_object(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.sql_exec("CREATE TABLE t (a UNIQUE)")
    storage.commit()
    storage.put("k", 1)
    storage.sql_exec("INSERT INTO t VALUES (1)")
    with pytest.raises(JsException, match="UNIQUE"):
        storage.sql_exec("INSERT OR ROLLBACK INTO t VALUES (1)")
    with pytest.raises(JsException, match="Durable Object was reset"):
        storage.commit()
    again = shelf.reopen(storage)
    assert (again.get("k"), again.sql_exec("SELECT * FROM t").toArray()) == (None, [])


def test_bookmarks_grow_and_are_kept(storage: ObjectStorage, shelf: Shelf) -> None:
    assert storage.current_bookmark() == f"00000000-00000000-00000000-{'0' * 32}"
    assert storage.current_bookmark() < storage.current_bookmark()
    storage.commit()
    assert shelf.reopen(storage).current_bookmark() == f"00000000-00000003-00000000-{'0' * 32}"
    with pytest.raises(JsException, match="does not implement point-in-time recovery"):
        storage.no_recovery(1)


# ---- transactionSync ------------------------------------------------------------------------------------


def test_transaction_sync_returns_and_joins_the_turn(storage: ObjectStorage) -> None:
    def work() -> str:
        storage.put("a", 1)
        return "done"

    assert storage.transaction_sync(work) == "done"
    assert storage.dirty is True
    storage.rollback()
    assert storage.get("a") is None


def test_transaction_sync_drops_on_an_exception_only_its_own_writes(storage: ObjectStorage) -> None:
    def inner() -> None:
        storage.put("b", 3)
        storage.set_alarm(3_000_000_000)
        raise KeyError("inner")

    def outer() -> None:
        storage.put("b", 2)
        with pytest.raises(KeyError):
            storage.transaction_sync(inner)

    storage.put("a", 1)
    storage.transaction_sync(outer)
    storage.commit()
    assert (storage.list(), storage.get_alarm()) == ({"a": 1, "b": 2}, None)


def test_transaction_sync_without_writes_leaves_no_transaction(storage: ObjectStorage) -> None:
    assert storage.transaction_sync(lambda: storage.get("a")) is None
    with pytest.raises(ValueError, match="x"):
        storage.transaction_sync(lambda: int("x"))
    assert (storage.dirty, storage.database.is_open) == (False, False)


def test_delete_all_is_refused_in_transactions(storage: ObjectStorage, run_async: Any) -> None:
    with pytest.raises(JsException, match="Cannot call deleteAll\\(\\) within a transaction"):
        storage.transaction_sync(storage.delete_all)

    async def closure(txn: Transaction) -> None:
        for use in (txn.delete_all, storage.delete_all):
            with pytest.raises(JsException, match="Cannot call deleteAll\\(\\) within a transaction"):
                use()

    run_async(storage.transaction(closure))


# ---- transaction ----------------------------------------------------------------------------------------


def test_transaction_runs_alone_and_joins_the_turn_in_which_it_ends(
    storage: ObjectStorage, shelf: Shelf, run_async: Any
) -> None:
    async def closure(txn: Transaction) -> str:
        assert shelf.owner.exclusive_now
        txn.put("a", 1)
        storage.sql_exec("CREATE TABLE t (a)")
        storage.set_alarm(2_000_000_000)
        storage.commit()  # the turn ends at an await: nothing of the transaction is kept yet
        assert outside(shelf, "SELECT count(*) FROM _cf_KV") == [(0,)]
        assert storage.dirty is False
        return txn.get("a") * 10

    assert run_async(storage.transaction(closure)) == 10
    assert storage.dirty is True
    storage.commit()
    assert outside(shelf, "SELECT count(*) FROM _cf_KV, t") == [(0,)]
    assert (storage.get("a"), storage.get_alarm()) == (1, 2_000_000_000)


def test_transaction_takes_a_plain_function(storage: ObjectStorage, run_async: Any) -> None:
    assert run_async(storage.transaction(lambda txn: txn.put("a", 1))) is None
    assert storage.get("a") == 1


def test_an_exception_drops_the_transaction_and_keeps_what_was_before(
    storage: ObjectStorage, shelf: Shelf, run_async: Any
) -> None:
    async def closure(txn: Transaction) -> None:
        assert outside(shelf, "SELECT key FROM _cf_KV") == [("before",)]
        txn.put("a", 1)
        storage.put("b", 1)
        raise KeyError("stop")

    storage.put("before", 1)
    with pytest.raises(KeyError, match="stop"):
        run_async(storage.transaction(closure))
    storage.commit()
    assert storage.list() == {"before": 1}
    storage.put("after", 1)
    storage.commit()
    assert shelf.reopen(storage).list() == {"after": 1, "before": 1}


def test_rollback_drops_and_ends_the_transaction(storage: ObjectStorage, run_async: Any) -> None:
    async def closure(txn: Transaction) -> str:
        txn.put("a", 1)
        txn.rollback()
        txn.rollback()
        for name, use in (("get()", lambda: txn.get("a")), ("put()", lambda: txn.put("a", 1)), ("list()", txn.list)):
            with pytest.raises(JsException) as caught:
                use()
            assert str(caught.value) == f"Error: Cannot {name} on rolled back transaction"
        storage.put("b", 1)
        return "returned"

    assert run_async(storage.transaction(closure)) == "returned"
    storage.commit()
    assert storage.list() == {"b": 1}


def test_a_transaction_is_of_no_use_after_it_was_committed(storage: ObjectStorage, run_async: Any) -> None:
    kept: list[Transaction] = []
    run_async(storage.transaction(kept.append))
    uses = [
        ("get()", lambda: kept[0].get("a")),
        ("getAlarm()", kept[0].get_alarm),
        ("rollback()", kept[0].rollback),
    ]
    for name, use in uses:
        with pytest.raises(JsException) as caught:
            use()
        assert str(caught.value) == (
            f"Error: Cannot call {name} on transaction that has already committed: did you move `txn` outside of the "
            "closure?"
        )


def test_an_inner_rollback_keeps_the_outer_transaction(storage: ObjectStorage, run_async: Any) -> None:
    async def inner(txn: Transaction) -> None:
        txn.put("a", 2)
        txn.put("b", 2)
        txn.rollback()

    async def failing(txn: Transaction) -> None:
        txn.put("a", 3)
        raise KeyError

    async def outer(txn: Transaction) -> None:
        txn.put("a", 1)
        await storage.transaction(inner)
        with pytest.raises(KeyError):
            await storage.transaction(failing)
        await storage.transaction(lambda txn: txn.put("c", 1))

    run_async(storage.transaction(outer))
    storage.commit()
    assert storage.list() == {"a": 1, "c": 1}


def test_a_transaction_that_only_reads_leaves_nothing_open(
    storage: ObjectStorage, shelf: Shelf, run_async: Any
) -> None:
    run_async(storage.transaction(lambda txn: txn.get("a")))
    assert (storage.dirty, shelf.owner.writes, storage.path.exists()) == (False, 0, False)


# ---- damage ---------------------------------------------------------------------------------------------


def test_a_corrupt_file_is_set_aside_and_the_object_starts_empty(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.put("a", 1)
    storage.commit()
    storage.database.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    storage.close()
    damaged = b"this is not a database, whatever it was" * 200
    shelf.path.write_bytes(damaged)
    again = shelf.open()
    assert again.get("a") is None
    again.put("b", 2)
    again.commit()
    (problem,) = shelf.owner.problems
    (kept,) = shelf.directory.glob(f"{shelf.path.name}.corrupt-*Z")
    assert kept.read_bytes() == damaged
    assert (problem.code, problem.severity, problem.place.path) == ("corrupt-storage", "warning", shelf.path)
    assert str(kept) in str(problem)
    assert shelf.reopen(again).list() == {"b": 2}


def test_damage_found_in_use_resets_the_object_at_the_end_of_the_turn(storage: ObjectStorage, shelf: Shelf) -> None:
    for number in range(500):
        storage.put(f"k{number}", "x" * 1000)
    storage.commit()
    storage.database.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    storage.close()
    data = bytearray(shelf.path.read_bytes())
    for page in range(8, len(data) // 4096):
        data[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    shelf.path.write_bytes(data)
    again = shelf.open()
    before = shelf.owner.writes
    with pytest.raises(JsException, match="SQLITE_CORRUPT"):
        again.list()
    assert shelf.owner.writes == before + 1
    with pytest.raises(JsException, match="its storage failed"):
        again.commit()
    assert len(list(shelf.directory.glob("*.corrupt-*Z"))) == 1
    assert len(shelf.owner.problems) == 1
    assert shelf.reopen(again).list() == {}


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(shelf: Shelf) -> None:
    shelf.directory.parent.mkdir()
    shelf.directory.write_text("a file where the directory should be")
    with pytest.raises(JsException, match="cannot be opened") as caught:
        shelf.open(alarms=None).put("a", 1)
    assert str(shelf.path) in str(caught.value)


# ---- limits ---------------------------------------------------------------------------------------------


def test_limits_are_reported_once_per_kind_and_do_not_bind(storage: ObjectStorage, shelf: Shelf) -> None:
    for _ in range(2):
        storage.put("k", "x" * (2 * 1024 * 1024))
        storage.put_many({str(number): 1 for number in range(129)})
    assert sorted(problem.code for problem in shelf.owner.problems) == ["storage-limit-count", "storage-limit-entry"]
    assert all("Cart (anna)" in str(problem) for problem in shelf.owner.problems)
    assert len(storage.get("k")) == 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("sqlite", "use"),
    [
        (True, lambda s: s.put("k", "x" * (2 * 1024 * 1024))),
        (True, lambda s: s.put_many({str(number): 1 for number in range(129)})),
        (True, lambda s: s.get_many(map(str, range(129)))),
        (False, lambda s: s.put("k" * 2049, 1)),
        (False, lambda s: s.put("ü" * 1025, 1)),
        (False, lambda s: s.put("k", "x" * 131_072)),
        (False, lambda s: s.delete("k" * 2049)),
    ],
)
def test_strict_limits_are_range_errors(shelf: Shelf, sqlite: bool, use: Callable[[Any], Any]) -> None:
    storage = shelf.open(sqlite=sqlite, strict_limits=True)
    storage.put("ok", 1)
    with pytest.raises(JsException) as caught:
        use(storage)
    assert caught.value.name == "RangeError"
    assert storage.list() == {"ok": 1}


def test_what_production_takes_passes_the_strict_limits(shelf: Shelf) -> None:
    plain = shelf.open(sqlite=False, strict_limits=True)
    plain.put("k" * 2048, "x" * (131_072 - 10))
    plain.put_many({str(number): 1 for number in range(128)})
    assert shelf.owner.problems == []


def test_sql_rows_beyond_the_limit_are_refused_when_strict(shelf: Shelf) -> None:
    storage = shelf.open(strict_limits=True)
    with pytest.raises(JsException, match="SQLITE_TOOBIG"):
        storage.sql_exec("SELECT ?", ("x" * 3_000_000,))


def test_sql_values_beyond_the_limit_are_reported(storage: ObjectStorage, shelf: Shelf) -> None:
    storage.sql_exec("SELECT ?", ("x" * 3_000_000,)).one()
    assert [problem.code for problem in shelf.owner.problems] == ["storage-limit-row"]
