"""TOML 1.1 configs: tomli for the values, a scan of our own for the places.

The scan runs over text that tomli has accepted, so it only has to recognise where keys and values begin. Dates have no
counterpart in JSON and are errors everywhere (spec/config.md, section 2); so are integers that a number of JavaScript
cannot hold.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from pywrangler.config.document import DEPTH_LIMIT, SAFE_INTEGER, Document, Span, Trail, decode, syntax_error
from pywrangler.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_AT = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)  # fmt: skip
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_SCALAR = re.compile(r"[^,\]}\n#]+")


def parse(content: bytes, path: Path) -> Document:
    """Return the document in `content`; ConfigError with place if it is malformed or holds dates."""
    import tomli

    text = decode(content, path).replace("\r\n", "\n")
    try:
        value = tomli.loads(text)
    except ValueError as error:  # TOMLDecodeError, and int() on thousands of digits
        raise _explain(path, text, str(error)) from None
    except RecursionError:
        raise _too_deep(path) from None
    _check_depth(value, path)
    document = Document(path, text, value, _Scan(text).spans)
    problems = [_unusable(document, trail, found) for trail, found in _leaves(value) if not _is_usable(found)]
    if problems:
        raise ConfigError(problems)
    return document


def _explain(path: Path, text: str, message: str) -> ConfigError:
    match = _AT.search(message)
    if "integer string conversion" in message:
        message = "An integer has thousands of digits"
    if not match:
        end = len(text.rstrip())
        return syntax_error(path, text, end, end + 1, f"{message}.")
    line, column = int(match[1]), int(match[2])
    start = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1
    return syntax_error(path, text, start, start + 1, f"{message[: match.start()]}.")


def _too_deep(path: Path) -> ConfigError:
    return ConfigError([Problem("config-syntax", f"Nested more than {DEPTH_LIMIT} levels deep.", "", Place(path))])


def _check_depth(value: Any, path: Path) -> None:
    level = [value]
    for _ in range(DEPTH_LIMIT):
        level = [
            child
            for item in level
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _too_deep(path)


def _leaves(value: Any, trail: Trail = ()) -> Iterator[tuple[Trail, Any]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list):
            yield from _leaves(item, (*trail, key))
        else:
            yield (*trail, key), item


def _is_usable(value: Any) -> bool:
    if isinstance(value, int):
        return abs(value) <= SAFE_INTEGER
    return not isinstance(value, dt.date | dt.time)


def _unusable(document: Document, trail: Trail, found: Any) -> Problem:
    names = [key for key in trail if isinstance(key, str)]
    if isinstance(found, int):
        code = "toml-integer"
        what = f'The integer in the field "{".".join(names)}" is beyond 2^53: a number of JavaScript cannot hold it.'
        text = document.text[slice(*document.spans[trail][1:])]
    else:
        code, text = "toml-date", found.isoformat()
        what = f'The field "{".".join(names)}" is a TOML date, which is not supported.'
    remedy = f'Write a string instead: {names[-1]} = "{text}".' if len(text) < 40 else "Write a string instead."
    return Problem(code, what, remedy, document.place(trail), excerpt=document.excerpt(trail))


class _Scan:
    """Finds the spans of all entries in valid TOML."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: dict[Trail, Span] = {(): Span(0, 0, len(text))}
        self._elements: dict[Trail, int] = {}
        """Index of the latest element of each array of tables."""
        table: Trail = ()
        at = self._blank(0)
        while at < len(text):
            if text[at] == "[":
                table, at = self._header(at)
            else:
                at = self._entry(at, table)
            at = self._blank(at)

    def _blank(self, at: int) -> int:
        match = _BLANK.match(self.text, at)
        return match.end() if match else at

    def _header(self, at: int) -> tuple[Trail, int]:
        is_element = self.text.startswith("[[", at)
        keys, end = self._key(self._blank(at + 1 + is_element))
        trail: Trail = ()
        for number, key in enumerate(keys, 1):
            trail = (*trail, key)
            if number == len(keys) and is_element:
                self._elements[trail] = self._elements.get(trail, -1) + 1
            self.spans.setdefault(trail, Span(at, at, end))
            if trail in self._elements:
                trail = (*trail, self._elements[trail])
        self.spans.setdefault(trail, Span(at, at, end))
        return trail, self.text.index("]", end) + 1 + is_element

    def _key(self, at: int) -> tuple[list[str], int]:
        keys = []
        while True:
            match = _STRING.match(self.text, at)
            if match:
                keys.append(_unquote(match[0]))
            else:
                match = _BARE_KEY.match(self.text, at)
                if not match:
                    return keys, at
                keys.append(match[0])
            at = match.end()
            dot = _DOT.match(self.text, at)
            if not dot:
                return keys, at
            at = dot.end()

    def _entry(self, at: int, table: Trail) -> int:
        keys, end = self._key(at)
        begin = self._blank(self.text.index("=", end) + 1)
        trail = table
        for key in keys[:-1]:
            trail = (*trail, key)
            self.spans.setdefault(trail, Span(at, at, end))
        return self._value(begin, at, (*trail, *keys[-1:]))

    def _value(self, at: int, key_at: int, trail: Trail) -> int:
        char = self.text[at]
        if char == "[":
            end, index = self._blank(at + 1), 0
            while self.text[end] != "]":
                end = self._separator(self._value(end, end, (*trail, index)))
                index += 1
            end += 1
        elif char == "{":
            end = self._blank(at + 1)
            while self.text[end] != "}":
                end = self._separator(self._entry(end, trail))
            end += 1
        else:
            match = _STRING.match(self.text, at) or _SCALAR.match(self.text, at)
            end = at + len(match[0].rstrip()) if match else at + 1
        self.spans[trail] = Span(key_at, at, end)
        return end

    def _separator(self, at: int) -> int:
        at = self._blank(at)
        return self._blank(at + 1) if self.text[at] == "," else at


def _unquote(token: str) -> str:
    if token.startswith("'"):
        return token.strip("'")
    import tomli

    return str(tomli.loads(f"key = {token}")["key"])
