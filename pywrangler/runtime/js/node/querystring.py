"""`node:querystring`: the older way to read and write the query of a URL."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.node.arguments import is_number
from pywrangler.runtime.js.node.buffer import Buffer
from pywrangler.runtime.js.primitives import JsBigInt, to_string
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import JsObject, plain
from pywrangler.runtime.js.webidl import encode as encode_utf8

_PLAIN = "-_.!~*'()"


def escape(value: Any = None) -> str:
    """Return a text with what has a meaning in URLs as `%XX`; URIError for lone surrogates."""
    text = value if isinstance(value, str) else to_string(value)
    try:
        return quote(text, safe=_PLAIN)
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        if "\ufffd" in joined and "\ufffd" not in text:
            raise JsException("URIError", "URI malformed", properties={"code": "ERR_INVALID_URI"}) from None
        return quote(joined, safe=_PLAIN)


def unescapeBuffer(text: Any = None, decodeSpaces: Any = False) -> Buffer:
    """Return the bytes that a text with `%XX` stands for."""
    data = encode_utf8(to_string(text))
    return Buffer.from_bytes(unquote_to_bytes(data.replace(b"+", b" ") if decodeSpaces is True else data))


def unescape(text: Any = None) -> str:
    """Return what `escape` was given; what is no `%XX` stays."""
    return unescapeBuffer(text).toString()


def parse(text: Any = None, separator: Any = None, equals: Any = None, options: Any = None, **named: Any) -> JsObject:
    """Return an object of the pairs of a query; a name that occurs again has an array.

    Options: maxKeys (1000; 0 for all), decodeURIComponent.
    """
    found: dict[str, Any] = {}
    given = given_options(options, named)
    if not isinstance(text, str) or not text:
        return plain(found)
    between, mark = _marks(separator, equals)
    limit = given.get("maxKeys", 1000)
    decode = given.get("decodeURIComponent") or unescape
    pairs = [pair for pair in text.split(between) if pair]
    for pair in pairs if not is_number(limit) or limit <= 0 else pairs[: int(limit)]:
        name, _, value = pair.partition(mark)
        name, value = (decode(part.replace("+", " ")) for part in (name, value))
        if name not in found:
            found[name] = value
        elif isinstance(found[name], JsArray):
            found[name]._items.append(value)
        else:
            found[name] = array([found[name], value])
    return plain(found)


def stringify(value: Any = None, separator: Any = None, equals: Any = None, options: Any = None, **named: Any) -> str:
    """Return the query of an object; the values of an array repeat its name. Option: encodeURIComponent."""
    if not isinstance(value, (JsObject, dict)) or value is jsnull:
        return ""
    between, mark = _marks(separator, equals)
    encode = given_options(options, named).get("encodeURIComponent") or escape
    pairs = []
    for name, item in (value if isinstance(value, dict) else value._own_properties()).items():
        for each in item if isinstance(item, (JsArray, list, tuple)) else [item]:
            pairs += [f"{encode(name)}{mark}{encode(_shown(each))}"]
    return between.join(pairs)


def _marks(separator: Any, equals: Any) -> tuple[str, str]:
    return (
        separator if isinstance(separator, str) and separator else "&",
        equals if isinstance(equals, str) and equals else "=",
    )


def _shown(value: Any) -> str:
    if isinstance(value, (str, bool, JsBigInt)) or (is_number(value) and math.isfinite(value)):
        return to_string(value)
    return ""


EXPORTS: dict[str, Any] = {
    "decode": parse,
    "encode": stringify,
    "escape": escape,
    "parse": parse,
    "stringify": stringify,
    "unescape": unescape,
    "unescapeBuffer": unescapeBuffer,
}
