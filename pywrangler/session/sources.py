"""Which files matter to a Worker, and which directories have to be watched for them.

Rules (spec/cli.md, section 2, Reload; spec/dev-vars.md, section 7):
- the config and every candidate variable file, existing or not: the settings are read again;
- module files below the directory of `main`, and files that the code imported from elsewhere, as from an editable
  install: the code is loaded again. Module files are Python, native extensions, the types that the platform bundles by
  default, templates and data of common kinds, whatever `rules` name, and the files of `text_blobs` and `data_blobs`;
- the same files, and `.pth` files, among vendored packages: those that were imported before must not be used again;
- `build.watch_dir`: the build command runs again;
- assets need nothing: they are read from disk at each request;
- hidden directories, `__pycache__`, `node_modules` and virtual environments are never looked at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pywrangler.config.paths import absolute
from pywrangler.packages.vendored import directories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pywrangler.config.model import Resolved, WorkerConfig

Kind = Literal["settings", "source", "packages", "build"]
_SUFFIXES = frozenset(
    (
        *(".py", ".pyd", ".so", ".txt", ".html", ".sql", ".bin", ".wasm"),
        *(".json", ".toml", ".yaml", ".yml", ".xml", ".csv", ".jinja", ".jinja2", ".j2", ".mako"),
    )
)
_SKIPPED_DIRECTORIES = frozenset(("__pycache__", "node_modules", "site-packages"))
_DIRECTORY_LIMIT = 4000
_FILE_BINDINGS = frozenset(("text_blobs", "data_blobs"))


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of one Worker."""

    settings: frozenset[Path]
    roots: tuple[Path, ...]
    globs: tuple[str, ...]
    extra: frozenset[Path]
    assets: Path | None
    build: tuple[Path, ...]
    vendored: tuple[Path, ...] = ()

    def kind(self, path: Path) -> Kind | None:
        """Return what a change of the file asks for, None for nothing."""
        if path in self.settings:
            return "settings"
        if self.assets is not None and path.is_relative_to(self.assets):
            return None
        if any(_below(path, directory) for directory in self.build):
            return "build"
        if any(_below(path, directory) for directory in self.vendored):
            return "packages" if self._is_module(path) or path.suffix == ".pth" else None
        if path in self.extra or (self._is_module(path) and any(_below(path, root) for root in self.roots)):
            return "source"
        return None

    def directories(self) -> set[Path]:
        """Return the directories to watch; looks at the disk."""
        single = {path.parent for path in self.settings | self.extra}
        return single.union(*(walk(root) for root in (*self.roots, *self.build)))

    def covers(self, directory: Path) -> bool:
        """Whether a new directory at this place belongs to what is watched."""
        return any(_below(directory / "x", root) for root in (*self.roots, *self.build)) or directory in {
            path.parent for path in self.settings | self.extra
        }

    def _is_module(self, path: Path) -> bool:
        name = path.name
        if name.startswith(".") or name.endswith("~"):
            return False
        return path.suffix.lower() in _SUFFIXES or any(fnmatchcase(name, pattern) for pattern in self.globs)


def sources_of(resolved: Resolved, imported: Iterable[Path] = ()) -> Sources:
    """Return the files of a Worker; `imported` are those its code was loaded from the last time."""
    worker = resolved.worker
    roots = [worker.main.parent] if worker.main is not None else []
    vendored = tuple(directory for directory, _ in directories(worker))
    roots += [directory for directory in vendored if not any(directory.is_relative_to(root) for root in roots)]
    return Sources(
        settings=frozenset((worker.config_path, *resolved.files_watched)),
        roots=tuple(roots),
        globs=tuple(glob.rpartition("/")[2] for rule in worker.rules for glob in rule.globs),
        extra=frozenset(path for path in imported if not any(_below(path, root) for root in roots)) | _bound(worker),
        assets=worker.assets.directory if worker.assets is not None else None,
        build=worker.build.watch_directories if worker.build is not None else (),
        vendored=vendored,
    )


def _bound(worker: WorkerConfig) -> frozenset[Path]:
    """Return the files that are bindings."""
    return frozenset(
        absolute(worker.root, str(binding.data["path"])) for binding in worker.others if binding.kind in _FILE_BINDINGS
    )


def walk(root: Path) -> Iterator[Path]:
    """Yield the directory and all below that may hold sources; nothing if it does not exist."""
    waiting = [os.fspath(root)] if root.is_dir() else []
    for _ in range(_DIRECTORY_LIMIT):
        if not waiting:
            return
        current = waiting.pop()
        yield Path(current)
        try:
            with os.scandir(current) as entries:
                waiting += [
                    entry.path for entry in entries if entry.is_dir(follow_symlinks=False) and not _is_skipped(entry)
                ]
        except OSError:
            continue  # Removed or closed to us meanwhile.


def files_in(directories: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of these directories, not those below."""
    for directory in directories:
        try:
            with os.scandir(directory) as entries:
                names = [entry.path for entry in entries if entry.is_file()]
        except OSError:
            continue
        yield from map(Path, names)


def _is_skipped(entry: os.DirEntry[str]) -> bool:
    return _is_skipped_name(entry.name) or os.path.exists(os.path.join(entry.path, "pyvenv.cfg"))  # noqa: PTH110, PTH118 - called for every directory of a project


def _is_skipped_name(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED_DIRECTORIES


def _below(path: Path, root: Path) -> bool:
    """Whether the path lies below the root with no skipped directory in between."""
    if not path.is_relative_to(root):
        return False
    return not any(map(_is_skipped_name, path.relative_to(root).parts[:-1]))
