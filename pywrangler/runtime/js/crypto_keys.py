"""Ciphers and public-key algorithms of `crypto.subtle`, on the package `cryptography`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, keywrap, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.crypto import (
    Algorithm,
    CryptoKey,
    data_of,
    from_base64url,
    hash_name,
    key_usages,
    to_base64url,
)
from pywrangler.runtime.js.errors import JsException, dom_exception
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.typed_arrays import Uint8Array
from pywrangler.runtime.js.values import plain

_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "SHA-1": hashes.SHA1,
    "SHA-256": hashes.SHA256,
    "SHA-384": hashes.SHA384,
    "SHA-512": hashes.SHA512,
}
_CURVES: dict[str, Callable[[], ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
}
_RSA = {"RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP"}
_EC = {"ECDSA", "ECDH"}
_ED = {"Ed25519", "NODE-ED25519"}
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in _HASHES:
        raise dom_exception("NotSupportedError", f'The digest "{name}" cannot be used with keys.')
    return _HASHES[name]()


def _data_error(message: str) -> JsException:
    return dom_exception("DataError", message)


# ---- ciphers --------------------------------------------------------------------------------------------


def cipher(name: str, parameters: Algorithm, key: CryptoKey, data: bytes, *, encrypt: bool) -> bytes:
    """Encrypt or decrypt; OperationError for data that cannot be decrypted."""
    try:
        if name == "AES-GCM":
            return _gcm(parameters, key._material, data, encrypt=encrypt)
        if name == "AES-KW":
            wrap = keywrap.aes_key_wrap if encrypt else keywrap.aes_key_unwrap
            return wrap(key._material, data)
        if name == "RSA-OAEP":
            digest = _hash(key.algorithm.hash.name)
            label = data_of(parameters["label"]) if parameters.get("label") is not None else None
            scheme = rsa_padding.OAEP(rsa_padding.MGF1(digest), digest, label)
            result: bytes = key._material.encrypt(data, scheme) if encrypt else key._material.decrypt(data, scheme)
            return result
        return _aes(name, parameters, key._material, data, encrypt=encrypt)
    except (InvalidTag, ValueError, keywrap.InvalidUnwrap):
        raise dom_exception("OperationError", f"{'Encryption' if encrypt else 'Decryption'} failed.") from None


def _gcm(parameters: Algorithm, material: bytes, data: bytes, *, encrypt: bool) -> bytes:
    iv = data_of(parameters.get("iv"))
    extra = data_of(parameters["additionalData"]) if parameters.get("additionalData") is not None else b""
    tag_bits = int(to_integer(parameters.get("tagLength", 128)))
    if tag_bits not in {32, 64, 96, 104, 112, 120, 128}:
        raise dom_exception("OperationError", f"Invalid AES-GCM tag length {tag_bits}.")
    if not iv:
        raise dom_exception("OperationError", "AES-GCM IV must not be empty.")
    if tag_bits == 128 and len(iv) >= 8:
        run = AESGCM(material).encrypt if encrypt else AESGCM(material).decrypt
        return run(iv, data, extra)
    size = tag_bits // 8
    if encrypt:
        worker = Cipher(algorithms.AES(material), modes.GCM(iv, min_tag_length=4)).encryptor()
        worker.authenticate_additional_data(extra)
        return worker.update(data) + worker.finalize() + worker.tag[:size]
    mode = modes.GCM(iv, data[-size:], min_tag_length=4)
    reader = Cipher(algorithms.AES(material), mode).decryptor()
    reader.authenticate_additional_data(extra)
    return reader.update(data[:-size]) + reader.finalize()


def _aes(name: str, parameters: Algorithm, material: bytes, data: bytes, *, encrypt: bool) -> bytes:
    field = "iv" if name == "AES-CBC" else "counter"
    start = data_of(parameters.get(field))
    if len(start) != 16:
        raise dom_exception("OperationError", f"{name} {field} must be 16 bytes long (provided {len(start)} bytes).")
    if name == "AES-CTR":
        worker = Cipher(algorithms.AES(material), modes.CTR(start)).encryptor()
        return worker.update(data) + worker.finalize()
    scheme = Cipher(algorithms.AES(material), modes.CBC(start))
    if encrypt:
        padder = padding.PKCS7(128).padder()
        worker = scheme.encryptor()
        return worker.update(padder.update(data) + padder.finalize()) + worker.finalize()
    reader = scheme.decryptor()
    remover = padding.PKCS7(128).unpadder()
    return remover.update(reader.update(data) + reader.finalize()) + remover.finalize()


# ---- signatures -----------------------------------------------------------------------------------------


def sign(name: str, parameters: Algorithm, key: CryptoKey, data: bytes) -> bytes:
    """Return the signature of the data."""
    material = key._material
    if name in _ED:
        return material.sign(data)  # type: ignore[no-any-return]
    if name == "ECDSA":
        r, s = decode_dss_signature(material.sign(data, ec.ECDSA(_hash(hash_name(parameters.get("hash"))))))
        size = (material.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    digest = _hash(key.algorithm.hash.name)
    return material.sign(data, _rsa_scheme(name, parameters, digest), digest)  # type: ignore[no-any-return]


def verify(name: str, parameters: Algorithm, key: CryptoKey, signature: bytes, data: bytes) -> bool:
    """Tell whether the signature is that of the data."""
    material = key._material
    try:
        if name in _ED:
            material.verify(signature, data)
        elif name == "ECDSA":
            half = (material.curve.key_size + 7) // 8
            if len(signature) != 2 * half:
                return False
            numbers = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            material.verify(encode_dss_signature(*numbers), data, ec.ECDSA(_hash(hash_name(parameters.get("hash")))))
        else:
            digest = _hash(key.algorithm.hash.name)
            material.verify(signature, data, _rsa_scheme(name, parameters, digest), digest)
    except InvalidSignature:
        return False
    return True


def _rsa_scheme(name: str, parameters: Algorithm, digest: hashes.HashAlgorithm) -> Any:
    if name == "RSASSA-PKCS1-v1_5":
        return rsa_padding.PKCS1v15()
    return rsa_padding.PSS(rsa_padding.MGF1(digest), int(to_integer(parameters.get("saltLength", 0))))


def agree(name: str, parameters: Algorithm, key: CryptoKey, bits: int | None) -> bytes:
    """Return the secret that a private key shares with the other side's public key (ECDH, X25519)."""
    other = parameters.get("public") or parameters.get("$public")
    if not isinstance(other, CryptoKey) or other.type != "public" or other.algorithm.name != name:
        raise dom_exception("InvalidAccessError", "The provided key has incorrect type or algorithm.")
    material, public = key._material, other._material
    try:
        secret: bytes = material.exchange(ec.ECDH(), public) if name == "ECDH" else material.exchange(public)
    except ValueError:
        raise dom_exception("OperationError", "Failed to derive a shared secret.") from None
    if bits is None:
        return secret
    if bits > len(secret) * 8:
        raise dom_exception("OperationError", "Derived key length is too long.")
    return secret[: (bits + 7) // 8]


# ---- making keys ----------------------------------------------------------------------------------------


def _pair_algorithm(name: str, parameters: Algorithm, public: Any) -> dict[str, Any]:
    if name in _RSA:
        numbers = public.public_numbers()
        exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big")
        return {
            "name": name,
            "modulusLength": public.key_size,
            "publicExponent": Uint8Array.from_bytes(exponent),
            "hash": {"name": hash_name(parameters.get("hash"))},
        }
    if name in _EC or name == "NODE-ED25519":
        return {"name": name, "namedCurve": to_string(parameters.get("namedCurve", "NODE-ED25519"))}
    return {"name": name}


def _curve(parameters: Algorithm) -> ec.EllipticCurve:
    wanted = to_string(parameters.get("namedCurve"))
    if wanted not in _CURVES:
        raise dom_exception("NotSupportedError", f'Unrecognized or unimplemented EC curve "{wanted}" requested.')
    return _CURVES[wanted]()


def generate_pair(name: str, parameters: Algorithm, extractable: Any, usages: Any) -> Any:
    """Return `{publicKey, privateKey}`."""
    private: Any
    if name in _RSA:
        bits = int(to_integer(parameters.get("modulusLength", 0)))
        exponent = int.from_bytes(data_of(parameters.get("publicExponent")), "big")
        if bits < 1024 or exponent not in {3, 65537}:
            raise dom_exception("OperationError", "The modulus length or public exponent is not supported.")
        private = rsa.generate_private_key(exponent, bits)
    elif name in _EC:
        private = ec.generate_private_key(_curve(parameters))
    elif name in _ED:
        private = ed25519.Ed25519PrivateKey.generate()
    elif name == "X25519":
        private = x25519.X25519PrivateKey.generate()
    else:
        raise dom_exception("NotSupportedError", f'Keys of "{name}" cannot be generated.')
    given = list(usages) if usages is not None else []
    public = private.public_key()
    algorithm = _pair_algorithm(name, parameters, public)
    kinds = {kind: [usage for usage in given if usage in _allowed(name, kind)] for kind in ("public", "private")}
    if set(given) - set(kinds["public"]) - set(kinds["private"]) or not kinds["private"]:
        raise dom_exception("SyntaxError", "Attempt to generate a key with invalid or no usages.")
    return plain(
        {
            "publicKey": CryptoKey.of("public", public, algorithm, True, kinds["public"]),
            "privateKey": CryptoKey.of("private", private, algorithm, extractable, kinds["private"]),
        }
    )


def _allowed(name: str, kind: str) -> list[str]:
    from pywrangler.runtime.js.crypto import NAMES

    return NAMES[name][kind].split()


def import_asymmetric(
    format: str, data: Any, name: str, parameters: Algorithm, extractable: Any, usages: Any
) -> CryptoKey:
    """Return a public or private key of raw, spki, pkcs8 or jwk data."""
    if "private" not in _kinds(name):
        raise dom_exception("NotSupportedError", f'Keys of "{name}" cannot be imported.')
    try:
        material = _load(format, data, name, parameters)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _data_error(f"Invalid {format} key data for {name}.") from None
    kind = "public" if hasattr(material, "public_bytes") else "private"
    public = material if kind == "public" else material.public_key()
    _check_material(name, parameters, public)
    permitted = key_usages(name, usages, kind)
    return CryptoKey.of(kind, material, _pair_algorithm(name, parameters, public), extractable, permitted)


def _kinds(name: str) -> dict[str, str]:
    from pywrangler.runtime.js.crypto import NAMES

    return NAMES[name]


def _check_material(name: str, parameters: Algorithm, public: Any) -> None:
    if name in _EC and isinstance(public, ec.EllipticCurvePublicKey):
        if public.curve.name == _curve(parameters).name:
            return
    elif isinstance(
        public,
        rsa.RSAPublicKey if name in _RSA else ed25519.Ed25519PublicKey if name in _ED else x25519.X25519PublicKey,
    ):
        return
    raise _data_error(f"The key data is not a key of {name}.")


def _load(format: str, data: Any, name: str, parameters: Algorithm) -> Any:
    if format == "jwk":
        return _load_jwk(options(data), name, parameters)
    raw = data_of(data)
    if format == "pkcs8":
        return serialization.load_der_private_key(raw, None)
    if format == "spki":
        return serialization.load_der_public_key(raw)
    if format != "raw" or name in _RSA:
        raise dom_exception("NotSupportedError", f'Unrecognized key import format "{format}".')
    if name in _ED:
        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    if name == "X25519":
        return x25519.X25519PublicKey.from_public_bytes(raw)
    return ec.EllipticCurvePublicKey.from_encoded_point(_curve(parameters), raw)


def _load_jwk(fields: Algorithm, name: str, parameters: Algorithm) -> Any:
    def field(key: str) -> bytes:
        if fields.get(key) is None:
            raise _data_error(f'The JSON Web Key has no "{key}".')
        return from_base64url(fields[key])

    def number(key: str) -> int:
        return int.from_bytes(field(key), "big")

    expected = "RSA" if name in _RSA else "EC" if name in _EC else "OKP"
    if fields.get("kty") != expected:
        raise _data_error(f'The JSON Web Key has kty "{fields.get("kty")}" where {name} needs "{expected}".')
    private = fields.get("d") is not None
    if expected == "RSA":
        public = rsa.RSAPublicNumbers(number("e"), number("n"))
        if not private:
            return public.public_key()
        p, q, d, dp, dq, qi = (number(key) for key in ("p", "q", "d", "dp", "dq", "qi"))
        return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key()
    if expected == "EC":
        point = ec.EllipticCurvePublicNumbers(number("x"), number("y"), _curve(parameters))
        return ec.EllipticCurvePrivateNumbers(number("d"), point).private_key() if private else point.public_key()
    if name == "X25519":
        if private:
            return x25519.X25519PrivateKey.from_private_bytes(field("d"))
        return x25519.X25519PublicKey.from_public_bytes(field("x"))
    if private:
        return ed25519.Ed25519PrivateKey.from_private_bytes(field("d"))
    return ed25519.Ed25519PublicKey.from_public_bytes(field("x"))


# ---- exporting ------------------------------------------------------------------------------------------


def export_asymmetric(format: str, key: CryptoKey) -> Any:
    """Return a key as raw, spki or pkcs8 bytes, or as jwk object."""
    material, name = key._material, key.algorithm.name
    if format == "jwk":
        return plain(_jwk(key) | {"ext": True, "key_ops": array(key._usages)})
    if format == "pkcs8" and key.type == "private":
        return material.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    if format == "spki" and key.type == "public":
        return material.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if format == "raw" and key.type == "public" and name not in _RSA:
        if name in _EC:
            return material.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return material.public_bytes(*_RAW)
    raise dom_exception("InvalidAccessError", f'A {key.type} key of {name} cannot be exported as "{format}".')


def _jwk(key: CryptoKey) -> dict[str, Any]:
    material, name = key._material, key.algorithm.name
    public = material if key.type == "public" else material.public_key()

    def text(number: int, size: int | None = None) -> str:
        return to_base64url(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))

    if name in _RSA:
        numbers = public.public_numbers()
        fields: dict[str, Any] = {"kty": "RSA", "n": text(numbers.n), "e": text(numbers.e), "alg": _rsa_alg(key)}
        if key.type == "private":
            secret = material.private_numbers()
            named = {
                "d": secret.d,
                "p": secret.p,
                "q": secret.q,
                "dp": secret.dmp1,
                "dq": secret.dmq1,
                "qi": secret.iqmp,
            }
            fields |= {field: text(number) for field, number in named.items()}
        return fields
    if name in _EC:
        size = (public.curve.key_size + 7) // 8
        numbers = public.public_numbers()
        fields = {"kty": "EC", "crv": key.algorithm.namedCurve, "x": text(numbers.x, size), "y": text(numbers.y, size)}
        if key.type == "private":
            fields["d"] = text(material.private_numbers().private_value, size)
        return fields
    fields = {
        "kty": "OKP",
        "crv": "X25519" if name == "X25519" else "Ed25519",
        "x": to_base64url(public.public_bytes(*_RAW)),
    }
    if key.type == "private":
        raw = material.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        fields["d"] = to_base64url(raw)
    return fields


def _rsa_alg(key: CryptoKey) -> str:
    bits = key.algorithm.hash.name.removeprefix("SHA-")
    if key.algorithm.name == "RSA-OAEP":
        return "RSA-OAEP" if bits == "1" else f"RSA-OAEP-{bits}"
    return f"{'RS' if key.algorithm.name == 'RSASSA-PKCS1-v1_5' else 'PS'}{bits}"
