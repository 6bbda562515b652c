"""WSGI applications in Workers: Flask, Django and the like (spec/workers-module.md, section 13; PEP 3333).

The application runs in a greenlet: where it waits for the request's body or for the reader of its response, the event
loop goes on with other work.
"""

from __future__ import annotations

import asyncio
import io
import sys
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.response import NULL_BODY as NULL_BODY_STATUSES
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.sync_bridge import can_run_sync, run_in_greenlet, run_sync
from pywrangler.runtime.user_code import runs_user_code
from workers._gateway import BaseOptions
from workers._outgoing import BodySource, outlive
from workers._releases import withhold
from workers._reports import reporting
from workers._threads import run_threads_inline
from workers.entrypoints import WorkerEntrypoint
from workers.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    Application = Callable[..., Iterable[bytes]]
    ErrorInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

__all__ = [
    "DEFAULT_OPTIONS",
    "NULL_BODY_STATUSES",
    "Options",
    "build_environ",
    "entrypoint",
    "fetch",
    "logger",
    "process_request",
]

NO_START = "The WSGI application did not call start_response()"

logger = reporting("wsgi")


class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""


DEFAULT_OPTIONS = Options()


async def fetch(app: Application, req: Any, env: Any, ctx: Any = None, *, options: Options | None = None) -> JsResponse:
    """Answer a request with a WSGI application; `env` is found in `environ["workers.env"]`.

    Raises what the application raised before its response, and RuntimeError if it never called `start_response`.
    """
    logger.debug("WSGI request: %s %s", req.method, req.url)
    body = getattr(req, "js_object", req).claim()
    try:
        return await _answer(app, build_environ(req, env, _input(body)), options or _NO_OPTIONS, ctx)
    except Exception:
        logger.exception("WSGI request failed")
        raise


def process_request(
    app: Application, req: Any, env: Any, body: bytes | IO[bytes], options: Options = DEFAULT_OPTIONS
) -> JsResponse:
    """Return the response of an application to a request with this body; raises as `fetch` does."""
    response: JsResponse = run_sync(_answer(app, build_environ(req, env, body), options, None))
    return response


def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = wsgi.entrypoint(app)`."""

    class Default(WorkerEntrypoint):
        async def fetch(self, request: Any) -> JsResponse:
            return await fetch(app, request, self.env, self.ctx, options=options)

    return Default


async def _answer(app: Application, environ: dict[str, Any], options: Options, ctx: Any) -> JsResponse:
    run_threads_inline()
    exchange = Exchange(options)
    task = asyncio.ensure_future(_serve(app, environ, exchange))
    outlive(task, ctx)
    try:
        return await exchange.response
    except asyncio.CancelledError:
        interrupt(task)
        raise


@runs_user_code
async def _serve(app: Application, environ: dict[str, Any], exchange: Exchange) -> None:
    try:
        if can_run_sync():
            exchange.run(app, environ)
        else:
            await run_in_greenlet(lambda: exchange.run(app, environ))
    except Exception as error:
        exchange.failed(error)
    finally:
        exchange.ended()


def build_environ(req: Any, env: Any, body: bytes | IO[bytes]) -> dict[str, Any]:
    """Return the environ for a Request, of Python or of JavaScript; `body` is its content, or a file to read it from.

    ValueError for a relative URL.
    """
    url = urlsplit(req.url)
    if not url.scheme:
        raise ValueError(f"Request URL is not absolute: {req.url!r}")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": str(getattr(req.method, "value", req.method)),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path or "/").encode().decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body) if isinstance(body, (bytes, bytearray)) else body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "workers.env": env,
    }
    for name, value in req.headers.items() if isinstance(req, Request) else req.headers:
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
            value = f"{environ[key]},{value}" if key in environ else value
        environ[key] = value
    if isinstance(body, (bytes, bytearray)) and body:
        environ.setdefault("CONTENT_LENGTH", str(len(body)))
    return environ


def _input(body: bytes | ReadableStream | None) -> IO[bytes]:
    return io.BufferedReader(BodyReader(body)) if isinstance(body, ReadableStream) else io.BytesIO(body or b"")


class BodyReader(io.RawIOBase):
    """A request's stream as a blocking file."""

    def __init__(self, stream: ReadableStream) -> None:
        self._chunks = chunks(stream)
        self._rest = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` with what comes next; 0 at the end."""
        while not self._rest:
            chunk = run_sync(anext(self._chunks, None))
            if chunk is None:
                return 0
            self._rest = chunk
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


class Exchange:
    """One request and its response."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.response: asyncio.Future[JsResponse] = asyncio.get_running_loop().create_future()
        self._head: tuple[int, str, list[tuple[str, str]]] | None = None
        self._written: list[bytes] = []
        self._outbound: BodySource | None = None

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: ErrorInfo | None = None
    ) -> Callable[[bytes], None]:
        """Take the head of the response; returns PEP 3333's `write`."""
        if self._head is not None:
            if exc_info is None or exc_info[1] is None:
                raise AssertionError("start_response() called more than once")
            raise exc_info[1].with_traceback(exc_info[2])
        code, _, reason = status.partition(" ")
        self._head = (int(code), reason, [(name.lower(), value) for name, value in headers])
        return self.write

    def write(self, data: bytes) -> None:
        """Put data in front of what the application returns."""
        self._written.append(data)

    def run(self, app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        """Run the application from call to `close`, in a greenlet."""
        parts = app(environ, self.start_response)
        try:
            self._send(parts)
        finally:
            if (close := getattr(parts, "close", None)) is not None:
                close()

    def _send(self, parts: Iterable[bytes]) -> None:
        if isinstance(parts, (list, tuple)):
            self._respond(b"".join([*self._written, *parts]))
            return
        remaining = iter(parts)
        # The head counts only now: a generator calls start_response when its first part is asked for.
        first = next((part for part in remaining if part), b"")
        first = b"".join([*self._written, first])
        if len(first) >= self._announced_length():
            self._respond(first + b"".join(remaining))
            return
        outbound = self._outbound = BodySource()
        self._respond(ReadableStream.from_source(outbound))
        run_sync(outbound.put(first))
        for part in remaining:
            if not outbound.is_open:
                return
            run_sync(outbound.put(part))

    def _announced_length(self) -> float:
        """Return Content-Length, infinity without one: then only the end of the parts tells."""
        if self._head is None:
            raise RuntimeError(NO_START)
        for name, value in self._head[2]:
            if name == "content-length" and value.isdecimal():
                return int(value)
        return float("inf")

    def _respond(self, body: bytes | ReadableStream) -> None:
        if self._head is None:
            raise RuntimeError(NO_START)
        status, reason, headers = self._head
        if not self.response.done():
            content = None if status in NULL_BODY_STATUSES else body
            response = JsResponse.from_wire(status, reason, headers, content, immutable=False)
            response.encodeBody = self._options.encode_body
            self.response.set_result(response)

    def failed(self, error: Exception) -> None:
        """The application raised: an error before the response is the response's."""
        if not self.response.done():
            self.response.set_exception(error)
        else:
            logger.error("Exception while streaming WSGI response body", exc_info=error)

    def ended(self) -> None:
        """Nothing more comes from the application."""
        if self._outbound is not None:
            self._outbound.finish()
        if not self.response.done():
            self.response.cancel()


_NO_OPTIONS = DEFAULT_OPTIONS
withhold(sys.modules[__name__], ("DEFAULT_OPTIONS", "Options", "entrypoint"))
