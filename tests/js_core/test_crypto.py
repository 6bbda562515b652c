"""`crypto`: known answers, round trips, refusals."""

from __future__ import annotations

import hashlib
import hmac

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import Object, Uint8Array, crypto
from pyodide.ffi import JsException, to_js

subtle = crypto.subtle


def obj(**values):
    return to_js(values, dict_converter=Object.fromEntries)


def done(promise):
    """Return the value of a promise that is settled already."""
    try:
        promise.__await__().send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("the promise is pending")


def key(algorithm, usages, data=b"key", format="raw", extractable=True):
    return done(subtle.importKey(format, to_js(data), algorithm, extractable, to_js(usages)))


def refused(promise):
    with pytest.raises(JsException) as raised:
        done(promise)
    return raised.value.name


@pytest.mark.parametrize("name", ["SHA-1", "sha-256", "SHA-384", "SHA-512", "MD5"])
def test_digest(name):
    expected = hashlib.new(name.replace("-", "").lower(), b"abc").digest()
    assert done(subtle.digest(name, to_js(b"abc"))).to_bytes() == expected
    assert done(subtle.digest(obj(name=name), to_js(b"abc"))).to_bytes() == expected


def test_unknown_digest():
    assert refused(subtle.digest("SHA-3", to_js(b""))) == "NotSupportedError"


def test_digest_of_a_string_is_a_type_error():
    assert refused(subtle.digest("SHA-256", "abc")) == "TypeError"


def test_python_dict_as_algorithm_is_a_type_error_with_a_warning(logged):
    assert refused(subtle.digest({"name": "SHA-256"}, to_js(b""))) == "TypeError"
    assert logged


@given(st.binary(min_size=1), st.binary())
def test_hmac_is_that_of_python(secret, data):
    imported = key(obj(name="HMAC", hash="SHA-256"), ["sign", "verify"], secret)
    signature = done(subtle.sign("HMAC", imported, to_js(data)))
    assert signature.to_bytes() == hmac.digest(secret, data, "sha256")
    assert done(subtle.verify("HMAC", imported, signature, to_js(data))) is True
    assert done(subtle.verify("HMAC", imported, to_js(b"x"), to_js(data))) is False


def test_key_shows_algorithm_and_usages():
    imported = key(obj(name="hmac", hash=obj(name="SHA-512")), ["sign"], extractable=False)
    assert (
        imported.type,
        imported.algorithm.name,
        imported.algorithm.hash.name,
        list(imported.usages),
        imported.extractable,
    ) == (
        "secret",
        "HMAC",
        "SHA-512",
        ["sign"],
        False,
    )


def test_usage_that_the_key_lacks():
    imported = key(obj(name="HMAC", hash="SHA-256"), ["verify"])
    assert refused(subtle.sign("HMAC", imported, to_js(b""))) == "InvalidAccessError"


def test_usage_that_the_algorithm_lacks():
    with pytest.raises(JsException, match="SyntaxError"):
        key(obj(name="HMAC", hash="SHA-256"), ["encrypt"])


def test_key_that_is_not_extractable():
    imported = key(obj(name="HMAC", hash="SHA-256"), ["sign"], extractable=False)
    assert refused(subtle.exportKey("raw", imported)) == "InvalidAccessError"


def test_export_and_import_of_jwk():
    imported = key(obj(name="HMAC", hash="SHA-256"), ["sign"])
    jwk = done(subtle.exportKey("jwk", imported))
    assert (jwk.kty, jwk.alg) == ("oct", "HS256")
    again = done(subtle.importKey("jwk", jwk, obj(name="HMAC", hash="SHA-256"), True, to_js(["sign"])))
    assert done(subtle.exportKey("raw", again)).to_bytes() == b"key"


def test_pbkdf2():
    base = key("PBKDF2", ["deriveBits"], b"password", extractable=False)
    bits = done(subtle.deriveBits(obj(name="PBKDF2", hash="SHA-256", salt=b"salt", iterations=2), base, 256))
    assert bits.to_bytes() == hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 2, 32)


