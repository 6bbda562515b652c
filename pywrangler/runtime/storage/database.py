"""One object's SQLite file: opened on first use, set aside when it is corrupt, one transaction per turn.

The layout is wrangler's (spec/durable-objects.md, section 10): `_cf_KV(key, value)` holds values in V8's format,
`_cf_METADATA(key, value)` the alarm in nanoseconds (key 1) and the local bookmark (key 2), `__miniflare_do_name` the
name of an object that has SQL. WAL with synchronous=NORMAL: a commit survives the death of the process without waiting
for the disk. A corrupt file is renamed, never deleted, and the object starts empty.

An open file costs some 90 KB and three descriptors, so the files of objects that are idle may rest: they are closed
without anybody noticing, and opened again on the next use.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import apsw

from pywrangler.errors import Place, Problem
from pywrangler.files import require_regular
from pywrangler.protocol import descriptors
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.storage.policy import LIMITS, Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pywrangler.runtime.storage.cursor import Rows

if not apsw.connections():
    # SQLite sets 48 KB aside for the small allocations of each connection, and is no faster for it here.
    apsw.shutdown()
    apsw.config(apsw.SQLITE_CONFIG_LOOKASIDE, 0, 0)
    apsw.initialize()

BUSY_TIMEOUT_MS = 5_000
CACHE_KIB = 2_000
# Statements of ours are compiled with this flag. It keeps them apart in the cache of compiled statements from those of
# user code, which are compiled under the policy.
OURS = apsw.SQLITE_PREPARE_PERSISTENT

METADATA_TABLE = "CREATE TABLE IF NOT EXISTS _cf_METADATA (key INTEGER PRIMARY KEY, value BLOB)"
_TABLES = ("CREATE TABLE IF NOT EXISTS _cf_KV (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID", METADATA_TABLE)
_BOOKMARK = "SELECT value FROM _cf_METADATA WHERE key = 2"
_SET_BOOKMARK = "INSERT INTO _cf_METADATA VALUES (2, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_NAME_TABLE = "CREATE TABLE IF NOT EXISTS __miniflare_do_name (id INTEGER PRIMARY KEY, name TEXT)"
_NAME = "INSERT OR REPLACE INTO __miniflare_do_name (id, name) VALUES (1, ?)"
CORRUPT = (apsw.CorruptError, apsw.NotADBError)


def _ignore(*_: object) -> None:
    """Stand for a callback that nobody set."""


def _no_room() -> bool:
    return False


def error_text(problem: apsw.Error) -> str:
    """Return SQLite's words with its codes, as the platform shows them."""
    text = str(problem)
    code = getattr(problem, "result", None)
    if code is None:
        return text
    offset = getattr(problem, "error_offset", -1)
    if offset is not None and offset >= 0:
        text += f" at offset {offset}"
    text += f": {apsw.mapping_result_codes.get(code, code)}"
    extended = getattr(problem, "extendedresult", code)
    if extended != code:
        text += f" (extended: {apsw.mapping_extended_result_codes.get(extended, extended)})"
    return text


