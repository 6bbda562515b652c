"""Which packages a project asks for, with all that these need: those are bundled when the Worker is deployed.

Cloudflare's tool reads `[project] dependencies` of the nearest pyproject.toml (spec/cli.md, section 10). What these
need in turn is read from what is installed here, without regard to extras and markers: rather too much than too little.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import Distribution
    from pathlib import Path

FILE_NAME = "pyproject.toml"
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


def closure(start: Path, installed: Iterable[Distribution]) -> frozenset[str] | None:
    """Return the canonical names of everything asked for; None without a pyproject.toml at or above `start`."""
    path = next((folder / FILE_NAME for folder in (start, *start.parents) if (folder / FILE_NAME).is_file()), None)
    if path is None:
        return None
    needs = {canonical(found.metadata["Name"]): found.requires or [] for found in reversed(list(installed))}
    waiting = [canonical(requirement) for requirement in _dependencies(path)]
    names: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += [canonical(requirement) for requirement in needs.get(name, ())]
    return frozenset(names)


def canonical(requirement: str | None) -> str:
    """Return the name in a requirement as the index spells it: lower case, with single hyphens."""
    match = _NAME.match(requirement or "")
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def _dependencies(path: Path) -> list[str]:
    try:
        value: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # `sync` says what is wrong with the file
    project = value.get("project")
    listed = project.get("dependencies") if isinstance(project, dict) else None
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []
