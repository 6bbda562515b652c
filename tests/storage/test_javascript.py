"""The raw JavaScript API: spec/durable-objects.md, sections 4 to 7 and 9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime.js.convert import to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import JsPromise, jsnull
from pywrangler.runtime.js.values import JsArray, JsMap, JsObject, array, plain

if TYPE_CHECKING:
    from pywrangler.runtime.storage import ObjectStorage


def settled(promise: JsPromise) -> Any:
    """Await without a loop: a storage promise never yields."""
    assert isinstance(promise, JsPromise)
    try:
        promise.__await__().send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the promise yielded to the loop")


def rejection(promise: JsPromise) -> str:
    with pytest.raises(JsException) as caught:
        settled(promise)
    return str(caught.value)


def test_an_operation_happens_at_the_call_and_its_promise_is_settled(storage: ObjectStorage) -> None:
    put = storage.js.put("a", plain({"n": 1}))
    assert storage.get("a") == {"n": 1}
    assert settled(put) is None
    value = settled(storage.js.get("a"))
    assert (type(value), value.n) == (JsObject, 1)
    assert settled(storage.js.get("missing")) is None


def test_null_is_storable_and_undefined_is_not(storage: ObjectStorage) -> None:
    settled(storage.js.put("a", jsnull))
    assert settled(storage.js.get("a")) is jsnull
    assert rejection(storage.js.put("a", None)) == "TypeError: put() called with undefined value."
    settled(storage.js.put(plain({"x": None, "y": 1})))
    assert list(settled(storage.js.list()).keys()) == ["a", "y"]


def test_several_keys_give_a_map_in_order(storage: ObjectStorage) -> None:
    settled(storage.js.put(plain({"c": 3, "a": 1})))
    found = settled(storage.js.get(array(["c", "a", "zz"])))
    assert (type(found), list(found.items())) == (JsMap, [("a", 1), ("c", 3)])
    listed = settled(storage.js.list(plain({"reverse": True, "limit": 1})))
    assert list(listed.items()) == [("c", 3)]
    assert list(settled(storage.js.list(prefix="a")).keys()) == ["a"]


def test_delete_takes_one_key_or_several(storage: ObjectStorage) -> None:
    settled(storage.js.put(plain({"a": 1, "b": 2, "c": 3})))
    assert settled(storage.js.delete("zz")) is False
    assert settled(storage.js.delete("a")) is True
    assert settled(storage.js.delete(array(["b", "c", "d"]))) == 2


def test_entries_with_something_else_than_options_are_a_type_error(storage: ObjectStorage) -> None:
    assert rejection(storage.js.put(plain({"a": 1}), 5)).startswith("TypeError: put() may only be called")
    settled(storage.js.put(plain({"a": 1}), plain({"allowUnconfirmed": True})))
    assert settled(storage.js.list(plain({"limit": 5}))).size == 1
    assert rejection(storage.js.list(plain({"limit": 0}))) == "TypeError: List limit must be positive."


def test_the_alarm_is_a_number_or_null(storage: ObjectStorage) -> None:
    assert settled(storage.js.getAlarm()) is jsnull
    settled(storage.js.setAlarm(2_000_000_000))
    assert settled(storage.js.getAlarm()) == 2_000_000_000
    settled(storage.js.deleteAlarm())
    assert settled(storage.js.getAlarm()) is jsnull
    assert rejection(storage.js.setAlarm("soon")) == (
        "TypeError: Failed to execute 'setAlarm' on 'DurableObjectStorage': parameter 1 is not of type 'date'."
    )
    assert rejection(storage.js.setAlarm(float("nan"))) == (
        "TypeError: The value cannot be converted because it is not a valid Date."
    )


def test_rows_are_plain_objects_and_arrays(storage: ObjectStorage) -> None:
    sql = storage.js.sql
    assert storage.js.sql is sql
    sql.exec("CREATE TABLE t (a, b)")
    sql.exec("INSERT INTO t VALUES (?, ?), (?, ?)", 1, jsnull, True, to_js(b"\x01"))
    rows = sql.exec("SELECT * FROM t").toArray()
    assert (type(rows), type(rows[0]), rows[0].a, rows[0].b) == (JsArray, JsObject, 1, jsnull)
    assert (rows[1].a, rows[1].b.to_bytes(), rows[1].b.constructor.name) == ("true", b"\x01", "ArrayBuffer")
    cursor = sql.exec("SELECT a FROM t")
    assert (list(cursor.columnNames), cursor.next().value.a, next(cursor.raw())[0]) == (["a"], 1, "true")
    assert cursor.next().done is True
    assert sql.exec("SELECT a FROM t LIMIT 1").one().a == 1
    assert [row.a for row in sql.exec("SELECT a FROM t")] == [1, "true"]
    assert len(sql.exec("SELECT a FROM t").raw().toArray()) == 2
    assert sql.databaseSize == storage.database_size


def test_sql_raises_at_the_call(storage: ObjectStorage) -> None:
    with pytest.raises(JsException, match="syntax error"):
        storage.js.sql.exec("selec")


def test_sync_kv_is_raw_too(storage: ObjectStorage) -> None:
    kv = storage.js.kv
    kv.put("a", plain({"n": 1}))
    assert (kv.get("a").n, kv.get("b")) == (1, None)
    entry = next(kv.list())
    assert (type(entry), entry[0], entry[1].n) == (JsArray, "a", 1)
    assert [pair[0] for pair in kv.list(plain({"prefix": "z"}))] == []
    assert (kv.delete("a"), kv.delete("a")) == (True, False)
    kv.put("a")
    assert (kv.get("a"), next(kv.list())[0]) == (None, "a")


def test_transactions_hand_out_a_raw_txn(storage: ObjectStorage, run_async: Any) -> None:
    async def closure(txn: Any) -> Any:
        await txn.put("a", plain({"n": 1}))
        assert list(await txn.list()) == ["a"]
        assert (await txn.get("a")).n == 1
        assert await txn.getAlarm() is jsnull
        with pytest.raises(JsException, match="deleteAll"):
            await txn.deleteAll()
        txn.rollback()
        with pytest.raises(JsException, match="Cannot get\\(\\) on rolled back transaction"):
            await txn.get("a")
        return plain({"done": True})

    async def main() -> Any:
        return await storage.js.transaction(closure)

    assert run_async(main()).done is True
    assert storage.js.transactionSync(lambda: 5) == 5
    assert storage.list() == {}


def test_the_rest_of_the_surface(storage: ObjectStorage) -> None:
    settled(storage.js.put("a", 1))
    settled(storage.js.sync())
    assert storage.dirty is False
    settled(storage.js.deleteAll())
    assert settled(storage.js.get("a")) is None
    assert settled(storage.js.getCurrentBookmark()).startswith("00000000-00000000-")
    assert "point-in-time recovery" in rejection(storage.js.getBookmarkForTime(1))
    assert "point-in-time recovery" in rejection(storage.js.onNextSessionRestoreBookmark("x"))
    assert storage.js._native is storage
