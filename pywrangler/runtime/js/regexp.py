r"""JavaScript's RegExp on Python's engines: `regexp_translate` spells the pattern, here it is used.

Positions are JavaScript's, in UTF-16 units. Without the flags u and v a character beyond the basic plane is two units
to the pattern, as in JavaScript; with them it is one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.builtins.string_object import text_of, units_of
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsClass, JsProxy, jsnull
from pywrangler.runtime.js.regexp_replace import expand
from pywrangler.runtime.js.regexp_translate import PatternError, translate

_FLAGS = "dgimsuvy"
_TO_ESCAPE = set("^$\\.*+?()[]{}|/")
_TO_ENCODE = set(",-=<>#&!%:;@~'`\"")
_SPACES = {"\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f", "\r": "\\r"}
_OTHER_SPACES = "\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


class _RegExpClass(JsClass):
    """The class `RegExp`, with the properties that tell of the last match (`$1`, `lastMatch`, ...)."""

    _last: Any = None

    def __getattr__(cls, name: str) -> Any:  # noqa: N805 - of a metaclass
        match = _RegExpClass._last
        if name in {"input", "$_"}:
            return text_of(match.string) if match else ""
        if name in {"lastMatch", "$&"}:
            return match[0] if match else ""
        if name in {"lastParen", "$+"}:
            return (match[match.re.groups] or "") if match and match.re.groups else ""
        if name in {"leftContext", "$`"}:
            return match.string[: match.start()] if match else ""
        if name in {"rightContext", "$'"}:
            return match.string[match.end() :] if match else ""
        if len(name) == 2 and name[0] == "$" and name[1] in "123456789":
            return (match[int(name[1])] or "") if match and match.re.groups >= int(name[1]) else ""
        raise AttributeError(f"type object 'RegExp' has no attribute {name!r}")


class JsRegExp(JsProxy, metaclass=_RegExpClass, js_name="RegExp"):
    """A regular expression: `RegExp.new(source, flags)`."""

    __slots__ = ("_compiled", "_names", "flags", "lastIndex", "source")

    flags: str
    source: str
    lastIndex: Any

    def __init__(self, pattern: Any = None, flags: Any = None) -> None:
        given = to_string(flags) if flags is not None else pattern.flags if isinstance(pattern, JsRegExp) else ""
        self._set("" if pattern is None else pattern.source if isinstance(pattern, JsRegExp) else pattern, given)

    _call = classmethod(lambda cls, *args: cls.new(*args))

    def _set(self, pattern: Any, flags: str) -> None:
        text = to_string(pattern) or "(?:)"
        self.source = _written(text) if "/" in text or "\n" in text or "\r" in text else text
        if len(set(flags)) != len(flags) or not set(flags) <= set(_FLAGS) or {"u", "v"} <= set(flags):
            raise JsException("SyntaxError", f"Invalid flags supplied to RegExp constructor '{flags}'")
        self.flags = "".join(sorted(flags))
        self.lastIndex = 0
        try:
            self._compile(text)
        except (PatternError, re.error, OverflowError, RecursionError) as problem:
            shown = _worded(problem)
            raise JsException("SyntaxError", f"Invalid regular expression: /{text}/{flags}: {shown}") from None

    def _compile(self, text: str) -> None:
        translation = translate(text if self._is_unicode else units_of(text), self.flags)
        self._names = translation.names
        options = re.IGNORECASE if "i" in self.flags else 0
        if not translation.needs_regex:
            try:
                self._compiled: Any = re.compile(translation.pattern, options)
                return
            except re.error as problem:
                if "look-behind" not in str(problem):
                    raise
        import regex

        engine: Any = regex
        version = engine.V1 if "v" in self.flags else engine.V0
        try:
            self._compiled = engine.compile(translation.pattern, version | (engine.IGNORECASE if options else 0))
        except engine.error as problem:
            raise PatternError(_worded(problem)) from None

    @property
    def _is_unicode(self) -> bool:
        return "u" in self.flags or "v" in self.flags

    @staticmethod
    def escape(text: Any = None) -> str:
        """Return a pattern that matches the text itself."""
        if not isinstance(text, str):
            raise JsException("TypeError", "Input argument to RegExp.escape must be a string")
        escaped: list[str] = []
        for position, character in enumerate(text):
            if character in _TO_ESCAPE:
                escaped.append(f"\\{character}")
            elif position == 0 and character.isascii() and character.isalnum():
                escaped.append(f"\\x{ord(character):02x}")
            elif character in _SPACES:
                escaped.append(_SPACES[character])
            elif character in _TO_ENCODE or character == " ":
                escaped.append(f"\\x{ord(character):02x}")
            elif character in _OTHER_SPACES or "\ud800" <= character <= "\udfff":
                escaped.append(f"\\x{ord(character):02x}" if ord(character) < 256 else f"\\u{ord(character):04x}")
            else:
                escaped.append(character)
        return "".join(escaped)

    def compile(self, pattern: Any = None, flags: Any = None) -> JsRegExp:
        """Become another expression, as pages of long ago did."""
        self._set("" if pattern is None else pattern, "" if flags is None else to_string(flags))
        return self

    # ---- matching -------------------------------------------------------------------------------------

    def exec(self, text: Any = None) -> Any:
        """Return the match as an array with `index`, `input`, `groups` (and `indices` by flag d), or null."""
        source = to_string(text)
        match = self._find(source)
        return jsnull if match is None else self._result(match, source)

    def test(self, text: Any = None) -> bool:
        """Tell whether the text matches."""
        return self._find(to_string(text)) is not None

    def toString(self) -> str:
        """`/source/flags`."""
        return f"/{self.source}/{self.flags}"

    def _subject(self, source: str) -> str:
        return source if self._is_unicode else units_of(source)

    def _find(self, source: str) -> Any:
        """Return the next match, from `lastIndex` on for the flags g and y, which it changes."""
        stateful = "g" in self.flags or "y" in self.flags
        subject = self._subject(source)
        start = int(max(0, min(to_integer(self.lastIndex), 2**53))) if stateful else 0
        if self._is_unicode and start:
            start = len(text_of(units_of(source)[:start])) if start <= len(units_of(source)) else start
        match = None
        if start <= len(subject):
            match = (self._compiled.match if "y" in self.flags else self._compiled.search)(subject, start)
        if match is None:
            if stateful:
                self.lastIndex = 0
            return None
        if stateful:
            self.lastIndex = self._units(match, match.end())
        _RegExpClass._last = match
        return match

    def _units(self, match: Any, position: int) -> int:
        """Return a position of a match in UTF-16 units."""
        return len(units_of(match.string[:position])) if self._is_unicode else position

    def _texts(self, match: Any) -> list[str | None]:
        return [None if text is None else text_of(text) for text in match.groups()]

    def _named(self, match: Any) -> dict[str, str | None] | None:
        if not self._names:
            return None
        texts = self._texts(match)
        return {
            name: next((texts[n - 1] for n in numbers if texts[n - 1] is not None), None)
            for name, numbers in self._names.items()
        }

    def _result(self, match: Any, source: str) -> Any:
        from pywrangler.runtime.js.values import plain

        found: Any = array([text_of(match[0]), *self._texts(match)])
        found.index = self._units(match, match.start())
        found.input = source
        named = self._named(match)
        found.groups = None if named is None else plain(dict(named))
        if "d" in self.flags:
            spans = [
                None if match[i] is None else array([self._units(match, at) for at in match.span(i)])
                for i in range(match.re.groups + 1)
            ]
            found.indices = array(spans)
            found.indices.groups = (
                plain(
                    {
                        name: next((spans[n] for n in ns if spans[n] is not None), None)
                        for name, ns in self._names.items()
                    }
                )
                if self._names
                else None
            )
        return found

    # ---- what the methods of strings ask for ------------------------------------------------------------

    def _all(self, source: str) -> Iterator[Any]:
        """Give every match from the start; an empty one moves on by a character."""
        self.lastIndex = 0
        while (match := self._find(source)) is not None:
            yield match
            if match.end() == match.start():
                self.lastIndex = (
                    self._units(match, match.end() + 1) if match.end() < len(match.string) else (self.lastIndex + 1)
                )

    def _match(self, source: str) -> Any:
        if "g" not in self.flags:
            return self.exec(source)
        texts = [text_of(match[0]) for match in self._all(source)]
        return array(texts) if texts else jsnull

    def _matches(self, source: str) -> Iterator[Any]:
        copy: JsRegExp = JsRegExp.new(self)
        for match in copy._all(source):
            yield copy._result(match, source)

    def _search(self, source: str) -> int:
        copy: JsRegExp = JsRegExp.new(self, self.flags.replace("g", ""))
        found = copy.exec(source)
        return -1 if found is jsnull else found.index

    def _replace(self, source: str, replacement: Any) -> str:
        subject = self._subject(source)
        result: list[str] = []
        done = 0
        if "g" in self.flags:
            matches = list(self._all(source))
        else:
            only = self._find(source)
            matches = [] if only is None else [only]
        for match in matches:
            named = self._named(match)
            texts = self._texts(match)
            if callable(replacement):
                from pywrangler.runtime.js.values import plain

                more = [] if named is None else [plain(dict(named))]
                at = self._units(match, match.start())
                put = to_string(replacement(text_of(match[0]), *texts, at, source, *more))
            else:
                put = expand(to_string(replacement), subject, match.start(), match.end(), texts, named)
            result += [subject[done : match.start()], put]
            done = match.end()
        return text_of("".join([*result, subject[done:]]))

    def _split(self, source: str) -> list[Any]:
        copy: JsRegExp = JsRegExp.new(self, self.flags.replace("g", "").replace("y", "") + "g")
        subject = self._subject(source)
        if not subject:
            return [] if copy._find(source) is not None else [""]
        parts: list[Any] = []
        done = 0
        for match in copy._all(source):
            if match.end() == match.start() and match.start() in {done if parts else 0, len(subject)}:
                continue
            if match.start() >= len(subject):
                break
            parts += [text_of(subject[done : match.start()]), *self._texts(match)]
            done = match.end()
        return [*parts, text_of(subject[done:])]


def _written(pattern: str) -> str:
    """Return a pattern as it stands between slashes."""
    written: list[str] = []
    in_class = escaped = False
    for character in pattern:
        if character in "\n\r":
            character = ("" if escaped else "\\") + ("n" if character == "\n" else "r")
        elif character == "/" and not in_class and not escaped:
            character = "\\/"
        elif character == "[" and not escaped:
            in_class = True
        elif character == "]" and not escaped:
            in_class = False
        escaped = character == "\\" and not escaped
        written.append(character)
    return "".join(written)


def _worded(problem: Exception) -> str:
    """Return what is wrong in JavaScript's words, where it has some."""
    if isinstance(problem, (OverflowError, RecursionError)):
        return "Regular expression too large"
    return str(problem)


def _flag(letter: str) -> property:
    return property(lambda self: letter in self.flags, doc=f"Whether the flag {letter} is set.")


for _name, _letter in {
    "hasIndices": "d", "global": "g", "ignoreCase": "i", "multiline": "m", "dotAll": "s", "unicode": "u",
    "unicodeSets": "v", "sticky": "y",
}.items():  # fmt: skip
    setattr(JsRegExp, _name, _flag(_letter))
setattr(JsRegExp, "global_", _flag("g"))  # noqa: B010 - beside the others
