"""`Intl.RelativeTimeFormat` (https://tc39.es/ecma402/#relativetimeformat-objects)."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import error, range_error
from pywrangler.runtime.js.intl.locales import Given, choose, numbering_system, supported
from pywrangler.runtime.js.intl.numbers import NumberFormat, exact
from pywrangler.runtime.js.intl.plurals import category
from pywrangler.runtime.js.intl.relative_words import words_of
from pywrangler.runtime.js.intl.supplement import RELATIVE_SHORT
from pywrangler.runtime.js.primitives import to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")


class RelativeTimeFormat(JsProxy):
    """Writes distances in time: `Intl.RelativeTimeFormat.new("en").format(-3, "day")` is `3 days ago`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.RelativeTimeFormat", init, named)
        self._choice = choose(locales, ("nu",), given.values)
        self._system = numbering_system(self._choice, given)
        self._style = given.text("style", ("long", "short", "narrow"), "long")
        self._numeric = given.text("numeric", ("always", "auto"), "always")
        tag = self._choice.tag.base + (f"-u-nu-{self._system}" if "nu" in self._choice.tag.keywords else "")
        self._numbers: NumberFormat = NumberFormat.new(tag, numberingSystem=self._system)

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    def format(self, value: Any = None, unit: Any = None) -> str:
        """Write a distance in time: past if negative."""
        return "".join(part["value"] for part in self._parts(value, unit))

    def formatToParts(self, value: Any = None, unit: Any = None) -> JsArray:
        """Return the pieces that `format` writes, as `{type, value, unit}`."""
        return array(plain(part) for part in self._parts(value, unit))

    def _parts(self, value: Any, unit: Any) -> list[dict[str, Any]]:
        number = to_number(value)
        if not math.isfinite(number):
            raise range_error("Value need to be finite number for Intl.RelativeTimeFormat.prototype.format()")
        name = to_string(unit).removesuffix("s")
        if name not in _UNITS:
            raise range_error(
                f"Invalid unit argument for Intl.RelativeTimeFormat.prototype.format() '{to_string(unit)}'"
            )
        if self._numeric == "auto" and (word := self._word(number, name)):
            return [{"type": "literal", "value": word}]
        return self._in_numbers(value, number, name)

    def _word(self, number: float, unit: str) -> str:
        words = words_of(self._choice.language)
        if words is None:
            raise error(
                f"Intl.RelativeTimeFormat: the words of {self._choice.tag.base!r} for near times are not available "
                'locally. Use numeric="always".'
            )
        if number != int(number):
            return ""
        short = RELATIVE_SHORT.get(self._choice.language, {}).get(unit)
        if self._style != "long" and short is not None and -1 <= number <= 1:
            return short[int(number) + 1]
        return words.get(unit, {}).get(int(number), "")

    def _in_numbers(self, value: Any, number: float, unit: str) -> list[dict[str, Any]]:
        direction = "past" if math.copysign(1, value if isinstance(value, float) else number) < 0 else "future"
        magnitude = abs(Decimal(repr(number)) if isinstance(number, float) else exact(value))
        shown = self._numbers._digits.rounded(magnitude)
        plural = category(self._choice, shown, shown=shown)
        fields = self._choice.table("date_fields")
        forms = {"long": (unit,), "short": (f"{unit}-short", unit), "narrow": (f"{unit}-narrow", f"{unit}-short", unit)}
        table: Any = next((found for form in forms[self._style] if (found := fields.get(form, {}).get(direction))), {})
        pattern = str(table.get(plural) or table.get("other") or "{0}")
        before, has_number, after = pattern.partition("{0}")
        if not has_number:
            return [{"type": "literal", "value": pattern}]
        pieces = [{"type": kind, "value": text, "unit": unit} for kind, text in self._numbers.parts(abs(number))]
        return [
            *([{"type": "literal", "value": before}] if before else []),
            *pieces,
            *([{"type": "literal", "value": after}] if after else []),
        ]

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        return plain(
            {
                "locale": str(self._choice.tag),
                "style": self._style,
                "numeric": self._numeric,
                "numberingSystem": self._system,
            }
        )
