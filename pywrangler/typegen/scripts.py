"""Which classes a TypeScript or JavaScript module exports: names only, found without understanding the language.

Comments and strings are blanked first; what is left is searched for the forms that an export can have. Exports of
other files are followed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pywrangler.files import read_text

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".ts", ".tsx", ".mts", ".js", ".mjs", ".jsx")
DEPTH_LIMIT = 5
SIZE_LIMIT_BYTES = 4 * 1024 * 1024

# Order matters: what begins first wins, so a quote in a comment opens no string.
_NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`""",
    re.DOTALL,
)
_NAME = r"[A-Za-z_$][\w$]*"
_CLASS = re.compile(rf"\bexport\s+(?:declare\s+)?(?:abstract\s+)?class\s+({_NAME})")
_CONSTANT = re.compile(rf"\bexport\s+(?:const|let|var|function|async\s+function)\s+({_NAME})")
_LIST = re.compile(r"\bexport\s*\{([^}]*)\}(?:\s*from\s*(?P<quote>['\"])(?P<source>[^'\"\n]*)(?P=quote))?")
_STAR = re.compile(r"\bexport\s*\*\s*from\s*(['\"])([^'\"\n]*)\1")
_DEFAULT = re.compile(r"\bexport\s+default\b")


def exported_classes(path: Path, depth: int = 0) -> frozenset[str]:
    """Return the names that the module at `path` exports and that may be classes; none if it cannot be read."""
    try:
        if path.stat().st_size > SIZE_LIMIT_BYTES or depth > DEPTH_LIMIT:
            return frozenset()
        text = read_text(path, errors="replace")
    except (OSError, ValueError):
        return frozenset()
    bare = _NOISE.sub(_blank, text)
    found = {match[1] for pattern in (_CLASS, _CONSTANT) for match in pattern.finditer(bare)}
    for match in _LIST.finditer(bare):
        found |= {part.split()[-1] for part in match[1].split(",") if part.split()}
    if _DEFAULT.search(bare):
        found.add("default")
    for match in _STAR.finditer(bare):
        target = _module(path.parent, match[2])
        if target is not None:
            found |= exported_classes(target, depth + 1) - {"default"}
    return frozenset(found)


def _blank(match: re.Match[str]) -> str:
    """Drop comments, keep the sources of exports, empty every other string."""
    text = match[0]
    if text[0] == "/":
        return " "
    return text if re.fullmatch(r"""(['"])\.{0,2}[\w@./-]*\1""", text) else '""'


def _module(base: Path, source: str) -> Path | None:
    if not source.startswith("."):
        return None
    path = base / source
    stem = path.with_suffix("") if path.suffix in (".js", ".mjs", ".jsx") else path
    candidates = [path, *(stem.with_name(stem.name + suffix) for suffix in SUFFIXES)]
    candidates += [path / f"index{suffix}" for suffix in SUFFIXES]
    return next((candidate for candidate in candidates if candidate.is_file()), None)
