"""`Response`: what handlers return and `fetch` gives (contract: spec/workers-module.md, section 2)."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

import pyodide.http

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers as JsHeaders
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.response import Response as JsResponse
from workers._headers import to_js_headers, to_message
from workers._javascript import BODY_CLASSES, js_name, python_error, type_name
from workers.blob import Blob
from workers.formdata import FormData

if TYPE_CHECKING:
    from http.client import HTTPMessage

JSBody: TypeAlias = JsProxy
Body: TypeAlias = "str | bytes | FormData | JSBody"
Headers: TypeAlias = "dict[str, str] | list[tuple[str, str]] | JsHeaders"

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


class FetchResponse(pyodide.http.FetchResponse):
    """A JavaScript Response with Python's names."""

    @property
    def js_object(self) -> JsResponse:
        """The JavaScript Response."""
        response: JsResponse = self.js_response
        return response

    @property
    def body(self) -> Any:
        """The JavaScript ReadableStream, or None without a body."""
        body = self.js_object.body
        return None if body is jsnull else body

    @property
    def headers(self) -> HTTPMessage:
        """A copy of the headers: changing it changes nothing."""
        return to_message(self.js_object.headers)

    async def blob(self) -> Blob:
        """Read the body as a Blob."""
        self._raise_if_failed()
        return Blob._of(await self.js_object.blob())

    async def form_data(self) -> FormData:
        """Read the body as a form; TypeError if its content type is not one of a form."""
        self._raise_if_failed()
        try:
            return FormData(await self.js_object.formData())
        except JsException as error:
            raise python_error(error) from None

    formData = form_data

    def replace_body(self, body: Any) -> Response:
        """Return a response with another body, same status and headers."""
        source = self.js_object
        return Response(
            JsResponse.new(_js_body(body), status=source.status, statusText=source.statusText, headers=source.headers)
        )

    @staticmethod
    def from_json(data: Any, status: HTTPStatus | int = 200, status_text: str = "", headers: Any = None) -> Response:
        """Return `data` as JSON: Python data by `json.dumps`, JavaScript values by `JSON.stringify`."""
        try:
            if isinstance(data, JsProxy):
                init: dict[str, Any] = {"status": int(status), "statusText": status_text}
                if headers:
                    init["headers"] = to_js_headers(headers)
                return Response(JsResponse.json(data, **init))
            if not headers:
                given = JsHeaders.from_pairs([("content-type", "application/json")])
            else:
                given = JsHeaders.new(to_js_headers(headers))
                if not given.has("content-type"):
                    given.append("content-type", "application/json")
            return Response(json.dumps(data), status, status_text, given)
        except JsException as error:
            raise python_error(error) from None

    def json(self, *args: Any, **kwargs: Any) -> Any:
        """On an instance: parse the body. On the class: `Response.json(data, ...)` is `from_json`."""
        # Called on the class, `self` is the data.
        if isinstance(self, FetchResponse):
            return super().json(*args, **kwargs)
        return Response.from_json(self, *args, **kwargs)

    @staticmethod
    def redirect(url: str, status: HTTPStatus | int = 302) -> JsResponse:
        """Return a raw JavaScript redirect; ValueError for another status, TypeError for a URL that is not absolute."""
        if int(status) not in REDIRECT_STATUSES:
            raise ValueError(f"{int(status)} is not a redirect status code.")
        try:
            response: JsResponse = JsResponse.redirect(url, int(status))
        except JsException as error:
            raise python_error(error) from None
        return response


class Response(FetchResponse):
    """A response made in Python, or a fetched one."""

    def __init__(
        self,
        body: Any = None,
        status: HTTPStatus | int | None = None,
        status_text: str = "",
        headers: Any = None,
        web_socket: Any = None,
    ) -> None:
        """Make a response.

        `body` is None, str, bytes, a FormData or a JavaScript body; a JavaScript Response is adopted as it is and
        excludes the other arguments (ValueError). TypeError for other bodies and other types of `headers`;
        JsException (RangeError) for a status outside of 200 to 599.
        """
        if isinstance(body, JsResponse):
            if status is not None or status_text or headers is not None:
                raise ValueError("status, status_text and headers cannot be combined with a JavaScript Response")
            response = body
        else:
            init: dict[str, Any] = {}
            if status:
                init["status"] = int(status)
            if status_text:
                init["statusText"] = status_text
            if headers:
                init["headers"] = to_js_headers(headers)
            if web_socket is not None:
                init["webSocket"] = web_socket
            response = JsResponse.new(_js_body(body), **init)
        super().__init__(response.url, response)

    def __repr__(self) -> str:
        source = self.js_object
        content_type = source.headers.get("content-type")
        parts = [f"status={source.status}"]
        named = [
            ("status_text", source.status_text_or_default),
            ("content_type", content_type),
            ("url", source.url),
            ("type", "" if source.type == "default" else source.type),
        ]
        parts += [f"{name}={value!r}" for name, value in named if value]
        return f"Response({', '.join(parts)})"

    def clone(self) -> Response:
        """Return a second response with the same content; OSError once the body was read."""
        self._raise_if_failed()
        return Response(self.js_object.clone())


def _js_body(body: Any) -> Any:
    """Return `body` as the JavaScript constructor takes it."""
    if body is None or isinstance(body, (str, bytes)):
        return body
    if isinstance(body, FormData):
        return body.js_object
    if js_name(body) in BODY_CLASSES:
        return body
    raise TypeError(f"Unsupported type in Response: {type_name(body)}")
