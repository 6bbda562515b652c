"""Which vendored packages this machine's Python can import, and which have to come from the project's environment.

`python_modules` is made for Cloudflare: next to pure Python it holds packages that are built for WebAssembly, which no
CPython can load. On the search path it comes before `.venv`, so such a package would hide the one that works.

- A distribution with files that cannot be loaded here is *foreign*. If the places after `python_modules` have its
  packages, it is skipped: modules and metadata, so that `importlib.metadata` agrees with what is imported. If they have
  not, it stays: much compiled code is optional, and if it is not, the failure can be explained.
- A distribution in pure Python wins as ever, unless it does not fit what is skipped: pydantic of `python_modules` wants
  exactly one version of pydantic-core. Then it is skipped, too.
- What `python_modules.exclude` names is not uploaded, so it does not exist here either.

Distributions are told by their RECORD; what no RECORD names is looked at file by file. A package without
`__init__.py` is shared by distributions (`google`), so what is skipped is the first package below it that has one.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.config.globs import matches
from pywrangler.files import read_regular
from pywrangler.packages.distributions import Distribution, canonical, installed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from pywrangler.config.model import WorkerConfig

PYTHON_MODULES = "python_modules"
VENDOR = "vendor"
DEFAULT_EXCLUDED = ("**/*.pyc",)
_COMPILED = re.compile(r"\.(?:so|pyd)$")
_COMPILED_IN_RECORD = re.compile(r"\.(?:so|pyd)\b")
_OTHER_BUILD = re.compile(r"cpython|abi3|wasm|emscripten|pyodide|pypy")
_TOP_OF_RECORD = re.compile(r'^"?([^/,\r\n"]+)', re.MULTILINE)
_WEBASSEMBLY = b"\0asm"
_FILE_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A vendored distribution that cannot be loaded here, or does not fit one that cannot."""

    name: str
    """Canonical; of code without metadata, the name of its package."""
    units: tuple[str, ...]
    """Its modules and packages, relative and without suffix: `numpy`, `google/protobuf`."""
    is_replaced: bool
    """Another place has it, so it is not imported from here."""
    metadata: str = ""
    """Name of its `.dist-info` directory."""
    is_foreign: bool = True
    """It holds code for another machine."""


@dataclass(frozen=True, slots=True)
class Vendored:
    """What counts of one directory with vendored packages."""

    directory: Path
    excluded: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    hidden: frozenset[str] = field(default=frozenset())
    """Units that are not imported."""

    def hides(self, path: str) -> bool:
        """Whether a module or package, given by its path without suffix, is to be imported from elsewhere."""
        return bool(self.hidden) and self._inner(path) in self.hidden

    def excludes(self, path: str) -> bool:
        """Whether a file does not exist on Cloudflare."""
        inner = self._inner(path)
        return any(matches(glob, inner) for glob in self.excluded)

    def has_files(self, folder: str) -> bool:
        """Whether anything in a directory exists on Cloudflare."""
        return any(
            not self.excludes(os.path.join(place, name))  # noqa: PTH118 - walked
            for place, _, names in os.walk(folder)
            for name in names
        )

    def hides_metadata(self, name: str) -> bool:
        """Whether a `.dist-info` directory belongs to something that is imported from elsewhere, or is not there."""
        return any(item.metadata == name and item.is_replaced for item in self.skipped) or self.excludes(
            str(self.directory / name / "METADATA")
        )

    def foreign(self, module: str) -> Skipped | None:
        """Return the distribution that a module would belong to, if it was built for another machine."""
        inner = module.replace(".", "/")
        for item in self.skipped:
            if item.is_foreign and any(inner == unit or inner.startswith(f"{unit}/") for unit in item.units):
                return item
        return None

    def _inner(self, path: str) -> str:
        return path.removeprefix(f"{self.directory}{os.sep}").replace(os.sep, "/")


def directories(worker: WorkerConfig) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield the directories that a Worker vendors packages in, with the patterns of what is left out."""
    yield worker.root / PYTHON_MODULES, excluded(worker)
    if worker.main is not None and worker.compat.legacy_vendor:
        yield module_root(worker) / VENDOR, ()


def module_root(worker: WorkerConfig) -> Path:
    """Return the directory whose files go into the bundle: that of `main`, or `base_dir`."""
    base = worker.settings.get("base_dir")
    if isinstance(base, str) and base:
        return (worker.root / base).resolve()
    return worker.main.parent if worker.main is not None else worker.root


def excluded(worker: WorkerConfig) -> tuple[str, ...]:
    """Return the patterns of files in `python_modules` that are not uploaded."""
    options = worker.settings.get(PYTHON_MODULES)
    given = options.get("exclude") if isinstance(options, dict) else None
    return tuple(item for item in given if isinstance(item, str)) if isinstance(given, list) else DEFAULT_EXCLUDED


def look(directory: Path, excluded: Sequence[str] = (), elsewhere: Sequence[Path] = ()) -> Vendored:
    """Look through a directory, which need not exist. `elsewhere` are the places that are searched after it."""
    found = list(installed(directory))
    foreign = [item for item in map(_foreign, found) if item is not None]
    foreign += _unrecorded(directory, found)
    skipped = [Skipped(name, units, _have(elsewhere, units), metadata) for name, units, metadata in foreign if units]
    skipped += _misfits(found, skipped, elsewhere)
    hidden = frozenset(unit for item in skipped if item.is_replaced for unit in item.units)
    return Vendored(directory, tuple(excluded), tuple(skipped), hidden)


# ---- what cannot be loaded


def _foreign(item: Distribution) -> tuple[str, tuple[str, ...], str] | None:
    """Return name, units and metadata of a distribution that cannot be loaded here."""
    if not _COMPILED_IN_RECORD.search(item.record):
        return None
    directory = item.path.parent
    if not _cannot_load(directory, item.files):
        return None
    return item.name, _units(directory, item.files), item.path.name


def _unrecorded(directory: Path, found: Sequence[Distribution]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield the same for what no RECORD names."""
    recorded = {top for item in found for top in _TOP_OF_RECORD.findall(item.record)}
    without = {item.name: item.path.name for item in found if not item.record}
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208 - names are wanted
    except OSError:
        return
    for name in names:
        if name in recorded or name.endswith((".dist-info", ".egg-info")) or name == "__pycache__":
            continue
        files = list(_files(directory, name))
        if _cannot_load(directory, files):
            units = _units(directory, files)
            package = canonical(name.partition(".")[0])
            yield package, units, without.get(package, "")


