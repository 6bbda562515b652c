"""Files of idle objects are closed for a while, and nobody notices."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Shelf


def test_everything_is_there_after_a_rest(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.put("k", [1])
    storage.sql_exec("CREATE TABLE t (a)")
    storage.sql_exec("INSERT INTO t VALUES (1)")
    storage.set_alarm(5_000_000_000_000)
    storage.commit()
    for _ in range(3):
        assert storage.database.rest()
        assert storage.database.run is None
        assert storage.get("k") == [1]
        assert storage.sql_exec("SELECT a FROM t").one() == {"a": 1}
        assert storage.get_alarm() == 5_000_000_000_000
        assert storage.database.rest()
        storage.put("k", [1])
        storage.commit()


def test_a_turn_that_is_not_committed_keeps_the_file_open(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.put("k", 1)
    assert not storage.database.rest()
    storage.commit()
    assert storage.database.rest()
    assert storage.get("k") == 1


def test_a_live_cursor_keeps_the_file_open(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.sql_exec("CREATE TABLE t (a)")
    storage.sql_exec("INSERT INTO t VALUES (1), (2), (3)")
    storage.commit()
    cursor = storage.sql_exec("SELECT a FROM t")
    assert next(cursor) == {"a": 1}
    assert not storage.database.rest()
    assert cursor.toArray() == [{"a": 2}, {"a": 3}]
    assert storage.database.rest()


def test_a_live_iteration_over_keys_keeps_the_file_open(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.put_many({"a": 1, "b": 2})
    storage.commit()
    iteration = storage.kv.list()
    assert next(iteration) == ["a", 1]
    assert not storage.database.rest()
    assert next(iteration) == ["b", 2]
    assert next(iteration, None) is None
    assert storage.database.rest()


@pytest.mark.parametrize("statement", ["PRAGMA foreign_keys = OFF", "PRAGMA case_sensitive_like = ON"])
def test_a_pragma_of_the_connection_keeps_the_file_open(shelf: Shelf, statement: str) -> None:
    storage = shelf.open()
    storage.sql_exec(statement)
    storage.commit()
    assert not storage.database.rest()


def test_asking_for_a_pragma_does_not(shelf: Shelf) -> None:
    storage = shelf.open()
    assert storage.sql_exec("PRAGMA foreign_keys").one() == {"foreign_keys": 1}
    assert storage.database.rest()
    assert storage.sql_exec("PRAGMA foreign_keys").one() == {"foreign_keys": 1}


def test_limits_and_policy_hold_after_a_rest(shelf: Shelf) -> None:
    storage = shelf.open()
    storage.put("k", 1)
    storage.commit()
    storage.database.rest()
    with pytest.raises(Exception, match="SQLITE_AUTH"):
        storage.sql_exec("SELECT * FROM _cf_KV")
    numbers: Any = ", ".join("?" * 101)
    with pytest.raises(Exception, match="too many SQL variables"):
        storage.sql_exec(f"SELECT {numbers}", range(101))


def test_a_file_that_was_never_opened_rests_already(shelf: Shelf) -> None:
    storage = shelf.open()
    assert storage.database.rest()
    assert not shelf.path.exists()
