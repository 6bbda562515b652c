"""`crypto.DigestStream`: a WritableStream that hashes what is written to it.

https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#constructors
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.crypto import _HASHES, hash_name
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import JsBigInt
from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.webidl import buffer_bytes, encode
from pywrangler.runtime.js.writable import WritableStream


class _Hashing:
    """The sink."""

    def __init__(self, name: str) -> None:
        self._hash = hashlib.new(_HASHES[name], usedforsecurity=False)
        self.written = 0
        self.digest: asyncio.Future[ArrayBuffer] = asyncio.get_running_loop().create_future()

    async def write(self, chunk: Any) -> None:
        data = encode(chunk) if isinstance(chunk, str) else buffer_bytes(chunk)
        if data is None:
            raise type_error("DigestStream is a byte stream but received an object of non-ArrayBuffer type.")
        self._hash.update(data)
        self.written += len(data)

    async def close(self) -> None:
        if not self.digest.done():
            self.digest.set_result(ArrayBuffer.from_bytes(self._hash.digest()))

    def abort(self, reason: BaseException, given: Any) -> None:  # noqa: ARG002 - the shape of a sink
        if not self.digest.done():
            self.digest.set_exception(reason)
            self.digest.exception()  # nobody needs to look at it


class DigestStream(WritableStream):
    """Hashes bytes and texts: `crypto.DigestStream.new("SHA-256")`; `digest` is the promise of the hash."""

    __slots__ = ("_hashing",)

    def __init__(self, algorithm: Any) -> None:
        self._hashing = _Hashing(hash_name(algorithm))
        self._setup(self._hashing, 1, None)

    @property
    def digest(self) -> JsPromise:
        """Promise of the hash, fulfilled when the stream was closed."""
        return JsPromise.new(self._hashing.digest)  # type: ignore[no-any-return]

    @property
    def bytesWritten(self) -> JsBigInt:
        """How many bytes were hashed."""
        return JsBigInt(self._hashing.written)
