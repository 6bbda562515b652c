"""What an ASGI application is told about a request."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import unquote, urlsplit

from workers._mode import MODE
from workers.request import Request

ASGI = {"spec_version": "2.0", "version": "3.0"}

DECODES_PATHS = (1, 6, 6)
"""The release from which on `path` is decoded, as the specification wants it, and `raw_path` is not."""


def request_to_scope(req: Any, env: Any, ws: bool = False, state: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the scope of type `http` or `websocket` for a Request, of Python or of JavaScript; `state` is copied.

    The scheme is that of the URL in both cases, as on the platform.
    """
    url = urlsplit(req.url)
    headers = req.headers.items() if isinstance(req, Request) else req.headers
    path = url.path or "/"
    scope = {
        "asgi": ASGI,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "http_version": "1.1",
        "method": req.method,
        "scheme": url.scheme,
        "path": path,
        "query_string": url.query.encode(),
        "type": "websocket" if ws else "http",
        "env": env,
    }
    if MODE.sdk >= DECODES_PATHS:
        scope |= {"path": unquote(path), "raw_path": path.encode()}
    if state is not None:
        scope["state"] = dict(state)
    return scope


@functools.cache
def fastapi_dependency() -> Any:
    """Return the FastAPI dependency that gives an endpoint `scope["env"]`: `def endpoint(env=asgi.env)`."""
    from fastapi import Depends
    from starlette.requests import HTTPConnection

    async def env(connection: HTTPConnection) -> Any:
        return connection.scope["env"]

    # FastAPI reads the annotation, which the names of this function do not resolve.
    env.__annotations__ = {"connection": HTTPConnection}
    return Depends(env)
