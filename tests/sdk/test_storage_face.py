"""ctx.storage as Python sees it: spec/durable-objects.md, sections 4 to 7."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from workers.storage import DurableObjectStorage

from pywrangler.config.model import Compat
from pywrangler.runtime import context
from pywrangler.runtime.clock import SystemClock
from pywrangler.runtime.ids import id_from_name
from pywrangler.runtime.js.convert import to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.storage import ObjectStorage


class Owner:
    def wrote(self):
        pass

    def has_alarm_handler(self):
        return True

    async def exclusive(self, function):
        return await function()

    def notice(self, problem):
        raise AssertionError(problem)


@pytest.fixture
def native(tmp_path: Path):
    storage = ObjectStorage(
        tmp_path / "object.sqlite",
        worker="w",
        class_name="C",
        object_id=id_from_name("w", "C", "x"),
        object_name="x",
        sqlite=True,
        compat=Compat("2026-06-01"),
        clock=SystemClock(),
        outputs=Owner(),
        alarms=None,
    )
    yield storage
    storage.close()


@pytest.fixture
def storage(native):
    return DurableObjectStorage(native.js)


def finish(awaitable):
    """Run an awaitable that never waits; fails if it yields to the loop."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waited")


def test_put_writes_at_the_call(storage):
    storage.put("k", {"a": [1, None]})
    assert finish(storage.get("k")) == {"a": [1, None]}


def test_missing_value_is_none(storage):
    assert finish(storage.get("nope")) is None


def test_values_are_copies(storage):
    value = {"a": []}
    storage.put("k", value)
    value["a"].append(1)
    first = finish(storage.get("k"))
    assert first.a == []
    assert finish(storage.get("k")) is not first


def test_none_reads_back_as_none(storage):
    storage.put("k", None)
    assert finish(storage.get("k")) is None
    assert finish(storage.delete("k")) is True


def test_several_keys_come_sorted_without_the_missing(storage):
    storage.put({"c": 1, "a": 2})
    found = finish(storage.get(["c", "a", "zz"]))
    assert list(found.items()) == [("a", 2), ("c", 1)]


def test_keywords_of_put_are_the_entries(storage):
    storage.put(a=1, b=2)
    assert finish(storage.list()) == {"a": 1, "b": 2}


def test_javascript_objects_and_arrays_are_understood(storage):
    storage.put(plain({"a": 1, "b": 2}))
    assert finish(storage.get(to_js(["a", "b"]))) == {"a": 1, "b": 2}
    assert finish(storage.list(plain({"prefix": "a"}))) == {"a": 1}
    assert finish(storage.delete(to_js(["a"]))) == 1


def test_keys_are_made_strings(storage):
    storage.put(5, "x")
    assert finish(storage.get(5)) == finish(storage.get("5")) == "x"


def test_delete_counts(storage):
    storage.put({"a": 1, "b": 2})
    assert finish(storage.delete("zz")) is False
    assert finish(storage.delete(["a", "b", "zz"])) == 2


def test_list_takes_dict_and_keywords(storage):
    storage.put({"a": 1, "b": 2, "c": 3})
    assert list(finish(storage.list({"start": "b"}))) == ["b", "c"]
    assert list(finish(storage.list(reverse=True, limit=2))) == ["c", "b"]
    assert list(finish(storage.list({"end": "c"}, limit=1))) == ["a"]


def test_put_without_value_is_the_platforms_error(storage):
    with pytest.raises(JsException, match=r"put\(\) called with undefined value\."):
        finish(storage.put("k"))


def test_put_of_entries_with_something_that_is_no_option(storage):
    with pytest.raises(JsException) as caught:
        finish(storage.put({"a": 1}, "options"))
    assert caught.value.name == "TypeError"


def test_value_that_cannot_be_stored_is_an_error_at_the_await(storage):
    class Thing:
        pass

    pending = storage.put("k", Thing())
    with pytest.raises(JsException, match="Could not serialize"):
        finish(pending)


def test_tuple_is_pythons_type_error(storage):
    with pytest.raises(TypeError, match="cannot be sent over RPC"):
        storage.put("k", (1, 2))


def test_error_that_nobody_awaits_is_logged(storage, monkeypatch):
    lines = []
    monkeypatch.setattr(context, "log", lambda level, text: lines.append((level, text)))
    storage.list(limit=0)
    assert lines == [("error", "An operation that was never awaited failed: TypeError: List limit must be positive.")]


