"""`import_from_javascript`: the JavaScript modules that exist natively (spec/workers-module.md, section 11).

Those of the platform (`cloudflare:*`), and with `nodejs_compat` those of Node.js that make sense in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js import globals as scope
from pywrangler.runtime.js.builtins.faults import ErrorConstructor
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.script_modules import ScriptModule
from pywrangler.runtime.js.values import JsObject, plain
from pywrangler.runtime.references import RpcStub, RpcTarget
from workers import patching
from workers._mode import MODE, raw_env

_BEFORE_0_28 = ("cloudflare:workers", "cloudflare:sockets")
_MODELS = (
    "openai/text-embedding-ada-002",
    "cohere/embed-multilingual-v2.0",
    "@cf/baai/bge-small-en-v1.5",
    "@cf/baai/bge-base-en-v1.5",
    "@cf/baai/bge-large-en-v1.5",
)


def import_from_javascript(module_name: str) -> Any:
    """Return a JavaScript module; ImportError if there is none of that name, or none here."""
    if not MODE.jsnull and module_name not in _BEFORE_0_28:
        raise ImportError(
            f"Failed to import '{module_name}': Only 'cloudflare:workers' and 'cloudflare:sockets' are available until "
            "the next python runtime version. (It comes with compatibility_date 2025-09-29.)"
        )
    try:
        return load(module_name)
    except JsException as problem:
        raise ImportError(f"Failed to import '{module_name}': {problem}") from problem


def load(name: str) -> Any:
    """Return a JavaScript module; the platform's Error if there is none of that name."""
    if name in _PLATFORM:
        return _PLATFORM[name]()
    from pywrangler.runtime.js import node

    short = name.removeprefix("node:")
    if node.has_module(short) or short in node.INSTEAD:
        if scope.has_node:
            return node.load_module(name)
        raise error(f'No such module "{name}". (Modules of Node.js need the compatibility flag nodejs_compat.)')
    if name in _ELSEWHERE:
        raise error(f'"{name}" exists in production, but not here: {_ELSEWHERE[name]}.')
    own = " (Modules of your own in JavaScript do not run locally.)" if name.endswith((".js", ".mjs")) else ""
    raise error(f'No such module "{name}".{own}')


@cache
def _workers() -> ScriptModule:
    from workers import entrypoints
    from workers.lifetime import wait_until

    exports = {
        "DurableObject": entrypoints.DurableObject,
        "RpcStub": RpcStub,
        "RpcTarget": RpcTarget,
        "WorkerEntrypoint": entrypoints.WorkerEntrypoint,
        "WorkflowEntrypoint": entrypoints.WorkflowEntrypoint,
        "waitUntil": wait_until,
        "withEnv": _with_env,
    }
    stubs = dict.fromkeys(("RpcPromise", "RpcProperty", "ServiceStub"), "bindings have their own classes here")
    missing = {
        **stubs,
        **dict.fromkeys(("withEnvAndExports", "withExports"), "use withEnv, or patch_env of the module workers"),
        "abortIsolate": "the host is restarted by a change of the code",
        "cache": "use js.caches",
        "restore": "it belongs to stubs that are stored, which is an experiment",
        "tracing": "use a tail Worker",
    }
    return ScriptModule.new("cloudflare:workers", exports, missing, {"env": _env, "exports": _exports})  # type: ignore[no-any-return]


def _env() -> Any:
    patch = patching.patched()
    return raw_env() if patch is None else plain(dict(patch))


def _exports() -> Any:
    event = context.current()
    return plain({}) if event is None else event.worker.loopbacks()


def _with_env(env: Any = None, function: Any = None) -> Any:
    if not callable(function):
        raise type_error("Failed to execute 'withEnv' on 'EnvModule': parameter 2 is not of type 'function'.")
    if not isinstance(env, (JsObject, dict)):
        return function()
    with patching.patch_env(env if isinstance(env, dict) else env._own_properties()):
        return function()


@cache
def _sockets() -> ScriptModule:
    from pywrangler.runtime.tcp_sockets import connect

    missing = {"internalNewHttpClient": "it belongs to the platform"}
    return ScriptModule.new("cloudflare:sockets", {"connect": connect}, missing)  # type: ignore[no-any-return]


@cache
def _email() -> ScriptModule:
    from pywrangler.bindings.email.message import EmailMessage

    return ScriptModule.new("cloudflare:email", {"EmailMessage": EmailMessage})  # type: ignore[no-any-return]


class _NonRetryableError(ErrorConstructor):
    """`NonRetryableError.new(message, name)`."""

    def new(self, message: Any = None, init: Any = None, /, **named: Any) -> JsException:
        made = super().new(message, None if isinstance(init, str) else init, **named)
        if isinstance(init, str):
            made.name = to_string(init)
        return made

    __call__ = new


@cache
def _workflows() -> ScriptModule:
    made = object.__new__(_NonRetryableError)
    made._name = "NonRetryableError"
    return ScriptModule.new("cloudflare:workflows", {"NonRetryableError": made})  # type: ignore[no-any-return]


@cache
def _vectorize() -> ScriptModule:
    levels = {"ALL": "all", "INDEXED": "indexed", "NONE": "none"}
    metrics = {"EUCLIDEAN": "euclidean", "COSINE": "cosine", "DOT_PRODUCT": "dot-product"}
    exports = {
        "DistanceMetric": plain(metrics),
        "KnownModel": plain({name: name for name in _MODELS}),
        "MetadataRetrievalLevel": plain(levels),
    }
    return ScriptModule.new("cloudflare:vectorize", exports)  # type: ignore[no-any-return]


_PLATFORM: dict[str, Callable[[], ScriptModule]] = {
    "cloudflare:email": _email,
    "cloudflare:sockets": _sockets,
    "cloudflare:vectorize": _vectorize,
    "cloudflare:workers": _workers,
    "cloudflare:workflows": _workflows,
}
_ELSEWHERE = {"cloudflare:node": "it serves Node.js servers; write a fetch handler"}
