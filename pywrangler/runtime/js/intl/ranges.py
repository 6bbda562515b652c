"""A time from one date to another: what both dates share is written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.intl.date_fields import field_parts
from pywrangler.runtime.js.intl.skeletons import fields_of, tokens

if TYPE_CHECKING:
    from pywrangler.runtime.js.intl.dates import DateTimeFormat

_ORDER = ("G", "y", "M", "d", "a", "h", "H", "m", "s")


def range_parts(format: DateTimeFormat, start: float, end: float) -> list[tuple[str, str, str]]:
    """Return the pieces of a range with where each comes from: `startRange`, `endRange` or `shared`."""
    first, last = format.parts(start), format.parts(end)
    if first == last:
        return [(*part, "shared") for part in first]
    skeleton = {field: len(text) for field, text in tokens(format._pattern) if field}
    intervals = _intervals(format, skeleton)
    difference = _difference(format, start, end)
    found = intervals.get(difference) or (intervals.get("h") if difference in {"h", "H"} else None)
    if found is None:
        return [
            *((*part, "startRange") for part in first), ("literal", " \u2013 ", "shared"),
            *((*part, "endRange") for part in last),
        ]  # fmt: skip
    pieces: list[tuple[str, str, str]] = []
    for pattern, moment, source in ((found[0], start, "startRange"), (found[1], end, "endRange")):
        widened = [
            (field, _width(field, text, skeleton)) if field else (field, text) for field, text in tokens(pattern)
        ]
        parts = field_parts(
            format._choice, widened, format.moment(moment), format._system, format._zone,
            format._fields["timeZoneName"] or "",
        )  # fmt: skip
        pieces += [(kind, text, "shared" if kind == "literal" else source) for kind, text in parts]
    return pieces


def _width(field: str, text: str, skeleton: dict[str, int]) -> str:
    wanted = skeleton.get(field) or skeleton.get({"L": "M", "M": "L", "E": "c", "c": "E"}.get(field, ""), 0)
    if field in "ML" and wanted > 2 and len(text) > 2:
        return field * wanted
    return field * wanted if field in "Ec" and wanted else text


def _intervals(format: DateTimeFormat, skeleton: dict[str, int]) -> Any:
    """Return the patterns of ranges that fit the fields of the format; empty if the language has none."""
    wanted = {{"L": "M", "c": "E", "e": "E"}.get(field, field): width for field, width in skeleton.items()}
    wanted.pop("a", None)
    best: tuple[int, Any] = (1000, {})
    for name, table in format._choice.table("interval_formats").items():
        if name is None:
            continue
        have = fields_of(name)
        if set(have) != set(wanted):
            continue
        is_text = (wanted.get("M", 0) > 2) != (have.get("M", 0) > 2)
        distance = 100 * is_text + sum(abs(width - have[field]) for field, width in wanted.items())
        best = min(best, (distance, table), key=lambda pair: pair[0])
    return best[1] if best[0] < 100 else {}


def _difference(format: DateTimeFormat, start: float, end: float) -> str:
    """Return the widest field in which two moments differ."""
    left, right = format.moment(start), format.moment(end)
    values = {
        "y": (left.year, right.year), "M": (left.month, right.month), "d": (left.day, right.day),
        "a": (left.hour < 12, right.hour < 12), "h": (left.hour, right.hour), "m": (left.minute, right.minute),
        "s": (left.second, right.second),
    }  # fmt: skip
    has_half = any(field in "hKa" for field, _ in tokens(format._pattern) if field)
    for field in _ORDER:
        if field in values and values[field][0] != values[field][1] and (field != "a" or has_half):
            return "H" if field == "h" and not has_half else field
    return "s"
