"""The names of the released SDK, read from its sources.

`released_names.json` was recorded from the newest release:

    pip install --target sdk --no-deps workers-runtime-sdk==1.9.5
    python -m tests.sdk.released_names sdk > tests/sdk/released_names.json
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef


def parameters(function: Function) -> list[str]:
    """Return how callers may name the arguments; `*` before those that have to be named."""
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    if given.vararg is not None or given.kwonlyargs:
        names.append("*")
    return [*names, *(argument.arg for argument in given.kwonlyargs), *(["**"] if given.kwarg is not None else [])]


def names_of(body: list[ast.stmt]) -> dict[str, Any]:
    """Return the names that statements define: parameters of functions, methods of classes, None for other values."""
    found: dict[str, Any] = {}
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found[node.name] = parameters(node)
            case ast.ClassDef():
                methods = (item for item in node.body if isinstance(item, Function))
                found[node.name] = {method.name: parameters(method) for method in methods}
            case ast.Assign(targets=targets):
                found |= {target.id: None for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = None
            case ast.Try():
                found |= names_of(node.body)
            case _:
                pass
    return found


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the names of each module of the package `workers` in a folder."""
    modules = {}
    for path in sorted(folder.glob("workers/**/*.py")):
        name = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        modules[name] = names_of(ast.parse(path.read_text(encoding="utf-8")).body)
    return modules


if __name__ == "__main__":
    json.dump(read(Path(sys.argv[1])), sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")
