"""How many rows a statement of user code has read and written, as the platform counts them.

Written is each row and each entry of an index that a statement inserts, also in triggers and by foreign keys, and each
row that it deletes; the entries that go with a deleted row are free, and so are the rows that REPLACE deletes. SQLite
tells of every changed row (its preupdate hook), its compiler of the columns that an UPDATE names, and the schema of the
indexes with these columns. Read is what `program` says.

Nothing is worked out before somebody asks; until then only events are counted.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from pywrangler.runtime.storage.database import OURS
from pywrangler.runtime.storage.policy import Footprint
from pywrangler.runtime.storage.program import Facts, Program

if TYPE_CHECKING:
    from pywrangler.runtime.storage.database import Database
    from pywrangler.runtime.storage.statements import Statement

REMEMBERED = 256
MOST_EVENTS = 20_000
"""Of one statement; beyond that only how many of a kind there were is kept."""
_UNKNOWN = Footprint()
_SCAN_STEPS, _STEPS = "SQLITE_STMTSTATUS_FULLSCAN_STEP", "SQLITE_STMTSTATUS_VM_STEP"
_WORD = re.compile(r"\w+")
_WHERE = re.compile(r"\)\s*WHERE\s(.*)", re.IGNORECASE | re.DOTALL)
_TABLES = "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main'"
_INDEXES = """
    SELECT found.name, found.origin, found.partial, master.sql FROM pragma_index_list(?) AS found
    LEFT JOIN sqlite_master AS master ON master.name = found.name
