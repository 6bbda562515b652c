"""Asking the disk about names that people wrote: nothing here raises, whatever the name."""

from __future__ import annotations

import os
from pathlib import Path


def absolute(base: Path, path: str | Path = "") -> Path:
    """Return `path` as seen from `base`, without `.` and `..`, without looking at the disk for links."""
    return Path(os.path.normpath(base.absolute() / path))


def is_file(path: Path) -> bool:
    """Tell whether `path` is a file; names that are too long or may not be looked at are none."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_directory(path: Path) -> bool:
    """Tell whether `path` is a directory."""
    try:
        return path.is_dir()
    except OSError:
        return False


def exists(path: Path) -> bool:
    """Tell whether there is anything at `path`."""
    try:
        return path.exists()
    except OSError:
        return False


def names_in(directory: Path) -> list[str]:
    """Return the sorted names in a directory, none if it cannot be read."""
    try:
        return sorted(entry.name for entry in directory.iterdir())
    except (OSError, ValueError):
        return []
