"""Imports a Worker's main module and says what it exports, or what is wrong with it, in the user's terms."""

from __future__ import annotations

import importlib.util
import inspect
import linecache
import os
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pywrangler.config import handlers
from pywrangler.errors import LoadError, Place, Problem
from pywrangler.runtime import context, exports, frames, source_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import ModuleType

    from pywrangler.config.model import WorkerConfig
    from pywrangler.protocol.control import Packages
    from pywrangler.runtime.exports import Exports


def load(config: WorkerConfig) -> tuple[ModuleType, Exports, list[Problem]]:
    """Import the main module; return it with its exports and warnings, or raise LoadError."""
    main = config.main
    if main is None:
        raise LoadError(Problem("no-main", "the config names no main module", 'Add "main": "src/entry.py".'))
    linecache.clearcache()
    name = main.stem
    spec = source_files.spec_of(name, main)
    if spec is None or spec.loader is None:
        raise LoadError(Problem("main-not-python", f"{main.name} is not a Python module", place=config.main_place))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with context.global_scope():
            spec.loader.exec_module(module)
    except BaseException as problem:
        from pywrangler.runtime.tracebacks import syntax_problem

        raise LoadError(syntax_problem(problem, config.root)) from problem
    try:
        found = exports.scan(module, config.compat)
    except (TypeError, AttributeError) as problem:
        raise LoadError(Problem("bad-exports", str(problem), place=Place(main))) from problem
    return module, found, _check(config, module, found)


def load_mocks(config: WorkerConfig, env: Any) -> None:
    """Import the files that stand for bindings; LoadError for one that cannot be imported."""
    for binding in config.others:
        if binding.mock is not None:
            try:
                getattr(env, binding.name).load()
            except BaseException as problem:
                from pywrangler.runtime.tracebacks import syntax_problem

                raise LoadError(syntax_problem(problem, config.root)) from problem


def _check(config: WorkerConfig, module: ModuleType, found: Exports) -> list[Problem]:
    """Compare exports with the config; raise LoadError for what cannot work, return warnings for the rest."""
    assert config.main is not None
    for binding in config.durable_objects:
        if binding.script_name in (None, config.name) and binding.class_name not in found.objects:
            known = ", ".join(found.objects) or "none"
            raise LoadError(
                Problem(
                    "class-not-exported",
                    f'binding {binding.name} needs the Durable Object class "{binding.class_name}", which '
                    f"{config.main.name} does not export (it exports: {known}).",
                    f"Define or import `class {binding.class_name}(DurableObject)` there, or correct class_name.",
                    place=binding.place,
                )
            )
    warnings = list(_misplaced(module, found, config.main))
    if not (found.entrypoints or found.objects or found.handlers or found.workflows):
        if warnings:
            raise LoadError(replace(warnings[0], severity="error"))
        raise LoadError(
            Problem(
                "no-entrypoint",
                f"{config.main.name} exports no entrypoint.",
                f"Define `class Default(WorkerEntrypoint)` with an `async def {_fetch_method(config)}`.",
                place=Place(config.main),
            )
        )
    return warnings


def _fetch_method(config: WorkerConfig) -> str:
    return f"{handlers.method_name('fetch', config.compat)}(self, request)"


def _misplaced(module: ModuleType, found: Exports, main: Path) -> Iterator[Problem]:
    """Yield a warning for each handler that the platform does not call where, or as, it is."""
    for name in found.ignored:
        what, remedy = handlers.explain_function(name, found.compat, has_class="default" in found.entrypoints)
        place = _place_of(getattr(module, name), main)
        yield Problem("legacy-handlers", what, remedy, place, severity="warning")
    for kind, method, called in found.misnamed():
        what, remedy = handlers.explain_misnamed(kind.__name__, method, called, found.compat)
        yield Problem("handler-name", what, remedy, _place_of(getattr(kind, method), main), severity="warning")


def _place_of(function: Any, main: Path) -> Place:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return Place(Path(code.co_filename), code.co_firstlineno) if code is not None else Place(main)


def imported(config: WorkerConfig, packages: Packages, inherited: str) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Return the third-party modules that were loaded after the module `inherited`, and the files of the user's own.

    The latter may lie outside of the project, as those of editable installs do. What the nursery has is not looked at:
    after a fork, each object that is touched is a page to be copied.
    """
    third_party: list[str] = []
    own: list[Path] = []
    installed = tuple(map(str, (*(directory for directory, _ in packages.vendored), *packages.site_packages)))
    linked = _linked(installed)
    for name in list(takewhile(lambda name: name != inherited, reversed(sys.modules))):
        file = getattr(sys.modules.get(name), "__file__", None)
        if not isinstance(file, str):
            continue
        if linked and file.startswith(linked):
            own.append(Path(file))
        elif file.startswith(installed) or "site-packages" in file or "dist-packages" in file:
            third_party.append(name)
        elif frames.owner_of(file, config.root) == "project":
            own.append(Path(file))
    return tuple(third_party), with_targets(own)


def _linked(installed: Iterable[str]) -> tuple[str, ...]:
    """Return the packages that are links, as sources that are worked on may be (`flit install --symlink`)."""
    found: list[str] = []
    for place in installed:
        with suppress(OSError), os.scandir(place) as entries:
            found += [os.path.join(entry.path, "") for entry in entries if entry.is_symlink() and entry.is_dir()]  # noqa: PTH118 - compared with `__file__`
    return tuple(found)


def with_targets(files: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files, and what they are links to: that is where changes are seen."""
    return tuple(dict.fromkeys(path for file in files for path in (file, Path(os.path.realpath(file)))))
