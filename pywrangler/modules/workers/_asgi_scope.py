"""What an ASGI application is told about a request."""

from __future__ import annotations

import functools
from typing import Any
from urllib.parse import unquote, urlsplit


def http_scope(request: Any, env: Any, kind: str, state: dict[str, Any]) -> dict[str, Any]:
    """Return the scope of type `http` or `websocket` for a JavaScript Request; `state` is copied."""
    parts = urlsplit(request.url)
    scheme = parts.scheme
    if kind == "websocket":
        scheme = {"http": "ws", "https": "wss"}.get(scheme, scheme)
    return {
        "type": kind,
        "asgi": {"spec_version": "2.0", "version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(name.encode("latin-1", "replace"), value.encode()) for name, value in request.pairs()],
        "env": env,
        "state": state.copy(),
    }


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
