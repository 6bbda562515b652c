"""Time zones: which there are, and what languages call them (https://unicode.org/reports/tr35/tr35-dates.html)."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any

from pywrangler.runtime.js.errors import range_error
from pywrangler.runtime.js.intl.locales import Choice

_OFFSET = re.compile(r"([+-])([01]\d|2[0-3])(?::?([0-5]\d))?", re.ASCII)
_NONE = "\u2205\u2205\u2205"
"""What the data say where a language has no name on purpose."""
_UTC_NAMES = {"utc", "etc/utc", "etc/gmt", "gmt", "etc/uct", "etc/zulu", "etc/universal", "zulu", "uct", "universal"}


@cache
def _known() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def zone_name(given: str) -> str:
    """Return the name of a zone as the platform writes it; RangeError if there is none."""
    match = _OFFSET.fullmatch(given)
    if match is not None:
        hours, minutes = match[2], match[3] or "00"
        return f"{'+' if hours == minutes == '00' else match[1]}{hours}:{minutes}"
    lowered = given.lower()
    if lowered in _UTC_NAMES:
        return "UTC"
    if lowered not in _known():
        raise range_error(f"Invalid time zone specified: {given}")
    return _known()[lowered]


def zone_of(name: str) -> tzinfo:
    """Return the zone of a name."""
    match = _OFFSET.fullmatch(name)
    if match is not None:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    return UTC if name == "UTC" else zoneinfo.ZoneInfo(name)


def offset_of(name: str, milliseconds: float) -> timedelta:
    """Return by how much local time is ahead of UTC at a moment, beyond Python's years too."""
    bounded = max(-62_135_000_000_000, min(milliseconds, 253_402_000_000_000))
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=bounded)
    return zone_of(name).utcoffset(moment.astimezone(zone_of(name))) or timedelta()


def is_daylight(name: str, milliseconds: float) -> bool:
    """Tell whether a zone has daylight saving time at a moment."""
    bounded = max(-62_135_000_000_000, min(milliseconds, 253_402_000_000_000))
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=bounded)
    return bool(zone_of(name).dst(moment.astimezone(zone_of(name))))


def shown_name(choice: Choice, zone: str, milliseconds: float, style: str) -> str:
    """Return what a language calls a zone at a moment: `short`, `long`, `shortOffset`, `longOffset`, `...Generic`."""
    offset = offset_of(zone, milliseconds)
    if style in {"shortOffset", "longOffset"} or zone[0] in "+-":
        return _offset_text(choice, offset, long=style.startswith("long"))
    length = "long" if style.startswith("long") else "short"
    if zone == "UTC" and style in {"short", "long"}:
        if length == "short":
            return "UTC"
        return str(choice.table("time_zones", "Etc/UTC", "long").get("standard") or "Coordinated Universal Time")
    if zone == "UTC":
        return _offset_text(choice, offset, long=False)
    kind = "generic" if style.endswith("Generic") else "daylight" if is_daylight(zone, milliseconds) else "standard"
    name = _meta_name(choice, zone, length, kind)
    if name:
        return name
    if kind == "generic":
        return _place(choice, zone)
    return _offset_text(choice, offset, long=length == "long")


def _meta_name(choice: Choice, zone: str, length: str, kind: str) -> str:
    from babel.core import get_global

    own = choice.table("time_zones", zone, length).get(kind)
    if own and own != _NONE:
        return str(own)
    meta: Any = get_global("meta_zones")
    aliases: Any = get_global("zone_aliases")
    others = [aliases.get(zone, ""), *(old for old, new in aliases.items() if new == zone)]
    meta_zone = next((meta[name] for name in (zone, *others) if name in meta), "")
    table = choice.table("meta_zones", meta_zone, length)
    found = table.get(kind)
    if found is None and kind == "generic" and "daylight" not in table:
        found = table.get("standard")
    return "" if found in {None, _NONE} else str(found)


def _place(choice: Choice, zone: str) -> str:
    """Return `Sydney Time`, for zones without a name of their own."""
    city = choice.table("time_zones", zone).get("city") or zone.rpartition("/")[2].replace("_", " ")
    pattern = choice.table("zone_formats").get("region", "%s")
    return str(pattern % city)


def _offset_text(choice: Choice, offset: timedelta, *, long: bool) -> str:
    pattern = choice.table("zone_formats").get("gmt", "GMT%s")
    total = int(offset.total_seconds())
    if not total:
        return str(pattern).replace("%s", "").strip()
    hours, minutes = divmod(abs(total) // 60, 60)
    sign = "-" if total < 0 else "+"
    brief = f"{sign}{hours}:{minutes:02d}" if minutes else f"{sign}{hours}"
    shown = f"{sign}{hours:02d}:{minutes:02d}" if long else brief
    return str(pattern.replace("%s", shown))
