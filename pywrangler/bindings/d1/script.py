"""SQL texts that hold more than one thing to run.

- A query is blank, and left out, if nothing is left without the lines that begin with `--`.
- `exec` takes lines: each is a query of its own, so no statement may span lines.
- `d1 execute` and migrations take statements, wherever they end. A lone `BEGIN TRANSACTION` with its `COMMIT`, as the
  shell of SQLite writes them around a dump, is left out, since all is one transaction anyway.
"""

from __future__ import annotations

import re

from pywrangler.runtime.storage.statements import split

_COMMENT_LINES = re.compile(r"^\s*--.*", re.MULTILINE)
_BEGIN = re.compile(r"begin(\s+transaction)?\s*;?", re.IGNORECASE)
_END = re.compile(r"(commit|end)(\s+transaction)?\s*;?", re.IGNORECASE)
_SPACE_AND_COMMENTS = re.compile(r"(?:[\s\ufeff]+|--[^\n]*|/\*.*?(?:\*/|\Z))*", re.DOTALL)


def is_blank(sql: str) -> bool:
    """Say whether a query has nothing to run."""
    return not _COMMENT_LINES.sub("", sql).strip()


def lines(text: str) -> list[str]:
    """Return the queries of `exec`: one for each line, blank ones included (they keep the count of lines right)."""
    return text.strip().split("\n")


def statements(text: str) -> list[str]:
    """Return the statements of a file, each without space and comments before it and the semicolon behind it."""
    found = [bare for bare in (_bare(statement.sql) for statement in split(text).statements) if bare]
    begins = [index for index, sql in enumerate(found) if _BEGIN.fullmatch(sql)]
    ends = [index for index, sql in enumerate(found) if _END.fullmatch(sql)]
    if len(begins) == len(ends) == 1 and begins < ends:
        return [sql for index, sql in enumerate(found) if index not in {*begins, *ends}]
    return found


def _bare(sql: str) -> str:
    match = _SPACE_AND_COMMENTS.match(sql)
    return sql[match.end() if match else 0 :].strip().removesuffix(";").rstrip()


def shortened(sql: str, length: int = 48) -> str:
    """Return the beginning of a statement in one line, for people."""
    text = " ".join(sql.split())
    return text if len(text) <= length else f"{text[:length]}..."
