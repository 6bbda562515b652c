"""What class handlers receive."""

from builtins import bytes as _bytes
from http import HTTPMethod
from http.client import HTTPMessage
from typing import Any, TypedDict, Unpack

import js
from workers.blob import Blob
from workers.formdata import FormData
from workers.types import Body, Headers, RequestInitCfProperties

class _Options(TypedDict, total=False):
    method: HTTPMethod | str
    headers: Headers
    body: Body | None
    redirect: str
    cf: RequestInitCfProperties | None
    signal: js.AbortSignal | None
    integrity: str
    keepalive: bool
    cache: str

class Request:
    """A request. Each way to read the body works once; OSError afterwards."""

    def __init__(self, input: str | Request | js.Request, **options: Unpack[_Options]) -> None:
        """Make a request from a URL or another one; a raw JavaScript Request excludes options (ValueError)."""
    @property
    def js_object(self) -> js.Request:
        """The JavaScript Request."""
    @property
    def method(self) -> HTTPMethod:
        """The method; equal to its name as str."""
    @property
    def url(self) -> str:
        """The absolute URL."""
    @property
    def headers(self) -> HTTPMessage:
        """A copy of the headers: changing it changes nothing. `headers.get(name)` ignores case."""
    @property
    def body(self) -> Any:
        """The JavaScript ReadableStream; None or jsnull without a body."""
    @property
    def body_used(self) -> bool:
        """Whether the body was read."""
    @property
    def cf(self) -> Any:
        """What Cloudflare knows about the request, a JavaScript object; None if nothing."""
    @property
    def redirect(self) -> str:
        """`follow` or `manual`."""
    @property
    def cache(self) -> Any:
        """The cache mode."""
    @property
    def integrity(self) -> str:
        """The expected digest of the answer."""
    @property
    def keepalive(self) -> bool:
        """Whether the request may outlive its maker."""
    async def text(self) -> str:
        """Read the body as text."""
    async def json(self, **keywords: Any) -> Any:
        """Read the body as JSON, into dict, list and the like; `keywords` go to `json.loads`."""
    async def bytes(self) -> _bytes:
        """Read the body."""
    async def buffer(self) -> js.ArrayBuffer:
        """Read the body as a JavaScript ArrayBuffer."""
    async def form_data(self) -> FormData:
        """Read the body as a form; TypeError if its content type is not one of a form."""
    async def blob(self) -> Blob:
        """Read the body as a Blob."""
    def clone(self) -> Request:
        """Return a second request with the same content; OSError once the body was read."""
