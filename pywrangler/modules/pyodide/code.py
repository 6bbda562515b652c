"""`pyodide.code`: running Python source. JavaScript source cannot be run in Workers."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from pywrangler.runtime.js.builtins.environment import eval as _refuse

__all__ = ["eval_code", "eval_code_async", "find_imports", "run_js", "should_quiet"]


def run_js(code: str, /) -> Any:  # noqa: ARG001
    """Workers run no code from strings: EvalError."""
    return _refuse()


def should_quiet(source: str, /) -> bool:
    """Tell whether the source ends with a semicolon, which suppresses its value."""
    return source.split("#", 1)[0].rstrip().endswith(";")


def find_imports(source: str) -> list[str]:
    """Return the top-level names of the modules that a source imports, sorted; empty if it has a syntax error."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return sorted(found)


def eval_code(source: str, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None) -> Any:
    """Run Python source; returns the value of its last expression."""
    return _run(source, globals, locals, 0)


async def eval_code_async(
    source: str, globals: dict[str, Any] | None = None, locals: dict[str, Any] | None = None
) -> Any:
    """Run Python source with top-level await; returns the value of its last expression."""
    result = _run(source, globals, locals, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return await result if inspect.isawaitable(result) else result


def _run(source: str, globals: dict[str, Any] | None, locals: dict[str, Any] | None, flags: int) -> Any:
    scope: dict[str, Any] = {} if globals is None else globals
    inner = scope if locals is None else locals
    tree = ast.parse(source, "<exec>")
    wanted = bool(tree.body) and isinstance(tree.body[-1], ast.Expr) and not should_quiet(source)
    if wanted:
        last = tree.body[-1]
        assignment = ast.Assign([ast.Name("_result_of_last_expression", ast.Store())], last.value)  # type: ignore[attr-defined]
        tree.body[-1] = ast.copy_location(assignment, last)
        ast.fix_missing_locations(tree)
    code = compile(tree, "<exec>", "exec", flags=flags)
    running = eval(code, scope, inner)  # noqa: S307 - that is what the function is for
    if inspect.iscoroutine(running):

        async def finish() -> Any:
            await running
            return inner.pop("_result_of_last_expression", None)

        return finish()
    return inner.pop("_result_of_last_expression", None)
