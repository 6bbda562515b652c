"""`self.ctx` of a Durable Object: storage, SQL, alarms, sockets. Operations start at the call, awaited or not."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Never, TypeVar, overload

import js
from pyodide.ffi import JsArray, JsNull, JsProxy
from workers._bindings import DurableObjectId
from workers._results import JsDict

_T = TypeVar("_T")

class SqlStorageCursor:
    """The rows of a statement, each a dict with attribute access."""

    @property
    def columnNames(self) -> list[str]:
        """Names of the columns, in order, duplicates included."""
    @property
    def rowsRead(self) -> int: ...
    @property
    def rowsWritten(self) -> int: ...
    def one(self) -> JsDict:
        """Return the only row; an error unless there is exactly one."""
    def toArray(self) -> list[JsDict]:
        """Return the rows that are left."""
    def next(self) -> JsDict:
        """Return `{done, value}`."""
    def raw(self) -> SqlRawRows:
        """Return an iterator over the rows as lists of values."""
    def __iter__(self) -> Iterator[JsDict]: ...
    def __next__(self) -> JsDict: ...

class SqlRawRows:
    """Rows as lists."""

    def next(self) -> JsDict:
        """Return `{done, value}`."""
    def toArray(self) -> list[list[Any]]:
        """Return the rows that are left."""
    def __iter__(self) -> Iterator[list[Any]]: ...
    def __next__(self) -> list[Any]: ...

class SqlStorage:
    """SQLite, for classes that a migration lists in `new_sqlite_classes`."""

    def exec(self, query: str, *bindings: str | float | bool | bytes | memoryview | JsProxy | None) -> SqlStorageCursor:
        """Run SQL now and return a cursor on the rows of its last statement.

        int is bound as REAL and bool as the text "true" or "false"; whole numbers come back as int.
        """
    @property
    def databaseSize(self) -> int:
        """Size of the database in bytes."""

class SyncKvStorage:
    """Keys and values without await, for SQLite classes."""

    def get(self, key: str) -> Any:
        """Return the value, None if there is none."""
    def put(self, key: str, value: Any) -> None:
        """Store a copy of the value."""
    def delete(self, key: str) -> bool:
        """Remove an entry; says whether it existed."""
    def list(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Iterator[list[Any]]:
        """Iterate over `[key, value]`; starting another iteration invalidates this one."""

class _KeyValues:
    @overload
    def get(self, key: str, options: Any = None, /, **more: Any) -> Awaitable[Any]: ...
    @overload
    def get(self, key: list[str], options: Any = None, /, **more: Any) -> Awaitable[dict[str, Any]]:
        """Return the value of a key, None if there is none; for a list of keys a dict, sorted by key."""
    @overload
    def put(self, key: str, value: Any, options: Any = None, /, **more: Any) -> Awaitable[None]: ...
    @overload
    def put(self, entries: Mapping[str, Any], options: Any = None, /) -> Awaitable[None]:
        """Store a copy: `put(key, value)`, or `put({key: value, ...})` all at once."""
    @overload
    def delete(self, key: str, options: Any = None, /, **more: Any) -> Awaitable[bool]: ...
    @overload
    def delete(self, key: list[str], options: Any = None, /, **more: Any) -> Awaitable[int]:
        """Remove a key and tell whether it existed; for a list of keys, how many did."""
    def list(
        self,
        options: Mapping[str, Any] | JsProxy | None = None,
        /,
        *,
        start: str = ...,
        startAfter: str = ...,
        end: str = ...,
        prefix: str = ...,
        reverse: bool = ...,
        limit: int = ...,
        allowConcurrency: bool = ...,
        noCache: bool = ...,
    ) -> Awaitable[dict[str, Any]]:
        """Return entries in the order of their keys; `start` is included, `end` is not."""
    def getAlarm(self, options: Any = None, /, **more: Any) -> Awaitable[int | None]:
        """Return the time of the alarm in milliseconds since the epoch, or None."""
    def setAlarm(self, when: float | datetime | js.Date, options: Any = None, /, **more: Any) -> Awaitable[None]:
        """Set the alarm to milliseconds since the epoch, or to a datetime (a naive one is local time)."""
    def deleteAlarm(self, options: Any = None, /, **more: Any) -> Awaitable[None]:
        """Remove the alarm."""

class DurableObjectTransaction(_KeyValues):
    """The `txn` of a transaction's function; an error once the transaction has ended."""

    def rollback(self) -> None:
        """Drop what the transaction wrote."""

