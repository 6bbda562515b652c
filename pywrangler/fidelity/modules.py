"""The modules that a Worker is made of: its main module and all it imports, found on the disk and parsed.

Looked for, as on Cloudflare: below the directory of `main` (or `base_dir`), then in `python_modules` and, at old dates,
`vendor`. What is in none of them is the platform's, the standard library's, or a package of the project's environment.
Nothing is imported.
"""

from __future__ import annotations

import ast
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.errors import Problem
from pywrangler.fidelity.source import Source, read
from pywrangler.fidelity.walk import Visit, walk
from pywrangler.packages.vendored import Vendored, directories, module_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.config.model import WorkerConfig

PLATFORM = frozenset(("workers", "js", "pyodide", "asgi", "pyodide_js", "_pyodide", "_pyodide_core"))
MODULE_LIMIT = 3000


@dataclass(frozen=True, slots=True)
class Import:
    """A package that neither the project nor the platform has, and the first place that imports it."""

    package: str
    visit: Visit
    node: ast.AST


@dataclass(slots=True)
class Project:
    """What was found."""

    worker: WorkerConfig
    site_packages: tuple[Path, ...] = ()
    sources: dict[str, Source] = field(default_factory=dict)
    """By module name; the main module comes first."""
    third_party: dict[str, Import] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def main(self) -> Source | None:
        """The main module, None if it cannot be parsed."""
        return next(iter(self.sources.values()), None)

    @property
    def own(self) -> Iterator[Source]:
        """The modules that the user wrote."""
        return (source for source in self.sources.values() if not source.is_vendored)


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that modules are imported from."""

    path: Path
    vendored: Vendored | None = None

    def has(self, path: Path) -> bool:
        """Whether a file is there, on Cloudflare, too."""
        return path.is_file() and not (self.vendored is not None and self.vendored.excludes(str(path)))

    def holds(self, package: str) -> bool:
        """Whether a package is there in any form: a module, a folder, a compiled module."""
        folder = self.path / package
        if folder.is_dir() and (self.vendored is None or self.vendored.has_files(str(folder))):
            return True
        single = (folder.with_name(f"{package}.py"), *self.path.glob(f"{package}.*.so"))
        return any(map(self.has, single))


def load(worker: WorkerConfig, site_packages: tuple[Path, ...] = (), *, with_vendored: bool = True) -> Project:
    """Parse the main module and all it imports; `with_vendored` follows into `python_modules`, too."""
    project = Project(worker, site_packages)
    if worker.main is None:
        return project
    found = read(worker.main, worker.main.stem)
    if isinstance(found, Problem):
        project.problems.append(found)
        return project
    project.sources[found.name] = found
    places = [Directory(worker.main.parent)]
    if (base := module_root(worker)) != worker.main.parent:
        places.append(Directory(base))
    places += [Directory(found, Vendored(found, excluded)) for found, excluded in directories(worker)]
    seen: set[str] = {found.name}
    waiting = deque([found])
    while waiting and len(project.sources) < MODULE_LIMIT:
        source = waiting.popleft()
        for visit in walk(source):
            for name, certain in _imported(visit):
                if name in seen:
                    continue
                for part in _with_parents(name):
                    new = _find(project, part, places, seen, with_vendored=with_vendored)
                    if new is not None:
                        waiting.append(new)
                if certain is not None:
                    _note_third_party(project, Import(name.partition(".")[0], visit, certain), places)
    return project


def is_standard(package: str) -> bool:
    """Whether a top-level module belongs to the standard library of any version, or to the platform."""
    from pywrangler.fidelity.standard import ADDED, REMOVED

    return package in sys.stdlib_module_names or package in PLATFORM or package in REMOVED or package in ADDED


def imports_of(visit: Visit) -> Iterator[tuple[str, ast.AST]]:
    """Yield the full names of the modules, or names in modules, that a node imports."""
    match visit.node:
        case ast.Import(names=aliases):
            yield from ((alias.name, alias) for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            base = visit.source.absolute(module, level)
            yield from ((f"{base}.{alias.name}", alias) for alias in aliases)


def _imported(visit: Visit) -> Iterator[tuple[str, ast.AST | None]]:
    """Yield names of modules with the node to show, None if the name may be one in a module."""
    match visit.node:
        case ast.Import(names=aliases):
            yield from ((alias.name, alias) for alias in aliases)
        case ast.ImportFrom(module=module, names=aliases, level=level):
            base = visit.source.absolute(module, level)
            if base:
                yield base, None if level else visit.node
            yield from ((f"{base}.{alias.name}".removeprefix("."), None) for alias in aliases if alias.name != "*")


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[: index + 1]) for index in range(len(parts)))


def _find(
    project: Project, name: str, places: list[Directory], seen: set[str], *, with_vendored: bool
) -> Source | None:
    """Parse a module if it is one of the project and new."""
    if name in seen or name.partition(".")[0] in PLATFORM or not all(name.split(".")):
        return None
    seen.add(name)
    for place in places:
        is_vendored = place.vendored is not None
        path = place.path.joinpath(*name.split("."))
        for candidate, is_package in ((path / "__init__.py", True), (path.with_name(f"{path.name}.py"), False)):
            if not place.has(candidate):
                continue
            if is_vendored and not with_vendored:
                return None
            found = read(candidate, name, is_package=is_package, is_vendored=is_vendored)
            if isinstance(found, Source):
                project.sources[name] = found
                return found
            if not is_vendored:
                project.problems.append(found)
            return None
    return None


def _note_third_party(project: Project, item: Import, places: list[Directory]) -> None:
    package = item.package
    if item.visit.source.is_vendored or package in project.third_party or package in project.sources:
        return
    if is_standard(package) or any(place.holds(package) for place in places):
        return
    project.third_party[package] = item
