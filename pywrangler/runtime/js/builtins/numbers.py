"""`Number`, `BigInt`, `Boolean`, `Math`, `parseInt`, `parseFloat`, `isNaN`, `isFinite`."""

from __future__ import annotations

import math
import random
import re
import struct
import sys
from fractions import Fraction
from typing import Any

from pywrangler.runtime.js.builtins.constructor import Constructor, only
from pywrangler.runtime.js.builtins.number_object import BigIntObject, BooleanObject, NumberObject
from pywrangler.runtime.js.errors import JsException, range_error, type_error
from pywrangler.runtime.js.primitives import (
    MAX_SAFE_INTEGER,
    WHITESPACE,
    JsBigInt,
    number,
    to_integer,
    to_number,
    to_string,
    truthy,
)
from pywrangler.runtime.js.proxy import JsProxy

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FLOAT = re.compile(r"[+-]?(?:Infinity|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)", re.ASCII)


def parseInt(text: Any = None, radix: Any = None, *_rest: Any) -> int | float:
    """Read an integer from the beginning of a text; NaN if there is none."""
    source = to_string(text).lstrip(WHITESPACE).lower()
    sign = -1 if source.startswith("-") else 1
    source = source[1:] if source[:1] in {"+", "-"} else source
    base = int(to_integer(radix)) or (16 if source.startswith("0x") else 10)
    if not 2 <= base <= 36:
        return math.nan
    if base == 16:
        source = source.removeprefix("0x")
    digits = ""
    for character in source:
        if character not in _DIGITS[:base]:
            break
        digits += character
    return to_number(sign * int(digits, base)) if digits else math.nan


def parseFloat(text: Any = None, *_rest: Any) -> int | float:
    """Read a number from the beginning of a text; NaN if there is none."""
    match = _FLOAT.match(to_string(text).lstrip(WHITESPACE))
    return number(float(match[0].replace("Infinity", "inf"))) if match else math.nan


def isNaN(value: Any = None) -> bool:
    """Tell whether `Number(value)` is NaN."""
    return math.isnan(to_number(value))


