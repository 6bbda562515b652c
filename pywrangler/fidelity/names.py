"""What a name in a module stands for, as a dotted name: `T` after `from threading import Thread as T` is
`threading.Thread`, and what it makes is `threading.Thread()`.

Only what can be told from the text is told: a name that is bound twice, or by anything but an import or one assignment,
stands for nothing. Operations on paths give paths again: `Path(__file__).parent / "x"` is `pathlib.Path()`.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pywrangler.fidelity.source import Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Binding = str | ast.expr | None
PATH = "pathlib.Path()"
_DEPTH_LIMIT = 20
_OPENS_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_PATH_STEPS = frozenset(
    ("parent", "parents", "resolve", "absolute", "joinpath", "with_name", "with_suffix", "expanduser")
)


@dataclass(slots=True)
class Scope:
    """The names bound in a module, class or function, and the scope around it."""

    kind: Literal["module", "class", "function"]
    outer: Scope | None = None
    bindings: dict[str, Binding] = field(default_factory=dict)
    star_imports: list[str] = field(default_factory=list)

    def find(self, name: str) -> tuple[Binding, Scope] | None:
        """Return what the name is bound to and where; None if nothing in the module binds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope.kind != "class" or scope is self):
                return scope.bindings[name], scope
            scope = scope.outer
        return None


def module_scope(source: Source) -> Scope:
    """Return the scope of a module."""
    scope = Scope("module")
    _bind(scope, source, source.tree.body)
    return scope


def inner_scope(node: FunctionNode | ast.ClassDef, outer: Scope, source: Source) -> Scope:
    """Return the scope of a function or class that stands in `outer`."""
    if isinstance(node, ast.ClassDef):
        scope = Scope("class", outer)
        _bind(scope, source, node.body)
        return scope
    scope = Scope("function", outer)
    arguments = node.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            scope.bindings[argument.arg] = None
    if not isinstance(node, ast.Lambda):
        _bind(scope, source, node.body)
    return scope


def resolve(expression: ast.AST, scope: Scope, depth: int = 0) -> str | None:
    """Return the dotted name of what an expression stands for, None if that cannot be told."""
    if depth > _DEPTH_LIMIT:
        return None
    match expression:
        case ast.Name(id=name):
            found = scope.find(name)
            if found is None:
                return f"builtins.{name}" if hasattr(builtins, name) else None
            binding, where = found
            if isinstance(binding, ast.expr):
                return resolve(binding, where, depth + 1)
            return binding
        case ast.Attribute(value=value, attr=name):
            owner = resolve(value, scope, depth + 1)
            if owner == PATH and name in _PATH_STEPS:
                return PATH
            return f"{owner}.{name}" if owner else None
        case ast.Call(func=function):
            called = resolve(function, scope, depth + 1)
            if called == PATH or called in {"pathlib.Path.cwd", "pathlib.Path.home", "pathlib.PosixPath"}:
                return PATH
            return f"{called}()" if called else None
        case ast.Subscript(value=value):
            # `list[str]`, `WorkerEntrypoint[Env]`, `path.parents[1]`: of the same kind as what stands before.
            owner = resolve(value, scope, depth + 1)
            return owner if owner == PATH or (owner is not None and owner[-1] != ")") else None
        case ast.Await(value=value) | ast.NamedExpr(value=value):
            return resolve(value, scope, depth + 1)
        case ast.BinOp(left=left, op=ast.Div()):
            return PATH if resolve(left, scope, depth + 1) == PATH else None
        case _:
            return None


def assigned(expression: ast.expr, scope: Scope, depth: int = 0) -> tuple[ast.expr, Scope]:
    """Return what stands behind a name: the expression it was assigned, or the expression itself."""
    if isinstance(expression, ast.Name) and depth < _DEPTH_LIMIT:
        found = scope.find(expression.id)
        if found is not None and isinstance(found[0], ast.expr):
            return assigned(found[0], found[1], depth + 1)
    return expression, scope


def statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, not those of the scopes inside it (but the nodes that open them)."""
    waiting = list(body)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _OPENS_SCOPE):
            waiting += reversed(list(ast.iter_child_nodes(node)))


def _bind(scope: Scope, source: Source, body: Iterable[ast.AST]) -> None:
    elsewhere: set[str] = set()
    for node in statements(body):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                elsewhere.update(names)
            case ast.Import(names=aliases):
                for alias in aliases:
                    _add(
                        scope, alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else None, alias
                    )
            case ast.ImportFrom(module=module, names=aliases, level=level):
                base = source.absolute(module, level)
                for alias in aliases:
                    if alias.name == "*":
                        scope.star_imports.append(base)
                    else:
                        _add(scope, alias.asname or alias.name, f"{base}.{alias.name}", alias)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                _add(scope, name, f"{source.name}.{name}" if scope.kind == "module" else None)
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _assign(scope, target, value)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    _assign(scope, target, value)
            case ast.NamedExpr(target=target, value=value):
                _assign(scope, target, value)
            case ast.AugAssign(target=target) | ast.For(target=target) | ast.AsyncFor(target=target):
                _assign(scope, target, None)
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                _assign(scope, target, value)
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                _add(scope, name, None)
            case _:
                pass
    for name in elsewhere:
        scope.bindings.pop(name, None)


def _assign(scope: Scope, target: ast.expr, value: ast.expr | None) -> None:
    if isinstance(target, ast.Name):
        known = scope.bindings.get(target.id)
        if isinstance(known, str):
            return  # `X = None` after a failed import: the import is what counts
        scope.bindings[target.id] = None if target.id in scope.bindings else value
        return
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            scope.bindings.setdefault(node.id, None)


def _add(scope: Scope, name: str, dotted: str | None, alias: ast.alias | None = None) -> None:
    """Bind a name to a dotted name; of several imports of it the first counts."""
    if alias is not None and dotted is None:
        dotted = name  # `import a.b` binds a
    known = scope.bindings.get(name)
    if isinstance(known, str) and known != dotted:
        return
    scope.bindings[name] = dotted
