"""Near misses: which name the user may have meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME_LIMIT = 80
_DIGITS = re.compile(r"\d+")


def distance(left: str, right: str, limit: int) -> int:
    """Return how many insertions, deletions, substitutions or swaps of neighbours lead from one to the other.

    Anything beyond `limit` is reported as `limit + 1`.
    """
    if abs(len(left) - len(right)) > limit:
        return limit + 1
    earlier: list[int] = []
    previous = list(range(len(right) + 1))
    for row, a in enumerate(left, 1):
        current = [row]
        for column, b in enumerate(right, 1):
            cost = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == right[column - 2] and left[row - 2] == b:
                cost = min(cost, earlier[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        earlier, previous = previous, current
    return min(previous[-1], limit + 1)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that `name` resembles, ignoring case, `-` and `_`; None if none does."""
    if len(name) > _NAME_LIMIT:
        return None
    wanted = _fold(name)
    limit = 1 if len(wanted) < 6 else 2 if len(wanted) < 10 else 3
    scored = [(distance(wanted, _fold(other), limit), other) for other in candidates if other != name]
    best = min(scored, default=(limit + 1, ""))
    return best[1] if best[0] <= limit and best[0] < len(wanted) else None


def misspelt(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate of which `name` is a misspelling, judged strictly: two names that differ on purpose
    (`api-v1` and `api-v2`, `worker1` and `worker2`, `room-a` and `room-b`) are not misspellings of each other.
    """
    for other in candidates:
        if other == name or len(name) > _NAME_LIMIT:
            continue
        parts, others = re.split("[-_.]", name), re.split("[-_.]", other)
        if _fold(name) == _fold(other):
            return other
        if len(parts) != len(others):
            continue
        different = [(mine, theirs) for mine, theirs in zip(parts, others, strict=True) if mine != theirs]
        if all(
            min(len(mine), len(theirs)) >= 4
            and _DIGITS.sub("", mine) != _DIGITS.sub("", theirs)
            and distance(mine, theirs, 2) <= (1 if len(theirs) < 7 else 2)
            for mine, theirs in different
        ):
            return other
    return None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return `Did you mean "x"?`, or an empty string."""
    found = nearest(name, candidates)
    return f'Did you mean "{found}"?' if found else ""


def _fold(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
