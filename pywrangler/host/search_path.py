"""Where a Worker's modules are imported from.

`sys.path` is, in this order: the platform's modules, the Worker's own, vendored ones (`python_modules`, and `vendor` at
old compatibility dates), the project's environment, what `.pth` files there add, and everything of Python itself.

- Of vendored packages only those count that this machine can load and that are uploaded (`packages.vendored`); modules
  and metadata of the others are found where they lie next.
- `.pth` files are processed as Python does at its start: the project's always, vendored ones as the compatibility date
  says. That is how editable installs work.
- Modules are loaded by `runtime.source_files`, so that what is imported is what was saved, in editable installs, too.
"""

from __future__ import annotations

import contextlib
import os
import site
import sys
from functools import lru_cache
from importlib.machinery import FileFinder, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.errors import Place, Problem
from pywrangler.packages import vendored
from pywrangler.packages.vendored import Skipped, Vendored
from pywrangler.runtime import source_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from importlib.metadata import PathDistribution

    from pywrangler.protocol.control import Packages

MODULES = Path(__file__).parents[1] / "modules"


def install(
    packages: Packages, own: Path | None = None, preloaded: Collection[str] = ()
) -> tuple[list[Vendored], list[Problem]]:
    """Make these packages importable, and the Worker's own modules in `own`; return what is vendored, and warnings.

    Without `own` no `.pth` file is processed: the modules that they lead to are the user's, who edits them. Of the
    modules in `preloaded`, which were imported without `own`, those are forgotten that `own` has, too.
    """
    directories = [directory for directory, _ in packages.vendored]
    first = [MODULES, *([own] if own is not None else []), *directories, *packages.site_packages]
    texts = list(map(str, first))
    rest = [entry for entry in sys.path if entry not in texts and entry != ""]
    sys.path[:] = texts + rest
    problems: list[Problem] = []
    if own is not None:
        with_pth = (*(directories if packages.process_pth_files else ()), *packages.site_packages)
        problems = _process_pth_files(with_pth, texts[-1])
    elsewhere = tuple(
        Path(entry) for entry in sys.path if entry not in texts[: len(first) - len(packages.site_packages)]
    )
    found = [_look(directory, excluded, elsewhere) for directory, excluded in packages.vendored]
    for path in [path for path in sys.path_importer_cache if path.startswith(tuple(map(str, directories)))]:
        del sys.path_importer_cache[path]
    source_files.install(str(directory) for directory in first[1 : len(first) - len(packages.site_packages)])
    if own is not None:
        _forget_shadowed(own, preloaded)
    if found:
        sys.path_hooks.insert(0, _hook(found))
        _filter_metadata(found)
    return found, problems


@lru_cache(maxsize=16)
def _look(directory: Path, excluded: tuple[str, ...], elsewhere: tuple[Path, ...]) -> Vendored:
    # Hosts inherit what their nursery has seen: when packages change, they come from another one.
    return vendored.look(directory, excluded, elsewhere)


def _forget_shadowed(own: Path, preloaded: Collection[str]) -> None:
    with contextlib.suppress(OSError):
        mine = {name.partition(".")[0] for name in os.listdir(own)}  # noqa: PTH208 - names are wanted
        for name in [name for name in preloaded if name.partition(".")[0] in mine]:
            sys.modules.pop(name, None)


def foreign(module: str, found: Iterable[Vendored]) -> Skipped | None:
    """Return the vendored distribution of a module, if it was built for another machine."""
    return next((item for one in found if (item := one.foreign(module)) is not None), None)


# ---- vendored modules


