"""Request (https://fetch.spec.whatwg.org/#request-class, as Workers have it; spec/workers-module.md, section 3).

Two ways in: `Request.new(input, init)` from user code, validated; `Request.from_wire(...)` from a socket or a channel,
which stores what it is given and makes everything else on demand. Headers of an incoming request are immutable.
Workers know no credentials, mode, destination or referrer: these names do not exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.body import Content, Message, extract
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.headers import Headers, Pairs
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.readable import USED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

METHODS = frozenset((
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "PURGE", "OPTIONS", "TRACE", "COPY", "LOCK", "MKCOL", "MOVE",
    "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "M-SEARCH",
    "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "QUERY", "BAN",
))  # fmt: skip
# A URL that its parser would return unchanged; anything else takes the long way.
_PLAIN_URL = re.compile(r"https?://(?:[a-z]+\.)*[a-z]+(?::(?!80/|443/)[1-9][0-9]{0,3})?/[A-Za-z0-9_~/-]*")

PLACEHOLDER_CF: dict[str, Any] = {
    "asOrganization": "",
    "asn": 395747,
    "colo": "DFW",
    "city": "Austin",
    "region": "Texas",
    "regionCode": "TX",
    "metroCode": "635",
    "postalCode": "78701",
    "country": "US",
    "continent": "NA",
    "timezone": "America/Chicago",
    "latitude": "30.27130",
    "longitude": "-97.74260",
    "clientTcpRtt": 0,
    "httpProtocol": "HTTP/1.1",
    "requestPriority": "weight=192;exclusive=0",
    "tlsCipher": "AEAD-AES128-GCM-SHA256",
    "tlsVersion": "TLSv1.3",
    "tlsClientAuth": {
        "certPresented": "0",
        "certVerified": "NONE",
        "certRevoked": "0",
        "certIssuerDN": "",
        "certSubjectDN": "",
        "certIssuerDNRFC2253": "",
        "certSubjectDNRFC2253": "",
        "certIssuerDNLegacy": "",
        "certSubjectDNLegacy": "",
        "certSerial": "",
        "certIssuerSerial": "",
        "certSKI": "",
        "certIssuerSKI": "",
        "certFingerprintSHA1": "",
        "certFingerprintSHA256": "",
        "certNotBefore": "",
        "certNotAfter": "",
        "certRFC9440": "",
        "certRFC9440TooLarge": False,
        "certChainRFC9440": "",
        "certChainRFC9440TooLarge": False,
    },
    "edgeRequestKeepAliveStatus": 0,
    "clientTrustScore": 99,
    "botManagement": {
        "corporateProxy": False,
        "verifiedBot": False,
        "ja3Hash": "25b4882c2bcb50cd6b469ff28c596742",
        "staticResource": False,
        "detectionIds": [],
        "score": 99,
    },
}
"""What `request.cf` shows locally: what wrangler 4.164 shows when it cannot ask Cloudflare for a real one."""


class PlaceholderCf:
    """Makes the `cf` object of a request that came from a client with this `Accept-Encoding`."""

    __slots__ = ("accepted_encodings",)

    def __init__(self, accepted_encodings: str) -> None:
        self.accepted_encodings = accepted_encodings

    def __call__(self) -> Any:
        from pywrangler.runtime.environment import to_js_value

        return to_js_value({**PLACEHOLDER_CF, "clientAcceptEncoding": self.accepted_encodings})


def parse_url(text: str) -> str:
    """Return an absolute URL in its normal form; TypeError if it is none."""
    if _PLAIN_URL.fullmatch(text) is not None:
        return text
    from pywrangler.runtime.js.url import parse

    parsed = parse(text)
    if parsed is None:
        raise type_error(f"Invalid URL: {text}")
    return parsed.href


def parse_method(value: Any) -> str:
    """Return the method in upper case; TypeError for one that Workers do not know."""
    method = to_string(value)
    if method in METHODS:
        return method
    upper = method.upper()
    if upper not in METHODS:
        raise type_error(f"Invalid HTTP method string: {method}")
    return upper


class Request(Message):
    """A request, incoming or to be sent."""

    __slots__ = (
        "_cache",
        "_cf",
        "_method",
        "_redirect",
        "_signal",
        "_url",
        "fetcher",
    )

    _method: str
    _url: str
    _cf: Any
    """The object, None for undefined, or a function that makes it when it is asked for."""
    _signal: Any
    _redirect: str
    _cache: str | None
    fetcher: Any

    def __init__(self, input: Any, init: Any = None, /, **keywords: Any) -> None:
        given = options(init, keywords)
        self._used = False
        self._headers = None
        self._immutable = False
        self._signal = None
        self._cache = None
        self._cf = None
        self._method = "GET"
        self._redirect = "follow"
        self._pairs = []
        self._body = None
        self.fetcher = None
        if isinstance(input, Request):
            self._copy(input, given)
        else:
            self._url = parse_url(to_string(input))
        self._apply(given)

    @classmethod
    def from_wire(
        cls,
        method: str,
        url: str,
        headers: Pairs,
        body: Content = None,
        cf: Any = None,
        *,
        signal: Any = None,
        redirect: str = "manual",
    ) -> Request:
        """Adopt an incoming request: names of headers in lower case, URL absolute.

        `cf` is an object, None, or a function without arguments that makes the object when it is first read.
        """
        request = cls.__new__(cls)
        request._method = method
        request._url = url
        request._pairs = headers
        request._headers = None
        request._immutable = True
        request._body = body
        request._used = False
        request._cf = cf
        request._signal = signal
        request._redirect = redirect
        request._cache = None
        request.fetcher = None
        return request

    def _copy(self, other: Request, given: Mapping[str, Any]) -> None:
        self._url = other._url
        self._method = other._method
        self._pairs = other._pairs.copy()
        self._redirect = other._redirect
        self._cache = other._cache
        self._cf = other._cf
        self._signal = other._signal
        self.fetcher = other.fetcher
        if given.get("body") is None and other._body is not None:
            if other.bodyUsed:
                raise type_error(USED)
            self._body = other.claim()

    def _apply(self, given: Mapping[str, Any]) -> None:
        method = given.get("method")
        if method is not None:
            self._method = parse_method(method)
        headers = given.get("headers")
        if headers is not None:
            self._pairs = Headers.new(headers).pairs()
        body = given.get("body")
        if body is not None and body is not jsnull:
            if self._method in {"GET", "HEAD"}:
                raise type_error("Request with a GET or HEAD method cannot have a body.")
            self._body, content_type = extract(body)
            if content_type is not None and not any(name == "content-type" for name, _ in self._pairs):
                self._pairs.append(("content-type", content_type))
        elif self._body is not None and method is not None and self._method in {"GET", "HEAD"}:
            raise type_error("Request with a GET or HEAD method cannot have a body.")
        self._apply_rest(given)

    def _apply_rest(self, given: Mapping[str, Any]) -> None:
        redirect = given.get("redirect")
        if redirect is not None:
            self._redirect = to_string(redirect)
            if self._redirect not in {"follow", "manual"}:
                raise type_error(
                    'Invalid redirect value, must be one of "follow" or "manual" ("error" won\'t be implemented since '
                    'it does not make sense at the edge; use "manual" and check the response status code).'
                )
        cache = given.get("cache")
        if cache is not None and cache is not jsnull:
            self._cache = to_string(cache)
            if self._cache not in {"no-store", "no-cache", "reload"}:
                raise type_error(f"Unsupported cache mode: {self._cache}")
        signal = given.get("signal")
        if signal is not None:
            if signal is not jsnull and not hasattr(signal, "aborted"):
                raise type_error("Failed to construct 'Request': member signal is not of type AbortSignal.")
            self._signal = None if signal is jsnull else signal
        cf = given.get("cf")
        if cf is not None:
            self._cf = None if cf is jsnull else cf
        fetcher = given.get("fetcher")
        if fetcher is not None and fetcher is not jsnull:
            self.fetcher = fetcher

    # ---- what it says -----------------------------------------------------------------------------------

    @property
    def method(self) -> str:
        """The method, in upper case."""
        return self._method

    @property
    def url(self) -> str:
        """The absolute URL."""
        return self._url

    @property
    def cf(self) -> Any:
        """What Cloudflare knows about the connection; undefined for a request made by a Worker."""
        if callable(self._cf) and not isinstance(self._cf, JsProxy):
            make: Callable[[], Any] = self._cf
            self._cf = make()
        return self._cf

    @property
    def signal(self) -> Any:
        """The AbortSignal; one that is never aborted if none was given."""
        if self._signal is None:
            from pywrangler.runtime.js.abort import AbortSignal

            self._signal = AbortSignal.never()
        return self._signal

    @property
    def given_signal(self) -> Any:
        """The AbortSignal that may abort the request when it is sent, or None."""
        signal = self._signal
        return signal if getattr(signal, "is_passed_on", True) else None

    def watch_client(self, *, is_passed_on: bool) -> None:
        """Let the signal abort when `client_left` is called."""
        from pywrangler.runtime.js.abort import ClientSignal

        self._signal = ClientSignal.of_event(is_passed_on=is_passed_on)

    def client_left(self) -> None:
        """Whoever sent the request gave up before it had the whole response."""
        leave = getattr(self._signal, "client_left", None)
        if leave is not None:
            leave()

    @property
    def redirect(self) -> str:
        """What to do with redirects: follow or manual."""
        return self._redirect

    @property
    def cache(self) -> str | None:
        """The cache mode, undefined if none was given."""
        return self._cache

    @property
    def integrity(self) -> str:
        """Always empty: not implemented by Workers."""
        return ""

    @property
    def keepalive(self) -> bool:
        """Always false."""
        return False

    def clone(self) -> Request:
        """Return a copy; both bodies can be read. TypeError if the body was used."""
        if self.bodyUsed:
            raise type_error(USED)
        copy = Request.from_wire(
            self._method, self._url, self._pairs.copy(), self._tee(), self._cf, redirect=self._redirect
        )
        copy._signal = self._signal
        copy._cache = self._cache
        copy._immutable = self._immutable
        copy.fetcher = self.fetcher
        return copy
