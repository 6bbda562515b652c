"""Methods of a Worker's class as the methods of a stub: awaited, and called with positional arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pywrangler.typegen.annotations import Annotations
    from pywrangler.typegen.names import Names
    from pywrangler.typegen.surface import Function, Method

INDENT = "    "


def method_lines(method: Method, annotations: Annotations, names: Names) -> list[str]:
    """Return the lines of a method inside of a stub class."""
    if method.is_opaque:
        anything = names.typing("Any")
        head = f"async def {method.name}(self, *args: {anything}, **kwargs: {anything}) -> {anything}:"
        return _with_doc([INDENT + head], method.doc)
    lines: list[str] = []
    callable_variants = [function for function in method.variants if not keyword_only(function)]
    if not callable_variants:
        needed = ", ".join(keyword_only(method.variants[0]))
        return [f"{INDENT}# {method.name}: needs {needed} by keyword, which a call between Workers cannot pass."]
    for number, function in enumerate(callable_variants):
        comments, head = _signature(function, method, annotations)
        lines += [f"{INDENT}# {comment}" for comment in comments]
        if len(callable_variants) > 1:
            lines.append(f"{INDENT}@{names.typing('overload')}")
        is_last = number == len(callable_variants) - 1
        lines += _with_doc([INDENT + head], method.doc if is_last else "")
    return lines


def keyword_only(function: Function) -> list[str]:
    """Return the parameters that a call has to give by keyword."""
    arguments = function.args
    return [it.arg for it, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None]


def _signature(function: Function, method: Method, annotations: Annotations) -> tuple[list[str], str]:
    """Return comments on what could not be said, and the head of the function."""
    comments: list[str] = []

    def text(name: str, annotation: ast.expr | None, *, is_result: bool = False) -> str:
        annotations.lost = False
        write = annotations.awaited if is_result else annotations.text
        written = write(annotation, method.module)
        if annotations.lost and annotation is not None:
            comments.append(f"{name}: {' '.join(ast.unparse(annotation).split())}")
        return written

    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    parts = ["self"]
    for number, argument in enumerate(positional[1:], start=1):
        default = " = ..." if number >= first_default else ""
        parts.append(f"{argument.arg}: {text(argument.arg, argument.annotation)}{default}")
    if len(parts) > 1:
        parts.append("/")
    if arguments.vararg is not None:
        parts.append(f"*{arguments.vararg.arg}: {text(arguments.vararg.arg, arguments.vararg.annotation)}")
    is_coroutine = isinstance(function, ast.AsyncFunctionDef)
    result = text("return", function.returns, is_result=not is_coroutine)
    return comments, f"async def {method.name}({', '.join(parts)}) -> {result}:"


def _with_doc(lines: list[str], doc: str) -> list[str]:
    if not doc:
        return [*lines[:-1], lines[-1] + " ..."]
    escaped = doc.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\x00", "").split("\n")
    body = INDENT * 2
    if len(escaped) == 1:
        text = escaped[0][:-1] + '\\"' if escaped[0].endswith('"') else escaped[0]
        return [*lines, f'{body}"""{text}"""']
    rest = [body + line if line.strip() else "" for line in escaped[1:]]
    return [*lines, f'{body}"""{escaped[0]}', *rest, f'{body}"""']
