"""How many rows a statement has read, told from its program and from SQLite's counters.

The platform's SQLite is patched: it counts each row that a cursor comes to, by a search, a step or `count(*)`. The one
of Python's packages counts the steps of full scans and all instructions only. The program of a statement (`EXPLAIN`)
says the rest: what runs once, what runs for each row, and where a loop ends. So the number is that of the platform for
statements with one loop, for scans in any number of loops, and for what writes and triggers look up; where several
searches by an index are nested, it is an estimate.

Opcodes: https://www.sqlite.org/opcode.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SEARCHES = frozenset(
    {"Rewind", "Last", "Sort", "SorterSort", "SeekGE", "SeekGT", "SeekLE", "SeekLT", "SeekRowid", "NotExists"}
)
_STEPS = frozenset({"Next", "Prev", "SorterNext", "VNext"})
_COMPARES = frozenset({"Eq", "Ne", "Lt", "Le", "Gt", "Ge", "If", "IfNot", "IsNull", "NotNull", "NotFound"})
_ENDS = frozenset({"IdxGT", "IdxGE", "IdxLT", "IdxLE", "Lt", "Le", "Gt", "Ge"})
_UNPREDICTABLE = frozenset({"Yield", "Gosub", "Return", "InitCoroutine", "DecrJumpZero", "Program", "IfPos"})
_JUMPS = frozenset({"Init", "Goto", "FkIfZero"})
_FULL_SCAN = 1
_ONLY_EQUAL = 2
_HEAD = 3
"""Within so many instructions of its head a loop looks whether its range is over."""


class Op(NamedTuple):
    """One instruction."""

    address: int
    opcode: str
    p1: int
    p2: int
    p3: int
    p4: Any
    p5: int


class Facts(NamedTuple):
    """What is known of one run of a statement."""

    rows: int
    """Returned, or changed by the statement itself if it writes."""
    replaced: int
    """Rows that REPLACE has deleted."""
    scan_steps: int
    """Steps of full scans that came to a row."""
    steps: int
    """Instructions that ran."""


class _Loop(NamedTuple):
    first: int
    last: int
    op: Op

    @property
    def is_scan(self) -> bool:
        return self.op.opcode != "Goto" and self.op.p5 == _FULL_SCAN

    def holds(self, address: int) -> bool:
        return self.first <= address <= self.last


class Program:
    """A statement's instructions, and those of the triggers and foreign keys that it sets off."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._parts: list[list[Op]] = []
        for row in rows:
            if row[0] == 0:
                self._parts.append([])
            self._parts[-1].append(Op(*row[:7]))

    @property
    def clears(self) -> bool:
        """Whether it empties a table at once instead of row by row."""
        return any(op.opcode == "Clear" for op in self._parts[0])

    @property
    def counted_roots(self) -> list[int]:
        """Root pages of the trees whose entries `count(*)` has counted."""
        main = self._parts[0]
        cursors = {op.p1: op.p2 for op in main if op.opcode == "OpenRead"}
        return [cursors[op.p1] for op in main if op.opcode == "Count" and op.p1 in cursors]

    def reads(self, facts: Facts) -> int:
        """Return how many rows were read, without what `count(*)` has counted."""
        found = _Part(self._parts[0], facts).reads() + facts.scan_steps
        for part in self._parts[1:]:
            # Runs for each row of the statement; its own loops are searches for what belongs to that row.
            found += facts.rows * _Part(part, Facts(1, 0, 0, 0)).reads()
        return found


