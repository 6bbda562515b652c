"""ASGI applications in Workers: FastAPI, Starlette, Django and the like."""

import logging
from asyncio import Future
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import js
from pyodide.ffi import JsProxy
from workers.entrypoints import WorkerEntrypoint
from workers.gateway import BaseOptions
from workers.request import Request

# Frameworks type the three parts of an application each in their own way.
Application: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]

ASGI: dict[str, str]
NULL_BODY_STATUSES: frozenset[int]
background_tasks: set[Future[Any]]
env: Any
"""A FastAPI dependency that gives an endpoint the environment: `def endpoint(env=asgi.env)`."""
logger: logging.Logger

class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""

DEFAULT_OPTIONS: Options

async def fetch(
    app: Application, req: Request | JsProxy, env: Any, ctx: Any = None, *, options: Options | None = None
) -> js.Response:
    """Answer a request with an ASGI application; `env` is found in `scope["env"]`."""

async def websocket(app: Application, req: Request | JsProxy, env: Any = None) -> js.Response:
    """Connect a WebSocket with an ASGI application."""

def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = asgi.entrypoint(app)`."""

def request_to_scope(
    req: Request | JsProxy, env: Any, ws: bool = False, state: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the scope of type `http` or `websocket` for a request."""

async def start_application(app: Application) -> tuple[Callable[[], Awaitable[None]], dict[str, Any]]:
    """Start an application; returns how to shut it down, and its state."""

async def process_request(
    app: Application,
    req: Request | JsProxy,
    env: Any,
    ctx: Any,
    state: dict[str, Any] | None = None,
    options: Options = ...,
) -> tuple[js.Response, Future[None]]:
    """Return the response of a started application, and the task that it runs in."""

async def process_websocket(app: Application, req: Request | JsProxy, env: Any = None) -> js.Response:
    """Connect a WebSocket with a started application."""

def run_in_background(coro: Awaitable[Any]) -> Future[Any]:
    """Let work go on by itself; its failure is logged."""

async def close_stream_quietly(writer: Any) -> None:
    """Close a writer of a stream; what goes wrong is no error."""

def acquire_js_buffer(pybuffer: Any) -> AbstractContextManager[js.Uint8Array]:
    """Give bytes as JavaScript has them."""
