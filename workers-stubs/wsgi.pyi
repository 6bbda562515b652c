"""WSGI applications in Workers: Flask, Django and the like."""

import logging
from collections.abc import Callable, Iterable
from typing import IO, Any

import js
from pyodide.ffi import JsProxy
from workers.entrypoints import WorkerEntrypoint
from workers.gateway import BaseOptions
from workers.request import Request

NULL_BODY_STATUSES: frozenset[int]
logger: logging.Logger

class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""

DEFAULT_OPTIONS: Options

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

def build_environ(req: Request | JsProxy, env: Any, body: bytes | IO[bytes]) -> dict[str, Any]:
    """Return the environ for a request with this body."""

def process_request(
    app: Callable[..., Iterable[bytes]],
    req: Request | JsProxy,
    env: Any,
    body: bytes | IO[bytes],
    options: Options = ...,
) -> js.Response:
    """Return the response of an application to a request with this body."""
