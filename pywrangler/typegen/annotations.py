"""Annotations of a Worker's code, rewritten so that they mean the same in a stub that lies elsewhere.

Names of the standard library and of the platform are imported again. Classes of the Worker itself are imported where
the stub lies beside them; for another Worker's stub, TypedDicts are copied, aliases and NewTypes are written out. What
cannot be reached becomes `Any`, and `lost` says so.
"""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from pywrangler.typegen.source import PLATFORM, Assigned, Imported, Located, Module

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.typegen.names import Names
    from pywrangler.typegen.source import SourceTree

SHARED = PLATFORM | {"typing_extensions"} | sys.stdlib_module_names
"""Modules that every stub can import."""

DEPTH_LIMIT = 25
_TYPING = ("typing", "typing_extensions")


class LostError(Exception):
    """A name cannot be reached from the stub."""


class Annotations:
    """Writes annotations of one Worker's modules into one stub."""

    def __init__(
        self,
        tree: SourceTree,
        names: Names,
        *,
        is_beside: bool,
        copy: Callable[[Annotations, Located], str | None],
    ) -> None:
        """`is_beside`: the stub lies in the directory of the Worker's modules. `copy` writes a TypedDict again."""
        self._tree = tree
        self._names = names
        self._is_beside = is_beside
        self._copy = copy
        self.lost = False
        """Whether something became `Any` since this was last set to False."""

    def text(self, annotation: ast.expr | None, module: Module) -> str:
        """Return an annotation as text; `Any` if there is none."""
        if annotation is None:
            return self._any()
        try:
            return ast.unparse(self._rewrite(annotation, module, 0))
        except (LostError, RecursionError):
            return self._lose()

    def awaited(self, annotation: ast.expr | None, module: Module) -> str:
        """Return what a function gives once its result is awaited: awaitables are unwrapped."""
        expression = self._unquoted(annotation)
        if isinstance(expression, ast.Subscript):
            origin = self._origin(expression.value, module)
            items = expression.slice.elts if isinstance(expression.slice, ast.Tuple) else [expression.slice]
            place = {"Awaitable": 0, "Future": 0, "Task": 0, "Coroutine": 2}.get(origin[1] if origin else "")
            if place is not None and place < len(items):
                return self.text(items[place], module)
        return self.text(annotation, module)

    def argument_of(self, annotation: ast.expr, module: Module, generic: str) -> str | None:
        """Return the argument of `generic[...]`; None if the annotation is something else."""
        expression = self._unquoted(annotation)
        if not isinstance(expression, ast.Subscript):
            return None
        origin = self._origin(expression.value, module)
        return self.text(expression.slice, module) if origin is not None and origin[1] == generic else None

    def bases(self, located: Located) -> list[Located]:
        """Return the bases of a class that are the Worker's own."""
        found = [
            self._tree.resolve(located.module, base.id) for base in located.node.bases if isinstance(base, ast.Name)
        ]
        return [base for base in found if isinstance(base, Located)]

    def is_typed_dict(self, located: Located, depth: int = 0) -> bool:
        """Tell whether a class is a TypedDict, by itself or through its bases."""
        if any((self._origin(base, located.module) or ("", ""))[1] == "TypedDict" for base in located.node.bases):
            return True
        return depth < DEPTH_LIMIT and any(self.is_typed_dict(base, depth + 1) for base in self.bases(located))

    def mark(self, annotation: ast.expr, module: Module) -> str | None:
        """Return `Required` or `NotRequired` where a field of a TypedDict says so."""
        expression = self._unquoted(annotation)
        origin = self._origin(expression.value, module) if isinstance(expression, ast.Subscript) else None
        return origin[1] if origin is not None and origin[1] in ("Required", "NotRequired") else None

    # ---- rewriting

    def _any(self) -> str:
        return self._names.typing("Any")

    def _lose(self) -> str:
        self.lost = True
        return self._any()

    def _unquoted(self, annotation: ast.expr | None) -> ast.expr | None:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                return ast.parse(annotation.value.strip(), mode="eval").body
            except SyntaxError:
                return annotation
        return annotation

    def _rewrite(self, node: ast.expr, module: Module, depth: int) -> ast.expr:
        if depth > DEPTH_LIMIT:
            raise LostError
        if isinstance(node, ast.Constant):
            return self._constant(node, module, depth)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named(node, module, depth)
        if isinstance(node, ast.Subscript):
            return self._subscript(node, module, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            left, right = (self._part(side, module, depth) for side in (node.left, node.right))
            return ast.BinOp(left, ast.BitOr(), right)
        if isinstance(node, ast.Tuple):
            return ast.Tuple([self._part(item, module, depth) for item in node.elts], ast.Load())
        if isinstance(node, ast.List):
            return ast.List([self._part(item, module, depth) for item in node.elts], ast.Load())
        if isinstance(node, ast.Starred):
            return ast.Starred(self._part(node.value, module, depth), ast.Load())
        raise LostError

    def _part(self, node: ast.expr, module: Module, depth: int) -> ast.expr:
        """Rewrite a part; one that is lost leaves the others as they are."""
        try:
            return self._rewrite(node, module, depth + 1)
        except LostError:
            return _parsed(self._lose())

    def _constant(self, node: ast.Constant, module: Module, depth: int) -> ast.expr:
        if node.value is None or node.value is Ellipsis:
            return node
        if isinstance(node.value, str):
            inner = self._unquoted(node)
            if inner is not node and inner is not None:
                return self._rewrite(inner, module, depth + 1)
        raise LostError

    def _subscript(self, node: ast.Subscript, module: Module, depth: int) -> ast.expr:
        origin = self._origin(node.value, module)
        if origin is not None and origin[0] in _TYPING:
            if origin[1] == "Literal":
                items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
                if not all(isinstance(item, ast.Constant | ast.UnaryOp) for item in items):
                    raise LostError  # A member of an enumeration, which no call carries.
                return ast.Subscript(self._rewrite(node.value, module, depth + 1), node.slice, ast.Load())
            if origin[1] in ("Annotated", "Required", "NotRequired", "ReadOnly", "ClassVar", "Final"):
                first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
                return self._rewrite(first, module, depth + 1)
        value = self._rewrite(node.value, module, depth + 1)
        if not isinstance(value, ast.Name | ast.Attribute):
            raise LostError  # A generic alias of the Worker's own: its parameters cannot be filled in.
        return ast.Subscript(value, self._part(node.slice, module, depth), ast.Load())

    def _origin(self, node: ast.expr, module: Module) -> tuple[str, str] | None:
        """Return module and name of what comes from elsewhere."""
        parts = _dotted(node)
        if not parts:
            return None
        found = self._tree.resolve(module, parts[0])
        if isinstance(found, Imported):
            full = [found.module, *([found.name] if found.name else []), *parts[1:]]
            return ".".join(full[:-1]), full[-1]
        if found is None and parts[0] not in module.bindings and hasattr(builtins, parts[0]) and len(parts) == 1:
            return "builtins", parts[0]
        return None

    def _named(self, node: ast.Name | ast.Attribute, module: Module, depth: int) -> ast.expr:
        parts = _dotted(node)
        if not parts:
            raise LostError
        found = self._tree.resolve(module, parts[0])
        if found is None:
            if parts[0] in module.bindings or len(parts) > 1 or not hasattr(builtins, parts[0]):
                raise LostError
            return _parsed(self._names.builtin(parts[0]))
        if isinstance(found, Imported):
            return _parsed(self._foreign(found, parts[1:]))
        while isinstance(found, Module) and len(parts) > 1:
            inside = self._tree.resolve(found, parts[1]) or self._tree.module(f"{found.name}.{parts[1]}")
            parts, found = parts[1:], inside
        if len(parts) > 1 or found is None or isinstance(found, Module):
            raise LostError
        if isinstance(found, Imported):
            return _parsed(self._foreign(found, []))
        if isinstance(found, Located):
            return _parsed(self._own(found))
        return self._assigned(*found, depth)

    def _foreign(self, found: Imported, rest: list[str]) -> str:
        top = found.module.partition(".")[0]
        if not self._is_beside and top not in SHARED:
            raise LostError  # A package that the Worker of the stub may not have.
        if found.name is None:
            # `import datetime as dt; dt.datetime`: the class is what the stub needs.
            if not rest:
                raise LostError
            *path, last = [found.module, *rest]
            return self._chosen(".".join(path), last)
        if rest:
            return ".".join([self._chosen(found.module, found.name), *rest])
        return self._chosen(found.module, found.name)

    def _chosen(self, module: str, name: str) -> str:
        if module in _TYPING and name == "Self":
            raise LostError  # Would mean the stub.
        return self._names.imported(module, name)

    def _own(self, located: Located) -> str:
        is_top_level = located.module.bindings.get(located.node.name) is located.node
        can_be_imported = all(part.isidentifier() for part in located.module.name.split("."))
        if self._is_beside and is_top_level and can_be_imported:
            return self._names.imported(located.module.name, located.node.name)
        copied = self._copy(self, located) if is_top_level else None
        if copied is None:
            raise LostError
        return copied

    def _assigned(self, module: Module, assigned: Assigned, depth: int) -> ast.expr:
        value = assigned.value
        if isinstance(value, ast.Call):
            # NewType("UserId", int) is an int on the other side; a TypeVar means nothing there.
            origin = self._origin(value.func, module)
            if origin is not None and origin[1] == "NewType" and len(value.args) == 2:
                return self._rewrite(value.args[1], module, depth + 1)
            raise LostError
        return self._rewrite(value, module, depth + 1)


def _dotted(node: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body
