"""Cron expressions as Cloudflare takes them.

Five fields in UTC. Beyond the usual: days of the week are counted from 1 (Sunday) to 7, ranges may run over the end
(`22-2`), `L`, `LW`, `L-3` and `15W` are days of the month, `FRI#2` and `6L` days of the week. cronsim judges what it
knows, in its own counting; the rest is put into a form that it knows first. What no cron would take is an error; what
cronsim takes and Cloudflare does not is a warning.

Source: https://developers.cloudflare.com/workers/configuration/cron-triggers/ and https://github.com/cloudflare/saffron
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pywrangler.config.diagnostics import show

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_STEP = re.compile(r"/([0-9]+)")
_RANGE = re.compile(r"([0-9]+)-([0-9]+)")
_WORD = re.compile(r"[A-Z]+")
LENGTH_LIMIT = 500
_BLANKS = re.compile(r"[ \t]+")
_DAY_OF_MONTH = re.compile(r"L-(?:[1-9]|[12][0-9]|30)W?|([0-9]{1,2})W")
_DAY_OF_WEEK = re.compile(r"(?<![0-9/#])[0-9]+")
_ALONE = re.compile(r"(?:[0-9]+|[A-Z]{3})?(?:LW?|#[0-9])")


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of the month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 1, 7, _DAYS),
)


class Fault(NamedTuple):
    """What is wrong with an expression."""

    what: str
    remedy: str
    is_certain: bool = True
    """False if only Cloudflare refuses it, or if it is of no use."""


def faults(expression: str) -> list[Fault]:
    """Return what is wrong with a cron expression, in the words that follow it."""
    if len(expression) > LENGTH_LIMIT:
        return [Fault(f"is longer than {LENGTH_LIMIT} characters", "")]
    parts = _BLANKS.split(expression.strip(" \t"))
    if len(parts) != len(_FIELDS) or not parts[0]:
        count = len(parts) if parts[0] else 0
        listed = ", ".join(field.name for field in _FIELDS)
        return [Fault(f"has {count} field{'' if count == 1 else 's'}", f"Write five: {listed}.")]
    found = []
    known = []
    for index, (field, part) in enumerate(zip(_FIELDS, parts, strict=True)):
        plain = _plain(field, part.upper())
        known.append(plain)
        alone = ["*"] * len(_FIELDS)
        alone[index] = plain
        if not _is_valid(" ".join(alone)):
            found.append(Fault(f'has the {field.name} "{part}"', _range(field)))
            continue
        steps = [int(step) for step in _STEP.findall(part)]
        if steps and max(steps) > field.high - field.low:
            what = f'has the {field.name} "{part}", which Cloudflare refuses'
            found.append(Fault(what, f"Steps go up to {field.high - field.low}.", is_certain=False))
        elif field.words is _DAYS and "0" in _DAY_OF_WEEK.findall(part):
            what = f'has the {field.name} "{part}", which Cloudflare refuses'
            found.append(Fault(what, "Days go from 1 (Sunday) to 7, or from SUN to SAT.", is_certain=False))
        elif _is_mixed(part.upper().split(",")):
            what = f'has the {field.name} "{part}", which Cloudflare refuses'
            found.append(Fault(what, "Write one expression for each of them.", is_certain=False))
    if not found and not _is_valid(" ".join(known)):
        found.append(Fault("never comes true", "Is there such a date?", is_certain=False))
    return found


def check_expression(node: Node) -> None:
    """Report what is wrong with the cron expression at `node`."""
    if not node.expect(str, "of type string"):
        return
    for fault in faults(node.value):
        what = f'The cron expression {show(node.value)} of "{node.label}" {fault.what}.'
        (node.error if fault.is_certain else node.warning)("cron", what, fault.remedy)


def _plain(field: _Field, part: str) -> str:
    """Return a field in the form that cronsim has for it."""
    if field.words:
        first = field.low
        part = _WORD.sub(
            lambda match: str(field.words.index(match[0]) + first) if match[0] in field.words else match[0], part
        )
    if field.name == "day of the month":
        special = _DAY_OF_MONTH.fullmatch(part)
        part = (special[1] or "L") if special else part
    part = _RANGE.sub(lambda match: match[0] if int(match[1]) <= int(match[2]) else f"{match[1]},{match[2]}", part)
    if field.words is _DAYS:
        part = "7" if part == "L" else part
        # 0 is Sunday to cronsim, and so is 7; 8 must stay out of range.
        part = _DAY_OF_WEEK.sub(lambda match: str(max(int(match[0]) - 1, 0) if int(match[0]) < 8 else 8), part)
    return part


def _is_mixed(items: list[str]) -> bool:
    """Say whether a list has something that stands alone on Cloudflare: all days or hours, the last, the second."""
    return len(items) > 1 and (items[0] == "*" or any(_ALONE.fullmatch(item) for item in items))


def _is_valid(expression: str) -> bool:
    import datetime as dt

    from cronsim import CronSim, CronSimError

    try:
        CronSim(expression, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    except CronSimError:
        return False
    return True


def _range(field: _Field) -> str:
    words = f", or {field.words[0]} to {field.words[-1]}" if field.words else ""
    return f"It goes from {field.low} to {field.high}{words}."