def test_result_is_awaited_once(storage):
    pending = storage.get("k")
    finish(pending)
    with pytest.raises(RuntimeError):
        finish(pending)


def test_operations_can_be_tasks(storage, run_async):
    async def use():
        await asyncio.create_task(storage.put("a", 1))
        return await asyncio.gather(storage.get("a"), storage.get("b"))

    assert run_async(use()) == [1, None]


def test_sql_rows_are_dicts_with_attributes(storage):
    sql = storage.sql
    sql.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, data BLOB)")
    sql.exec("INSERT INTO t (name, data) VALUES (?, ?)", "anna", b"\x01")
    row = sql.exec("SELECT * FROM t").one()
    assert (row.id, row["name"], bytes(row.data)) == (1, "anna", b"\x01")
    cursor = sql.exec("SELECT id, name FROM t")
    assert cursor.columnNames == ["id", "name"]
    assert [r.name for r in cursor] == ["anna"]
    assert list(sql.exec("SELECT id, name FROM t").raw()) == [[1, "anna"]]
    assert sql.exec("SELECT name FROM t").toArray() == [{"name": "anna"}]
    assert sql.databaseSize > 0


def test_sql_error_is_a_javascript_error(storage):
    with pytest.raises(JsException, match="no such table: nope: SQLITE_ERROR"):
        storage.sql.exec("SELECT * FROM nope")


def test_one_without_rows(storage):
    with pytest.raises(JsException, match=r"Expected exactly one result from SQL query, but got no results\."):
        storage.sql.exec("SELECT 1 WHERE 0").one()


def test_synchronous_keys(storage):
    storage.kv.put("a", {"x": 1})
    assert storage.kv.get("a").x == 1
    assert list(storage.kv.list({"prefix": "a"})) == [["a", {"x": 1}]]
    assert storage.kv.delete("a") is True
    assert storage.kv.get("a") is None


def test_alarm_takes_datetimes_and_milliseconds(storage):
    when = datetime.now() + timedelta(hours=1)  # noqa: DTZ005 - naive is local time
    storage.setAlarm(when)
    assert finish(storage.getAlarm()) == int(when.timestamp() * 1000)
    storage.setAlarm(4_000_000_000_000)
    assert finish(storage.getAlarm()) == 4_000_000_000_000
    storage.deleteAlarm()
    assert finish(storage.getAlarm()) is None


def test_alarm_before_the_epoch_is_an_error(storage):
    with pytest.raises(JsException, match="alarm time <= 0"):
        finish(storage.setAlarm(0))


def test_delete_all(storage):
    storage.put("a", 1)
    finish(storage.deleteAll())
    assert finish(storage.list()) == {}


def test_transaction_keeps_what_succeeds_and_returns_the_value(storage, run_async):
    async def use():
        async def work(txn):
            await txn.put("a", 1)
            assert await txn.get("a") == 1
            storage.sql.exec("CREATE TABLE t (x)")
            return {"done": True}

        return await storage.transaction(work)

    assert run_async(use()) == {"done": True}
    assert finish(storage.get("a")) == 1


def test_transaction_drops_what_fails_and_raises_the_same_error(storage, run_async):
    async def work(txn):
        await txn.put("a", 1)
        raise ValueError("no")

    async def use():
        with pytest.raises(ValueError, match="no"):
            await storage.transaction(work)

    run_async(use())
    assert finish(storage.get("a")) is None


def test_rolled_back_transaction_refuses_more(storage, run_async):
    async def work(txn):
        await txn.put("a", 1)
        txn.rollback()
        with pytest.raises(JsException, match=r"Cannot get\(\) on rolled back transaction"):
            await txn.get("a")

    async def use():
        await storage.transaction(work)

    run_async(use())
    assert finish(storage.get("a")) is None


def test_synchronous_transaction(storage):
    def fail():
        storage.kv.put("a", 1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        storage.transactionSync(fail)
    assert storage.kv.get("a") is None
    assert storage.transactionSync(lambda: 5) == 5


def test_other_names_are_the_raw_api(storage, run_async):
    async def use():
        assert (await storage.getCurrentBookmark()).startswith("00000000-")

    run_async(use())
    assert not hasattr(storage, "nope")


def test_sync_makes_durable(storage, native):
    storage.put("a", 1)
    assert native.dirty
    finish(storage.sync())
    assert not native.dirty
