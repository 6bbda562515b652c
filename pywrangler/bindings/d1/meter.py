"""What a query did, for `meta`: rows read and written, changes, the size of the database.

SQLite as it is built for Python does not count visited rows, so `rows_read` is the number of steps of full scans, or of
the rows that were returned or changed, whichever is more; a search by an index counts what it returns. `rows_written`
counts a row and one entry in each index that a statement of this kind writes, as production does; rows that triggers,
cascades and virtual tables write count one each. Which tables and columns a statement names is told by SQLite's
compiler, through the authorizer, and remembered for as long as the compiled statement may be.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.runtime.storage.database import OURS
from pywrangler.runtime.storage.policy import Policy

if TYPE_CHECKING:
    from pywrangler.runtime.storage.database import Database

REMEMBERED = 256
_STEPS = "SQLITE_STMTSTATUS_FULLSCAN_STEP"
_MADE = frozenset({apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_CREATE_VTABLE})
# The table itself is the primary key's index where it has no rowid.
_INDEXES = """
    SELECT count(*) FROM pragma_index_list(?1) AS found
    WHERE NOT (found.origin = 'pk' AND (SELECT max(wr) FROM pragma_table_list(?1)))
      AND (?2 IS NULL OR EXISTS (
        SELECT 1 FROM pragma_index_xinfo(found.name) WHERE name IN (SELECT value FROM json_each(?2))
      ))
"""


@dataclass(slots=True)
class Footprint:
    """What a statement names; only what stands in itself, not in triggers."""

    reads: bool = False
    inserts: str = ""
    updates: str = ""
    columns: set[str] = field(default_factory=set)
    """Those that it updates."""
    makes: str = ""
    indexes: str = ""
    """The table that it makes an index of."""
    alters: bool = False
    weight: int = 1
    """Entries written for each row that it changes."""

    def note(self, action: int, first: str, second: str) -> None:
        """Take what the compiler asks permission for."""
        if action == apsw.SQLITE_READ:
            self.reads = self.reads or not first.startswith("sqlite_")
        elif action == apsw.SQLITE_INSERT:
            self.inserts = self.inserts or first
        elif action == apsw.SQLITE_UPDATE:
            self.updates = self.updates or first
            self.columns.add(second)
        elif action in _MADE:
            self.makes = first
        elif action == apsw.SQLITE_CREATE_INDEX:
            self.indexes = second
        elif action == apsw.SQLITE_ALTER_TABLE:
            self.alters = True


class Watch(Policy):
    """The policy, which also remembers what statements name."""

    __slots__ = ("footprint",)

    def __init__(self) -> None:
        super().__init__()
        self.footprint: Footprint | None = None
        """Of what was compiled since somebody cleared it."""

    def __call__(
        self, action: int, first: str | None, second: str | None, database: str | None, via: str | None
    ) -> int:
        """Answer SQLite: SQLITE_OK or SQLITE_DENY."""
        if self.guards and via is None:
            if self.footprint is None:
                self.footprint = Footprint()
            self.footprint.note(action, first or "", second or "")
        return super().__call__(action, first, second, database, via)


@dataclass(frozen=True, slots=True)
class Counts:
    """What one query did."""

    changes: int
    last_row_id: int
    changed_db: bool
    size_after: int
    rows_read: int
    rows_written: int


class Meter:
    """Counts what the queries of one connection do: `begin`, the query, `end`."""

    def __init__(self, database: Database, watch: Watch) -> None:
        self._database = database
        self._connection = database.connection
        self._watch = watch
        self._known: dict[str, Footprint] = {}
        self._steps = 0
        self._before = (0, 0, 0, 0)
        self._connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._ended)

    def _ended(self, event: dict[str, Any]) -> None:
        self._steps += event["stmt_status"][_STEPS]

    def begin(self) -> None:
        """Remember how things are."""
        self._before = self._now()
        self._steps = 0
        self._watch.footprint = None

    def end(self, sql: str, returned: int) -> Counts:
        """Return what the query did that gave `returned` rows."""
        steps = self._steps
        footprint = self._footprint(sql)
        now = self._now()
        changes, was = now[0] - self._before[0], self._before
        direct = min(self._connection.changes(), changes)
        found = max(returned, 0 if footprint.inserts else direct)  # a row has to be read to be changed
        read = max(steps + 1 if steps else 0, found if footprint.reads else 0)
        written = direct * footprint.weight + (changes - direct)
        if now[3] != was[3]:
            written += self._schema_entries(footprint)
        return Counts(changes, now[1], now[:3] != was[:3], now[2], read, written)

    def _now(self) -> tuple[int, int, int, int]:
        connection = self._connection
        version = connection.execute("PRAGMA schema_version", prepare_flags=OURS).get
        return connection.total_changes(), connection.last_insert_rowid(), self._database.size, version

    def _footprint(self, sql: str) -> Footprint:
        fresh, self._watch.footprint = self._watch.footprint, None
        if fresh is None:
            return self._known.get(sql) or Footprint()
        table = fresh.inserts or fresh.updates
        if table and not table.startswith("sqlite_"):
            from json import dumps

            columns = None if fresh.inserts else dumps(sorted(fresh.columns))
            fresh.weight += self._connection.execute(_INDEXES, (table, columns), prepare_flags=OURS).get
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[sql] = fresh
        return fresh

    def _schema_entries(self, footprint: Footprint) -> int:
        run = self._connection.execute
        if footprint.makes:
            return 2 + int(run(_INDEXES, (footprint.makes, None), prepare_flags=OURS).get)
        if footprint.indexes:
            name = footprint.indexes.replace('"', '""')
            return 1 + int(run(f'SELECT count(*) FROM "{name}"', prepare_flags=OURS).get)  # noqa: S608 - quoted
        return int(footprint.alters)
