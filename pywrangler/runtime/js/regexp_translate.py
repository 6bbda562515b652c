r"""JavaScript's regular expressions spelled for Python's `re`, or for the package `regex` where that is needed.

The same spelling means other things in Python, so everything is said out loud: `\d`, `\w`, `\s` and `\b` as classes,
`.`, `^` and `$` with JavaScript's line ends. Groups go by number; a reference to a group that did not match is empty.
`regex` takes over for Unicode properties (`\p{L}`), for set notation (flag v), and for look-behind of variable length.

Not possible, and a SyntaxError: properties of strings (`\p{RGI_Emoji}`), and `\q{...}` inside a negated class.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pywrangler.runtime.js.unicode_properties import property_class

_DIGIT, _WORD = "0-9", "A-Za-z0-9_"
_SPACE = r"\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_LINE_END = r"\n\r\u2028\u2029"
_BOUNDARY = f"(?<![{_WORD}])(?=[{_WORD}])|(?<=[{_WORD}])(?![{_WORD}])"
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_COMPLEMENTS = {
    "d": r"\x00-/:-\U0010ffff",
    "w": r"\x00-/:-@\[-\^`{-\U0010ffff",
    "s": (
        r"\x00-\x08\x0e-\x1f!-\x9f\u00a1-\u167f\u1681-\u1fff\u200b-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff"
        r"\u3001-\ufefe\uff00-\U0010ffff"
    ),
}
_QUANTIFIER = re.compile(r"\{(\d+)(?:,(\d*))?\}", re.ASCII)
_REPEAT_LIMIT = 2**32 - 2  # as far as Python counts
_NAME = re.compile(r"[\w$]+")
_MODIFIERS = re.compile(r"\(\?([ims]*)(-[ims]*)?:")
_HEX4, _HEX2 = re.compile(r"[0-9a-fA-F]{4}"), re.compile(r"[0-9a-fA-F]{2}")
_CODE_POINT = re.compile(r"\{([0-9a-fA-F]+)\}")
_PAIR = re.compile(r"([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_DIGITS = re.compile(r"\d+", re.ASCII)
_PROPERTY = re.compile(r"\{([^}]*)\}")
_DOUBLED = {character * 2 for character in "&!#$%*+,.:;<=>?@^`~"}
_OF_ONE_CASE = {"Lu", "Ll", "Lt", "Uppercase", "Lowercase", "Upper", "Lower"}
_SYNTAX = set("^$\\.*+?()[]{}|/")


# V8 allows more, Python's compilers work recursively.
_DEPTH_LIMIT = 150


class PatternError(Exception):
    """The pattern is malformed, or cannot be had locally."""


@dataclass(slots=True)
class Translation:
    """A pattern in Python's spelling."""

    pattern: str = ""
    names: dict[str, list[int]] = field(default_factory=dict)
    """Numbers of the groups of each name; several if alternatives share it."""
    needs_regex: bool = False


def translate(source: str, flags: str) -> Translation:
    """Return the pattern in Python's spelling; PatternError if it is malformed."""
    return _Translator(source, flags).run()


