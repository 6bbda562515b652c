"""What git would do with a file that must not be committed, and the line in .gitignore that keeps it out."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Literal

from pywrangler.files import read_text

if TYPE_CHECKING:
    from pathlib import Path

Standing = Literal["no repository", "ignored", "exposed", "tracked"]
TIMEOUT_SECONDS = 10
_IGNORE = ".gitignore"


def standing(path: Path) -> Standing:
    """Return how git sees a file: `exposed` would be committed with the next `git add .`, `tracked` already was.

    `no repository` also where git is missing or refuses to look.
    """
    if shutil.which("git") is None:
        return "no repository"
    status = _git(path.parent, "check-ignore", "--quiet", "--no-index", "--", path.name)
    if status not in {0, 1}:
        return "no repository"
    if _git(path.parent, "ls-files", "--error-unmatch", "--", path.name) == 0:
        return "tracked"
    return "ignored" if status == 0 else "exposed"


def ignore_secrets(path: Path) -> Path:
    """Add the variable files to the .gitignore that is nearest to `path` inside its repository; return that file.

    Examples (`.dev.vars.example`) stay visible to git, they are meant to be committed.
    """
    target = _nearest(path.parent)
    text = read_text(target) if target.exists() else ""
    gap = "" if not text or text.endswith("\n") else "\n"
    target.write_text(f"{text}{gap}.dev.vars*\n!.dev.vars.example\n", encoding="utf-8")
    return target


def _nearest(directory: Path) -> Path:
    """Return the .gitignore to write to; a new one goes beside the file."""
    for folder in (directory, *directory.parents):
        if (folder / _IGNORE).is_file():
            return folder / _IGNORE
        if (folder / ".git").exists():
            break
    return directory / _IGNORE


def _git(directory: Path, *arguments: str) -> int | None:
    """Return the exit status; None if git could not be run."""
    try:
        return subprocess.run(
            ["git", "-C", str(directory), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_SECONDS,
            check=False,
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return None
