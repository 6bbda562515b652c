"""`import_from_javascript`: the JavaScript modules that exist natively (spec/workers-module.md, section 11)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.values import JsFunction, plain
from pywrangler.runtime.references import RpcTarget


def import_from_javascript(name: str) -> Any:
    """Return a JavaScript module; ImportError for anything but `cloudflare:workers`, `:sockets` and `:email`."""
    if name == "cloudflare:workers":
        return _cloudflare_workers()
    if name == "cloudflare:sockets":
        from pywrangler.runtime.tcp_sockets import connect

        return plain({"connect": JsFunction.new(connect)})
    if name == "cloudflare:email":
        from pywrangler.bindings.email.message import EmailMessage

        return plain({"EmailMessage": EmailMessage})
    known = "only cloudflare:workers, cloudflare:sockets and cloudflare:email exist locally"
    raise ImportError(f"Failed to import '{name}': {known}")


def _cloudflare_workers() -> Any:
    from workers import entrypoints
    from workers._mode import raw_env
    from workers.lifetime import wait_until

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
