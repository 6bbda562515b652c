"""How many digits a number gets (https://tc39.es/ecma402/#sec-setnfdigitoptions), on exact decimals."""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.intl.locales import Given

_CONTEXT = decimal.Context(prec=600, Emax=10**6, Emin=-(10**6))
_MODES = {
    "ceil": decimal.ROUND_CEILING, "floor": decimal.ROUND_FLOOR, "expand": decimal.ROUND_UP,
    "trunc": decimal.ROUND_DOWN, "halfExpand": decimal.ROUND_HALF_UP, "halfTrunc": decimal.ROUND_HALF_DOWN,
    "halfEven": decimal.ROUND_HALF_EVEN,
}  # fmt: skip
_INCREMENTS = {1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000}


@dataclass(slots=True)
class Digits:
    """The rules by which a number is rounded and written."""

    integer: int = 1
    fraction: tuple[int, int] = (0, 3)
    significant: tuple[int, int] | None = None
    priority: str = "auto"
    increment: int = 1
    mode: str = "halfExpand"
    zeros: str = "auto"
    kind: str = "fraction"
    """What decides: `fraction`, `significant`, `compact` (two digits at least), `more` or `less` of both."""

    def rounded(self, value: Decimal) -> Decimal:
        """Return the number as it is shown, with the zeros that are shown behind the point."""
        if self.kind == "fraction":
            return self._by_fraction(value)
        if self.kind == "significant":
            return self._by_significant(value)
        if self.kind == "compact":
            places = 0 if value.adjusted() >= 1 and value else max(0, 1 - value.adjusted() if value else 0)
            return _stripped(self._quantized(value, -places))
        by_fraction, by_significant = self._by_fraction(value), self._by_significant(value)
        finer = _last_place(self, value, "fraction") <= _last_place(self, value, "significant")
        return by_fraction if finer == (self.kind == "more") else by_significant

    def _by_fraction(self, value: Decimal) -> Decimal:
        least, most = self.fraction
        return _padded(self._quantized(value, -most), least)

    def _by_significant(self, value: Decimal) -> Decimal:
        least, most = self.significant or (1, 21)
        found = self._quantized(value, value.adjusted() - most + 1) if value else value
        return _padded(found, max(0, least - 1 - (found.adjusted() if found else 0)))

    def _quantized(self, value: Decimal, place: int) -> Decimal:
        if self.increment != 1:
            step = Decimal(self.increment).scaleb(place)
            return (_CONTEXT.divide(value, step).quantize(Decimal(1), self._mode(value), _CONTEXT) * step).normalize(
                _CONTEXT
            )
        if place <= (exponent := int(value.as_tuple().exponent)):
            return value if exponent <= 0 else value.quantize(Decimal(1), context=_CONTEXT)
        found = value.quantize(Decimal(1).scaleb(place), self._mode(value), _CONTEXT)
        return found if place <= 0 else found.quantize(Decimal(1), context=_CONTEXT)

    def _mode(self, value: Decimal) -> str:
        if self.mode in {"halfCeil", "halfFloor"}:
            up = (self.mode == "halfCeil") != value.is_signed()
            return decimal.ROUND_HALF_UP if up else decimal.ROUND_HALF_DOWN
        return _MODES[self.mode]


def _last_place(digits: Digits, value: Decimal, kind: str) -> int:
    if kind == "fraction":
        return -digits.fraction[1]
    return (value.adjusted() if value else 0) - (digits.significant or (1, 21))[1] + 1


def _stripped(value: Decimal) -> Decimal:
    """Return a number without zeros behind the point."""
    if int(value.as_tuple().exponent) > 0:
        return value.quantize(Decimal(1), context=_CONTEXT)
    sign, digits, exponent = value.as_tuple()
    shown = list(digits)
    place = int(exponent)
    while place < 0 and shown and shown[-1] == 0:
        shown.pop()
        place += 1
    return Decimal((sign, tuple(shown) or (0,), min(place, 0) if shown else 0))


def _padded(value: Decimal, least: int) -> Decimal:
    """Return a number with at least so many digits behind the point, and no zeros beyond them."""
    found = _stripped(value)
    return (
        found.quantize(Decimal(1).scaleb(-least), context=_CONTEXT)
        if -int(found.as_tuple().exponent) < least
        else found
    )


def read_digits(given: Given, least: int, most: int, *, compact: bool) -> Digits:
    """Return the rules that the options ask for; `least` and `most` are the usual digits behind the point."""
    digits = Digits(integer=given.number("minimumIntegerDigits", 1, 21, 1))
    digits.priority = given.text("roundingPriority", ("auto", "morePrecision", "lessPrecision"), "auto")
    digits.increment = given.number("roundingIncrement", 1, 5000, 1)
    if digits.increment not in _INCREMENTS:
        raise range_error("roundingIncrement value is out of range.")
    digits.mode = given.text("roundingMode", (*_MODES, "halfCeil", "halfFloor"), "halfExpand")
    digits.zeros = given.text("trailingZeroDisplay", ("auto", "stripIfInteger"), "auto")
    has_significant = "minimumSignificantDigits" in given or "maximumSignificantDigits" in given
    has_fraction = "minimumFractionDigits" in given or "maximumFractionDigits" in given
    needs_both = digits.priority != "auto"
    if has_significant or needs_both:
        low = given.number("minimumSignificantDigits", 1, 21, 1)
        digits.significant = (low, given.number("maximumSignificantDigits", low, 21, 21))
    if has_fraction or not has_significant or needs_both:
        digits.fraction = _read_fraction(given, least, most)
    if needs_both:
        digits.kind = "more" if digits.priority == "morePrecision" else "less"
        if not has_significant and not has_fraction and compact:
            digits.kind = "compact"
    elif has_significant:
        digits.kind = "significant"
    elif compact and not has_fraction:
        digits.kind = "compact"
    if digits.increment != 1:
        if digits.kind != "fraction":
            raise type_error("roundingIncrement value is invalid.")
        if digits.fraction[0] != digits.fraction[1]:
            raise range_error("roundingIncrement value is out of range.")
    return digits


def _read_fraction(given: Given, least: int, most: int) -> tuple[int, int]:
    low: Any = given.number("minimumFractionDigits", 0, 100)
    high: Any = given.number("maximumFractionDigits", 0, 100)
    if low is None and high is None:
        return least, most
    if low is None:
        low = min(least, high)
    elif high is None:
        high = max(most, low)
    elif low > high:
        raise range_error("maximumFractionDigits value is out of range.")
    return low, high
