"""The modules of Node.js that Workers with `nodejs_compat` import as `node:*` (https://developers.cloudflare.com).

Here are those that Python has no better answer to; the others are errors that name it. What a module has in production
and not here is an AttributeError at its use.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.script_modules import ScriptModule

_HERE = {
    "assert": "assertion",
    "assert/strict": "assertion",
    "async_hooks": "async_hooks",
    "buffer": "buffer",
    "crypto": "crypto",
    "diagnostics_channel": "diagnostics_channel",
    "events": "events",
    "os": "os",
    "path": "path",
    "path/posix": "path",
    "perf_hooks": "perf_hooks",
    "process": "process",
    "punycode": "punycode",
    "querystring": "querystring",
    "string_decoder": "string_decoder",
    "timers": "timers",
    "timers/promises": "timers_promises",
    "url": "url",
    "util": "util",
    "util/types": "util_types",
}
"""Name -> module of this package."""

_FILES = "use open and pathlib in Python"
_STREAMS = "use js.ReadableStream, js.WritableStream and js.TransformStream"
_HTTP = "use fetch of the module workers to send requests, and a handler to receive them"
_RUNS = "Workers run no other programs and no threads"
INSTEAD = {
    "_http_agent": _HTTP,
    "child_process": _RUNS,
    "console": "use js.console",
    "constants": "use constants of node:os and node:crypto",
    "cluster": _RUNS,
    "dgram": "Workers have no UDP",
    "dns": "use fetch of the module workers with DNS over HTTPS",
    "dns/promises": "use fetch of the module workers with DNS over HTTPS",
    "domain": "use try and except",
    "fs": _FILES,
    "fs/promises": _FILES,
    "http": _HTTP,
    "http2": _HTTP,
    "https": _HTTP,
    "inspector": "use the debugger of pywrangler dev",
    "inspector/promises": "use the debugger of pywrangler dev",
    "module": "use importlib in Python",
    "net": "use connect of cloudflare:sockets",
    "path/win32": "use the module ntpath of Python",
    "readline": "Workers have no terminal",
    "readline/promises": "Workers have no terminal",
    "repl": "Workers have no terminal",
    "sqlite": "use the storage of a Durable Object, or D1",
    "stream": _STREAMS,
    "stream/consumers": _STREAMS,
    "stream/promises": _STREAMS,
    "stream/web": _STREAMS,
    "sys": "use node:util",
    "test": "use pytest",
    "tls": "use connect of cloudflare:sockets",
    "trace_events": "use js.console",
    "tty": "Workers have no terminal",
    "v8": "use structuredClone of js",
    "vm": "Workers run no JavaScript from strings; use pyodide.code for Python",
    "wasi": "Python Workers run no WebAssembly of their own here",
    "worker_threads": _RUNS,
    "zlib": "use zlib, gzip or js.CompressionStream",
}
"""What production has besides, and what to use here."""


def has_module(short: str) -> bool:
    """Tell whether there is a module of that name (without "node:") here."""
    return short in _HERE


def load_module(name: str) -> Any:
    """Return a module by its name, with or without "node:"; the platform's Error if there is none."""
    short = name.removeprefix("node:")
    if short not in _HERE:
        if short in INSTEAD:
            raise error(f'"node:{short}" exists in production, but not here: {INSTEAD[short]}.')
        raise error(f'No such module "{name}".')
    return _load(short)


@cache
def _load(short: str) -> ScriptModule:
    source = import_module(f"{__name__}.{_HERE[short]}")
    missing: Any = getattr(source, "MISSING", {})
    missing = missing if isinstance(missing, dict) else dict.fromkeys(missing.split(), "")
    default = getattr(source, "DEFAULT", None)
    exports = {**source.EXPORTS, "default": default}
    if default is None:
        exports["default"] = ScriptModule.new(f"node:{short}", source.EXPORTS, missing)
    if hasattr(source, "complete"):
        source.complete(exports)
    return ScriptModule.new(f"node:{short}", exports, missing)  # type: ignore[no-any-return]
