"""Response (https://fetch.spec.whatwg.org/#response-class, as Workers have it; spec/workers-module.md, section 2).

`Response.new(body, init)` validates what user code gives; `Response.from_wire(...)` adopts what came from a socket or
a channel. `Response.json(data)` on the class makes a response, `await response.json()` on an object reads one.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.body import TEXT_TYPE, Content, Message, extract
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.headers import Headers, Pairs
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import USED, ReadableStream
from pywrangler.runtime.js.webidl import encode, to_int
from pywrangler.runtime.links import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REASONS = {status.value: status.phrase for status in HTTPStatus}
NULL_BODY = frozenset((101, 204, 205, 304))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
_STATUS_TEXT = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class _StaticOrMethod:
    """A name that is a static function of the class and a method of its objects, which JavaScript keeps apart."""

    def __init__(self, static: Callable[..., Any], method: Callable[..., Any]) -> None:
        self._static = static
        self._method = method

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self._static if instance is None else self._method.__get__(instance, owner)


class Response(Message):
    """A response, to be returned or received."""

    __slots__ = (
        "_cf",
        "_redirected",
        "_status",
        "_status_text",
        "_type",
        "_url",
        "encodeBody",
        "webSocket",
    )

    _status: int
    _status_text: str
    _url: str
    _redirected: bool
    _type: str
    _cf: Any
    webSocket: Any
    """The client end of a WebSocket that a 101 response passes on, or null."""
    encodeBody: str
    """`manual` says that the body is encoded already as Content-Encoding tells."""

    def __init__(self, body: Any = None, init: Any = None, /, **keywords: Any) -> None:
        self._status = 200
        self._status_text = ""
        self._headers = None
        self._immutable = False
        self._used = False
        self._url = ""
        self._redirected = False
        self._type = "default"
        self._cf = None
        self.webSocket = jsnull
        self.encodeBody = "automatic"
        pairs: Pairs = []
        self._pairs = pairs
        if init is not None or keywords:
            self._apply(options(init, keywords))
            pairs = self._pairs
        if type(body) is str:
            content_type: str | None = TEXT_TYPE
            try:
                self._body = body.encode()
            except UnicodeEncodeError:
                self._body = encode(body)
        else:
            self._body, content_type = extract(body)
        if content_type is not None:
            for name, _ in pairs:
                if name == "content-type":
                    break
            else:
                pairs.append(("content-type", content_type))
        if self._status in NULL_BODY and self._body is not None:
            self._check_null_body()

    @classmethod
    def from_wire(
        cls,
        status: int,
        status_text: str,
        pairs: Pairs,
        body: Content = None,
        *,
        url: str = "",
        redirected: bool = False,
        immutable: bool = True,
    ) -> Response:
        """Adopt a received response: names of headers in lower case; its headers are immutable by default."""
        response = cls.__new__(cls)
        response._status = status
        response._status_text = status_text
        response._pairs = pairs
        response._headers = None
        response._immutable = immutable
        response._body = body
        response._used = False
        response._url = url
        response._redirected = redirected
        response._type = "default"
        response._cf = None
        response.webSocket = jsnull
        response.encodeBody = "automatic"
        return response

    def _apply(self, given: Mapping[str, Any]) -> None:
        status = given.get("status")
        if status is not None:
            self._status = status if type(status) is int else to_int(status)
        socket = given.get("webSocket")
        if socket is not None and socket is not jsnull:
            if self._status != 101:
                raise range_error("Responses with a WebSocket must have status code 101.")
            self.webSocket = socket
        elif not 200 <= self._status <= 599:
            raise range_error("Responses may only be constructed with status codes in the range 200 to 599, inclusive.")
        text = given.get("statusText")
        if text is not None:
            self._status_text = to_string(text)
            if _STATUS_TEXT.fullmatch(self._status_text) is None:
                raise type_error("Invalid statusText")
        headers = given.get("headers")
        if headers is not None:
            self._pairs = Headers.new(headers)._pairs
        cf = given.get("cf")
        if cf is not None and cf is not jsnull:
            self._cf = cf
        encoding = given.get("encodeBody")
        if encoding is not None:
            self.encodeBody = to_string(encoding)
            if self.encodeBody not in {"automatic", "manual"}:
                raise type_error(f"encodeBody: unexpected value: {self.encodeBody}")

    def _check_null_body(self) -> None:
        if self._body == b"":
            warn_once(
                f"A response with status {self._status} has an empty but non-null body, which is technically "
                "incorrect: give null (None) instead."
            )
            self._body = None
            return
        raise type_error("Response with null body status (101, 204, 205, or 304) cannot have a body.")

    # ---- statics ----------------------------------------------------------------------------------------

    @staticmethod
    def _from_json(data: Any = None, init: Any = None, /, **keywords: Any) -> Response:
        from pywrangler.runtime.js.json import stringify

        text = stringify(data)
        if text is None:
            raise type_error("Value is not JSON serializable")
        response: Response = Response.new(None, init, **keywords)
        if response._status in NULL_BODY:
            raise type_error("Response with null body status (101, 204, 205, or 304) cannot have a body.")
        response._body = encode(text)
        if response._content_type() is None:
            response._pairs.append(("content-type", "application/json"))
        return response

    json = _StaticOrMethod(_from_json, Message.json)

    @staticmethod
    def redirect(url: Any, status: Any = 302) -> Response:
        """Return a redirect to an absolute URL; RangeError for a status that is none, TypeError for a bad URL."""
        from pywrangler.runtime.js.url import parse

        code = to_int(status)
        if code not in REDIRECTS:
            raise range_error(f"{code} is not a valid redirect status code.")
        text = to_string(url)
        parsed = parse(text)
        if parsed is None:
            raise type_error(f"Unable to parse URL: {text}")
        return Response.from_wire(code, "", [("location", parsed.href)])

    @staticmethod
    def error() -> Response:
        """Return a network error response."""
        response = Response.from_wire(0, "", [])
        response._type = "error"
        return response

    # ---- what it says -----------------------------------------------------------------------------------

    @property
    def status(self) -> int:
        """The status code."""
        return self._status

    @property
    def statusText(self) -> str:
        """The reason phrase that was given."""
        return self._status_text

    @property
    def status_text_or_default(self) -> str:
        """The reason phrase for the wire."""
        return self._status_text or REASONS.get(self._status, "")

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self._status <= 299

    @property
    def url(self) -> str:
        """Where it was fetched from after redirects, without fragment; empty for a constructed one."""
        return self._url

    @property
    def redirected(self) -> bool:
        """Whether redirects were followed."""
        return self._redirected

    @property
    def type(self) -> str:
        """`default`, or `error`."""
        return self._type

    @property
    def cf(self) -> Any:
        """The `cf` object that was given; undefined otherwise."""
        return self._cf

    def clone(self) -> Response:
        """Return a copy; both bodies can be read. TypeError if the body was used or a socket is attached."""
        if self.webSocket is not jsnull:
            raise type_error("Cannot clone a response to a WebSocket handshake.")
        if self.bodyUsed:
            raise type_error(USED)
        copy = Response.from_wire(
            self._status, self._status_text, self._pairs.copy(), self._tee(), url=self._url, redirected=self._redirected
        )
        copy._immutable = self._immutable
        copy._cf = self._cf
        copy._type = self._type
        copy.encodeBody = self.encodeBody
        return copy


def let_go(response: Response) -> None:
    """Let go of a response that nobody gets: who writes its body, or holds the other end of its socket, is told."""
    if isinstance(response._body, ReadableStream) and not response._body.locked:
        response._body.stop()
    socket: Any = response.webSocket
    if socket is not jsnull and socket.end.mode is Mode.FRESH:
        socket.release().abort()
