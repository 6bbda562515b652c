"""Values handed to JavaScript and to the SDK in a form that they do not take.

Rules (spec/js-and-ffi.md, sections 2 and 5; spec/workers-module.md, sections 2, 4 and 7): a Python dict is not a
JavaScript object, so options in a dict are ignored silently; `to_js` makes a Map of it unless told otherwise; the
SDK's `fetch` takes options as keywords only; `Response` takes no dict; `env` is not subscriptable.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pywrangler.fidelity.names import assigned, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.errors import Problem
    from pywrangler.fidelity.names import Scope
    from pywrangler.fidelity.walk import Visit

_AS_OBJECT = "to_js({...}, dict_converter=Object.fromEntries)"
_TAKES_DICTS = frozenset(
    ("js.console.log", "js.console.info", "js.console.debug", "js.console.warn", "js.console.error")
)
_TAKES_ANY_CALLABLE = frozenset(("js.Object.fromEntries", "js.Map.new", "js.Array.from"))
_UNSUPPORTED_BODIES = (ast.Dict, ast.DictComp, ast.List, ast.ListComp, ast.Tuple, ast.Set, ast.GeneratorExp)
_ALIASES = frozenset(("workers.Headers", "workers.Body", "workers.JSBody", "workers.BlobValue"))


def check(visit: Visit) -> Iterator[Problem]:
    """Yield a finding for each value of the node that loses its meaning."""
    node = visit.node
    if isinstance(node, ast.Subscript):
        yield from _subscript(visit, node)
    if not isinstance(node, ast.Call):
        return
    name = visit.name(node.func)
    if name is None:
        return
    if name.startswith("js.") and name not in _TAKES_DICTS | _TAKES_ANY_CALLABLE:
        yield from _to_javascript(visit, node, name)
    elif name == "workers.fetch" and len(node.args) > 1:
        what = f"workers.fetch() takes one positional argument, but {len(node.args)} are given."
        yield visit.source.problem("raw-dict", node.args[1], what, "Give options as keywords: `fetch(url, **options)`.")
    elif name == "workers.Response":
        yield from _response(visit, node)
    elif name in _ALIASES:
        remedy = "Use a dict, or js.Headers.new(...)." if name.endswith("Headers") else ""
        what = f"{name} is a type for annotations and cannot be called."
        yield visit.source.problem("not-callable", node, what, remedy)


def _to_javascript(visit: Visit, call: ast.Call, name: str) -> Iterator[Problem]:
    short = name.removeprefix("js.").removesuffix(".new")
    for argument in call.args:
        if _is_dict(argument, visit.scope):
            what = f"A Python dict is not a JavaScript object: {short} ignores it on Cloudflare."
            yield visit.source.problem("raw-dict", argument, what, _advice(name, is_keyword=False))
        elif _is_map(argument, visit.scope):
            what = f"to_js() makes a Map of a dict: {short} sees no options in it."
            yield visit.source.problem("raw-dict", argument, what, f"Write `{_AS_OBJECT}`, or give keywords.")
    for keyword in call.keywords:
        if keyword.arg is not None and _is_dict(keyword.value, visit.scope):
            what = f"A Python dict is not a JavaScript object: {short} ignores {keyword.arg} on Cloudflare."
            yield visit.source.problem("raw-dict", keyword.value, what, _advice(name, is_keyword=True))


def _advice(name: str, *, is_keyword: bool) -> str:
    if name == "js.JSON.stringify":
        return "Use json.dumps."
    if name == "js.Headers.new":
        return "Give pairs: `Headers.new(values.items())`."
    if name == "js.Response.json" and not is_keyword:
        return f"Use workers.Response.from_json, or `{_AS_OBJECT}`."
    return f"Write `{_AS_OBJECT}`." if is_keyword else f"Give keywords (`name=value`), or `{_AS_OBJECT}`."


def _response(visit: Visit, call: ast.Call) -> Iterator[Problem]:
    body = call.args[0] if call.args else next((item.value for item in call.keywords if item.arg == "body"), None)
    if body is not None:
        value, scope = assigned(body, visit.scope)
        if isinstance(value, _UNSUPPORTED_BODIES) or _is_dict(value, scope):
            kind = (
                type(value).__name__.removesuffix("Comp").lower() if isinstance(value, _UNSUPPORTED_BODIES) else "dict"
            )
            what = f"Response takes no {kind} as its body and raises TypeError."
            yield visit.source.problem("response-body", body, what, "Use Response.from_json(...).")
    for argument in call.args[1:2]:
        if _is_dict(argument, visit.scope):
            what = "The second argument of Response is the status; options are keywords."
            remedy = "Write `Response(body, status=..., headers=...)`."
            yield visit.source.problem("raw-dict", argument, what, remedy)


def _subscript(visit: Visit, node: ast.Subscript) -> Iterator[Problem]:
    is_attribute = isinstance(node.value, ast.Attribute) and node.value.attr == "env"
    is_own = is_attribute and isinstance(node.value.value, ast.Name) and node.value.value.id == "self"  # type: ignore[attr-defined]
    if not is_own and visit.name(node.value) != "workers.env":
        return
    name = node.slice.value if isinstance(node.slice, ast.Constant) else None
    instead = f"env.{name}" if isinstance(name, str) and name.isidentifier() else "getattr(env, name)"
    what = "env is not subscriptable: its bindings are attributes."
    yield visit.source.problem("env-subscript", node, what, f"Write `{instead}`.")


def _is_dict(expression: ast.expr, scope: Scope) -> bool:
    value, scope = assigned(expression, scope)
    if isinstance(value, ast.Dict | ast.DictComp):
        return True
    return isinstance(value, ast.Call) and resolve(value.func, scope) == "builtins.dict"


def _is_map(expression: ast.expr, scope: Scope) -> bool:
    """Whether the expression is `to_js` of a dict without a converter."""
    value, scope = assigned(expression, scope)
    if not isinstance(value, ast.Call) or resolve(value.func, scope) != "pyodide.ffi.to_js" or not value.args:
        return False
    return _is_dict(value.args[0], scope) and not any(item.arg in {"dict_converter", None} for item in value.keywords)
