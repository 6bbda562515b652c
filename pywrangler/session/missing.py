"""Why a module is missing, and what to do about it: from what the project asks for and what it has.

In this order, the first that applies:
- the platform has no such module, or Python has given it up;
- it is vendored, but built for WebAssembly, or excluded, or at a place that counts no more;
- it is a part of a package that is there;
- pyproject.toml asks for it, but the environment lacks it: `pywrangler sync`;
- it looks like a module of the project itself, misspelled or in a place that is not uploaded;
- pyproject.toml has to ask for it first.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from pywrangler.fidelity.standard import INSTEAD, MISSING, REMOVED
from pywrangler.packages import vendored
from pywrangler.packages.demand import FILE_NAME, demand_of
from pywrangler.packages.distributions import Distribution, installed
from pywrangler.packages.names import distributions_of, is_shared
from pywrangler.session.environment_watch import ENVIRONMENT, upwards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.config.model import WorkerConfig
    from pywrangler.packages.distributions import Requirement
    from pywrangler.protocol.control import Missing, Packages

SYNC = "run `pywrangler sync`"
_NEVER_THERE = {"micropip": f"Workers install nothing while they run: name packages in {FILE_NAME}."}
_REQUIREMENTS = "requirements.txt"


def remedy(worker: WorkerConfig, packages: Packages, missing: Missing, home: Path | None = None) -> str:
    """Return what to do about a module that a Worker could not import."""
    return _Case(worker, packages, missing, home if home is not None else Path.home()).remedy()


class _Case:
    def __init__(self, worker: WorkerConfig, packages: Packages, missing: Missing, home: Path) -> None:
        self._worker = worker
        self._module = missing.module
        self._top = missing.module.partition(".")[0]
        self._foreign = missing.foreign
        self._demand = demand_of(worker.root)
        self._environment = next(
            (path for it in upwards(worker.root, home) if (path := it / ENVIRONMENT).is_dir()), None
        )
        self._places = packages.site_packages
        if self._environment is not None and self._environment.resolve() == Path(sys.prefix).resolve():
            self._places = (Path(sysconfig.get_path("purelib")),)
        names = (self._foreign, *distributions_of(self._module)) if self._foreign else distributions_of(self._module)
        asked = self._demand.everything if self._demand is not None else {}
        self._asked = next((asked[name] for name in names if name in asked), None)
        self._name = names[0]
        there = {item.name: item for place in self._places for item in installed(place)}
        self._installed = next((there[name] for name in names if name in there), None)

    def remedy(self) -> str:
        return next(filter(None, self._reasons()))

    def _reasons(self) -> Iterator[str]:
        yield _NEVER_THERE.get(self._top, "")
        yield self._standard()
        if self._foreign:
            yield self._built_for_webassembly()
        yield self._left_out()
        yield self._part_of_a_package()
        if self._asked is not None:
            yield self._asked_for(self._asked)
        yield self._own()
        yield self._not_asked_for()

    # ---- what no package has

    def _standard(self) -> str:
        if self._asked is not None or not {self._top} & (MISSING | REMOVED.keys() | sys.stdlib_module_names):
            return ""
        here = f"{sys.version_info.major}.{sys.version_info.minor}"
        if self._top in REMOVED:
            since = ".".join(map(str, REMOVED[self._top]))
            return " ".join(filter(None, (f"Python has no module {self._top} since {since}.", INSTEAD.get(self._top))))
        if "." in self._module and self._top not in MISSING:
            return f"{self._top} is a module of Python, and its version {here} has no {self._module}."
        more = f" Cloudflare has none either. {INSTEAD.get(self._top, '')}".rstrip() if self._top in MISSING else ""
        return f"It belongs to Python, but the one that runs here ({here}, {sys.executable}) was made without it.{more}"

    # ---- what is vendored

    def _built_for_webassembly(self) -> str:
        what = (
            f"{vendored.PYTHON_MODULES} has {self._foreign} as it is built for WebAssembly, which cannot run here, and"
        )
        lacks = f"{what} {self._environment_lacks()}"
        if self._asked is not None:
            return f"{lacks}: {SYNC}."
        return self._unless_sync_brings_it(lacks) or f"{lacks}. {self._first_ask()}"

    def _left_out(self) -> str:
        path = self._module.replace(".", "/")
        for directory, patterns in vendored.directories(self._worker):
            found = vendored.Vendored(directory, patterns)
            for file in (f"{path}/__init__.py", f"{path}.py"):
                if _is_file(directory / file) and found.excludes(str(directory / file)):
                    pattern = next(item for item in patterns if vendored.Vendored(directory, (item,)).excludes(file))
                    shown = f"{directory.name}/{file}"
                    return f'{shown} is there, but "{pattern}" in python_modules.exclude leaves it out.'
        if self._worker.main is None or self._worker.compat.legacy_vendor:
            return ""
        old = vendored.module_root(self._worker) / vendored.VENDOR / self._top
        if _is_package(old) or _is_file(old.parent / f"{self._top}.py"):
            where = f"{_shown(old.parent)} counts before the compatibility date 2025-08-11 only"
            return f"{where}. Move what is in it to {vendored.PYTHON_MODULES}, or ask for it in {FILE_NAME}."
        return ""

    # ---- parts of packages

    def _part_of_a_package(self) -> str:
        """Say why a package that is there lacks a module."""
        if "." not in self._module or self._foreign:
            return ""
        parent, _, name = self._module.rpartition(".")
        own = self._own_directory / Path(*parent.split("."))
        if _is_package(own):
            near = get_close_matches(name, _modules_in(own), 1)
            return f"{_shown(own)} has no {name}.{f' Did you mean {parent}.{near[0]}?' if near else ''}"
        if self._installed is None or not any(_is_package(place / self._top) for place in self._places):
            return ""
        item = self._installed
        what = f"{item.name} {item.version} is installed, but has no {self._module}"
        if self._asked is not None and not self._asked.allows(item.version):
            return f'{what}; {self._file} asks for "{_written(self._asked)}": {SYNC}.'
        return f"{what}. Is the name right? Perhaps another version has it: `pywrangler sync --upgrade`."

    # ---- what is asked for

    def _asked_for(self, asked: Requirement) -> str:
        what = f'{self._file} asks for "{_written(asked)}", but'
        if asked.is_conditional and self._installed is None:
            return f"{what} under a condition that may not hold here. If it should, {SYNC}."
        if self._installed is None:
            return f"{what} {self._environment_lacks()}: {SYNC}."
        item = self._installed
        again = "`pywrangler sync --force` installs it again"
        if not asked.allows(item.version):
            return f"{what} {self._environment_name} has {item.version}: {SYNC}."
        return f"{what} {item.name} {item.version} in {self._environment_name} has no module {self._module}. {again}."

    def _not_asked_for(self) -> str:
        demand = self._demand
        if demand is None:
            return self._without_file()
        if demand.problem:
            return f"{self._file} cannot be read: {demand.problem}."
        if self._name in demand.others:
            return (
                f"{self._file} asks for {self._name} in {demand.others[self._name]} only. "
                f'Add "{self._name}" to its dependencies and {SYNC}.'
            )
        if advice := self._unless_sync_brings_it():
            return advice
        if self._installed is not None:  # Not what it seems to be: broken, or of another name.
            return f"{self._installed.name} {self._installed.version} is installed, but has no module {self._top}."
        return self._first_ask()

    def _unless_sync_brings_it(self, known: str = "") -> str:
        """Say what to do if another package, or the build backend, may ask for what is missing."""
        demand = self._demand
        if demand is None:
            return ""
        unmet = [item.name for item, has in demand.unmet(self._places) if has is None]
        if not demand.is_dynamic and not unmet:
            return ""
        before = f"{known}: {SYNC}" if known else f"{SYNC[0].upper()}{SYNC[1:]}: {self._environment_lacks(unmet)}"
        ask = self._first_ask()
        return f"{before}. If {self._foreign or self._top} is missing then, too, {ask[0].lower()}{ask[1:]}"

    def _without_file(self) -> str:
        listed = self._worker.root / _REQUIREMENTS
        if listed.is_file():
            return (
                f"Dependencies are read from {FILE_NAME}, not from {_REQUIREMENTS}; `pywrangler sync` shows how to "
                "write it."
            )
        listed_as = "..." if is_shared(self._module) else f'"{self._name}"'
        return (
            f"There is no {FILE_NAME} here. Make one with `dependencies = [{listed_as}]` in `[project]`, "
            f"and {SYNC}, which shows how."
        )

    def _first_ask(self) -> str:
        if self._demand is None:
            return self._without_file()
        if is_shared(self._module):
            return f"Many packages share {self._module}: add the one with what is imported to {self._file}, and {SYNC}."
        return f'Add "{self._name}" to the dependencies in {self._file}, and {SYNC}.'

    def _environment_lacks(self, names: list[str] | None = None) -> str:
        if self._environment is None:
            return f"there is no {ENVIRONMENT} yet"
        if names:
            return f"{self._environment_name} lacks {', '.join(names)}"
        return f"{self._environment_name} does not have it"

    # ---- modules of the project

    def _own(self) -> str:
        """Tell a misspelled module of the project, or one that lies where it does not belong to the Worker."""
        if self._worker.main is None or self._installed is not None:
            return ""
        names = _modules_in(self._own_directory)
        near = get_close_matches(self._top, names, 1, 0.8)
        if near:
            return f"Did you mean {near[0]}, which lies in {_shown(self._own_directory)}?"
        for directory in (self._worker.root, *self._own_directory.parents):
            if not directory.is_relative_to(self._worker.root) or directory == self._own_directory:
                continue
            for path in (directory / f"{self._top}.py", directory / self._top / "__init__.py"):
                if _is_file(path):
                    found = path if path.stem == self._top else path.parent
                    return f"{_shown(found)} is not a part of the Worker: move it below {_shown(self._own_directory)}."
        return ""

    @property
    def _own_directory(self) -> Path:
        return self._worker.main.parent if self._worker.main is not None else self._worker.root

    @property
    def _file(self) -> str:
        return _shown(self._demand.path) if self._demand is not None else FILE_NAME

    @property
    def _environment_name(self) -> str:
        return _shown(self._environment) if self._environment is not None else "the environment"


def describe(unmet: tuple[Requirement, Distribution | None]) -> str:
    """Return what is asked for and what is there in its place, for a list."""
    item, has = unmet
    return f"{_written(item)} (has {has.version})" if has is not None else _written(item)


def _written(item: Requirement) -> str:
    return f"{item.name}{item.versions}"


def _modules_in(directory: Path) -> list[str]:
    try:
        entries = sorted(directory.iterdir())
    except OSError:
        return []
    return [
        path.stem
        for path in entries
        if (path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))) and path.stem.isidentifier()
    ]


# Names of modules come from user code; `os.path` answers for what no file can be called, too.


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113


def _is_package(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112


def _shown(path: Path) -> str:
    return os.path.relpath(path)
