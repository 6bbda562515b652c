"""`Intl.PluralRules` (https://tc39.es/ecma402/#pluralrules-objects), and which form of a word goes with a number."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.intl.locales import Choice, Given, choose, supported
from pywrangler.runtime.js.intl.rounding import Digits, read_digits
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORDER = ("zero", "one", "two", "few", "many", "other")


def category(choice: Choice, value: Any, *, shown: Decimal | None = None, ordinal: bool = False) -> str:
    """Return the form of words that goes with a number as it is shown."""
    rule = choice.data.ordinal_form if ordinal else choice.data.plural_form
    number = shown if shown is not None else value
    return str(rule(abs(number)))


class PluralRules(JsProxy):
    """Tells which form of words goes with a number: `Intl.PluralRules.new("en-US").select(1)` is `one`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.PluralRules", init, named)
        self._choice = choose(locales)
        self._type = given.text("type", ("cardinal", "ordinal"), "cardinal")
        self._notation = given.text("notation", ("standard", "compact", "scientific", "engineering"), "standard")
        self._digits: Digits = read_digits(given, 0, 3, compact=self._notation == "compact")

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    def select(self, value: Any = None) -> str:
        """Return the category of a number."""
        from pywrangler.runtime.js.intl.numbers import exact

        number = exact(value)
        if isinstance(number, float):
            return "other"
        return category(self._choice, number, shown=self._digits.rounded(number), ordinal=self._type == "ordinal")

    def selectRange(self, start: Any = None, end: Any = None) -> str:
        """Return the category of a range: that of its end."""
        from pywrangler.runtime.js.errors import range_error
        from pywrangler.runtime.js.intl.numbers import exact

        for value in (start, end):
            number = exact(value)
            if isinstance(number, float) and math.isnan(number):
                raise range_error("Invalid argument for Intl.PluralRules.prototype.selectRange")
        return self.select(end)

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        rule: Any = self._choice.data.ordinal_form if self._type == "ordinal" else self._choice.data.plural_form
        rules: Mapping[str, Any] = rule.rules
        found: dict[str, Any] = {
            "locale": str(self._choice.tag), "type": self._type, "notation": self._notation,
            "minimumIntegerDigits": self._digits.integer,
        }  # fmt: skip
        if self._digits.significant is None:
            found |= dict(zip(("minimumFractionDigits", "maximumFractionDigits"), self._digits.fraction, strict=True))
        else:
            names = ("minimumSignificantDigits", "maximumSignificantDigits")
            found |= dict(zip(names, self._digits.significant, strict=True))
        categories = [name for name in _ORDER if name in rules or name == "other"]
        return plain(
            found
            | {
                "pluralCategories": array(categories),
                "roundingIncrement": self._digits.increment,
                "roundingMode": self._digits.mode,
                "roundingPriority": self._digits.priority,
                "trailingZeroDisplay": self._digits.zeros,
            }
        )
