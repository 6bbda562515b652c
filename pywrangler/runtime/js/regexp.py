r"""JavaScript's RegExp on Python's `re`: the pattern is translated, so that `\d`, `$`, `.` and groups mean the same.

Not supported, and refused with a SyntaxError: Unicode properties (`\p{...}`) and look-behind of variable length.
Positions count code points, not UTF-16 units.
"""

from __future__ import annotations

import re
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull

_DIGIT, _WORD = "0-9", "A-Za-z0-9_"
_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_LINE_END = r"\n\r\u2028\u2029"
_BOUNDARY = f"(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}])"
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}", re.ASCII)
_FLAGS = "dgimsuvy"


class JsRegExp(JsProxy, js_name="RegExp"):
    """A regular expression: `RegExp.new(source, flags)`."""

    __slots__ = ("_compiled", "flags", "lastIndex", "source")

    def __init__(self, pattern: Any = "", flags: Any = None) -> None:
        self.source: str = pattern.source if isinstance(pattern, JsRegExp) else to_string(pattern) or "(?:)"
        given = to_string(flags) if flags is not None else pattern.flags if isinstance(pattern, JsRegExp) else ""
        if len(set(given)) != len(given) or not set(given) <= set(_FLAGS) or {"u", "v"} <= set(given):
            raise JsException("SyntaxError", f"Invalid flags supplied to RegExp constructor '{given}'")
        self.flags: str = "".join(sorted(given))
        self.lastIndex: Any = 0
        try:
            self._compiled = re.compile(_translate(self.source, given), re.IGNORECASE if "i" in given else 0)
        except (re.error, OverflowError) as problem:
            raise JsException("SyntaxError", f"Invalid regular expression: /{self.source}/{given}: {problem}") from None

    def exec(self, text: Any = None) -> Any:
        """Return the match as an array with `index`, `input` and `groups`, or null."""
        source = to_string(text)
        stateful = "g" in self.flags or "y" in self.flags
        start = int(max(0, to_integer(self.lastIndex))) if stateful else 0
        match = None
        if start <= len(source):
            find = self._compiled.match if "y" in self.flags else self._compiled.search
            match = find(source, start)
        if match is None:
            if stateful:
                self.lastIndex = 0
            return jsnull
        if stateful:
            self.lastIndex = match.end()
        return _result(match, source)

    def test(self, text: Any = None) -> bool:
        """Tell whether the text matches."""
        return self.exec(text) is not jsnull

    def toString(self) -> str:
        """`/source/flags`."""
        return f"/{self.source}/{self.flags}"


def _flag(letter: str) -> property:
    return property(lambda self: letter in self.flags, doc=f"Whether the flag {letter} is set.")


for _name, _letter in {
    "hasIndices": "d", "global": "g", "ignoreCase": "i", "multiline": "m", "dotAll": "s", "unicode": "u", "sticky": "y",
}.items():  # fmt: skip
    setattr(JsRegExp, _name, _flag(_letter))
setattr(JsRegExp, "global_", _flag("g"))  # noqa: B010 - beside the others


def _result(match: re.Match[str], source: str) -> Any:
    from pywrangler.runtime.js.values import plain

    found: Any = array((match[0], *match.groups()))
    found.index = match.start()
    found.input = source
    named = match.groupdict()
    found.groups = plain(named) if named else None
    return found


def _translate(source: str, flags: str) -> str:
    """Return the pattern as `re` spells it."""
    result: list[str] = []
    position = 0
    while position < len(source):
        character = source[position]
        if character == "\\":
            text, position = _escape(source, position, flags, in_class=False)
            result.append(text)
            continue
        if character == "[":
            text, position = _class(source, position, flags)
            result.append(text)
            continue
        if character == "(" and source.startswith("(?<", position) and source[position + 3 : position + 4] not in "=!":
            result.append("(?P<")
            position += 3
            continue
        if character == "{" and not _QUANTIFIER.match(source, position):
            character = r"\{"
        elif character == ".":
            character = r"[\s\S]" if "s" in flags else f"[^{_LINE_END}]"
        elif character == "^":
            character = rf"(?:\A|(?<=[{_LINE_END}]))" if "m" in flags else r"\A"
        elif character == "$":
            character = rf"(?=[{_LINE_END}]|\Z)" if "m" in flags else r"\Z"
        result.append(character)
        position += 1
    return "".join(result)


def _class(source: str, position: int, flags: str) -> tuple[str, int]:
    """Translate a character class that begins at `position`; returns it and where it ends."""
    negated = source.startswith("[^", position)
    position += 2 if negated else 1
    inner: list[str] = []
    while position < len(source) and source[position] != "]":
        if source[position] == "\\":
            text, position = _escape(source, position, flags, in_class=True)
            inner.append(text)
        else:
            # These mean something to `re` (or will), and nothing to JavaScript.
            inner.append(f"\\{source[position]}" if source[position] in "[&~|" else source[position])
            position += 1
    if position == len(source):
        raise re.error("Unterminated character class")
    if not inner:
        return (r"[\s\S]" if negated else r"(?!)"), position + 1
    return f"[{'^' if negated else ''}{''.join(inner)}]", position + 1


def _escape(source: str, position: int, flags: str, *, in_class: bool) -> tuple[str, int]:
    """Translate the escape at `position`; returns it and where it ends."""
    if position + 1 == len(source):
        raise re.error("\\ at end of pattern")
    letter = source[position + 1]
    after = position + 2
    if letter.lower() in _CLASSES:
        return _class_escape(letter, in_class), after
    if letter in "bB":
        if in_class:
            return (r"\b" if letter == "b" else "B"), after
        return (f"(?:{_BOUNDARY})" if letter == "b" else f"(?!{_BOUNDARY})"), after
    if letter == "k" and not in_class and (match := re.compile(r"<(\w+)>").match(source, after)):
        return f"(?P={match[1]})", match.end()
    if letter in "pP" and ("u" in flags or "v" in flags):
        raise re.error("Unicode property escapes are not supported locally")
    if letter == "u" and (match := re.compile(r"\{([0-9a-fA-F]+)\}").match(source, after)) and "u" in flags:
        return re.escape(chr(int(match[1], 16))), match.end()
    if letter == "u" and (match := re.compile(r"[0-9a-fA-F]{4}").match(source, after)):
        return re.escape(chr(int(match[0], 16))), match.end()
    if letter == "x" and (match := re.compile(r"[0-9a-fA-F]{2}").match(source, after)):
        return re.escape(chr(int(match[0], 16))), match.end()
    if letter == "c" and source[after : after + 1].isalpha():
        return re.escape(chr(ord(source[after]) % 32)), after + 1
    if letter in "nrtvf":
        return f"\\{letter}", after
    if letter.isdigit() and letter.isascii():
        digits = re.compile(r"\d+", re.ASCII).match(source, position + 1)
        number = digits[0] if digits and not in_class else letter
        return (r"\x00" if letter == "0" else f"(?:\\{number})"), position + 1 + len("0" if letter == "0" else number)
    return re.escape(letter), after


def _class_escape(letter: str, in_class: bool) -> str:
    members = _CLASSES[letter.lower()]
    if letter.islower():
        return members if in_class else f"[{members}]"
    if not in_class:
        return f"[^{members}]"
    # `re` knows the negated classes only in its own sense; ASCII for digits and words comes close enough.
    return f"\\{letter}"
