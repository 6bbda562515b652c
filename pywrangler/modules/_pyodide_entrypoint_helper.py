"""`_pyodide_entrypoint_helper`: what the platform gives to the package `workers`, for code that takes it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.missing_names import missing_name

if TYPE_CHECKING:
    from collections.abc import Generator

_MODULES = {"cloudflareWorkersModule": "cloudflare:workers", "cloudflareSocketsModule": "cloudflare:sockets"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        from workers import import_from_javascript

        return import_from_javascript(_MODULES[name])
    if name == "workerEntrypoint":
        from workers import WorkerEntrypoint

        return WorkerEntrypoint
    raise missing_name(__name__, name, f"the platform has no {name!r} for packages; see the package workers")


def doAnImport(name: str) -> Any:
    """Return the promise of a JavaScript module."""
    from workers.importing import load

    async def work() -> Any:
        return load(name)

    return JsPromise.start(work())


def patchWaitUntil(_ctx: Any) -> None:
    """Do nothing: `ctx.waitUntil` takes Python's awaitables as it is."""


def patch_env_helper(patch: Any) -> Generator[None, None, None]:
    """Put `patch` in the place of `env` until the generator goes on."""
    from workers.patching import patch_env

    with patch_env(patch.to_py() if hasattr(patch, "to_py") else patch):
        yield


def createHandlerGuard(handler: Any) -> Any:
    """Return the handler: here it lives as long as somebody needs it."""
    return handler
