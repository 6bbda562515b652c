"""The messages of queues on disk: what a Worker has taken and nobody has acknowledged yet.

One SQLite file for each Worker holds the messages of the queues that it consumes, and those that it has sent to queues
nobody consumes. A message is here before its sender hears that it was taken, and until its batch has acknowledged it,
so the death of any process loses none; a batch that was running then is delivered again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import apsw

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.queues.messages import Metrics, Queued
from pywrangler.runtime.storage.database import error_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

TABLES = (
    """CREATE TABLE IF NOT EXISTS messages (queue TEXT NOT NULL, id TEXT NOT NULL, milliseconds REAL NOT NULL,
    content_type TEXT NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL, due REAL NOT NULL,
    PRIMARY KEY (queue, id))""",
)
RETENTION_MILLISECONDS = 4 * 86_400_000
"""The platform's default: what is older is dropped."""
_PUT = """INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (queue, id)
    DO UPDATE SET attempts = excluded.attempts, due = excluded.due"""
_DELETE = "DELETE FROM messages WHERE queue = ? AND id = ?"
_LOAD = """SELECT id, milliseconds, content_type, body, attempts, due FROM messages WHERE queue = ?
    ORDER BY rowid LIMIT ?"""
_METRICS = """SELECT count(*), coalesce(sum(length(body)), 0), min(milliseconds) FROM messages
    WHERE queue = ? AND due <= ?"""


class Store(Protocol):
    """A SQLite file that is opened on first use (`bindings.stores.Store`)."""

    path: Path

    @property
    def connection(self) -> apsw.Connection:
        """The database."""


class MessageStore:
    """The file of one Worker. What cannot be read or written is a JavaScript Error."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def _run(self, statements: Iterable[tuple[str, Sequence[tuple[Any, ...]]]]) -> None:
        """Make changes durable, all or none."""
        try:
            connection = self._store.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                for sql, rows in statements:
                    connection.executemany(sql, rows)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except (apsw.Error, OSError) as problem:
            raise self._failure(problem) from problem

    def _query(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        if not self._store.path.exists():
            return []
        try:
            return self._store.connection.execute(sql, values).fetchall()
        except (apsw.Error, OSError) as problem:
            raise self._failure(problem) from problem

    def _failure(self, problem: apsw.Error | OSError) -> Exception:
        text = error_text(problem) if isinstance(problem, apsw.Error) else str(problem)
        return error(f"The messages of queues at {self._store.path} cannot be read or written: {text}")

    # ---- writing ------------------------------------------------------------------------------------------

    def put(self, queue: str, messages: Iterable[Queued]) -> None:
        """Keep messages; one that is here already gets its attempts and its time."""
        self._run([(_PUT, [_row(queue, message) for message in messages])])

    def settle(self, queue: str, done: Iterable[Queued], again: Iterable[Queued]) -> None:
        """A batch has ended: forget what is `done`, keep what is to come `again` as it is now."""
        self._run(
            [
                (_DELETE, [(queue, message.id) for message in done]),
                (_PUT, [_row(queue, message) for message in again]),
            ]
        )

    def forget(self) -> None:
        """Forget everything."""
        if self._store.path.exists():
            self._run([("DELETE FROM messages", [()])])

    def forget_older(self, now: float) -> None:
        """Forget what was sent too long before `now`, in seconds."""
        oldest = now * 1000 - RETENTION_MILLISECONDS
        if self._query("SELECT 1 FROM messages WHERE milliseconds < ? LIMIT 1", (oldest,)):
            self._run([("DELETE FROM messages WHERE milliseconds < ?", [(oldest,)])])

    # ---- reading ------------------------------------------------------------------------------------------

    def load(self, queue: str, limit: int = -1) -> list[Queued]:
        """Return the messages of a queue, the oldest first."""
        return [Queued(*row) for row in self._query(_LOAD, (queue, limit))]

    def queues(self, besides: Collection[str]) -> list[str]:
        """Return the queues that have messages, but for those of `besides`."""
        found = self._query("SELECT DISTINCT queue FROM messages ORDER BY queue")
        return [queue for (queue,) in found if queue not in besides]

    def metrics(self, queue: str, now: float) -> Metrics:
        """Return what waits in a queue."""
        found = self._query(_METRICS, (queue, now))
        return Metrics(*found[0]) if found else Metrics()


def _row(queue: str, message: Queued) -> tuple[Any, ...]:
    return (queue, message.id, message.milliseconds, message.content_type, message.body, message.attempts, message.due)
