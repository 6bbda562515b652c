"""`Request`: what class handlers receive (contract: spec/workers-module.md, section 3)."""

from __future__ import annotations

import json
from http import HTTPMethod
from typing import TYPE_CHECKING, Any, TypedDict

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.request import Request as JsRequest
from workers._headers import to_js_headers, to_message
from workers._javascript import python_error
from workers._mode import MODE
from workers.blob import Blob
from workers.formdata import FormData

if TYPE_CHECKING:
    from http.client import HTTPMessage


class RequestInitCfProperties(TypedDict, total=False):
    """Cloudflare's own options of a request (`cf`); without effect locally."""

    apps: bool
    cacheEverything: bool
    cacheKey: str
    cacheTags: list[str]
    cacheTtl: int
    cacheTtlByStatus: dict[str, int]
    image: Any
    mirage: bool
    polish: str
    resolveOverride: str
    scrapeShield: bool
    webp: bool


class Request:
    """A JavaScript Request with Python's names."""

    __slots__ = ("__dict__", "__weakref__", "_js_object")

    _js_object: Any

    def __init__(self, input: Any, **options: Any) -> None:
        """Make a request from a URL or another Request; a raw JavaScript Request excludes options (ValueError)."""
        if isinstance(input, JsRequest):
            if options:
                raise ValueError("options cannot be combined with a JavaScript Request")
            self._js_object = input
            return
        if isinstance(input, Request):
            input = input._js_object
        if "headers" in options:
            options["headers"] = to_js_headers(options["headers"])
        self._js_object = JsRequest.new(input, **js_options(options))

    @classmethod
    def of(cls, js_object: Any) -> Request:
        """Wrap a JavaScript Request without looking at it."""
        request = cls.__new__(cls)
        request._js_object = js_object
        return request

    @property
    def js_object(self) -> Any:
        """The JavaScript Request."""
        return self._js_object

    @property
    def method(self) -> HTTPMethod:
        """The method; equal to its name as str."""
        return HTTPMethod[self._js_object.method]

    @property
    def url(self) -> str:
        """The absolute URL."""
        url: str = self._js_object.url
        return url

    @property
    def headers(self) -> HTTPMessage:
        """A copy of the headers: changing it changes nothing."""
        return to_message(self._js_object.headers)

    @property
    def body(self) -> Any:
        """The JavaScript ReadableStream; None or jsnull without a body."""
        return self._js_object.body

    @property
    def body_used(self) -> bool:
        """Whether the body was read."""
        return bool(self._js_object.bodyUsed)

    @property
    def cf(self) -> Any:
        """What Cloudflare knows about the request, a JavaScript object; None if nothing."""
        if not MODE.external_sdk:
            raise AttributeError("'Request' object has no attribute 'cf'")
        cf = getattr(self._js_object, "cf", None)
        return None if cf is jsnull else cf

    @property
    def redirect(self) -> str:
        """`follow` or `manual`."""
        redirect: str = self._js_object.redirect
        return redirect

    @property
    def cache(self) -> Any:
        """The cache mode."""
        return self._js_object.cache

    @property
    def integrity(self) -> Any:
        """The expected digest of the answer."""
        return self._js_object.integrity

    @property
    def keepalive(self) -> Any:
        """Whether the request may outlive its maker."""
        return self._js_object.keepalive

    # The platform has no such properties, so reading one is an AttributeError there as well.

    @property
    def credentials(self) -> Any:
        """Not on this platform."""
        return self._js_object.credentials

    @property
    def destination(self) -> Any:
        """Not on this platform."""
        return self._js_object.destination

    @property
    def mode(self) -> Any:
        """Not on this platform."""
        return self._js_object.mode

    @property
    def referrer(self) -> Any:
        """Not on this platform."""
        return self._js_object.referrer

    @property
    def referrer_policy(self) -> Any:
        """Not on this platform."""
        return self._js_object.referrerPolicy

    @property
    def is_history_navigation(self) -> Any:
        """Not on this platform."""
        return self._js_object.isHistoryNavigation

    async def text(self) -> str:
        """Read the body as text."""
        self._require_unused()
        text: str = await self._js_object.text()
        return text

    async def json(self, **keywords: Any) -> Any:
        """Read the body as JSON; `keywords` go to `json.loads`."""
        return json.loads(await self.text(), **keywords)

    async def bytes(self) -> bytes:
        """Read the body."""
        buffer = await self.buffer()
        data: bytes = buffer.to_bytes()
        return data

    async def buffer(self) -> Any:
        """Read the body as a JavaScript ArrayBuffer."""
        self._require_unused()
        return await self._js_object.arrayBuffer()

    async def form_data(self) -> FormData:
        """Read the body as a form; TypeError if its content type is not one of a form."""
        self._require_unused()
        try:
            return FormData(await self._js_object.formData())
        except JsException as error:
            raise python_error(error) from None

    async def blob(self) -> Blob:
        """Read the body as a Blob."""
        self._require_unused()
        return Blob._of(await self._js_object.blob())

    def clone(self) -> Request:
        """Return a second request with the same content; OSError once the body was read."""
        self._require_unused()
        return Request.of(self._js_object.clone())

    def _require_unused(self) -> None:
        if self._js_object.bodyUsed:
            raise OSError("Body already used")

    def __repr__(self) -> str:
        return f"Request(method={str(self._js_object.method)!r}, url={self._js_object.url!r})"


def js_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a request as the JavaScript constructor takes them."""
    body = options.get("body")
    if body is not None and hasattr(body, "js_object"):
        options["body"] = body.js_object
    if (method := options.get("method")) is not None:
        options["method"] = str(method)
    if isinstance(options.get("cf"), dict):
        from workers.rpc import python_to_rpc

        options["cf"] = python_to_rpc(options["cf"])
    return options
