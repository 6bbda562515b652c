"""The raw JavaScript API of storage: `ctx.storage` before the SDK wraps it.

Every operation happens at the call and returns a settled promise, so awaiting one never lets another event in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.clone import serialize
from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.iterators import JsIterator, iterator
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.values import JsObject, is_plain, plain
from pywrangler.runtime.storage.bindings import script_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pywrangler.runtime.storage.cursor import Rows
    from pywrangler.runtime.storage.object import ObjectStorage
    from pywrangler.runtime.storage.synchronous import SyncKv
    from pywrangler.runtime.storage.transactions import Transaction

UNDEFINED = b"\xff\x0f_"
"""In V8's format."""
UNDEFINED_VALUE = "put() called with undefined value."
NOT_OPTIONS = (
    "put() may only be called with a single key-value pair and optional options as put(key, value, options) or with "
    "multiple key-value pairs and optional options as put(entries, options)"
)


def _settled(operation: Callable[..., Any], *arguments: Any) -> JsPromise:
    """Perform the operation now and return its outcome as a promise."""
    try:
        return JsPromise.resolved(operation(*arguments))
    except Exception as problem:  # a promise carries whatever the operation raised
        return JsPromise.rejected(problem)


def _map(storage: ObjectStorage, entries: list[tuple[str, bytes]]) -> JsMap:
    result: JsMap = JsMap.new()
    for key, data in entries:
        result.set(key, storage.load(data, "js"))
    return result


def _keys(value: Any) -> list[str] | None:
    """Return the keys if several were given, None if `value` is a single key."""
    return [to_string(key) for key in value] if isinstance(value, (JsArray, list)) else None


class _Operator(JsProxy):
    """What storage and transactions have in common; `_use(name)` gives the native storage or raises."""

    __slots__ = ()

    def _use(self, _operation: str) -> ObjectStorage:
        raise NotImplementedError

    def get(self, key: Any, _options: Any = None, **_named: Any) -> JsPromise:
        """Return the value, or a Map for an array of keys."""
        return _settled(self._get, key)

    def _get(self, key: Any) -> Any:
        storage = self._use("get()")
        if (keys := _keys(key)) is not None:
            return _map(storage, storage.read_many(keys))
        data = storage.read(to_string(key))
        return None if data is None else storage.load(data, "js")

    def put(self, key: Any, value: Any = None, _options: Any = None, **_named: Any) -> JsPromise:
        """Store one value, or every property of an object."""
        return _settled(self._put, key, value)

    def _put(self, key: Any, value: Any) -> None:
        storage = self._use("put()")
        if is_plain(key):
            if value is not None and not isinstance(value, JsObject):
                raise type_error(NOT_OPTIONS)
            entries = key._own_properties().items()
            storage.write_many([(name, serialize(item)) for name, item in entries if item is not None])
            return
        if value is None:
            raise type_error(UNDEFINED_VALUE)
        storage.write(to_string(key), serialize(value))

    def delete(self, key: Any, _options: Any = None, **_named: Any) -> JsPromise:
        """Remove one entry (was there one?) or several (how many were there?)."""
        return _settled(self._delete, key)

    def _delete(self, key: Any) -> bool | int:
        storage = self._use("delete()")
        keys = _keys(key)
        return storage.delete(to_string(key)) if keys is None else storage.delete_many(keys)

    def list(self, init: Any = None, **named: Any) -> JsPromise:
        """Return entries as a Map in the order of their keys."""
        return _settled(self._list, init, named)

    def _list(self, init: Any, named: dict[str, Any]) -> JsMap:
        storage = self._use("list()")
        return _map(storage, storage.read_list(dict(options(init, named))))

    def getAlarm(self, _options: Any = None, **_named: Any) -> JsPromise:
        """Return the alarm's time in milliseconds, or null."""
        return _settled(self._get_alarm)

    def _get_alarm(self) -> Any:
        time = self._use("getAlarm()").get_alarm()
        return jsnull if time is None else time

    def setAlarm(self, when: Any, _options: Any = None, **_named: Any) -> JsPromise:
        """Set the alarm to milliseconds or a Date."""
        return _settled(lambda: self._use("setAlarm()").set_alarm(when))

    def deleteAlarm(self, _options: Any = None, **_named: Any) -> JsPromise:
        """Remove the alarm."""
        return _settled(lambda: self._use("deleteAlarm()").delete_alarm())


