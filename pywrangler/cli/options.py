"""What flags mean that several commands share (spec/cli.md, section 1)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.cli.terminal import LogLevel

LEVELS = ("debug", "info", "log", "warn", "error", "none")


def enter_directory(directory: Path | None) -> None:
    """Change to the directory of `--cwd`, before anything else looks at files."""
    if directory is None:
        return
    try:
        os.chdir(directory)
    except OSError as error:
        what = f'The directory "{directory}" of --cwd cannot be entered: {error.strerror}.'
        raise StartError(Problem("usage", what)) from error


def choose_level(flag: str | None, environment: Mapping[str, str]) -> LogLevel:
    """Return the log level: the flag, else WRANGLER_LOG, else `log`."""
    value = (flag or environment.get("WRANGLER_LOG") or "log").lower()
    if value not in LEVELS:
        raise StartError(Problem("usage", f'WRANGLER_LOG is one of {", ".join(LEVELS)}, not "{value}".'))
    return cast("LogLevel", value)
