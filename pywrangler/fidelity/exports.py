"""What a Worker's main module exports, told from its text: classes with their kind, their handlers, old handlers.

Rules: spec/workers-module.md, section 6. Bases are followed through the modules of the project. A name that cannot be
followed (a class made by a call, or of an installed package) is noted as unknown: nobody is told that it is missing.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pywrangler.config import handlers
from pywrangler.fidelity.names import Scope, module_scope, resolve, statements

if TYPE_CHECKING:
    from pywrangler.fidelity.modules import Project
    from pywrangler.fidelity.source import Source

Kind = Literal["object", "entrypoint", "workflow"]
Function = ast.FunctionDef | ast.AsyncFunctionDef

KINDS: dict[str, Kind] = {
    "DurableObject": "object",
    "WorkerEntrypoint": "entrypoint",
    "WorkflowEntrypoint": "workflow",
}
_DEPTH_LIMIT = 20


@dataclass(frozen=True, slots=True)
class ExportedClass:
    """A class that the platform can use; `methods` are its own and those of bases in the project, nearest first."""

    name: str
    kind: Kind
    source: Source
    node: ast.ClassDef
    methods: dict[str, tuple[Source, Function]] = field(default_factory=dict)


@dataclass(slots=True)
class Exports:
    """What was found."""

    classes: dict[str, ExportedClass] = field(default_factory=dict)
    functions: dict[str, tuple[Source, Function]] = field(default_factory=dict)
    """Functions of the module that are handlers at old dates, or look like ones."""
    unknown: set[str] = field(default_factory=set)
    """Exported names that may be anything."""
    is_open: bool = False
    """There may be more names: the module cannot be parsed, or takes all names of another."""

    def may_have(self, name: str) -> bool:
        """Whether a name that was not found may be exported all the same."""
        return self.is_open or name in self.unknown

    def of_kind(self, kind: Kind) -> dict[str, ExportedClass]:
        """Return the classes of one kind by name."""
        return {name: found for name, found in self.classes.items() if found.kind == kind}

    @property
    def default(self) -> ExportedClass | None:
        """The default entrypoint."""
        return self.of_kind("entrypoint").get("Default")


def exports_of(project: Project) -> Exports:
    """Return what the main module exports; nothing, but open, if it cannot be parsed."""
    found = Exports()
    main = project.main
    if main is None:
        found.is_open = True
        return found
    reader = _Reader(project)
    scope = reader.scope(main)
    found.is_open = bool(scope.star_imports)
    for name in _public(scope):
        binding = scope.bindings.get(name)
        if not isinstance(binding, str):
            found.unknown.add(name)
            continue
        if name in (*handlers.FUNCTIONS, *handlers.NEVER) and (handler := reader.function(binding)) is not None:
            found.functions[name] = handler
        reader.add(found, name, binding)
    return found


class _Reader:
    def __init__(self, project: Project) -> None:
        self._project = project
        self._scopes: dict[str, Scope] = {}

    def scope(self, source: Source) -> Scope:
        if source.name not in self._scopes:
            self._scopes[source.name] = module_scope(source)
        return self._scopes[source.name]

    def add(self, found: Exports, name: str, dotted: str) -> None:
        """Add the class of this name, if it is one that the platform knows."""
        located = self._definition(dotted, ast.ClassDef)
        if located is None:
            found.unknown.add(name)
            return
        source, node = located
        assert isinstance(node, ast.ClassDef)
        kinds: set[Kind] = set()
        methods: dict[str, tuple[Source, Function]] = {}
        is_known = self._bases(source, node, kinds, methods, 0)
        if not kinds:
            if not is_known:
                found.unknown.add(name)
            return
        kind = next(kind for kind in KINDS.values() if kind in kinds)
        found.classes[node.name] = ExportedClass(node.name, kind, source, node, methods)

    def function(self, dotted: str) -> tuple[Source, Function] | None:
        """Return the function of this name."""
        located = self._definition(dotted, ast.FunctionDef, ast.AsyncFunctionDef)
        if located is None or not isinstance(located[1], ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        return located[0], located[1]

    def _bases(
        self,
        source: Source,
        node: ast.ClassDef,
        kinds: set[Kind],
        methods: dict[str, tuple[Source, Function]],
        depth: int,
    ) -> bool:
        """Collect kinds and methods; return whether every base could be followed."""
        for item in node.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                methods.setdefault(item.name, (source, item))
        is_known = depth < _DEPTH_LIMIT
        for base in node.bases if is_known else ():
            dotted = resolve(base, self.scope(source))
            if dotted is None:
                is_known = False
                continue
            package, _, last = dotted.rpartition(".")
            if package.partition(".")[0] == "workers":
                if last in KINDS:
                    kinds.add(KINDS[last])
            elif (located := self._definition(dotted, ast.ClassDef)) is not None:
                inner = located[1]
                assert isinstance(inner, ast.ClassDef)
                is_known &= self._bases(located[0], inner, kinds, methods, depth + 1)
            else:
                is_known &= package in {"builtins", "abc", "typing", "enum"}
        return is_known

    def _definition(self, dotted: str, *types: type[ast.AST], depth: int = 0) -> tuple[Source, ast.AST] | None:
        """Return where a name is defined, following imports from module to module."""
        module, _, name = dotted.rpartition(".")
        source = self._project.sources.get(module)
        if source is None or depth > _DEPTH_LIMIT:
            return None
        for node in statements(source.tree.body):
            if isinstance(node, types) and getattr(node, "name", None) == name:
                return source, node
        binding = self.scope(source).bindings.get(name)
        if isinstance(binding, ast.expr):
            binding = resolve(binding, self.scope(source))
        if isinstance(binding, str) and binding != dotted:
            return self._definition(binding, *types, depth=depth + 1)
        return None


def _public(scope: Scope) -> list[str]:
    """Return the exported names: those of a literal `__all__`, else all without a leading underscore."""
    listed = scope.bindings.get("__all__")
    if isinstance(listed, ast.List | ast.Tuple):
        names = [item.value for item in listed.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        if len(names) == len(listed.elts):
            return names
    return [name for name in scope.bindings if not name.startswith("_")]
