"""The heads of HTTP/1.1 messages: what a request means, and how a response is written (no I/O).

Rules: `request.url` is scheme, Host header and target, in the normal form of a URL (spec/cli.md, "Request seen by the
Worker"). Framing headers and hop-by-hop headers are the server's own; what the application says of them is dropped.
A header that would break out of its line is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pywrangler.runtime.js.request import parse_url
from pywrangler.runtime.js.response import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pywrangler.runtime.js.headers import Pairs

OWN_HEADERS = frozenset(("connection", "content-length", "keep-alive", "transfer-encoding", "upgrade"))
HANDSHAKE_HEADERS = OWN_HEADERS | {"sec-websocket-accept", "sec-websocket-extensions"}
BODILESS = frozenset((204, 304))

_HOST = re.compile(r"[A-Za-z0-9._\-]+(?::[0-9]{0,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{0,5})?")
# Targets that a URL parser would return unchanged; anything else takes the long way.
_PLAIN_TARGET = re.compile(r"(?:/(?!\.)[A-Za-z0-9_~.\-]*)+(?:\?[A-Za-z0-9_~./&=+%,:;@!*()\-]*)?")
_STATUS_LINES = {status: f"HTTP/1.1 {status} {reason}\r\n" for status, reason in REASONS.items()}
_NAMES_LIMIT = 2000
_names: dict[bytes, str] = {}


def header_name(name: bytes) -> str:
    """Return a header's name in lower case."""
    known = _names.get(name)
    if known is None:
        known = name.lower().decode("latin-1")
        if len(_names) < _NAMES_LIMIT:
            _names[name] = known
    return known


def header_value(value: bytes) -> str:
    """Return a header's value as text: UTF-8 as it is sent here, or Latin-1 as others send it."""
    try:
        return value.decode().rstrip(" \t")
    except UnicodeDecodeError:
        return value.decode("latin-1").rstrip(" \t")


@lru_cache(maxsize=64)
def origin(scheme: str, host: str) -> str:
    """Return scheme and host in normal form, without a slash at the end; ValueError if `host` is none."""
    if _HOST.fullmatch(host) is None:
        raise ValueError(f"Host {host!r}")
    try:
        return parse_url(f"{scheme}://{host}/")[:-1]
    except Exception as error:
        raise ValueError(f"Host {host!r}") from error


def request_url(scheme: str, host: str, target: bytes) -> str:
    """Return the absolute URL of a request; ValueError if it makes none."""
    base = origin(scheme, host)
    text = target.decode("latin-1")
    if _PLAIN_TARGET.fullmatch(text) is not None:
        return base + text
    if text[:1] != "/":
        if text == "*":
            return base + "/*"
        rest = text.partition("://")[2]
        if not text.lower().startswith(("http://", "https://")) or not rest:
            raise ValueError(f"target {text!r}")
        slash = min((index for index in map(rest.find, "/?#") if index >= 0), default=len(rest))
        base, text = origin(scheme, rest[:slash]), rest[slash:]
        text = text if text[:1] == "/" else "/" + text
    try:
        return parse_url(base + text.partition("#")[0])
    except Exception as error:
        raise ValueError(f"target {text!r}") from error


def path_of(target: bytes) -> str:
    """Return what the request log shows of a target: the path."""
    return target.partition(b"?")[0].decode("latin-1")


def response_head(status: int, reason: str, pairs: Pairs, framing: str, dropped: Iterable[str] = OWN_HEADERS) -> bytes:
    """Return status line, headers, `framing` (whole lines) and the empty line.

    Raises ValueError if the reason or a header would break out of its line.
    """
    line = _STATUS_LINES.get(status) if not reason else None
    line = line or f"HTTP/1.1 {status} {reason}\r\n"
    lines = [f"{name}: {value}\r\n" for name, value in pairs if name not in dropped]
    head = f"{line}{''.join(lines)}"
    if head.count("\n") != len(lines) + 1 or head.count("\r") != len(lines) + 1 or "\0" in head:
        raise ValueError("a header or reason phrase holds a line break")
    return f"{head}{framing}\r\n".encode()
