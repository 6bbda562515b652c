"""Notices that the project's environment has changed: made, removed, or with other packages in it.

An environment has too many directories to watch, and is often not there yet. But a few times of change tell enough,
because installers add, replace or remove a directory in `site-packages` whatever they do. So those are asked for now
and then. A change counts when nothing more happens until the next look, because installing takes a while; and not while
`pywrangler sync` is at work, which takes its stamp away first and puts it back last.
"""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENVIRONMENT = ".venv"
PROJECT_FILE = "pyproject.toml"
STAMP = ".pywrangler-sync.json"
"""That of `environment_sync`, which takes longer to import than a start may wait."""
PATIENCE_LOOKS = 120
"""How often an environment without its stamp is looked at before it counts as complete."""

Times = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class State:
    """When what decides about the packages of a Worker has changed last; 0 for what is not there."""

    environment: tuple[Times, ...] = ()
    demand: tuple[Times, ...] = ()
    has_stamp: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is new for one of the directories."""

    because: tuple[str, ...]
    is_demand_only: bool


@dataclass(slots=True)
class _Watched:
    root: Path
    known: State
    last: State
    looks: int = field(default=0)


class EnvironmentWatch:
    """Looks at the environments of these directories, beside or above each; the first look is the start."""

    def __init__(self, roots: Sequence[Path], home: Path | None = None) -> None:
        self._home = home if home is not None else Path.home()
        self._watched = [_Watched(root, now, now) for root in roots for now in (state_of(root, self._home),)]

    def look(self) -> Iterator[tuple[int, Change]]:
        """Yield the number of each directory with a change that has settled, and the change."""
        for number, one in enumerate(self._watched):
            now = state_of(one.root, self._home)
            has_settled = now == one.last
            one.looks = one.looks + 1 if has_settled else 0
            one.last = now
            is_unfinished = one.known.has_stamp and not now.has_stamp and one.looks < PATIENCE_LOOKS
            if now == one.known or not has_settled or is_unfinished:
                continue
            is_demand_only = now.environment == one.known.environment
            one.known = now
            yield number, Change((PROJECT_FILE if is_demand_only else ENVIRONMENT,), is_demand_only)


def state_of(root: Path, home: Path) -> State:
    """Return the state for a directory; looks at about ten files."""
    environment = []
    demand = []
    has_stamp = False
    for directory in upwards(root, home):
        place = f"{directory}/{ENVIRONMENT}"
        marker = _times(f"{place}/pyvenv.cfg")
        if marker:
            environment += [marker, *(times for path in _package_directories(place) for times in _package_times(path))]
            has_stamp = has_stamp or bool(_times(f"{place}/{STAMP}"))
        demand.append(_times(f"{directory}/{PROJECT_FILE}"))
    # Where pywrangler runs in the environment that the Worker uses, whatever its name.
    environment.append(_times(sysconfig.get_path("purelib")))
    return State(tuple(environment), tuple(demand), has_stamp)


def upwards(root: Path, home: Path) -> Iterator[Path]:
    """Yield the directories in which the environment of a project may lie."""
    for directory in (root, *root.parents):
        if directory == home and directory != root:
            return
        yield directory


def _package_directories(environment: str) -> list[str]:
    return [
        f"{environment}/lib/{name}/site-packages" for name in _names(f"{environment}/lib") if name.startswith("python3")
    ]


def _package_times(directory: str) -> Iterator[Times]:
    """Yield when packages were added or removed, and when each `.pth` file was written."""
    times = _times(directory)
    yield times
    for name in _pth_names(directory, times):
        yield _times(f"{directory}/{name}")


@lru_cache(maxsize=64)
def _pth_names(directory: str, _times: Times) -> list[str]:
    # Listed when the directory has changed only: it may have a thousand entries.
    return [name for name in _names(directory) if name.endswith(".pth")]


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - names are wanted
    except OSError:
        return []


def _times(path: str) -> Times:
    try:
        found = os.stat(path)  # noqa: PTH116 - called often
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_ino)
