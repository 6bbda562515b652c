"""A parsed config file that still knows where everything stood.

Positions are kept as offsets while parsing and turned into lines and columns only when a problem is shown.
Lines and columns count from 1, columns in code points. A *trail* is the path of keys and indexes to a value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pywrangler.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Trail = tuple[str | int, ...]

DEPTH_LIMIT = 100
"""Levels of nesting; far beyond any real config, far below Python's recursion limit."""

SAFE_INTEGER = 2**53 - 1
"""The largest integer that a number of JavaScript holds exactly."""

EXCERPT_COLUMNS = 100
"""Longer source lines are cut around the place."""

_WIDE_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32 LE"),
    (b"\x00\x00\xfe\xff", "UTF-32 BE"),
    (b"\xff\xfe", "UTF-16 LE"),
    (b"\xfe\xff", "UTF-16 BE"),
)


class Span(NamedTuple):
    """Offsets of one entry: where its key (or array element) begins, where its value begins and ends."""

    key: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """The value of a config file with the places of its parts."""

    path: Path
    text: str
    value: Any
    spans: Mapping[Trail, Span] = field(default_factory=dict)
    duplicates: tuple[tuple[Trail, int], ...] = ()
    """Keys that appear again in the same object, with the offset of the later one."""

    def place(self, trail: Trail, *, key: bool = False) -> Place:
        """Return where the value (or the key) at `trail` stands, or its nearest ancestor that is known."""
        return place_at(self.path, self.text, self._offsets(trail, key=key)[0])

    def excerpt(self, trail: Trail, *, key: bool = False) -> str:
        """Return the source line of `trail` with carets below it."""
        start, end = self._offsets(trail, key=key)
        return excerpt_at(self.text, start, end)

    def _offsets(self, trail: Trail, *, key: bool) -> tuple[int, int]:
        for length in range(len(trail), 0, -1):
            span = self.spans.get(trail[:length])
            if span is not None:
                if key or length < len(trail):
                    # A missing field is shown at the object that should have it: at its key, or its opening brace.
                    return span.key, (_token_end(self.text, span.key))
                return span.value, span.end
        span = self.spans.get(())
        return (span.value, span.value + 1) if span else (0, 1)


def _token_end(text: str, start: int) -> int:
    if text[start : start + 1] in ('"', "'"):
        closing = text.find(text[start], start + 1)
        return closing + 1 if closing > 0 else start + 1
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] in "_-"):
        end += 1
    return max(end, start + 1)


def place_at(path: Path, text: str, offset: int) -> Place:
    """Return line and column of `offset` in `text`."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return Place(path, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def excerpt_at(text: str, start: int, end: int) -> str:
    """Return the line that holds `start`, numbered, and a line of carets below `start` to `end`."""
    number = place_at_line(text, start)
    begin = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    stop = min((at for at in (text.find("\n", start), text.find("\r", start)) if at >= 0), default=len(text))
    width = max(1, min(end, stop) - start)
    if stop - begin > EXCERPT_COLUMNS:
        begin = max(begin, start - EXCERPT_COLUMNS // 2)
        stop = min(stop, begin + EXCERPT_COLUMNS)
        width = max(1, min(width, stop - start))
    line = "".join(" " if char == "\t" or not char.isprintable() else char for char in text[begin:stop])
    margin = f"{number:>5} | "
    return f"{margin}{line}\n{' ' * (len(margin) - 2)}| {' ' * (start - begin)}{'^' * width}"


def place_at_line(text: str, offset: int) -> int:
    """Return the line number of `offset`."""
    return text[:offset].replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def decode(content: bytes, path: Path) -> str:
    """Return the text of a config file without its byte order mark; ConfigError if it is not UTF-8."""
    for mark, encoding in _WIDE_MARKS:
        if content.startswith(mark):
            raise ConfigError(
                [
                    Problem(
                        "config-encoding",
                        f"The configuration file begins with a {encoding} byte order mark.",
                        "Save it as UTF-8.",
                        Place(path),
                    )
                ]
            )
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        place = place_at(path, before, len(before))
        raise ConfigError(
            [Problem("config-encoding", "The configuration file is not valid UTF-8.", "Save it as UTF-8.", place)]
        ) from None


def syntax_error(path: Path, text: str, start: int, end: int, what: str, remedy: str = "") -> ConfigError:
    """Return the error for text that cannot be parsed, with its excerpt."""
    place = place_at(path, text, start)
    return ConfigError([Problem("config-syntax", what, remedy, place, excerpt=excerpt_at(text, start, end))])
