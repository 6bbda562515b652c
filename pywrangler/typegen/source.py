"""A Worker's Python code as syntax trees: modules below the directory of `main`, found by name and read once.

Nothing is imported or executed. A module that cannot be read or parsed counts as not there; `problems` says why.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pywrangler.errors import Place, Problem
from pywrangler.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PLATFORM = frozenset({"workers", "js", "pyodide", "asgi"})
"""Modules that hosts put before the Worker's own."""

FOLLOW_LIMIT = 50
"""Imports of imports; more than that is a circle."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A name that an import binds: `name` is None for a module, which `module` then is."""

    module: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """A name that an assignment binds: an alias of a type, a NewType, a TypeVar."""

    value: ast.expr


Binding = Imported | Assigned | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True, eq=False)
class Module:
    """One file."""

    name: str
    path: Path
    tree: ast.Module
    is_package: bool
    bindings: dict[str, Binding] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    """Modules that are imported with a star."""

    def absolute(self, module: str | None, level: int) -> str:
        """Return the full name of a module that an import of this one names."""
        if not level:
            return module or ""
        parts = self.name.split(".")
        parts = parts[: len(parts) - level + (1 if self.is_package else 0)]
        return ".".join([*parts, *([module] if module else [])])


@dataclass(frozen=True, slots=True)
class Located:
    """A class and where it is defined."""

    module: Module
    node: ast.ClassDef


class SourceTree:
    """The code of one Worker; `main` names the module to start from."""

    def __init__(self, main: Path) -> None:
        self.root = main.parent
        self.main_name = main.stem
        self.problems: list[Problem] = []
        self._modules: dict[str, Module | None] = {}

    def main(self) -> Module | None:
        """Return the main module."""
        return self.module(self.main_name)

    def is_local(self, name: str) -> bool:
        """Tell whether a module belongs to the Worker's own code."""
        first = name.partition(".")[0]
        top = self.root / first
        return first not in PLATFORM and (top.with_name(f"{first}.py").is_file() or top.is_dir())

    def module(self, name: str) -> Module | None:
        """Return a module of the Worker, None for any other."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def _read(self, name: str) -> Module | None:
        base = self.root.joinpath(*name.split("."))
        for path, is_package in ((base.with_name(f"{base.name}.py"), False), (base / "__init__.py", True)):
            if path.is_file():
                return self._parse(name, path, is_package=is_package)
        return None

    def _parse(self, name: str, path: Path, *, is_package: bool) -> Module | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # "\d" in somebody's string is not for us to tell.
                tree = ast.parse(read_regular(path), str(path))
        except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
            line = error.lineno or 0 if isinstance(error, SyntaxError) else 0
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            what = f'"{path.name}" cannot be parsed: {reason}.'
            self.problems.append(Problem("source-unreadable", what, "", Place(path, line), "warning"))
            return None
        module = Module(name, path, tree, is_package)
        for statement in _statements(tree.body):
            _bind(module, statement)
        return module

    def find_class(self, class_name: str) -> Located | None:
        """Return the class that the main module exports under this name: its own, which an alias does not change."""
        module = self.main()
        if module is None:
            return None
        direct = self.resolve(module, class_name)
        if isinstance(direct, Located) and direct.node.name == class_name:
            return direct
        for name in module.bindings:
            found = self.resolve(module, name)
            if isinstance(found, Located) and found.node.name == class_name:
                return found
        return None

    def resolve(self, module: Module, name: str) -> Located | tuple[Module, Assigned] | Module | Imported | None:
        """Follow a name through the Worker's own modules.

        Returns a class, an assignment with its module, a module, an import from elsewhere, or None.
        """
        for _ in range(FOLLOW_LIMIT):
            binding = module.bindings.get(name)
            if isinstance(binding, ast.ClassDef):
                return Located(module, binding)
            if isinstance(binding, Assigned):
                return module, binding
            if isinstance(binding, ast.FunctionDef | ast.AsyncFunctionDef):
                return None
            if binding is None:
                found = next((star for star in self._starred(module) if name in star.bindings), None)
                if found is None:
                    return None
                module = found
                continue
            if not self.is_local(binding.module):
                return binding
            if binding.name is None:
                return self.module(binding.module)
            target = self.module(binding.module)
            if target is None or name_missing(target, binding.name):
                submodule = self.module(f"{binding.module}.{binding.name}")
                if submodule is not None or target is None:
                    return submodule
            module, name = target, binding.name
        return None

    def _starred(self, module: Module) -> Iterator[Module]:
        for name in module.stars:
            found = self.module(name) if self.is_local(name) else None
            if found is not None and found is not module:
                yield found


def name_missing(module: Module, name: str) -> bool:
    """Tell whether a module certainly has no such name."""
    return name not in module.bindings and not module.stars


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run at the top level: branches included, `if TYPE_CHECKING` among them."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from _statements(statement.body)
            yield from _statements(statement.orelse)
        elif isinstance(statement, ast.Try):
            # What was imported first counts: the rest is for when it fails.
            for handler in statement.handlers:
                yield from _statements(handler.body)
            yield from _statements([*statement.body, *statement.orelse])
        elif isinstance(statement, ast.With):
            yield from _statements(statement.body)


def _bind(module: Module, statement: ast.stmt) -> None:
    names = module.bindings
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        names[statement.name] = statement
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            top = alias.name.partition(".")[0]
            names[alias.asname or top] = Imported(alias.name if alias.asname else top)
    elif isinstance(statement, ast.ImportFrom):
        source = module.absolute(statement.module, statement.level)
        for alias in statement.names:
            if alias.name == "*":
                module.stars.append(source)
            else:
                names[alias.asname or alias.name] = Imported(source, alias.name)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                names[target.id] = Assigned(statement.value)
    elif isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name) and statement.value is not None:
            names[statement.target.id] = Assigned(statement.value)
    elif type(statement).__name__ == "TypeAlias":  # Python 3.12: `type X = ...`
        target, value = getattr(statement, "name"), getattr(statement, "value")  # noqa: B009 - unknown to 3.11
        names[target.id] = Assigned(value)