class DurableObjectStorage(_Operator):
    """`ctx.storage`; `_native` is the `ObjectStorage` below it."""

    __slots__ = ("_native",)

    def __init__(self, native: ObjectStorage) -> None:
        self._native = native

    def _use(self, _operation: str) -> ObjectStorage:
        return self._native

    def deleteAll(self, _options: Any = None, **_named: Any) -> JsPromise:
        """Remove everything."""
        return _settled(self._native.delete_all)

    def sync(self) -> JsPromise:
        """Wait until everything written is durable."""
        return _settled(self._native.sync)

    def transaction(self, closure: Any, _options: Any = None) -> JsPromise:
        """Run `closure(txn)` as a transaction."""
        native = self._native
        return JsPromise.start(native.transaction(lambda txn: closure(DurableObjectTransaction.new(txn))))

    def transactionSync(self, closure: Any) -> Any:
        """Run `closure()` as a transaction."""
        return self._native.transaction_sync(closure)

    def getCurrentBookmark(self) -> JsPromise:
        """Return a bookmark."""
        return _settled(self._native.current_bookmark)

    def getBookmarkForTime(self, *arguments: Any) -> JsPromise:
        """Fail: there is no point-in-time recovery locally."""
        return _settled(self._native.no_recovery, *arguments)

    def onNextSessionRestoreBookmark(self, *arguments: Any) -> JsPromise:
        """Fail: there is no point-in-time recovery locally."""
        return _settled(self._native.no_recovery, *arguments)

    @property
    def sql(self) -> SqlStorage:
        """The SQL API; JavaScript Error unless the class has SQL."""
        self._native.check_sql()
        found = self.__dict__.get("_sql")
        if found is None:
            found = self.__dict__["_sql"] = SqlStorage.new(self._native)
        return found  # type: ignore[no-any-return]

    @property
    def kv(self) -> SyncKvStorage:
        """The synchronous key-value API; JavaScript Error unless the class has SQL."""
        native = self._native.kv
        found = self.__dict__.get("_kv")
        if found is None:
            found = self.__dict__["_kv"] = SyncKvStorage.new(self._native, native)
        return found  # type: ignore[no-any-return]


class DurableObjectTransaction(_Operator):
    """The `txn` of `transaction()`."""

    __slots__ = ("_transaction",)

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def _use(self, operation: str) -> ObjectStorage:
        return self._transaction.check(operation)

    def deleteAll(self, _options: Any = None, **_named: Any) -> JsPromise:
        """Always fails."""
        return _settled(self._transaction.delete_all)

    def rollback(self) -> None:
        """Drop what the transaction wrote."""
        self._transaction.rollback()


class SqlStorage(JsProxy):
    """`ctx.storage.sql`."""

    __slots__ = ("_native",)

    def __init__(self, native: ObjectStorage) -> None:
        self._native = native

    def exec(self, query: Any, *bindings: Any) -> SqlStorageCursor:
        """Run SQL at once and return a cursor."""
        cursor: SqlStorageCursor = SqlStorageCursor.new(self._native.sql_rows(to_string(query), bindings))
        return cursor

    @property
    def databaseSize(self) -> int:
        """Size of the database in bytes."""
        return self._native.database_size


class SqlStorageCursor(JsProxy):
    """A cursor whose rows are plain objects."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def _object(self, row: tuple[Any, ...]) -> JsObject:
        return plain(dict(zip(self._rows.names, script_row(row), strict=True)))

    @property
    def columnNames(self) -> JsArray:
        """Names of the columns."""
        return array(self._rows.names)

    @property
    def rowsRead(self) -> int:
        """Rows fetched so far."""
        return self._rows.tally.read

    @property
    def rowsWritten(self) -> int:
        """Rows inserted, updated or deleted."""
        return self._rows.tally.written

    def one(self) -> JsObject:
        """Return the only row; Error unless there is exactly one."""
        return self._object(self._rows.one())

    def toArray(self) -> JsArray:
        """Return the rows that are left."""
        return array([self._object(row) for row in self._rows.all()])

    def next(self) -> JsObject:
        """Return `{done, value}`."""
        row = self._rows.next()
        return plain({"done": True, "value": None} if row is None else {"done": False, "value": self._object(row)})

    def __iter__(self) -> Iterator[JsObject]:
        while (row := self._rows.next()) is not None:
            yield self._object(row)

    def raw(self) -> JsIterator:
        """Return an iterator over the same rows as arrays."""
        rows = self._rows
        return iterator(array(script_row(row)) for row in iter(rows.next, None))


class SyncKvStorage(JsProxy):
    """`ctx.storage.kv`."""

    __slots__ = ("_kv", "_native")

    def __init__(self, native: ObjectStorage, kv: SyncKv) -> None:
        self._native = native
        self._kv = kv

    def get(self, key: Any) -> Any:
        """Return the value, or undefined."""
        data = self._native.read(to_string(key))
        return None if data is None else self._native.load(data, "js")

    def put(self, key: Any, value: Any = None) -> None:
        """Store a copy of the value; undefined is one."""
        self._native.write(to_string(key), UNDEFINED if value is None else serialize(value))

    def delete(self, key: Any) -> bool:
        """Remove an entry; says whether it existed."""
        return self._native.delete(to_string(key))

    def list(self, init: Any = None, **named: Any) -> JsIterator:
        """Iterate over `[key, value]`."""
        found = self._kv.entries(dict(options(init, named)), "js")
        return iterator(array(entry) for entry in found)
