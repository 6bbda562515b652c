"""The names in the global scope of a Worker, and where each is implemented; modules are imported on first use."""

from __future__ import annotations

import math
from importlib import import_module
from types import FunctionType
from typing import Any

_BY_MODULE: dict[str, str] = {
    "abort": "AbortController AbortSignal",
    "blob": "Blob File",
    "builtins.environment": "eval Function navigator performance scheduler",
    "builtins.faults": (
        "AggregateError DOMException Error EvalError RangeError ReferenceError SyntaxError TypeError URIError"
    ),
    "builtins.numbers": "BigInt Boolean Math Number isFinite isNaN parseFloat parseInt",
    "builtins.objects": "Object Symbol WeakRef structuredClone",
    "builtins.strings": "String decodeURI decodeURIComponent encodeURI encodeURIComponent",
    "cache": "Cache CacheStorage caches",
    "compression": "CompressionStream DecompressionStream",
    "console": "console",
    "crypto": "crypto",
    "encoding": "TextDecoder TextEncoder atob btoa",
    "events": "CloseEvent CustomEvent ErrorEvent Event EventTarget MessageEvent",
    "fetch": "fetch",
    "form_data": "FormData",
    "headers": "Headers",
    "html_rewriter": "HTMLRewriter",
    "json": "JSON",
    "promise": "Promise",
    "request": "Request",
    "response": "Response",
    "search_params": "URLSearchParams",
    "streams": (
        "ByteLengthQueuingStrategy CountQueuingStrategy FixedLengthStream IdentityTransformStream "
        "ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamDefaultController "
        "ReadableStreamDefaultReader TextDecoderStream TextEncoderStream TransformStream "
        "TransformStreamDefaultController WritableStream WritableStreamDefaultController WritableStreamDefaultWriter"
    ),
    "timers": ("clearImmediate clearInterval clearTimeout queueMicrotask setImmediate setInterval setTimeout"),
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
    "Map": "pywrangler.runtime.js.maps:JsMap",
    "Proxy": "pywrangler.runtime.js.builtins.objects:ScriptProxy",
    "Reflect": "pywrangler.runtime.js.builtins.objects:reflect",
    "RegExp": "pywrangler.runtime.js.regexp:JsRegExp",
    "Set": "pywrangler.runtime.js.maps:JsSet",
    "WeakMap": "pywrangler.runtime.js.maps:JsWeakMap",
    "WeakSet": "pywrangler.runtime.js.maps:JsWeakSet",
    "WebSocket": "pywrangler.runtime.websockets:WebSocket",
    "WebSocketPair": "pywrangler.runtime.websockets:WebSocketPair",
    "WebSocketRequestResponsePair": "pywrangler.runtime.hibernation:WebSocketRequestResponsePair",
}
"""Name -> module:attribute."""

CONSTANTS: dict[str, Any] = {"undefined": None, "NaN": math.nan, "Infinity": math.inf}

_ELSEWHERE = {
    "Buffer": "it belongs to nodejs_compat, which has no local equivalent",
    "process": "it belongs to nodejs_compat, which has no local equivalent; use os.environ",
    "document": "a Worker has no page",
    "localStorage": "a Worker has no page; use a KV namespace or a Durable Object",
    "window": "a Worker has no page; use js.globalThis",
    "XMLHttpRequest": "use fetch",
    "pyodide": "import the module pyodide instead",
}


def find(name: str) -> Any:
    """Return the global of that name; raises LookupError if there is none."""
    if name in CONSTANTS:
        return CONSTANTS[name]
    module, _, attribute = TABLE[name].partition(":")
    value = getattr(import_module(module), attribute)
    if type(value) is FunctionType:
        from pywrangler.runtime.js.values import JsFunction

        return JsFunction.new(value)
    return value


def why_missing(name: str) -> str:
    """Return a sentence about a name that is no global: what it may have been meant for."""
    if name in _ELSEWHERE:
        return f"there is no global {name!r} in Workers: {_ELSEWHERE[name]}"
    import difflib

    near = difflib.get_close_matches(name, [*TABLE, *CONSTANTS], 1, 0.75)
    hint = f". Did you mean {near[0]!r}?" if near else ""
    return f"there is no global {name!r} in Workers{hint}"
