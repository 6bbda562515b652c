"""The tables of an instance's file: values by key, the history, and what is due when (see `journal` for the keys).

`_cf_KV` holds values in V8's format. `states` is the history, one row for everything that happened. `priority_queue`
says when something is due: an entry is added (action 1), and crossed out by another one (action 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime.clone import deserialize, serialize

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import apsw

TABLES = (
    "CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID",
    """CREATE TABLE IF NOT EXISTS states (id INTEGER PRIMARY KEY NOT NULL, timestamp TIMESTAMP DEFAULT
    (DATETIME('now', 'subsec')), groupKey TEXT, target TEXT, metadata TEXT, event INTEGER NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS priority_queue (id INTEGER PRIMARY KEY NOT NULL, created_on TIMESTAMP DEFAULT
    CURRENT_TIMESTAMP, target_timestamp INTEGER NOT NULL, action INTEGER NOT NULL, entryType INTEGER NOT NULL,
    hash TEXT NOT NULL, CHECK (action IN (0, 1)), UNIQUE (action, entryType, hash))""",
    """CREATE TABLE IF NOT EXISTS streaming_step_chunks (cache_key TEXT NOT NULL, attempt INTEGER NOT NULL,
    chunk_index INTEGER NOT NULL, chunk BLOB NOT NULL, PRIMARY KEY (cache_key, attempt, chunk_index)) WITHOUT ROWID""",
)
_FORGET = ("DELETE FROM states", "DELETE FROM priority_queue", "DELETE FROM streaming_step_chunks")
_ADDED, _CROSSED_OUT = 1, 0
RETRY, SLEEP, TIMEOUT = 0, 1, 2
"""What entries of the queue are about."""


class Store(Protocol):
    """A SQLite file that is opened on first use (`bindings.stores.Store`)."""

    path: Path

    @property
    def connection(self) -> apsw.Connection:
        """The database."""

    def close(self) -> None:
        """Close the database; the next use opens it again."""

    def delete(self) -> None:
        """Close it and remove the file."""


@dataclass(frozen=True, slots=True)
class StepId:
    """A step in the tables."""

    key: str
    target: str
    """The name with its number, for people."""


class Ledger:
    """The tables. Times are seconds since the epoch; who changes several things at once opens `together`."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now

    def has(self, key: str) -> bool:
        """Whether there is a file, and the key in it."""
        return self._store.path.exists() and self.execute("SELECT 1 FROM _cf_KV WHERE key = ?", (key,)).get is not None

    @property
    def together(self) -> apsw.Connection:
        """A context manager: what happens inside is one transaction."""
        return self._store.connection

    def execute(self, statement: str, bindings: tuple[Any, ...] = ()) -> apsw.Cursor:
        """Execute a statement."""
        return self._store.connection.execute(statement, bindings)

    def rest(self) -> None:
        """Close the file until it is needed again."""
        self._store.close()

    def delete(self) -> None:
        """Remove the file."""
        self._store.delete()

    # ---- values

    def data(self, key: str) -> bytes | None:
        """Return the clone under a key."""
        found = self.execute("SELECT value FROM _cf_KV WHERE key = ?", (key,)).get
        return None if found is None else bytes(found)

    def get(self, key: str) -> Any:
        """Return the JavaScript value under a key; None if there is none."""
        data = self.data(key)
        return None if data is None else deserialize(data, "js")

    def put(self, key: str, value: Any) -> None:
        """Store a value."""
        self.put_data(key, serialize(value))

    def put_data(self, key: str, data: bytes) -> None:
        """Store a clone."""
        self.execute("INSERT OR REPLACE INTO _cf_KV (key, value) VALUES (?, ?)", (key, data))

    def remove(self, key: str) -> None:
        """Forget a value."""
        self.execute("DELETE FROM _cf_KV WHERE key = ?", (key,))

    def forget_all_but(self, key: str) -> None:
        """Forget everything but the value under a key."""
        self.execute("DELETE FROM _cf_KV WHERE key <> ?", (key,))
        for statement in _FORGET:
            self.execute(statement)

    def forget_step(self, key: str) -> None:
        """Forget everything about a step."""
        self.execute("DELETE FROM _cf_KV WHERE key GLOB ?", (f"{key}-*",))
        self.execute("DELETE FROM priority_queue WHERE hash = ? OR hash GLOB ?", (key, f"{key}-*"))
        self.execute("DELETE FROM states WHERE groupKey = ?", (key,))

    # ---- the history

    def log(self, event: int, data: str = "{}", step: StepId | None = None) -> None:
        """Add a row; `data` is JSON."""
        stamp = datetime.fromtimestamp(self._now(), UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        key, target = (None, None) if step is None else (step.key, step.target)
        self.execute(
            "INSERT INTO states (timestamp, groupKey, target, metadata, event) VALUES (?, ?, ?, ?, ?)",
            (stamp, key, target, data, event),
        )

    # ---- what is due

    def schedule(self, kind: int, name: str, when: float) -> None:
        """Add an entry."""
        self.execute(
            "INSERT OR REPLACE INTO priority_queue (target_timestamp, action, entryType, hash) VALUES (?, ?, ?, ?)",
            (round(when * 1000), _ADDED, kind, name),
        )

    def cross_out(self, kind: int, name: str) -> None:
        """Say that an entry, if there is one, has come to pass."""
        self.execute(
            "INSERT OR REPLACE INTO priority_queue (target_timestamp, action, entryType, hash)"
            " SELECT target_timestamp, ?, entryType, hash FROM priority_queue"
            " WHERE action = ? AND entryType = ? AND hash = ?",
            (_CROSSED_OUT, _ADDED, kind, name),
        )

    def due(self, kind: int, name: str) -> float | None:
        """Return when an entry is due, crossed out or not."""
        found = self._target(_ADDED, kind, name)
        return None if found is None else found / 1000

    def is_crossed_out(self, kind: int, name: str) -> bool:
        """Whether an entry has come to pass."""
        return self._target(_CROSSED_OUT, kind, name) is not None

    def _target(self, action: int, kind: int, name: str) -> int | None:
        found: int | None = self.execute(
            "SELECT target_timestamp FROM priority_queue WHERE action = ? AND entryType = ? AND hash = ?",
            (action, kind, name),
        ).get
        return found
