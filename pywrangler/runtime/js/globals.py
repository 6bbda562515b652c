"""The names in the global scope of a Worker, and where each is implemented; modules are imported on first use."""

from __future__ import annotations

import math
from importlib import import_module
from types import FunctionType, MethodType
from typing import Any

_BY_MODULE: dict[str, str] = {
    "abort": "AbortController AbortSignal",
    "blob": "Blob File",
    "builtins.collected": "FinalizationRegistry WeakRef",
    "builtins.cloning": "structuredClone",
    "builtins.disposables": "AsyncDisposableStack DisposableStack",
    "builtins.environment": "eval Function Navigator navigator scheduler",
    "builtins.faults": (
        "AggregateError DOMException Error EvalError RangeError ReferenceError SuppressedError SyntaxError TypeError "
        "URIError"
    ),
    "builtins.numbers": "BigInt Boolean Math Number isFinite isNaN parseFloat parseInt",
    "builtins.objects": "Object",
    "builtins.scope": (
        "addEventListener Body dispatchEvent ExtendableEvent FetchEvent origin PromiseRejectionEvent "
        "removeEventListener reportError ScheduledEvent TailEvent TraceEvent WorkerGlobalScope"
    ),
    "builtins.shared_memory": "Atomics SharedArrayBuffer",
    "builtins.strings": "String decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape",
    "builtins.symbols": "Symbol",
    "builtins.timing": "performance",
    "cloudflare": "Cloudflare",
    "cache": "Cache CacheStorage caches",
    "compression": "CompressionStream DecompressionStream",
    "console": "console",
    "crypto": "Crypto CryptoKey SubtleCrypto crypto",
    "encoding": "TextDecoder TextEncoder atob btoa",
    "event_source": "EventSource",
    "events": "CloseEvent CustomEvent ErrorEvent Event EventTarget MessageEvent",
    "fetch": "fetch",
    "form_data": "FormData",
    "headers": "Headers",
    "html_rewriter": "HTMLRewriter",
    "intl": "Intl",
    "json": "JSON",
    "messaging": "MessageChannel MessagePort",
    "promise": "Promise",
    "request": "Request",
    "response": "Response",
    "search_params": "URLSearchParams",
    "streams": (
        "ByteLengthQueuingStrategy CountQueuingStrategy FixedLengthStream IdentityTransformStream "
        "ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest "
        "ReadableStreamDefaultController ReadableStreamDefaultReader TextDecoderStream TextEncoderStream "
        "TransformStream TransformStreamDefaultController WritableStream WritableStreamDefaultController "
        "WritableStreamDefaultWriter"
    ),
    "timers": "clearInterval clearTimeout queueMicrotask setInterval setTimeout",
    "typed_arrays": (
        "ArrayBuffer BigInt64Array BigUint64Array DataView Float16Array Float32Array Float64Array Int16Array "
        "Int32Array Int8Array Uint16Array Uint32Array Uint8Array Uint8ClampedArray"
    ),
    "url": "URL",
    "url_pattern": "URLPattern",
}

TABLE: dict[str, str] = {
    name: f"pywrangler.runtime.js.{module}:{name}" for module, names in _BY_MODULE.items() for name in names.split()
} | {
    "Array": "pywrangler.runtime.js.arrays:JsArray",
    "Date": "pywrangler.runtime.js.date:JsDate",
    "Iterator": "pywrangler.runtime.js.iterators:JsIterator",
    "Map": "pywrangler.runtime.js.maps:JsMap",
    "Proxy": "pywrangler.runtime.js.builtins.reflection:ScriptProxy",
    "Reflect": "pywrangler.runtime.js.builtins.reflection:reflect",
    "RegExp": "pywrangler.runtime.js.regexp:JsRegExp",
    "ServiceWorkerGlobalScope": "pywrangler.runtime.js.builtins.scope:ScopeConstructor",
    "Set": "pywrangler.runtime.js.maps:JsSet",
    "WeakMap": "pywrangler.runtime.js.maps:JsWeakMap",
    "WeakSet": "pywrangler.runtime.js.maps:JsWeakSet",
    "WebAssembly": "pywrangler.runtime.js.builtins.webassembly:webassembly",
    "WebSocket": "pywrangler.runtime.websockets:WebSocket",
    "WebSocketPair": "pywrangler.runtime.websockets:WebSocketPair",
    "WebSocketRequestResponsePair": "pywrangler.runtime.hibernation:WebSocketRequestResponsePair",
}
"""Name -> module:attribute."""

CONSTANTS: dict[str, Any] = {"undefined": None, "NaN": math.nan, "Infinity": math.inf}

NODE_TABLE: dict[str, str] = {
    "Buffer": "pywrangler.runtime.js.node.buffer:Buffer",
    "process": "pywrangler.runtime.js.node.process:process",
    "clearImmediate": "pywrangler.runtime.js.timers:clearImmediate",
    "setImmediate": "pywrangler.runtime.js.timers:setImmediate",
} | {
    name: f"pywrangler.runtime.js.builtins.timing:{name}"
    for name in (
        "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver",
        "PerformanceObserverEntryList", "PerformanceResourceTiming",
    )
}  # fmt: skip
"""What `nodejs_compat` adds."""

_ELSEWHERE = {
    "document": "a Worker has no page",
    "localStorage": "a Worker has no page; use a KV namespace or a Durable Object",
    "sessionStorage": "a Worker has no page; use a KV namespace or a Durable Object",
    "window": "a Worker has no page; use js.globalThis",
    "alert": "a Worker has no page; use js.console.log",
    "XMLHttpRequest": "use fetch",
    "Worker": "use a service binding to another Worker",
    "BroadcastChannel": "use a Durable Object to reach other Workers, MessageChannel within one",
    "indexedDB": "use the storage of a Durable Object",
    "importScripts": "import Python modules instead",
    "require": "use import_from_javascript of the module workers",
    "Temporal": "it needs the compatibility flag temporal, which has no local equivalent; use datetime",
    "pyodide": "import the module pyodide instead",
    "pyodide_js": "import the module pyodide_js instead",
}

has_node = True
"""Whether the Worker has `nodejs_compat`; the host says so (`configure`)."""


def configure(*, node: bool) -> None:
    """Set what the global scope has, for the Worker of this process."""
    global has_node
    has_node = node


def known_names() -> list[str]:
    """Return all names of the global scope."""
    return [*TABLE, *CONSTANTS, *(NODE_TABLE if has_node else ())]


def find(name: str) -> Any:
    """Return the global of that name; raises LookupError if there is none."""
    if name in CONSTANTS:
        return CONSTANTS[name]
    place = TABLE[name] if name in TABLE or not has_node else NODE_TABLE[name]
    module, _, attribute = place.partition(":")
    value = getattr(import_module(module), attribute)
    if type(value) in {FunctionType, MethodType}:
        from pywrangler.runtime.js.values import JsFunction

        return JsFunction.new(value)
    return value


def why_missing(name: str) -> str:
    """Return a sentence about a name that is no global: what it may have been meant for."""
    if name in NODE_TABLE:
        return (
            f"there is no global {name!r} in this Worker: it belongs to Node.js. "
            'Add "nodejs_compat" to compatibility_flags in the config.'
        )
    if name in _ELSEWHERE:
        return f"there is no global {name!r} in Workers: {_ELSEWHERE[name]}"
    import difflib

    near = difflib.get_close_matches(name, known_names(), 1, 0.75)
    hint = f". Did you mean {near[0]!r}?" if near else ""
    return f"there is no global {name!r} in Workers{hint}"
