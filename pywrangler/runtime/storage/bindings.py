"""Values on their way into and out of SQL (spec/durable-objects.md, section 6).

In: every number is bound as REAL (JavaScript has no integers), true and false become TEXT, null and undefined NULL,
bytes a BLOB; any other object is its string. Out: INTEGER and REAL are JavaScript numbers, so an integral REAL comes
back as int and an INTEGER beyond 2**53 as the nearest float.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import MAX_SAFE_INTEGER, JsBigInt, to_string
from pywrangler.runtime.js.proxy import jsnull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SAFE = MAX_SAFE_INTEGER
_AS_IS = frozenset({str, float, type(None), bytes})


def bind(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return the values as SQLite takes them; TypeError for a BigInt and for what cannot cross to JavaScript."""
    return tuple([value if type(value) in _AS_IS else _bind(value) for value in values])


def _bind(value: Any) -> Any:
    kind = type(value)
    if kind is int:
        if -_SAFE <= value <= _SAFE:
            return float(value)
        raise type_error("Cannot convert a BigInt value to a number")
    if kind is bool:
        return "true" if value else "false"
    if value is jsnull:
        return None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, JsBigInt):
        raise type_error("Cannot convert a BigInt value to a number")
    if isinstance(value, int):
        return _bind(int.__int__(value))
    if isinstance(value, memoryview):
        return value.tobytes()
    to_bytes = getattr(value, "to_bytes", None)
    if to_bytes is not None:
        return bytes(to_bytes())
    return _text(value)


def _text(value: Any) -> str:
    """Return `String(value)`; Python's containers are taken for the JavaScript values they would become."""
    if isinstance(value, (tuple, bytearray)):
        raise TypeError(f"{type(value)} cannot be sent over RPC.")
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, list):
        return ",".join("" if item is None or item is jsnull else _item(item) for item in value)
    if isinstance(value, (set, frozenset)):
        return "[object Set]"
    if isinstance(value, datetime):
        # Python's day and month names would follow the locale.
        moment = value.astimezone(UTC)
        day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
        month = "JanFebMarAprMayJunJulAugSepOctNovDec"[moment.month * 3 - 3 : moment.month * 3]
        clock = f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
        return f"{day} {month} {moment.day:02} {moment.year:04} {clock} GMT+0000 (Coordinated Universal Time)"
    if isinstance(value, Exception) and not hasattr(value, "toString"):
        return f"Error: {value}"
    return to_string(value)


def _item(value: Any) -> str:
    return _text(value) if isinstance(value, (list, dict, tuple, bytearray, set, datetime)) else to_string(value)


def number(value: float) -> int | float:
    """Return a number from SQLite as JavaScript and Python see it."""
    if type(value) is int:
        return value if -_SAFE <= value <= _SAFE else float(value)
    return int(value) if value.is_integer() and -_SAFE <= value <= _SAFE else value


PYTHON: dict[type, Callable[[Any], Any]] = {int: number, float: number, bytes: memoryview}
"""Conversions by type of what SQLite returns, for Python's face."""


def python_row(row: tuple[Any, ...]) -> list[Any]:
    """Return a row as a list of values for Python code."""
    return [value if (convert := PYTHON.get(type(value))) is None else convert(value) for value in row]


def _script_blob(value: bytes) -> Any:
    from pywrangler.runtime.js.typed_arrays import ArrayBuffer

    return ArrayBuffer.adopt(bytearray(value))


_SCRIPT: dict[type, Callable[[Any], Any]] = {
    int: number,
    float: number,
    bytes: _script_blob,
    type(None): lambda _null: jsnull,
}


def script_row(row: tuple[Any, ...]) -> list[Any]:
    """Return a row as a list of raw JavaScript values."""
    return [value if (convert := _SCRIPT.get(type(value))) is None else convert(value) for value in row]
