"""What other Workers can call on a class: its RPC surface (spec/types.md, section 4, rule 1).

Public functions of the class and of its bases in the Worker's own code, in the order of lookup; not the handlers of
events, properties, static and class methods. A call passes positional arguments only (spec/durable-objects.md, section
8), so a parameter that has to be given by keyword makes a method unreachable.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pywrangler.typegen.source import Located, Module

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.typegen.source import SourceTree

Function = ast.FunctionDef | ast.AsyncFunctionDef

HANDLERS = frozenset({
    "fetch", "connect", "alarm", "scheduled", "queue", "tail", "trace", "email", "test", "dup", "constructor",
    "webSocketMessage", "webSocketClose", "webSocketError",
    "web_socket_message", "web_socket_close", "web_socket_error",
})  # fmt: skip
"""Names that the platform calls itself, or reserves."""

TRANSPARENT = frozenset({"override", "final", "abstractmethod", "no_type_check", "deprecated"})
"""Decorators that leave the signature alone."""

NOT_METHODS = frozenset({"property", "cached_property", "staticmethod", "classmethod", "setter", "getter", "deleter"})


@dataclass(frozen=True, slots=True)
class Method:
    """A method: one function, or the overloads of one."""

    name: str
    module: Module
    owner: ast.ClassDef
    variants: tuple[Function, ...]
    is_opaque: bool
    """A decorator hides the signature."""
    doc: str


def surface(tree: SourceTree, located: Located) -> tuple[Method, ...]:
    """Return the methods of a class that can be called from elsewhere, in the order of their definition."""
    found: dict[str, Method | None] = {}
    for owner in _lookup_order(tree, located):
        for name, method in _methods(owner):
            found.setdefault(name, method)
    return tuple(method for method in found.values() if method is not None)


def workflow_event(tree: SourceTree, located: Located) -> tuple[ast.expr, Module] | None:
    """Return the annotation of the event that a workflow's `run` takes."""
    for owner in _lookup_order(tree, located):
        for function in _functions(owner.node.body):
            if function.name == "run":
                arguments = [*function.args.posonlyargs, *function.args.args]
                annotation = arguments[1].annotation if len(arguments) > 1 else None
                return None if annotation is None else (annotation, owner.module)
    return None


def _lookup_order(tree: SourceTree, located: Located) -> list[Located]:
    """Return the class and its bases as Python looks through them; bases from elsewhere are left out."""

    def linear(it: Located, path: tuple[ast.ClassDef, ...]) -> list[Located]:
        if it.node in path:
            return []
        bases = [base for base in (_class_of(tree, it, expr) for expr in it.node.bases) if base is not None]
        return [it, *_merge([*(linear(base, (*path, it.node)) for base in bases), bases])]

    return linear(located, ())


def _merge(sequences: list[list[Located]]) -> list[Located]:
    """C3, as Python does it; where that has no answer (Python would refuse the class), the order of writing."""
    merged: list[Located] = []
    rest = [list(sequence) for sequence in sequences if sequence]
    while rest:
        heads = [sequence[0] for sequence in rest]
        good = next((head for head in heads if all(head not in sequence[1:] for sequence in rest)), heads[0])
        merged.append(good)
        rest = [[it for it in sequence if it != good] for sequence in rest]
        rest = [sequence for sequence in rest if sequence]
    return merged


def _class_of(tree: SourceTree, located: Located, expression: ast.expr) -> Located | None:
    if isinstance(expression, ast.Subscript):
        expression = expression.value
    if isinstance(expression, ast.Name):
        found = tree.resolve(located.module, expression.id)
        return found if isinstance(found, Located) else None
    dotted = ast.unparse(expression) if isinstance(expression, ast.Attribute) else ""
    module_name, _, class_name = dotted.rpartition(".")
    root = tree.resolve(located.module, module_name.partition(".")[0]) if module_name else None
    if not isinstance(root, Module):
        return None
    module = tree.module(".".join([root.name, *module_name.split(".")[1:]]))
    found = tree.resolve(module, class_name) if module is not None else None
    return found if isinstance(found, Located) else None


def _functions(body: list[ast.stmt]) -> Iterator[Function]:
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            yield statement
        elif isinstance(statement, ast.If):
            yield from _functions(statement.body)
            yield from _functions(statement.orelse)


def _methods(owner: Located) -> Iterator[tuple[str, Method | None]]:
    """Yield the public names of one class; None where the name is no method, which hides those of the bases."""
    groups: dict[str, list[Function]] = {}
    for function in _functions(owner.node.body):
        groups.setdefault(function.name, []).append(function)
    for name, functions in groups.items():
        if name.startswith("_") or name in HANDLERS:
            continue
        yield name, _method(owner, name, functions)
    for statement in owner.node.body:
        # `sayHello = say_hello`: the same function under another name.
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name):
            original = groups.get(statement.value.id)
            for target in statement.targets:
                if not isinstance(target, ast.Name) or target.id.startswith("_") or target.id in HANDLERS:
                    continue
                yield target.id, None if original is None else _method(owner, target.id, original)


def _method(owner: Located, name: str, functions: list[Function]) -> Method | None:
    last = functions[-1]
    names = {decorator for function in functions for decorator in _decorators(function)}
    if names & NOT_METHODS:
        return None
    overloads = [function for function in functions if "overload" in _decorators(function)]
    opaque = bool(set(_decorators(last)) - TRANSPARENT - {"overload"})
    doc = inspect.cleandoc(ast.get_docstring(last, clean=False) or "")
    return Method(name, owner.module, owner.node, tuple(overloads) or (last,), opaque, doc)


def _decorators(function: Function) -> list[str]:
    """Return the last part of each decorator's name."""
    found = []
    for decorator in function.decorator_list:
        expression = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.append(ast.unparse(expression).rpartition(".")[2])
    return found
