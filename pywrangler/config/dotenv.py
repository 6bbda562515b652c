r"""The grammar of `.dev.vars` and `.env` files, and the expansion of references (spec/dev-vars.md, section 4).

`KEY=value` or `KEY: value`, optionally after `export`. Values may stand in one of three quotes and then run over
lines; `\n` and `\r` mean something in double quotes only; elsewhere `#` begins a comment. Lines that are no
assignment are skipped, the last of two equal keys counts. References are expanded on the `.env` path only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.config.document import place_at
from pywrangler.errors import ConfigError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FILE_LIMIT_BYTES = 4 * 1024 * 1024
EXPANSION_LIMIT_CHARACTERS = 1024 * 1024
EXPANSION_DEPTH_LIMIT = 50

BLANKS = "\t\n\v\f\r \u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What JavaScript takes for blanks: the grammar is that of an npm package. So are the ends of lines below."""
_START = r"(?:^|(?<=[\u2028\u2029]))"
_END = r"(?=[\n\u2028\u2029]|\Z)"
ASSIGNMENT = re.compile(
    rf"""{_START}[{BLANKS.replace(chr(10), "")}]*(?:export[{BLANKS}]+)?"""
    rf"""(?P<name>[A-Za-z0-9_.-]+)(?P<separator>[{BLANKS}]*=[{BLANKS}]*?|:[{BLANKS}]+?)"""
    rf"""(?P<raw>[{BLANKS}]*'(?:\\'|[^'])*'|[{BLANKS}]*"(?:\\"|[^"])*"|[{BLANKS}]*`(?:\\`|[^`])*`|[^\#\n]+)?"""
    rf"""[{BLANKS}]*(?:\#[^\n\u2028\u2029]*)?{_END}""",
    re.MULTILINE,
)
"""One assignment in a text whose ends of lines are newlines."""
_QUOTED = re.compile(rf"""{_START}(['"`])(.*)\1{_END}""", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment in a file."""

    name: str
    value: str
    line: int
    column: int


def parse(text: str) -> tuple[Assignment, ...]:
    """Return the assignments of a file in order, repeated names included."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = []
    line, line_start, counted = 1, 0, 0
    for match in ASSIGNMENT.finditer(text):
        start = match.start("name")
        line += text.count("\n", counted, start)
        counted = start
        line_start = text.rfind("\n", 0, start) + 1
        found.append(Assignment(match["name"], _value(match["raw"] or ""), line, start - line_start + 1))
    return tuple(found)


def trim(text: str) -> str:
    """Return the text without blanks around it, those of JavaScript."""
    return text.strip(BLANKS)


def _value(raw: str) -> str:
    value = trim(raw)
    is_double = value.startswith('"')
    value = _QUOTED.sub(r"\2", value)
    return value.replace("\\n", "\n").replace("\\r", "\r") if is_double else value


def read(path: Path) -> tuple[Assignment, ...]:
    """Return the assignments of the file at `path`; OSError if it cannot be read, ConfigError if it is no text.

    The error names a place, never the content.
    """
    content = path.read_bytes()
    if len(content) > FILE_LIMIT_BYTES:
        what = f"The file is larger than {FILE_LIMIT_BYTES // 1024**2} MiB."
        raise ConfigError([Problem("variables-size", what, "Is it the right file?", Place(path))])
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode()
        place = place_at(path, before, len(before))
        raise ConfigError(
            [Problem("variables-encoding", "The file is not valid UTF-8.", "Save it as UTF-8.", place)]
        ) from None
    return parse(text)


# ---- expansion ------------------------------------------------------------------------------------------


class ExpansionError(ValueError):
    """A value refers to itself without end or grows without bounds; the message names the variable."""


def expand(values: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """Return `values` with references replaced: among each other, else among `outside`, else by nothing.

    Names in `outside` win over those in `values`, for references as for the values themselves. A reference of a
    value to itself, directly or in a circle, gives nothing.
    """
    done: dict[str, str] = {}
    running: list[str] = []

    def resolve(name: str) -> str | None:
        if name in outside:
            return outside[name]
        if name not in values or name in running:
            return None
        if name not in done:
            if len(running) >= EXPANSION_DEPTH_LIMIT:
                raise ExpansionError(f"{running[0]} refers to other variables through more than {len(running)} steps")
            running.append(name)
            done[name] = _expand(values[name], resolve, name, 0)
            running.pop()
        return done[name]

    return {name: resolve(name) or "" for name in values}


def _expand(text: str, resolve: Callable[[str], str | None], owner: str, depth: int) -> str:
    if "$" not in text:
        return text
    if depth > EXPANSION_DEPTH_LIMIT:
        raise ExpansionError(f"{owner} nests references more than {EXPANSION_DEPTH_LIMIT} deep")
    parts: list[str] = []
    length = at = 0
    while at < len(text):
        dollar = text.find("$", at)
        if dollar < 0:
            dollar = len(text)
        if dollar > at and dollar < len(text) and text[dollar - 1] == "\\":
            piece, at = text[at : dollar - 1] + "$", dollar + 1
        elif dollar > at:
            piece, at = text[at:dollar], dollar
        else:
            piece, at = _reference(text, at, resolve, owner, depth)
        parts.append(piece)
        length += len(piece)
        if length > EXPANSION_LIMIT_CHARACTERS:
            raise ExpansionError(f"{owner} expands to more than {EXPANSION_LIMIT_CHARACTERS} characters")
    return "".join(parts)


def _reference(text: str, dollar: int, resolve: Callable[[str], str | None], owner: str, depth: int) -> tuple[str, int]:
    """Return what the reference at `dollar` stands for and the offset behind it."""
    if text.startswith("${", dollar):
        name = _NAME.match(text, dollar + 2)
        close = _closing(text, dollar + 1)
        if not name or close < 0:
            return "$", dollar + 1
        operation = text[name.end() : close]
        value = resolve(name[0])
        for operator in (":-", ":+", "-", "+"):
            if operation.startswith(operator):
                is_given = bool(value) if operator[0] == ":" else value is not None
                if operator[-1] == "-":
                    chosen = value if is_given and value is not None else None
                else:
                    chosen = None if is_given else ""
                if chosen is None:
                    chosen = _expand(operation[len(operator) :], resolve, owner, depth + 1)
                return chosen, close + 1
        return ("$", dollar + 1) if operation else (value or "", close + 1)
    name = _NAME.match(text, dollar + 1)
    return (resolve(name[0]) or "", name.end()) if name else ("$", dollar + 1)


def _closing(text: str, opening: int) -> int:
    level = 0
    for at in range(opening, len(text)):
        if text[at] == "{":
            level += 1
        elif text[at] == "}":
            level -= 1
            if not level:
                return at
    return -1
