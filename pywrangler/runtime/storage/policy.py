"""What SQL of user code may do: the authorizer of its statements, and the limits of the engine.

SQLite asks while it compiles a statement (https://www.sqlite.org/c3ref/set_authorizer.html), so a cached statement
costs nothing. Refused (spec/durable-objects.md, section 6): transaction statements, names that start with `_cf_`,
ATTACH and DETACH (VACUUM attaches), temporary objects, virtual tables of other modules, most PRAGMAs, and functions
outside the platform's list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import apsw

from pywrangler.runtime.storage.statements import RESERVED

NO_TRANSACTIONS = (
    "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs "
    "instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. These roll back by themselves when an exception is "
    "thrown, and they work together with the automatic transaction of each turn."
)

PRAGMAS = frozenset(
    """
    case_sensitive_like data_version defer_foreign_keys foreign_key_check foreign_key_list foreign_keys
    ignore_check_constraints index_info index_list index_xinfo legacy_alter_table optimize page_size quick_check
    recursive_triggers reverse_unordered_selects table_info table_list table_xinfo
    """.split()  # noqa: SIM905 - words read better
)
_OF_CONNECTION = frozenset(
    """
    case_sensitive_like foreign_keys ignore_check_constraints legacy_alter_table recursive_triggers
    reverse_unordered_selects
    """.split()  # noqa: SIM905 - words read better
)
_WITHOUT_ARGUMENT = frozenset({"data_version", "page_size"})
MODULES = frozenset({"fts5", "fts5vocab", "rtree", "rtree_i32"})

FUNCTIONS = frozenset(
    """
    abs changes char coalesce concat concat_ws format glob hex ifnull iif instr last_insert_rowid length like likelihood
    likely load_extension lower ltrim nullif octet_length printf quote random randomblob replace round rtrim sign
    soundex substr substring total_changes trim typeof unhex unicode unlikely upper zeroblob
    date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
    avg count group_concat max min string_agg sum total
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
    acos acosh asin asinh atan atan2 atanh ceil cos cosh degrees exp floor ln log log2 mod pi pow
    radians sin sinh sqrt tan tanh trunc
    json jsonb json_array jsonb_array json_array_length json_extract jsonb_extract -> ->>
    json_insert jsonb_insert json_object jsonb_object json_patch jsonb_patch json_remove jsonb_remove
    json_replace jsonb_replace json_set jsonb_set json_type json_valid json_quote json_group_array jsonb_group_array
    json_group_object jsonb_group_object json_each json_tree
    match highlight bm25 snippet rtreecheck
    sqlite_rename_column sqlite_rename_table sqlite_rename_test sqlite_drop_column sqlite_rename_quotefix
    """.split()  # noqa: SIM905 - words read better
)
"""Core, date, aggregate, window, mathematical, JSON and FTS5 functions, and those that ALTER TABLE calls itself."""

LIMITS = (
    (apsw.SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (apsw.SQLITE_LIMIT_COLUMN, 100),
    (apsw.SQLITE_LIMIT_EXPR_DEPTH, 100),
    (apsw.SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (apsw.SQLITE_LIMIT_FUNCTION_ARG, 127),
    (apsw.SQLITE_LIMIT_ATTACHED, 0),
    (apsw.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (apsw.SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (apsw.SQLITE_LIMIT_TRIGGER_DEPTH, 10),
    (apsw.SQLITE_LIMIT_WORKER_THREADS, 0),
)

_TRANSACTIONS = frozenset({apsw.SQLITE_TRANSACTION, apsw.SQLITE_SAVEPOINT})
_REFUSED = frozenset(
    {
        apsw.SQLITE_ATTACH, apsw.SQLITE_DETACH,
        apsw.SQLITE_CREATE_TEMP_INDEX, apsw.SQLITE_CREATE_TEMP_TABLE, apsw.SQLITE_CREATE_TEMP_TRIGGER,
        apsw.SQLITE_CREATE_TEMP_VIEW, apsw.SQLITE_DROP_TEMP_INDEX, apsw.SQLITE_DROP_TEMP_TABLE,
        apsw.SQLITE_DROP_TEMP_TRIGGER, apsw.SQLITE_DROP_TEMP_VIEW,
    }
)  # fmt: skip
_VIRTUAL_TABLES = frozenset({apsw.SQLITE_CREATE_VTABLE, apsw.SQLITE_DROP_VTABLE})
# Statistics cover all tables, ours included; they give away no content.
_ALWAYS = frozenset({apsw.SQLITE_SELECT, apsw.SQLITE_ANALYZE, apsw.SQLITE_REINDEX, apsw.SQLITE_RECURSIVE})
_CHANGES = frozenset({apsw.SQLITE_INSERT, apsw.SQLITE_UPDATE, apsw.SQLITE_DELETE})
_MADE = frozenset({apsw.SQLITE_CREATE_TABLE, apsw.SQLITE_CREATE_VIEW, apsw.SQLITE_CREATE_VTABLE})
_ALTERS = frozenset({apsw.SQLITE_ALTER_TABLE, apsw.SQLITE_CREATE_TRIGGER})
_INTERNALS = frozenset({"dbstat", "sqlite_dbpage"})


def is_reserved(name: str | None) -> bool:
    """Say whether a name belongs to the platform."""
    return name is not None and name[:4].lower() == RESERVED


@dataclass(slots=True)
class Footprint:
    """What the compiler has said that a statement names."""

    updates: dict[tuple[str, bool], set[str]] = field(default_factory=dict)
    """Columns, in lower case, by table and whether the statement itself updates them rather than a trigger."""
    inserts: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    """Tables that the statement itself changes."""
    made: str = ""
    """A table, view or index."""
    indexed: str = ""
    """The table of a new index."""
    alters: bool = False
    """Another change of the schema that writes one row of it."""
    copies: bool = False
    """CREATE TABLE ... AS SELECT."""
    begins_sequence: bool = False
    """The first table with AUTOINCREMENT is made."""

    def columns(self, table: str, *, is_direct: bool) -> set[str]:
        """Return the columns that are updated in a table; empty if that is not known."""
        return self.updates.get((table, is_direct)) or self.updates.get((table, not is_direct)) or set()

    def note(self, action: int, first: str, second: str, via: str | None) -> None:
        """Take what the compiler asks permission for."""
        if action == apsw.SQLITE_UPDATE:
            self.updates.setdefault((first, via is None), set()).add(second.lower())
        elif action == apsw.SQLITE_INSERT:
            self.inserts.add(first)
        if action in _CHANGES and via is None:
            self.targets.add(first)
        elif action in _MADE:
            self.begins_sequence = self.begins_sequence or first == "sqlite_sequence"
            self.made = self.made or first
        elif action == apsw.SQLITE_CREATE_INDEX and not self.made:  # a table's own come with it
            self.made, self.indexed = first, second
        elif action in _ALTERS:
            self.alters = True
        elif action == apsw.SQLITE_SELECT and self.made:
            self.copies = True


class Policy:
    """The authorizer of one connection; it judges while `guards` is true: while SQL of user code compiles."""

    __slots__ = ("footprint", "guards", "is_changed", "refusal")

    def __init__(self) -> None:
        self.footprint: Footprint | None = None
        """Of what was compiled since somebody cleared it."""
        self.guards = False
        self.refusal = ""
        """What to tell instead of SQLite's words, set by the last refusal."""
        self.is_changed = False
        """Whether user code has set a PRAGMA that holds for this connection only."""

    def __call__(
        self, action: int, first: str | None, second: str | None, database: str | None, via: str | None
    ) -> int:
        """Answer SQLite: SQLITE_OK or SQLITE_DENY."""
        if not self.guards:
            return apsw.SQLITE_OK
        if self.footprint is None:
            self.footprint = Footprint()
        self.footprint.note(action, first or "", second or "", via)
        if action in _ALWAYS:
            return apsw.SQLITE_OK
        return apsw.SQLITE_OK if self._allows(action, first, second, database) else apsw.SQLITE_DENY

    def _allows(self, action: int, first: str | None, second: str | None, database: str | None) -> bool:
        if action == apsw.SQLITE_FUNCTION:
            return (second or "").lower() in FUNCTIONS
        if action in _TRANSACTIONS:
            self.refusal = NO_TRANSACTIONS
            return False
        if action in _REFUSED:
            return False
        if action == apsw.SQLITE_PRAGMA:
            name = (first or "").lower()
            if second and name in _OF_CONNECTION:
                self.is_changed = True
            return name in PRAGMAS and not is_reserved(second) and not (second and name in _WITHOUT_ARGUMENT)
        if action in _VIRTUAL_TABLES and (second or "").lower() not in MODULES:
            return False
        if action == apsw.SQLITE_READ and database == "main" and first in _INTERNALS:
            return False
        if action in {apsw.SQLITE_READ, apsw.SQLITE_UPDATE}:
            return not is_reserved(first)
        return not is_reserved(first) and not is_reserved(second)
