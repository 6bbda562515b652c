"""JavaScript's conversions between kinds of values: String(x), Number(x), truthiness, property keys, equality.

A Python object that is neither a primitive nor a `JsValue` stands for a PyProxy: it is true, its string is Python's
`str`, it is equal only to itself, and it comes back to Python as what it was.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import JsNull, JsPromise, JsValue, jsnull

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SAFE_INTEGER = 2**53 - 1
"""Above this (and below its negative) a Python int is a BigInt."""

WHITESPACE = " \t\n\r\v\f\u00a0\ufeff\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What `trim` removes."""

_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Infinity)", re.ASCII)
_RADIX = re.compile(r"0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+))")


class JsBigInt(int):
    """A BigInt, whatever its size; in every other respect an int."""

    __slots__ = ()


def is_primitive(value: Any) -> bool:
    """Tell whether a value is one of JavaScript's primitives."""
    return value is None or isinstance(value, (str, int, float, JsNull))


def is_py_proxy(value: Any) -> bool:
    """Tell whether JavaScript sees the value as a proxy of a Python object."""
    return not (value is None or isinstance(value, (str, int, float, JsNull, JsValue)))


def crossing(value: Any) -> Any:
    """Return a Python value as JavaScript holds it: integral floats are ints, a coroutine is a promise."""
    if type(value) is float:
        return number(value)
    if hasattr(value, "__await__") and not isinstance(value, JsValue):
        return JsPromise.start(value)
    return value


def number(value: float) -> int | float:
    """Return a JavaScript number as Python sees it: integral and safe is an int."""
    return int(value) if value.is_integer() and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else value


def truthy(value: Any) -> bool:
    """Tell whether JavaScript takes the value for true; objects always are."""
    if isinstance(value, (str, int, float)):
        return bool(value) and value == value  # noqa: PLR0124 - NaN is false
    return value is not None and value is not jsnull


def to_string(value: Any) -> str:
    """Return `String(value)`."""
    if type(value) is str:
        return value
    if value is None:
        return "undefined"
    if value is jsnull:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, JsValue) and not isinstance(value, BaseException):
        return str(value.toString())
    return str(value)


def number_text(value: float) -> str:
    """Return a number in decimal as JavaScript writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    written = whole + fraction
    digits = written.lstrip("0")
    # Where the decimal point stands, counted from the first significant digit.
    point = len(whole) + int(exponent or 0) - (len(written) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def to_number(value: Any) -> int | float:
    """Return `Number(value)`; an int where the number is integral and safe."""
    if value is True or value is False:
        return int(value)
    if isinstance(value, int):
        return int(value) if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else float(value)
    if isinstance(value, float):
        return number(value)
    if value is None:
        return math.nan
    if value is jsnull:
        return 0
    if isinstance(value, JsValue):
        inner = value.valueOf()
        return to_number(inner if is_primitive(inner) else to_string(value))
    text = to_string(value).strip(WHITESPACE)
    if not text:
        return 0
    if match := _RADIX.fullmatch(text):
        base = {"x": 16, "o": 8, "b": 2}[text[1].lower()]
        return to_number(int(next(filter(None, match.groups())), base))
    if _DECIMAL.fullmatch(text):
        return number(float(text.replace("Infinity", "inf")))
    return math.nan


def to_integer(value: Any) -> int | float:
    """Return `Number(value)` cut towards zero; NaN is 0, infinities stay."""
    found = to_number(value)
    if isinstance(found, int):
        return found
    return 0 if math.isnan(found) else found if math.isinf(found) else int(found)


def relative_index(value: Any, length: int, default: int) -> int:
    """Return an index as `slice` and its kin take it: negative counts from the end, all within 0 and `length`."""
    if value is None:
        return default
    index = to_integer(value)
    return int(max(0, length + index) if index < 0 else min(index, length))


def strictly_equal(left: Any, right: Any) -> bool:
    """Tell whether `left === right`."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    if isinstance(left, (int, float)):
        return isinstance(right, (int, float)) and left == right
    return left is right


def same_value_key(value: Any) -> Any:
    """Return a dict key under which Map and Set find a value: equal keys for values JavaScript takes for the same."""
    kind = type(value)
    if kind is str or kind is int or value is None or isinstance(value, (JsValue, JsNull)):
        return value
    if kind is bool:
        return (bool, value)
    if isinstance(value, float):
        return (float,) if value != value else value  # noqa: PLR0124 - NaN
    if isinstance(value, (str, int)):
        return value
    return (id, id(value))


def property_key(value: Any) -> Any:
    """Return a property name: symbols stay, everything else becomes a string."""
    if type(value) is str or (isinstance(value, JsValue) and value.typeof == "symbol"):
        return value
    return to_string(value)


def callable_or_raise(value: Any) -> Callable[..., Any]:
    """Return a function that was given as callback, or raise the TypeError of JavaScript."""
    if callable(value):
        return value  # type: ignore[no-any-return]
    raise type_error(f"{to_string(value)} is not a function")


def order_key(text: str) -> bytes:
    """Return a sort key by UTF-16 code units, the order of JavaScript strings."""
    return text.encode("utf-16-be", "surrogatepass")
