"""Walking a module in the order of its text, with what the rules have to know about each place.

Not walked, because it never runs on Cloudflare: `if TYPE_CHECKING:`, `if __name__ == "__main__":`, and the branch of
`sys.platform == "emscripten"` that is for other machines. Of vendored modules only what runs at import is walked.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pywrangler.fidelity.names import Scope, inner_scope, module_scope, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.fidelity.source import Source

_CATCHES_IMPORT = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Visit:
    """A node and its surroundings."""

    node: ast.AST
    source: Source
    scope: Scope
    at_import: bool = True
    """It runs when the module is imported, not when a function is called."""
    is_guarded: bool = False
    """An ImportError raised here is caught in this module."""

    def name(self, expression: ast.AST) -> str | None:
        """Return the dotted name of an expression."""
        return resolve(expression, self.scope)


def walk(source: Source) -> Iterator[Visit]:
    """Yield a visit for every node that may run on Cloudflare."""
    scope = module_scope(source)
    start = Visit(source.tree, source, scope)
    waiting = [replace(start, node=node) for node in reversed(source.tree.body)]
    while waiting:
        visit = waiting.pop()
        yield visit
        waiting.extend(reversed(list(_inside(visit))))


def is_main_guard(node: ast.AST) -> bool:
    """Whether the node is `if __name__ == "__main__":`."""
    match node:
        case ast.If(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[right])):
            texts = {getattr(side, "id", None) or getattr(side, "value", None) for side in (left, right)}
            return texts == {"__name__", "__main__"}
    return False


def _inside(visit: Visit) -> Iterator[Visit]:
    node = visit.node
    if isinstance(node, ast.If):
        yield from _branches(visit, node)
    elif isinstance(node, ast.Try | ast.TryStar):
        guarded = visit.is_guarded or any(_catches_import(handler) for handler in node.handlers)
        yield from (replace(visit, node=child, is_guarded=guarded) for child in node.body)
        rest = (*node.handlers, *node.orelse, *node.finalbody)
        yield from (replace(visit, node=child) for child in rest)
    elif isinstance(node, _FUNCTIONS):
        yield from _function(visit, node)
    elif isinstance(node, ast.ClassDef):
        outside = (*node.decorator_list, *node.bases, *node.keywords)
        yield from (replace(visit, node=child) for child in outside)
        scope = inner_scope(node, visit.scope, visit.source)
        yield from (replace(visit, node=child, scope=scope) for child in node.body)
    else:
        yield from (replace(visit, node=child) for child in ast.iter_child_nodes(node))


def _function(visit: Visit, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[Visit]:
    defaults = [*node.args.defaults, *(value for value in node.args.kw_defaults if value is not None)]
    outside: list[ast.AST] = [*getattr(node, "decorator_list", ()), *defaults]
    yield from (replace(visit, node=child) for child in outside)
    if visit.source.is_vendored:
        return
    scope = inner_scope(node, visit.scope, visit.source)
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
    yield from (replace(visit, node=child, scope=scope, at_import=False, is_guarded=False) for child in body)


def _branches(visit: Visit, node: ast.If) -> Iterator[Visit]:
    taken = _outcome(visit, node.test)
    body = [] if taken is False or is_main_guard(node) else node.body
    rest = [] if taken is True else node.orelse
    yield from (replace(visit, node=child) for child in (node.test, *body, *rest))


def _outcome(visit: Visit, test: ast.expr) -> bool | None:
    """Return how a test turns out on Cloudflare, None if that depends."""
    match test:
        case ast.Name() | ast.Attribute():
            name = visit.name(test)
            if name in {"typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING"}:
                return False
            return True if name in {"pyodide.ffi.IN_PYODIDE", "pyodide.ffi.IN_BROWSER"} else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            outcome = _outcome(visit, operand)
            return None if outcome is None else not outcome
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[ast.Constant(value=value)]):
            if visit.name(left) == "sys.platform" and isinstance(value, str):
                return (value == "emscripten") is isinstance(operator, ast.Eq)
    return None


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in _CATCHES_IMPORT for kind in kinds)
