"""Which pattern a language has for a set of fields (https://unicode.org/reports/tr35/tr35-dates.html#availableFormats).

A *skeleton* is the fields in canonical order, as often repeated as they are wide: `yMMMd`. A language knows patterns
for some; for others the nearest is taken and its fields are widened, or date and time are put together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pywrangler.runtime.js.intl.locales import Choice

DATE_FIELDS = "GyMEd"
TIME_FIELDS = "BhHkKmsSz"
_RUN = re.compile(r"([A-Za-z])\1*")
_TOKEN = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+")
_SAME = {"L": "M", "e": "E", "c": "E", "a": "a", "b": "B", "v": "z", "O": "z", "V": "z", "Q": "Q", "u": "y", "Y": "y"}


def tokens(pattern: str) -> list[tuple[str, str]]:
    """Return a pattern as (field, text) pairs; the field is empty for literal text."""
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(pattern):
        text = match[0]
        if match[1]:
            found.append((match[1], text))
        elif text[0] == "'":
            found.append(("", text[1:-1].replace("''", "'") or "'"))
        else:
            found.append(("", text))
    return found


def fields_of(skeleton: str) -> dict[str, int]:
    """Return how wide each field of a skeleton is."""
    return {_SAME.get(match[1], match[1]): len(match[0]) for match in _RUN.finditer(skeleton)}


def _is_text(field: str, width: int) -> bool:
    return (field == "M" and width > 2) or field in "EGB"


def best_pattern(choice: Choice, skeleton: str, *, glue: str = "") -> str:
    """Return the pattern of a language for a skeleton."""
    wanted = fields_of(skeleton)
    wanted_date = {field: width for field, width in wanted.items() if field in DATE_FIELDS}
    wanted_time = {field: width for field, width in wanted.items() if field in TIME_FIELDS}
    if wanted_date and wanted_time:
        date, time = _one_kind(choice, wanted_date), _one_kind(choice, wanted_time)
        return (glue or _glue(choice, wanted_date)).replace("{1}", date).replace("{0}", time)
    return _one_kind(choice, wanted)


def _glue(choice: Choice, date: Mapping[str, int]) -> str:
    """Return how date and time stand together."""
    if set(date) == {"E"}:
        return _weekday_glue(choice)
    width = date.get("M", 0)
    style = "medium" if width < 4 else "full" if "E" in date else "long"
    return glue_of(choice, style if width >= 3 else "short")


def _weekday_glue(choice: Choice) -> str:
    """Return what stands between a weekday and a time, as the language's pattern for both has it."""
    found = choice.table("datetime_skeletons").get("EHm")
    between = re.match(r"[Ec]+([^A-Za-z']*)H", str(getattr(found, "pattern", "")))
    return f"{{1}}{between[1] if between else ' '}{{0}}"


def glue_of(choice: Choice, style: str) -> str:
    """Return `{1}, {0}` of a language for a style; the two long ones say "at" where the language does."""
    from pywrangler.runtime.js.intl.supplement import AT

    if style in {"full", "long"}:
        for name in (choice.tag.base, choice.language):
            if name in AT and (name, style) != ("es", "full"):
                return AT[name]
    return str(choice.table("datetime_formats").get(style, "{1}, {0}"))


def _one_kind(choice: Choice, wanted: Mapping[str, int]) -> str:
    table: Mapping[str, Any] = choice.table("datetime_skeletons")
    rest = {field: width for field, width in wanted.items() if field not in "Sz"}
    found = _nearest(table, rest) if rest else None
    if found is None:
        found = _pieced(table, rest) if rest else ""
    pattern = _adjusted(found, wanted)
    if "S" in wanted:
        point = choice.table("number_symbols", "latn").get("decimal", ".")
        fraction = "S" * wanted["S"]
        pattern = re.sub(r"s+", lambda match: f"{match[0]}{point}{fraction}", pattern, count=1) or fraction
    if "z" in wanted:
        pattern = f"{pattern} {'z' * wanted['z']}".strip()
    return pattern


def _nearest(table: Mapping[str, Any], wanted: Mapping[str, int]) -> str | None:
    """Return the pattern with exactly these fields whose widths come nearest."""
    best: tuple[int, str] | None = None
    for skeleton, pattern in table.items():
        have = fields_of(skeleton)
        if set(have) != set(wanted):
            continue
        distance = 0
        for field, width in wanted.items():
            gap = abs(width - have[field])
            distance += gap + (100 if _is_text(field, width) != _is_text(field, have[field]) else 0)
        if best is None or distance < best[0]:
            best = (distance, str(getattr(pattern, "pattern", pattern)))
    return None if best is None else best[1]


def _pieced(table: Mapping[str, Any], wanted: Mapping[str, int]) -> str:
    """Put a pattern together from patterns for parts of the fields."""
    left = dict(wanted)
    parts: list[str] = []
    while left:
        options = [
            (len(have), skeleton) for skeleton in table if (have := fields_of(skeleton)) and set(have) <= set(left)
        ]
        if not options:
            field, width = left.popitem()
            parts.append(field * width)
            continue
        size = max(options)[0]
        fields = fields_of(next(skeleton for count, skeleton in options if count == size))
        chosen = {field: left.pop(field) for field in list(left) if field in fields}
        parts.append(_nearest(table, chosen) or "")
    return " ".join(parts)


def _adjusted(pattern: str, wanted: Mapping[str, int]) -> str:
    """Return a pattern with its fields as wide as wanted."""
    result: list[str] = []
    for field, text in tokens(pattern):
        if not field:
            result.append(
                "'" + text.replace("'", "''") + "'" if any(c.isalpha() for c in text) or "'" in text else text
            )
            continue
        kind = _SAME.get(field, field)
        width = wanted.get(kind)
        if kind in "hHkK" and width is None:
            width = next((wanted[hour] for hour in "hHkK" if hour in wanted), None)
        if width is None or kind == "a" or (kind == "M" and (width > 2) != (len(text) > 2)):
            result.append(text)
        elif kind in "ms" and "h" not in wanted and "H" not in wanted and len(wanted) == 1:
            result.append(field * width)
        elif kind in "ms":
            result.append(text if width == 1 else field * width)
        elif kind in "hHkKd" or (kind == "M" and width <= 2):
            result.append(field * max(width, len(text)))
        elif kind == "y":
            result.append("yy" if width == 2 else "y")
        else:
            result.append(field * width)
    return "".join(result)
