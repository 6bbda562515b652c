"""WSGI applications in Workers: Flask, Django and the like."""

from collections.abc import Callable, Iterable
from typing import Any

import js
from pyodide.ffi import JsProxy
from workers.entrypoints import WorkerEntrypoint
from workers.request import Request

async def fetch(app: Callable[..., Iterable[bytes]], req: Request | JsProxy, env: Any, ctx: Any = None) -> js.Response:
    """Answer a request with a WSGI application; `env` is found in `environ["workers.env"]`."""

def entrypoint(app: Callable[..., Iterable[bytes]]) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = wsgi.entrypoint(app)`."""
