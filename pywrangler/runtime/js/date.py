"""JavaScript's Date: a point in time in milliseconds, NaN when invalid.

Workers run in UTC, so the local methods (`getHours`, ...) equal the UTC ones. `Date.new(...)` reads ISO 8601 and
RFC 2822 texts; `now()` is not frozen during CPU work, other than in production.
"""

from __future__ import annotations

import calendar
import math
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pywrangler.runtime.js.errors import range_error
from pywrangler.runtime.js.primitives import number, to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull

LIMIT = 8.64e15
"""Milliseconds a Date may be from the epoch."""

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = 86_400_000
_ISO = re.compile(
    r"([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?\s*(Z|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)


class JsDate(JsProxy, js_name="Date"):
    """A Date: `Date.new()`, `Date.new(ms)`, `Date.new(text)`, `Date.new(date)`, `Date.new(year, month, ...)`."""

    __slots__ = ("_ms",)

    def __init__(self, *given: Any) -> None:
        if not given:
            self._ms: int | float = JsDate.now()
        elif len(given) > 1:
            self._ms = JsDate.UTC(*given)
        elif isinstance(given[0], JsDate):
            self._ms = given[0]._ms
        elif isinstance(given[0], str):
            self._ms = JsDate.parse(given[0])
        elif isinstance(given[0], datetime):
            self._ms = _clip(given[0].timestamp() * 1000)
        else:
            self._ms = _clip(to_number(given[0]))

    # ---- static ---------------------------------------------------------------------------------------

    @classmethod
    def _call(cls, *_given: Any) -> str:
        return cls.new().toString()  # type: ignore[no-any-return]

    @staticmethod
    def now() -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    @staticmethod
    def parse(text: Any = None) -> int | float:
        """Milliseconds for a text, NaN if it is no date."""
        source = to_string(text).strip()
        match = _ISO.fullmatch(source)
        if match is not None:
            return _parse_iso(match)
        try:
            found = parsedate_to_datetime(source)
        except (ValueError, TypeError, IndexError, OverflowError):
            return math.nan
        return _clip((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)

    @staticmethod
    def UTC(*given: Any) -> int | float:
        """Milliseconds for year, month (from 0), day, hours, minutes, seconds, milliseconds."""
        numbers = [to_number(part) for part in given]
        if not all(math.isfinite(part) for part in numbers):
            return math.nan
        parts = [int(part) for part in numbers] + [0, 0, 1, 0, 0, 0, 0][len(numbers) :]
        if 0 <= parts[0] <= 99:
            parts[0] += 1900
        return _clip(_days(parts[0], parts[1], parts[2]) * _DAY + _time(*parts[3:7]))

    # ---- the value ------------------------------------------------------------------------------------

    def getTime(self) -> int | float:
        """Milliseconds since the epoch, or NaN."""
        return self._ms

    valueOf = getTime

    def setTime(self, milliseconds: Any) -> int | float:
        """Set the value; returns it."""
        self._ms = _clip(to_number(milliseconds))
        return self._ms

    def getTimezoneOffset(self) -> int | float:
        """Minutes from local time to UTC: Workers run in UTC."""
        return 0 if math.isfinite(self._ms) else math.nan

    def _parts(self) -> tuple[int, int, int, int, int, int, int, int]:
        """Year, month (from 0), day, hours, minutes, seconds, milliseconds, day of the week (Sunday is 0)."""
        days, rest = divmod(int(self._ms), _DAY)
        year, month, day = _date_of(days)
        seconds, milliseconds = divmod(rest, 1000)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        return year, month, day, hour, minute, second, milliseconds, (days + 4) % 7

    def toISOString(self) -> str:
        """`2024-01-31T12:00:00.000Z`; RangeError for an invalid date."""
        if not math.isfinite(self._ms):
            raise range_error("Invalid time value")
        year, month, day, hour, minute, second, milliseconds, _ = self._parts()
        shown = f"{year:04d}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06d}"
        return f"{shown}-{month + 1:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}.{milliseconds:03d}Z"

    def toJSON(self, *_key: Any) -> Any:
        """The ISO text, or null."""
        return self.toISOString() if math.isfinite(self._ms) else jsnull

    def toUTCString(self) -> str:
        """`Wed, 31 Jan 2024 12:00:00 GMT`."""
        if not math.isfinite(self._ms):
            return "Invalid Date"
        year, month, day, hour, minute, second, _, weekday = self._parts()
        return f"{_DAYS[weekday]}, {day:02d} {_MONTHS[month]} {year:04d} {hour:02d}:{minute:02d}:{second:02d} GMT"

    toGMTString = toUTCString

    def toDateString(self) -> str:
        """`Wed Jan 31 2024`."""
        if not math.isfinite(self._ms):
            return "Invalid Date"
        year, month, day, _, _, _, _, weekday = self._parts()
        return f"{_DAYS[weekday]} {_MONTHS[month]} {day:02d} {year:04d}"

    def toTimeString(self) -> str:
        """`12:00:00 GMT+0000 (Coordinated Universal Time)`."""
        if not math.isfinite(self._ms):
            return "Invalid Date"
        _, _, _, hour, minute, second, _, _ = self._parts()
        return f"{hour:02d}:{minute:02d}:{second:02d} GMT+0000 (Coordinated Universal Time)"

    def toString(self) -> str:
        """Date and time."""
        return f"{self.toDateString()} {self.toTimeString()}" if math.isfinite(self._ms) else "Invalid Date"

    def toLocaleDateString(self, locales: Any = None, options: Any = None, **named: Any) -> str:
        """The date as a language writes it; options as `Intl.DateTimeFormat`'s."""
        return self._in_language(locales, options, named, "date", "date")

    def toLocaleTimeString(self, locales: Any = None, options: Any = None, **named: Any) -> str:
        """The time as a language writes it; options as `Intl.DateTimeFormat`'s."""
        return self._in_language(locales, options, named, "time", "time")

    def toLocaleString(self, locales: Any = None, options: Any = None, **named: Any) -> str:
        """Date and time as a language writes them; options as `Intl.DateTimeFormat`'s."""
        return self._in_language(locales, options, named, "any", "all")

    def _in_language(self, locales: Any, options: Any, named: Any, required: str, defaults: str) -> str:
        if not math.isfinite(self._ms):
            return "Invalid Date"
        from pywrangler.runtime.js.intl.dates import DateTimeFormat

        return DateTimeFormat.of(locales, options, named, required, defaults).format(self)  # type: ignore[no-any-return]

    def getYear(self) -> int | float:
        """Years since 1900."""
        return self.getFullYear() - 1900  # type: ignore[attr-defined, no-any-return]

    def setYear(self, year: Any) -> int | float:
        """Set the year; 0 to 99 are those from 1900."""
        found = to_number(year)
        return self.setFullYear(found + 1900 if 0 <= found <= 99 else found)  # type: ignore[attr-defined, no-any-return]

    # Dates compare by value; equality is identity, as for every object.
    def __lt__(self, other: Any) -> bool:
        return bool(self._ms < _comparable(other))

    def __le__(self, other: Any) -> bool:
        return bool(self._ms <= _comparable(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self._ms > _comparable(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self._ms >= _comparable(other))


Date = JsDate


def _comparable(value: Any) -> int | float:
    return value._ms if isinstance(value, JsDate) else to_number(value)


def _clip(milliseconds: float) -> int | float:
    return int(milliseconds) if math.isfinite(milliseconds) and abs(milliseconds) <= LIMIT else math.nan


def _days(year: int, month: int, day: int) -> int:
    """Days from the epoch; month counts from 0 and may lie outside the year."""
    year, month = year + month // 12, month % 12
    # The calendar repeats every 400 years, and Python's ends at 9999.
    cycles, within = divmod(year, 400)
    return (datetime(within + 400, month + 1, 1).toordinal() - 719_163) + (cycles - 1) * 146_097 + day - 1  # noqa: DTZ001


def _date_of(days: int) -> tuple[int, int, int]:
    cycles, within = divmod(days + 719_162, 146_097)
    found = datetime.fromordinal(within + 1)
    return found.year + cycles * 400, found.month - 1, found.day


def _time(hours: int, minutes: int, seconds: int, milliseconds: int) -> int:
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def _parse_iso(match: re.Match[str]) -> int | float:
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    hour, minute, second = int(match[4] or 0), int(match[5] or 0), int(match[6] or 0)
    fraction = int(((match[7] or "") + "000")[:3])
    leap_cycle = 2000 + year % 400
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(leap_cycle, month)[1]:
        return math.nan
    midnight = hour == 24 and not (minute or second or fraction)
    if (hour > 23 and not midnight) or minute > 59 or second > 59 or match[1] == "-000000":
        return math.nan
    zone = (match[8] or "Z").replace(":", "")
    offset = 0 if zone == "Z" else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[3:5]))
    return _clip(_days(year, month - 1, day) * _DAY + _time(hour, minute - offset, second, fraction))


def _add_parts() -> None:
    """Add the getters and setters of the parts, for local time and UTC, which are the same."""
    names = ("FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds")

    def getter(position: int) -> Any:
        def get(self: JsDate) -> int | float:
            return self._parts()[position] if math.isfinite(self._ms) else math.nan

        return get

    def setter(position: int) -> Any:
        def set(self: JsDate, *values: Any) -> int | float:
            parts: list[Any] = list(self._parts()[:7]) if math.isfinite(self._ms) else [1970, 0, 1, 0, 0, 0, 0]
            parts[position : position + len(values)] = [to_number(value) for value in values]
            if not all(math.isfinite(part) for part in parts):
                self._ms = math.nan
            else:
                whole = [int(part) for part in parts[:7]]
                self._ms = _clip(_days(*whole[:3]) * _DAY + _time(*whole[3:]))
            return self._ms

        return set

    for utc in ("", "UTC"):
        for position, name in enumerate(names):
            setattr(JsDate, f"get{utc}{name}", getter(position))
            setattr(JsDate, f"set{utc}{name}", setter(position))
        setattr(JsDate, f"get{utc}Day", getter(7))


_add_parts()

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(date: JsDate) -> datetime:
    """Return the naive local `datetime` of a Date; ValueError outside Python's range or if invalid."""
    if not math.isfinite(date._ms):
        raise ValueError("Invalid Date has no datetime")
    return (_EPOCH + timedelta(milliseconds=date._ms)).astimezone().replace(tzinfo=None)


def from_datetime(moment: datetime) -> JsDate:
    """Return the Date of a `datetime`; a naive one is local time."""
    date: JsDate = JsDate.new(number(moment.timestamp() * 1000))
    return date
