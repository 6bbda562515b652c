"""How the web classes read what they are given: strings, integers, buffers and dictionaries of options.

The rules are those of Web IDL as far as Workers apply them: anything becomes a string or a number on demand, options
come as one object, undefined (None) means absent. A plain Python dict is not a JavaScript object: production ignores
what is in it, so it is ignored here too, with a warning (spec/js-and-ffi.md, sections 2 and 5).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import JsProxy, jsnull

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

EMPTY: dict[str, Any] = {}


def to_string(value: Any) -> str:
    """Return what JavaScript's `String(value)` gives."""
    if type(value) is str:
        return value
    if value is None:
        return "undefined"
    if value is jsnull:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, JsProxy):
        convert = getattr(value, "toString", None)
        return str(convert()) if callable(convert) else "[object Object]"
    if isinstance(value, str):
        # An enum such as http.HTTPMethod: its value counts, not its representation.
        return str.__str__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)


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


def to_integer(value: Any) -> int:
    """Return what `ToInt32`-like conversions give for the small numbers that options hold; not a number is 0."""
    if isinstance(value, int):
        return int(value)
    if value is None or value is jsnull:
        return 0
    try:
        number = float(value if isinstance(value, float) else to_string(value).strip() or 0)
    except ValueError:
        return 0
    return int(number) if math.isfinite(number) else 0


def buffer_bytes(value: Any) -> bytes | None:
    """Return a copy of the content of an ArrayBuffer, a view, or Python bytes; None for anything else."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, JsProxy) and getattr(value, "byteLength", None) is not None:
        return bytes(value.to_bytes())  # type: ignore[attr-defined]
    return None


def array(items: list[Any]) -> Any:
    """Return a JavaScript array of the items; the list is adopted."""
    from pywrangler.runtime.js.values import JsArray

    return JsArray.of_list(items)


def record(**fields: Any) -> Any:
    """Return a plain JavaScript object with the fields."""
    from pywrangler.runtime.js.values import JsObject

    return JsObject.new(**fields)


def iterator(items: Iterable[Any]) -> Any:
    """Return a JavaScript iterator over the items."""
    from pywrangler.runtime.js.values import JsIterator

    return JsIterator.over(items)


def pairs_of(init: Any, where: str) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of a sequence of pairs, or the entries of an object (Web IDL's sequence-or-record)."""
    if isinstance(init, JsProxy) and not hasattr(type(init), "__iter__"):
        for entry in init.object_entries():  # type: ignore[attr-defined]
            name, value = entry
            yield name, value
        return
    for pair in init:
        entry = None if isinstance(pair, (str, int)) else tuple(pair)
        if entry is None or len(entry) != 2:
            raise type_error(
                f"To initialize a {where} object from a sequence, each inner sequence must have exactly two elements."
            )
        yield entry[0], entry[1]


class Members:
    """A dictionary of options: `get(name)` gives the value, or None where the name is absent or undefined."""

    __slots__ = ("_keywords", "_object")

    def __init__(self, init: Any, keywords: Mapping[str, Any]) -> None:
        self._keywords = keywords
        self._object = init if isinstance(init, JsProxy) else None

    def get(self, name: str, default: Any = None) -> Any:
        """Return an option, or `default`."""
        value = self._keywords.get(name)
        if value is None and self._object is not None:
            value = getattr(self._object, name, None)
        return default if value is None else value


def members(init: Any, keywords: Mapping[str, Any], where: str) -> Members:
    """Return the options given as a trailing object `init`, as keyword arguments, or both.

    `where` names the API for messages. Raises the platform's TypeError for a value that cannot be a dictionary.
    """
    if init is None or init is jsnull or isinstance(init, JsProxy):
        return Members(init, keywords)
    if isinstance(init, (bool, int, float, str)):
        raise type_error(f"Failed to execute {where}: options must be an object.")
    warn_lost(where)
    return Members(None, keywords)


def warn_lost(where: str) -> None:
    """Warn that a Python container was given where JavaScript expects an object: production ignores what it holds."""
    from pywrangler.runtime import context

    context.log(
        "warn",
        f"{where}: a Python dict or list is not a JavaScript object, so its content is ignored. "
        "Pass keyword arguments, or to_js(value, dict_converter=Object.fromEntries).",
    )


def warn(text: str) -> None:
    """Report something that works here but will surprise in production."""
    from pywrangler.runtime import context

    context.log("warn", text)
