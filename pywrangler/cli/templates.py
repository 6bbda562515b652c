"""The projects that `init` makes: where they lie, which files they have, what is filled in.

In the repository they are the directory templates/ at the top; a wheel carries them inside of the package (setup.py).
A template is a project that runs as it is but for two words in its files: @name@ and @today@.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Problem, StartError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LIMIT = 50
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# What running a template in the repository leaves behind.
_LEFTOVERS = frozenset((".wrangler", ".venv", "__pycache__", ".pytest_cache", ".dev.vars"))


@dataclass(frozen=True, slots=True)
class Template:
    """One project to begin with."""

    name: str
    summary: str


TEMPLATES = (
    Template("hello", "one request handler, one variable"),
    Template("durable-object", "counters in SQLite, one Durable Object each"),
    Template("websocket-room", "chat rooms over hibernating WebSockets, with a page"),
    Template("fastapi", "a FastAPI application, with a secret"),
    Template("cron-queue", "work by the clock and from a queue"),
    Template("multi-worker", "two Workers, a page and a Durable Object behind it"),
)


def name_fault(name: str) -> str:
    """Return what is wrong with the name of a new Worker, "" if nothing is.

    Stricter than a config has to be: the name becomes part of a host name (https://<name>.<account>.workers.dev),
    with room for an environment behind it.
    """
    if not name:
        return "A Worker needs a name."
    if len(name) > NAME_LIMIT:
        return f"The name has {len(name)} characters; {NAME_LIMIT} are allowed."
    if not _NAME.fullmatch(name):
        return f'"{name}" cannot be the name of a Worker: lowercase letters, digits and dashes, none at the ends.'
    return ""


def suggested_name(directory: Path) -> str:
    """Return a name made of that of a directory, which may be unfit for one."""
    words = re.sub(r"[^a-z0-9]+", "-", directory.name.lower()).strip("-")
    return words[:NAME_LIMIT].rstrip("-") or "my-worker"


def template_files(name: str) -> dict[str, str]:
    """Return the texts of a template by their paths, with `/` between the parts."""
    root = _root() / name
    paths = [path for path in sorted(root.rglob("*")) if path.is_file()]
    if not paths:
        raise StartError(Problem("templates", f"The installation is incomplete: {root} is missing.", "Install again."))
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if _LEFTOVERS.isdisjoint(path.relative_to(root).parts)
    }


def filled(files: Mapping[str, str], *, name: str, today: str) -> dict[str, str]:
    """Return the texts with name and date in place."""
    return {path: text.replace("@name@", name).replace("@today@", today) for path, text in files.items()}


def _root() -> Path:
    package = Path(__file__).parents[1]
    inside = package / "templates"
    return inside if inside.is_dir() else package.parent / "templates"
