"""Values on their way into and out of a database. In production they travel as JSON, which decides most of it.

In: text; numbers, always REAL, with NaN and the infinities as NULL; true and false as 1 and 0; null; ArrayBuffers,
their views and arrays of bytes as BLOBs. Nothing else, `undefined` included.
Out: numbers (an integral REAL is an integer, a 64-bit INTEGER the nearest float, an infinity null), text, null, and
BLOBs as arrays of numbers.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.primitives import MAX_SAFE_INTEGER, JsBigInt, is_py_proxy, to_string
from pywrangler.runtime.js.proxy import JsValue, jsnull
from pywrangler.runtime.storage.bindings import number

if TYPE_CHECKING:
    from collections.abc import Sequence

_HALVES = re.compile("[\ud800-\udfff]")

Parameter = str | float | bytes | None
"""What a statement is given, as SQLite takes it."""


def d1_error(kind: str, text: str, cause: str | None = None) -> JsException:
    """Return an error as D1 makes them: `kind` before the text, and the bare text as its cause."""
    return error(f"{kind}: {text}", cause=error(text if cause is None else cause))


def parameter(value: Any) -> Parameter:
    """Return a value of user code for SQLite; JavaScript Error "D1_TYPE_ERROR: ..." for what cannot be stored."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else text(value)
    if kind is bool:
        return 1.0 if value else 0.0
    if value is jsnull:
        return None
    if isinstance(value, JsBigInt):
        raise _unsupported("bigint", value)
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise _unsupported("bigint", value)
        return float(value)
    if isinstance(value, float):
        return value + 0.0 if math.isfinite(value) else None  # + 0.0: there is no -0 in JSON
    if isinstance(value, str):
        return text(str.__str__(value))
    if value is None:
        raise _unsupported("undefined", "undefined")
    found = _bytes(value)
    if found is None:
        raise _unsupported(_type_of(value), value)
    return found


def text(value: str) -> str:
    """Return text with what is no UTF-8 (half of a pair of surrogates) replaced, as SQLite's readers see it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        joined = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return _HALVES.sub("\ufffd" * 3, joined)
    return value


def _bytes(value: Any) -> bytes | None:
    """Return what `value` holds as bytes; None if it is no buffer and no array of bytes."""
    if isinstance(value, JsArray):
        if all(type(item) in (int, float) and 0 <= item < 256 for item in value._items):
            return bytes(int(item) for item in value._items)
        return None
    to_bytes = getattr(value, "to_bytes", None) if isinstance(value, JsValue) else None
    if to_bytes is None:
        return None
    if getattr(value, "BYTES_PER_ELEMENT", 1) > 1:  # of wider elements the lowest byte counts
        return bytes(int(item) & 0xFF if math.isfinite(item) else 0 for item in value)
    return b"" if value.constructor.name == "DataView" else bytes(to_bytes())


def _type_of(value: Any) -> str:
    if is_py_proxy(value):
        return "function" if callable(value) else "object"
    if value.typeof == "symbol":
        raise type_error("Cannot convert a Symbol value to a string")
    return str(value.typeof)


def _unsupported(kind: str, value: Any) -> JsException:
    shown = str(value) if is_py_proxy(value) else to_string(value)
    return d1_error("D1_TYPE_ERROR", f"Type '{kind}' not supported for value '{shown}'")


def script_value(value: Any) -> Any:
    """Return what SQLite gave as the JavaScript value that user code gets."""
    if value is None:
        return jsnull
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else jsnull
    if isinstance(value, int):
        return number(value)
    return list_of(value) if isinstance(value, bytes) else value


def list_of(items: Sequence[Any]) -> JsArray:
    """Return an array of JavaScript values."""
    result = array()
    result._items.extend(items)
    return result