def set_aside(path: Path, when: datetime | None = None) -> Path:
    """Rename a corrupt database with its journal files; returns the new path of the database."""
    stamp = (when or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S%fZ")
    target = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(path.with_name(f"{target.name}{suffix}"))
    return target


def connect(path: Path, tables: tuple[str, ...], name: str | None = None) -> apsw.Connection:
    """Open or create a database in WAL mode with `tables`; apsw.Error or OSError if that fails.

    A new one tells the `name` of its object, where that is known, to tools that list objects.
    """
    for suffix in ("", "-wal", "-shm"):
        require_regular(f"{path}{suffix}")
    is_new = not path.exists() or path.stat().st_size == 0
    connection = apsw.Connection(os.fspath(path), statementcachesize=64)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # the checkpoint would block the loop for a sync
        # With its first page SQLite reserves 80 KB, unless the cache is tiny at that moment. There may be a thousand
        # objects, so: read a page (the pragma does), make the cache tiny, give everything back, begin again. For the
        # same reason none of these statements is kept for another time.
        connection.execute("PRAGMA cache_size=2", can_cache=False)
        connection.release_memory()
        if is_new:
            # Nothing to lose yet, and creating costs three syncs.
            connection.execute("PRAGMA synchronous=OFF", can_cache=False)
        _write_ahead(connection)
        if is_new:  # One commit instead of one for each; another process may be making the same.
            connection.execute("BEGIN IMMEDIATE", can_cache=False)
        for table in tables:
            connection.execute(table, can_cache=False)
        if is_new and name is not None:
            connection.execute(_NAME_TABLE, can_cache=False)
            connection.execute(_NAME, (name.encode("utf-8", "replace").decode(),), can_cache=False)
        if is_new:
            connection.execute("COMMIT", can_cache=False)
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}", can_cache=False)
        connection.execute("PRAGMA synchronous=NORMAL", can_cache=False)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: apsw.Connection) -> None:
    """Bring a file into WAL mode; apsw.BusyError if others keep it locked for too long.

    Of two that do so with the same new file, SQLite refuses one at once, without regard to the time-out.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL", can_cache=False)
            return
        except apsw.BusyError:
            if time.monotonic() > deadline:
                raise
            apsw.sleep(1)


class Database:
    """The connection to one file and the transaction of the current turn."""

    __slots__ = (
        "_closed",
        "_connection",
        "_fetched",
        "_name",
        "_notice",
        "_owner",
        "_savepoints",
        "_tables",
        "is_open",
        "make_room",
        "on_corrupt",
        "on_opened",
        "path",
        "policy",
        "run",
        "value_limit",
    )

    def __init__(
        self,
        path: Path,
        notice: Callable[[Problem], None],
        value_limit: int | None,
        name: str | None = None,
        *,
        owner: str = "Durable Object",
        tables: tuple[str, ...] = _TABLES,
    ) -> None:
        self.path = path
        self._name = name
        self._owner = owner
        self._tables = tables
        self.value_limit = value_limit
        """Largest string, BLOB or row in bytes; None for SQLite's own limit."""
        self.policy = Policy()
        self.is_open = False
        """Whether the transaction of a turn is open."""
        self.run: Any = None
        """`execute` of the connection, None while the file is not open."""
        self.on_opened: Callable[[], None] = _ignore
        """Called after the file was opened."""
        self.make_room: Callable[[], bool] = _no_room
        """Called when no descriptor is left to open the file; says whether there is one now."""
        self.on_corrupt: Callable[[apsw.Error], None] = _ignore
        """Called after the file was found corrupt in use and set aside; the database is closed then."""
        self._connection: apsw.Connection | None = None
        self._fetched: WeakSet[Rows] = WeakSet()
        """Of statements that were under way; no transaction shows one that reads no table."""
        self._notice = notice
        self._savepoints = 0
        self._closed = False

    # ---- opening ------------------------------------------------------------------------------------------

    def open(self) -> Any:
        """Return `execute`, opening or creating the file if need be; a corrupt file is set aside first."""
        if self.run is not None:
            return self.run
        if self._closed:
            raise error(
                f"The {self._owner}'s storage is closed: the object was reset or evicted.", durableObjectReset=True
            )
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                connection = connect(self.path, self._tables, self._name)
            except CORRUPT as problem:
                self.set_aside(problem)
                connection = connect(self.path, self._tables, self._name)
            except (apsw.CantOpenError, OSError):
                if not descriptors.are_exhausted() or not self.make_room():
                    raise
                connection = connect(self.path, self._tables, self._name)
        except (apsw.Error, OSError) as problem:
            text = error_text(problem) if isinstance(problem, apsw.Error) else str(problem)
            if descriptors.are_exhausted():
                text = f"{descriptors.told()}. {descriptors.REMEDY}"
            raise error(f"The {self._owner}'s storage at {self.path} cannot be opened: {text}") from problem
        connection.execute("PRAGMA foreign_keys=ON")
        for limit, value in LIMITS:
            connection.limit(limit, value)
        if self.value_limit is not None:
            connection.limit(apsw.SQLITE_LIMIT_LENGTH, self.value_limit)
        connection.authorizer = self.policy
        self._connection = connection
        self.run = connection.execute
        self.on_opened()
        return self.run

    def open_existing(self) -> Any:
        """Return `execute`, or None if there is no file to read from."""
        if self.run is None and not self._closed and not self.path.exists():
            return None
        return self.open()

    @property
    def connection(self) -> apsw.Connection:
        """The open connection."""
        self.open()
        assert self._connection is not None
        return self._connection

    @property
    def live(self) -> apsw.Connection | None:
        """The connection if the file is open."""
        return self._connection

    def set_aside(self, problem: BaseException) -> None:
        """Close the corrupt file, rename it, tell the user."""
        self._drop_connection()
        target = set_aside(self.path)
        self._notice(
            Problem(
                "corrupt-storage",
                f"The storage of a {self._owner} is corrupt ({problem}); it starts empty.",
                f"The file was kept as {target}.",
                Place(self.path),
                severity="warning",
            )
        )

    def failed(self, problem: apsw.Error) -> JsException:
        """Return what user code sees of an error, after setting the file aside if it is corrupt."""
        refusal, self.policy.refusal = self.policy.refusal, ""
        text = error_text(problem)
        if isinstance(problem, CORRUPT):
            self.set_aside(problem)
            self._closed = True
            self.on_corrupt(problem)
            return error(text, durableObjectReset=True)
        if refusal and isinstance(problem, apsw.AuthError):
            return error(refusal)
        return error(text)

    # ---- the transaction of a turn ------------------------------------------------------------------------

    def begin(self, *, writes: bool = True) -> None:
        """Open the transaction of the turn; one that `writes` waits for other processes that do."""
        run = self.run or self.open()
        try:
            run("BEGIN IMMEDIATE" if writes else "BEGIN", prepare_flags=OURS)
        except apsw.Error as problem:
            raise self.failed(problem) from problem
        self.is_open = True

    def commit(self) -> None:
        """Make the turn durable; apsw.Error, and nothing of it is kept, if that fails."""
        self.is_open = False
        self._savepoints = 0
        try:
            self.run("COMMIT", prepare_flags=OURS)
        except apsw.Error:
            self.rollback()
            raise

    def rollback(self) -> None:
        """Drop everything since `begin`."""
        self.is_open = False
        self._savepoints = 0
        if self._connection is not None and self._connection.in_transaction:
            self.run("ROLLBACK", prepare_flags=OURS)

    def lost_transaction(self) -> bool:
        """Say whether SQLite rolled the turn back by itself (a full disk, or OR ROLLBACK in a statement)."""
        if self.is_open and (self._connection is None or not self._connection.in_transaction):
            self.is_open = False
            return True
        return False

    def savepoint(self) -> str:
        """Open a savepoint inside the turn; give the name to `release` or `undo`."""
        if not self.is_open:
            self.begin()
        self._savepoints += 1
        name = f"_cf_savepoint_{self._savepoints}"
        self.run(f"SAVEPOINT {name}", prepare_flags=OURS)
        return name

    def release(self, name: str) -> None:
        """Keep what was done since the savepoint."""
        self._savepoints -= 1
        self.run(f"RELEASE {name}", prepare_flags=OURS)

    def undo(self, name: str) -> None:
        """Drop what was done since the savepoint."""
        self._savepoints -= 1
        if self.is_open and self._connection is not None and self._connection.in_transaction:
            self.run(f"ROLLBACK TO {name}", prepare_flags=OURS)
            self.run(f"RELEASE {name}", prepare_flags=OURS)

    @property
    def has_savepoints(self) -> bool:
        """Whether a transaction of user code is open inside the turn."""
        return self._savepoints > 0

    # ---- what the platform keeps in it --------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Bytes that are in use, without free pages."""
        run = self.run or self.open()
        used = run("PRAGMA page_count", prepare_flags=OURS).get - run("PRAGMA freelist_count", prepare_flags=OURS).get
        return int(used * run("PRAGMA page_size", prepare_flags=OURS).get)

    def next_bookmark(self) -> str:
        """Return a bookmark: locally a growing counter, kept with what the turn writes."""
        run, connection = self.run or self.open(), self.connection
        last = run(_BOOKMARK, prepare_flags=OURS).get
        number = 0 if last is None else last + 1
        rowid = connection.last_insert_rowid()
        run(_SET_BOOKMARK, (number,), prepare_flags=OURS)
        connection.set_last_insert_rowid(rowid)  # user code sees that of its own
        return f"00000000-{number:08x}-00000000-{'0' * 32}"

    # ---- resting and closing -----------------------------------------------------------------------------------------

    def note_live(self, rows: Rows) -> None:
        """Keep the file open while a statement is under way."""
        self._fetched.add(rows)

    def rest(self) -> bool:
        """Close the file for now, unless something depends on the connection; says whether it is closed.

        That can be a transaction, a live cursor, or a PRAGMA that user code has set.
        """
        connection = self._connection
        if connection is not None and not self.is_open and not self.policy.is_changed:
            if connection.txn_state("main") != apsw.SQLITE_TXN_NONE or any(rows.is_live for rows in self._fetched):
                return False
            self._drop_connection()
        return self._connection is None

    def _drop_connection(self) -> None:
        connection, self._connection, self.run, self.is_open = self._connection, None, None, False
        if connection is not None:
            connection.close(True)  # finalises the statements of live cursors, whatever state they are in

    def close(self) -> None:
        """Close the file, dropping what is not committed; any use afterwards is an error."""
        self._closed = True
        if self._connection is not None:
            self.rollback()
            self._drop_connection()
