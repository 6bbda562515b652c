"""One HTTP exchange with a server, over aiohttp's client.

aiohttp is imported when the first request leaves: its import costs more than everything else a host does at start.
There is one session per event loop; it keeps no cookies, follows no redirects and looks at no proxy settings.

- `Host`, hop-by-hop headers and `Content-Length` are ours to set; `Accept-Encoding` names what is decoded here.
- Whatever user code says, `CF-Worker` names the zone that a request comes from, and `CF-Connecting-IP` stays here.
- A response's body arrives decoded, as in Workers; its `Content-Encoding` stays, its `Content-Length` then goes.
- A failure of the network is the error "Network connection lost.", wherever it happens.
"""

from __future__ import annotations

import asyncio
import base64
import os
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pywrangler.protocol.websocket import accept_key
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.readable import ReadableStream, chunks
from pywrangler.runtime.js.response import NULL_BODY, Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

    from pywrangler.runtime.js.body import Content
    from pywrangler.runtime.js.headers import Pairs

CONNECT_SECONDS = 30.0
DECODED = "gzip, deflate"
NETWORK_LOST = "Network connection lost."

_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
_OURS = _HOP_BY_HOP | {"host", "content-length", "accept-encoding", "expect", "cf-connecting-ip", "cf-worker"}
_HANDSHAKE = frozenset(
    ("sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-accept")
)

_signature: list[tuple[str, str]] = []
_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, aiohttp.ClientSession] = WeakKeyDictionary()


def _session() -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    session = _sessions.get(loop)
    if session is None or session.closed:
        import aiohttp

        session = _sessions[loop] = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            trust_env=False,
            max_line_size=64 * 1024,
            max_field_size=64 * 1024,
        )
    return session


def sign(zone: str) -> None:
    """Say in every request that leaves this process that a Worker of this zone sends it."""
    _signature[:] = [("cf-worker", zone)]


async def close_clients() -> None:
    """Close this loop's connections; those in use end with an error."""
    session = _sessions.pop(asyncio.get_running_loop(), None)
    if session is not None:
        await session.close()


def wants_websocket(pairs: Pairs) -> bool:
    """Whether a request asks for an upgrade to WebSocket."""
    return any(name == "upgrade" and value.lower() == "websocket" for name, value in pairs)


async def exchange(method: str, url: str, pairs: Pairs, content: Content) -> Response:
    """Send a request to an http(s) URL and return the response as soon as its head is there.

    A 101 to a request for a WebSocket gives a response with `webSocket`. Raises the error "Network connection lost.",
    or what the request's own body raised.
    """
    import aiohttp
    from yarl import URL

    upgrade = method == "GET" and wants_websocket(pairs)
    headers = [pair for pair in pairs if pair[0] not in _OURS]
    key = ""
    if upgrade:
        key = base64.b64encode(os.urandom(16)).decode("ascii")
        headers = [pair for pair in headers if pair[0] not in _HANDSHAKE]
        headers += [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")]
        headers.append(("sec-websocket-key", key))
    headers += (("accept-encoding", _accepted(pairs)), *_signature)
    body = None if content is None else _Outgoing(content)
    if body is not None and body.length is not None:
        headers.append(("content-length", str(body.length)))
    try:
        answer = await _session().request(
            method,
            URL(url, encoded=True),
            headers=headers,
            data=None if body is None else body.data(),
            allow_redirects=False,
        )
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as problem:
        if body is not None and body.failure is not None:
            raise body.failure from problem
        if isinstance(problem, aiohttp.InvalidURL):
            raise type_error(f"Invalid URL: {url}") from problem
        raise error(NETWORK_LOST) from problem
    if answer.status == 101:
        return _switch(answer, key) if upgrade else _refuse(answer)
    return _response(answer, method, url)


def _accepted(pairs: Pairs) -> str:
    """What to ask for: what we decode, unless the caller wants it plain."""
    given = [value.strip().lower() for name, value in pairs if name == "accept-encoding"]
    return "identity" if given == ["identity"] else DECODED


class _Outgoing:
    """A request's body as aiohttp takes it; remembers what the body itself raised."""

    def __init__(self, content: bytes | ReadableStream) -> None:
        self._content = content
        self.failure: BaseException | None = None
        self.length = content.known_length if isinstance(content, ReadableStream) else None

    def data(self) -> bytes | AsyncIterator[bytes]:
        return self._content if isinstance(self._content, bytes) else self._chunks(self._content)

    async def _chunks(self, stream: ReadableStream) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks(stream):
                yield chunk
        except Exception as problem:
            self.failure = problem
            raise


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _pairs(answer: aiohttp.ClientResponse) -> Pairs:
    pairs = [(_text(name).lower(), _text(value)) for name, value in answer.raw_headers]
    is_decoded = any(name == "content-encoding" and value.lower() != "identity" for name, value in pairs)
    dropped = _HOP_BY_HOP | {"content-length"} if is_decoded else _HOP_BY_HOP
    return [pair for pair in pairs if pair[0] not in dropped]


def _response(answer: aiohttp.ClientResponse, method: str, url: str) -> Response:
    pairs = _pairs(answer)
    body: Content = None
    if answer.status in NULL_BODY or method == "HEAD":
        answer.release()
    else:
        length = next((value for name, value in pairs if name == "content-length"), "")
        body = ReadableStream.from_source(_Incoming(answer), int(length) if length.isdecimal() else None)
    return Response.from_wire(answer.status, answer.reason or "", pairs, body, url=url.partition("#")[0])


class _Incoming:
    """The source of a response's body; gives the connection up when nobody reads to the end."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self._failure: BaseException | None = None

    async def pull(self) -> bytes | None:
        """Return what has arrived; None at the end."""
        import aiohttp

        try:
            return await self._answer.content.readany() or None
        except (aiohttp.ClientError, OSError, TimeoutError) as problem:
            self._answer.close()
            if self._failure is not None:
                raise self._failure from problem
            raise error(NETWORK_LOST) from problem

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        """Drop the connection."""
        self._answer.close()

    def fail(self, reason: BaseException) -> None:
        """Drop the connection; a reader gets `reason`."""
        if not self._answer.content.at_eof():
            self._failure = reason
            self._answer.content.set_exception(reason)
            self._answer.close()

    def __del__(self) -> None:
        self._answer.close()


def fail_body(response: Response, reason: BaseException) -> None:
    """Make what is left of a fetched body fail, after an abort."""
    body = response._body
    if isinstance(body, ReadableStream) and isinstance(body._source, _Incoming):
        body._source.fail(reason)


def _switch(answer: aiohttp.ClientResponse, key: str) -> Response:
    from pywrangler.runtime.js.client_link import ClientLink
    from pywrangler.runtime.websockets import WebSocket

    pairs = [(_text(name).lower(), _text(value)) for name, value in answer.raw_headers]
    found = dict(pairs)
    if found.get("sec-websocket-accept") != accept_key(key):
        answer.close()
        raise error("WebSocket handshake failed: the server's Sec-WebSocket-Accept header is wrong.")
    if "sec-websocket-extensions" in found:
        answer.close()
        raise error("WebSocket handshake failed: the server chose an extension that was not offered.")
    response = Response.from_wire(101, answer.reason or "", _pairs(answer), None, url=str(answer.url))
    response.webSocket = WebSocket.from_link(ClientLink(answer), found.get("sec-websocket-protocol", ""))
    return response


def _refuse(answer: aiohttp.ClientResponse) -> Response:
    answer.close()
    raise JsException("Error", NETWORK_LOST)
