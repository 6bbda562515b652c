"""Which bytes of an object a `get` wants.

A Range header that is malformed, has several ranges, or lies outside is ignored: the whole object comes. A range given
as an object is an error in that case. What comes back is always an offset and a length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pywrangler.bindings.r2.refusals import invalid_range

_UNIT = re.compile(r" *bytes *=", re.IGNORECASE | re.ASCII)
_RANGE = re.compile(r" *(\d*) *- *(\d*) *", re.ASCII)
_MAX_DIGITS = 20
"""More of them lie outside of every object, and Python limits how many it reads."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A range given as an object: from `offset`, at most `length` bytes; or the last `suffix` bytes."""

    offset: float | None = None
    length: float | None = None
    suffix: float | None = None

    def resolve(self, size: int) -> tuple[int, int]:
        """Return offset and length in an object of `size` bytes; Refused if there is nothing."""
        if self.suffix is not None:
            taken = min(self.suffix, size)
            offset: float = size - taken
            length: float = taken
        else:
            offset = self.offset or 0
            length = size - offset if self.length is None else min(self.length, size - offset)
        if offset < 0 or length <= 0:
            raise invalid_range()
        return int(offset), int(length)


@dataclass(frozen=True, slots=True)
class Header:
    """A range given as a Range header."""

    text: str

    def resolve(self, size: int) -> tuple[int, int]:
        """Return offset and length in an object of `size` bytes."""
        return parse_header(self.text, size) or (0, size)


def parse_header(text: str, size: int) -> tuple[int, int] | None:
    """Return offset and length, or None for everything."""
    unit = _UNIT.match(text)
    found = _RANGE.fullmatch(text, unit.end()) if unit else None
    if found is None or size == 0:
        return None
    first, last = found.groups()
    if not first:
        wanted = _number(last, size)
        return (size - wanted, wanted) if wanted else None
    start = _number(first, size)
    end = _number(last, size - 1) if last else size - 1
    return (start, end - start + 1) if start <= end else None


def _number(digits: str, most: int) -> int:
    """Return a number, at most `most`; no digits are 0."""
    return most if len(digits) > _MAX_DIGITS else min(int(digits or 0), most)
