"""`node:crypto`: hashes, keys from passwords, random values and ciphers; signatures are in `js.crypto.subtle`."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid
from collections.abc import Callable
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.buffers import ArrayBuffer, View
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.crypto import CryptoKey, crypto
from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.node.arguments import (
    data_bytes,
    need_function,
    need_integer,
    need_string,
    out_of_range,
    wrong_type,
)
from pywrangler.runtime.js.node.buffer import Buffer
from pywrangler.runtime.js.node.ciphers import createCipheriv, createDecipheriv, getCipherInfo, getCiphers
from pywrangler.runtime.js.node.encodings import decode, encoding_or_raise
from pywrangler.runtime.js.primitives import to_number
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.timers import queueMicrotask, refuse_in_global_scope
from pywrangler.runtime.js.values import plain

_LONGEST = 2**31 - 1
_DATA = "of type string or an instance of Buffer, TypedArray, or DataView"
_SECRET = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView"
_HASHES = {
    "md4": "",
    "md5": "md5",
    "sha1": "sha1",
    "sha224": "sha224",
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    "sha512-256": "sha512_256",
    "md5-sha1": "",
}


def _hash_name(algorithm: str) -> str | None:
    short = algorithm.lower().removeprefix("rsa-")
    return _HASHES.get(short) or None


def _new_hash(algorithm: Any, data: bytes = b"") -> Any:
    name = _hash_name(need_string("algorithm", algorithm))
    if name is None:
        raise error("Digest method not supported")
    return hashlib.new(name, data, usedforsecurity=False)


def _shown(data: bytes, encoding: Any) -> Any:
    if encoding is None or encoding == "buffer":
        return Buffer.from_bytes(data)
    return decode(data, encoding_or_raise(encoding))


def _data(name: str, value: Any, encoding: Any = None, expected: str = _DATA) -> bytes:
    found = data_bytes(value, encoding)
    if found is None:
        raise wrong_type(name, expected, value)
    return found


class _Digesting(JsProxy):
    """What `createHash` and `createHmac` have in common."""

    _state: Any = None
    _ended = False

    def update(self, data: Any = None, encoding: Any = None) -> Any:
        """Add data; returns the object itself."""
        if self._ended:
            raise error("Digest already called", code="ERR_CRYPTO_HASH_FINALIZED")
        self._state.update(_data("data", data, encoding if isinstance(data, str) else None))
        return self

    def digest(self, encoding: Any = None) -> Any:
        """Return the result, as Buffer or in an encoding; only once."""
        if self._ended:
            raise error("Digest already called", code="ERR_CRYPTO_HASH_FINALIZED")
        encoding_or_raise(None if encoding == "buffer" else encoding)
        self._ended = True
        return _shown(self._state.digest(), encoding)


class Hash(_Digesting):
    """A hash that is being computed."""

    def __init__(self, algorithm: Any = None, *_options: Any) -> None:
        self._state = _new_hash(algorithm)

    def copy(self, *_options: Any) -> Hash:
        """Return another that goes on from here."""
        if self._ended:
            raise error("Digest already called", code="ERR_CRYPTO_HASH_FINALIZED")
        other: Hash = Hash.new("md5")
        other._state = self._state.copy()
        return other


class Hmac(_Digesting):
    """A keyed hash that is being computed."""

    def __init__(self, algorithm: Any = None, key: Any = None, *_options: Any) -> None:
        need_string("hmac", algorithm)
        if isinstance(key, CryptoKey):
            key = key._material
        expected = "of type string or an instance of ArrayBuffer, Buffer, ArrayBufferView, KeyObject, or CryptoKey"
        secret = _data("key", key, None, expected)
        if _hash_name(algorithm) is None:
            raise error("Digest method not supported")
        self._state = hmac.new(secret, digestmod=_HASHES[algorithm.lower().removeprefix("rsa-")])

    def digest(self, encoding: Any = None) -> Any:
        """Return the result; nothing more if it was asked for before, as Node.js has it."""
        return _shown(b"", encoding) if self._ended else super().digest(encoding)


def createHash(algorithm: Any = None, options: Any = None, **_named: Any) -> Hash:
    """Return a Hash: `createHash("sha256").update("text").digest("hex")`."""
    return Hash.new(algorithm, options)  # type: ignore[no-any-return]


def createHmac(algorithm: Any = None, key: Any = None, options: Any = None, **_named: Any) -> Hmac:
    """Return an Hmac with a secret text, buffer or CryptoKey."""
    return Hmac.new(algorithm, key, options)  # type: ignore[no-any-return]


def hash(algorithm: Any = None, data: Any = None, encoding: Any = "hex") -> Any:
    """Return the hash of data at once, in hexadecimal or another encoding ("buffer" for a Buffer)."""
    state = _new_hash(algorithm, _data("input", data))
    return _shown(state.digest(), "hex" if encoding is None else encoding)


def getHashes() -> JsArray:
    """Return the names of the hashes."""
    plain_names = [name for name, known in _HASHES.items() if known]
    return array([*plain_names, *(f"RSA-{name.upper()}" for name in plain_names if "-" not in name)])


def timingSafeEqual(left: Any = None, right: Any = None) -> bool:
    """Compare two buffers of one length without telling by the time where they differ."""
    pair = []
    for number, value in enumerate((left, right), 1):
        if isinstance(value, str) or (found := data_bytes(value)) is None:
            raise type_error(
                f"Failed to execute 'timingSafeEqual' on 'SubtleCrypto': parameter {number} is not of type "
                "'BufferSource'."
            )
        pair.append(found)
    if len(pair[0]) != len(pair[1]):
        raise type_error("Input buffers must have the same byte length.")
    return hmac.compare_digest(*pair)


# ---- random values ----------------------------------------------------------------------------------------


def randomBytes(size: Any = None, callback: Any = None) -> Any:
    """Return random bytes, or give them to `callback(error, buffer)`."""
    count = need_integer("size", size, 0, _LONGEST)
    refuse_in_global_scope()
    return _give(callback, lambda: Buffer.from_bytes(os.urandom(count)))


def randomFillSync(buffer: Any = None, offset: Any = 0, size: Any = None) -> Any:
    """Fill a buffer, or a part of it, with random bytes; returns it."""
    if not isinstance(buffer, (View, ArrayBuffer)):
        raise wrong_type("buffer", "an instance of ArrayBuffer, Buffer, TypedArray, or DataView", buffer)
    view = memoryview(buffer._data) if isinstance(buffer, ArrayBuffer) else buffer._bytes_view()
    start = need_integer("offset", 0 if offset is None else offset, 0, len(view))
    count = len(view) - start if size is None else need_integer("size", size, 0, len(view) - start)
    refuse_in_global_scope()
    view[start : start + count] = os.urandom(count)
    return buffer


def randomFill(buffer: Any = None, *arguments: Any) -> None:
    """Fill a buffer and give it to `callback(error, buffer)`."""
    callback = need_function("callback", arguments[-1] if arguments else None)
    _give(callback, lambda: randomFillSync(buffer, *arguments[:-1]))


def randomInt(low: Any = None, high: Any = None, callback: Any = None) -> Any:
    """Return a random whole number from `low` (0 if only one is given) to below `high`."""
    if high is None or callable(high):
        low, high, callback = 0, low, high
    first, last = need_integer("min", low), need_integer("max", high)
    if first >= last:
        raise out_of_range("min", "min < max", last)
    refuse_in_global_scope()
    return _give(callback, lambda: first + secrets.randbelow(last - first))


def randomUUID(*_options: Any, **_named: Any) -> str:
    """Return a random UUID of version 4."""
    refuse_in_global_scope()
    return str(uuid.uuid4())


def getRandomValues(array: Any = None) -> Any:
    """Fill a typed array of whole numbers with random values."""
    return crypto.getRandomValues(array)


def _give(callback: Any, make: Callable[[], Any]) -> Any:
    """Return what is made, or give it to a callback later."""
    if callback is None:
        return make()
    need_function("callback", callback)
    value = make()
    queueMicrotask(lambda: callback(jsnull, value))
    return None


# ---- keys from passwords ------------------------------------------------------------------------------------


def pbkdf2Sync(
    password: Any = None, salt: Any = None, iterations: Any = None, keylen: Any = None, digest: Any = None
) -> Buffer:
    """Return a key of `keylen` bytes (PBKDF2)."""
    name = _hash_name(need_string("digest", digest))
    secret = _data("password", password, None, _SECRET)
    seasoning = _data("salt", salt, None, _SECRET)
    rounds = need_integer("iterations", iterations, 1, _LONGEST)
    length = need_integer("keylen", keylen, 0, _LONGEST)
    if name is None:
        raise type_error(f"Invalid Pbkdf2 digest: {digest}.")
    return Buffer.from_bytes(hashlib.pbkdf2_hmac(name, secret, seasoning, rounds, length) if length else b"")


def scryptSync(password: Any = None, salt: Any = None, keylen: Any = None, options: Any = None, **named: Any) -> Buffer:
    """Return a key of `keylen` bytes (scrypt). Options: N (cost), r (blockSize), p (parallelization), maxmem."""
    given = given_options(options, named)

    def option(short: str, long: str, default: int) -> int:
        found = given.get(short, given.get(long))
        return default if found is None else int(to_number(found))

    secret = _data("password", password, None, _SECRET)
    seasoning = _data("salt", salt, None, _SECRET)
    length = need_integer("keylen", keylen, 0, _LONGEST)
    cost, size, lanes = option("N", "cost", 16384), option("r", "blockSize", 8), option("p", "parallelization", 1)
    if cost >= 2**20:
        raise range_error("Scrypt failed: cost exceeds maximum (1048576).")
    memory = option("maxmem", "maxmem", 32 * 1024 * 1024)
    try:
        made = hashlib.scrypt(
            secret, salt=seasoning, n=cost, r=size, p=lanes, maxmem=memory + 4096, dklen=max(length, 1)
        )
    except ValueError:
        raise error("Scrypt failed") from None
    return Buffer.from_bytes(made[:length])


def hkdfSync(
    digest: Any = None, ikm: Any = None, salt: Any = None, info: Any = None, keylen: Any = None
) -> ArrayBuffer:
    """Return an ArrayBuffer of `keylen` bytes (HKDF)."""
    name = _hash_name(need_string("digest", digest))
    material, seasoning, context = (
        _data(what, value, None, _SECRET) for what, value in (("ikm", ikm), ("salt", salt), ("info", info))
    )
    length = need_integer("length", keylen, 0, _LONGEST)
    if name is None:
        raise type_error(f"Invalid Hkdf digest: {digest}")
    size = hashlib.new(name, usedforsecurity=False).digest_size
    if length > 255 * size:
        raise range_error("Invalid Hkdf key length")
    pseudo_random = hmac.digest(seasoning or bytes(size), material, name)
    made = block = b""
    while len(made) < length:
        block = hmac.digest(pseudo_random, block + context + bytes([len(made) // size + 1]), name)
        made += block
    return ArrayBuffer.adopt(bytearray(made[:length]))


def _with_callback(function: Callable[..., Any]) -> Callable[..., None]:
    """Return the form that gives its result to `callback(error, result)` at the end."""

    def called(*arguments: Any) -> None:
        callback = need_function("callback", arguments[-1] if arguments else None)
        result = function(*arguments[:-1])
        queueMicrotask(lambda: callback(jsnull, result))

    called.__name__ = function.__name__.removesuffix("Sync")
    called.__doc__ = function.__doc__
    return called


def getFips() -> bool:
    """Return what the platform says."""
    return True


def getCurves() -> JsArray:
    """Return the names of elliptic curves."""
    return array(["secp224r1", "prime256v1", "secp384r1", "secp521r1"])


_SUBTLE = "use js.crypto.subtle, or the package cryptography in Python"
EXPORTS: dict[str, Any] = {
    "CryptoKey": CryptoKey,
    "Hash": Hash,
    "Hmac": Hmac,
    "constants": plain({}),
    "createCipheriv": createCipheriv,
    "createDecipheriv": createDecipheriv,
    "createHash": createHash,
    "createHmac": createHmac,
    "fips": True,
    "getCipherInfo": getCipherInfo,
    "getCiphers": getCiphers,
    "getCurves": getCurves,
    "getFips": getFips,
    "getHashes": getHashes,
    "getRandomValues": getRandomValues,
    "hash": hash,
    "hkdf": _with_callback(hkdfSync),
    "hkdfSync": hkdfSync,
    "pbkdf2": _with_callback(pbkdf2Sync),
    "pbkdf2Sync": pbkdf2Sync,
    "pseudoRandomBytes": randomBytes,
    "randomBytes": randomBytes,
    "randomFill": randomFill,
    "randomFillSync": randomFillSync,
    "randomInt": randomInt,
    "randomUUID": randomUUID,
    "scrypt": _with_callback(scryptSync),
    "scryptSync": scryptSync,
    "subtle": crypto.subtle,
    "timingSafeEqual": timingSafeEqual,
    "webcrypto": crypto,
}
MISSING = dict.fromkeys(
    (
        *("Certificate", "Cipher", "Cipheriv", "Decipher", "Decipheriv", "DiffieHellman", "DiffieHellmanGroup", "ECDH"),
        *("KeyObject", "PrivateKeyObject", "PublicKeyObject", "SecretKeyObject", "Sign", "Verify", "X509Certificate"),
        *("checkPrime", "checkPrimeSync", "createCipher", "createDecipher", "createDiffieHellman"),
        *("createDiffieHellmanGroup", "createECDH", "createPrivateKey", "createPublicKey", "createSecretKey"),
        *("createSign", "createVerify", "diffieHellman", "generateKey", "generateKeyPair", "generateKeyPairSync"),
        *("generateKeySync", "generatePrime", "generatePrimeSync", "getDiffieHellman", "privateDecrypt"),
        *("privateEncrypt", "publicDecrypt", "publicEncrypt", "secureHeapUsed", "setEngine", "setFips", "sign"),
        "verify",
    ),
    _SUBTLE,
)
