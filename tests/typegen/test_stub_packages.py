"""The stub packages say what the modules have: no name of one is unknown to the other."""

from __future__ import annotations

import ast
import inspect
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from pywrangler.runtime.js.globals import CONSTANTS, NODE_TABLE, TABLE, find
from tests.typegen.checkers import ROOT

FILES = sorted(
    path for name in ("workers", "js", "pyodide", "pyodide_js", "asgi") for path in ROOT.glob(f"{name}-stubs/**/*.pyi")
)


@cache
def classes() -> dict[str, ast.ClassDef]:
    """Return every class of the js and pyodide stubs by name."""
    found = {}
    for path in FILES:
        if "js-stubs" in path.parts or "pyodide-stubs" in path.parts:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return found


def members(name: str) -> set[str]:
    """Return the members of a class in the stubs, inherited ones included."""
    node = classes().get(name)
    if node is None:
        return set()
    own = set()
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            own.add(statement.name)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            own.add(statement.target.id)
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return own.union(*(members(base.id) for base in bases if isinstance(base, ast.Name)))


def exported(path: Path) -> dict[str, ast.AST]:
    """Return the public names that a stub module defines."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname: node for alias in node.names if alias.asname == alias.name}
        elif isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return {name: node for name, node in found.items() if not name.startswith("_")}


def test_every_global_of_javascript_is_in_the_stub_and_no_other():
    known = {name for path in (ROOT / "js-stubs").glob("*.pyi") for name in exported(path)}
    # Types of what `js` only has values of, for annotations.
    types_only = {"Console", "ReadableStreamReadResult", "Scheduler"}
    assert known - types_only == {*TABLE, *NODE_TABLE, *CONSTANTS, "globalThis", "self"}


@pytest.mark.parametrize("name", [name for name in {**TABLE, **NODE_TABLE} if isinstance(find(name), type)])
def test_what_the_stub_says_of_a_class_of_javascript_is_there(name):
    """And what is written as JavaScript writes, in two words, is in the stub."""
    kind = find(name)
    said = members(name) - members("JsProxy") - {"new"}
    in_two_words = {member for member in dir(kind) if re.fullmatch("[a-z]+[A-Z]\\w*", member)}
    assert in_two_words - said - members("JsProxy") == set()
    # What instances get when they are made stands in the source only.
    source = "".join(inspect.getsource(base) for base in kind.__mro__ if base.__module__.startswith("pywrangler"))
    missing = {member for member in said if not member.startswith("__")} - set(dir(kind))
    assert {member for member in missing if f"self.{member} " not in source} <= EVENT_FIELDS | {"syncify"}


EVENT_FIELDS = {
    "bubbles", "cancelable", "composed", "type", "target", "currentTarget", "srcElement", "eventPhase", "timeStamp",
    "defaultPrevented", "detail", "data", "origin", "lastEventId", "source", "ports", "code", "reason", "wasClean",
    "message", "filename", "lineno", "colno", "error", "cancelBubble", "highWaterMark", "userAgent", "language",
    "languages", "platform", "hardwareConcurrency", "subtle", "timeOrigin", "promise", "extractable", "algorithm",
}  # fmt: skip
"""What events take from their options, and what the platform sets where it makes the only instance."""


def test_the_workers_module_has_the_same_names():
    import workers

    assert set(workers.__all__) == set(exported(ROOT / "workers-stubs" / "__init__.pyi"))


@pytest.mark.parametrize("name", ["Response", "Request", "FetchResponse", "Blob", "File", "FormData"])
def test_a_class_of_the_sdk_has_the_same_members(name):
    import workers

    real = {member for member in dir(getattr(workers, name)) if not member.startswith("_")}
    # Not on this platform: reading them raises AttributeError, so no editor should offer them.
    real -= {"credentials", "destination", "mode", "referrer", "referrer_policy", "is_history_navigation", "of"}
    said: set[str] = set()
    pending = [name]
    nodes = {
        node.name: node
        for path in FILES
        if "workers-stubs" in path.parts or path.name == "http.pyi"
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    while pending:
        node = nodes[pending.pop()]
        said |= {it.name for it in node.body if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)}
        said |= {it.target.id for it in node.body if isinstance(it, ast.AnnAssign) and isinstance(it.target, ast.Name)}
        bases = [ast.unparse(base).partition("[")[0] for base in node.bases]
        pending += [base.rpartition(".")[2] for base in bases if base.rpartition(".")[2] in nodes]
        if node.name == "FetchResponse" and "_http.FetchResponse" in bases:
            said |= {
                it.name
                for it in ast.walk(ast.parse((ROOT / "pyodide-stubs" / "http.pyi").read_text(encoding="utf-8")))
                if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            pending = [base for base in pending if base != "FetchResponse"]
        if "MutableMapping[str, Any]" in map(ast.unparse, node.bases):
            said |= set(dir(__import__("collections").abc.MutableMapping))
    assert real - said - {"js_response", "abort_controller", "abort_signal"} == set()


def test_pyodide_ffi_exports_the_same_names():
    from pyodide import ffi

    said = set(exported(ROOT / "pyodide-stubs" / "ffi" / "__init__.pyi"))
    assert set(ffi.__all__) - said == set()
    assert said - set(ffi.__all__) == {"JsError", "wrappers"}


@pytest.mark.parametrize("name", ["code", "console", "http", "webloop"])
def test_the_other_modules_of_pyodide_have_the_same_names(name):
    module = import_module(f"pyodide.{name}")
    stub = exported(ROOT / "pyodide-stubs" / f"{name}.pyi")
    assert set(stub) == set(module.__all__)
    for kind, node in stub.items():
        if isinstance(node, ast.ClassDef):
            real = {member for member in vars(getattr(module, kind)) if not member.startswith("_")}
            assert real - members(kind) == set(), kind


def test_pyodide_js_has_the_same_names():
    import pyodide_js

    said = set(exported(ROOT / "pyodide_js-stubs" / "__init__.pyi"))
    assert {name for name in said if not hasattr(pyodide_js, name)} == set()
    own = {name for name, value in vars(pyodide_js).items() if getattr(value, "__module__", "") == "pyodide_js"}
    assert {name for name in own if not name.startswith("_")} - said == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_class_says_what_it_is(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    # Typed arrays, and the marks of the runtime, are told by their names.
    assert all(name.endswith(("Array", "Wrapper")) for name in silent), silent


def test_base_classes_can_be_subscripted_when_the_code_runs():
    from workers import DurableObject, WorkerEntrypoint, WorkflowEntrypoint

    class Thing(DurableObject["Env"]):
        pass

    assert Thing.__mro__[1] is DurableObject
    assert WorkerEntrypoint["Env"] is WorkerEntrypoint
    assert WorkflowEntrypoint["Env"] is WorkflowEntrypoint


def test_types_of_options_can_be_imported_when_the_code_runs():
    import workers
    from workers import types

    assert types.FetchKwargs is workers.FetchKwargs
    assert set(types.__all__) <= set(exported(ROOT / "workers-stubs" / "types.pyi"))
