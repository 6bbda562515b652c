"""What an ASGI application is told about a request, and the ground it runs on."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_threads_replaced = False


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


def run_threads_inline() -> None:
    """Have anyio call functions on the loop where it would use threads: Workers have none.

    So a plain `def` endpoint sees the same context, and the same single thread, as in production.
    """
    global _threads_replaced
    if _threads_replaced or "anyio" not in sys.modules:
        return
    from anyio import to_thread

    async def run_sync(function: Callable[..., Any], *args: Any, **_options: Any) -> Any:
        return function(*args)

    to_thread.run_sync = run_sync  # type: ignore[assignment]
    _threads_replaced = True


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
