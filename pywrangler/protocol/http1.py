"""Requests of HTTP/1.1 (RFC 9112), from bytes to events, without I/O.

    decoder.receive(data)
    decoder.next_event()    a Head, then pieces of the body (bytes), then END; None: more bytes are needed

Nothing is read ahead. Who asks for no event after END finds all that follows in `rest`, so that another protocol can
begin there, and a client that sends a thousand requests at once has one of them parsed at a time.

Where a message ends must not be a matter of opinion, or one client's body becomes the next one's request:

- `Upgrade` says nothing about the body: a request that asks for another protocol is read to its end like any other.
- `Content-Length` and `Transfer-Encoding` exclude each other, several lengths must agree, the last coding must be
  `chunked`, and HTTP/1.0 does not know it.
- Chunks end with CRLF. The lines of a head may end with LF alone, as people type them.
- Trailers must have the form of headers. They are limited and dropped; they never count as headers of any request.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final, NamedTuple

from pywrangler.errors import RequestError

HEAD_LIMIT_BYTES = 128 * 1024
HEADER_COUNT_LIMIT = 500
CHUNK_LINE_LIMIT_BYTES = 16 * 1024
TRAILERS_LIMIT_BYTES = 16 * 1024

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
_REQUEST_LINE = re.compile(rf"({_TOKEN}+) ([^\0-\x20\x7f]+) HTTP/1\.([01])")
_NAME = re.compile(rf"{_TOKEN}+")
_TRAILERS = re.compile(rf"(?:{_TOKEN}+:[^\0\r\n]*\r\n)*+\r\n".encode())
_HEAD_END = re.compile(rb"\n\r?\n")
_LONE_LF = re.compile(rb"(?<!\r)\n")
_BLANK_LINES = re.compile(rb"(?:\r?\n)*+")
_NEWLINES = frozenset(b"\r\n")
_BEGINNING = re.compile(rf"{_TOKEN}{{0,32}}+(?: |\r?\Z)".encode())
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*+(?:;[^\0\r\n]*)?")
_LENGTH = re.compile(r"[0-9]{1,18}")
_NAMED = frozenset((
    "accept-encoding", "cf-connecting-ip", "connection", "content-length", "expect", "host", "sec-websocket-extensions",
    "sec-websocket-key", "sec-websocket-version", "transfer-encoding", "upgrade",
))  # fmt: skip
_NAMES_LIMIT = 2000
_names: dict[str, str] = {}
"""Names of headers that were seen, as written, to those in lower case."""


class End(Enum):
    """The end of a request."""

    END = 0


END: Final = End.END


class Head(NamedTuple):
    """Everything before a request's body."""

    method: str
    target: str
    is_http10: bool
    pairs: list[tuple[str, str]]
    """All headers, names in lower case, in their order."""
    named: dict[str, str]
    """The headers that mean something to a server; those sent several times are joined by a comma."""
    length: int | None
    """Length of the body; None if it is chunked."""
    keep_alive: bool
    upgrade: str
    """The protocol that the client would rather speak, in lower case; empty if it asks for none."""


class _State(Enum):
    HEAD = 0
    SIZED = 1
    CHUNK_LINE = 2
    CHUNK = 3
    CHUNK_END = 4
    TRAILERS = 5


