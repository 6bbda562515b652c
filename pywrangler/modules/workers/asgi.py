"""ASGI applications in Workers: FastAPI, Starlette, Django and the like (contract: spec/workers-module.md, section 12).

Each request is a whole server life: lifespan startup, the request, lifespan shutdown. The shutdown is waited for before
the response leaves, and its failure is that of the request; an application that streams goes on as part of the event
(`waitUntil`), and is shut down when it has ended.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.response import NULL_BODY as NULL_BODY_STATUSES
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.js.typed_arrays import Uint8Array
from workers import _asgi_lifespan, _asgi_request
from workers._asgi_request import DEFAULT_OPTIONS, WAITS_FOR_THE_APPLICATION, Options
from workers._asgi_scope import ASGI, request_to_scope
from workers._asgi_websocket import process_websocket
from workers._background import background_tasks, close_stream_quietly, logger, run_in_background
from workers._mode import MODE
from workers._outgoing import outlive
from workers._releases import withhold
from workers._threads import run_threads_inline
from workers.entrypoints import WorkerEntrypoint

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterator

    from workers._asgi_request import Application

__all__ = [
    "ASGI",
    "DEFAULT_OPTIONS",
    "NULL_BODY_STATUSES",
    "Options",
    "acquire_js_buffer",
    "background_tasks",
    "close_stream_quietly",
    "entrypoint",
    "fetch",
    "logger",
    "process_request",
    "process_websocket",
    "request_to_scope",
    "run_in_background",
    "start_application",
    "websocket",
]

HAS_STATE = (1, 6, 14)
"""The release from which on the state of a lifespan reaches its requests."""


async def fetch(app: Application, req: Any, env: Any, ctx: Any = None, *, options: Options | None = None) -> JsResponse:
    """Answer a request with an ASGI application; `env` is found in `scope["env"]`.

    Raises what the application raised before its response or in its shutdown, and RuntimeError if it gave no response
    or if its startup failed.
    """
    run_threads_inline()
    logger.debug("ASGI request: %s %s", req.method, req.url)
    shutdown, state = await _asgi_lifespan.start_application(app)
    try:
        response, task = await _asgi_request.answer(app, req, env, state, options or _NO_OPTIONS)
    except Exception:
        logger.exception("ASGI request failed")
        await shutdown()
        raise
    if task.done():
        await shutdown()
    elif MODE.sdk < WAITS_FOR_THE_APPLICATION:
        outlive(task, ctx)
        await shutdown()
    else:
        outlive(run_in_background(_finish(task, shutdown)), ctx)
    return response


async def _finish(task: asyncio.Future[None], shutdown: Callable[[], Awaitable[None]]) -> None:
    try:
        await task
    finally:
        await shutdown()


async def start_application(app: Application) -> Any:
    """Start an application; returns how to shut it down, and its state in releases that know one."""
    shutdown, state = await _asgi_lifespan.start_application(app)
    return (shutdown, state) if MODE.sdk >= HAS_STATE else shutdown


async def process_request(
    app: Application,
    req: Any,
    env: Any,
    ctx: Any,
    state: dict[str, Any] | None = None,
    options: Options = DEFAULT_OPTIONS,
) -> Any:
    """Return the response of a started application, and the task that it runs in.

    Only the response in releases before 1.8.0, where the task is given to `waitUntil`.
    """
    run_threads_inline()
    response, task = await _asgi_request.answer(app, req, env, state, options)
    if MODE.sdk >= WAITS_FOR_THE_APPLICATION:
        return response, task
    outlive(task, ctx)
    return response


async def websocket(app: Application, req: Any, env: Any = None) -> JsResponse:
    """Connect a WebSocket with an ASGI application (contract: spec/websocket.md, section 6)."""
    run_threads_inline()
    return await process_websocket(app, req, env)


def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = asgi.entrypoint(app)`."""

    class Default(WorkerEntrypoint):
        async def fetch(self, request: Any) -> JsResponse:
            upgrade = request.headers.get("upgrade") or ""
            if upgrade.lower() == "websocket":
                return await websocket(app, request, self.env)
            return await fetch(app, request, self.env, self.ctx, options=options)

    return Default


@contextmanager
def acquire_js_buffer(pybuffer: Any) -> Iterator[Uint8Array]:
    """Give bytes as JavaScript has them."""
    yield Uint8Array.from_bytes(bytes(pybuffer))


def __getattr__(name: str) -> Any:
    if name == "env":
        from workers._asgi_scope import fastapi_dependency

        return fastapi_dependency()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


_NO_OPTIONS = DEFAULT_OPTIONS
withhold(sys.modules[__name__], ("DEFAULT_OPTIONS", "Options", "entrypoint"))
