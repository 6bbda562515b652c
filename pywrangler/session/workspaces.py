"""Projects of uv that share a lock: a root, whose pyproject.toml lists the members (https://docs.astral.sh/uv/concepts/projects/workspaces/)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ConfigError, Place, Problem
from pywrangler.files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "pyproject.toml"
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?")
"""The name in a requirement, and its extras."""


def canonical_name(requirement: str) -> str:
    """Return the name in a requirement as the index spells it: lower case, with single hyphens."""
    # Of an editable one, the name is a comment.
    match = REQUIREMENT.match(requirement.rpartition(" # ")[2] if requirement.startswith("-e ") else requirement)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def load(path: Path) -> tuple[str, dict[str, Any]]:
    """Return text and value of a TOML file of Python's packaging; ConfigError with its place if it is malformed."""
    import tomllib

    content = read_regular(path)
    try:
        text = content.decode()
        return text, tomllib.loads(text)
    except RecursionError:
        raise ConfigError([Problem("pyproject", "Nested too deeply.", "", Place(path))]) from None
    except ValueError as error:
        from pywrangler.config.toml import parse

        parse(content, path)  # raises the same as a ConfigError with its place, for all but what TOML allows
        raise ConfigError([Problem("pyproject", f"{error}.", "", Place(path))]) from None


def root_of(directory: Path) -> Path:
    """Return the root of the workspace that a project belongs to, or the project's own directory."""
    for folder in (directory, *directory.parents):
        if _members(folder) is not None:
            return folder
    return directory


def member(directory: Path, name: str) -> Path | None:
    """Return the directory of the member with a name, of the workspace that holds `directory`."""
    root = root_of(directory)
    for pattern in _members(root) or ():
        for path in sorted(root.glob(f"{pattern}/{FILE_NAME}")):
            if canonical_name(str(table(_value(path), "project").get("name", ""))) == name:
                return path.parent.resolve()
    return None


def _members(folder: Path) -> list[str] | None:
    """Return the patterns of the members of the workspace that begins in a folder, None if none does."""
    workspace = table(table(_value(folder / FILE_NAME), "tool"), "uv").get("workspace")
    if not isinstance(workspace, dict):
        return None
    patterns = (item.strip("/") for item in entries(workspace.get("members")) if isinstance(item, str))
    return [item for item in patterns if item and ".." not in item.split("/")]


def _value(path: Path) -> dict[str, Any]:
    try:
        return load(path)[1]
    except (OSError, ConfigError):
        return {}  # of another project; whoever asks for that one is told


def table(value: Any, key: str) -> dict[str, Any]:
    """Return the table under a key, an empty one if there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def entries(value: Any) -> list[Any]:
    """Return a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []
