"""`crypto`. Algorithms and keys' data are JavaScript objects: use `to_js(..., dict_converter=Object.fromEntries)`."""

from typing import Any, TypeVar

from js._buffers import ArrayBuffer
from js._streams import WritableStream
from pyodide.ffi import JsBuffer, JsPromise, JsProxy, _Typed

_B = TypeVar("_B", bound=JsBuffer)

class CryptoKey(_Typed):
    """A key of `crypto.subtle`."""

    type: str
    extractable: bool
    algorithm: Any
    usages: Any

class SubtleCrypto(_Typed):
    """`crypto.subtle`."""

    def decrypt(self, algorithm: Any, key: CryptoKey, data: JsProxy) -> JsPromise[ArrayBuffer]: ...
    def deriveBits(self, algorithm: Any, key: CryptoKey, length: int | None = None) -> JsPromise[ArrayBuffer]: ...
    def deriveKey(
        self, algorithm: Any, key: CryptoKey, derived: Any, extractable: bool, usages: Any
    ) -> JsPromise[CryptoKey]: ...
    def digest(self, algorithm: Any, data: JsProxy) -> JsPromise[ArrayBuffer]:
        """Return the digest by "SHA-256" or another algorithm."""
    def encrypt(self, algorithm: Any, key: CryptoKey, data: JsProxy) -> JsPromise[ArrayBuffer]: ...
    def exportKey(self, format: str, key: CryptoKey) -> JsPromise[Any]: ...
    def generateKey(self, algorithm: Any, extractable: bool, usages: Any) -> JsPromise[Any]: ...
    def importKey(
        self, format: str, data: Any, algorithm: Any, extractable: bool, usages: Any
    ) -> JsPromise[CryptoKey]: ...
    def sign(self, algorithm: Any, key: CryptoKey, data: JsProxy) -> JsPromise[ArrayBuffer]: ...
    def timingSafeEqual(self, left: JsProxy, right: JsProxy) -> bool:
        """Compare in constant time; TypeError for different lengths."""
    def unwrapKey(
        self,
        format: str,
        wrapped: JsProxy,
        key: CryptoKey,
        algorithm: Any,
        key_algorithm: Any,
        extractable: bool,
        usages: Any,
    ) -> JsPromise[CryptoKey]: ...
    def verify(self, algorithm: Any, key: CryptoKey, signature: JsProxy, data: JsProxy) -> JsPromise[bool]: ...
    def wrapKey(self, format: str, key: CryptoKey, wrapping: CryptoKey, algorithm: Any) -> JsPromise[ArrayBuffer]: ...

class _DigestStream(WritableStream):
    """Hashes what is written to it."""

    @classmethod
    def new(cls, algorithm: Any, /) -> _DigestStream: ...  # type: ignore[override]
    @property
    def digest(self) -> JsPromise[ArrayBuffer]: ...
    @property
    def bytesWritten(self) -> int: ...

class Crypto(_Typed):
    """The type of `crypto`."""

    @property
    def subtle(self) -> SubtleCrypto: ...
    def getRandomValues(self, target: _B) -> _B:
        """Fill a typed array of integers."""
    def randomUUID(self) -> str: ...
    @property
    def DigestStream(self) -> type[_DigestStream]: ...

crypto: Crypto
