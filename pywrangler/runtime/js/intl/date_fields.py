"""The fields of a date, as a language writes them.

https://unicode.org/reports/tr35/tr35-dates.html#Date_Field_Symbol_Table
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pywrangler.runtime.js.date import _DAY, _date_of
from pywrangler.runtime.js.intl import zones
from pywrangler.runtime.js.intl.locales import Choice, in_digits
from pywrangler.runtime.js.intl.skeletons import tokens
from pywrangler.runtime.js.intl.supplement import PERIODS_IN_FULL

_TYPES = {
    "G": "era", "y": "year", "u": "year", "M": "month", "L": "month", "E": "weekday", "c": "weekday", "e": "weekday",
    "d": "day", "a": "dayPeriod", "b": "dayPeriod", "B": "dayPeriod", "h": "hour", "H": "hour", "K": "hour",
    "k": "hour", "m": "minute", "s": "second", "S": "fractionalSecond", "z": "timeZoneName", "v": "timeZoneName",
    "O": "timeZoneName", "V": "timeZoneName",
}  # fmt: skip
_LENGTHS = {3: "abbreviated", 4: "wide", 5: "narrow"}


@dataclass(slots=True)
class Moment:
    """A point in time, with local fields."""

    milliseconds: float
    offset: timedelta

    def __post_init__(self) -> None:
        local = int(self.milliseconds // 1) + int(self.offset.total_seconds() * 1000)
        days, self.of_day = divmod(local, _DAY)
        self.year, self.month, self.day = _date_of(days)
        self.weekday = (days + 3) % 7
        self.hour, rest = divmod(self.of_day, 3_600_000)
        self.minute, rest = divmod(rest, 60_000)
        self.second, self.fraction = divmod(rest, 1000)

    year: int = 0
    month: int = 0
    """From 0."""
    day: int = 0
    weekday: int = 0
    """Monday is 0."""
    hour: int = 0
    minute: int = 0
    second: int = 0
    fraction: int = 0
    of_day: int = 0


def with_hours(pattern: str, letter: str, fields: Mapping[str, Any]) -> str:
    """Return a pattern whose hours are of a cycle: 0 to 11, 1 to 12, 0 to 23 or 1 to 24."""
    result: list[str] = []
    for field, text in tokens(pattern):
        if not field:
            result.append(f"'{text}'" if any(c.isalpha() for c in text) else text)
        elif field in "hHkK" and letter:
            result.append(letter * (2 if fields.get("hour") == "2-digit" else len(text)))
        else:
            result.append(text)
    return "".join(result)


def field_parts(
    choice: Choice, pattern: Iterable[tuple[str, str]], moment: Moment, system: str, zone: str, zone_style: str
) -> list[tuple[str, str]]:
    """Return the pieces of a date by a pattern, each with its type."""
    found: list[tuple[str, str]] = []
    for field, text in pattern:
        if not field:
            kind, value = "literal", text.replace("\u202f", " ").replace("\u2009", " ")
        else:
            kind = _TYPES.get(field, "literal")
            if field in "zvOV":
                style = zone_style or ("long" if len(text) == 4 else "short")
                value = zones.shown_name(choice, zone, moment.milliseconds, style)
            else:
                value = _field(choice, field, len(text), moment, system)
        if found and kind == "literal" == found[-1][0]:
            found[-1] = (kind, found[-1][1] + value)
        else:
            found.append((kind, value))
    return found


def _field(choice: Choice, field: str, width: int, moment: Moment, system: str) -> str:
    if field == "G":
        names = choice.table("eras", {4: "wide", 5: "narrow"}.get(width, "abbreviated"))
        return str(names.get(1 if moment.year > 0 else 0, ""))
    if field in "yu":
        year = moment.year if moment.year > 0 else 1 - moment.year
        return _digits(year % 100 if width == 2 else year, width if width == 2 else 1, system)
    if field in "ML":
        if width < 3:
            return _digits(moment.month + 1, width, system)
        context = "stand-alone" if field == "L" else "format"
        return _name(choice, "months", context, width, moment.month + 1)
    if field in "Ece":
        context = "stand-alone" if field == "c" else "format"
        return _name(choice, "days", context, max(width, 3), moment.weekday)
    if field in "aB":
        return _day_period(choice, field, width, moment)
    if field == "S":
        return in_digits(f"{moment.fraction:03d}"[:width], system)
    number = {
        "d": moment.day, "H": moment.hour, "k": moment.hour or 24, "h": moment.hour % 12 or 12, "K": moment.hour % 12,
        "m": moment.minute, "s": moment.second,
    }.get(field)  # fmt: skip
    return "" if number is None else _digits(number, width, system)


def _digits(number: int, width: int, system: str) -> str:
    return in_digits(str(number).zfill(width), system)


def _name(choice: Choice, kind: str, context: str, width: int, key: int) -> str:
    for place in ((context, _LENGTHS.get(width, "wide")), ("format", _LENGTHS.get(width, "wide")), ("format", "wide")):
        if found := choice.table(kind, *place).get(key):
            return str(found)
    return str(key)


def _day_period(choice: Choice, field: str, width: int, moment: Moment) -> str:
    length = "wide" if choice.language in PERIODS_IN_FULL else {4: "wide", 5: "narrow"}.get(width, "abbreviated")
    names = choice.table("day_periods", "format", length) or choice.table("day_periods", "format", "abbreviated")
    wide = choice.table("day_periods", "format", "wide")
    half = "am" if moment.hour < 12 else "pm"
    if field == "B":
        minutes = moment.hour * 60 + moment.minute
        for name, rules in choice.table("day_period_rules", None).items():
            for rule in rules:
                at, start, end = rule.get("at"), rule.get("from"), rule.get("before")
                if at is not None:
                    if minutes == at // 60 and (names.get(name) or wide.get(name)) and name != "midnight":
                        return str(names.get(name) or wide.get(name))
                elif start is not None and end is not None:
                    inside = start <= minutes * 60 < end if start < end else minutes * 60 >= start or minutes * 60 < end
                    if inside and (names.get(name) or wide.get(name)):
                        half = name
        if half in names or half in wide:
            return str(names.get(half) or wide[half])
    return str(names.get(half) or wide.get(half) or half.upper())
