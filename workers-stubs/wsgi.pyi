"""WSGI applications in Workers: Flask, Django and the like."""

from collections.abc import Callable, Iterable
from typing import Any

import js
from pyodide.ffi import JsProxy
from workers.entrypoints import WorkerEntrypoint
from workers.gateway import BaseOptions
from workers.request import Request

class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""

async def fetch(
    app: Callable[..., Iterable[bytes]],
    req: Request | JsProxy,
    env: Any,
    ctx: Any = None,
    *,
    options: Options | None = None,
) -> js.Response:
    """Answer a request with a WSGI application; `env` is found in `environ["workers.env"]`."""

def entrypoint(app: Callable[..., Iterable[bytes]], *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = wsgi.entrypoint(app)`."""