class _Part:
    """The instructions of the statement itself, or of one trigger."""

    def __init__(self, ops: list[Op], facts: Facts) -> None:
        self._ops = ops
        self._facts = facts
        self._setup = ops[0].p2 if ops[0].opcode == "Init" else len(ops)
        self._loops = [_Loop(op.p2, op.address, op) for op in ops if op.opcode in _STEPS]
        self._loops += [
            _Loop(op.p2, op.address, op)
            for op in ops
            if op.opcode == "Goto" and op.p2 < op.address < self._setup and not self._steps_to(op)
        ]
        self._unneeded = [op for op in ops if op.opcode == "FkIfZero"]
        """Each jumps over what is looked up only if a foreign key is violated for now."""
        self._scanned = facts.scan_steps + 1
        self._is_aggregate = any(op.opcode == "AggStep" for op in ops)
        if self._is_aggregate and len(self._loops) == 1 and not self._loops[0].is_scan:
            self._facts = facts._replace(rows=self._aggregated())

    def _steps_to(self, goto: Op) -> bool:
        """Whether a jump back leads to the step of a loop rather than to its head."""
        return self._ops[goto.p2].opcode in _STEPS

    def _around(self, address: int, but: _Loop | None = None) -> list[_Loop]:
        found = [loop for loop in self._loops if loop is not but and loop.holds(address)]
        return sorted(found, key=lambda loop: loop.last - loop.first)

    def _passes(self, loop: _Loop) -> int:
        """How often the body of a loop runs, if it is not nested in another."""
        if loop.first >= self._setup:
            return 1
        scans = [it for it in self._loops if it.is_scan]
        if loop.is_scan and len(scans) == 1:
            return self._scanned
        if loop.op.opcode == "SorterNext" and self._is_aggregate:
            return self._scanned
        return self._facts.rows

    def reads(self) -> int:
        found = 0
        for op in self._ops:
            if op.opcode in _SEARCHES and not any(span.address < op.address < span.p2 for span in self._unneeded):
                found += self._of_search(op)
        for loop in self._loops:
            if loop.op.opcode in _STEPS and not loop.is_scan and not self._around(loop.last, loop):
                found += self._of_steps(loop)
        return found

    def _of_search(self, op: Op) -> int:
        around = self._around(op.address)
        if not around:
            if op.opcode == "NotExists" and self._follows_conflict(op):
                return max(self._facts.replaced - self._replaces_by_rowid(), 0)
            return int(not self._finds_nothing(op))
        if op.opcode == "Last" and self._ops[op.address - 1].opcode == "IfNotZero":
            return max(self._passes(around[0]) - self._facts.rows, 0)  # keeps the best so many
        return self._passes(around[0])

    def _follows_conflict(self, op: Op) -> bool:
        """Whether it looks up the row that an entry of a unique index conflicts with, by the platform's REPLACE."""
        return any(before.opcode == "NoConflict" and before.address < op.address <= before.p2 for before in self._ops)

    def _replaces_by_rowid(self) -> int:
        """Rows that REPLACE has deleted for their rowid, rather than for an entry of an index."""
        is_asked = any(
            op.opcode == "NotExists" and not self._follows_conflict(op) and self._ops[op.address + 1].opcode == "Delete"
            for op in self._ops[:-1]
        )
        return self._facts.rows if is_asked else 0

    def _finds_nothing(self, op: Op) -> bool:
        """Whether a search for an equal entry has failed; such a search is not counted."""
        return not self._facts.rows and self._is_equal_search(op)

    def _is_equal_search(self, op: Op) -> bool:
        return (
            op.opcode == "SeekGE"
            and self._ops[op.address + 1].opcode == "IdxGT"
            and any(
                it.opcode in {"OpenRead", "OpenWrite"} and it.p1 == op.p1 and it.p5 & _ONLY_EQUAL for it in self._ops
            )
        )

    def _of_steps(self, loop: _Loop) -> int:
        rows = self._passes(loop)
        if loop.op.opcode == "VNext":
            return rows  # counted also when it comes to the end
        if loop.first >= self._setup or not rows:
            return 0 if loop.first >= self._setup else self._left_out(loop)
        return rows - 1 + self._left_out(loop)

    def _left_out(self, loop: _Loop) -> int:
        """Rows that a search came to and that were not taken: filtered ones, and the first beyond the range."""
        end = next((op for op in self._ops[loop.first : loop.first + _HEAD] if _leaves(op, loop)), None)
        clean = self._steps_without(loop)
        if clean is None:
            return int(end is not None and self._facts.rows > 0)
        left = self._facts.steps - clean
        to_end = 0 if end is None else end.address - loop.first + 1
        filters = [op for op in self._ops[loop.first : loop.last] if op.opcode in _COMPARES and op.p2 == loop.last]
        if not filters:
            return int(left > 0 and end is not None)
        each = filters[0].address - loop.first + 2
        skipped, rest = divmod(max(left, 0), each)
        return skipped + (rest >= to_end > 0)

    def _aggregated(self) -> int:
        """How many rows went into an aggregate, as the number of instructions tells."""
        given, self._facts = self._facts, self._facts._replace(rows=1)
        one = self._steps_without(self._loops[0])
        self._facts = self._facts._replace(rows=2)
        two = self._steps_without(self._loops[0])
        self._facts = given
        return 1 if one is None or two is None else max(0, 1 + (given.steps - one) // (two - one))

    def _steps_without(self, loop: _Loop) -> int | None:
        """Return how many instructions would run if every row were taken; None if that cannot be told."""
        if not self._facts.rows or not self._can_be_followed(loop):
            return None
        address = steps = 0
        left = dict.fromkeys((it.last for it in self._loops), self._facts.rows)
        rows = self._facts.rows
        while steps < self._facts.steps + len(self._ops):
            op = self._ops[address]
            steps += 1
            if op.opcode == "Halt":
                return steps
            is_jump = op.opcode in _JUMPS
            if op.opcode in _STEPS:
                left[address] -= 1
                is_jump = left[address] > 0
            elif op.opcode == "RowSetRead":
                is_jump = rows == 0
                rows -= 1
            if self._is_equal_search(op):
                address += 1  # it has looked already what the next instruction asks
            address = op.p2 if is_jump else address + 1
        return None

    def _can_be_followed(self, loop: _Loop) -> bool:
        """Whether the loops come one after another, and each but `loop` takes all of its rows."""
        if any(op.opcode in _UNPREDICTABLE for op in self._ops) or any(it.is_scan for it in self._loops):
            return False
        later = [it for it in self._loops if it is not loop]
        return all(it.first > loop.last for it in later) and not any(self._around(it.last, it) for it in later)


def _leaves(op: Op, loop: _Loop) -> bool:
    return op.opcode in _ENDS and op.p2 > loop.last
