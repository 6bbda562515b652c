"""Parsing and writing URLs (https://url.spec.whatwg.org). Pure.

`parse` follows the standard's state machine, rearranged: the input is cut into scheme, authority, path, query and
fragment, and each part is brought into its normal form on its own; the setters of the URL class use the same parts.
A part that has no normal form makes the whole URL invalid (None).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pywrangler.runtime.js.url_host import parse_host

DEFAULT_PORTS: dict[str, int | None] = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21, "file": None}

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_NEWLINES = re.compile(r"[\t\n\r]")
_EDGES = "".join(map(chr, range(0x21)))
_DRIVE = re.compile(r"[A-Za-z][:|]")
_DRIVE_PREFIX = re.compile(r"[A-Za-z][:|](?:[/\\?#]|$)")
_SINGLE_DOT = frozenset((".", "%2e"))
_DOUBLE_DOT = frozenset(("..", ".%2e", "%2e.", "%2e%2e"))
_AUTHORITY_END = re.compile(r"[/?#]")
_SPECIAL_AUTHORITY_END = re.compile(r"[/\\?#]")
_PORT = re.compile(r"[0-9]*")


def _outside(excluded: str) -> re.Pattern[str]:
    """Everything that is not printable ASCII, and the excluded characters."""
    return re.compile("[^\\x20-\\x7e]" + (f"|[{re.escape(excluded)}]" if excluded else ""))


CONTROL_SET = _outside("")
FRAGMENT_SET = _outside(' "<>`')
QUERY_SET = _outside(' "#<>')
SPECIAL_QUERY_SET = _outside(" \"#<>'")
PATH_SET = _outside(' "#<>?^`{}')
USERINFO_SET = _outside(' "#<>?^`{}/:;=@[\\]|')


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def percent_encode(text: str, characters: re.Pattern[str]) -> str:
    """Return the text with the characters of the set percent-encoded as UTF-8."""
    return characters.sub(_escape, text)


@dataclass(slots=True)
class ParsedUrl:
    """A URL record: `path` is a list of segments, or a string for schemes such as data: and mailto:."""

    scheme: str
    username: str = ""
    password: str = ""
    host: str | None = None
    port: int | None = None
    path: list[str] | str = field(default_factory=list)
    query: str | None = None
    fragment: str | None = None

    @property
    def is_special(self) -> bool:
        """Whether the scheme is one of those with their own rules (http, https, ws, wss, ftp, file)."""
        return self.scheme in DEFAULT_PORTS

    @property
    def pathname(self) -> str:
        """The path as text."""
        return self.path if isinstance(self.path, str) else "".join("/" + segment for segment in self.path)

    @property
    def authority(self) -> str:
        """Host and port."""
        return (self.host or "") + (f":{self.port}" if self.port is not None else "")

    @property
    def origin(self) -> str:
        """Scheme, host and port; `null` for schemes without."""
        if self.scheme == "blob" and isinstance(self.path, str):
            inner = parse(self.path)
            return inner.origin if inner is not None and inner.scheme in {"http", "https"} else "null"
        return f"{self.scheme}://{self.authority}" if self.is_special and self.scheme != "file" else "null"

    @property
    def href(self) -> str:
        """The whole URL."""
        return self.without_fragment + ("" if self.fragment is None else "#" + self.fragment)

    @property
    def without_fragment(self) -> str:
        """The URL up to the fragment."""
        text = self.scheme + ":"
        if self.host is not None:
            text += "//"
            if self.username or self.password:
                text += self.username + (":" + self.password if self.password else "") + "@"
            text += self.authority
        elif isinstance(self.path, list) and len(self.path) > 1 and not self.path[0]:
            text += "/."  # or the path would read as an authority
        return text + self.pathname + ("" if self.query is None else "?" + self.query)


def parse(text: str, base: ParsedUrl | None = None) -> ParsedUrl | None:
    """Return the URL, or None if it is invalid; a relative reference needs a base."""
    text = _NEWLINES.sub("", text.strip(_EDGES))
    match = SCHEME.match(text)
    if match is None:
        return _parse_without_scheme(text, base)
    url = ParsedUrl(match[0][:-1].lower())
    rest = text[match.end() :]
    if url.scheme == "file":
        return _parse_file(url, rest, base if base is not None and base.scheme == "file" else None)
    if url.is_special:
        if base is not None and base.scheme == url.scheme and not rest.startswith("//"):
            return _parse_relative(url, rest, base)
        return _parse_authority(url, rest.lstrip("/\\"))
    if rest.startswith("//"):
        return _parse_authority(url, rest[2:])
    if rest.startswith("/"):
        return _finish(url, rest[1:])
    path = _split_tail(url, rest)
    if path.endswith(" ") and (url.query is not None or url.fragment is not None):
        path = path[:-1] + "%20"
    url.path = percent_encode(path, CONTROL_SET)
    return url


def _parse_without_scheme(text: str, base: ParsedUrl | None) -> ParsedUrl | None:
    if base is None:
        return None
    if isinstance(base.path, str):
        if not text.startswith("#"):
            return None
        return replace(base, fragment=percent_encode(text[1:], FRAGMENT_SET))
    url = ParsedUrl(base.scheme)
    return _parse_file(url, text, base) if base.scheme == "file" else _parse_relative(url, text, base)


def _parse_relative(url: ParsedUrl, text: str, base: ParsedUrl) -> ParsedUrl | None:
    slashes = "/\\" if url.is_special else "/"
    if text[:1] and text[0] in slashes:
        if text[1:2] and text[1] in slashes:
            return _parse_authority(url, text[2:].lstrip("/\\") if url.is_special else text[2:])
        _inherit_authority(url, base)
        return _finish(url, text[1:])
    _inherit_authority(url, base)
    return _continue_path(url, text, base)


def _inherit_authority(url: ParsedUrl, base: ParsedUrl) -> None:
    url.username, url.password, url.host, url.port = base.username, base.password, base.host, base.port


def _continue_path(url: ParsedUrl, text: str, base: ParsedUrl) -> ParsedUrl:
    """Resolve a reference that begins with a path segment, a query or a fragment."""
    url.path = list(base.path)
    if text[:1] in {"", "?", "#"}:
        url.query = base.query
        _split_tail(url, text)
        return url
    if url.scheme == "file" and _DRIVE_PREFIX.match(text):
        url.path = []
    else:
        _shorten(url)
    return _finish(url, text)


def _parse_authority(url: ParsedUrl, text: str) -> ParsedUrl | None:
    match = (_SPECIAL_AUTHORITY_END if url.is_special else _AUTHORITY_END).search(text)
    end = match.start() if match else len(text)
    authority, rest = text[:end], text[end:]
    credentials, at, location = authority.rpartition("@")
    if at:
        if not location:
            return None
        username, _, password = credentials.partition(":")
        url.username = percent_encode(username, USERINFO_SET)
        url.password = percent_encode(password, USERINFO_SET)
    if not set_host_and_port(url, location) or (not url.host and (at or url.port is not None)):
        return None
    return _after_authority(url, rest)


def _after_authority(url: ParsedUrl, rest: str) -> ParsedUrl:
    slashes = "/\\" if url.is_special else "/"
    if rest[:1] and rest[0] in slashes:
        return _finish(url, rest[1:])
    if url.is_special:
        return _finish(url, rest)
    _split_tail(url, rest)
    return url


def set_host_and_port(url: ParsedUrl, location: str) -> bool:
    """Read `host[:port]` into the URL; tells whether it is valid."""
    host, port = split_port(location)
    if port is not None and not host:
        return False
    if not host and url.is_special:
        return False
    parsed = parse_host(host, opaque=not url.is_special)
    if parsed is None or (port and not set_port(url, port)):
        return False
    url.host = parsed
    return True


def split_port(location: str) -> tuple[str, str | None]:
    """Cut `host:port` at the colon that is not inside brackets."""
    colon = location.find(":", location.find("]") + 1) if location.startswith("[") else location.find(":")
    return (location, None) if colon < 0 else (location[:colon], location[colon + 1 :])


def set_port(url: ParsedUrl, port: str) -> bool:
    """Set the port from digits; tells whether it is valid."""
    if _PORT.fullmatch(port) is None or len(port.lstrip("0")) > 5 or int(port) > 65535:
        return False
    number = int(port)
    url.port = None if DEFAULT_PORTS.get(url.scheme) == number else number
    return True


def _parse_file(url: ParsedUrl, text: str, base: ParsedUrl | None) -> ParsedUrl | None:
    url.host = ""
    if text[:1] not in {"/", "\\"}:
        if base is None:
            return _finish(url, text)
        url.host = base.host
        return _continue_path(url, text, base)
    if text[1:2] in {"/", "\\"}:
        return _parse_file_host(url, text[2:])
    if base is not None:
        url.host = base.host
        first = base.path[0] if base.path else ""
        if not _DRIVE_PREFIX.match(text[1:]) and len(first) == 2 and first[1] == ":" and first[0].isalpha():
            url.path = [first]
    return _finish(url, text[1:])


def _parse_file_host(url: ParsedUrl, text: str) -> ParsedUrl | None:
    match = _SPECIAL_AUTHORITY_END.search(text)
    end = match.start() if match else len(text)
    host = text[:end]
    if _DRIVE.fullmatch(host):
        return _finish(url, text)
    if host:
        parsed = parse_host(host, opaque=False)
        if parsed is None:
            return None
        url.host = "" if parsed == "localhost" else parsed
    return _after_authority(url, text[end:])


def _split_tail(url: ParsedUrl, text: str) -> str:
    """Cut query and fragment off into the URL and return what stands before."""
    text, hash_mark, fragment = text.partition("#")
    path, question_mark, query = text.partition("?")
    if question_mark:
        set_query(url, query)
    if hash_mark:
        url.fragment = percent_encode(fragment, FRAGMENT_SET)
    return path


def set_query(url: ParsedUrl, query: str) -> None:
    """Set the query from text without the question mark."""
    url.query = percent_encode(query, SPECIAL_QUERY_SET if url.is_special else QUERY_SET)


def _finish(url: ParsedUrl, text: str) -> ParsedUrl:
    """Append path, query and fragment; the path's leading slash is cut off already."""
    append_path(url, _split_tail(url, text))
    return url


def append_path(url: ParsedUrl, text: str) -> None:
    """Append the segments of `text` to the path, dots resolved."""
    if url.is_special:
        text = text.replace("\\", "/")
    segments = text.split("/")
    path = url.path
    assert isinstance(path, list)
    for index, segment in enumerate(segments):
        is_last = index == len(segments) - 1
        encoded = percent_encode(segment, PATH_SET)
        lower = encoded.lower()
        if lower in _DOUBLE_DOT:
            _shorten(url)
            if is_last:
                path.append("")
        elif lower in _SINGLE_DOT:
            if is_last:
                path.append("")
        elif url.scheme == "file" and not path and _DRIVE.fullmatch(encoded):
            path.append(encoded[0] + ":")
        else:
            path.append(encoded)


def _shorten(url: ParsedUrl) -> None:
    path = url.path
    assert isinstance(path, list)
    if url.scheme == "file" and len(path) == 1 and re.fullmatch(r"[A-Za-z]:", path[0]):
        return
    if path:
        path.pop()
