"""One parsed module of a Worker: its text, its tree, and what its author asked not to be told.

`# pywrangler: ignore[code, code]` on the line of a finding silences these rules there, `# pywrangler: ignore` all.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pywrangler.config.document import excerpt_at
from pywrangler.errors import Place, Problem
from pywrangler.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Severity = Literal["error", "warning"]

SIZE_LIMIT_BYTES = 4 * 1024 * 1024
_IGNORE = re.compile(r"#\s*pywrangler:\s*ignore(?:\[([^\]]*)\])?", re.IGNORECASE)
_MARK = "pywrangler:"


@dataclass(frozen=True, slots=True)
class Source:
    """A module. `ignored` maps lines to the rules that are silent there; an empty set means all."""

    name: str
    """The name it is imported by: `package.module`."""
    path: Path
    text: str
    tree: ast.Module
    is_package: bool = False
    is_vendored: bool = False
    ignored: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def problem(self, code: str, node: ast.AST, what: str, remedy: str = "", severity: Severity = "error") -> Problem:
        """Return a finding at a node."""
        line, start = node.lineno, self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end_line, end_column = getattr(node, "end_lineno", None), getattr(node, "end_col_offset", None)
        end = self._offset(end_line, end_column) if end_line and end_column is not None else start + 1
        begin = self._offset(line, 0)
        place = Place(self.path, line, start - begin + 1)
        return Problem(code, what, remedy, place, severity, excerpt_at(self.text, start, end))

    def is_silent(self, code: str, line: int) -> bool:
        """Whether a rule is switched off on a line."""
        return line in self.ignored and (not self.ignored[line] or code in self.ignored[line])

    def absolute(self, module: str | None, level: int) -> str:
        """Return the full name of the module in `from ..module import`."""
        if not level:
            return module or ""
        parts = self.name.split(".")
        kept = parts[: len(parts) - level + (1 if self.is_package else 0)]
        return ".".join([*kept, *([module] if module else [])])

    def _offset(self, line: int, column: int) -> int:
        """Return the index into the text; columns of the tree count bytes."""
        begin = 0
        for _ in range(line - 1):
            found = self.text.find("\n", begin)
            if found < 0:
                return len(self.text)
            begin = found + 1
        end = self.text.find("\n", begin)
        row = self.text[begin : end if end >= 0 else len(self.text)]
        return begin + len(row.encode()[:column].decode(errors="ignore"))


def read(path: Path, name: str, *, is_package: bool = False, is_vendored: bool = False) -> Source | Problem:
    """Return the module at `path`, or why it cannot be parsed."""
    try:
        content = read_regular(path)
    except OSError as error:
        return Problem("unreadable", f"The module cannot be read: {error.strerror}.", "", Place(path))
    return parse(content, path, name, is_package=is_package, is_vendored=is_vendored)


def parse(
    content: bytes, path: Path, name: str, *, is_package: bool = False, is_vendored: bool = False
) -> Source | Problem:
    """Return the module in `content`, or why it cannot be parsed. Never runs any of it."""
    if len(content) > SIZE_LIMIT_BYTES:
        return Problem("too-large", "The module is too large to be read.", "", Place(path), "warning")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = content.decode(encoding).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        tree = ast.parse(text, str(path))
    except SyntaxError as error:
        return _syntax_problem(error, path)
    except (ValueError, LookupError) as error:
        return Problem("syntax-error", f"{error}.", "", Place(path))
    except (RecursionError, MemoryError):
        return Problem("syntax-error", "The module is nested too deeply.", "", Place(path))
    return Source(name, path, text, tree, is_package, is_vendored, _ignored_lines(text))


def _syntax_problem(error: SyntaxError, path: Path) -> Problem:
    what = f"{type(error).__name__}: {error.msg}"
    if not error.lineno:
        return Problem("syntax-error", what, "", Place(path))
    column = max(1, error.offset or 1)
    excerpt = ""
    if error.text:
        row = error.text.rstrip("\n")
        excerpt = excerpt_at("\n" * (error.lineno - 1) + row, error.lineno - 1 + column - 1, error.lineno + column - 1)
    return Problem("syntax-error", what, "", Place(path, error.lineno, column), "error", excerpt)


def _ignored_lines(text: str) -> dict[int, frozenset[str]]:
    if _MARK not in text:
        return {}
    found: dict[int, frozenset[str]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            match = _IGNORE.search(token.string) if token.type == tokenize.COMMENT else None
            if match:
                codes = (match[1] or "").split(",")
                found[token.start[0]] = frozenset(code.strip() for code in codes if code.strip())
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return found  # the tree was fine; what was found before counts
    return found