"""
_ROWID = ("rowid", "oid", "_rowid_")
_ALIAS = "SELECT lower(name) FROM pragma_table_info(?) WHERE pk = 1 AND upper(type) = 'INTEGER'"
_COLUMNS = "SELECT name FROM pragma_index_info(?)"


class _Index(NamedTuple):
    name: str
    words: frozenset[str]
    """Lower-case names of the columns that it depends on, and other words of its definition."""
    condition: str
    """Of a partial index."""


class _Table(NamedTuple):
    kind: str
    """table, virtual, shadow, view."""
    has_rowid: bool
    counts_up: bool
    """AUTOINCREMENT."""
    key: frozenset[str]
    """Columns that are in every index: the rowid, or the primary key of a table without one."""
    indexes: tuple[_Index, ...]
    """Without the one that is the table itself."""


class _Event(NamedTuple):
    """A change of a row, as the hook keeps it."""

    operation: str
    table: str
    depth: int
    """0 for the statement itself, more for triggers and foreign keys."""
    rowid_before: int
    rowid: int
    """0 for both where rows of a kind are counted only, and 1 after an UPDATE that changed the rowid."""


class Tally:
    """What one run of a statement did."""

    __slots__ = (
        "_meter", "_read", "_written", "changes", "direct_changes", "events", "folded", "footprint", "has_defined",
        "is_over", "returned", "scan_steps", "statement", "steps", "values",
    )  # fmt: skip

    def __init__(self, meter: Meter, statement: Statement, values: Any) -> None:
        self._meter = meter
        self.statement = statement
        self.values = values
        self.footprint = _UNKNOWN
        self.has_defined = False
        """Whether the schema is another one since."""
        self.events: list[tuple[str, str, int, int, int]] = []
        """In the order of `_Event`."""
        self.folded: Counter[_Event] | None = None
        """Events that were too many to keep, by kind."""
        self.changes = 0
        self.direct_changes = 0
        self.returned = 0
        """Rows fetched so far."""
        self.scan_steps = 0
        self.steps = 0
        self.is_over = False
        self._read: int | None = None
        self._written: int | None = None

    @property
    def written(self) -> int:
        """Rows and entries of indexes."""
        if self._written is None:
            self._written = self._meter.written(self) if self.statement.writes else 0
        return self._written

    @property
    def read(self) -> int:
        """Rows read; those fetched, as long as the statement is not over."""
        if not self.is_over:
            return self.returned
        if self._read is None:
            self._read = self._meter.read(self)
        return self._read

    @property
    def replaced(self) -> int:
        """Rows that REPLACE has deleted, which are no changes."""
        count = len(self.events) + (0 if self.folded is None else self.folded.total())
        return max(count - self.changes, 0)

    def fold(self) -> None:
        """Keep of the events so far only how many there were of each kind."""
        if self.folded is None:
            self.folded = Counter()
        self.folded.update(
            _Event(operation, table, depth, 0, int(operation == "UPDATE" and before != after))
            for operation, table, depth, before, after in self.events
        )
        self.events.clear()


class Meter:
    """Watches the statements of one database: `begin`, run it, `end`; `resume` and `end` around later fetches."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: apsw.Connection | None = None
        self._tally: Tally | None = None
        self._before = 0
        self._known: dict[str, Footprint] = {}
        self._version = -1
        self._tables: dict[str, _Table] = {}

    # ---- watching -----------------------------------------------------------------------------------------

    def begin(self, statement: Statement, values: Any) -> Tally:
        """Watch a new statement."""
        tally = Tally(self, statement, values)
        self._tally = tally
        self._connection = connection = self._database.connection
        if statement.writes:
            self._before = self._schema_version() if statement.defines else connection.total_changes()
            self._database.policy.footprint = None
            if not statement.defines and not (statement.is_for_all and self._clears(statement.sql)):
                connection.preupdate_hook(self._changed)
        if statement.searches:
            connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._ended)
        return tally

    def resume(self, tally: Tally) -> None:
        """Watch a statement whose rows are still being fetched."""
        self._tally = tally
        self._connection = self._database.connection
        self._connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, self._ended)

    def end(self, tally: Tally) -> None:
        """Watch no more, for now at least."""
        self._tally = None
        connection = self._connection
        if connection is None or connection is not self._database.live:
            return  # closed meanwhile: the file was corrupt
        statement = tally.statement
        if statement.searches:
            connection.trace_v2(0, None)
        if statement.writes:
            tally.is_over = True
            connection.preupdate_hook(None)
            tally.footprint = self._footprint(statement.sql)
            if statement.defines:
                tally.has_defined = self._schema_version() != self._before
            else:
                tally.changes = connection.total_changes() - self._before
                tally.direct_changes = connection.changes() if tally.changes else 0

    def _ended(self, event: dict[str, Any]) -> None:
        tally = self._tally
        if tally is not None:
            status = event["stmt_status"]
            tally.scan_steps, tally.steps, tally.is_over = status[_SCAN_STEPS], status[_STEPS], True

    def _changed(self, update: apsw.PreUpdate) -> None:
        if self._tally is not None:
            event = (update.op, update.table_name, update.depth, update.rowid, update.rowid_new)
            self._tally.events.append(event)
            if len(self._tally.events) >= MOST_EVENTS:
                self._tally.fold()

    def _footprint(self, sql: str) -> Footprint:
        """Return what the compiler said about a statement, now or when it was compiled before."""
        fresh = self._database.policy.footprint
        if fresh is None:
            return self._known.get(sql, _UNKNOWN)
        if len(self._known) >= REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[sql] = fresh
        return fresh

    def _clears(self, sql: str) -> bool:
        """Whether a DELETE of all rows empties the table at once, which a hook would keep it from."""
        try:
            return Program(self._run(f"EXPLAIN {sql}")).clears
        except apsw.Error:
            return False

    # ---- the schema ---------------------------------------------------------------------------------------

    def _run(self, sql: str, values: Any = None) -> Any:
        return (self._database.run or self._database.open())(sql, values, prepare_flags=OURS)

    def _schema_version(self) -> int:
        return int(self._run("PRAGMA schema_version").get)

    def _learn(self) -> None:
        version = self._schema_version()
        if version == self._version:
            return
        self._version = version
        self._tables = {name: self._table(name, kind, bool(wr)) for name, kind, wr in self._run(_TABLES).fetchall()}

    def _table(self, name: str, kind: str, without_rowid: bool) -> _Table:
        if kind != "table":
            return _Table(kind, True, False, frozenset(), ())
        key = frozenset(_ROWID)
        key |= {alias for (alias,) in self._run(_ALIAS, (name,)).fetchall()}
        indexes = []
        for index, origin, partial, sql in self._run(_INDEXES, (name,)).fetchall():
            columns = frozenset(
                str(column).lower() for (column,) in self._run(_COLUMNS, (index,)) if column is not None
            )
            if without_rowid and origin == "pk":
                key = columns
                continue
            words = columns if sql is None else frozenset(word.lower() for word in _WORD.findall(sql.partition("(")[2]))
            where = _WHERE.search(sql) if partial and sql else None
            indexes.append(_Index(index, words | columns, where[1] if where else ""))
        sql = self._run("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).get or ""
        return _Table(kind, not without_rowid, "autoincrement" in sql.lower(), key, tuple(indexes))

    # ---- working out --------------------------------------------------------------------------------------

    def written(self, tally: Tally) -> int:
        """Return the rows and entries of indexes that a statement has written."""
        if tally.statement.defines:
            return self._of_schema(tally.footprint) if tally.has_defined else 0
        if not tally.events and tally.folded is None:
            return tally.changes  # a table was emptied at once, or nothing has changed
        self._learn()
        found, footprint = 0, tally.footprint
        kinds = [(_Event._make(event), 1, True) for event in tally.events]
        kinds += [(event, count, False) for event, count in (tally.folded or {}).items()]
        for event, count, is_one in kinds:
            table = self._tables.get(event.table)
            if table is not None and table.kind != "table":
                continue  # a shadow table: its virtual table counts
            found += count
            if event.operation != "DELETE" and table is not None:
                for index in table.indexes:
                    found += count * self._is_written(event, table, index, footprint, is_one=is_one)
        found += sum(self._tables[name].counts_up for name in footprint.inserts if name in self._tables)
        if any(self._tables[name].kind == "virtual" for name in footprint.targets if name in self._tables):
            return found + tally.direct_changes
        return found - tally.replaced

    def _is_written(self, event: _Event, table: _Table, index: _Index, footprint: Footprint, *, is_one: bool) -> bool:
        """Whether a row that came or was changed has an entry in an index written; of many, whether it may have."""
        if event.operation == "UPDATE" and not (table.has_rowid and event.rowid != event.rowid_before):
            columns = footprint.columns(event.table, is_direct=event.depth == 0)
            if columns and not columns & index.words and not columns & table.key:
                return False
        if index.condition and table.has_rowid and is_one:
            return self._count(event.table, f"rowid = {event.rowid} AND ({index.condition})") > 0
        return True

    def _of_schema(self, footprint: Footprint) -> int:
        """Rows of the schema's table, and entries of a new index, that a statement has written."""
        self._learn()
        if footprint.indexed:
            indexes = self._tables[footprint.indexed].indexes if footprint.indexed in self._tables else ()
            where = next((it.condition for it in indexes if it.name == footprint.made), "")
            return 1 + self._count(footprint.indexed, where)
        if footprint.made in self._tables:
            rows = self._count(footprint.made, "") if footprint.copies else 0
            return 2 + 2 * footprint.begins_sequence + len(self._tables[footprint.made].indexes) + rows
        return int(footprint.alters)

    def _count(self, table: str, where: str) -> int:
        name = table.replace('"', '""')
        condition = f" WHERE {where}" if where else ""
        return int(self._run(f'SELECT count(*) FROM "{name}"{condition}').get)  # noqa: S608 - quoted, and the schema's

    def read(self, tally: Tally) -> int:
        """Return the rows that a statement has read."""
        if tally.statement.defines:
            return self._of_definition(tally.footprint) if tally.has_defined else 0
        changed = tally.direct_changes if tally.statement.writes else tally.returned
        facts = Facts(changed, tally.replaced, tally.scan_steps, tally.steps)
        try:
            program = Program(self._run(f"EXPLAIN {tally.statement.sql}", tally.values))
            return program.reads(facts) + sum(self._count(name, "") for name in self._counted(program))
        except apsw.Error:
            return max(tally.returned, tally.scan_steps)  # the schema is another one by now

    def _counted(self, program: Program) -> list[str]:
        query = "SELECT tbl_name FROM sqlite_master WHERE rootpage = ?"
        return [name for root in program.counted_roots if (name := self._run(query, (root,)).get) is not None]

    def _of_definition(self, footprint: Footprint) -> int:
        """Rows read by a statement that makes something."""
        if footprint.indexed:
            return 2 + 2 * self._count(footprint.indexed, "")
        self._learn()
        return 1 + footprint.begins_sequence if footprint.made in self._tables else 0
