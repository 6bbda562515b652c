"""Mail as it travels: a section of headers, an empty line, a body (RFC 5322). Taken apart and changed as bytes.

Whatever is in a mail, it can be parsed: what is no header is remembered with its line, for whoever minds. Lines end
with CRLF or LF. Folded values are joined by one space and not decoded further, as the platform leaves them.
"""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_NAME = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNUSABLE = re.compile(r"[\0\r]")
_MESSAGE_ID = re.compile(r"<[^<>\s]+@[^<>\s]+>")
_NOT_A_DOMAIN = re.compile(r"[^A-Za-z0-9.-]")
_ID_CHARACTERS = string.ascii_letters + string.digits
_ID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail; names of headers are in lower case, in their order."""

    raw: bytes
    headers: tuple[tuple[str, str], ...]
    wrong_line: int | None
    """The first line among the headers that is none, counted from 1."""

    def first(self, name: str) -> str:
        """Return the first value of a header, "" without one."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def sender(self) -> str:
        """The address in From, "" without one."""
        return next(iter(addresses([self.first("from")])), "")

    @property
    def recipients(self) -> tuple[str, ...]:
        """The addresses in To."""
        return addresses([value for key, value in self.headers if key == "to"])

    @property
    def message_id(self) -> str:
        """The value of Message-ID, "" without one."""
        return self.first("message-id")

    @property
    def can_be_answered(self) -> bool:
        """Whether Message-ID has the form that an answer has to refer to."""
        return _MESSAGE_ID.fullmatch(self.message_id) is not None


def parse(raw: bytes) -> Mail:
    """Take a mail apart; never fails."""
    headers: list[tuple[str, str]] = []
    wrong_line = None
    for number, field in _fields(head(raw)):
        name, colon, value = field.partition(b":")
        text = _unfolded(value)
        if not colon or _NAME.fullmatch(name) is None or _UNUSABLE.search(text) is not None:
            wrong_line = number if wrong_line is None else wrong_line
            continue
        headers.append((name.decode().lower(), text))
    return Mail(raw, tuple(headers), wrong_line)


def _unfolded(value: bytes) -> str:
    parts = (part.strip(b" \t") for part in _LINE_END.split(value))
    return b" ".join(filter(None, parts)).decode("utf-8", "replace")


def head(raw: bytes) -> bytes:
    """Return the section of headers, without the line end of the last one; all of it if there is no body."""
    if raw.startswith((b"\r\n", b"\n")):
        return b""
    end = _END_OF_HEADERS.search(raw)
    return raw if end is None else raw[: end.start()]


def _fields(section: bytes) -> Iterator[tuple[int, bytes]]:
    """Give each header with the number of its first line and the lines that continue it."""
    first = 0
    field: list[bytes] = []
    for number, line in enumerate(_LINE_END.split(section), 1):
        if line[:1] in (b" ", b"\t") and field:
            field.append(line)
            continue
        if field:
            yield first, b"\n".join(field)
        field = [line] if line else []
        first = number
    if field:
        yield first, b"\n".join(field)


def addresses(values: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses in values of headers such as To; what is no address is left out."""
    from email.utils import getaddresses

    try:
        return tuple(address for _, address in getaddresses([value for value in values if value]) if address)
    except RecursionError:  # a thousand comments inside each other
        return ()


def with_header(raw: bytes, name: str, value: str) -> bytes:
    """Return the mail with one header of that name: the first one changed in its place, or a new one at the top."""
    new = f"{name}: {value}".encode()
    section = head(raw)
    position = 0
    wanted = name.lower().encode() + b":"
    while position <= len(section):
        end = _LINE_END.search(section, position)
        stop = len(section) if end is None else end.start()
        while end is not None and section[end.end() : end.end() + 1] in (b" ", b"\t"):
            end = _LINE_END.search(section, end.end())
            stop = len(section) if end is None else end.start()
        if section[position:stop].lower().startswith(wanted):
            return raw[:position] + new + raw[stop:]
        if end is None:
            break
        position = end.end()
    return new + b"\r\n" + raw


def new_message_id(sender: str) -> str:
    """Return a fresh Message-ID in the domain of an address; without the angle brackets it may name a file."""
    domain = _NOT_A_DOMAIN.sub("", sender.rpartition("@")[2] if "@" in sender else "")
    local = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
    return f"<{local}@{domain or 'localhost'}>"