class _VendoredFinder(FileFinder):
    """Finds modules in a vendored directory, or below it."""

    def __init__(self, path: str, found: Vendored) -> None:
        super().__init__(path, *source_files.LOADERS)
        self._found = found

    def find_spec(self, fullname: str, target: Any = None) -> ModuleSpec | None:
        """Return where a module is, None if it is not here or does not count."""
        base = os.path.join(self.path, fullname.rpartition(".")[2])  # noqa: PTH118 - called for every import
        if self._found.hides(base):
            return None
        spec = super().find_spec(fullname, target)
        if spec is None or not self._is_excluded(spec):
            return spec
        return self._find_others(fullname, base)

    def _is_excluded(self, spec: ModuleSpec) -> bool:
        if spec.origin is not None and spec.has_location:
            return self._found.excludes(spec.origin)
        # A package without __init__.py exists as long as there is anything in it.
        folders = list(spec.submodule_search_locations or ())
        return bool(folders) and not any(self._found.has_files(folder) for folder in folders)

    def _find_others(self, fullname: str, base: str) -> ModuleSpec | None:
        """Return what a module is without the files that are excluded."""
        loaders = [(suffix, loader) for loader, suffixes in source_files.LOADERS for suffix in suffixes]
        package = os.path.join(base, "__init__")  # noqa: PTH118
        for stem, locations in ((package, [base]), (base, None)):
            for suffix, loader in loaders:
                path = stem + suffix
                if os.path.isfile(path) and not self._found.excludes(path):  # noqa: PTH113
                    spec = ModuleSpec(fullname, loader(fullname, path), origin=path, is_package=locations is not None)
                    spec.has_location = True
                    if locations is not None:
                        spec.submodule_search_locations = locations
                    return spec
        if not self._found.has_files(base):
            return None
        spec = ModuleSpec(fullname, None)
        spec.submodule_search_locations = [base]
        return spec


def _hook(found: Sequence[Vendored]) -> Any:
    def finder(path: str) -> FileFinder:
        for one in found:
            root = str(one.directory)
            if (path == root or path.startswith(root + os.sep)) and os.path.isdir(path):  # noqa: PTH112
                return _VendoredFinder(path, one)
        raise ImportError("not vendored", path=path)

    return finder


def _filter_metadata(found: Sequence[Vendored]) -> None:
    """Hide the metadata of vendored distributions that are not imported."""

    class WorkerPathFinder(PathFinder):
        """Python's own finder, except for metadata."""

        @staticmethod
        def find_distributions(*arguments: Any, **options: Any) -> Iterator[PathDistribution]:
            """Yield the distributions of a search."""
            for item in PathFinder.find_distributions(*arguments, **options):
                path = getattr(item, "_path", None)
                if not any(path.parent == one.directory and one.hides_metadata(path.name) for one in found if path):
                    yield item

    for index, finder in enumerate(sys.meta_path):
        if isinstance(finder, type) and issubclass(finder, PathFinder):
            sys.meta_path[index] = WorkerPathFinder


# ---- .pth files


def _process_pth_files(directories: Iterable[Path], after: str) -> list[Problem]:
    """Do what the `.pth` files say; what they append to `sys.path` comes behind `after`. Returns warnings."""
    before = set(sys.path)
    problems = []
    for directory in directories:
        known: set[str] = {os.path.normcase(entry) for entry in sys.path}
        for name in _pth_files(directory):
            try:
                site.addpackage(str(directory), name, known)
            except (OSError, ValueError) as error:
                problems.append(_unreadable(directory / name, error))
    end = len(sys.path)
    while end and sys.path[end - 1] not in before:
        end -= 1
    added = sys.path[end:]
    del sys.path[end:]
    place = sys.path.index(after) + 1
    sys.path[place:place] = added
    for index, finder in enumerate(sys.meta_path):
        # Setuptools, scikit-build-core and meson-python all call their modules so.
        if "editable" in getattr(finder, "__module__", "") and not isinstance(finder, _EditableFinder):
            sys.meta_path[index] = _EditableFinder(finder)
    return problems


def _pth_files(directory: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(name for name in os.listdir(directory) if name.endswith(".pth") and not name.startswith("."))  # noqa: PTH208 - names are wanted
    return []


def _unreadable(path: Path, error: Exception) -> Problem:
    what = f"{path.name} cannot be read, so what it adds to the search path is missing: {error}."
    return Problem("pth-file", what, "Install again what wrote it.", Place(path), severity="warning")


class _EditableFinder:
    """A finder that a `.pth` file has installed; its modules are loaded as they are now."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Return what the other one finds."""
        spec: ModuleSpec | None = self._finder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = source_files.SourceFile(spec.loader.name, spec.loader.path)
        return spec
