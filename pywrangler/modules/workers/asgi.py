"""ASGI applications in Workers: FastAPI, Starlette, Django and the like (contract: spec/workers-module.md, section 12).

Each request is a whole server life: lifespan startup, the request, lifespan shutdown. The request's body is read before
the application starts. The response leaves with its first body message: whole if that is the last one, else as a
stream. The application goes on after that, as part of the event (`waitUntil`), until it returns.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.response import NULL_BODY
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.user_code import runs_user_code
from workers._asgi_scope import http_scope
from workers._outgoing import BodySource, outlive
from workers._reports import reporting
from workers._threads import run_threads_inline
from workers.entrypoints import WorkerEntrypoint
from workers.gateway import BaseOptions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    Message = MutableMapping[str, Any]
    Application = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

NO_RESPONSE = "The application did not generate a response"

logger = reporting("asgi")


class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""


async def fetch(app: Application, req: Any, env: Any, ctx: Any = None, *, options: Options | None = None) -> JsResponse:
    """Answer a request with an ASGI application; `env` is found in `scope["env"]`.

    Raises what the application raised before its response, and RuntimeError if it gave none or if its startup failed.
    """
    run_threads_inline()
    request = getattr(req, "js_object", req)
    body = await _chunks(request)
    lifespan = Lifespan(app, env)
    await lifespan.startup()
    scope = http_scope(request, env, "http", lifespan.state)
    exchange = Exchange(body, options or Options())
    task = asyncio.ensure_future(_serve(app, scope, exchange, lifespan))
    outlive(task, ctx)
    try:
        return await exchange.response
    except asyncio.CancelledError:
        interrupt(task)
        raise


async def websocket(app: Application, req: Any, env: Any = None, ctx: Any = None) -> JsResponse:
    """Connect a WebSocket with an ASGI application (contract: spec/websocket.md, section 6)."""
    from workers._asgi_websocket import accept

    run_threads_inline()
    request = getattr(req, "js_object", req)
    scope = http_scope(request, {} if env is None else env, "websocket", {})
    response, conversation = accept(app, scope)
    outlive(asyncio.ensure_future(conversation), ctx)
    return response


def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """Return the default entrypoint of a Worker that is one application: `Default = asgi.entrypoint(app)`."""

    class Default(WorkerEntrypoint):
        async def fetch(self, request: Any) -> JsResponse:
            upgrade = request.headers.get("upgrade") or ""
            if upgrade.lower() == "websocket":
                return await websocket(app, request, self.env)
            return await fetch(app, request, self.env, self.ctx, options=options)

    return Default


async def _chunks(request: Any) -> list[bytes]:
    """Read the body of a raw request: in the pieces in which a stream gives it."""
    content = request.claim()
    if isinstance(content, ReadableStream):
        return [chunk async for chunk in chunks(content)]
    return [content] if content else []


@runs_user_code
async def _serve(app: Application, scope: dict[str, Any], exchange: Exchange, lifespan: Lifespan) -> None:
    try:
        await app(scope, exchange.receive, exchange.send)
        exchange.app_ended(None)
    except Exception as error:
        exchange.app_ended(error)
    finally:
        exchange.abandoned()
        await lifespan.shutdown()


class Exchange:
    """One request and its response, between the application and the platform."""

    def __init__(self, body: Sequence[bytes], options: Options) -> None:
        self._options = options
        self.response: asyncio.Future[JsResponse] = asyncio.get_running_loop().create_future()
        self._inbound: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
        for chunk in reversed(body):
            self._inbound.append({"type": "http.request", "body": chunk, "more_body": True})
        self._start: Message | None = None
        self._outbound: BodySource | None = None
        self._ended = asyncio.Event()

    async def receive(self) -> Message:
        """Give the application the next part of the request, then, once the response is complete, the disconnect."""
        if self._inbound:
            return self._inbound.pop()
        await self._ended.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the response from the application."""
        kind = message["type"]
        if kind == "http.response.start":
            if self._start is not None:
                raise RuntimeError("The application started its response twice")
            self._start = message
        elif kind == "http.response.body":
            await self._send_body(message.get("body", b""), more=message.get("more_body", False))
        else:
            logger.warning("ASGI message %r has no meaning here and is ignored", kind)

    async def _send_body(self, data: Any, *, more: bool) -> None:
        if self._start is None:
            raise RuntimeError("The application sent a body before the start of its response")
        data = data if type(data) is bytes else bytes(data)
        if self._outbound is not None:
            await self._outbound.put(data)
            await self._notice_disconnect()
        elif not self._ended.is_set():
            if more and self._start["status"] not in NULL_BODY:
                self._outbound = BodySource()
                self._respond(ReadableStream.from_source(self._outbound))
                await self._outbound.put(data)
            else:
                self._respond(data)
        if not more:
            self._ended.set()
            if self._outbound is not None:
                self._outbound.finish()

    async def _notice_disconnect(self) -> None:
        """Tell an application by `receive` that its client is gone; what it still sends goes nowhere."""
        assert self._outbound is not None
        if not self._outbound.is_open:
            self._ended.set()
            await asyncio.sleep(0)  # an endless stream shall hear of it, and not keep the loop from others

    def _respond(self, body: bytes | ReadableStream) -> None:
        assert self._start is not None
        status = int(self._start["status"])
        pairs = [
            (bytes(name).decode("latin-1").lower(), _text(value)) for name, value in self._start.get("headers", ())
        ]
        if not self.response.done():
            content = None if status in NULL_BODY else body
            response = JsResponse.from_wire(status, "", pairs, content, immutable=False)
            response.encodeBody = self._options.encode_body
            self.response.set_result(response)

    def app_ended(self, error: Exception | None) -> None:
        """The application returned or raised: an error before the response is the response's."""
        if not self.response.done():
            self.response.set_exception(RuntimeError(NO_RESPONSE) if error is None else error)
        elif error is not None and (self._outbound is None or self._outbound.is_open):
            logger.error("Exception in ASGI application after its response began", exc_info=error)

    def abandoned(self) -> None:
        """Nothing more comes from the application."""
        self._ended.set()
        if self._outbound is not None:
            self._outbound.finish()
        if not self.response.done():
            self.response.cancel()


