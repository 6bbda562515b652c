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
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENVIRONMENT = ".venv"
PROJECT_FILE = "pyproject.toml"
STAMP = ".pywrangler-sync.json"
"""That of `environment_sync`, which takes longer to import than a start may wait."""
PATIENCE_LOOKS = 60
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
    stamps = []
    for directory in _upwards(root, home):
        place = directory / ENVIRONMENT
        packages = sorted(place.glob("lib/python3*/site-packages")) if place.is_dir() else []
        environment.append(_times(place / "pyvenv.cfg"))
        environment += [times for path in packages for times in (_times(path), *map(_times, path.glob("*.pth")))]
        stamps.append((place / STAMP).exists())
        demand.append(_times(directory / PROJECT_FILE))
    # Where pywrangler runs in the environment that the Worker uses, whatever its name.
    environment.append(_times(Path(sysconfig.get_path("purelib"))))
    return State(tuple(environment), tuple(demand), any(stamps))


def _upwards(root: Path, home: Path) -> Iterator[Path]:
    for directory in (root, *root.parents):
        if directory == home and directory != root:
            return
        yield directory


def _times(path: Path) -> Times:
    try:
        found = os.stat(path)  # noqa: PTH116 - called often
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_ino)
