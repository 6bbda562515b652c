"""Parsing of flags, the same for every command: a thin layer over argparse.

argparse because it is loaded in 8 ms; typer, with the validation library it brings, takes 110 ms of CPU and 10 MB in
every session, a third of what the start of `dev` may cost. Rules (spec/cli.md, section 1): unknown flags are errors,
abbreviations are not guessed, a flag that takes one value may be given once.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pywrangler.cli.arguments import SILENT_SWITCH, SILENT_VALUE, adapt
from pywrangler.config.suggest import nearest
from pywrangler.errors import PywranglerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.cli.arguments import Ignored, Kind


IGNORED_EVERYWHERE = {"--install-skills": SILENT_SWITCH, "--profile": SILENT_VALUE}


class UsageError(PywranglerError):
    """The command line cannot be understood; `parser` knows the help that fits."""

    def __init__(self, message: str, parser: argparse.ArgumentParser, hint: str = "") -> None:
        super().__init__(message)
        self.parser = parser
        self.hint = hint


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises UsageError instead of ending the process."""

    takes_words_anywhere = False
    """Set where a second plain word may be left out: flags may stand between the two."""

    def __init__(self, **options: Any) -> None:
        options = {"allow_abbrev": False, "add_help": False, "formatter_class": _Formatter, **options}
        super().__init__(**options)
        self.ignored: dict[str, Ignored] = {}
        self._arrays: set[str] = set()
        self.add_argument("-h", "--help", action="help", help="show this help")

    def flag(self, *names: str, **options: Any) -> None:
        """Add a flag that may be given once."""
        self.add_argument(*names, action=_Once, **options)

    def several(self, *names: str, **options: Any) -> None:
        """Add a flag that takes several values, and may be repeated."""
        self.add_argument(*names, action="append", **options)
        self._arrays.update(names)

    def ignore(self, flags: Mapping[str, Ignored]) -> None:
        """Accept these flags without an effect."""
        self.ignored |= flags

    def kinds(self) -> dict[str, Kind]:
        """Return what kind of value each flag takes."""
        return {
            name: "switch" if action.nargs == 0 else "array" if name in self._arrays else "value"
            for action in self._actions
            for name in action.option_strings
        }

    def switch(self, name: str, *, default: bool, help: str) -> None:
        """Add `--name` and `--no-name`."""
        self.add_argument(name, action=argparse.BooleanOptionalAction, default=default, help=help)

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the values, with the flags that are `ignored`; UsageError for anything unknown.

        Shows the help and raises SystemExit if asked to.
        """
        kept, ignored = adapt(words, self.kinds(), self.ignored)
        parse = self.parse_known_intermixed_args if self.takes_words_anywhere else self.parse_known_args
        options, unknown = parse(kept)
        if unknown:
            raise self._unknown(unknown[0])
        options.ignored = ignored
        return options

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message[:1].upper() + message[1:], self)

    def _unknown(self, word: str) -> UsageError:
        flag = word.partition("=")[0]
        if not flag.startswith("-"):
            return UsageError(f"Unknown argument: {word}", self)
        known = [name for action in self._actions for name in action.option_strings if action.help is not None]
        near = nearest(flag, known)
        return UsageError(f"Unknown argument: {flag.lstrip('-')}", self, f"Did you mean {near}?" if near else "")


class _Once(argparse.Action):
    """Stores a value, and refuses a second one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002 - argparse's signature
    ) -> None:
        before = getattr(namespace, self.dest, None)
        if before is not None:
            name = max(self.option_strings, key=len)
            what = f'The argument "{name}" expects a single value, but received multiple: "{before}", "{values}".'
            raise UsageError(what, parser)
        setattr(namespace, self.dest, values)


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32)


def add_global_flags(parser: Parser, *, several_configs: bool = False) -> None:
    """Add the flags that every command has (spec/cli.md, section 1)."""
    if several_configs:
        what = "a configuration file; several make one session, the first is the primary"
        parser.add_argument("-c", "--config", metavar="PATH", type=Path, action="append", help=what)
    else:
        parser.flag("-c", "--config", metavar="PATH", type=Path, help="the configuration file")
    parser.flag("--cwd", metavar="DIR", type=Path, help="run as if started in this directory")
    parser.flag("-e", "--env", metavar="NAME", help="the environment")
    what = "variables from these files instead of .dev.vars and .env"
    parser.several("--env-file", metavar="PATH", default=[], help=what)
    parser.ignore(IGNORED_EVERYWHERE)


def add_mock_flag(parser: Parser) -> None:
    """Add the flag of commands that run Workers without the products of an account."""
    what = "let the functions of a Python file be the methods of a binding; several if need be"
    parser.several("--mock", metavar="BINDING=FILE", default=[], help=what)
