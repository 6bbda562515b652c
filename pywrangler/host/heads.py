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
# Scheme and authority of a target count for nothing: the Host header says where the request went to. What the parts may
# not hold was measured with wrangler 4.164 (tests/http/test_targets.py).
_AUTHORITY = r"[A-Za-z0-9\-._~!$&'()*+,;=:@\[\]]+"
_TARGET = re.compile(
    rf"(?:[A-Za-z0-9+.\-]*://{_AUTHORITY}(?=[/?#]|\Z)|(?=/)|{_AUTHORITY}\Z)([^<>`?#]*)(\?[^<>\"#]*)?(?:#.*)?"
)
_STATUS_LINES = {status: f"HTTP/1.1 {status} {reason}\r\n" for status, reason in REASONS.items()}


@lru_cache(maxsize=64)
def origin(scheme: str, host: str) -> str:
    """Return scheme and host in normal form, without a slash at the end; ValueError if `host` is none."""
    if _HOST.fullmatch(host) is None:
        raise ValueError(f"Host {host!r}")
    try:
        return parse_url(f"{scheme}://{host}/")[:-1]
    except Exception as error:
        raise ValueError(f"Host {host!r}") from error


def request_url(scheme: str, host: str, target: str) -> str:
    """Return the absolute URL of a request; ValueError if it makes none."""
    base = origin(scheme, host)
    if _PLAIN_TARGET.fullmatch(target) is not None:
        return base + target
    if target == "*":
        return f"{base}/*"
    parts = _TARGET.fullmatch(target)
    if parts is None:
        raise ValueError(f"target {target!r}")
    path, query = parts.groups("")
    return parse_url(f"{base}{path or '/'}{query}")


def path_of(url: str) -> str:
    """Return what the request log shows of a URL: the path, which is plain ASCII whatever the client sent."""
    return url[url.index("/", url.index("://") + 3) :].partition("?")[0]


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
