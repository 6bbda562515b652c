"""One object's storage, as the rest of the runtime and the SDK use it.

Everything is synchronous. The first write of a turn opens a transaction and tells the owner; the owner ends the turn
with `commit()`: keys, SQL and the alarm become durable together or not at all. Values wear Python's face here; raw
JavaScript values are `storage.js` (module `javascript`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import apsw

from pywrangler.errors import CloneError
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.storage.alarm import Alarm
from pywrangler.runtime.storage.bindings import bind
from pywrangler.runtime.storage.cursor import Cursor, Rows
from pywrangler.runtime.storage.database import OURS, Database, error_text
from pywrangler.runtime.storage.keyvalue import KeyValue, make_range
from pywrangler.runtime.storage.limits import HARMLESS_KEY_CHARACTERS, HARMLESS_VALUE_BYTES, ROW_BYTES, Limits
from pywrangler.runtime.storage.sql import NOT_ENABLED, Sql
from pywrangler.runtime.storage.transactions import Transaction

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from pathlib import Path

    from pywrangler.config.model import Compat
    from pywrangler.runtime.alarms import AlarmIndex
    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.ports import FaceName
    from pywrangler.runtime.storage.javascript import DurableObjectStorage
    from pywrangler.runtime.storage.owner import StorageOwner
    from pywrangler.runtime.storage.synchronous import SyncKv

T = TypeVar("T")
Entries = list[tuple[str, bytes]]

RESET_BY_CONSTRAINTS = (
    "Durable Object was reset and rolled back to its last known good state because the application left the database "
    "in a state where constraints were violated: "
)
RESET_BY_FAILURE = "Durable Object was reset and rolled back to its last known good state because its storage failed: "
NO_RECOVERY = "This Durable Object's storage back-end does not implement point-in-time recovery."
DELETE_ALL_IN_TRANSACTION = "Cannot call deleteAll() within a transaction"
EMPTY_DATABASE_BYTES = 4096

_USER_TABLES = """
    SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table')
    AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY type = 'view' DESC, sql LIKE 'create virtual%' DESC LIMIT 1
