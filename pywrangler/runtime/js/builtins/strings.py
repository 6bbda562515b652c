"""`String`, and the functions that escape parts of URIs and other texts."""

from __future__ import annotations

import itertools
import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from pywrangler.runtime.js.builtins.constructor import Constructor, only
from pywrangler.runtime.js.builtins.string_object import StringObject, text_of, units_of
from pywrangler.runtime.js.errors import JsException, range_error
from pywrangler.runtime.js.primitives import to_integer, to_number, to_string

_COMPONENT_SAFE = "-_.!~*'()"
_URI_SAFE = _COMPONENT_SAFE + ";/?:@&=+$,#"
_OLD_ESCAPE = re.compile(r"%u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})")
_ESCAPED = re.compile(r"(?:%[0-9a-fA-F]{2})+")


class StringConstructor(Constructor):
    """The value of `js.String`."""

    _name = "String"
    _instances = StringObject

    def __call__(self, value: Any = "", *_rest: Any) -> str:
        return to_string(value)

    _objects = StringObject

    def new(self, value: Any = "") -> StringObject:
        """`new String(x)`: an object with JavaScript's methods of strings."""
        return StringObject.new(value)  # type: ignore[no-any-return]

    def raw(self, template: Any, *substitutions: Any) -> str:
        """Return a template literal's text: the parts of `template.raw` with substitutions between."""
        parts = [to_string(part) for part in template.raw]
        between = [to_string(value) for value in substitutions[: max(0, len(parts) - 1)]]
        return "".join(part + put for part, put in itertools.zip_longest(parts, between, fillvalue=""))

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


def escape(text: Any = None) -> str:
    """Escape as pages of long ago did: `%xx` and `%uxxxx` for UTF-16 units."""
    safe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@*_+-./"
    return "".join(
        unit if unit in safe else f"%{ord(unit):02X}" if unit <= "\xff" else f"%u{ord(unit):04X}"
        for unit in units_of(to_string(text))
    )


def unescape(text: Any = None) -> str:
    """Undo `escape`; what is no escape stays."""
    replaced = _OLD_ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), units_of(to_string(text)))
    return text_of(replaced)
