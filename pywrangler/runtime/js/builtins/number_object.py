"""`new Number(x)`, `new Boolean(x)`, and BigInts as objects: how JavaScript writes numbers."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from pywrangler.runtime.js.errors import range_error
from pywrangler.runtime.js.primitives import JsBigInt, number_text, to_integer, to_number, to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class NumberObject(JsProxy, js_name="Number"):
    """A Number object."""

    __slots__ = ("_value",)

    def __init__(self, value: Any = 0) -> None:
        self._value = to_number(value)

    def valueOf(self) -> int | float:
        """The number."""
        return self._value

    def toString(self, radix: Any = None) -> str:
        """The number in decimal, or to a base from 2 to 36."""
        base = 10 if radix is None else to_integer(radix)
        if not 2 <= base <= 36:
            raise range_error("toString() radix must be between 2 and 36")
        return to_string(self._value) if base == 10 else in_base(self._value, int(base))

    def toLocaleString(self, locales: Any = None, options: Any = None, **named: Any) -> str:
        """The number as a language writes it; options as `Intl.NumberFormat`'s."""
        from pywrangler.runtime.js.intl.numbers import NumberFormat

        return NumberFormat.new(locales, options, **named).format(self._value)  # type: ignore[no-any-return]

    def toFixed(self, digits: Any = 0) -> str:
        """The number with so many digits behind the point."""
        places = _places(digits, 0, "toFixed() digits argument must be between 0 and 100")
        if not math.isfinite(self._value) or abs(self._value) >= 1e21:
            return to_string(self._value)
        text = str(_rounded(Decimal(self._value), -places))
        negative = self._value < 0
        shown = f"{abs(Decimal(text)):.{places}f}"
        return f"-{shown}" if negative else shown

    def toExponential(self, digits: Any = None) -> str:
        """The number as `1.23e+4`."""
        if not math.isfinite(self._value):
            return to_string(self._value)
        places = None if digits is None else _places(digits, 0, "toExponential() argument must be between 0 and 100")
        return _exponential(self._value, places)

    def toPrecision(self, precision: Any = None) -> str:
        """The number with so many significant digits."""
        if precision is None or not math.isfinite(self._value):
            return to_string(self._value)
        places = _places(precision, 1, "toPrecision() argument must be between 1 and 100")
        mantissa, _, exponent = _exponential(self._value, places - 1).partition("e")
        power = int(exponent)
        if power < -6 or power >= places:
            return f"{mantissa}e{power:+d}"
        sign, digits = ("-" if mantissa.startswith("-") else ""), mantissa.lstrip("-").replace(".", "")
        if power < 0:
            return f"{sign}0.{'0' * (-power - 1)}{digits}"
        whole, fraction = digits[: power + 1], digits[power + 1 :]
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole


class BigIntObject(JsProxy, js_name="BigInt"):
    """A BigInt as an object: what the methods of BigInts are called on."""

    __slots__ = ("_value",)

    def __init__(self, value: int) -> None:
        self._value = JsBigInt(value)

    def valueOf(self) -> JsBigInt:
        """The BigInt."""
        return self._value

    def toString(self, radix: Any = None) -> str:
        """The BigInt in decimal, or to a base from 2 to 36."""
        base = 10 if radix is None else to_integer(radix)
        if not 2 <= base <= 36:
            raise range_error("toString() radix must be between 2 and 36")
        return _whole_in_base(int(self._value), int(base))

    def toLocaleString(self, locales: Any = None, options: Any = None, **named: Any) -> str:
        """The BigInt as a language writes it."""
        from pywrangler.runtime.js.intl.numbers import NumberFormat

        return NumberFormat.new(locales, options, **named).format(self._value)  # type: ignore[no-any-return]


class BooleanObject(JsProxy, js_name="Boolean"):
    """A Boolean object; as an object it is true, whatever it holds."""

    __slots__ = ("_value",)

    def __init__(self, value: Any = None) -> None:
        self._value = truthy(value)

    def valueOf(self) -> bool:
        """The boolean."""
        return self._value

    def toString(self) -> str:
        """`true` or `false`."""
        return to_string(self._value)


def _places(given: Any, least: int, refusal: str) -> int:
    found = to_integer(given)
    if not least <= found <= 100:
        raise range_error(refusal)
    return int(found)


def _rounded(value: Decimal, exponent: int) -> Decimal:
    """Round the exact value of a number to a power of ten; of two equally near values the larger counts."""
    with localcontext() as context:
        context.prec = 500
        return value.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_UP)


def _exponential(value: float, places: int | None) -> str:
    sign = "-" if value < 0 else ""
    if places is None:
        mantissa, _, exponent = number_text(float(abs(value))).partition("e")
        found = Decimal(f"{mantissa}e{exponent or 0}")
        digits = "".join(map(str, found.as_tuple().digits)).rstrip("0") or "0"
        power = found.adjusted() if found else 0
    elif value == 0:
        digits, power = "0" * (places + 1), 0
    else:
        exact = abs(Decimal(value))
        power = exact.adjusted()
        rounded = _rounded(exact, power - places)
        power = rounded.adjusted()
        digits = "".join(map(str, rounded.as_tuple().digits))[: places + 1]
    return f"{sign}{digits[0]}{'.' + digits[1:] if len(digits) > 1 else ''}e{power:+d}"


def _whole_in_base(value: int, base: int) -> str:
    digits: list[str] = []
    rest = abs(value)
    while rest:
        rest, digit = divmod(rest, base)
        digits.append(_DIGITS[digit])
    return ("-" if value < 0 else "") + ("".join(reversed(digits)) or "0")


def in_base(value: float, base: int) -> str:
    """Return a number to a base, with as many digits as tell it from its neighbours."""
    if not math.isfinite(value):
        return to_string(value)
    rest, zeros = float(int(abs(value))), 0
    # Half the distance to the next number: digits beyond it say nothing, and are zeros.
    distance = 0.5 * (math.nextafter(rest, math.inf) - rest)
    while distance >= base:
        rest, distance, zeros = rest / base, distance / base, zeros + 1
    whole = int(rest)
    fraction = 0.0 if zeros else float(abs(value)) - whole
    text = _whole_in_base(whole, base) + "0" * zeros
    if fraction:
        delta = max(0.5 * (math.nextafter(float(abs(value)), math.inf) - float(abs(value))), 5e-324)
        digits: list[int] = []
        while fraction >= delta:
            fraction *= base
            delta *= base
            digit = int(fraction)
            digits.append(digit)
            fraction -= digit
            if (fraction > 0.5 or (fraction == 0.5 and digit & 1)) and fraction + delta > 1:
                while digits and digits[-1] == base - 1:
                    digits.pop()
                if digits:
                    digits[-1] += 1
                else:
                    text = _whole_in_base(whole + 1, base)
                break
        if digits:
            text += "." + "".join(_DIGITS[digit] for digit in digits)
    return ("-" if value < 0 else "") + text