def test_hkdf_of_rfc_5869():
    base = key("HKDF", ["deriveBits"], b"\x0b" * 22, extractable=False)
    algorithm = obj(name="HKDF", hash="SHA-256", salt=bytes(range(13)), info=bytes(range(0xF0, 0xFA)))
    assert done(subtle.deriveBits(algorithm, base, 336)).to_bytes().hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_derived_key_encrypts():
    base = key("PBKDF2", ["deriveKey"], b"password", extractable=False)
    derivation = obj(name="PBKDF2", hash="SHA-256", salt=b"salt", iterations=1)
    derived = done(subtle.deriveKey(derivation, base, obj(name="AES-GCM", length=256), True, to_js(["encrypt"])))
    assert derived.algorithm.length == 256


def test_timing_safe_equal():
    assert subtle.timingSafeEqual(to_js(b"a"), to_js(b"a")) is True
    assert subtle.timingSafeEqual(to_js(b"a"), to_js(b"b")) is False
    with pytest.raises(JsException, match="Input buffers must have the same byte length"):
        subtle.timingSafeEqual(to_js(b"a"), to_js(b"ab"))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("AES-GCM", {"iv": bytes(12)}), ("AES-CBC", {"iv": bytes(16)}), ("AES-CTR", {"counter": bytes(16), "length": 64})],
)
@pytest.mark.parametrize("size", [0, 1, 16, 100])
def test_aes_decrypts_what_it_encrypted(name, parameters, size):
    secret = done(subtle.generateKey(obj(name=name, length=128), True, to_js(["encrypt", "decrypt"])))
    algorithm = obj(name=name, **parameters)
    sealed = done(subtle.encrypt(algorithm, secret, to_js(b"x" * size)))
    assert done(subtle.decrypt(algorithm, secret, sealed)).to_bytes() == b"x" * size


@pytest.mark.parametrize("tag_bits", [32, 96, 128])
def test_gcm_with_short_tags_and_additional_data(tag_bits):
    secret = done(subtle.generateKey(obj(name="AES-GCM", length=256), True, to_js(["encrypt", "decrypt"])))
    algorithm = obj(name="AES-GCM", iv=bytes(12), additionalData=b"meta", tagLength=tag_bits)
    sealed = done(subtle.encrypt(algorithm, secret, to_js(b"data")))
    assert sealed.byteLength == 4 + tag_bits // 8
    assert done(subtle.decrypt(algorithm, secret, sealed)).to_bytes() == b"data"


def test_gcm_of_changed_data_is_an_operation_error():
    secret = done(subtle.generateKey(obj(name="AES-GCM", length=256), True, to_js(["encrypt", "decrypt"])))
    algorithm = obj(name="AES-GCM", iv=bytes(12))
    sealed = Uint8Array.new(done(subtle.encrypt(algorithm, secret, to_js(b"data"))))
    sealed[0] ^= 1
    assert refused(subtle.decrypt(algorithm, secret, sealed)) == "OperationError"


PAIRS = {
    "RSASSA-PKCS1-v1_5": ({"modulusLength": 2048, "publicExponent": b"\x01\x00\x01", "hash": "SHA-256"}, {}),
    "RSA-PSS": ({"modulusLength": 2048, "publicExponent": b"\x01\x00\x01", "hash": "SHA-256"}, {"saltLength": 32}),
    "ECDSA": ({"namedCurve": "P-256"}, {"hash": "SHA-256"}),
    "Ed25519": ({}, {}),
}


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_signature_of_a_private_key_is_verified_by_the_public_one(name):
    making, using = PAIRS[name]
    pair = done(subtle.generateKey(obj(name=name, **making), True, to_js(["sign", "verify"])))
    algorithm = obj(name=name, **using)
    signature = done(subtle.sign(algorithm, pair.privateKey, to_js(b"data")))
    assert done(subtle.verify(algorithm, pair.publicKey, signature, to_js(b"data"))) is True
    assert done(subtle.verify(algorithm, pair.publicKey, signature, to_js(b"other"))) is False


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_exported_keys_can_be_imported(name):
    making, using = PAIRS[name]
    pair = done(subtle.generateKey(obj(name=name, **making), True, to_js(["sign", "verify"])))
    algorithm = obj(name=name, **making)
    privates = [
        done(subtle.importKey(form, done(subtle.exportKey(form, pair.privateKey)), algorithm, True, to_js(["sign"])))
        for form in ("pkcs8", "jwk")
    ]
    publics = [
        done(subtle.importKey(form, done(subtle.exportKey(form, pair.publicKey)), algorithm, True, to_js(["verify"])))
        for form in ("spki", "jwk")
    ]
    for private in privates:
        signature = done(subtle.sign(obj(name=name, **using), private, to_js(b"data")))
        for public in publics:
            assert done(subtle.verify(obj(name=name, **using), public, signature, to_js(b"data"))) is True


