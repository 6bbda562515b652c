"""Durations as workflows take them: milliseconds, or a text such as "10 seconds" (spec/bindings.md, section 5)."""

from __future__ import annotations

import math
import re
from typing import Any

_SECOND = 1000
_UNITS = {
    "second": _SECOND,
    "minute": 60 * _SECOND,
    "hour": 3600 * _SECOND,
    "day": 86_400 * _SECOND,
    "week": 7 * 86_400 * _SECOND,
    "month": 30 * 86_400 * _SECOND,
    "year": 365 * 86_400 * _SECOND,
}
_TEXT = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]+?)s?\s*")
LONGEST_MS = 1000 * _UNITS["year"]
FORMS = 'milliseconds or a text such as "30 seconds", "5 minutes", "2 hours", "1 day", "1 week", "1 month" or "1 year"'


def milliseconds(duration: Any) -> float | None:
    """Return a duration in milliseconds, whole ones as int; None if it is none. Numbers below zero count as zero."""
    if isinstance(duration, bool):
        return None
    if isinstance(duration, (int, float)):
        return _plain(max(0.0, float(duration))) if math.isfinite(duration) and duration <= LONGEST_MS else None
    if not isinstance(duration, str):
        return None
    match = _TEXT.fullmatch(duration)
    unit = None if match is None else _UNITS.get(match[2])
    if match is None or unit is None:
        return None
    value = float(match[1]) * unit
    return _plain(value) if value <= LONGEST_MS else None


def _plain(value: float) -> float:
    return int(value) if value.is_integer() else value
