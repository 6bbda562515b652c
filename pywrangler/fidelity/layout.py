"""Directories of tools among the modules of a Worker: a deploy uploads everything below the module root.

wrangler 4.164 walks the directory of `main` (or `base_dir`) whole, hidden directories and virtual environments too, and
leaves out `.wrangler` and the config alone (`getFiles` and `findAdditionalModules` in its bundle). With `main` at the
project's root, that is all of `.venv`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem
from pywrangler.fidelity.bundle import bundle_of
from pywrangler.packages.vendored import PYTHON_MODULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.config.model import WorkerConfig

CODE = "module-root"
_DEPTH_LIMIT = 3
_FILES_LIMIT = 20_000
_PACKAGES_OF_NODE = "node_modules"


def check(worker: WorkerConfig) -> Iterator[Problem]:
    """Yield a warning for each environment that would be uploaded."""
    if worker.main is None:
        return
    bundle = bundle_of(worker)
    for directory in environments_in(bundle.root):
        count = sum(bundle.holds(path) for path in _files(directory))
        if count:
            yield warning(directory, bundle.root, worker.main, worker.config_path, count)


def warning(directory: Path, root: Path, main: Path, config: Path, count: int = 0) -> Problem:
    """Return the warning for one environment; `count` is how many of its files would be uploaded, 0 if not known."""
    much = f"{count} files" if count else "the files"
    shown = directory.relative_to(root)
    what = f"A deploy uploads {much} of {shown}, which lies in the directory of the Worker's modules."
    inner = os.path.relpath(main, config.parent)
    remedy = (
        f'Give the code a directory of its own: mkdir src && mv {inner} src/, with its other modules, and "main": '
        f'"src/{main.name}" in {config.name}.'
    )
    return Problem(CODE, what, remedy, Place(config), "warning")


def environments_in(root: Path) -> list[Path]:
    """Return the virtual environments, and packages of Node.js, near the top of a directory."""
    found: list[Path] = []
    waiting = [(root, 0)]
    while waiting:
        directory, depth = waiting.pop()
        try:
            with os.scandir(directory) as entries:
                inner = sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError:
            continue
        for path in inner:
            # workers-py marks its python_modules like an environment.
            if path.name == _PACKAGES_OF_NODE or (path.name != PYTHON_MODULES and (path / "pyvenv.cfg").is_file()):
                found.append(path)
            elif depth + 1 < _DEPTH_LIMIT and path.name not in (PYTHON_MODULES, ".git", ".wrangler"):
                waiting.append((path, depth + 1))
    return sorted(found)


def _files(directory: Path) -> Iterator[Path]:
    number = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            number += 1
            if number > _FILES_LIMIT:
                return
            yield Path(folder, name)
