"""What docs/commands.md has to say about flags, made from the parsers of the commands."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING

from pywrangler.cli.app import COMMANDS, PROGRAM
from pywrangler.cli.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.cli.flags import Parser

GLOBAL = frozenset(("help", "config", "cwd", "env", "env_file"))
"""Flags that every command has; the page tells about them once."""


def parsers() -> dict[str, Parser]:
    """Return the parser of each command, those within groups included, by the words that call it."""
    found: dict[str, Parser] = {}
    for command in COMMANDS:
        parser = importlib.import_module(command.module).parser(f"{PROGRAM} {command.name}")
        if isinstance(parser, Group):
            found |= {f"{command.name} {words}": member for words, member in parser.members()}
        else:
            found[command.name] = parser
    return found


def ignored_flags(words: str) -> dict[str, bool]:
    """Return the flags that a command takes without effect; True for those with a value."""
    module = next(command.module for command in COMMANDS if command.name == words.split()[0])
    return dict(getattr(importlib.import_module(module), "IGNORED_FLAGS", {}))


def rows(parser: Parser) -> Iterator[str]:
    """Yield the rows of the table that belongs to a command."""
    for action in parser._actions:
        if action.dest not in GLOBAL and action.help not in (None, argparse.SUPPRESS):
            yield f"| {_named(action)} | {action.help % vars(action)} |"


def _named(action: argparse.Action) -> str:
    value = action.metavar or ("{" + ",".join(map(str, action.choices)) + "}" if action.choices else "")
    if not action.option_strings:
        return f"`{value or action.dest}`"
    if action.nargs != 0 and not value:
        value = action.dest.upper()
    *first, last = action.option_strings
    return ", ".join([*(f"`{name}`" for name in first), f"`{last} {value}`" if action.nargs != 0 else f"`{last}`"])


if __name__ == "__main__":
    for words, parser in parsers().items():
        print(f"\n## {words}\n\n| flag | effect |\n|---|---|")
        print("\n".join(rows(parser)))