class Lifespan:
    """The lifespan of an application, once per request; one that knows no lifespan is left alone."""

    def __init__(self, app: Application, env: Any) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._env = env
        self._inbound: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Start the application; RuntimeError if it says that it cannot start."""
        scope = {
            "type": "lifespan",
            "asgi": {"spec_version": "2.0", "version": "3.0"},
            "state": self.state,
            "env": self._env,
        }
        self._task = asyncio.create_task(self._run(scope))
        await self._inbound.put({"type": "lifespan.startup"})
        answer = await self._answers.get()
        if answer is None:
            self._task = None
        elif answer["type"] == "lifespan.startup.failed":
            raise RuntimeError(answer.get("message") or "ASGI lifespan startup failed")

    @runs_user_code
    async def _run(self, scope: dict[str, Any]) -> None:
        try:
            await self._app(scope, self._inbound.get, self._answers.put)
        except Exception:
            # The specification: an exception says that the application has no lifespan.
            logger.debug("ASGI application has no lifespan", exc_info=True)
        finally:
            self._answers.put_nowait(None)

    async def shutdown(self) -> None:
        """Stop the application and wait until it has."""
        if self._task is None:
            return
        await self._inbound.put({"type": "lifespan.shutdown"})
        answer = await self._answers.get()
        if answer is not None and answer["type"] == "lifespan.shutdown.failed":
            logger.error("ASGI lifespan shutdown failed: %s", answer.get("message", ""))
        await self._task


def _text(value: Any) -> str:
    data = bytes(value)
    return data.decode() if data.isascii() else data.decode("utf-8", "replace")


def __getattr__(name: str) -> Any:
    if name == "env":
        from workers._asgi_scope import fastapi_dependency

        return fastapi_dependency()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
