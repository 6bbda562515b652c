"""`Intl.DurationFormat` (https://tc39.es/proposal-intl-duration-format/)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.intl.lists import list_parts
from pywrangler.runtime.js.intl.locales import Given, choose, numbering_system, supported
from pywrangler.runtime.js.intl.numbers import NumberFormat
from pywrangler.runtime.js.primitives import to_number
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_UNITS = (
    "years", "months", "weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds",
)  # fmt: skip
_CLOCK = ("hours", "minutes", "seconds")
_PARTS_OF_SECONDS = ("milliseconds", "microseconds", "nanoseconds")

Parts = list[tuple[str, str]]


class DurationFormat(JsProxy):
    """Writes durations: `Intl.DurationFormat.new("en").format(Object.new(hours=1, minutes=46))`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.DurationFormat", init, named)
        self._choice = choose(locales, ("nu",), given.values)
        self._system = numbering_system(self._choice, given)
        self._style = given.text("style", ("long", "short", "narrow", "digital"), "short")
        self._styles: dict[str, str] = {}
        self._always: dict[str, bool] = {}
        previous = ""
        for unit in _UNITS:
            previous = self._read_unit(given, unit, previous)
        self._fraction = given.number("fractionalDigits", 0, 9)

    def _read_unit(self, given: Given, unit: str, previous: str) -> str:
        allowed: tuple[str, ...] = ("long", "short", "narrow")
        if unit in _CLOCK:
            allowed += ("numeric", "2-digit")
        elif unit in _PARTS_OF_SECONDS:
            allowed += ("numeric",)
        style = given.text(unit, allowed)
        explicit = style is not None
        if style is None:
            if self._style == "digital":
                style = "numeric" if unit in (*_CLOCK, *_PARTS_OF_SECONDS) else "short"
            elif previous in {"numeric", "2-digit", "fractional"} and unit in (*_CLOCK[1:], *_PARTS_OF_SECONDS):
                style = "numeric"
            else:
                style = self._style
        is_clock = self._style == "digital" and unit in _CLOCK
        display = given.text(f"{unit}Display", ("auto", "always"), "always" if explicit or is_clock else "auto")
        if style == "numeric" and unit in _PARTS_OF_SECONDS:
            style = "fractional"
        if previous in {"numeric", "2-digit"} and unit in {"minutes", "seconds"} and style == "numeric":
            style = "2-digit"
        self._styles[unit], self._always[unit] = style, display == "always"
        return str(style)

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    def format(self, duration: Any = None) -> str:
        """Write a duration: an object with `years`, `months`, ... `nanoseconds`."""
        return "".join(text for _, text in self._parts(duration))

    def formatToParts(self, duration: Any = None) -> JsArray:
        """Return the pieces that `format` writes, as `{type, value}`."""
        return array(plain({"type": kind, "value": text}) for kind, text in self._parts(duration))

    def _parts(self, duration: Any) -> Parts:
        values = _read(duration)
        signs = {value > 0 for value in values.values() if value}
        if len(signs) > 1:
            raise range_error("Invalid duration: its parts differ in sign")
        items: list[Parts] = []
        clock: Parts | None = None
        for position, unit in enumerate(_UNITS):
            style, value = self._styles[unit], values[unit]
            if style == "fractional" and unit != "milliseconds":
                continue
            fraction = self._fraction_of(values, unit)
            numeric = style in {"numeric", "2-digit"}
            following = self._styles.get(_UNITS[position + 1], "") if position + 1 < len(_UNITS) else ""
            shown = bool(value) or bool(fraction) or self._always[unit]
            if numeric and unit == "minutes" and clock is not None and values["seconds"]:
                shown = True
            if not shown or style == "fractional":
                continue
            text = self._number(unit, value, style, fraction, first=not items and clock is None)
            if numeric:
                if clock is None:
                    clock = []
                    items.append(clock)
                else:
                    clock.append(("literal", ":"))
                clock += text
                continue
            items.append(text)
            if following == "fractional":
                break
        style = "short" if self._style == "digital" else self._style
        return list_parts(self._choice, items, "unit", style)

    def _fraction_of(self, values: dict[str, float], unit: str) -> int:
        """Return nanoseconds that are written as a fraction of a unit."""
        if unit != "seconds" or self._styles["milliseconds"] != "fractional":
            return 0
        return int(values["milliseconds"] * 10**6 + values["microseconds"] * 1000 + values["nanoseconds"])

    def _number(self, unit: str, value: float, style: str, fraction: int, *, first: bool) -> Parts:
        given: dict[str, Any] = {"numberingSystem": self._system}
        if style in {"numeric", "2-digit"}:
            given |= {"useGrouping": False, "minimumIntegerDigits": 2 if style == "2-digit" else 1}
        else:
            given |= {"style": "unit", "unit": unit[:-1], "unitDisplay": style}
        if not first:
            given["signDisplay"] = "never"
        written: Any = value
        if fraction:
            from decimal import Decimal

            written = str(Decimal(str(value)) + Decimal(fraction).scaleb(-9))
        if unit == "seconds" and self._styles["milliseconds"] == "fractional":
            digits = self._fraction
            given |= {
                "minimumFractionDigits": digits or 0,
                "maximumFractionDigits": 9 if digits is None else digits,
                "roundingMode": "trunc",
            }
        return NumberFormat.new(self._choice.tag.base, **given).parts(written)  # type: ignore[no-any-return]

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        found: dict[str, Any] = {
            "locale": str(self._choice.tag), "numberingSystem": self._system, "style": self._style,
        }  # fmt: skip
        for unit in _UNITS:
            style = self._styles[unit]
            found[unit] = "numeric" if style == "fractional" else style
            found[f"{unit}Display"] = "always" if self._always[unit] else "auto"
        if self._fraction is not None:
            found["fractionalDigits"] = self._fraction
        return plain(found)


def _read(duration: Any) -> dict[str, float]:
    if isinstance(duration, (str, int, float)) or duration is None:
        raise type_error("Invalid duration: an object with years, months, ... is needed")
    given = options(duration)
    values: dict[str, float] = {}
    for unit in _UNITS:
        value = given.get(unit)
        number = 0 if value is None else to_number(value)
        if number != int(number):
            raise range_error(f"Invalid duration: {unit} must be an integer")
        values[unit] = int(number)
    if not any(given.get(unit) is not None for unit in _UNITS):
        raise type_error("Invalid duration: an object with years, months, ... is needed")
    return values
