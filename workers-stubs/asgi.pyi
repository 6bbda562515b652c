"""ASGI applications in Workers: FastAPI, Starlette, Django and the like."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import js
from pyodide.ffi import JsProxy
from workers.entrypoints import WorkerEntrypoint
from workers.gateway import BaseOptions
from workers.request import Request

# Frameworks type the three parts of an application each in their own way.
Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

env: Any
"""A FastAPI dependency that gives an endpoint the environment: `def endpoint(env=asgi.env)`."""

class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""

async def fetch(
    app: Application, req: Request | JsProxy, env: Any, ctx: Any = None, *, options: Options | None = None
) -> js.Response:
    """Answer a request with an ASGI application; `env` is found in `scope["env"]`."""

async def websocket(app: Application, req: Request | JsProxy, env: Any = None, ctx: Any = None) -> js.Response:
    """Connect a WebSocket with an ASGI application."""

def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = asgi.entrypoint(app)`."""
