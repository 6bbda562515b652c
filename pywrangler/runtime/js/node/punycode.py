"""`node:punycode`: names of hosts in ASCII (RFC 3492)."""

from __future__ import annotations

import re
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import range_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.values import plain

_DOTS = re.compile("[\u3002\uff0e\uff61]")


def encode(text: Any = None) -> str:
    """Return a text in ASCII letters, digits and hyphens."""
    return to_string(text).encode("punycode").decode("ascii")


def decode(text: Any = None) -> str:
    """Return what `encode` was given; RangeError for anything else."""
    given = to_string(text)
    if not given.isascii():
        raise range_error("Illegal input >= 0x80 (not a basic code point)" if "-" in given else "Invalid input")
    try:
        return given.encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError) as problem:
        wide = "invalid extended code point" not in str(problem)
        raise range_error("Overflow: input needs wider integers to process" if wide else "Invalid input") from None


def _each_label(domain: Any, convert: Any) -> str:
    user, at, host = to_string(domain).rpartition("@")
    return user + at + ".".join(convert(label) for label in _DOTS.sub(".", host).split("."))


def toASCII(domain: Any = None) -> str:
    """Return a host (or the host of a mail address) with labels in ASCII."""
    return _each_label(domain, lambda label: label if label.isascii() else f"xn--{encode(label)}")


def toUnicode(domain: Any = None) -> str:
    """Return a host with its labels as people write them."""
    return _each_label(domain, lambda label: decode(label[4:].lower()) if label.startswith("xn--") else label)


def _ucs2_decode(text: Any = None) -> Any:
    return array([ord(character) for character in to_string(text)])


def _ucs2_encode(points: Any = ()) -> str:
    return "".join(chr(point) for point in points)


EXPORTS: dict[str, Any] = {
    "decode": decode,
    "encode": encode,
    "toASCII": toASCII,
    "toUnicode": toUnicode,
    "ucs2": plain({"decode": _ucs2_decode, "encode": _ucs2_encode}),
    "version": "2.1.0",
}
