"""`ctx.storage` with Python values (contract: spec/durable-objects.md, sections 4 to 7).

Storage works synchronously with Python values (`runtime.storage.ObjectStorage`); this face gives it the platform's
names and makes its answers awaitable. Awaiting one never yields to the event loop: that is the input gate. Nothing is
converted to JavaScript on the way.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from workers._started import Failed, Settled, Started
from workers.conversion import python_from_rpc
from workers.wrappers import _BindingWrapper

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.runtime.storage import Cursor, ObjectStorage, Transaction

UNDEFINED_VALUE = "put() called with undefined value."


def _key(value: Any) -> str:
    return value if type(value) is str else to_string(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, JsProxy) and hasattr(value, "__iter__"))


def _options(given: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    """Return options given as a dict, as a JavaScript object, as keywords, or as several of these."""
    if given is None or given is jsnull:
        return keywords
    options = python_from_rpc(given)
    if not isinstance(options, dict):
        raise type_error("Incorrect type for options: the provided value is not of type 'object'.")
    return {**options, **keywords}


class _KeyValues:
    """What a storage and a transaction have in common; `_native` does the work at once."""

    __slots__ = ()

    _native: Any

    def get(self, key: Any, _options: Any = None, /, **_more: Any) -> Awaitable[Any]:
        """Return the value of a key, None if there is none; for a list of keys a dict, sorted by key."""
        try:
            if type(key) is str:
                return Settled(self._native.get(key))
            if _is_list(key):
                return Settled(self._native.get_many([_key(item) for item in key]))
            return Settled(self._native.get(_key(key)))
        except JsException as error:
            return Failed(error)

    def put(self, *args: Any, **keywords: Any) -> Awaitable[None]:
        """Store a copy: `put(key, value)`, or `put({key: value, ...})` all at once; written even if not awaited."""
        try:
            self._put(args, keywords)
        except JsException as error:
            return Failed(error)
        return Settled(None)

    def _put(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        # Without positional arguments the keywords are the only object there is: the entries.
        first = args[0] if args else keywords
        if type(first) is str:
            if len(args) < 2:
                raise type_error(UNDEFINED_VALUE)
            self._native.put(first, args[1])
            return
        entries = python_from_rpc(first)
        if isinstance(entries, dict):
            if len(args) > 1:
                _options(args[1], {})
            self._native.put_many({_key(key): value for key, value in entries.items()})
        elif len(args) < 2:
            raise type_error(UNDEFINED_VALUE)
        else:
            self._native.put(_key(first), args[1])

    def delete(self, key: Any, _options: Any = None, /, **_more: Any) -> Awaitable[Any]:
        """Remove a key and tell whether it existed; for a list of keys, how many did."""
        try:
            if _is_list(key):
                return Settled(self._native.delete_many([_key(item) for item in key]))
            return Settled(self._native.delete(_key(key)))
        except JsException as error:
            return Failed(error)

    def list(self, options: Any = None, /, **keywords: Any) -> Awaitable[Any]:
        """Return entries in the order of their keys; options `start, startAfter, end, prefix, reverse, limit`."""
        try:
            return Settled(self._native.list(**_options(options, keywords)))
        except JsException as error:
            return Failed(error)

    def getAlarm(self, _options: Any = None, /, **_more: Any) -> Awaitable[int | None]:
        """Return the time of the alarm in milliseconds, or None."""
        return _settle(self._native.get_alarm)

    def setAlarm(self, when: Any, _options: Any = None, /, **_more: Any) -> Awaitable[None]:
        """Set the alarm to milliseconds, a datetime (a naive one is local time) or a JavaScript Date."""
        return _settle(self._native.set_alarm, when)

    def deleteAlarm(self, _options: Any = None, /, **_more: Any) -> Awaitable[None]:
        """Remove the alarm."""
        return _settle(self._native.delete_alarm)

    def deleteAll(self, _options: Any = None, /, **_more: Any) -> Awaitable[None]:
        """Remove everything; an error inside of a transaction."""
        return _settle(self._native.delete_all)


def _settle(operation: Callable[..., Any], *args: Any) -> Awaitable[Any]:
    try:
        return Settled(operation(*args))
    except JsException as error:
        return Failed(error)


class DurableObjectTransaction(_KeyValues):
    """The `txn` of a transaction's function; an error once the transaction has ended."""

    __slots__ = ("_native",)

    def __init__(self, native: Transaction) -> None:
        self._native = native

    def rollback(self) -> None:
        """Drop what the transaction wrote."""
        self._native.rollback()


class SqlStorage:
    """`storage.sql`."""

    __slots__ = ("_native",)

    def __init__(self, native: ObjectStorage) -> None:
        self._native = native

    def exec(self, query: str, *bindings: Any) -> Cursor:
        """Run SQL now and return a cursor on the rows of its last statement."""
        return self._native.sql_exec(query, bindings)

    @property
    def databaseSize(self) -> int:
        """Size of the database in bytes."""
        return self._native.database_size


class SyncKvStorage:
    """`storage.kv`."""

    __slots__ = ("_native",)

    def __init__(self, native: ObjectStorage) -> None:
        self._native = native

    def get(self, key: Any) -> Any:
        """Return the value, None if there is none."""
        return self._native.kv.get(_key(key))

    def put(self, key: Any, value: Any) -> None:
        """Store a copy of the value."""
        self._native.kv.put(_key(key), value)

    def delete(self, key: Any) -> bool:
        """Remove an entry; says whether it existed."""
        return self._native.kv.delete(_key(key))

    def list(self, options: Any = None, /, **keywords: Any) -> Any:
        """Iterate over `[key, value]`; starting another iteration invalidates this one."""
        return self._native.kv.list(**_options(options, keywords))


class DurableObjectStorage(_KeyValues, _BindingWrapper):
    """The storage of an object; what is not spelt out here is the raw API, wrapped like any binding."""

    __slots__ = ("_native", "kv", "sql")

    def __init__(self, raw: Any) -> None:
        super().__init__(raw)
        native: ObjectStorage = raw._native
        self._native = native
        self.sql = SqlStorage(native)
        self.kv = SyncKvStorage(native)

    def transaction(self, function: Callable[[DurableObjectTransaction], Any]) -> Awaitable[Any]:
        """Run `function(txn)`, which may be async, while nothing else runs; an exception drops what it wrote."""
        work = self._native.transaction(lambda txn: function(DurableObjectTransaction(txn)))
        return Started(asyncio.ensure_future(work), _same)

    def transactionSync(self, function: Callable[[], Any]) -> Any:
        """Run `function` now; an exception drops what it wrote and is raised again."""
        return self._native.transaction_sync(function)

    def sync(self) -> Awaitable[None]:
        """Wait until everything written is durable."""
        return _settle(self._native.sync)


def _same(value: Any) -> Any:
    return value
