"""Colours, and the blocks that warnings and errors are shown in: every command words its troubles the same way."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.errors import Problem

_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "grey": "90",
}


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text, or leaves it alone where colours are not wanted."""

    is_coloured: bool

    def paint(self, text: str, *names: str) -> str:
        """Return the text in these colours."""
        if not self.is_coloured or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


def style_for(stream: TextIO, environment: Mapping[str, str]) -> Style:
    """Return the style for a stream: colours on terminals, unless NO_COLOR; FORCE_COLOR for everything else."""
    if environment.get("NO_COLOR"):
        return Style(False)
    if environment.get("FORCE_COLOR", "0") not in {"", "0", "false"}:
        return Style(True)
    return Style(stream.isatty() and environment.get("TERM") != "dumb")


def block(style: Style, severity: str, message: str, *paragraphs: str) -> str:
    """Return a warning or error: the first line after the label, everything else indented by two, a blank line."""
    if severity == "warning":
        label = style.paint("▲", "yellow") + " " + style.paint("[WARNING]", "yellow", "bold")
    else:
        label = style.paint("✘", "red") + " " + style.paint("[ERROR]", "red", "bold")
    first, _, rest = message.partition("\n")
    parts = [part for part in (rest.strip("\n"), *paragraphs) if part.strip()]
    body = "".join("\n" + _indented(part) + "\n" for part in parts)
    return f"{label} {style.paint(first, 'bold')}\n{body}\n"


def problem_block(style: Style, problem: Problem, directory: Path, note: str = "") -> str:
    """Return a problem as a block: what, where with the source lines, what to do."""
    place = ""
    if problem.place is not None:
        where = str(problem.place).replace(str(problem.place.path), os.path.relpath(problem.place.path, directory), 1)
        excerpt = "\n" + _indented(problem.excerpt.rstrip("\n")) if problem.excerpt.strip() else ""
        place = style.paint(where, "dim") + excerpt
    elif problem.excerpt.strip():
        place = problem.excerpt.rstrip("\n")
    return block(style, problem.severity, problem.what, place, problem.remedy, f"({note})" if note else "")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line.strip() else "" for line in text.splitlines())
