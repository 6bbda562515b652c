"""`import_from_javascript`: the JavaScript modules that exist natively (spec/workers-module.md, section 11)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.values import JsFunction, plain
from pywrangler.runtime.references import RpcTarget


def import_from_javascript(name: str) -> Any:
    """Return a JavaScript module; ImportError for anything but `cloudflare:workers` and `cloudflare:sockets`."""
    if name == "cloudflare:workers":
        return _cloudflare_workers()
    if name == "cloudflare:sockets":
        from workers._sockets import connect

        return plain({"connect": JsFunction.new(connect)})
    raise ImportError(f"Failed to import '{name}': only cloudflare:workers and cloudflare:sockets exist locally")


def _cloudflare_workers() -> Any:
    from workers import entrypoints, wait_until
    from workers._mode import raw_env

    return plain(
        {
            "env": raw_env(),
            "waitUntil": JsFunction.new(wait_until),
            "DurableObject": entrypoints.DurableObject,
            "WorkerEntrypoint": entrypoints.WorkerEntrypoint,
            "WorkflowEntrypoint": entrypoints.WorkflowEntrypoint,
            "RpcTarget": RpcTarget,
        }
    )
