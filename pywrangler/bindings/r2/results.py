"""What a bucket gives: `HeadResult`, an object without its body, and `GetResult`, one with it.

A `get` whose condition does not hold gives a `HeadResult`: it has no attribute `body`. In pages of `list`, metadata is
empty unless it was asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.bindings.r2.arguments import NOT_GIVEN, Call
from pywrangler.bindings.r2.bodies import ALGORITHMS, PIECE_BYTES
from pywrangler.bindings.r2.fields import HTTP_HEADERS
from pywrangler.bindings.r2.refusals import Refused
from pywrangler.bindings.r2.tables import all_checksums
from pywrangler.runtime.js.body import Message
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.values import plain

if TYPE_CHECKING:
    from pywrangler.bindings.r2.bodies import Reading
    from pywrangler.bindings.r2.tables import Stored

_SHOWN = (
    "ssecKeyMd5", "storageClass", "range", "customMetadata", "httpMetadata", "uploaded", "checksums", "httpEtag",
    "etag", "size", "version", "key",
)  # fmt: skip


class Checksums(JsProxy):
    """Checksums as ArrayBuffers; undefined where there is none."""

    __slots__ = ("_digests",)

    def __init__(self, digests: dict[str, str]) -> None:
        self._digests = digests

    def _buffer(self, name: str) -> Any:
        digest = self._digests.get(name)
        return None if digest is None else ArrayBuffer.from_bytes(bytes.fromhex(digest))

    @property
    def md5(self) -> Any:
        """16 bytes; undefined for an object that was uploaded in parts."""
        return self._buffer("md5")

    @property
    def sha1(self) -> Any:
        """20 bytes, if `put` was given them."""
        return self._buffer("sha1")

    @property
    def sha256(self) -> Any:
        """32 bytes, if `put` was given them."""
        return self._buffer("sha256")

    @property
    def sha384(self) -> Any:
        """48 bytes, if `put` was given them."""
        return self._buffer("sha384")

    @property
    def sha512(self) -> Any:
        """64 bytes, if `put` was given them."""
        return self._buffer("sha512")

    def toJSON(self, *_key: Any) -> Any:
        """Return the checksums in hexadecimal."""
        return plain({name: self._digests[name] for name in ALGORITHMS if name in self._digests})

    def _own_properties(self) -> dict[str, Any]:
        return {name: self._buffer(name) for name in reversed(ALGORITHMS)}


class HeadResult(JsProxy):
    """An object without its body."""

    __slots__ = ("_checksums", "_item", "_metadata", "_range")

    def __init__(self, item: Stored, extent: tuple[int, int] | None = None) -> None:
        self._item = item
        http = item.metadata.http
        expiry = http.get("cacheExpiry")
        self._metadata = (
            plain(
                {
                    **{name: http.get(name) for name in HTTP_HEADERS},
                    "cacheExpiry": None if expiry is None else JsDate.new(expiry),
                }
            ),
            plain(dict(item.metadata.custom)),
        )
        self._checksums: Checksums = Checksums.new(all_checksums(item))
        self._range = None if extent is None else plain({"offset": extent[0], "length": extent[1], "suffix": None})

    @property
    def key(self) -> str:
        """The name."""
        return self._item.key

    @property
    def version(self) -> str:
        """Another for each upload: 32 hexadecimal digits."""
        return self._item.version

    @property
    def size(self) -> int:
        """Number of bytes, also if a part of them was read."""
        return self._item.size

    @property
    def etag(self) -> str:
        """The MD5 in hexadecimal; of an object uploaded in parts the MD5 of theirs, and their number."""
        return self._item.etag

    @property
    def httpEtag(self) -> str:
        """The etag in quotes, for a header."""
        return f'"{self._item.etag}"'

    @property
    def uploaded(self) -> JsDate:
        """When it was uploaded."""
        date: JsDate = JsDate.new(self._item.uploaded)
        return date

    @property
    def checksums(self) -> Checksums:
        """The checksums that are known."""
        return self._checksums

    @property
    def httpMetadata(self) -> Any:
        """What belongs into headers of a response."""
        return self._metadata[0]

    @property
    def customMetadata(self) -> Any:
        """What user code has put there."""
        return self._metadata[1]

    @property
    def range(self) -> Any:
        """Offset and length of the body; undefined where none was asked for."""
        return self._range

    @property
    def storageClass(self) -> str:
        """Always empty: there is one class here."""
        return ""

    @property
    def ssecKeyMd5(self) -> None:
        """Always undefined: nothing is encrypted here."""
        return

    def writeHttpMetadata(self, headers: Any = NOT_GIVEN, /, *_rest: Any) -> None:
        """Set the headers that the metadata has; others stay."""
        if not isinstance(headers, Headers):
            raise Call("writeHttpMetadata", "HeadResult").bad(1, "Headers")
        metadata = self._metadata[0]
        for name, header in HTTP_HEADERS.items():
            value = getattr(metadata, name)
            if value is not None:
                headers.set(header, value)
        if metadata.cacheExpiry is not None:
            headers.set("expires", metadata.cacheExpiry.toUTCString())

    def _own_properties(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SHOWN}


class GetResult(HeadResult):
    """An object with its body, which can be read once."""

    __slots__ = ("_content",)

    def __init__(self, item: Stored, extent: tuple[int, int], body: Reading) -> None:
        super().__init__(item, extent)
        content_type = item.metadata.http.get("contentType")
        self._content: _Content = _Content.new(_stream(body, extent[1]), content_type)

    @property
    def body(self) -> ReadableStream:
        """The body as a stream of known length."""
        stream: ReadableStream = self._content.body
        return stream

    @property
    def bodyUsed(self) -> bool:
        """Whether the body was read, also in part."""
        return self._content.bodyUsed

    def text(self, *_: Any) -> JsPromise:
        """Promise of the body as a string."""
        return self._content.text()

    def json(self, *_: Any) -> JsPromise:
        """Promise of the parsed body."""
        return self._content.json()

    def arrayBuffer(self, *_: Any) -> JsPromise:
        """Promise of an ArrayBuffer."""
        return self._content.arrayBuffer()

    def bytes(self, *_: Any) -> JsPromise:
        """Promise of a Uint8Array."""
        return self._content.bytes()

    def blob(self, *_: Any) -> JsPromise:
        """Promise of a Blob with the content type of the metadata."""
        return self._content.blob()


class _Content(Message):
    """A body that can be read once."""

    __slots__ = ()

    def __init__(self, body: ReadableStream, content_type: str | None) -> None:
        self._body = body
        self._used = False
        self._headers = None
        self._immutable = True
        self._pairs = [] if content_type is None else [("content-type", content_type)]


def _stream(body: Reading, length: int) -> ReadableStream:
    """Return a body as a stream; one that is small is in memory, so that no file stays open for it."""
    if length > PIECE_BYTES:
        return ReadableStream.from_source(_FileSource(body), length)
    pieces = []
    while piece := _piece(body):
        pieces.append(piece)
    return ReadableStream.of_bytes(b"".join(pieces))


def _piece(body: Reading) -> bytes:
    try:
        return body.read()
    except (OSError, Refused) as problem:
        body.close()
        raise error(f"get: {problem} (10001)").with_cause(problem) from problem


class _FileSource:
    """A body that is read from the disk as fast as it is consumed."""

    __slots__ = ("_body",)

    def __init__(self, body: Reading) -> None:
        self._body = body

    async def pull(self) -> bytes | None:
        await asyncio.sleep(0)  # reading never suspends, and others shall run between two pieces
        return _piece(self._body) or None

    def cancel(self, reason: Any) -> None:  # noqa: ARG002
        self._body.close()
