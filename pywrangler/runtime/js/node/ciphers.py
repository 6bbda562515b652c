"""The ciphers of `node:crypto`: AES (CBC, CTR, ECB, GCM) and triple DES."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.crypto import CryptoKey
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.node.arguments import data_bytes, need_string, wrong_type, wrong_value
from pywrangler.runtime.js.node.buffer import Buffer
from pywrangler.runtime.js.node.encodings import decode, encoding_or_raise
from pywrangler.runtime.js.primitives import truthy
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import JsObject, plain

_NUMBERS = {
    "aes-128-cbc": 419,
    "aes-192-cbc": 423,
    "aes-256-cbc": 427,
    "aes-128-ctr": 904,
    "aes-192-ctr": 905,
    "aes-256-ctr": 906,
    "aes-128-ecb": 418,
    "aes-192-ecb": 422,
    "aes-256-ecb": 426,
    "aes-128-gcm": 895,
    "aes-192-gcm": 898,
    "aes-256-gcm": 901,
    "des-ede3-cbc": 44,
}
"""Name -> the number that OpenSSL gives it."""


def _known(name: str) -> str | None:
    short = name.lower()
    if short.startswith("id-aes"):
        short = f"aes-{short[6:9]}-{short[10:]}"
    return short if short in _NUMBERS else None


def _sizes(name: str) -> tuple[int, int, int]:
    """Return key, initialization vector and block in bytes."""
    if name == "des-ede3-cbc":
        return 24, 8, 8
    mode = name[8:]
    iv = {"ecb": 0, "gcm": 12}.get(mode, 16)
    return int(name[4:7]) // 8, iv, 16 if mode in {"cbc", "ecb"} else 1


class _Cipher(JsProxy, js_name="Cipheriv"):
    """What encrypts or decrypts data that comes in pieces."""

    _encrypts = True

    def __init__(self, name: str, key: bytes, iv: bytes | None, tag_length: int) -> None:
        self._mode = name.rpartition("-")[2]
        self._name = name
        self._key = key
        self._iv = iv
        self._tag_length = tag_length
        self._block = _sizes(name)[2]
        self._pads = self._mode in {"cbc", "ecb"}
        self._context: Any = None
        self._tag: bytes | None = None
        self._rest = b""
        self._length = 0
        self._ended = False

    def setAutoPadding(self, pads: Any = True) -> Any:
        """Say whether the last block is filled up (it is unless you say so)."""
        self._pads = truthy(pads) and self._mode in {"cbc", "ecb"}
        return self

    def setAAD(self, data: Any = None, *_options: Any, **_named: Any) -> Any:
        """Authenticate data that is not encrypted."""
        self._started().authenticate_additional_data(_bytes("buffer", data))
        return self

    def _started(self) -> Any:
        if self._ended:
            raise error("Cipher/decipher context has already been finalized")
        if self._context is None:
            from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

            if self._name.startswith("des"):
                from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES

                algorithm: Any = TripleDES(self._key)
            else:
                algorithm = algorithms.AES(self._key)
            iv: Any = self._iv
            if self._mode == "ecb":
                mode: Any = modes.ECB()  # noqa: S305 - the caller asked for it
            elif self._mode == "gcm":
                mode = modes.GCM(iv, min_tag_length=4)
            else:
                mode = modes.CBC(iv) if self._mode == "cbc" else modes.CTR(iv)
            cipher = Cipher(algorithm, mode)
            self._context = cipher.encryptor() if self._encrypts else cipher.decryptor()
        return self._context

    def update(self, data: Any = None, inputEncoding: Any = None, outputEncoding: Any = None) -> Any:
        """Add data; returns what is ready, as Buffer or in an encoding."""
        if isinstance(data, str) and inputEncoding is None:
            raise wrong_value("inputEncoding", None, "If inputEncoding is not provided then the data must be a Buffer")
        found = self._step(_bytes("data", data, inputEncoding))
        return _shown(found, outputEncoding)

    def _step(self, data: bytes) -> bytes:
        context = self._started()
        self._length += len(data)
        if self._encrypts or not self._pads:
            return context.update(data)  # type: ignore[no-any-return]
        # The last block is kept back: it holds the padding.
        data = self._rest + data
        whole = max((len(data) - 1) // self._block * self._block, 0)
        self._rest = data[whole:]
        return context.update(data[:whole])  # type: ignore[no-any-return]

    def final(self, outputEncoding: Any = None) -> Any:
        """Return the rest; an Error if what was decrypted is not authentic."""
        context = self._started()
        try:
            if self._mode == "gcm" and not self._encrypts:
                if self._tag is None:
                    raise error("No auth tag provided")
                data = context.finalize_with_tag(self._tag)
            elif not self._pads:
                data = context.finalize()
            elif self._encrypts:
                missing = self._block - self._length % self._block
                data = context.update(bytes([missing]) * missing) + context.finalize()
            else:
                data = _without_padding(context.update(self._rest) + context.finalize(), self._block)
        except JsException:
            raise
        except (ValueError, _invalid_tag()):
            raise error("Authentication failed") from None
        self._ended = True
        if self._mode == "gcm" and self._encrypts:
            self._tag = context.tag[: self._tag_length]
        return _shown(data, outputEncoding)


def _invalid_tag() -> type[Exception]:
    from cryptography.exceptions import InvalidTag

    return InvalidTag


def _without_padding(data: bytes, block: int) -> bytes:
    count = data[-1] if data else 0
    if not data or not 1 <= count <= block or data[-count:] != bytes([count]) * count:
        raise error("Authentication failed")
    return data[:-count]


class Cipheriv(_Cipher, js_name="Cipheriv"):
    """Encrypts."""

    def getAuthTag(self) -> Buffer:
        """Return what proves that the data is authentic, after `final`."""
        if self._tag is None:
            raise error("Auth tag is only available once cipher context has been finalized")
        return Buffer.from_bytes(self._tag)


class Decipheriv(_Cipher, js_name="Decipheriv"):
    """Decrypts."""

    _encrypts = False

    def setAuthTag(self, tag: Any = None, encoding: Any = None) -> Any:
        """Set the proof that `getAuthTag` gave, before `final`."""
        self._tag = _bytes("buffer", tag, encoding)
        return self


def _bytes(name: str, value: Any, encoding: Any = None) -> bytes:
    found = value._material if isinstance(value, CryptoKey) else data_bytes(value, encoding)
    if not isinstance(found, bytes):
        raise wrong_type(name, "of type string or an instance of Buffer, TypedArray, or DataView", value)
    return found


def _shown(data: bytes, encoding: Any) -> Any:
    if encoding is None or encoding == "buffer":
        return Buffer.from_bytes(data)
    return decode(data, encoding_or_raise(encoding))


def _make(kind: Any, algorithm: Any, key: Any, iv: Any, options: Any, named: dict[str, Any]) -> Any:
    name = _known(need_string("algorithm", algorithm))
    if name is None:
        raise error(f"Unknown or unsupported cipher: {algorithm}")
    secret = _bytes("key", key)
    vector = None if iv is None or iv is jsnull else _bytes("iv", iv)
    size, length, _block = _sizes(name)
    if len(secret) != size:
        raise error("Invalid key length")
    gcm = name.endswith("gcm")
    if (length == 0 and vector) or (length and (vector is None or (len(vector) != length if not gcm else not vector))):
        raise error("Invalid initialization vector")
    tag = given_options(options, named).get("authTagLength")
    return kind.new(name, secret, vector, 16 if tag is None else int(tag))


def createCipheriv(
    algorithm: Any = None, key: Any = None, iv: Any = None, options: Any = None, **named: Any
) -> Cipheriv:
    """Return what encrypts: `update(data, "utf8", "hex")`, then `final("hex")`. Option: authTagLength."""
    return _make(Cipheriv, algorithm, key, iv, options, named)  # type: ignore[no-any-return]


def createDecipheriv(
    algorithm: Any = None, key: Any = None, iv: Any = None, options: Any = None, **named: Any
) -> Decipheriv:
    """Return what decrypts; with GCM, `setAuthTag` comes before `final`."""
    return _make(Decipheriv, algorithm, key, iv, options, named)  # type: ignore[no-any-return]


def getCiphers() -> JsArray:
    """Return the names of the ciphers."""
    return array([*(name.upper() for name in _NUMBERS), *_NUMBERS])


def _shown_name(name: str) -> str:
    return f"id-aes{name[4:7]}-GCM" if name.endswith("gcm") else name.upper()


def getCipherInfo(name: Any = None, options: Any = None, **named: Any) -> JsObject | None:
    """Return `{name, nid, blockSize, ivLength, keyLength, mode}`; undefined for an unknown cipher or other lengths."""
    found = _known(name) if isinstance(name, str) else next((n for n, nid in _NUMBERS.items() if nid == name), None)
    if found is None:
        return None
    key, iv, block = _sizes(found)
    given = given_options(options, named)
    gcm = found.endswith("gcm")
    if given.get("keyLength", key) != key or (given.get("ivLength", iv) != iv and not gcm):
        return None
    return plain(
        {
            "name": _shown_name(found),
            "nid": _NUMBERS[found],
            "blockSize": block,
            "ivLength": given.get("ivLength", iv),
            "keyLength": key,
            "mode": found.rpartition("-")[2],
        }
    )
