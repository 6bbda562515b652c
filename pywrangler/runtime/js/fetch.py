"""`fetch` (https://fetch.spec.whatwg.org/#fetch-method, as Workers have it; spec/workers-module.md, section 4).

A request made by an object leaves after the writes issued before it are durable (the output gate). Redirects are
followed here, 20 at most, as the standard says: a POST becomes a GET on 301, 302 and 303, credentials do not cross
origins, and a body that was a stream cannot be sent twice.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js import http_client
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.http_client import close_clients, fail_body
from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import REDIRECTS, Response
from pywrangler.runtime.js.stream_sources import as_exception
from pywrangler.runtime.js.timers import refuse_in_global_scope
from pywrangler.runtime.js.url_host import percent_decode
from pywrangler.runtime.js.url_parser import ParsedUrl, parse

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pywrangler.runtime.js.body import Content
    from pywrangler.runtime.js.headers import Pairs

__all__ = ["close_clients", "fetch"]

REDIRECT_LIMIT = 20

_BODY_HEADERS = frozenset(
    ("content-encoding", "content-language", "content-length", "content-location", "content-type")
)


def fetch(input: Any, init: Any = None, /, **keywords: Any) -> JsPromise:
    """Promise of the Response to a request; starts at the call. What is wrong with the arguments rejects it too."""
    refuse_in_global_scope()
    try:
        is_ready = isinstance(input, Request) and init is None and not keywords
        request: Request = input if is_ready else Request.new(input, init, **keywords)
        if request.fetcher is not None:
            return JsPromise.start(_awaited(request.fetcher.fetch(request)))
        signal = request.given_signal
        if signal is not None and signal.aborted:
            raise as_exception(signal.reason)
        url = parse(request.url)
        if url is not None and url.scheme == "data":
            return JsPromise.resolved(_data(request.url, url))
        if url is None or url.scheme not in {"http", "https"}:
            return JsPromise.rejected(type_error(f"Fetch API cannot load: {request.url}"))
        journey = _Journey(request, url)
    except JsException as problem:
        return JsPromise.rejected(problem)
    durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    context.output(partial(_settle, durable))
    work = journey.run(durable)
    return JsPromise.start(work if signal is None else _abortable(work, signal))


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class _Journey:
    """A request on its way through redirects."""

    def __init__(self, request: Request, url: ParsedUrl) -> None:
        self._method = request.method
        self._url = url
        self._pairs: Pairs = list(request.pairs())
        self._content: Content = request.claim()
        self._follow = request.redirect == "follow"
        if url.username or url.password:
            self._use_credentials()

    def _use_credentials(self) -> None:
        """User and password of the URL become a header and do not travel in the URL."""
        user = percent_decode(self._url.username.encode()) + b":" + percent_decode(self._url.password.encode())
        self._url.username = self._url.password = ""
        if not any(name == "authorization" for name, _ in self._pairs):
            self._pairs.append(("authorization", "Basic " + base64.b64encode(user).decode("ascii")))

    async def run(self, durable: asyncio.Future[None]) -> Response:
        await durable
        for followed in range(REDIRECT_LIMIT + 1):
            response = await http_client.exchange(self._method, self._url.without_fragment, self._pairs, self._content)
            location = response.headers.get("location")
            if not self._follow or response.status not in REDIRECTS or not location:
                response._redirected = followed > 0
                return response
            self._redirect(response, location)
            body = response._body
            if isinstance(body, ReadableStream):
                body.stop()
        raise type_error("Too many redirects.")

    def _redirect(self, response: Response, location: str) -> None:
        target = parse(location, self._url)
        if target is None or target.scheme not in {"http", "https"}:
            raise type_error(f"Invalid redirect location: {location}")
        if response.status == 303 or (response.status in {301, 302} and self._method == "POST"):
            if self._method != "HEAD":
                self._method = "GET"
            self._content = None
            self._pairs = [pair for pair in self._pairs if pair[0] not in _BODY_HEADERS]
        elif isinstance(self._content, ReadableStream):
            raise type_error(
                "A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a "
                "redirect requiring the body to be retransmitted. To avoid this error in the future, construct this "
                "request from a buffer-like body initializer."
            )
        if target.origin != self._url.origin:
            self._pairs = [pair for pair in self._pairs if pair[0] != "authorization"]
        if target.fragment is None:
            target.fragment = self._url.fragment
        self._url = target
        if target.username or target.password:
            self._use_credentials()


async def _abortable(work: Any, signal: Any) -> Response:
    """Await the response; an abort before it came, or while its body is read, raises the signal's reason."""
    task: asyncio.Task[Response] = asyncio.ensure_future(work)

    def on_abort(_event: Any = None) -> None:
        if not task.done():
            interrupt(task)
        elif not task.cancelled() and task.exception() is None:
            fail_body(task.result(), as_exception(signal.reason))

    signal.addEventListener("abort", on_abort)
    if signal.aborted:  # since the call, before this ran for the first time
        on_abort()
    try:
        return await task
    except asyncio.CancelledError:
        if signal.aborted:
            raise as_exception(signal.reason) from None
        interrupt(task)
        raise


def _data(text: str, url: ParsedUrl) -> Response:
    """Return the response that a data: URL describes (https://fetch.spec.whatwg.org/#data-urls)."""
    head, comma, payload = url.without_fragment.removeprefix("data:").partition(",")
    if not comma:
        raise type_error(f"Invalid data URL: {text}")
    body = percent_decode(payload.encode())
    content_type = head.strip()
    if content_type.lower().replace(" ", "").endswith(";base64"):
        content_type = content_type[: content_type.rindex(";")].strip()
        try:
            body = base64.b64decode(b"".join(body.split()) + b"=" * (-len(b"".join(body.split())) % 4), validate=True)
        except binascii.Error as problem:
            raise type_error(f"Invalid data URL: {text}") from problem
    if content_type.startswith(";"):
        content_type = "text/plain" + content_type
    return Response.from_wire(
        200, "OK", [("content-type", content_type or "text/plain;charset=US-ASCII")], body, url=text
    )