"""


def _nothing() -> None:
    """Stand for a callback that nobody set."""


class ObjectStorage:
    """The storage of one object; the file is opened on first use and reading does not create it."""

    __slots__ = (
        "_depth", "_failure", "_inner_written", "_js", "_kv", "_limits", "_noted", "_outputs", "_sql", "_sync_kv",
        "_was_opened", "alarm", "class_name", "compat", "database", "dirty", "object_id", "object_name", "on_opened",
        "path", "sqlite", "worker",
    )  # fmt: skip

    def __init__(
        self,
        path: Path,
        *,
        worker: str,
        class_name: str,
        object_id: str,
        object_name: str | None,
        sqlite: bool,
        compat: Compat,
        clock: Clock,
        outputs: StorageOwner,
        alarms: AlarmIndex | None,
        strict_limits: bool = False,
    ) -> None:
        self.path = path
        self.worker = worker
        self.class_name = class_name
        self.object_id = object_id
        self.object_name = object_name
        self.sqlite = sqlite
        self.compat = compat
        self.dirty = False
        """Whether something is written that `commit()` will make durable."""
        described = f"Durable Object {class_name} ({object_name if object_name is not None else object_id})"
        limit = ROW_BYTES + 65_536 if strict_limits else None
        self.database = Database(path, outputs.notice, limit, object_name if sqlite else None)
        self.database.on_opened = self._opened
        self.database.on_corrupt = self._broke
        self.alarm = Alarm(self.database, self._begin_write, clock, outputs, alarms, object_id, object_name)
        self._outputs = outputs
        self._limits = Limits(described, outputs.notice, sqlite=sqlite, strict=strict_limits)
        self._kv = KeyValue(self.database, self._begin_write, self._broke)
        self._sql = Sql(self.database, self._begin_write, self._broke)
        self.on_opened: Callable[[], None] = _nothing
        """Called when the file was opened, the first time or after a rest."""
        self._was_opened = False
        self._noted = False
        self._depth = 0
        self._inner_written = False
        self._failure: JsException | None = None
        self._js: DurableObjectStorage | None = None
        self._sync_kv: SyncKv | None = None

    # ---- turns --------------------------------------------------------------------------------------------

    def _begin_write(self) -> None:
        """Have a transaction open, and the owner told of the turn's first write."""
        if self._noted:
            return
        if not self.database.is_open:
            if self._failure is not None:
                raise self._failure
            self.database.begin()
        self._noted = True
        if self._depth:
            self._inner_written = True
        else:
            self.dirty = True
            self._outputs.wrote()

    def commit(self) -> None:
        """Make everything written in the turn durable; JavaScript Error if that fails: the object is to be reset."""
        if self._failure is not None:
            raise self._failure
        if not self.dirty:
            return
        self.dirty = False
        self._noted = False
        try:
            self.alarm.before_commit()
            self.database.commit()
        except apsw.Error as problem:
            self._fail(problem)
            raise self._failure from problem  # type: ignore[misc]
        self.alarm.after_commit()

    def _opened(self) -> None:
        if not self._was_opened:
            self._was_opened = True
            self.alarm.heal()
        self.on_opened()

    def _broke(self, problem: apsw.Error) -> None:
        """What the turn wrote is gone (a corrupt file, a full disk, OR ROLLBACK): the owner finds out at its end."""
        self._fail(problem)
        self._noted = False
        if not self.dirty:
            self.dirty = True
            self._outputs.wrote()

    def _fail(self, problem: apsw.Error) -> None:
        prefix = RESET_BY_CONSTRAINTS if isinstance(problem, apsw.ConstraintError) else RESET_BY_FAILURE
        self._failure = error(prefix + error_text(problem), durableObjectReset=True)
        self.database.rollback()

    def rollback(self) -> None:
        """Drop what is not committed."""
        self.database.rollback()
        self.dirty = self._noted = self._inner_written = False

    def close(self) -> None:
        """Close the file, dropping what is not committed; later operations raise a JavaScript Error."""
        self.dirty = self._noted = self._inner_written = False
        self.database.close()

    def sync(self) -> None:
        """Make what was written durable now."""
        if not self._depth:
            self.commit()

    # ---- keys and values ----------------------------------------------------------------------------------

    def get(self, key: str) -> Any:
        """Return the value, None if there is none."""
        data = self._kv.get(key if type(key) is str else to_string(key))
        return None if data is None else self.load(data, "python")

    def get_many(self, keys: Iterable[str]) -> JsDict:
        """Return the values that exist by key, sorted by key."""
        return JsDict((key, self.load(data, "python")) for key, data in self.read_many(keys))

    def put(self, key: str, value: Any) -> None:
        """Store a copy of the value; None is stored as null."""
        self.write(key if type(key) is str else to_string(key), serialize(jsnull if value is None else value))

    def put_many(self, entries: Mapping[str, Any]) -> None:
        """Store all or, if one cannot be serialised, nothing."""
        self.write_many(
            [(to_string(key), serialize(jsnull if value is None else value)) for key, value in entries.items()]
        )

    def delete(self, key: str) -> bool:
        """Remove an entry; says whether it existed."""
        if type(key) is not str:
            key = to_string(key)
        if len(key) > HARMLESS_KEY_CHARACTERS:
            self._limits.check_key(key)
        return self._kv.delete(key)

    def delete_many(self, keys: Iterable[str]) -> int:
        """Remove entries; returns how many existed."""
        keys = list(keys)
        self._limits.check_count(len(keys))
        return sum(map(self.delete, keys))

    def list(self, **options: Any) -> JsDict:
        """Return entries in the order of their keys; options `start, startAfter, end, prefix, reverse, limit`."""
        return JsDict((key, self.load(data, "python")) for key, data in self.read_list(options))

    def delete_all(self) -> None:
        """Remove every key, table and view, and the alarm if the compatibility date says so."""
        if self._depth or self.database.has_savepoints:
            raise error(DELETE_ALL_IN_TRANSACTION)
        if self.database.open_existing() is None:
            return
        self._begin_write()
        run = self.database.run
        savepoint = self.database.savepoint()
        try:
            run("PRAGMA defer_foreign_keys=ON", prepare_flags=OURS)
            while (found := run(_USER_TABLES, prepare_flags=OURS).fetchone()) is not None:
                kind, name = found
                quoted = name.replace('"', '""')
                run(f'DROP {kind} "{quoted}"', can_cache=False)
            run("DELETE FROM _cf_KV", prepare_flags=OURS)
        except apsw.Error as problem:
            self.database.undo(savepoint)
            raise self.database.failed(problem) from problem
        self.database.release(savepoint)
        if self.compat.delete_all_deletes_alarm:
            self.alarm.delete()

    # ---- the same in bytes, for other faces -----------------------------------------------------------------

    def load(self, data: bytes, face: FaceName) -> Any:
        """Return a stored value; JavaScript Error if the bytes are not one."""
        try:
            return deserialize(data, face)
        except CloneError as problem:
            raise error(f"A stored value cannot be read: {problem}") from problem

    def read(self, key: str) -> bytes | None:
        """Return the value's bytes, or None."""
        return self._kv.get(key)

    def read_many(self, keys: Iterable[str]) -> Entries:
        """Return entries that exist, sorted by key."""
        names = list(map(to_string, keys))
        self._limits.check_count(len(names))
        return self._kv.get_many(names)

    def read_list(self, options: dict[str, Any]) -> Entries:
        """Return the entries that `list` chooses."""
        return self._kv.list(make_range(options))

    def write(self, key: str, data: bytes) -> None:
        """Store the value's bytes."""
        if len(data) > HARMLESS_VALUE_BYTES or len(key) > HARMLESS_KEY_CHARACTERS:
            self._limits.check_entry(key, data)
        self._kv.put(key, data)

    def write_many(self, entries: Entries) -> None:
        """Store the values' bytes."""
        self._limits.check_count(len(entries))
        for key, data in entries:
            self._limits.check_entry(key, data)
        for key, data in entries:
            self._kv.put(key, data)

    # ---- SQL ----------------------------------------------------------------------------------------------

    def sql_exec(self, query: str, bindings: Iterable[Any] = ()) -> Cursor:
        """Run SQL; returns the cursor of the last statement, JavaScript Error as the platform words it."""
        return Cursor(self.sql_rows(query, bindings))

    def sql_rows(self, query: str, bindings: Iterable[Any]) -> Rows:
        """Run SQL; returns the bare rows of the last statement."""
        self.check_sql()
        values = bind(bindings)
        for value in values:
            if (type(value) is str or type(value) is bytes) and len(value) > ROW_BYTES:
                self._limits.check_sql_value(value)
        return self._sql.execute(query if type(query) is str else to_string(query), values)

    def check_sql(self) -> None:
        """Raise the platform's Error unless the class has SQL."""
        if not self.sqlite:
            raise error(NOT_ENABLED)

    @property
    def database_size(self) -> int:
        """Size of the database in bytes, without free pages."""
        return EMPTY_DATABASE_BYTES if self.database.open_existing() is None else self.database.size

    @property
    def kv(self) -> SyncKv:
        """The synchronous key-value API; JavaScript Error unless the class has SQL."""
        self.check_sql()
        if self._sync_kv is None:
            from pywrangler.runtime.storage.synchronous import SyncKv

            self._sync_kv = SyncKv(self, self._kv)
        return self._sync_kv

    # ---- transactions -------------------------------------------------------------------------------------

    def transaction_sync(self, function: Callable[[], T]) -> T:
        """Run `function`; an exception drops what it wrote and is rethrown."""
        was_open = self.database.is_open
        if self._failure is not None:
            raise self._failure
        savepoint = self.database.savepoint()
        try:
            result = function()
        except BaseException:
            self.database.undo(savepoint)
            raise
        finally:
            if not was_open and not self._noted:
                self.database.rollback()
        if self.database.is_open:
            self.database.release(savepoint)
        return result

    def transaction(self, closure: Callable[[Transaction], Any]) -> Awaitable[Any]:
        """Run `closure(txn)`, which may be a coroutine function, alone; an exception drops what it wrote.

        Others are held back from the call on.
        """
        return self._outputs.exclusive(lambda: self._transact(closure))

    async def _transact(self, closure: Callable[[Transaction], Any]) -> Any:
        savepoint = None
        if self._depth:
            savepoint = self.database.savepoint()
        else:
            self.commit()
        self._depth += 1
        transaction = Transaction(self, savepoint)
        try:
            result = closure(transaction)
            if hasattr(result, "__await__"):
                result = await result
        except BaseException:
            transaction.end(keep=False)
            raise
        else:
            transaction.end(keep=True)
            return result
        finally:
            self._depth -= 1
            if not self._depth:
                self._settle()

    def _end_transaction(self, savepoint: str | None, *, keep: bool) -> None:
        if savepoint is not None:
            (self.database.release if keep else self.database.undo)(savepoint)
        elif not keep:
            self.database.rollback()
            self._noted = self._inner_written = False

    def _settle(self) -> None:
        """The outermost transaction ended: its writes are now the turn's."""
        self._noted = False
        written, self._inner_written = self._inner_written, False
        if written and self.database.is_open:
            self._begin_write()
        elif self.database.is_open:
            self.database.rollback()

    # ---- alarm --------------------------------------------------------------------------------------------

    def get_alarm(self) -> int | None:
        """Return the time of the alarm in milliseconds; None without one, and while its handler runs."""
        return self.alarm.get()

    def set_alarm(self, when: Any) -> None:
        """Set the alarm to a number of milliseconds, a datetime (naive means local) or a JavaScript Date."""
        self.alarm.set(when)

    def delete_alarm(self) -> None:
        """Remove the alarm."""
        self.alarm.delete()

    # ---- bookmarks ----------------------------------------------------------------------------------------

    def current_bookmark(self) -> str:
        """Return a bookmark: locally a growing counter."""
        self._begin_write()
        return self.database.next_bookmark()

    def no_recovery(self, *_arguments: Any) -> Any:
        """Refuse what needs point-in-time recovery."""
        raise error(NO_RECOVERY)

    # ---- JavaScript ---------------------------------------------------------------------------------------

    @property
    def js(self) -> DurableObjectStorage:
        """The raw JavaScript API."""
        if self._js is None:
            from pywrangler.runtime.storage.javascript import DurableObjectStorage

            self._js = DurableObjectStorage.new(self)
        return self._js
