"""JSON with `//` and `/* */` comments and one trailing comma, as wrangler reads `.json` and `.jsonc` (spec/config.md).

Everything else is strict JSON: double quotes, quoted keys, no NaN, no leading `+`. The last of two equal keys counts.
The only differences to `json.loads` on valid JSON: nesting is bounded, and half a surrogate pair is an error, because
no text that leaves the program could hold it.
"""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # the C scanner where there is one
from typing import TYPE_CHECKING, Any

from pywrangler.config.document import DEPTH_LIMIT, Document, Span, Trail, decode, syntax_error

if TYPE_CHECKING:
    from pathlib import Path

    from pywrangler.errors import ConfigError

_SPACE = re.compile(r"(?:[ \t\n\r]+|//[^\n\r]*|/\*.*?\*/)*", re.DOTALL)
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"')
_WORD = re.compile(r"[^\s,:{}\[\]\"/]+")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LITERALS = {"true": True, "false": False, "null": None}
_STRING_FAULTS = {
    "Unterminated string": "The string that begins here has no end",
    "Invalid control character": "A string holds a line break or control character",
    "Invalid \\escape": "A string holds an escape that JSON does not have",
    "Invalid \\uXXXX": "A string holds an incomplete `\\u` escape",
}


def parse(content: bytes, path: Path) -> Document:
    """Return the document in `content`; ConfigError with place and excerpt if it is malformed.

    `path` is only used to say where.
    """
    return _Parser(decode(content, path), path).document()


class _Parser:
    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path
        self.spans: dict[Trail, Span] = {}
        self.duplicates: list[tuple[Trail, int]] = []

    def document(self) -> Document:
        start = self._skip(0)
        if start == len(self.text):
            raise self._error(start, start, "The file is empty; an object was expected.")
        value, end = self._value(start, start, ())
        rest = self._skip(end)
        if rest < len(self.text):
            raise self._unexpected(rest, "the end of the file")
        return Document(self.path, self.text, value, self.spans, tuple(self.duplicates))

    # Each reader takes the offset where its part begins and returns the value and the offset behind it.

    def _value(self, at: int, key_at: int, trail: Trail) -> tuple[Any, int]:
        char = self.text[at : at + 1]
        value: Any
        if char == '"':
            value, end = self._string(at)
        elif char == "{":
            value, end = self._object(at, trail)
        elif char == "[":
            value, end = self._array(at, trail)
        else:
            value, end = self._scalar(at)
        self.spans[trail] = Span(key_at, at, end)
        return value, end

    def _object(self, start: int, trail: Trail) -> tuple[dict[str, Any], int]:
        self._check_depth(start, trail)
        result: dict[str, Any] = {}
        at = self._skip(start + 1)
        while self.text[at : at + 1] != "}":
            if self.text[at : at + 1] != '"':
                raise self._unexpected(at, "a key in double quotes or `}`", opened=start)
            key, end = self._string(at)
            key_at, at = at, self._skip(end)
            if self.text[at : at + 1] != ":":
                raise self._unexpected(at, f"`:` after the key `{_shorten(key)}`", opened=start)
            at = self._skip(at + 1)
            if at == len(self.text):
                raise self._unexpected(at, "a value", opened=start)
            inner = (*trail, key)
            if key in result:
                self.duplicates.append((inner, key_at))
                self._forget(inner)
            result[key], at = self._value(at, key_at, inner)
            at = self._separator(at, "}", start)
        return result, at + 1

    def _array(self, start: int, trail: Trail) -> tuple[list[Any], int]:
        self._check_depth(start, trail)
        result: list[Any] = []
        at = self._skip(start + 1)
        while self.text[at : at + 1] != "]":
            if at == len(self.text):
                raise self._unexpected(at, "a value or `]`", opened=start)
            value, at = self._value(at, at, (*trail, len(result)))
            result.append(value)
            at = self._separator(at, "]", start)
        return result, at + 1

    def _separator(self, at: int, closing: str, opened: int) -> int:
        at = self._skip(at)
        char = self.text[at : at + 1]
        if char == ",":
            return self._skip(at + 1)
        if char != closing:
            raise self._unexpected(at, f"a comma or `{closing}`", opened=opened)
        return at

    def _string(self, at: int) -> tuple[str, int]:
        plain = _PLAIN_STRING.match(self.text, at)
        if plain:
            return plain[1], plain.end()
        try:
            value, end = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            what = next((mine for theirs, mine in _STRING_FAULTS.items() if error.msg.startswith(theirs)), error.msg)
            place = at if "Unterminated" in error.msg else error.pos
            raise self._error(place, place + 1, f"{what}.") from None
        if _SURROGATE.search(value):
            raise self._error(at, end, "The string holds half of a surrogate pair.")
        return value, end

    def _scalar(self, at: int) -> tuple[Any, int]:
        match = _WORD.match(self.text, at)
        if not match:
            raise self._unexpected(at, "a value")
        word = match[0]
        if word in _LITERALS:
            return _LITERALS[word], match.end()
        if _INTEGER.fullmatch(word):
            try:
                return int(word), match.end()
            except ValueError:  # Python refuses thousands of digits; JavaScript gives Infinity
                return float(word), match.end()
        if _NUMBER.fullmatch(word):
            return float(word), match.end()
        raise self._unexpected(at, "a value")

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        end = match.end() if match else at
        if self.text.startswith("/*", end):
            raise self._error(end, end + 2, "The comment that begins here has no end.", "Close it with `*/`.")
        return end

    def _check_depth(self, at: int, trail: Trail) -> None:
        if len(trail) >= DEPTH_LIMIT:
            raise self._error(at, at + 1, f"Nested more than {DEPTH_LIMIT} levels deep.")

    def _forget(self, trail: Trail) -> None:
        for other in [known for known in self.spans if known[: len(trail)] == trail]:
            del self.spans[other]

    # ---- errors ----------------------------------------------------------------------------------------

    def _unexpected(self, at: int, expected: str, opened: int | None = None) -> ConfigError:
        if at >= len(self.text):
            remedy = ""
            if opened is not None:
                line = self.text.count("\n", 0, opened) + 1
                remedy = f"The `{self.text[opened]}` on line {line} is not closed."
            end = len(self.text.rstrip())
            return self._error(end, end + 1, f"The file ends here; {expected} was expected.", remedy)
        match = _WORD.match(self.text, at)
        word = match[0] if match else self.text[at]
        remedy = ""
        if word.startswith("'"):
            remedy = "Strings and keys take double quotes."
        elif word.startswith("#"):
            remedy = "Comments begin with `//`."
        return self._error(at, at + len(word), f"Unexpected `{_shorten(word)}`; {expected} was expected.", remedy)

    def _error(self, start: int, end: int, what: str, remedy: str = "") -> ConfigError:
        return syntax_error(self.path, self.text, start, end, what, remedy)


def _shorten(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:37]}..."
