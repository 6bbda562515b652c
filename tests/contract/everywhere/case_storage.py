"""Storage seen through results, alarms set from afar (spec/durable-objects.md, sections 4 to 7 and 9)."""

import asyncio
import time

from probe import eventually, failure, same
from pyodide.ffi import JsException


async def values_in_storage_come_back_through_results(probe):
    thing = probe.thing()
    for value in (None, 0, "text", [1, {"a": None}], 2**60, 0.5):
        await thing.put("k", value)
        same(await thing.get("k"), value)
    await thing.put("bytes", b"\x00\xff")
    same(bytes(await thing.get("bytes")), b"\x00\xff")


async def lists_are_in_the_order_of_their_keys(probe):
    thing = probe.thing()
    for key in ("á", "a", "Z"):
        await thing.put(key, key)
    same(list(await thing.list_all()), ["Z", "a", "á"])
    same(list(await thing.list_all({"reverse": True, "limit": 1})), ["á"])


async def rows_are_objects(probe):
    thing = probe.thing()
    await thing.query("CREATE TABLE t (a, b)")
    await thing.query("INSERT INTO t VALUES (?, ?)", 5, True)
    rows = await thing.query("SELECT a, b, typeof(a) AS kind FROM t")
    same(rows, [{"a": 5, "b": "true", "kind": "real"}])
    same(rows[0].a, 5)


async def storage_errors_are_javascript_errors(probe):
    thing = probe.thing()
    for what, name, text in (
        ("undefined", "TypeError", "put() called with undefined value."),
        ("alarm", "TypeError", "setAlarm() cannot be called with an alarm time <= 0"),
        ("start and after", "TypeError", "start"),
        ("limit", "TypeError", "List limit must be positive."),
        (
            "recovery",
            "Error",
            "This Durable Object's storage back-end does not implement point-in-time recovery.",
        ),
        ("syntax", "Error", 'near "selec": syntax error at offset 0: SQLITE_ERROR'),
        ("reserved", "Error", "SQLITE_AUTH"),
        ("function", "DataCloneError", ""),
    ):
        error = await failure(thing.storage_error(what))
        same(error.name, name)
        assert text in error.message, error.message


async def delete_all_wipes_keys_tables_and_the_alarm(probe):
    thing = probe.thing()
    await thing.put("k", 1)
    await thing.query("CREATE TABLE t (a)")
    await thing.set_alarm(60_000)
    await thing.delete_everything()
    same(await thing.list_all(), {})
    same(await thing.get_alarm(), None)
    await failure(thing.query("SELECT * FROM t"))


async def objects_without_sql_say_how_to_get_it(probe):
    old = probe.old()
    same(await asyncio.gather(*(old.increment() for _ in range(5))), [1, 2, 3, 4, 5])
    same(await old.use("transaction"), "transacted")
    for what in ("sql", "kv"):
        error = await failure(old.use(what))
        assert error.message.startswith("SQL is not enabled for this Durable Object class."), error.message
        assert "new_sqlite_classes" in error.message


async def an_alarm_may_be_set_without_a_handler(probe):
    same(await probe.old().set_alarm(), None)


async def an_alarm_runs_at_its_time_and_knows_the_name(probe):
    thing = probe.thing()
    started = time.time() * 1000
    due = await thing.set_alarm(50)
    same(await thing.get_alarm(), due)
    ((count, is_retry, scheduled, inside, name),) = await eventually(thing.shared)
    assert time.time() * 1000 >= due >= started + 49
    same([count, is_retry, scheduled, inside, name], [0, False, due, None, thing.name])
    same(await thing.get_alarm(), None)


async def a_deleted_alarm_does_not_run(probe):
    thing = probe.thing()
    await thing.set_alarm(30)
    await thing.delete_alarm()
    await asyncio.sleep(0.06)
    same(await thing.shared(), [])


async def a_later_alarm_replaces_an_earlier_one(probe):
    thing = probe.thing()
    await thing.set_alarm(10)
    second = await thing.set_alarm(40)
    runs = await eventually(thing.shared)
    same([run[2] for run in runs], [second])


assert JsException