def test_discords_ed25519_verification():
    # RFC 8032, section 7.1, test 2.
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    for name in ("Ed25519", "NODE-ED25519"):
        imported = key(obj(name=name, namedCurve=name), ["verify"], public)
        assert done(subtle.verify(name, imported, to_js(signature), to_js(b"\x72"))) is True


@pytest.mark.parametrize(("name", "making"), [("ECDH", {"namedCurve": "P-256"}), ("X25519", {})])
def test_both_sides_derive_the_same_secret(name, making):
    one, two = (done(subtle.generateKey(obj(name=name, **making), True, to_js(["deriveBits"]))) for _ in range(2))
    first = done(subtle.deriveBits(obj(name=name, public=two.publicKey), one.privateKey, 256))
    second = done(subtle.deriveBits(obj(name=name, public=one.publicKey), two.privateKey, 256))
    assert first.to_bytes() == second.to_bytes()


def test_rsa_oaep_decrypts_what_it_encrypted():
    making = obj(name="RSA-OAEP", modulusLength=2048, publicExponent=b"\x01\x00\x01", hash="SHA-256")
    pair = done(subtle.generateKey(making, True, to_js(["encrypt", "decrypt"])))
    sealed = done(subtle.encrypt("RSA-OAEP", pair.publicKey, to_js(b"data")))
    assert done(subtle.decrypt("RSA-OAEP", pair.privateKey, sealed)).to_bytes() == b"data"


def test_wrapped_key_is_unwrapped():
    wrapping = done(subtle.generateKey(obj(name="AES-KW", length=256), True, to_js(["wrapKey", "unwrapKey"])))
    secret = key(obj(name="AES-GCM"), ["encrypt"], bytes(16))
    wrapped = done(subtle.wrapKey("raw", secret, wrapping, "AES-KW"))
    again = done(subtle.unwrapKey("raw", wrapped, wrapping, "AES-KW", obj(name="AES-GCM"), True, to_js(["encrypt"])))
    assert done(subtle.exportKey("raw", again)).to_bytes() == bytes(16)


@pytest.mark.parametrize("form", ["raw", "spki", "pkcs8"])
@given(data=st.binary(max_size=80))
def test_malformed_key_data_is_a_data_error(form, data):
    for name, extra in (("ECDSA", {"namedCurve": "P-256"}), ("Ed25519", {})):
        promise = subtle.importKey(form, to_js(data), obj(name=name, **extra), True, to_js(["verify"]))
        if name == "Ed25519" and form == "raw" and len(data) == 32:
            continue
        assert refused(promise) == "DataError"


def test_random_values_fill_the_array():
    target = Uint8Array.new(64)
    assert crypto.getRandomValues(target) is target
    assert any(target)


@pytest.mark.parametrize("target", [js.Float64Array.new(1), js.Array.new(1)])
def test_random_values_are_integers(target):
    with pytest.raises(JsException, match="TypeMismatchError"):
        crypto.getRandomValues(target)


def test_random_values_have_a_limit():
    with pytest.raises(JsException, match="QuotaExceededError"):
        crypto.getRandomValues(Uint8Array.new(65537))


def test_random_uuid():
    assert crypto.randomUUID()[14] == "4"
