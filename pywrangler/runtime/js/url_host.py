"""Hosts of URLs: domains, IPv4 and IPv6 addresses in all the spellings that browsers take. Pure.

Source: https://url.spec.whatwg.org/#host-parsing. International domains become Punycode after the mapping of UTS 46.
"""

from __future__ import annotations

import re

_FORBIDDEN_HOST = re.compile(r"[\0\t\n\r #/:<>?@\[\\\]^|]")
_FORBIDDEN_DOMAIN = re.compile(r"[\0-\x20\x7f#/:<>?@\[\\\]^|%]")
_CONTROL = re.compile(r"[^\x20-\x7e]")
_PLAIN = re.compile(r"[a-z0-9-]*[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_LAST_NUMBER = re.compile(r"(?:[0-9]+|0[xX][0-9A-Fa-f]*)")


def percent_decode(data: bytes) -> bytes:
    """Return the bytes with every valid `%XX` replaced."""
    return _ESCAPE.sub(lambda match: bytes((int(match[1], 16),)), data) if b"%" in data else data


def parse_host(text: str, *, opaque: bool) -> str | None:
    """Return the host in its normal form, or None if it is invalid."""
    if text.startswith("["):
        address = parse_ipv6(text[1:-1]) if text.endswith("]") else None
        return None if address is None else f"[{address}]"
    if opaque:
        if _FORBIDDEN_HOST.search(text):
            return None
        return _CONTROL.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), text)
    if _PLAIN.fullmatch(text) and "xn--" not in text:
        return text
    domain = percent_decode(text.encode("utf-8", "replace")).decode("utf-8", "replace")
    ascii_domain = domain_to_ascii(domain)
    if not ascii_domain or _FORBIDDEN_DOMAIN.search(ascii_domain):
        return None
    labels = ascii_domain.split(".")
    last = labels[-1] or (labels[-2] if len(labels) > 1 else "")
    if _LAST_NUMBER.fullmatch(last):
        return parse_ipv4(ascii_domain)
    return ascii_domain


def domain_to_ascii(domain: str) -> str | None:
    """Return the domain in lower-case ASCII, or None if it cannot be mapped."""
    lower = domain.lower()
    if domain.isascii() and "xn--" not in lower:
        return lower
    import idna

    try:
        mapped = domain if domain.isascii() else idna.uts46_remap(domain, std3_rules=False, transitional=False)
        return ".".join(map(_label_to_ascii, mapped.lower().split(".")))
    except (idna.IDNAError, UnicodeError, ValueError):
        return None


def _label_to_ascii(label: str) -> str:
    if not label.isascii():
        if label.startswith("xn--"):
            raise ValueError("not Punycode")
        encoded = "xn--" + label.encode("punycode").decode("ascii")
        if len(encoded) > 63:
            raise ValueError("label too long")
        return encoded
    if label.startswith("xn--"):
        decoded = label[4:].encode("ascii").decode("punycode")
        if decoded.isascii() or decoded.encode("punycode").decode("ascii") != label[4:]:
            raise ValueError("not the Punycode of anything")
    return label


def _ipv4_number(text: str) -> int | None:
    if text[:2] in {"0x", "0X"}:
        digits, radix, allowed = text[2:], 16, "0123456789abcdefABCDEF"
    elif len(text) > 1 and text[0] == "0":
        digits, radix, allowed = text[1:], 8, "01234567"
    else:
        digits, radix, allowed = text, 10, "0123456789"
    if not text or any(character not in allowed for character in digits):
        return None
    if len(digits.lstrip("0")) > 12:  # far above 2**32: keeps the conversion cheap
        return 1 << 40
    return int(digits, radix) if digits else 0


def parse_ipv4(text: str) -> str | None:
    """Return a dotted address for any of the spellings (`0x7f.1`, `017700000001`), or None."""
    parts = text.split(".")
    if not parts[-1] and len(parts) > 1:
        parts.pop()
    if len(parts) > 4:
        return None
    numbers = [_ipv4_number(part) for part in parts]
    address = 0
    for index, number in enumerate(numbers):
        if number is None:
            return None
        if index < len(numbers) - 1:
            if number > 255:
                return None
            address += number << (8 * (3 - index))
        else:
            if number >= 256 ** (5 - len(numbers)):
                return None
            address += number
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def parse_ipv6(text: str) -> str | None:
    """Return the compressed form without brackets, or None."""
    from ipaddress import AddressValueError, IPv6Address

    if "%" in text:
        return None
    try:
        number = int(IPv6Address(text))
    except AddressValueError:
        return None
    groups = [f"{number >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    best_start, best_length, start = -1, 1, 0
    while start < 8:
        length = 0
        while start + length < 8 and groups[start + length] == "0":
            length += 1
        if length > best_length:
            best_start, best_length = start, length
        start += length or 1
    if best_start < 0:
        return ":".join(groups)
    return ":".join(groups[:best_start]) + "::" + ":".join(groups[best_start + best_length :])
