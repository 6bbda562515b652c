"""One request to an ASGI application, and its response.

The request's body is read before the application starts. The response leaves with its first body message: whole if
that is the last one, else as a stream.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.response import NULL_BODY
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.user_code import runs_user_code
from workers._asgi_scope import request_to_scope
from workers._background import logger
from workers._gateway import BaseOptions
from workers._mode import MODE
from workers._outgoing import BodySource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping, Sequence

    Message = MutableMapping[str, Any]
    Application = Callable[[Any, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

WAITS_FOR_THE_APPLICATION = (1, 8, 0)
"""The release from which on an application that does not stream has ended when its response leaves."""

NO_RESPONSE = "The application did not generate a response"


class Options(BaseOptions):
    """What `fetch` and `entrypoint` take as `options`."""


DEFAULT_OPTIONS = Options()


async def answer(
    app: Application, req: Any, env: Any, state: dict[str, Any] | None, options: Options
) -> tuple[JsResponse, asyncio.Task[None]]:
    """Return the response of an application, and the task that it runs in.

    Raises what the application raised before its response, and RuntimeError if it gave none. Unless it streams, the
    application has ended by then: what it does after its response delays the response, as on the platform.
    """
    exchange = Exchange(await _chunks(getattr(req, "js_object", req)), options)
    task = asyncio.get_running_loop().create_task(_serve(app, request_to_scope(req, env, state=state), exchange))
    try:
        await asyncio.wait((exchange.response,))
        if not exchange.is_streaming and (exchange.failed or MODE.sdk >= WAITS_FOR_THE_APPLICATION):
            await task
        return exchange.response.result(), task
    except asyncio.CancelledError:
        interrupt(task)
        raise


async def _chunks(request: Any) -> list[bytes]:
    """Read the body of a raw request: in the pieces in which a stream gives it."""
    content = request.claim()
    if isinstance(content, ReadableStream):
        return [chunk async for chunk in chunks(content)]
    return [content] if content else []


@runs_user_code
async def _serve(app: Application, scope: dict[str, Any], exchange: Exchange) -> None:
    try:
        await app(scope, exchange.receive, exchange.send)
        exchange.app_ended(None)
    except Exception as error:
        exchange.app_ended(error)
    finally:
        exchange.abandoned()


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
            if more:
                if self._start["status"] in NULL_BODY:
                    raise type_error("Response with null body status (101, 204, 205, or 304) cannot have a body.")
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
            (bytes(name).decode().lower(), bytes(value).decode()) for name, value in self._start.get("headers", ())
        ]
        if not self.response.done():
            content = None if status in NULL_BODY else body
            response = JsResponse.from_wire(status, "", pairs, content, immutable=False)
            response.encodeBody = self._options.encode_body
            self.response.set_result(response)

    @property
    def failed(self) -> bool:
        """Whether there is an error in the place of a response."""
        return not self.response.cancelled() and self.response.exception() is not None

    @property
    def is_streaming(self) -> bool:
        """Whether the body is being read while the application makes it."""
        return self._outbound is not None

    def app_ended(self, error: Exception | None) -> None:
        """The application returned or raised: an error before the response is the response's."""
        if not self.response.done():
            self.response.set_exception(RuntimeError(NO_RESPONSE) if error is None else error)
        elif error is not None and (self._outbound is None or self._outbound.is_open):
            logger.error("Exception in ASGI application after response started", exc_info=error)

    def abandoned(self) -> None:
        """Nothing more comes from the application."""
        self._ended.set()
        if self._outbound is not None:
            self._outbound.finish()
        if not self.response.done():
            self.response.cancel()
