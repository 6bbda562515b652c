r"""The grammar of `.dev.vars` and `.env` files, and the expansion of references (spec/dev-vars.md, section 4).

`KEY=value` or `KEY: value`, optionally after `export`. Values may stand in one of three quotes and then run over
lines; `\n` and `\r` mean something in double quotes only; elsewhere `#` begins a comment. Lines that are no
assignment are skipped, the last of two equal keys counts. References are expanded on the `.env` path only, as the npm
package does that wrangler has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.config.document import place_at
from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE_LIMIT_BYTES = 4 * 1024 * 1024
EXPANSION_LIMIT_CHARACTERS = 4 * 1024 * 1024
EXPANSION_STEP_LIMIT = 2_000
INDEX_DIGITS = 10
LAST_INDEX = 2**32 - 2

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
_REFERENCE = re.compile(r"(?<!\\)\$(?:\{(?P<braced>[^{}]+)\}|(?P<plain>[A-Za-z_][A-Za-z0-9_]*))")
_OPERATOR = re.compile(r":?[+-]")
_PATTERN = re.compile(r"\$[$&`']")


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
    content = read_regular(path, FILE_LIMIT_BYTES + 1)
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
    """A value grows without end; the message names the variable."""


def expand(values: Mapping[str, str], outside: Mapping[str, str]) -> dict[str, str]:
    """Return `values` with references replaced by earlier values, else by nothing.

    A name in `outside` wins over the one in `values`, for references as for the value itself; an empty one wins for
    references only. The order is that of JavaScript objects.
    """
    done: dict[str, str] = {}
    for name in sorted(values, key=_object_order):
        given = outside.get(name)
        value = given if given and given != values[name] else _expand(name, values[name], done, outside)
        done[name] = value.replace(r"\$", "$")
    return {name: done[name] for name in values}


def _object_order(name: str) -> tuple[bool, int]:
    """Names that are indexes of an array come first, in their order."""
    is_index = (name.isdecimal() and name.isascii() and not name.startswith("0")) or name == "0"
    return (False, int(name)) if is_index and len(name) <= INDEX_DIGITS and int(name) <= LAST_INDEX else (True, 0)


def _expand(owner: str, text: str, done: Mapping[str, str], outside: Mapping[str, str]) -> str:
    """Replace one reference after the other, the first that has no other inside; what comes in is looked at again."""
    seen: set[str] = set()
    work = 0
    while match := _REFERENCE.search(text):
        work += 1 + len(text)
        if len(seen) >= EXPANSION_STEP_LIMIT or work > EXPANSION_LIMIT_CHARACTERS:
            raise ExpansionError(f"{owner} grows without end")
        seen.add(text)
        expression = match["braced"] or match["plain"]
        operator = _OPERATOR.search(expression)
        name, rest = (expression[: operator.start()], expression[operator.end() :]) if operator else (expression, "")
        value = outside.get(name, done.get(name))
        if operator and operator[0].endswith("+"):
            chosen = rest if value else ""
        else:
            chosen = value if value and value not in seen else rest
        text = _replace(text, match[0], chosen)
        if name in done and text == done[name]:
            break
    return text


def _replace(text: str, reference: str, value: str) -> str:
    r"""Replace the first occurrence as `String.prototype.replace` does: `$$` and `$&` in the value are special.

    That occurrence need not be the one that was found: `\$A $A` becomes `\1 1`.
    """
    before, _, after = text.partition(reference)
    special = {"$$": "$", "$&": reference, "$`": before, "$'": after}
    return before + _PATTERN.sub(lambda match: special[match[0]], value) + after
