"""What service bindings and Durable Object stubs have in common: `fetch`, and RPC methods by any other name.

A call is copied and started when it is made, through the output gate of the object that makes it; the promise is of
its result. Where the target lives is looked up at each call (spec/registry.md, section 3).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime.clone import freeze
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import REDIRECTS, Response
from pywrangler.runtime.js.url_parser import parse
from pywrangler.runtime.references import PROBES, RESERVED, RpcMethod, reserved, start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from pywrangler.runtime.ports import FaceName, Router, Target

REDIRECT_LIMIT = 20
CONNECT = "connect() to another Worker is not available locally."


class ChannelStub(JsProxy, js_name="Fetcher"):
    """An object whose calls go through a channel."""

    __slots__ = ("_router", "_target")

    _pywrangler_binding = True
    """Says that the object may be sent on calls, as its `_target`."""

    def __init__(self, router: Router, target: Target) -> None:
        self._router = router
        self._target = target

    # ---- RPC ----------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in PROBES:
            raise AttributeError(name)
        return RpcMethod.new(self, (name,))

    def _call(self, method: str, arguments: Sequence[Any], face: FaceName = "python") -> JsPromise:
        """Call a method; arguments and result wear `face`. Starts now."""
        return self._invoke((method,), arguments, face)

    def _invoke(self, path: Sequence[str], arguments: Sequence[Any], face: FaceName) -> JsPromise:
        name = path[0]
        if name in RESERVED:
            return JsPromise.rejected(type_error(CONNECT) if name == "connect" else reserved(name))
        try:
            frozen = freeze(list(arguments), script=face == "js")
        except JsException as problem:
            return JsPromise.rejected(problem)
        router, target = self._router, self._target
        future = start(lambda: router.channel(target.worker).call(target, path, frozen, face))  # type: ignore[arg-type]
        return self._promise(future)

    def _promise(self, future: Awaitable[Any]) -> JsPromise:
        promise: JsPromise = JsPromise.new(future)
        return promise

    # ---- fetch --------------------------------------------------------------------------------------------

    def fetch(self, input: Any, init: Any = None, /, **options: Any) -> JsPromise:
        """Send a request: a URL (absolute; the host is free) or Request, with options as for `fetch`."""
        try:
            is_ready = isinstance(input, Request) and init is None and not options
            request: Request = input if is_ready else Request.new(input, init, **options)
        except JsException as problem:
            return JsPromise.rejected(problem)
        return self._fetch(request)

    def _fetch(self, request: Request) -> JsPromise:
        """Send a raw Request. Starts now."""
        signal = request.given_signal
        if signal is not None and signal.aborted:
            return JsPromise.rejected(_reason(signal))
        if request.redirect != "follow" and signal is None:
            return self._promise(self._send(request))
        journey = Journey(self, request)
        if signal is not None:
            signal.addEventListener("abort", lambda *_event: journey.fail(_reason(signal)))
        return self._promise(journey.answer)

    def _send(self, request: Request) -> Awaitable[Response]:
        router, target = self._router, self._target
        return start(lambda: router.channel(target.worker).fetch(target, request))


class Sender(Protocol):
    """What a request can be sent to."""

    def _send(self, request: Request) -> Awaitable[Response]: ...


class Journey:
    """A request that follows redirects, each to the same target."""

    __slots__ = ("_has_body", "_hops", "_request", "_sent", "_stub", "answer")

    def __init__(self, stub: Sender, request: Request) -> None:
        self.answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._stub = stub
        self._request = request
        self._has_body = request._body is not None
        self._hops = 0
        self._go(request)

    def _go(self, request: Request) -> None:
        self._sent = asyncio.ensure_future(self._stub._send(request))
        self._sent.add_done_callback(self._arrived)

    def fail(self, problem: BaseException) -> None:
        """Give up."""
        if not self.answer.done():
            self.answer.set_exception(problem)
        self._sent.cancel()

    def _arrived(self, done: asyncio.Future[Response]) -> None:
        if done.cancelled():
            self.answer.cancel()
        elif (problem := done.exception()) is not None:
            self.fail(problem)
        elif not self.answer.done():
            response = done.result()
            try:
                following = self._next(response)
            except JsException as refusal:
                self.fail(refusal)
                return
            if following is None:
                response._redirected = self._hops > 0
                self.answer.set_result(response)
            else:
                self._go(following)

    def _next(self, response: Response) -> Request | None:
        """Return the request that a redirect asks for, or None if the response is what the caller gets."""
        request = self._request
        if response.status not in REDIRECTS or request.redirect != "follow":
            return None
        location = next((value for name, value in response.pairs() if name == "location"), None)
        if location is None:
            return None
        self._hops += 1
        if self._hops > REDIRECT_LIMIT:
            raise type_error("Too many redirects.")
        url = parse(location, parse(request.url))
        if url is None:
            raise type_error(f"Invalid URL: {location}")
        method = request.method
        if (response.status == 303 and method not in ("GET", "HEAD")) or (
            response.status in (301, 302) and method == "POST"
        ):
            method = "GET"
        elif self._has_body:
            raise type_error("A request with a body cannot follow a redirect that keeps the body.")
        self._request = Request.from_wire(method, url.href, list(request.pairs()), None, request._cf, redirect="follow")
        return self._request


def _reason(signal: Any) -> BaseException:
    from pywrangler.runtime.js.stream_sources import as_exception

    return as_exception(signal.reason)