class _Translator:
    def __init__(self, source: str, flags: str) -> None:
        self.source = source
        self.at = 0
        self.unicode = "u" in flags or "v" in flags
        self.sets = "v" in flags
        self.modes: list[frozenset[str]] = [frozenset(flags) & {"i", "m", "s"}]
        self.result = Translation()
        self.total, self.all_names = _count_groups(source)
        self.opened = 0
        self.open_groups: list[int | None] = []
        self.in_class = False
        self.can_repeat = False
        """Whether a quantifier may follow."""
        self.after_group: list[bool] = []
        """What `can_repeat` will be behind each group that is open."""
        self.unknown_name = False
        self.nested_sets = 0
        self.path: list[list[int]] = [[0, 0]]
        """The groups that are open, each with the number of the alternative in it."""
        self.paths: dict[str, list[dict[int, int]]] = {}

    def run(self) -> Translation:
        parts: list[str] = []
        while self.at < len(self.source):
            parts.append(self.step())
        if self.open_groups:
            raise PatternError("Unterminated group")
        if self.unknown_name:
            raise PatternError("Invalid named capture referenced")
        self.result.pattern = "".join(parts)
        return self.result

    def step(self) -> str:
        character = self.source[self.at]
        if character in "*+?":
            return self.quantifier(character, self.at + 1)
        if character == "{":
            return self.brace()
        self.can_repeat = True
        if character == "\\":
            return self.escape()
        if character == "[":
            return self.set_class() if self.sets else self.plain_class()
        if character == "(":
            return self.group()
        self.at += 1
        if character == ")":
            if not self.open_groups:
                raise PatternError("Unmatched ')'")
            self.open_groups.pop()
            self.modes.pop()
            self.path.pop()
            self.can_repeat = self.after_group.pop()
            return ")"
        modes = self.modes[-1]
        if character == ".":
            return r"[\s\S]" if "s" in modes else f"[^{_LINE_END}]"
        if character in "]}" and self.unicode:
            raise PatternError("Lone quantifier brackets")
        if character not in "^$|":
            return _literal(character)
        self.can_repeat = False
        if character == "^":
            return rf"(?:\A|(?<=[{_LINE_END}]))" if "m" in modes else r"\A"
        if character == "$":
            return rf"(?=[{_LINE_END}]|\Z)" if "m" in modes else r"\Z"
        self.path[-1][1] += 1
        return character

    def brace(self) -> str:
        """Take `{`: a quantifier, or without the flags u and v a character like others."""
        found = _QUANTIFIER.match(self.source, self.at)
        if found is None and self.unicode:
            raise PatternError("Incomplete quantifier" if self.can_repeat else "Lone quantifier brackets")
        if found is None:
            self.at += 1
            self.can_repeat = True
            return r"\{"
        least, most = int(found[1]), int(found[2] or 0)
        if self.can_repeat and found[2] and least > most:
            raise PatternError("numbers out of order in {} quantifier")
        least, most = min(least, _REPEAT_LIMIT), min(most, _REPEAT_LIMIT)
        return self.quantifier(
            f"{{{least}{',' if found[0].find(',') > 0 else ''}{most if found[2] else ''}}}", found.end()
        )

    def quantifier(self, text: str, end: int) -> str:
        """Take a quantifier and the question mark behind it; a plus there would mean something to Python only."""
        if not self.can_repeat:
            raise PatternError("Nothing to repeat")
        self.can_repeat = False
        self.at = end
        if self.source.startswith("?", end):
            self.at += 1
            return text + "?"
        return text

    # ---- groups ---------------------------------------------------------------------------------------

    def group(self) -> str:
        source, at = self.source, self.at
        if len(self.open_groups) >= _DEPTH_LIMIT:
            raise PatternError("Regular expression too large")
        self.can_repeat = False
        self.after_group.append(True)
        here = {at[0]: at[1] for at in self.path}
        self.path.append([at + 1, 0])
        if match := _MODIFIERS.match(source, at):
            added, removed = set(match[1]), set((match[2] or "-")[1:])
            if added & removed or (match[2] == "-" and not added):
                raise PatternError("Invalid group")
            self.at = match.end()
            self.open_groups.append(None)
            self.modes.append((self.modes[-1] | added) - removed)
            inner = ("i" if "i" in added else "") + ("-i" if "i" in removed else "")
            return f"(?{inner}:" if inner else "(?:"
        self.modes.append(self.modes[-1])
        for opening in ("(?:", "(?=", "(?!", "(?<=", "(?<!"):
            if source.startswith(opening, at):
                self.at += len(opening)
                self.open_groups.append(None)
                self.after_group[-1] = opening == "(?:" or ("<" not in opening and not self.unicode)
                return opening
        self.opened += 1
        self.open_groups.append(self.opened)
        if not source.startswith("(?", at):
            self.at += 1
            return "("
        match = _NAME.match(source, at + 3) if source.startswith("(?<", at) else None
        if match is None or source[match.end() : match.end() + 1] != ">" or match[0][0].isdigit():
            raise PatternError("Invalid capture group name" if source.startswith("(?<", at) else "Invalid group")
        for there in self.paths.setdefault(match[0], []):
            if all(here[group] == there[group] for group in here.keys() & there.keys()):
                raise PatternError("Duplicate capture group name")
        self.paths[match[0]].append(here)
        self.result.names.setdefault(match[0], []).append(self.opened)
        self.at = match.end() + 1
        return "("

    def reference(self, numbers: list[int]) -> str:
        """Match what the groups matched; those that did not, or not yet, are empty."""
        done = [number for number in numbers if number <= self.opened and number not in self.open_groups]
        return "".join(rf"(?({number})\{number})" for number in done) or "(?:)"

    # ---- escapes --------------------------------------------------------------------------------------

    def escape(self) -> str:
        source = self.source
        if self.at + 1 == len(source):
            raise PatternError("\\ at end of pattern")
        letter, after = source[self.at + 1], self.at + 2
        if letter in "bB":
            self.at = after
            self.can_repeat = False
            return f"(?:{_BOUNDARY})" if letter == "b" else f"(?!{_BOUNDARY})"
        if letter.lower() in _CLASSES:
            self.at = after
            members = _CLASSES[letter.lower()]
            return f"[{members}]" if letter.islower() else f"[^{members}]"
        if letter == "k" and (self.unicode or self.all_names):
            match = _NAME.match(source, after + 1) if source[after : after + 1] == "<" else None
            if match is None or source[match.end() : match.end() + 1] != ">":
                raise PatternError("Invalid named reference")
            self.unknown_name = self.unknown_name or match[0] not in self.all_names
            self.at = match.end() + 1
            return self.reference(self.all_names.get(match[0], []))
        if letter.isascii() and letter.isdigit() and letter != "0":
            digits = _DIGITS.match(source, self.at + 1)
            number = int(digits[0])  # type: ignore[index]
            if number <= self.total:
                self.at = digits.end()  # type: ignore[union-attr]
                return self.reference([number])
            if self.unicode:
                raise PatternError("Invalid escape")
        if letter in "pP" and self.unicode:
            found = self.property_escape()
            # To ignore case means to add the other case of every character that matches: all letters that have two.
            ignores = "i" in self.modes[-1] and not self.sets and letter == "P"
            return f"[{found}\\p{{Cased}}]" if ignores and found[3:-1] in _OF_ONE_CASE else f"[{found}]"
        return _literal(self.character_escape())

    def property_escape(self) -> str:
        r"""Take `\p{...}` and return the inside of a class that means it."""
        match = _PROPERTY.match(self.source, self.at + 2)
        found = property_class(match[1], negated=self.source[self.at + 1] == "P") if match else None
        if match is None or found is None:
            raise PatternError(f"Invalid property name{' in character class' if self.in_class else ''}")
        self.at = match.end()
        self.result.needs_regex = True
        return found

    def character_escape(self) -> str:
        """Take an escape that stands for one character, and return that."""
        source = self.source
        letter, after = source[self.at + 1], self.at + 2
        self.at = after
        if letter == "u" and self.unicode and (match := _CODE_POINT.match(source, after)):
            self.at = match.end()
            if int(match[1], 16) > 0x10FFFF:
                raise PatternError("Invalid Unicode escape")
            return chr(int(match[1], 16))
        if letter == "u" and self.unicode and (match := _PAIR.match(source, after)):
            self.at = match.end()
            high, low = int(match[1], 16), int(match[2], 16)
            return chr(0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF))
        for kind, pattern in (("u", _HEX4), ("x", _HEX2)):
            if letter == kind and (match := pattern.match(source, after)):
                self.at = match.end()
                return chr(int(match[0], 16))
        if letter == "c" and source[after : after + 1].isalpha() and source[after].isascii():
            self.at = after + 1
            return chr(ord(source[after]) % 32)
        if letter in "nrtvf":
            return {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f"}[letter]
        if letter == "0" and self.unicode and source[after : after + 1] in set("0123456789"):
            raise PatternError("Invalid class escape" if self.in_class else "Invalid decimal escape")
        if letter in "01234567" and (letter == "0" or not self.unicode):
            digits = re.compile(r"[0-3][0-7]{0,2}|[4-7][0-7]?").match(source, after - 1)
            text = digits[0] if digits and not self.unicode else letter
            self.at = after - 1 + len(text)
            return chr(int(text, 8))
        allowed = _SYNTAX | (
            set("-&!#%,:;<=>@`~") if self.sets and self.in_class else {"-"} if self.in_class else set()
        )
        if self.unicode and letter not in allowed:
            if self.in_class and letter.isdecimal():
                raise PatternError("Invalid class escape")
            raise PatternError("Invalid Unicode escape" if letter in "cu" else "Invalid escape")
        if letter == "c":
            self.at -= 1
            return "\\"
        return letter

    # ---- classes --------------------------------------------------------------------------------------

    def plain_class(self) -> str:
        """Take a class of flags other than v."""
        source = self.source
        negated = source.startswith("[^", self.at)
        self.at += 2 if negated else 1
        members: list[tuple[str, str]] = []
        """Each as a class's inside, and as the one character it may be."""
        while self.at < len(source) and source[self.at] != "]":
            members.append(self.member())
        if self.at == len(source):
            raise PatternError("Unterminated character class")
        self.at += 1
        if not members:
            return r"[\s\S]" if negated else "(?!)"
        return f"[{'^' if negated else ''}{self.ranges(members)}]"

    def member(self) -> tuple[str, str]:
        self.in_class = True
        try:
            return self.take_member()
        finally:
            self.in_class = False

    def take_member(self) -> tuple[str, str]:
        if self.at == len(self.source):
            raise PatternError("Unterminated character class")
        character = self.source[self.at]
        if character != "\\":
            if self.sets and (character in "()]{}/-|" or self.source[self.at : self.at + 2] in _DOUBLED):
                raise PatternError("Invalid character in character class")
            self.at += 1
            return _in_class(character), character
        letter = self.source[self.at + 1 : self.at + 2]
        if letter.lower() in _CLASSES and letter:
            self.at += 2
            return (_CLASSES if letter.islower() else _COMPLEMENTS)[letter.lower()], ""
        if letter in {"p", "P"} and self.unicode:
            return self.property_escape(), ""
        if letter == "b":
            self.at += 2
            return r"\x08", "\b"
        if not letter:
            raise PatternError("\\ at end of pattern")
        found = self.character_escape()
        return _in_class(found), found

    def ranges(self, members: list[tuple[str, str]]) -> str:
        parts: list[str] = []
        position = 0
        while position < len(members):
            text, character = members[position]
            is_range = position + 2 < len(members) and members[position + 1] == (_in_class("-"), "-")
            if is_range:
                last_text, last = members[position + 2]
                if character and last:
                    if character > last:
                        raise PatternError("Range out of order in character class")
                    parts.append(f"{text}-{last_text}")
                    position += 3
                    continue
                if self.unicode:
                    raise PatternError("Invalid character class")
            parts.append(text)
            position += 1
        return "".join(parts)

    def set_class(self) -> str:
        r"""Take a class of flag v: nested classes, `--`, `&&`, `\q{...}`."""
        source = self.source
        if self.nested_sets >= _DEPTH_LIMIT:
            raise PatternError("Regular expression too large")
        negated = source.startswith("[^", self.at)
        self.at += 2 if negated else 1
        operands: list[str] = []
        strings: list[str] = []
        operator = ""
        while self.at < len(source) and source[self.at] != "]":
            pair = source[self.at : self.at + 2]
            if pair in {"--", "&&"}:
                if operator not in {"", pair} or not operands:
                    raise PatternError("Invalid set operation in character class")
                operator = pair
                self.result.needs_regex = True
                operands.append(operator)
                self.at += 2
                continue
            operands.append(self.operand(strings))
        if self.at == len(source):
            raise PatternError("Unterminated character class")
        self.at += 1
        if negated and strings:
            raise PatternError("Negated character class may contain strings")
        inside = "".join(operands)
        text = f"[{'^' if negated else ''}{inside}]" if inside else r"[\s\S]" if negated else "(?!)"
        if not strings:
            return text
        if operator:
            raise PatternError("Strings in set operations are not supported locally")
        longest_first = sorted(strings, key=len, reverse=True)
        return f"(?:{'|'.join([*map(_literals, longest_first), *([text] if inside else [])])})"

    def operand(self, strings: list[str]) -> str:
        source = self.source
        if source[self.at] == "[":
            self.result.needs_regex = True
            self.nested_sets += 1
            inner = self.set_class()
            self.nested_sets -= 1
            return inner
        if source.startswith("\\q{", self.at):
            end = source.find("}", self.at)
            if end < 0:
                raise PatternError("Invalid escape")
            strings += source[self.at + 3 : end].split("|")
            self.at = end + 1
            return ""
        text, character = self.member()
        if character and source[self.at : self.at + 1] == "-" and source[self.at + 1 : self.at + 2] != "-":
            self.at += 1
            last_text, last = self.member()
            if not last or character > last:
                raise PatternError("Range out of order in character class")
            return f"{text}-{last_text}"
        return text


def _literal(character: str) -> str:
    return re.escape(character)


def _literals(text: str) -> str:
    return re.escape(text)


def _in_class(character: str) -> str:
    # These mean something inside a class of `re` or `regex`.
    return f"\\{character}" if character in "[]\\^-&~|#" else re.escape(character)


def _count_groups(source: str) -> tuple[int, dict[str, list[int]]]:
    """Return how many groups a pattern has, and the numbers of the named ones."""
    total, in_class, at = 0, False, 0
    found: dict[str, list[int]] = {}
    while at < len(source):
        character = source[at]
        if character == "\\":
            at += 1
        elif character == "[":
            in_class = True
        elif character == "]":
            in_class = False
        elif character == "(" and not in_class:
            named = source.startswith("(?<", at) and source[at + 3 : at + 4] not in {"=", "!"}
            if named or not source.startswith("(?", at):
                total += 1
            if named and (match := _NAME.match(source, at + 3)):
                found.setdefault(match[0], []).append(total)
        at += 1
    return total, found
