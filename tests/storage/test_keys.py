"""Keys and values: spec/durable-objects.md, sections 4 and 5."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from pywrangler.config.model import Compat
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.storage import ObjectStorage
from pywrangler.runtime.storage.keyvalue import successor
from tests.storage.conftest import Shelf

KEYS = ["", "Z", "a", "a\x00", "aa", "b", "á", "字", "\uffff", "🦄"]


@pytest.mark.parametrize(
    "value",
    [0, -1, 2**53 - 1, 2**70, 1.5, "", "ü🦄", True, False, [1, [2, {"a": None}]], {"b": {}, "a": []}, {1, 2}],
)
def test_values_come_back_equal(storage: ObjectStorage, value: Any) -> None:
    storage.put("k", value)
    found = storage.get("k")
    assert found == value
    assert type(found) is type(value) or isinstance(found, JsDict)


def test_bytes_come_back_as_memoryview_and_dates_naive(storage: ObjectStorage) -> None:
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001 - naive is the rule
    storage.put("k", {"b": b"\x00\xff", "d": moment})
    found = storage.get("k")
    assert isinstance(found["b"], memoryview)
    assert (found["b"].tobytes(), found["d"]) == (b"\x00\xff", moment)


def test_values_are_copies(storage: ObjectStorage) -> None:
    value = {"list": [1]}
    storage.put("k", value)
    value["list"].append(2)
    storage.get("k")["list"].append(3)
    assert storage.get("k") == {"list": [1]}


def test_none_is_stored_and_looks_like_missing(storage: ObjectStorage) -> None:
    storage.put("k", None)
    assert storage.get("k") is None
    assert storage.get_many(["k", "other"]) == {"k": None}
    assert storage.delete("k") is True


def test_get_many_is_sorted_by_key_and_leaves_out_what_is_missing(storage: ObjectStorage) -> None:
    storage.put_many({"c": 3, "a": 1})
    assert list(storage.get_many(["c", "a", "zz", "c"]).items()) == [("a", 1), ("c", 3)]


def test_delete_says_what_existed(storage: ObjectStorage) -> None:
    storage.put_many({"a": 1, "b": 2, "c": 3})
    assert [storage.delete("a"), storage.delete("a"), storage.delete_many(["b", "c", "d"])] == [True, False, 2]


def test_keys_are_stringified(storage: ObjectStorage) -> None:
    storage.put(5, "five")  # type: ignore[arg-type]
    storage.put(True, "yes")  # type: ignore[arg-type]
    storage.put(1.5, "half")  # type: ignore[arg-type]
    assert storage.list() == {"1.5": "half", "5": "five", "true": "yes"}
    assert storage.get(5) == "five"  # type: ignore[arg-type]


def test_lone_surrogates_in_keys_become_replacement_characters(storage: ObjectStorage) -> None:
    storage.put("\ud800x", 1)
    assert (storage.list(), storage.get("\udfffx"), storage.delete("\ufffdx")) == ({"\ufffdx": 1}, 1, True)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, KEYS),
        ({"reverse": True}, KEYS[::-1]),
        ({"start": "a"}, KEYS[2:]),
        ({"startAfter": "a"}, KEYS[3:]),
        ({"end": "b"}, KEYS[:5]),
        ({"prefix": "a"}, KEYS[2:5]),
        ({"prefix": "a", "startAfter": "a", "limit": 1}, ["a\x00"]),
        ({"prefix": "a", "end": "aa"}, ["a", "a\x00"]),
        ({"prefix": "\uffff"}, ["\uffff"]),
        ({"prefix": "🦄"}, ["🦄"]),
        ({"limit": 2}, KEYS[:2]),
        ({"limit": 2, "reverse": True}, KEYS[:-3:-1]),
        ({"limit": 100, "start": None, "end": None}, KEYS),
        ({"start": "x", "end": "b"}, []),
    ],
)
def test_list_chooses_and_orders_by_utf8_bytes(
    storage: ObjectStorage, options: dict[str, Any], expected: list[str]
) -> None:
    storage.put_many(dict.fromkeys(reversed(KEYS), 1))
    assert list(storage.list(**options)) == expected
    assert [key for key, _value in storage.kv.list(**options)] == expected


def test_the_end_of_a_prefix_skips_what_utf8_cannot_hold() -> None:
    assert [successor("a"), successor("\ud7ff"), successor("a\U0010ffff"), successor("\U0010ffff"), successor("")] == [
        "b", "\ue000", "b", None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"limit": 0}, "TypeError: List limit must be positive."),
        ({"limit": -3}, "TypeError: List limit must be positive."),
        (
            {"start": "a", "startAfter": "b"},
            "TypeError: list() cannot be called with both start and startAfter values.",
        ),
    ],
)
def test_bad_list_options_are_type_errors(storage: ObjectStorage, options: dict[str, Any], text: str) -> None:
    with pytest.raises(JsException) as caught:
        storage.list(**options)
    assert str(caught.value) == text


def test_what_cannot_be_cloned_stores_nothing_of_the_call(storage: ObjectStorage) -> None:
    with pytest.raises(JsException) as caught:
        storage.put_many({"a": 1, "b": lambda: None})
    assert caught.value.name == "DataCloneError"
    assert storage.list() == {}


def test_a_damaged_value_is_an_error_that_names_it(storage: ObjectStorage) -> None:
    storage.write("k", b"\xff\x0f\xee")
    with pytest.raises(JsException, match="stored value cannot be read"):
        storage.get("k")


# ---- the synchronous API --------------------------------------------------------------------------------


def test_sync_kv_shares_the_entries(storage: ObjectStorage) -> None:
    storage.kv.put("a", [1])
    assert (storage.get("a"), storage.kv.get("a"), storage.kv.get("b")) == ([1], [1], None)
    assert list(storage.kv.list()) == [["a", [1]]]
    assert (storage.kv.delete("a"), storage.kv.delete("a")) == (True, False)


def test_a_second_sync_iteration_invalidates_the_first(storage: ObjectStorage) -> None:
    storage.put_many({"a": 1, "b": 2})
    first = storage.kv.list()
    assert next(first) == ["a", 1]
    assert next(storage.kv.list()) == ["a", 1]
    with pytest.raises(JsException, match="iterator was invalidated"):
        next(first)


# ---- deleteAll ------------------------------------------------------------------------------------------


def fill(storage: ObjectStorage) -> None:
    storage.put("k", 1)
    storage.sql_exec("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    storage.sql_exec("CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, p REFERENCES parent)")
    storage.sql_exec("CREATE VIEW v AS SELECT * FROM child; CREATE INDEX i ON child (p)")
    storage.sql_exec("CREATE VIRTUAL TABLE words USING fts5(text)")
    storage.sql_exec("INSERT INTO parent VALUES (1); INSERT INTO child (p) VALUES (1); INSERT INTO words VALUES ('x')")
    storage.set_alarm(2_000_000_000)
    storage.commit()


def user_tables(storage: ObjectStorage) -> list[str]:
    rows = storage.sql_exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'").raw()
    return [row[0] for row in rows if not row[0].startswith("sqlite_")]


def test_delete_all_removes_keys_tables_and_the_alarm(storage: ObjectStorage) -> None:
    fill(storage)
    storage.delete_all()
    storage.commit()
    assert (storage.list(), user_tables(storage), storage.get_alarm()) == ({}, [], None)
    fill(storage)


def test_delete_all_keeps_the_alarm_before_2026_02_24(shelf: Any) -> None:
    storage = shelf.open(compat=Compat("2026-02-23", delete_all_deletes_alarm=False))
    fill(storage)
    storage.delete_all()
    assert (storage.list(), storage.get_alarm()) == ({}, 2_000_000_000)


def test_delete_all_is_undone_with_the_turn(storage: ObjectStorage) -> None:
    fill(storage)
    before = user_tables(storage)
    storage.delete_all()
    storage.rollback()
    assert (storage.get("k"), user_tables(storage)) == (1, before)


def test_delete_all_of_nothing_creates_nothing(storage: ObjectStorage) -> None:
    storage.delete_all()
    assert not storage.path.exists()


def test_a_file_names_the_object_that_has_sql(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.put("k", 1)
    storage.commit()
    query = "SELECT id, name FROM __miniflare_do_name"
    assert storage.sql_exec(query).raw().toArray() == [[1, "anna"]]


@pytest.mark.parametrize("changes", [{"object_name": None}, {"sqlite": False}])
def test_a_file_of_an_object_without_name_or_sql_has_no_such_table(shelf: Shelf, changes: dict[str, Any]) -> None:
    storage = shelf.open(**changes)
    storage.put("k", 1)
    storage.commit()
    tables = storage.database.run("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert sorted(tables) == [("_cf_KV",), ("_cf_METADATA",)]
