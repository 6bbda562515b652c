"""Keys, SQL and the alarm together, driven at random against a model of three dicts."""

from __future__ import annotations

import asyncio
import copy
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pywrangler.runtime.js.errors import JsException

from .conftest import OBJECT_ID, Shelf

KEYS = st.sampled_from(["", "a", "ab", "b", "Z", "á", "🦄"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
IDS = st.integers(1, 5)
NUMBERS = st.integers(-1000, 1000) | st.floats(-1e6, 1e6)
TIMES = st.integers(2_000_000_000, 2_000_000_005)


@dataclass
class Model:
    keys: dict[str, Any] = field(default_factory=dict)
    rows: dict[int, Any] = field(default_factory=dict)
    alarm: int | None = None


class Undo(Exception):
    """Ends a transaction on purpose."""


class StorageMachine(RuleBasedStateMachine):
    @initialize()
    def create(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.shelf = Shelf(Path(self.directory.name))
        self.storage = self.shelf.open()
        self.storage.sql_exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n, UNIQUE (n))")
        self.storage.commit()
        self.now = Model()
        self.committed = Model()

    def teardown(self) -> None:
        if hasattr(self, "shelf"):
            self.shelf.close()
            self.directory.cleanup()

    # ---- writes -------------------------------------------------------------------------------------------

    @rule(key=KEYS, value=VALUES)
    def put(self, key: str, value: Any) -> None:
        self.storage.put(key, value)
        self.now.keys[key] = value

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        assert self.storage.delete(key) == (key in self.now.keys)
        self.now.keys.pop(key, None)

    @rule(row=IDS, number=NUMBERS)
    def insert(self, row: int, number: float) -> None:
        if row in self.now.rows or number in self.now.rows.values():
            with pytest.raises(JsException, match="UNIQUE"):
                self.storage.sql_exec("INSERT INTO t VALUES (?, ?)", (row, number))
        else:
            cursor = self.storage.sql_exec("INSERT INTO t VALUES (?, ?) RETURNING *", (row, number))
            assert cursor.one() == {"id": row, "n": number}
            self.now.rows[row] = number

    @rule(row=IDS)
    def remove(self, row: int) -> None:
        assert self.storage.sql_exec("DELETE FROM t WHERE id = ?", (row,)).rowsWritten == (row in self.now.rows)
        self.now.rows.pop(row, None)

    @rule(when=TIMES)
    def set_alarm(self, when: int) -> None:
        self.storage.set_alarm(when)
        self.now.alarm = when

    @rule()
    def delete_alarm(self) -> None:
        self.storage.delete_alarm()
        self.now.alarm = None

    @rule()
    def delete_all(self) -> None:
        self.storage.delete_all()
        self.storage.sql_exec("CREATE TABLE t (id INTEGER PRIMARY KEY, n, UNIQUE (n))")
        self.now = Model()

    # ---- transactions -------------------------------------------------------------------------------------

    @rule(key=KEYS, row=IDS, when=TIMES, keep=st.booleans())
    def transaction_sync(self, key: str, row: int, when: int, keep: bool) -> None:
        before = copy.deepcopy(self.now)

        def work() -> None:
            self.put(key, "sync")
            self.remove(row)
            self.set_alarm(when)
            if not keep:
                raise Undo

        try:
            self.storage.transaction_sync(work)
        except Undo:
            self.now = before

    @rule(key=KEYS, row=IDS, end=st.sampled_from(["return", "raise", "rollback"]), inner=st.booleans())
    def transaction(self, key: str, row: int, end: str, inner: bool) -> None:
        before = copy.deepcopy(self.now)

        async def closure(txn: Any) -> None:
            txn.put(key, "async")
            self.now.keys[key] = "async"
            self.storage.commit()  # the turn ends here
            self.remove(row)
            if inner:
                kept = copy.deepcopy(self.now)
                with pytest.raises(Undo):
                    await self.storage.transaction(nested)
                self.now = kept
            if end == "raise":
                raise Undo
            if end == "rollback":
                txn.rollback()

        async def nested(txn: Any) -> None:
            txn.delete(key)
            self.delete_alarm()
            raise Undo

        try:
            asyncio.run(self.storage.transaction(closure))
        except Undo:
            assert end == "raise"
        self.committed = before  # what was written before is committed first
        if end != "return":
            self.now = copy.deepcopy(before)

    # ---- turns --------------------------------------------------------------------------------------------

    @rule()
    def commit(self) -> None:
        self.storage.commit()
        self.committed = copy.deepcopy(self.now)

    @rule()
    def abort(self) -> None:
        self.storage.rollback()
        self.now = copy.deepcopy(self.committed)

    @rule()
    def reopen(self) -> None:
        self.storage = self.shelf.reopen(self.storage)
        self.now = copy.deepcopy(self.committed)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "storage"):
            return
        keys = sorted(self.now.keys)
        assert list(self.storage.list().items()) == [(key, self.now.keys[key]) for key in keys]
        rows = self.storage.sql_exec("SELECT id, n FROM t ORDER BY id").raw().toArray()
        assert rows == [[row, self.now.rows[row]] for row in sorted(self.now.rows)]
        assert self.storage.get_alarm() == self.now.alarm
        entered = self.shelf.index.get(OBJECT_ID)
        assert entered == (None if self.committed.alarm is None else self.committed.alarm * 1_000_000)


StorageMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestStorageAgainstModel = StorageMachine.TestCase
