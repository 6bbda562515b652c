"""Arguments of Node.js functions: what is wrong with one, in Node's words and with Node's codes."""

from __future__ import annotations

import math
from typing import Any

from pywrangler.runtime.js.buffers import ArrayBuffer, View
from pywrangler.runtime.js.errors import JsException, error, range_error, type_error
from pywrangler.runtime.js.primitives import JsBigInt, to_string
from pywrangler.runtime.js.proxy import JsClass, JsValue, jsnull

LARGEST = 2**53 - 1


def kind_of(value: Any) -> str:
    """Return what `typeof` gives; Python's values as JavaScript sees them."""
    if value is None:
        return "undefined"
    if isinstance(value, JsValue):
        return str(value.typeof)
    if isinstance(value, JsBigInt):
        return "bigint"
    for kind, name in ((bool, "boolean"), (str, "string"), ((int, float), "number")):
        if isinstance(value, kind):
            return name
    return "function" if callable(value) else "object"


def received(value: Any) -> str:
    """Return how an error speaks of a value."""
    if value is None or value is jsnull:
        return f"Received {to_string(value)}"
    kind = kind_of(value)
    if kind == "function":
        return f"Received function {getattr(value, 'name', getattr(value, '__name__', ''))}"
    if kind == "object":
        return f"Received an instance of {class_name(value)}"
    text = f"'{value}'" if isinstance(value, str) else to_string(value)
    return f"Received type {kind} ({text if len(text) <= 28 else text[:25] + '...'})"


def class_name(value: Any) -> str:
    """Return the name of an object's class."""
    if isinstance(value, JsException):
        return value.name
    return type(value).name if isinstance(type(value), JsClass) else type(value).__name__


def wrong_type(name: str, expected: str, value: Any) -> JsException:
    """Return the error of an argument; `expected` begins with "of type" or "an instance of"."""
    subject = f'The "{name}" argument' if name[:1] != "!" else name[1:]
    if "." in name and name[:1] != "!":
        subject = f'The "{name}" property'
    return type_error(f"{subject} must be {expected}. {received(value)}", code="ERR_INVALID_ARG_TYPE")


def wrong_value(name: str, value: Any, reason: str = "is invalid") -> JsException:
    """Return the error of an argument that has the right type."""
    from pywrangler.runtime.js.inspect import inspect

    return type_error(f"The argument '{name}' {reason}. Received {inspect(value)}", code="ERR_INVALID_ARG_VALUE")


def out_of_range(name: str, must_be: str, value: Any) -> JsException:
    """Return the RangeError of a number."""
    shown = to_string(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 2**32 and value == value // 1:
        shown = f"{int(value):_}"
    return range_error(
        f'The value of "{name}" is out of range. It must be {must_be}. Received {shown}', code="ERR_OUT_OF_RANGE"
    )


def need_string(name: str, value: Any) -> str:
    """Return a text; TypeError for anything else."""
    if not isinstance(value, str):
        raise wrong_type(name, "of type string", value)
    return value


def need_function(name: str, value: Any) -> Any:
    """Return a function; TypeError for anything else."""
    if not callable(value):
        raise wrong_type(name, "of type function", value)
    return value


def is_number(value: Any) -> bool:
    """Tell whether a value is a number (and no BigInt)."""
    return isinstance(value, (int, float)) and not isinstance(value, (bool, JsBigInt))


def need_number(name: str, value: Any) -> int | float:
    """Return a number; TypeError for anything else."""
    if not is_number(value):
        raise wrong_type(name, "of type number", value)
    return value  # type: ignore[no-any-return]


def need_integer(name: str, value: Any, low: int = -LARGEST, high: int = LARGEST) -> int:
    """Return a whole number within bounds; TypeError or RangeError else."""
    found = need_number(name, value)
    if not math.isfinite(found) or found != int(found):
        raise out_of_range(name, "an integer", value)
    if not low <= found <= high:
        raise out_of_range(name, f">= {low} && <= {high}", value)
    return int(found)


def data_bytes(value: Any, encoding: Any = None) -> bytes | None:
    """Return the bytes of a text (in an encoding, UTF-8 by default) or of a buffer; None for anything else."""
    if isinstance(value, str):
        from pywrangler.runtime.js.node.encodings import encode

        return encode(value, encoding)
    if isinstance(value, (View, ArrayBuffer)):
        return value.to_bytes()
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else None


def unknown_encoding(name: Any) -> JsException:
    """Return the error of an encoding that does not exist."""
    return type_error(f"Unknown encoding: {to_string(name)}", code="ERR_UNKNOWN_ENCODING")


def not_implemented(what: str) -> JsException:
    """Return what the platform raises for a method that it has by name only."""
    return error(f"The {what} method is not implemented", code="ERR_METHOD_NOT_IMPLEMENTED")
