"""SQL text cut into statements, and what has to be known about each before it runs.

`sql.exec` takes several statements at once; only the last may have parameters and gives the result. SQLite's own
tokenizer rules decide where a statement ends: `;` inside strings, quoted names, comments and trigger bodies does not.
A statement that may write must run inside the turn's transaction and is told by its first keyword; a wrong "may write"
only costs an empty transaction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import apsw

RESERVED = "_cf_"
_TOKEN = re.compile(
    r"""
    (?P<space>[\s\ufeff]+|--[^\n]*|/\*.*?(?:\*/|\Z))
  | (?P<quoted>'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<end>;)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_SEARCHES = frozenset({"select", "update", "delete", "with"})
_DEFINES = frozenset({"create", "alter", "drop"})
_READS = frozenset({"select", "values", "explain"})
_VERBS = frozenset({"select", "values", "insert", "replace", "update", "delete"})
# These take effect only inside a transaction, or write statistics.
_WRITING_PRAGMAS = frozenset({"defer_foreign_keys", "optimize"})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its text, whether it may write, and whether a compiled form of it may be kept."""

    sql: str
    writes: bool
    cacheable: bool
    searches: bool
    """Whether it may look for rows."""
    defines: bool
    """Whether it changes the schema."""
    is_for_all: bool
    """A DELETE without WHERE."""


def _writes(words: list[tuple[str, int]]) -> bool:
    first = words[0][0] if words else ""
    if first in _READS:
        return False
    if first == "pragma":
        return any(word in _WRITING_PRAGMAS for word, _depth in words[1:4])
    if first == "with":
        verb = next((word for word, depth in words[1:] if depth == 0 and word in _VERBS), "select")
        return verb not in _READS
    return True


@dataclass(frozen=True, slots=True)
class Script:
    """The statements of one text.

    `has_trailer`: something other than space follows the last one; the platform takes it for an empty statement.
    """

    statements: tuple[Statement, ...]
    has_trailer: bool


def _is_complete(text: str) -> bool:
    """Whether the end of a trigger has come; no statement with a null character gets as far as being run."""
    return "\0" in text or apsw.complete(text)


@lru_cache(maxsize=256)
def split(text: str) -> Script:
    """Return the statements in `text`, in order; pieces of only space and comments are left out."""
    statements: list[Statement] = []
    words: list[tuple[str, int]] = []
    start = depth = stop_of_last = 0
    empty = True

    def finish(stop: int) -> None:
        nonlocal stop_of_last
        piece = text[start:stop]
        if not empty:
            stop_of_last = stop
            # Never found in the cache of compiled statements: the runtime's own may hold the same text, compiled
            # without the checks that user code is subject to.
            found = {word for word, _depth in words}
            first = words[0][0] if words else ""
            statements.append(
                Statement(
                    piece,
                    _writes(words),
                    RESERVED not in piece.lower(),
                    searches=not found.isdisjoint(_SEARCHES),
                    defines=first in _DEFINES,
                    is_for_all=first == "delete" and "where" not in found,
                )
            )

    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "end":
            is_trigger = len(words) > 1 and words[0][0] == "create" and any(w == "trigger" for w, _ in words[1:3])
            if is_trigger and not _is_complete(text[start : token.end()]):
                continue
            finish(token.end())
            start, depth, empty, words = token.end(), 0, True, []
            continue
        if kind == "space":
            continue
        empty = False
        if kind == "word":
            words.append((token.group().lower(), depth))
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
    finish(len(text))
    return Script(
        tuple(statements), bool(statements) and not text[stop_of_last:].isspace() and stop_of_last < len(text)
    )
