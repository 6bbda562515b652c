"""Requests of user code to the world: every `fetch` is told to the test, which answers, refuses, or lets it go."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

from pywrangler.protocol import control
from pywrangler.protocol import testing as protocol
from pywrangler.runtime.js import http_client
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.readable import ReadableStream, collect
from pywrangler.runtime.js.response import NULL_BODY, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.js.body import Content
    from pywrangler.runtime.js.headers import Pairs

_really_exchange = http_client.exchange

BODY_LIMIT_BYTES = 32 * 1024 * 1024


class Outbound:
    """Stands where the HTTP client was."""

    def __init__(self, send: Callable[[control.Message], None]) -> None:
        self._send = send
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[protocol.Incoming]] = {}

    def install(self) -> None:
        """Take over from the HTTP client."""
        replaced: Any = http_client
        replaced.exchange = self.exchange

    def answered(self, message: control.Fetched) -> None:
        """Take what the test answers."""
        future = self._waiting.pop(message.number, None)
        if future is not None and not future.done():
            future.set_result(protocol.unpack(message.response, protocol.Incoming))

    async def exchange(self, method: str, url: str, pairs: Pairs, content: Content) -> Response:
        """Send a request to the test and return its response."""
        body = await collect(content) if isinstance(content, ReadableStream) else content or b""
        if len(body) > BODY_LIMIT_BYTES:
            raise error(f"{method} {url}: a test takes bodies of up to {BODY_LIMIT_BYTES} bytes, not {len(body)}.")
        number = next(self._numbers)
        waiting: Any = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        outgoing = protocol.Outgoing(method, url, tuple((name, value) for name, value in pairs), body)
        self._send(control.Fetching(number, protocol.pack(outgoing)))
        try:
            incoming: protocol.Incoming = await waiting
        finally:
            self._waiting.pop(number, None)
        if incoming.refused:
            raise error(incoming.refused)
        reply = incoming.reply
        if reply is None:
            return await _really_exchange(method, url, pairs, None if content is None else body)
        bodiless = reply.status in NULL_BODY or method == "HEAD"
        headers = [(name.lower(), value) for name, value in reply.headers]
        return Response.from_wire(reply.status, reply.reason, headers, None if bodiless else reply.body, url=url)
