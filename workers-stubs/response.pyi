"""What handlers return and `fetch` gives."""

from collections.abc import Coroutine
from http import HTTPStatus
from http.client import HTTPMessage
from typing import Any, Unpack, overload

import js
from pyodide import http as _http
from pyodide.ffi import JsProxy
from workers.blob import Blob
from workers.formdata import FormData
from workers.request import Request
from workers.types import Body, FetchKwargs, Headers

class FetchResponse(_http.FetchResponse):
    """A JavaScript Response with Python's names."""

    @property
    def js_object(self) -> js.Response:
        """The JavaScript Response."""
    @property
    def body(self) -> js.ReadableStream | None:
        """The JavaScript ReadableStream, or None without a body."""
    @property
    def headers(self) -> HTTPMessage:
        """A copy of the headers: changing it changes nothing. `headers.get(name)` ignores case."""
    async def blob(self) -> Blob:
        """Read the body as a Blob."""
    async def form_data(self) -> FormData:
        """Read the body as a form; TypeError if its content type is not one of a form."""
    async def formData(self) -> FormData:
        """Read the body as a form."""
    def replace_body(self, body: Body | None) -> Response:
        """Return a response with another body, same status and headers."""
    @staticmethod
    def from_json(
        data: Any, status: HTTPStatus | int = 200, status_text: str = "", headers: Headers | None = None
    ) -> Response:
        """Return `data` as JSON."""
    @overload
    def json(self: _http.FetchResponse, **kwargs: Any) -> Coroutine[Any, Any, Any]: ...  # type: ignore[overload-overlap]
    @overload
    def json(  # pyright: ignore[reportIncompatibleMethodOverride]
        self: object, status: HTTPStatus | int = 200, status_text: str = "", headers: Headers | None = None
    ) -> Response:
        """On an instance: parse the body. On the class: `Response.json(data)` is `from_json`."""
    @staticmethod
    def redirect(url: str, status: HTTPStatus | int = 302) -> js.Response:
        """Return a raw JavaScript redirect; the URL has to be absolute."""

class Response(FetchResponse):
    """A response made in Python, or a fetched one."""

    def __init__(
        self,
        body: Body | js.Response | None = None,
        status: HTTPStatus | int | None = None,
        status_text: str = "",
        headers: Headers | None = None,
        web_socket: js.WebSocket | None = None,
    ) -> None:
        """Make a response.

        `body` is None, str, bytes, a FormData or a JavaScript body; a JavaScript Response is adopted as it is and
        excludes the other arguments. `web_socket` needs status 101.
        """
    def clone(self) -> Response:
        """Return a second response with the same content; OSError once the body was read."""

async def fetch(resource: str | Request | JsProxy, **options: Unpack[FetchKwargs]) -> Response:
    """Send a request and return the response, whatever its status.

    OSError where no response comes, AbortError after an abort.
    """
