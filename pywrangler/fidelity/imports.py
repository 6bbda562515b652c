"""Imports that fail on Cloudflare: missing and given-up modules, and names that are not in `pyodide.ffi` or `js`.

Sources: `standard` for modules, spec/js-and-ffi.md for names, `pywrangler.config.sdk` for what the SDK has.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from pywrangler.config import sdk
from pywrangler.config.suggest import nearest
from pywrangler.fidelity.modules import imports_of
from pywrangler.fidelity.standard import ADDED, INSTEAD, MISSING, REMOVED, python_version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pywrangler.config.model import Compat
    from pywrangler.errors import Problem
    from pywrangler.fidelity.walk import Visit

PYODIDE_FFI = frozenset(
    (
        *("IN_BROWSER", "IN_PYODIDE", "ConversionError", "InternalError", "JsArray", "JsAsyncGenerator"),
        *("JsAsyncIterable", "JsAsyncIterator", "JsBigInt", "JsBuffer", "JsCallable", "JsCallableDoubleProxy"),
        *("JsDomElement", "JsDoubleProxy", "JsError", "JsException", "JsFetchResponse", "JsGenerator", "JsIterable"),
        *("JsIterator", "JsMap", "JsMutableMap", "JsNull", "JsOnceCallable", "JsPromise", "JsProxy", "JsTypedArray"),
        *("JsWeakRef", "can_run_sync", "create_once_callable", "create_proxy", "destroy_proxies", "jsnull"),
        *("register_js_module", "run_sync", "to_js", "unregister_js_module", "wrappers"),
    )
)
_METHODS = frozenset(("to_py", "to_bytes", "to_memoryview", "to_string", "object_keys", "as_object_map"))
_SINCE_PYTHON_313 = frozenset(
    (
        *("IN_PYODIDE", "JsBigInt", "JsCallableDoubleProxy", "JsError", "JsNull", "JsOnceCallable", "JsWeakRef"),
        *("can_run_sync", "jsnull", "run_sync"),
    )
)
_BROWSER = frozenset(
    (
        *("document", "window", "localStorage", "sessionStorage", "XMLHttpRequest", "alert", "history", "indexedDB"),
        *("location", "Worker", "SharedWorker", "Audio", "Image", "customElements", "requestAnimationFrame"),
    )
)
_ABSENT = {
    "pyodide.http.open_url": "Use `await workers.fetch(url)`.",
    "pyodide.code.run_js": "Import what you need from js.",
}


def check(visit: Visit, compat: Compat, release: sdk.Version, own: Collection[str]) -> Iterator[Problem]:
    """Yield a finding for each import of the node that fails.

    `release` is that of the SDK, `own` are the names of the project's modules.
    """
    if visit.is_guarded:
        return
    is_from = isinstance(visit.node, ast.ImportFrom)
    seen: set[str] = set()
    for number, (name, alias) in enumerate(imports_of(visit)):
        top = name.partition(".")[0]
        if top not in own and not (is_from and number):  # one finding for a whole `from` statement
            yield from _standard(visit, top, alias, compat)
        new = next((module for module in ADDED if f"{name}.".startswith(f"{module}.")), None)
        if new is not None and new not in seen and top not in own:
            seen.add(new)
            yield from _too_new(visit, new, alias, compat)
        if top == "workers" and top not in own:
            yield from _sdk(visit, name, alias, compat, release, is_first=not (is_from and number))
        if visit.source.is_vendored:
            continue
        module, _, last = name.rpartition(".")
        if module == "pyodide.ffi" and is_from:
            yield from _ffi(visit, last, alias, compat)
        elif module == "js" and is_from and last in _BROWSER:
            what = f"{last} belongs to browsers; Workers have no page."
            yield visit.source.problem("js-name", alias, what)
        elif name in _ABSENT:
            yield visit.source.problem("pyodide-import", alias, f"{name} is not available in Workers.", _ABSENT[name])


def _standard(visit: Visit, top: str, alias: ast.AST, compat: Compat) -> Iterator[Problem]:
    version = python_version(compat)
    if top in MISSING:
        what = f"There is no module {top} on Cloudflare."
        yield visit.source.problem("missing-module", alias, what, INSTEAD.get(top, ""))
    elif top in REMOVED and version >= REMOVED[top]:
        since = ".".join(map(str, REMOVED[top]))
        mine = ".".join(map(str, version))
        what = f"Python has no module {top} since {since}; with this compatibility date Cloudflare runs {mine}."
        yield visit.source.problem("missing-module", alias, what, INSTEAD.get(top, ""))


def _too_new(visit: Visit, module: str, alias: ast.AST, compat: Compat) -> Iterator[Problem]:
    version = python_version(compat)
    if version < ADDED[module]:
        since = ".".join(map(str, ADDED[module]))
        mine = ".".join(map(str, version))
        what = f"Python has {module} from {since} on; with this compatibility date Cloudflare runs {mine}."
        yield visit.source.problem("missing-module", alias, what)


def _sdk(
    visit: Visit, name: str, alias: ast.AST, compat: Compat, release: sdk.Version, *, is_first: bool
) -> Iterator[Problem]:
    """Yield a finding for a module or name of the SDK that its release lacks; a module once for its names."""
    module, _, last = name.rpartition(".")
    lacking = next((part for part in (module, name) if not sdk.has(part, release)), None)
    if lacking is not None and last != "*" and (is_first or lacking == name):
        remedy = sdk.explain(lacking, release, compat.date)
        yield visit.source.problem("sdk-import", alias, f"There is no {lacking}.", remedy)


def _ffi(visit: Visit, name: str, alias: ast.AST, compat: Compat) -> Iterator[Problem]:
    if name == "*" or (name in PYODIDE_FFI and (compat.jsnull or name not in _SINCE_PYTHON_313)):
        return
    if name in _METHODS:
        remedy = f"{name} is a method of JavaScript values: `value.{name}()`."
    elif name in _SINCE_PYTHON_313:
        more = "; before, null is None" if name == "jsnull" else ""
        remedy = f"It exists from the compatibility date 2025-09-29 on{more}."
    else:
        near = nearest(name, PYODIDE_FFI)
        remedy = f"Did you mean {near}?" if near else ""
    yield visit.source.problem("pyodide-import", alias, f"There is no {name} in pyodide.ffi.", remedy)
