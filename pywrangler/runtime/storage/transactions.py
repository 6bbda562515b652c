"""`transaction(async fn)`: a span of work over several turns that is kept or dropped as a whole.

It runs while nothing else of the object does. What was written before it is committed first, so that only its own
writes are at stake; these are committed with the turn in which it ends, and messages sent meanwhile do not wait for
them. A transaction inside another is a savepoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pywrangler.runtime.js.jsdict import JsDict
    from pywrangler.runtime.storage.object import ObjectStorage


class Transaction:
    """The `txn` that the function receives: the storage's operations, an error once the transaction has ended."""

    __slots__ = ("_savepoint", "_state", "_storage")

    def __init__(self, storage: ObjectStorage, savepoint: str | None) -> None:
        self._storage = storage
        self._savepoint = savepoint
        self._state = "open"

    def check(self, operation: str) -> ObjectStorage:
        """Return the storage if `operation` may be called now."""
        if self._state == "rolled back":
            raise error(f"Cannot {operation} on rolled back transaction")
        if self._state == "committed":
            raise error(
                f"Cannot call {operation} on transaction that has already committed: did you move `txn` outside of the "
                "closure?"
            )
        return self._storage

    def get(self, key: str) -> Any:
        """As `ObjectStorage.get`."""
        return self.check("get()").get(key)

    def get_many(self, keys: Iterable[str]) -> JsDict:
        """As `ObjectStorage.get_many`."""
        return self.check("get()").get_many(keys)

    def put(self, key: str, value: Any) -> None:
        """As `ObjectStorage.put`."""
        self.check("put()").put(key, value)

    def put_many(self, entries: Mapping[str, Any]) -> None:
        """As `ObjectStorage.put_many`."""
        self.check("put()").put_many(entries)

    def delete(self, key: str) -> bool:
        """As `ObjectStorage.delete`."""
        return self.check("delete()").delete(key)

    def delete_many(self, keys: Iterable[str]) -> int:
        """As `ObjectStorage.delete_many`."""
        return self.check("delete()").delete_many(keys)

    def list(self, **options: Any) -> JsDict:
        """As `ObjectStorage.list`."""
        return self.check("list()").list(**options)

    def get_alarm(self) -> int | None:
        """As `ObjectStorage.get_alarm`."""
        return self.check("getAlarm()").get_alarm()

    def set_alarm(self, when: Any) -> None:
        """As `ObjectStorage.set_alarm`."""
        self.check("setAlarm()").set_alarm(when)

    def delete_alarm(self) -> None:
        """As `ObjectStorage.delete_alarm`."""
        self.check("deleteAlarm()").delete_alarm()

    def delete_all(self) -> None:
        """Always an error."""
        self.check("deleteAll()")
        raise error("Cannot call deleteAll() within a transaction")

    def rollback(self) -> None:
        """Drop what the transaction wrote; calling it again does nothing."""
        if self._state != "rolled back":
            self.check("rollback()")._end_transaction(self._savepoint, keep=False)
            self._state = "rolled back"

    def end(self, *, keep: bool) -> None:
        """Keep or drop what was written, unless it was rolled back already."""
        if self._state == "open":
            self._state = "committed" if keep else "rolled back"
            self._storage._end_transaction(self._savepoint, keep=keep)
