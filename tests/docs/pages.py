"""The pages of the documentation, taken apart: fenced blocks, links, headings.

The first word after a fence says what a block is: `sh` is run, `console` shows commands that are not (lines that begin
with `$ `; others are what they print). `fragment` after it is a part of a whole, `file=PATH` what a file holds when the
next block runs.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
LANGUAGES = frozenset(("sh", "console", "python", "jsonc", "toml", "dotenv", "text"))

_FENCE = re.compile(r"^```(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block; `line` is that of its first line."""

    page: Path
    line: int
    words: tuple[str, ...]
    text: str

    @property
    def language(self) -> str:
        return self.words[0] if self.words else ""

    @property
    def file(self) -> str:
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), "")

    @property
    def name(self) -> str:
        return f"{self.page.name}:{self.line}"

    def commands(self) -> list[tuple[int, str]]:
        """Return the command lines with their numbers, without comments."""
        lines: Iterable[tuple[int, str]] = enumerate(self.text.splitlines(), self.line)
        if self.language == "console":
            lines = ((number, line.removeprefix("$ ")) for number, line in lines if line.startswith("$ "))
        return [(number, line) for number, line in lines if line.strip() and not line.startswith("#")]


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, match.start(2)) + 1, tuple(match[1].split()), match[2])
        for match in _FENCE.finditer(text)
    ]


def of_language(language: str) -> list[Block]:
    """Return the blocks of a language on all pages."""
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def links(page: Path) -> list[str]:
    """Return the targets of the links and pictures on a page, code left out."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", text))


def code_in_text(page: Path) -> list[tuple[int, str]]:
    """Return what is marked as code outside of fences, indented lines included, with the number of its line."""
    text = _FENCE.sub(lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"))
    lines = enumerate(text.splitlines(), 1)
    return [
        (number, code)
        for number, line in lines
        for code in ([line.strip()] if line.startswith("    ") else re.findall(r"`([^`]+)`", line))
    ]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page, as GitHub makes them from headings."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


def section(page: Path, heading: str) -> str:
    """Return the text below a heading, up to the next one."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"^#+ {re.escape(heading)}$\n((?:(?!#+ ).*\n)*)", text, re.MULTILINE)
    return found[1] if found else ""


def headings(page: Path, level: int) -> list[str]:
    """Return the headings of a level."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return re.findall(rf"^{'#' * level} (.+)$", text, re.MULTILINE)
