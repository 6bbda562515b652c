"""`crypto`: random values, digests, and `crypto.subtle` (https://w3c.github.io/webcrypto/).

Digests, HMAC, PBKDF2 and HKDF come from Python's own library; ciphers and public-key algorithms from the package
`cryptography`, which is imported when one of them is first used (`crypto_keys`).

Results are ArrayBuffers. An algorithm is a name or an object with `name`; names are compared without case. Wrong
usage of a key is an InvalidAccessError, an unknown algorithm a NotSupportedError, bad key data a DataError.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.buffers import ArrayBuffer, JsBuffer
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import dom_exception, type_error
from pywrangler.runtime.js.primitives import to_integer, to_string, truthy
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, JsValue
from pywrangler.runtime.js.timers import refuse_in_global_scope
from pywrangler.runtime.js.typed_array import TypedArray
from pywrangler.runtime.js.values import JsObject, plain

RANDOM_LIMIT = 65536
"""Bytes that one call of getRandomValues fills."""

_HASHES = {"SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512", "MD5": "md5"}
_BLOCK_BYTES = {"SHA-1": 64, "SHA-256": 64, "SHA-384": 128, "SHA-512": 128, "MD5": 64}

Algorithm = Mapping[str, Any]


class CryptoKey(JsProxy):
    """A key; its material is visible through `exportKey` only."""

    type: str
    algorithm: Any
    extractable: bool
    _material: Any
    _usages: list[str]

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of(cls, kind: str, material: Any, algorithm: dict[str, Any], extractable: Any, usages: list[str]) -> CryptoKey:
        """Return a key: `material` is bytes for secret keys, an object of `cryptography` for the others."""
        key = object.__new__(cls)
        key.type = kind
        key._material = material
        key.algorithm = plain(
            {name: plain(value) if isinstance(value, dict) else value for name, value in algorithm.items()}
        )
        key.extractable = truthy(extractable)
        key._usages = usages
        return key

    @property
    def usages(self) -> JsArray:
        """What the key may be used for."""
        return array(self._usages)

    def permit(self, usage: str, name: str) -> None:
        """Raise InvalidAccessError unless the key is one of that algorithm and may be used so."""
        if self.algorithm.name != name:
            raise dom_exception(
                "InvalidAccessError",
                f'Requested algorithm "{name}" does not match this CryptoKey\'s algorithm "{self.algorithm.name}".',
            )
        if usage not in self._usages:
            raise dom_exception(
                "InvalidAccessError",
                f'Requested key usage "{usage}" does not match any usage listed in this CryptoKey.',
            )


# ---- reading arguments ----------------------------------------------------------------------------------


def read_algorithm(given: Any) -> tuple[str, Algorithm]:
    """Return the canonical name and the parameters of an algorithm given as name or object."""
    if isinstance(given, str):
        parameters: Algorithm = {"name": given}
    elif isinstance(given, JsValue):
        parameters = options(given)
    else:
        options(given)  # warns about Python dicts
        raise type_error(
            "The algorithm must be a string or an object: to_js(value, dict_converter=Object.fromEntries)."
        )
    name = parameters.get("name")
    if name is None:
        raise type_error('Missing member "name" of the algorithm.')
    wanted = to_string(name).upper()
    for known in NAMES:
        if known.upper() == wanted:
            return known, parameters
    raise dom_exception(
        "NotSupportedError", f'Unrecognized key derivation, cipher or digest algorithm "{to_string(name)}" requested.'
    )


def hash_name(given: Any) -> str:
    """Return the canonical name of a digest."""
    name, _ = read_algorithm(given)
    if name not in _HASHES:
        raise dom_exception("NotSupportedError", f'Unrecognized digest algorithm "{name}" requested.')
    return name


def data_of(given: Any) -> bytes:
    """Return the bytes of a buffer argument."""
    if isinstance(given, JsBuffer):
        return given.to_bytes()
    if isinstance(given, (bytes, bytearray, memoryview)):
        # A Python buffer is no JavaScript one; production fails here, with less to say.
        from pywrangler.runtime.js.advice import warn_once

        warn_once("Python bytes were given to crypto.subtle, which takes JavaScript buffers: use to_js(data).")
        return bytes(given)
    raise type_error(
        f"Failed to execute function on 'SubtleCrypto': {to_string(given)} is not an ArrayBuffer or a view."
    )


def _usages(given: Any, allowed: str) -> list[str]:
    wanted = [to_string(usage) for usage in (given if given is not None else ())]
    for usage in wanted:
        if usage not in allowed.split():
            raise dom_exception("SyntaxError", f'Attempt to import or generate a key with the invalid usage "{usage}".')
    return list(dict.fromkeys(wanted))


def key_usages(name: str, given: Any, kind: str = "secret") -> list[str]:
    """Return usages that a key of the algorithm may have; SyntaxError for others or for none where one is needed."""
    allowed = NAMES[name].get(kind, "")
    wanted = _usages(given, allowed)
    if not wanted and kind != "public":
        raise dom_exception("SyntaxError", "Usages cannot be empty when creating a key.")
    return wanted


_CIPHER = {"secret": "encrypt decrypt wrapKey unwrapKey"}
_SIGNATURE = {"private": "sign", "public": "verify"}
_AGREEMENT = {"private": "deriveKey deriveBits", "public": ""}
NAMES: dict[str, dict[str, str]] = {
    "SHA-1": {}, "SHA-256": {}, "SHA-384": {}, "SHA-512": {}, "MD5": {},
    "HMAC": {"secret": "sign verify"},
    "PBKDF2": {"secret": "deriveKey deriveBits"},
    "HKDF": {"secret": "deriveKey deriveBits"},
    "AES-GCM": _CIPHER, "AES-CBC": _CIPHER, "AES-CTR": _CIPHER,
    "AES-KW": {"secret": "wrapKey unwrapKey"},
    "RSASSA-PKCS1-v1_5": _SIGNATURE, "RSA-PSS": _SIGNATURE, "ECDSA": _SIGNATURE, "Ed25519": _SIGNATURE,
    "NODE-ED25519": _SIGNATURE,
    "RSA-OAEP": {"private": "decrypt unwrapKey", "public": "encrypt wrapKey"},
    "ECDH": _AGREEMENT, "X25519": _AGREEMENT,
}  # fmt: skip
"""Algorithms, and what keys of each kind may be used for."""


def _promise(compute: Callable[[], Any]) -> JsPromise:
    """Compute now; the promise is settled when it is returned."""
    try:
        result = compute()
    except Exception as problem:
        return JsPromise.rejected(problem)
    return JsPromise.resolved(ArrayBuffer.adopt(bytearray(result)) if isinstance(result, bytes) else result)


# ---- the interface --------------------------------------------------------------------------------------


class SubtleCrypto(JsProxy):
    """The value of `crypto.subtle`; every method but `timingSafeEqual` gives a promise."""

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    def digest(self, algorithm: Any, data: Any) -> JsPromise:
        """Hash bytes."""
        return _promise(
            lambda: hashlib.new(_HASHES[hash_name(algorithm)], data_of(data), usedforsecurity=False).digest()
        )

    def timingSafeEqual(self, left: Any, right: Any) -> bool:
        """Compare two buffers of the same length in constant time."""
        first, second = data_of(left), data_of(right)
        if len(first) != len(second):
            raise type_error("Input buffers must have the same byte length")
        return hmac.compare_digest(first, second)

    def sign(self, algorithm: Any, key: CryptoKey, data: Any) -> JsPromise:
        """Sign bytes with a key that permits it."""

        def compute() -> bytes:
            name, parameters = read_algorithm(algorithm)
            key.permit("sign", name)
            if name == "HMAC":
                return hmac.digest(key._material, data_of(data), _HASHES[key.algorithm.hash.name])
            from pywrangler.runtime.js.crypto_keys import sign

            return sign(name, parameters, key, data_of(data))

        return _promise(compute)

    def verify(self, algorithm: Any, key: CryptoKey, signature: Any, data: Any) -> JsPromise:
        """Tell whether a signature is that of the bytes."""

        def compute() -> bool:
            name, parameters = read_algorithm(algorithm)
            key.permit("verify", name)
            if name == "HMAC":
                expected = hmac.digest(key._material, data_of(data), _HASHES[key.algorithm.hash.name])
                return hmac.compare_digest(expected, data_of(signature))
            from pywrangler.runtime.js.crypto_keys import verify

            return verify(name, parameters, key, data_of(signature), data_of(data))

        return _promise(compute)

    def encrypt(self, algorithm: Any, key: CryptoKey, data: Any) -> JsPromise:
        """Encrypt bytes."""
        return _promise(lambda: self._cipher("encrypt", "encrypt", algorithm, key, data_of(data)))

    def decrypt(self, algorithm: Any, key: CryptoKey, data: Any) -> JsPromise:
        """Decrypt bytes; OperationError if they are not what they should be."""
        return _promise(lambda: self._cipher("decrypt", "decrypt", algorithm, key, data_of(data)))

    def _cipher(self, direction: str, usage: str, algorithm: Any, key: CryptoKey, data: bytes) -> bytes:
        from pywrangler.runtime.js.crypto_keys import cipher

        name, parameters = read_algorithm(algorithm)
        key.permit(usage, name)
        return cipher(name, parameters, key, data, encrypt=direction == "encrypt")

    def importKey(
        self, format: Any, data: Any, algorithm: Any, extractable: Any = False, usages: Any = None
    ) -> JsPromise:
        """Make a key of raw, pkcs8, spki or jwk data."""
        return _promise(lambda: import_key(to_string(format), data, algorithm, extractable, usages))

    def exportKey(self, format: Any, key: CryptoKey) -> JsPromise:
        """Return the data of an extractable key."""
        return _promise(lambda: export_key(to_string(format), key))

    def generateKey(self, algorithm: Any, extractable: Any, usages: Any = None) -> JsPromise:
        """Make a new key, or a pair `{publicKey, privateKey}`."""

        def compute() -> Any:
            name, parameters = read_algorithm(algorithm)
            if name == "HMAC":
                hashed = hash_name(parameters.get("hash"))
                bits = int(to_integer(parameters.get("length", 0))) or _BLOCK_BYTES[hashed] * 8
                return secret_key(name, secrets.token_bytes((bits + 7) // 8), parameters, extractable, usages)
            if name.startswith("AES-"):
                bits = int(to_integer(parameters.get("length", 0)))
                _check_aes(bits)
                return secret_key(name, secrets.token_bytes(bits // 8), parameters, extractable, usages)
            from pywrangler.runtime.js.crypto_keys import generate_pair

            return generate_pair(name, parameters, extractable, usages)

        return _promise(compute)

    def deriveBits(self, algorithm: Any, key: CryptoKey, length: Any = None) -> JsPromise:
        """Derive `length` bits from a key."""

        def compute() -> bytes:
            name, parameters = read_algorithm(algorithm)
            key.permit("deriveBits", name)
            return derive(name, parameters, key, None if length is None else int(to_integer(length)))

        return _promise(compute)

    def deriveKey(self, algorithm: Any, key: CryptoKey, wanted: Any, extractable: Any, usages: Any = None) -> JsPromise:
        """Derive another key from a key."""

        def compute() -> CryptoKey:
            name, parameters = read_algorithm(algorithm)
            key.permit("deriveKey", name)
            target, target_parameters = read_algorithm(wanted)
            if target == "HMAC":
                bits = int(to_integer(target_parameters.get("length", 0)))
                bits = bits or _BLOCK_BYTES[hash_name(target_parameters.get("hash"))] * 8
            else:
                bits = int(to_integer(target_parameters.get("length", 0)))
            material = derive(name, parameters, key, bits)
            return secret_key(target, material, target_parameters, extractable, usages)

        return _promise(compute)

    def wrapKey(self, format: Any, key: CryptoKey, wrapping_key: CryptoKey, algorithm: Any) -> JsPromise:
        """Export a key and encrypt the result."""

        def compute() -> bytes:
            exported = export_key(to_string(format), key)
            if isinstance(exported, JsObject):
                from pywrangler.runtime.js.json import stringify

                exported = (stringify(exported) or "").encode()
            return self._cipher("encrypt", "wrapKey", algorithm, wrapping_key, bytes(exported))

        return _promise(compute)

    def unwrapKey(
        self,
        format: Any,
        data: Any,
        wrapping_key: CryptoKey,
        algorithm: Any,
        key_algorithm: Any,
        extractable: Any,
        usages: Any,
    ) -> JsPromise:
        """Decrypt a wrapped key and import it."""

        def compute() -> CryptoKey:
            material: Any = self._cipher("decrypt", "unwrapKey", algorithm, wrapping_key, data_of(data))
            if to_string(format) == "jwk":
                from pywrangler.runtime.js.json import parse_json

                material = parse_json(material.decode())
            else:
                material = ArrayBuffer.from_bytes(material)
            return import_key(to_string(format), material, key_algorithm, extractable, usages)

        return _promise(compute)


class Crypto(JsProxy):
    """The value of `js.crypto`."""

    subtle: SubtleCrypto

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of_worker(cls) -> Crypto:
        """Return the one `crypto`."""
        found = object.__new__(cls)
        found.subtle = object.__new__(SubtleCrypto)
        return found

    @property
    def DigestStream(self) -> Any:
        """The class of streams that hash."""
        from pywrangler.runtime.js.digest_stream import DigestStream

        return DigestStream

    def getRandomValues(self, target: Any) -> Any:
        """Fill an array of integers with random values; returns it."""
        if not isinstance(target, TypedArray) or "Float" in type(target).name:
            raise dom_exception("TypeMismatchError", "getRandomValues() only accepts integer-based typed arrays.")
        if target.byteLength > RANDOM_LIMIT:
            raise dom_exception(
                "QuotaExceededError",
                f"getRandomValues() only accepts buffers of size <= 64K but provided {target.byteLength} bytes.",
            )
        refuse_in_global_scope()
        target._bytes_view()[:] = os.urandom(target.byteLength)
        return target

    def randomUUID(self) -> str:
        """Return a random UUID."""
        refuse_in_global_scope()
        return str(uuid.uuid4())


crypto: Crypto = Crypto.of_worker()


# ---- keys -----------------------------------------------------------------------------------------------


def _check_aes(bits: int) -> None:
    if bits not in {128, 192, 256}:
        raise dom_exception(
            "OperationError", f"Generated AES key length must be 128, 192 or 256 bits but requested {bits}."
        )


def secret_key(name: str, material: bytes, parameters: Algorithm, extractable: Any, usages: Any) -> CryptoKey:
    """Return a key of secret bytes."""
    permitted = key_usages(name, usages)
    algorithm: dict[str, Any] = {"name": name}
    if name == "HMAC":
        if not material:
            raise dom_exception("DataError", "HMAC key length must be a non-zero value.")
        algorithm |= {"hash": {"name": hash_name(parameters.get("hash"))}, "length": len(material) * 8}
    elif name.startswith("AES-"):
        if len(material) not in {16, 24, 32}:
            raise dom_exception(
                "DataError", f"Imported AES key length must be 128, 192, or 256 bits but provided {len(material) * 8}."
            )
        algorithm["length"] = len(material) * 8
    elif truthy(extractable):
        raise dom_exception("SyntaxError", f"{name} key cannot be extractable.")
    return CryptoKey.of("secret", material, algorithm, extractable, permitted)


def import_key(format: str, data: Any, algorithm: Any, extractable: Any, usages: Any) -> CryptoKey:
    """Return the key that the data describes."""
    name, parameters = read_algorithm(algorithm)
    if "secret" not in NAMES[name]:
        from pywrangler.runtime.js.crypto_keys import import_asymmetric

        return import_asymmetric(format, data, name, parameters, extractable, usages)
    if format == "raw":
        return secret_key(name, data_of(data), parameters, extractable, usages)
    if format == "jwk" and name not in {"PBKDF2", "HKDF"}:
        fields = options(data)
        if fields.get("kty") != "oct":
            raise dom_exception(
                "DataError",
                f'Symmetric "jwk" key import requires a JSON Web Key with "kty" "oct" (got "{fields.get("kty")}").',
            )
        return secret_key(name, from_base64url(fields.get("k")), parameters, extractable, usages)
    raise dom_exception("NotSupportedError", f'Unrecognized key import format "{format}".')


def export_key(format: str, key: CryptoKey) -> Any:
    """Return the data of an extractable key: bytes, or an object for jwk."""
    if not key.extractable:
        raise dom_exception("InvalidAccessError", "Attempt to export non-extractable key.")
    if key.type != "secret":
        from pywrangler.runtime.js.crypto_keys import export_asymmetric

        return export_asymmetric(format, key)
    if format == "raw":
        return bytes(key._material)
    if format != "jwk":
        raise dom_exception("NotSupportedError", f'Unimplemented key export format "{format}".')
    if key.algorithm.name == "HMAC":
        alg = key.algorithm.hash.name.replace("SHA-", "HS")
    else:
        alg = f"A{key.algorithm.length}{key.algorithm.name[4:]}"
    return plain({"kty": "oct", "k": to_base64url(key._material), "alg": alg, "ext": True, "key_ops": key.usages})


def derive(name: str, parameters: Algorithm, key: CryptoKey, bits: int | None) -> bytes:
    """Return bits derived from a key, as bytes."""
    if name in {"PBKDF2", "HKDF"}:
        if not bits or bits % 8:
            raise dom_exception("OperationError", f"Derived key length {bits or 0} is not a multiple of 8.")
        hashed = hash_name(parameters.get("hash"))
        salt = data_of(parameters.get("salt"))
        if name == "PBKDF2":
            iterations = int(to_integer(parameters.get("iterations", 0)))
            if iterations < 1:
                raise dom_exception("OperationError", "PBKDF2 requires a positive number of iterations.")
            return hashlib.pbkdf2_hmac(_HASHES[hashed], key._material, salt, iterations, bits // 8)
        return _hkdf(_HASHES[hashed], key._material, salt, data_of(parameters.get("info")), bits // 8)
    from pywrangler.runtime.js.crypto_keys import agree

    return agree(name, parameters, key, bits)


def _hkdf(digest: str, material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869."""
    size = hashlib.new(digest).digest_size
    if length > 255 * size:
        raise dom_exception("OperationError", "The length is too large for HKDF.")
    secret = hmac.digest(salt or bytes(size), material, digest)
    result, block = b"", b""
    for counter in range(1, -(-length // size) + 1):
        block = hmac.digest(secret, block + info + bytes((counter,)), digest)
        result += block
    return result[:length]


def to_base64url(data: bytes) -> str:
    """Return bytes as JSON Web Keys write them."""
    import base64

    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: Any) -> bytes:
    """Return the bytes of a field of a JSON Web Key; DataError if it is malformed."""
    import base64
    import binascii

    source = to_string(text)
    try:
        return base64.b64decode(source + "=" * (-len(source) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise dom_exception("DataError", "The JSON Web Key has a field that is not valid Base64.") from None
