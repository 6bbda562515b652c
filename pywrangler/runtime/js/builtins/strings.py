"""`String`, and the functions that escape parts of URIs."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from pywrangler.runtime.js.builtins.constructor import Constructor, only
from pywrangler.runtime.js.errors import JsException, range_error
from pywrangler.runtime.js.primitives import to_integer, to_number, to_string

_COMPONENT_SAFE = "-_.!~*'()"
_URI_SAFE = _COMPONENT_SAFE + ";/?:@&=+$,#"
_ESCAPED = re.compile(r"(?:%[0-9a-fA-F]{2})+")


class StringConstructor(Constructor):
    """The value of `js.String`."""

    _name = "String"

    def __call__(self, value: Any = "", *_rest: Any) -> str:
        return to_string(value)

    def new(self, value: Any = "") -> str:
        """`new String(x)`: strings have no objects here."""
        return to_string(value)

    def fromCharCode(self, *codes: Any) -> str:
        """Return the string of UTF-16 units."""
        units = b"".join((int(to_integer(code)) & 0xFFFF).to_bytes(2, "little") for code in codes)
        return units.decode("utf-16-le", "surrogatepass")

    def fromCodePoint(self, *codes: Any) -> str:
        """Return the string of code points; RangeError outside Unicode."""
        points = [to_number(code) for code in codes]
        for point in points:
            if not isinstance(point, int) or not 0 <= point <= 0x10FFFF:
                raise range_error(f"Invalid code point {to_string(point)}")
        return "".join(chr(int(point)) for point in points)


String: StringConstructor = only(StringConstructor)


def encodeURIComponent(text: Any = None) -> str:
    """Escape everything that has a meaning in URIs; URIError for lone surrogates."""
    return _encode(to_string(text), _COMPONENT_SAFE)


def encodeURI(text: Any = None) -> str:
    """Escape what must not stand in a URI."""
    return _encode(to_string(text), _URI_SAFE)


def _encode(text: str, safe: str) -> str:
    try:
        return quote(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le"), safe=safe)
    except UnicodeDecodeError:
        raise JsException("URIError", "URI malformed") from None


def decodeURIComponent(text: Any = None) -> str:
    """Undo `encodeURIComponent`; URIError if an escape is malformed."""
    return _decode(to_string(text), "")


def decodeURI(text: Any = None) -> str:
    """Undo `encodeURI`: escapes of reserved characters stay."""
    return _decode(to_string(text), ";/?:@&=+$,#")


def _decode(text: str, kept: str) -> str:
    if "%" in _ESCAPED.sub("", text):
        raise JsException("URIError", "URI malformed")

    def replace(match: re.Match[str]) -> str:
        try:
            decoded = unquote_to_bytes(match[0]).decode()
        except UnicodeDecodeError:
            raise JsException("URIError", "URI malformed") from None
        return "".join(f"%{ord(c):02X}" if c in kept else c for c in decoded)

    return _ESCAPED.sub(replace, text)
