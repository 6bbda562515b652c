"""What Request and Response have in common: headers, and a body that can be read once.

The source is https://fetch.spec.whatwg.org/#body-mixin. The header list is what goes on the wire; a Headers object over
it is made when user code asks for one.

`_body` is None, bytes, or a ReadableStream. Bytes become a stream only when user code asks for `body`. A body of no
bytes at all (null) can be read any number of times; every other one once, then each read is a TypeError.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.headers import Headers, Pairs
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.readable import LOCKED, USED, ReadableStream, collect
from pywrangler.runtime.js.webidl import buffer_bytes, encode

if TYPE_CHECKING:
    from collections.abc import Callable

Content = bytes | ReadableStream | None

TEXT_TYPE = "text/plain;charset=UTF-8"
FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8"


def extract(value: Any) -> tuple[Content, str | None]:
    """Return the body that `value` stands for, and the content type it brings along.

    Null and undefined give no body. Raises TypeError for a stream that is locked or was read from.
    """
    if type(value) is str:
        try:
            return value.encode(), TEXT_TYPE
        except UnicodeEncodeError:
            return encode(value), TEXT_TYPE
    if value is None or value is jsnull:
        return None, None
    if type(value) is bytes:
        return value, None
    if isinstance(value, ReadableStream):
        if value.disturbed:
            raise type_error(
                "This ReadableStream is disturbed (has already been read from), and cannot be used as a body."
            )
        if value.locked:
            raise type_error(LOCKED)
        return value, None
    return _extract_object(value)


def _extract_object(value: Any) -> tuple[Content, str | None]:
    from pywrangler.runtime.js.blob import Blob
    from pywrangler.runtime.js.form_data import FormData, encode_multipart
    from pywrangler.runtime.js.search_params import URLSearchParams

    if isinstance(value, Blob):
        return value.content, value.type or None
    if isinstance(value, URLSearchParams):
        return value.toString().encode(), FORM_TYPE
    if isinstance(value, FormData):
        return encode_multipart(value)
    data = buffer_bytes(value)
    if data is not None:
        return data, None
    return encode(to_string(value)), TEXT_TYPE


def decode(data: bytes) -> str:
    """Return UTF-8 as text: what is malformed becomes U+FFFD, a byte order mark is dropped from 2026-01-13 on."""
    if data[:3] == codecs.BOM_UTF8:
        from pywrangler.runtime.js.cloudflare import is_on

        if is_on("strip_bom_in_read_all_text"):
            data = data[3:]
    return data.decode("utf-8", "replace")


class Message(JsProxy):
    """Headers and body of a Request or Response."""

    __slots__ = ("_body", "_headers", "_immutable", "_pairs", "_used")

    _pairs: Pairs
    _headers: Headers | None
    _immutable: bool
    _body: Content
    _used: bool

    @property
    def headers(self) -> Headers:
        """The headers; immutable where the message came from outside."""
        if self._headers is None:
            self._headers = Headers.from_pairs(self._pairs, self._immutable)
        return self._headers

    def pairs(self) -> Pairs:
        """Return the header list as it goes on the wire."""
        return self._pairs

    @property
    def bodyUsed(self) -> bool:
        """Whether the body was read, also in part."""
        body = self._body
        return self._used or (isinstance(body, ReadableStream) and body.disturbed)

    @property
    def body(self) -> Any:
        """The body as a ReadableStream, or null."""
        body = self._body
        if body is None:
            return jsnull
        if isinstance(body, bytes):
            stream = ReadableStream.of_bytes(body)
            if self._used:
                stream.take_bytes()
            self._body = body = stream
        return body

    def claim(self) -> Content:
        """Take the body away, for the one who sends it on; TypeError if it was used or is locked."""
        body = self._body
        if body is None:
            return None
        if self.bodyUsed:
            raise type_error(USED)
        if isinstance(body, bytes):
            self._used = True
        elif body.locked:
            raise type_error(LOCKED)
        else:
            data = body.take_bytes()
            if data is not None:
                return data
        return body

    async def read_bytes(self) -> bytes:
        """Read the body; without suspending if it is in memory. TypeError if it was used or is locked."""
        content = self.claim()
        if content is None:
            return b""
        return content if isinstance(content, bytes) else await collect(content)

    def _read(self, convert: Callable[[bytes], Any]) -> JsPromise:
        try:
            content = self.claim()
            if not isinstance(content, ReadableStream):
                return JsPromise.resolved(convert(content or b""))
        except JsException as error:
            return JsPromise.rejected(error)
        return JsPromise.start(_convert(content, convert))

    def text(self) -> JsPromise:
        """Promise of the body as a string."""
        return self._read(decode)

    def json(self) -> JsPromise:
        """Promise of the parsed body, as JavaScript values."""
        return self._read(_parse_json)

    def arrayBuffer(self) -> JsPromise:
        """Promise of an ArrayBuffer."""
        return self._read(_array_buffer)

    def bytes(self) -> JsPromise:
        """Promise of a Uint8Array."""
        return self._read(_uint8_array)

    def blob(self) -> JsPromise:
        """Promise of a Blob with the content type of the headers."""
        from pywrangler.runtime.js.blob import Blob

        return self._read(lambda data: Blob.from_bytes(data, self._content_type() or ""))

    def formData(self) -> JsPromise:
        """Promise of a FormData; TypeError unless the content type is one of a form."""
        from pywrangler.runtime.js.form_data import parse

        return self._read(lambda data: parse(data, self._content_type()))

    def _content_type(self) -> str | None:
        found = [value for name, value in self.pairs() if name == "content-type"]
        return ", ".join(found) if found else None

    def _tee(self) -> Content:
        """Split the body: keep one half, return the other."""
        body = self._body
        if isinstance(body, ReadableStream):
            data = body.take_bytes()
            if data is not None:
                self._body = data
                return data
            self._body, body = body.split()
        return body


async def _convert(stream: ReadableStream, convert: Callable[[bytes], Any]) -> Any:
    return convert(await collect(stream))


def _parse_json(data: bytes) -> Any:
    from pywrangler.runtime.js.json import parse_json

    return parse_json(decode(data))


def _array_buffer(data: bytes) -> Any:
    from pywrangler.runtime.js.typed_arrays import ArrayBuffer

    return ArrayBuffer.from_bytes(data)


def _uint8_array(data: bytes) -> Any:
    from pywrangler.runtime.js.typed_arrays import Uint8Array

    return Uint8Array.from_bytes(data)