def isFinite(value: Any = None) -> bool:
    """Tell whether `Number(value)` is finite."""
    return math.isfinite(to_number(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, (bool, JsBigInt))


class NumberConstructor(Constructor):
    """The value of `js.Number`."""

    _name = "Number"
    MAX_SAFE_INTEGER = MAX_SAFE_INTEGER
    MIN_SAFE_INTEGER = -MAX_SAFE_INTEGER
    MAX_VALUE = sys.float_info.max
    MIN_VALUE = 5e-324
    EPSILON = sys.float_info.epsilon
    POSITIVE_INFINITY = math.inf
    NEGATIVE_INFINITY = -math.inf
    NaN = math.nan
    parseInt = staticmethod(parseInt)
    parseFloat = staticmethod(parseFloat)

    def __call__(self, value: Any = 0, *_rest: Any) -> int | float:
        return to_number(value)

    _instances = NumberObject
    _objects = NumberObject

    def new(self, value: Any = 0) -> NumberObject:
        """`new Number(x)`: an object with JavaScript's methods of numbers."""
        return NumberObject.new(value)  # type: ignore[no-any-return]

    def isInteger(self, value: Any = None) -> bool:
        """Tell whether a value is an integral number."""
        return _is_number(value) and math.isfinite(value) and float(value).is_integer()

    def isSafeInteger(self, value: Any = None) -> bool:
        """Tell whether a value is an integer that floats hold exactly."""
        return self.isInteger(value) and abs(value) <= MAX_SAFE_INTEGER

    def isFinite(self, value: Any = None) -> bool:
        """Tell whether a value is a finite number."""
        return _is_number(value) and math.isfinite(value)

    def isNaN(self, value: Any = None) -> bool:
        """Tell whether a value is NaN."""
        return _is_number(value) and math.isnan(value)


class BooleanConstructor(Constructor):
    """The value of `js.Boolean`."""

    _name = "Boolean"
    _instances = BooleanObject
    _objects = BooleanObject

    def __call__(self, value: Any = None, *_rest: Any) -> bool:
        return truthy(value)

    def new(self, value: Any = None) -> BooleanObject:
        """`new Boolean(x)`: an object, which itself is true."""
        return BooleanObject.new(value)  # type: ignore[no-any-return]


class BigIntConstructor(Constructor):
    """The value of `js.BigInt`."""

    _name = "BigInt"
    _objects = BigIntObject

    def __call__(self, value: Any = None, *_rest: Any) -> JsBigInt:
        if isinstance(value, float):
            if not value.is_integer():
                raise range_error(
                    f"The number {to_string(value)} cannot be converted to a BigInt because it is not an integer"
                )
            return JsBigInt(value)
        if isinstance(value, int):
            return JsBigInt(value)
        if isinstance(value, str):
            text = value.strip(WHITESPACE)
            try:
                return JsBigInt(int(text, 0) if re.match(r"0[xob]", text.lower()) else int(text or "0", 10))
            except ValueError:
                raise JsException("SyntaxError", f"Cannot convert {value} to a BigInt") from None
        raise type_error(f"Cannot convert {to_string(value)} to a BigInt")

    def new(self, *_arguments: Any) -> JsBigInt:
        """BigInts have no `new`."""
        raise type_error("BigInt is not a constructor")

    def asIntN(self, bits: Any, value: Any) -> JsBigInt:
        """Wrap to a signed integer of that many bits."""
        width = int(to_integer(bits))
        wrapped = int(value) & ((1 << width) - 1)
        return JsBigInt(wrapped - (1 << width) if width and wrapped >> (width - 1) else wrapped)

    def asUintN(self, bits: Any, value: Any) -> JsBigInt:
        """Wrap to an unsigned integer of that many bits."""
        return JsBigInt(int(value) & ((1 << int(to_integer(bits))) - 1))


class MathNamespace(JsProxy, js_name="Math"):
    """The value of `js.Math`."""

    PI, E, LN2, LN10 = math.pi, math.e, math.log(2), math.log(10)
    LOG2E, LOG10E, SQRT2, SQRT1_2 = 1 / math.log(2), 1 / math.log(10), math.sqrt(2), math.sqrt(0.5)

    def abs(self, value: Any = None) -> int | float:
        """Absolute value."""
        return abs(to_number(value))

    def floor(self, value: Any = None) -> int | float:
        """Largest integer not above."""
        return _whole(math.floor, value)

    def ceil(self, value: Any = None) -> int | float:
        """Smallest integer not below."""
        return _whole(math.ceil, value)

    def trunc(self, value: Any = None) -> int | float:
        """Cut the fraction off."""
        return _whole(math.trunc, value)

    def round(self, value: Any = None) -> int | float:
        """Nearest integer; halves go up."""
        return _whole(lambda x: math.floor(x) + (x - math.floor(x) >= 0.5), value)

    def sign(self, value: Any = None) -> int | float:
        """-1, 0 or 1."""
        found = to_number(value)
        return found if math.isnan(found) else (found > 0) - (found < 0)

    def max(self, *values: Any) -> int | float:
        """Largest; -Infinity without arguments."""
        numbers = [to_number(value) for value in values]
        return math.nan if any(map(math.isnan, numbers)) else max(numbers, default=-math.inf)

    def min(self, *values: Any) -> int | float:
        """Smallest; Infinity without arguments."""
        numbers = [to_number(value) for value in values]
        return math.nan if any(map(math.isnan, numbers)) else min(numbers, default=math.inf)

    def pow(self, base: Any, exponent: Any) -> int | float:
        """Power."""
        found, power = float(to_number(base)), float(to_number(exponent))
        if math.isnan(power) or (abs(found) == 1 and math.isinf(power)):
            return math.nan  # where Python gives 1
        try:
            return number(math.pow(found, power))
        except OverflowError:
            return math.copysign(math.inf, found if power % 2 == 1 else 1)
        except ValueError:  # a negative number to a fraction, or zero to a negative power
            return math.nan if found else math.copysign(math.inf, found if power % 2 == 1 else 1)

    def hypot(self, *values: Any) -> int | float:
        """Root of the sum of squares."""
        return number(math.hypot(*(to_number(value) for value in values)))

    def atan2(self, y: Any, x: Any) -> int | float:
        """Angle of a point."""
        return number(math.atan2(to_number(y), to_number(x)))

    def cbrt(self, value: Any = None) -> int | float:
        """Cube root."""
        return number(math.cbrt(to_number(value)))

    def random(self) -> float:
        """Random number from 0 to below 1."""
        return random.random()

    def fround(self, value: Any = None) -> int | float:
        """Nearest 32-bit float."""
        return _packed("f", value)

    def f16round(self, value: Any = None) -> int | float:
        """Nearest 16-bit float."""
        return _packed("e", value)

    def sumPrecise(self, values: Any) -> int | float:
        """Sum of the numbers of an iterable, rounded once."""
        numbers = list(values)
        for item in numbers:
            if not _is_number(item):
                kind = "string" if isinstance(item, str) else "bigint" if isinstance(item, int) else "object"
                raise type_error(f"Type of 'Iterator value' must be 'number', found '{kind}'")
        if math.inf in numbers or -math.inf in numbers or any(map(math.isnan, numbers)):
            return sum(map(float, numbers))
        exact = sum(map(Fraction, numbers))
        try:
            return number(float(exact))
        except OverflowError:
            return math.copysign(math.inf, exact)

    def clz32(self, value: Any = None) -> int:
        """Leading zero bits of a 32-bit integer."""
        return 32 - (int(to_integer(value)) & 0xFFFFFFFF).bit_length()

    def imul(self, left: Any, right: Any) -> int:
        """32-bit product."""
        product = int(to_integer(left)) * int(to_integer(right)) & 0xFFFFFFFF
        return product - 2**32 if product >> 31 else product


def _whole(function: Any, value: Any) -> int | float:
    found = to_number(value)
    return to_number(function(found)) if math.isfinite(found) else found


def _float(compute: Any) -> int | float:
    try:
        result = compute()
    except OverflowError:
        return math.inf
    except (ZeroDivisionError, ValueError):
        return math.inf if sys.exc_info()[0] is ZeroDivisionError else math.nan
    return math.nan if isinstance(result, complex) else number(result)


def _packed(code: str, value: Any) -> int | float:
    found = float(to_number(value))
    try:
        return number(struct.unpack(code, struct.pack(code, found))[0])
    except OverflowError:
        return math.copysign(math.inf, found)


def _of_one(name: str) -> Any:
    function = getattr(math, name)

    def method(self: MathNamespace, value: Any = None) -> int | float:  # noqa: ARG001
        found = float(to_number(value))
        if name.startswith("log") and (found == 0 or (name == "log1p" and found == -1)):
            return -math.inf
        if name == "sqrt" and math.isinf(found) and found > 0:
            return found
        if name == "sinh" and abs(found) > 710.5:
            return found * math.inf
        return _float(lambda: function(found))

    method.__name__ = name
    method.__doc__ = f"As `math.{name}`; NaN outside the domain."
    return method


for _name in (
    "sqrt", "exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
):  # fmt: skip
    setattr(MathNamespace, _name, _of_one(_name))

Number: NumberConstructor = only(NumberConstructor)
Boolean: BooleanConstructor = only(BooleanConstructor)
BigInt: BigIntConstructor = only(BigIntConstructor)
Math: MathNamespace = MathNamespace.new()