class RequestDecoder:
    """What one client sends, request after request."""

    __slots__ = ("_data", "_remaining", "_searched", "_start", "_state")

    def __init__(self) -> None:
        self._data: bytes | bytearray = b""
        self._start = 0
        """Where in `_data` begins what no event has told yet."""
        self._searched = 0
        """Up to there `_data` holds no end of a head."""
        self._state = _State.HEAD
        self._remaining = 0

    @property
    def size(self) -> int:
        """How many bytes were received and not yet told."""
        return len(self._data) - self._start

    @property
    def rest(self) -> bytes:
        """What was received and not yet told."""
        return bytes(self._data[self._start :])

    @property
    def is_between_requests(self) -> bool:
        """Whether nothing of a request has been received."""
        return self._state is _State.HEAD and self._start == len(self._data)

    def receive(self, data: bytes) -> None:
        """Take bytes of the client."""
        if self._start == len(self._data):
            self._data = data
            self._start = self._searched = 0
            return
        if isinstance(self._data, bytes):
            self._data = bytearray(memoryview(self._data)[self._start :])
        else:
            del self._data[: self._start]
        self._searched = max(0, self._searched - self._start)
        self._start = 0
        self._data += data

    def next_event(self) -> Head | bytes | End | None:
        """Return the next event, None if it has not arrived; RequestError if there can be none."""
        if self._state is _State.HEAD:
            return self._head()
        if self._state is _State.SIZED:
            if not self._remaining:
                self._state = _State.HEAD
                return END
            return self._piece() or None
        return self._chunked()

    # ---- heads --------------------------------------------------------------------------------------------

    def _head(self) -> Head | None:
        data = self._data
        if self._start == len(data):
            return None
        if data[self._start] in _NEWLINES:
            blank = _BLANK_LINES.match(data, self._start)
            assert blank is not None
            self._start = blank.end()
        found = _HEAD_END.search(data, max(self._start, self._searched))
        end = len(data) if found is None else found.end()
        if end - self._start > HEAD_LIMIT_BYTES:
            raise RequestError("Request Header Fields Too Large", 431)
        if found is None:
            # Whatever else speaks to this port, such as a TLS client, shall not wait for an answer.
            if _BEGINNING.match(data, self._start) is None:
                raise RequestError("Bad Request: this is no HTTP request")
            self._searched = max(self._start, len(data) - 2)
            return None
        head = bytes(data[self._start : end])
        self._start = end
        parsed = _parse(head)
        self._state = _State.CHUNK_LINE if parsed.length is None else _State.SIZED
        self._remaining = parsed.length or 0
        return parsed

    # ---- bodies -------------------------------------------------------------------------------------------

    def _piece(self) -> bytes:
        """Return what has arrived of the `_remaining` bytes."""
        data, start = self._data, self._start
        end = min(len(data), start + self._remaining)
        self._start = end
        self._remaining -= end - start
        if start == 0 and end == len(data) and isinstance(data, bytes):
            return data
        return bytes(memoryview(data)[start:end])

    def _chunked(self) -> bytes | End | None:
        while True:
            match self._state:
                case _State.CHUNK_LINE:
                    line = self._line()
                    if line is None:
                        return None
                    size = _CHUNK_LINE.fullmatch(line)
                    if size is None:
                        raise RequestError("Bad Request: malformed chunk")
                    self._remaining = int(size[1], 16)
                    self._state = _State.CHUNK if self._remaining else _State.TRAILERS
                case _State.CHUNK:
                    piece = self._piece()
                    if not self._remaining:
                        self._state = _State.CHUNK_END
                    if piece or self._remaining:
                        return piece or None
                case _State.CHUNK_END:
                    end = self._data[self._start : self._start + 2]
                    if not b"\r\n".startswith(end):
                        raise RequestError("Bad Request: malformed chunk")
                    if len(end) < 2:
                        return None
                    self._start += 2
                    self._state = _State.CHUNK_LINE
                case _:
                    return self._trailers()

    def _line(self) -> bytes | None:
        end = self._data.find(b"\n", self._start, self._start + CHUNK_LINE_LIMIT_BYTES)
        if end < 0:
            if self.size >= CHUNK_LINE_LIMIT_BYTES:
                raise RequestError("Bad Request: malformed chunk")
            return None
        line = bytes(self._data[self._start : end])
        self._start = end + 1
        if line[-1:] != b"\r":
            raise RequestError("Bad Request: malformed chunk")
        return line[:-1]

    def _trailers(self) -> End | None:
        data, start = self._data, self._start
        if data[start : start + 2] == b"\r\n":
            end = start + 2
        else:
            found = data.find(b"\r\n\r\n", start, start + TRAILERS_LIMIT_BYTES)
            if found < 0:
                if self.size >= TRAILERS_LIMIT_BYTES:
                    raise RequestError("Request Header Fields Too Large", 431)
                return None
            end = found + 4
            if _TRAILERS.fullmatch(data, start, end) is None:
                raise RequestError("Bad Request: malformed trailer")
        self._start = end
        self._state = _State.HEAD
        self._searched = 0
        return END


def _parse(head: bytes) -> Head:
    if head.count(b"\n") != head.count(b"\r\n"):
        head = _LONE_LF.sub(b"\r\n", head)
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    parts = _REQUEST_LINE.fullmatch(first)
    if parts is None:
        raise RequestError("Bad Request: malformed request line")
    if b"\0" in head or head.count(b"\r") != len(lines) + 2:
        raise RequestError("Bad Request: malformed header")
    method, target, minor = parts.groups()
    if not target.isascii():
        try:
            target = target.encode("latin-1").decode()
        except UnicodeDecodeError as problem:
            raise RequestError("Bad Request: the target is not UTF-8") from problem
    is_http10 = minor == "0"
    pairs: list[tuple[str, str]] = []
    named: dict[str, str] = {}
    for line in lines:
        written, colon, value = line.partition(":")
        name = _names.get(written) or _name(written)
        if not colon:
            raise RequestError("Bad Request: malformed header")
        value = value.strip(" \t")
        if not value.isascii():
            value = _decoded(value)
        pairs.append((name, value))
        if name in _NAMED:
            named[name] = f"{named[name]}, {value}" if name in named else value
    if len(pairs) > HEADER_COUNT_LIMIT:
        raise RequestError("Request Header Fields Too Large", 431)
    keep_alive, upgrade = not is_http10, ""
    if "connection" in named:
        options = {option.strip() for option in named["connection"].lower().split(",")}
        keep_alive = "close" not in options and (not is_http10 or "keep-alive" in options)
        if "upgrade" in options and not is_http10:
            upgrade = named.get("upgrade", "").lower()
    return Head(method, target, is_http10, pairs, named, _length(named, is_http10), keep_alive, upgrade)


def _name(written: str) -> str:
    """Return a header's name in lower case."""
    if _NAME.fullmatch(written) is None:
        raise RequestError("Bad Request: malformed header")
    name = written.lower()
    if len(_names) < _NAMES_LIMIT:
        _names[written] = name
    return name


def _decoded(value: str) -> str:
    """Return a header's value as it was meant: UTF-8 as it is sent here, or Latin-1 as others send it."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeDecodeError:
        return value


def _length(named: dict[str, str], is_http10: bool) -> int | None:
    """Return the length of the body, None if it is chunked."""
    coding, length = named.get("transfer-encoding"), named.get("content-length")
    if coding is not None:
        if is_http10:
            raise RequestError("Bad Request: Transfer-Encoding in a request of HTTP/1.0")
        if length is not None:
            raise RequestError("Bad Request: both Content-Length and Transfer-Encoding")
        if coding.lower().rpartition(",")[2].strip() != "chunked":
            raise RequestError("Bad Request: the last Transfer-Encoding is not chunked")
        return None
    if length is None:
        return 0
    values = {value.strip() for value in length.split(",")}
    if len(values) != 1 or _LENGTH.fullmatch(value := values.pop()) is None:
        raise RequestError("Bad Request: malformed Content-Length")
    return int(value)
