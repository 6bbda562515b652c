"""The encodings of `Buffer`: between texts and bytes, as lenient as Node.js is."""

from __future__ import annotations

import base64
import re
from typing import Any

from pywrangler.runtime.js.node.arguments import unknown_encoding
from pywrangler.runtime.js.webidl import encode as encode_utf8

_NAMES = {
    **dict.fromkeys(("utf8", "utf-8"), "utf8"),
    **dict.fromkeys(("utf16le", "utf-16le", "ucs2", "ucs-2"), "utf16le"),
    **dict.fromkeys(("latin1", "binary"), "latin1"),
    **{name: name for name in ("ascii", "hex", "base64", "base64url")},
}
_PAIRS = re.compile("(?:[0-9a-fA-F]{2})*")
_NO_BASE64 = re.compile("[^A-Za-z0-9+/]")


def canonical(name: Any) -> str | None:
    """Return the usual name of an encoding; None if there is no such encoding."""
    return _NAMES.get(name.lower()) if isinstance(name, str) else None


def encoding_or_raise(name: Any, default: str = "utf8") -> str:
    """Return the usual name; TypeError for one that does not exist."""
    if name is None:
        return default
    found = canonical(name)
    if found is None:
        raise unknown_encoding(name)
    return found


def units(text: str) -> bytes:
    """Return the UTF-16 units of a text, little-endian; lone surrogates stay."""
    return text.encode("utf-16-le", "surrogatepass")


def encode(text: str, encoding: Any = None) -> bytes:
    """Return the bytes that a text stands for."""
    kind = encoding_or_raise(encoding)
    if kind == "utf8":
        return encode_utf8(text)
    if kind == "utf16le":
        return units(text)
    if kind in {"latin1", "ascii"}:
        return units(text)[::2]
    if kind == "hex":
        found = _PAIRS.match(text)
        return bytes.fromhex(found.group() if found else "")
    return _from_base64(text)


def _from_base64(text: str) -> bytes:
    digits = _NO_BASE64.sub("", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def decode(data: bytes, encoding: Any = None) -> str:
    """Return the text that bytes stand for."""
    kind = encoding_or_raise(encoding)
    if kind == "utf8":
        return data.decode("utf-8", "replace")
    if kind == "utf16le":
        return data[: len(data) // 2 * 2].decode("utf-16-le", "surrogatepass")
    if kind == "latin1":
        return data.decode("latin-1")
    if kind == "ascii":
        return bytes(byte & 0x7F for byte in data).decode("ascii")
    if kind == "hex":
        return data.hex()
    text = base64.b64encode(data).decode()
    return text if kind == "base64" else text.replace("+", "-").replace("/", "_").rstrip("=")