def _files(directory: Path, name: str) -> Iterator[str]:
    """Yield the files at and below an entry of the directory, relative to it."""
    top = directory / name
    if not top.is_dir():
        yield name
        return
    count = 0
    for folder, _, files in os.walk(top):
        for file in files:
            count += 1
            if count > _FILE_LIMIT:
                return
            yield os.path.relpath(os.path.join(folder, file), directory).replace(os.sep, "/")  # noqa: PTH118 - hot


def _cannot_load(directory: Path, files: Iterable[str]) -> bool:
    """Whether there is compiled code among these files that this Python cannot load, and no other build of it."""
    builds: dict[str, list[str]] = {}
    for file in files:
        if _COMPILED.search(file):
            folder, _, name = file.rpartition("/")
            builds.setdefault(f"{folder}/{name.partition('.')[0]}", []).append(file)
    return any(not any(_loads(directory / file) for file in group) for group in builds.values())


def _loads(path: Path) -> bool:
    stem, _, tag = path.name.partition(".")
    tag = f".{tag}"
    if tag in EXTENSION_SUFFIXES:
        return not _is_webassembly(path)
    if path.suffix not in {Path(f"{stem}{suffix}").suffix for suffix in EXTENSION_SUFFIXES}:
        return False
    # An extension for another version or machine names them; of a plain library (`libz.1.so`) only the content tells.
    return _OTHER_BUILD.search(tag) is None and not _is_webassembly(path)


def _is_webassembly(path: Path) -> bool:
    try:
        return read_regular(path, len(_WEBASSEMBLY)) == _WEBASSEMBLY
    except OSError:
        return False  # In the RECORD only.


def _units(directory: Path, files: Iterable[str]) -> tuple[str, ...]:
    """Return the modules and packages that these files make up."""
    found: dict[str, None] = {}
    for file in files:
        *folders, name = file.split("/")
        stem, _, suffix = name.partition(".")
        is_module = suffix == "py" or _COMPILED.search(name) is not None
        if not is_module or not all(part.isidentifier() for part in (*folders, stem)):
            continue
        for depth in range(1, len(folders) + 1):
            if directory.joinpath(*folders[:depth], "__init__.py").is_file():
                found["/".join(folders[:depth])] = None
                break
        else:
            found["/".join((*folders, stem))] = None
    return tuple(found)


# ---- what others have


def _have(places: Sequence[Path], units: Collection[str]) -> bool:
    return all(any(_holds(place, unit) for place in places) for unit in units)


def _holds(place: Path, unit: str) -> bool:
    path = place / unit
    return (
        _is_package(path)
        or path.with_name(f"{path.name}.py").is_file()
        or any(path.with_name(path.name + suffix).is_file() for suffix in EXTENSION_SUFFIXES)
    )


def _is_package(path: Path) -> bool:
    """Whether a directory holds more than what an uninstalled package has left behind."""
    try:
        return any(name != "__pycache__" for name in os.listdir(path))  # noqa: PTH208 - names are wanted
    except OSError:
        return False


def _misfits(found: Sequence[Distribution], skipped: Sequence[Skipped], elsewhere: Sequence[Path]) -> list[Skipped]:
    """Return the distributions that are skipped because they do not fit those that come from elsewhere."""
    replaced = {item.name for item in skipped if item.is_replaced}
    if not replaced:
        return []
    others: dict[str, Distribution] = {}
    for place in elsewhere:
        for item in installed(place):
            others.setdefault(item.name, item)
    here = {item.name: item for item in found if item.name not in {other.name for other in skipped}}
    misfits: list[Skipped] = []
    waiting = sorted(replaced)
    while waiting:
        other = others.get(waiting.pop())
        if other is None:
            continue
        for name, item in list(here.items()):
            if name in others and not _fit(item, other):
                units = _units(item.path.parent, item.files)
                if _have(elsewhere, units):
                    del here[name]
                    waiting.append(name)
                    misfits.append(Skipped(name, units, is_replaced=True, metadata=item.path.name, is_foreign=False))
    return misfits


def _fit(vendored: Distribution, other: Distribution) -> bool:
    """Whether a vendored distribution and one from elsewhere are content with each other."""
    pairs = ((vendored, other), (other, vendored))
    return all(
        needed.allows(item.version) for asking, item in pairs for needed in asking.requires if needed.name == item.name
    )
