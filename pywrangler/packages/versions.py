"""Versions and ranges of versions, as far as their numbers decide (https://peps.python.org/pep-0440/).

Pre-releases and local parts are left out of account: what is asked here is whether two installed packages fit, and a
doubtful case counts as fitting.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_CLAUSE = re.compile(r"\s*(~=|===|==|!=|<=|>=|<|>)\s*v?(?:\d+!)?(\d+(?:\.\d+)*)(\.\*)?[0-9A-Za-z.+!_-]*\s*")
_RELEASE = re.compile(r"\s*v?(?:\d+!)?(\d+(?:\.\d+)*)")
_DIGITS = 3

Clause = tuple[str, tuple[int, ...], bool]
"""Operator, numbers, and whether they end in `.*`."""


def release_of(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, () if it has none."""
    match = _RELEASE.match(version)
    return _numbers(match[1]) if match else ()


def clauses(versions: str) -> list[Clause] | None:
    """Return the parts of a range such as `>=1.2,<2`; None if it is malformed."""
    found: list[Clause] = []
    for part in versions.split(",") if versions.strip() else ():
        match = _CLAUSE.fullmatch(part)
        if match is None:
            return None
        found.append((match[1], _numbers(match[2]), bool(match[3])))
    return found


def satisfies(versions: str, release: Sequence[int]) -> bool:
    """Whether a release, such as (3, 11, 4), lies in a range; true if either cannot be read."""
    return not release or all(_holds(clause, tuple(release)) for clause in clauses(versions) or ())


def _numbers(text: str) -> tuple[int, ...]:
    # More digits than any version has are an attack on `int`.
    return tuple(int(number[:9]) for number in text.split("."))


def _holds(clause: Clause, release: tuple[int, ...]) -> bool:
    operator, wanted, is_prefix = clause
    width = max(len(release), len(wanted), _DIGITS)
    mine, other = _padded(release, width), _padded(wanted, width)
    if operator == "~=":
        return mine >= other and mine[: max(1, len(wanted) - 1)] == wanted[: max(1, len(wanted) - 1)]
    if is_prefix:
        is_same = mine[: len(wanted)] == wanted
        return is_same if operator in {"==", "==="} else not is_same
    if operator in {"==", "==="}:
        return mine == other
    if operator == "!=":
        return mine != other
    return {">=": mine >= other, "<=": mine <= other, ">": mine > other, "<": mine < other}[operator]


def _padded(numbers: tuple[int, ...], width: int) -> tuple[int, ...]:
    return numbers + (0,) * (width - len(numbers))
