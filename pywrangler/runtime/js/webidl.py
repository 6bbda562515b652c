"""What the web classes share in reading what they are given: text to be sent, bytes, and lists of pairs.

Options and plain conversions are those of `convert` and `primitives`; here stands what only the web classes need
(https://webidl.spec.whatwg.org: USVString, BufferSource, sequence-or-record).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsMap, plain

if TYPE_CHECKING:
    from collections.abc import Iterator


def usv_string(value: Any) -> str:
    """Return `String(value)` with lone surrogates replaced, so that it can be encoded."""
    text = to_string(value)
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def encode(text: str) -> bytes:
    """Return the text as UTF-8, lone surrogates replaced."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return usv_string(text).encode()


def to_int(value: Any) -> int:
    """Return `Number(value)` cut towards zero; NaN and the infinities are 0."""
    number = to_integer(value)
    return int(number) if math.isfinite(number) else 0


def absent(value: Any) -> bool:
    """Whether a value is undefined or null."""
    return value is None or value is jsnull


def record(**fields: Any) -> Any:
    """Return a plain JavaScript object with the fields."""
    return plain(fields)


def buffer_bytes(value: Any) -> bytes | None:
    """Return a copy of the content of an ArrayBuffer, a view, or Python bytes; None for anything else."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, JsProxy) and hasattr(value, "byteLength") and hasattr(value, "to_bytes"):
        return bytes(value.to_bytes())
    return None


def pairs_of(init: Any, where: str) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of an iterable of pairs, or the properties of an object; TypeError for anything else."""
    if isinstance(init, JsMap):
        yield from init.items()
        return
    if isinstance(init, JsValue) and not hasattr(type(init), "__iter__"):
        yield from init._own_properties().items()
        return
    if not hasattr(init, "__iter__"):
        raise type_error(f"{where} can only be made from an object or an iterable of pairs.")
    for pair in init:
        items = None if isinstance(pair, (str, int, float)) or not hasattr(pair, "__iter__") else tuple(pair)
        if items is None or len(items) != 2:
            raise type_error(
                f"To initialize a {where} object from a sequence, each inner sequence must have exactly two elements."
            )
        yield items[0], items[1]
