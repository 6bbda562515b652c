"""Bodies on their way through the HTTP server: requests that arrive in pieces, responses that are compressed.

A request's body is read from the socket only as fast as it is consumed. A response with `content-encoding: gzip` is
compressed here if the client accepts that, as the platform does for `encodeBody: "automatic"`; else it goes plain.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import fresh
from pywrangler.runtime.js.readable import ReadableStream, chunks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pywrangler.runtime.js.body import Content
    from pywrangler.runtime.js.headers import Pairs

HIGH_WATER_BYTES = 256 * 1024


class RequestBody:
    """The source of a request's body stream (`runtime.js.readable.Source`).

    `flow(False)` and `flow(True)` are called to stop and go on reading the socket; `wanted` once when somebody reads
    before anything has arrived (then a client that expects 100 Continue is told to go on).
    """

    __slots__ = (
        "_chunks",
        "_error",
        "_flow",
        "_is_discarded",
        "_size",
        "_waiter",
        "_wanted",
        "is_ended",
        "is_flowing",
    )

    def __init__(self, flow: Callable[[bool], None], wanted: Callable[[], None]) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._flow = flow
        self._wanted = wanted
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None
        self.is_flowing = True
        self._is_discarded = False
        self.is_ended = False

    async def pull(self) -> bytes | None:
        """Return the next piece, None at the end."""
        while not self._chunks:
            if self._error is not None:
                raise fresh(self._error)
            if self.is_ended or self._is_discarded:
                return None
            self._wanted()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        chunk = self._chunks.popleft()
        self._size -= len(chunk)
        if not self.is_flowing and self._size < HIGH_WATER_BYTES // 2:
            self.is_flowing = True
            self._flow(True)
        return chunk

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        """Nobody reads any more: throw away what comes."""
        self._is_discarded = True
        self._chunks.clear()
        self._size = 0
        if not self.is_flowing:
            self.is_flowing = True
            self._flow(True)
        self._wake()

    def push(self, data: bytes) -> None:
        """Take what arrived."""
        if self._is_discarded:
            return
        self._chunks.append(data)
        self._size += len(data)
        if self.is_flowing and self._size > HIGH_WATER_BYTES:
            self.is_flowing = False
            self._flow(False)
        self._wake()

    def end(self) -> None:
        """The body is complete."""
        self.is_ended = True
        self._wake()

    def fail(self, error: BaseException) -> None:
        """The rest will not come."""
        if not self.is_ended and self._error is None:
            self._error = error
            self._wake()
            self._flow = self._wanted = _nothing

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _nothing(_is_wanted: bool = False) -> None:
    """Stand in for the connection, which is gone."""


def encode_body(pairs: Pairs, content: Content, accepted: str) -> tuple[Pairs, Content]:
    """Compress a body whose headers say gzip; drop the header if the client (or we) cannot do that."""
    encodings = [value.strip().lower() for name, value in pairs if name == "content-encoding"]
    if content is None or not encodings or encodings == ["identity"]:
        return pairs, content
    if encodings != ["gzip"] or "gzip" not in accepted.lower():
        return [pair for pair in pairs if pair[0] != "content-encoding"], content
    if isinstance(content, ReadableStream):
        return pairs, ReadableStream.from_source(_Gzip(content))
    deflater = zlib.compressobj(wbits=31)
    return pairs, deflater.compress(content) + deflater.flush()


class _Gzip:
    """Compresses a stream; each piece is flushed, so that events reach the client when they are sent."""

    __slots__ = ("_deflater", "_is_ended", "_pieces", "_stream")

    def __init__(self, stream: ReadableStream) -> None:
        self._stream = stream
        self._pieces: AsyncIterator[bytes] = chunks(stream)
        self._deflater = zlib.compressobj(wbits=31)
        self._is_ended = False

    async def pull(self) -> bytes | None:
        """Return the next compressed piece."""
        if self._is_ended:
            return None
        async for piece in self._pieces:
            return self._deflater.compress(piece) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        self._is_ended = True
        return self._deflater.flush()

    def cancel(self, reason: Any) -> Any:
        """Cancel the stream below."""
        return self._stream.stop(reason)