class DurableObjectStorage(_KeyValues):
    """The storage of an object: keys and values, SQL, alarm."""

    @property
    def sql(self) -> SqlStorage:
        """SQLite."""
    @property
    def kv(self) -> SyncKvStorage:
        """Keys and values without await."""
    def deleteAll(self, options: Any = None, /, **more: Any) -> Awaitable[None]:
        """Remove everything; an error inside of a transaction."""
    @overload
    def transaction(self, function: Callable[[DurableObjectTransaction], Awaitable[_T]], /) -> Awaitable[_T]: ...
    @overload
    def transaction(self, function: Callable[[DurableObjectTransaction], _T], /) -> Awaitable[_T]:
        """Run `function(txn)`, which may be async, while nothing else runs; an exception drops what it wrote."""
    def transactionSync(self, function: Callable[[], _T], /) -> _T:
        """Run `function` now; an exception drops what it wrote and is raised again."""
    def sync(self) -> Awaitable[None]:
        """Wait until everything written is durable."""
    def getCurrentBookmark(self) -> Awaitable[str]:
        """Return a name for the present state."""
    def getBookmarkForTime(self, when: float | datetime, /) -> Awaitable[str]:
        """Return a name for the state at a time; not available locally."""
    def onNextSessionRestoreBookmark(self, bookmark: str, /) -> Awaitable[str]:
        """Go back to a state when the object starts again; not available locally."""

class DurableObjectContext:
    """`self.ctx` of a Durable Object."""

    @property
    def id(self) -> DurableObjectId:
        """The object's id; `.name` is set where the name is known."""
    @property
    def storage(self) -> DurableObjectStorage:
        """What the object keeps: `storage.get`, `storage.sql.exec`, `storage.setAlarm`."""
    @property
    def props(self) -> Any: ...
    @property
    def exports(self) -> Any:
        """Bindings for everything that this Worker exports."""
    @property
    def facets(self) -> Any: ...
    @property
    def container(self) -> Any: ...
    @property
    def js_object(self) -> JsProxy:
        """The raw context."""
    def waitUntil(self, awaitable: Awaitable[Any], /) -> None:
        """Keep the object alive while `awaitable` is pending."""
    def blockConcurrencyWhile(self, function: Callable[[], Awaitable[_T]], /) -> Awaitable[_T]:
        """Run `function` while no other event is delivered; an exception resets the object."""
    def abort(self, reason: str | None = None, *options: Any) -> Never:
        """Reset the object: nothing after this call runs, uncommitted writes are lost."""
    def acceptWebSocket(self, ws: js.WebSocket, tags: JsProxy | None = None, /) -> None:
        """Accept a socket with hibernation; tags as `to_js(["a", "b"])`, at most 10."""
    def getWebSockets(self, tag: str | None = None, /) -> JsArray[js.WebSocket]:
        """Return the accepted sockets, or those with a tag."""
    def getTags(self, ws: js.WebSocket, /) -> JsArray[str]:
        """Return the tags of a hibernatable socket."""
    def setWebSocketAutoResponse(self, pair: js.WebSocketRequestResponsePair | None = None, /) -> None:
        """Answer one message with another without waking the object; no argument unsets."""
    def getWebSocketAutoResponse(self) -> js.WebSocketRequestResponsePair | JsNull: ...
    def getWebSocketAutoResponseTimestamp(self, ws: js.WebSocket, /) -> js.Date | JsNull: ...
    def setHibernatableWebSocketEventTimeout(self, milliseconds: int | None = None, /) -> None: ...
    def getHibernatableWebSocketEventTimeout(self) -> int | JsNull: ...
