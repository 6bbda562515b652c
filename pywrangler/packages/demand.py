"""What a project asks for, as far as it says so itself: read for advice, so nothing here fails.

`pywrangler sync` reads the same file strictly and knows sources, locks and what a build backend adds
(`session.pyproject`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pywrangler.files import read_regular
from pywrangler.packages.distributions import Distribution, Requirement, installed, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

FILE_NAME = "pyproject.toml"
OF_TOOLS = frozenset(("workers-py", "workers-runtime-sdk", "pywrangler"))
"""Nothing that a Worker imports from its environment."""
_READ_LIMIT_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Demand:
    """What one `pyproject.toml` says."""

    path: Path
    requirements: Mapping[str, Requirement] = field(default_factory=dict)
    """By canonical name: what is bundled when the Worker is deployed."""
    development: Mapping[str, Requirement] = field(default_factory=dict)
    """Those of the group `dev`, which `sync` installs, too."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Names that only extras and other groups ask for, with what these are."""
    is_dynamic: bool = False
    """The build backend knows more."""
    problem: str = ""
    """Why the file cannot be read."""

    @property
    def everything(self) -> Mapping[str, Requirement]:
        """All that `sync` installs."""
        return {**self.development, **self.requirements}

    def unmet(self, environment: Sequence[Path]) -> list[tuple[Requirement, Distribution | None]]:
        """Return what the package directories of an environment lack, with what they have in its place."""
        there: dict[str, Distribution] = {}
        for place in environment:
            for item in installed(place):
                there.setdefault(item.name, item)
        wanted = [item for item in self.everything.values() if item.name not in OF_TOOLS and not item.is_conditional]
        found = ((item, there.get(item.name)) for item in wanted)
        return [(item, has) for item, has in found if has is None or not item.allows(has.version)]


def demand_of(start: Path) -> Demand | None:
    """Return what the nearest pyproject.toml at or above `start` says, None if there is none."""
    for directory in (start, *start.parents):
        path = directory / FILE_NAME
        if path.is_file():
            return read(path)
    return None


def read(path: Path) -> Demand:
    """Return what a pyproject.toml says."""
    try:
        value: dict[str, Any] = tomllib.loads(read_regular(path, _READ_LIMIT_BYTES).decode())
    except (OSError, ValueError, RecursionError) as error:
        return Demand(path, problem=str(error) or type(error).__name__)
    project = _table(value, "project")
    groups = _table(value, "dependency-groups")
    requirements = _named(_list(project.get("dependencies")))
    development = _named(_group(groups, "dev", ()))
    others: dict[str, str] = {}
    for extra, items in _table(project, "optional-dependencies").items():
        others |= {item.name: f'the extra "{extra}"' for item in _named(_list(items)).values()}
    for group in groups:
        if group != "dev":
            others |= dict.fromkeys(_named(_group(groups, group, ())), f'the group "{group}"')
    return Demand(path, requirements, development, others, "dependencies" in _list(project.get("dynamic")))


def _table(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _named(items: Iterable[Any]) -> dict[str, Requirement]:
    found = (parse(item) for item in items if isinstance(item, str))
    return {item.name: item for item in found if item is not None}


def _group(groups: dict[str, Any], name: str, above: tuple[str, ...]) -> Iterator[Any]:
    for item in _list(groups.get(name)):
        included = item.get("include-group") if isinstance(item, dict) else None
        if isinstance(included, str) and included not in (*above, name):
            yield from _group(groups, included, (*above, name))
        elif isinstance(item, str):
            yield item
