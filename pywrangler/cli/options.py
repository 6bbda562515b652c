"""What the global flags mean, for every command (spec/cli.md, section 1)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar, cast

from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pywrangler.cli.terminal import LogLevel

T = TypeVar("T")
LEVELS = ("debug", "info", "log", "warn", "error", "none")


def single(name: str, values: Sequence[T] | None) -> T | None:
    """Return the value of a flag that may be given once; StartError if it was given more often."""
    if not values:
        return None
    if len(values) > 1:
        given = ", ".join(f'"{value}"' for value in values)
        raise StartError(
            Problem("usage", f'The argument "--{name}" expects a single value, but received multiple: {given}.')
        )
    return values[0]


def enter_directory(directory: Path | None) -> None:
    """Change to the directory of `--cwd`, before anything else looks at files."""
    if directory is None:
        return
    try:
        os.chdir(directory)
    except OSError as error:
        raise StartError(
            Problem("usage", f'The directory "{directory}" of --cwd cannot be entered: {error.strerror}.')
        ) from error


def choose_level(flag: str | None, environment: Mapping[str, str]) -> LogLevel:
    """Return the log level: the flag, else WRANGLER_LOG, else `log`; a wrong one is an error, in the variable too."""
    value = flag or environment.get("WRANGLER_LOG") or "log"
    if value.lower() not in LEVELS:
        where = "--log-level" if flag else "WRANGLER_LOG"
        raise StartError(Problem("usage", f'{where} is one of {", ".join(LEVELS)}, not "{value}".'))
    return cast("LogLevel", value.lower())
