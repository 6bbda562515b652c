"""Metadata and checksums of objects; the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import hashlib

import pytest

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_arrays import Uint8Array
from pywrangler.runtime.js.values import plain

EVERYTHING = {
    "contentType": "a/b",
    "contentLanguage": "de",
    "contentDisposition": "inline",
    "contentEncoding": "gzip",
    "cacheControl": "no-store",
}
TOO_LARGE = "Your metadata headers exceed the maximum allowed metadata size. (10012)"


def bad(field, kind, of="PutOptions"):
    return f"TypeError: Incorrect type for the '{field}' field on '{of}': the provided value is not of type '{kind}'."


@pytest.fixture
def bucket(bind):
    return bind("r2_buckets", "BUCKET")


@pytest.fixture
def put(bucket, run_async):
    """Return `put(**options)`: the object as `head` shows it, or the text of the error."""

    def go(value="abc", **options):
        async def main():
            try:
                await bucket.put("k", value, **options)
            except JsException as problem:
                return str(problem)
            return await bucket.head("k")

        return run_async(main())

    return go


# ---- HTTP metadata --------------------------------------------------------------------------------------


def test_http_metadata_as_an_object(put):
    stored = put(httpMetadata=plain({**EVERYTHING, "cacheExpiry": JsDate.new(1_700_000_000_123), "unknown": "x"}))
    shown = stringify(stored.httpMetadata)
    assert shown == stringify(plain({**EVERYTHING, "cacheExpiry": "2023-11-14T22:13:20.123Z"}))


def test_http_metadata_as_headers(put):
    names = ("content-type", "content-language", "content-disposition", "content-encoding", "cache-control")
    headers = [list(pair) for pair in zip(names, EVERYTHING.values(), strict=True)]
    headers += [["Expires", "Tue, 14 Nov 2023 22:13:20 GMT"], ["x-other", "1"]]
    stored = put(httpMetadata=Headers.new(headers))
    shown = stringify(stored.httpMetadata)
    assert shown == stringify(plain({**EVERYTHING, "cacheExpiry": "2023-11-14T22:13:20.000Z"}))


def test_fields_that_nobody_set_are_undefined(put):
    for given in (None, jsnull, plain({}), array([]), Headers.new()):
        metadata = put(httpMetadata=given).httpMetadata
        assert metadata.contentType is metadata.cacheExpiry is None
        assert stringify(metadata) == "{}"
        assert len(metadata.object_keys()) == 6


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"contentType": jsnull}, '{"contentType":"null"}'),
        ({"contentType": 5}, '{"contentType":"5"}'),
        ({"contentType": ""}, '{"contentType":""}'),
        ({"cacheExpiry": 1_700_000_000_000}, '{"cacheExpiry":"2023-11-14T22:13:20.000Z"}'),
        ({"cacheExpiry": 1.5}, '{"cacheExpiry":"1970-01-01T00:00:00.001Z"}'),
        ({"cacheExpiry": JsDate.new(0)}, '{"cacheExpiry":"1970-01-01T00:00:00.000Z"}'),
    ],
)
def test_values_of_http_metadata_are_converted(put, fields, shown):
    assert stringify(put(httpMetadata=plain(fields)).httpMetadata) == shown


def test_an_expiry_in_headers_that_is_no_date_is_that_of_1970(put):
    stored = put(httpMetadata=Headers.new([["expires", "soon"]]))
    assert stringify(stored.httpMetadata) == '{"cacheExpiry":"1970-01-01T00:00:00.000Z"}'


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (5, bad("httpMetadata", "HttpMetadata or Headers")),
        ("x", bad("httpMetadata", "HttpMetadata or Headers")),
        (plain({"cacheExpiry": "2020-01-01"}), bad("cacheExpiry", "date", "HttpMetadata")),
        (plain({"cacheExpiry": jsnull}), bad("cacheExpiry", "date", "HttpMetadata")),
        (
            plain({"cacheExpiry": JsDate.new("never")}),
            "TypeError: The value cannot be converted because it is not a valid Date.",
        ),
    ],
)
def test_http_metadata_that_is_none(put, given, message):
    assert put(httpMetadata=given) == message


def test_http_metadata_goes_into_headers(put):
    headers = Headers.new([["content-type", "old"], ["x", "1"]])
    stored = put(httpMetadata=plain({**EVERYTHING, "cacheExpiry": 1_700_000_000_123}))
    assert stored.writeHttpMetadata(headers) is None
    assert headers.combined() == [
        ("cache-control", "no-store"), ("content-disposition", "inline"), ("content-encoding", "gzip"),
        ("content-language", "de"), ("content-type", "a/b"), ("expires", "Tue, 14 Nov 2023 22:13:20 GMT"), ("x", "1"),
    ]  # fmt: skip
    unchanged = Headers.new([["content-type", "old"]])
    put().writeHttpMetadata(unchanged)
    assert unchanged.combined() == [("content-type", "old")]


@pytest.mark.parametrize("given", [(), (plain({}),), (5,), (jsnull,)])
def test_only_headers_take_http_metadata(put, given):
    message = "Failed to execute 'writeHttpMetadata' on 'HeadResult': parameter 1 is not of type 'Headers'."
    with pytest.raises(JsException, match=message):
        put().writeHttpMetadata(*given)


def test_http_metadata_that_is_no_header_shows_when_it_is_written(put):
    stored = put(httpMetadata=plain({"contentType": "a\nb"}))
    with pytest.raises(JsException, match=r"Invalid header value\."):
        stored.writeHttpMetadata(Headers.new())


# ---- custom metadata ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (plain({"a": 1, "b": jsnull, "c": True, "d": None}), '{"a":"1","b":"null","c":"true","d":"undefined"}'),
        (plain({"Aé": "ü", "": "e", "\ud800": "\ud800"}), '{"Aé":"ü","":"e","\ufffd":"\ufffd"}'),
        (JsMap.new(array([array(["a", "b"])])), "{}"),
        (Headers.new([["a", "b"]]), "{}"),
        (None, "{}"),
    ],
)
def test_custom_metadata_is_text_by_name(put, given, shown):
    assert stringify(put(customMetadata=given).customMetadata) == shown


@pytest.mark.parametrize("given", ["x", 5, jsnull])
def test_custom_metadata_is_an_object(put, given):
    assert put(customMetadata=given) == bad("customMetadata", "object")


def test_custom_metadata_has_at_most_8192_bytes(bucket, put):
    assert put(customMetadata=plain({"a": "x" * 8191})).size == 3
    assert put(customMetadata=plain({"aé": "é" * 8190})).size == 3
    assert put(customMetadata=plain({"a": "x" * 8192})) == f"Error: put: {TOO_LARGE}"
    # Two bytes for each UTF-16 unit of a text that is not Latin-1.
    assert put(customMetadata=plain({"ab": "\u0100" * 4095})).size == 3
    assert put(customMetadata=plain({"ab": "\u0100" * 4096})) == f"Error: put: {TOO_LARGE}"
    assert put(customMetadata=plain({"ab": "😀" * 2048})) == f"Error: put: {TOO_LARGE}"


def test_a_new_object_has_nothing_of_the_old_ones_metadata(put):
    put(httpMetadata=plain({"contentType": "a/b"}), customMetadata=plain({"a": "b"}))
    stored = put()
    assert stringify(stored.httpMetadata) == stringify(stored.customMetadata) == "{}"


# ---- checksums ------------------------------------------------------------------------------------------

ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


@pytest.fixture(params=ALGORITHMS)
def algorithm(request):
    return request.param


def digest(name, data=b"abc"):
    return hashlib.new(name, data, usedforsecurity=False).digest()


@pytest.mark.parametrize("size", [1, 300_000])
@pytest.mark.parametrize(
    "form", [bytes.hex, lambda data: data.hex().upper(), Uint8Array.from_bytes, ArrayBuffer.from_bytes]
)
def test_a_checksum_that_fits_is_kept(put, algorithm, form, size):
    data = b"abc" * size
    stored = put(data.decode(), **{algorithm: form(digest(algorithm, data))})
    kept = {name: getattr(stored.checksums, name) for name in ALGORITHMS}
    assert {name: value.to_bytes() for name, value in kept.items() if value is not None} == {
        name: digest(name, data) for name in ("md5", algorithm)
    }
    assert stringify(stored.checksums).count(":") == (1 if algorithm == "md5" else 2)


def test_a_checksum_that_does_not_fit_is_refused(bucket, put, algorithm, tmp_path):
    wrong, right, shown = digest(algorithm, b"other").hex(), digest(algorithm).hex(), ALGORITHMS[algorithm]
    assert put(**{algorithm: wrong}) == (
        f"Error: put: The {shown} checksum you specified did not match what we received.\n"
        f"You provided a {shown} checksum with value: {wrong}\nActual {shown} was: {right} (10037)"
    )
    assert list((tmp_path / "v3/r2/BUCKET/blobs").iterdir()) == []


def test_a_checksum_has_the_length_of_its_algorithm(put, algorithm):
    shown, size = ALGORITHMS[algorithm], len(digest(algorithm))
    assert put(**{algorithm: "abcd"}) == f"TypeError: {shown} is {2 * size} hex characters, not 4"
    assert put(**{algorithm: Uint8Array.new(3)}) == f"TypeError: {shown} is {size} bytes, not 3"
    for text in ("z" * (2 * size), " " + "a" * (2 * size - 2) + " "):
        assert put(**{algorithm: text}) == f"TypeError: Provided {shown} wasn't a valid hex string"


@pytest.mark.parametrize("given", [5, jsnull, plain({}), b"python"])
def test_what_is_no_checksum(put, algorithm, given):
    assert put(**{algorithm: given}) == bad(algorithm, "BufferSource or string")


def test_there_is_one_checksum_at_most(put):
    assert put(md5="0" * 32, sha1="a9") == "TypeError: You cannot specify multiple hashing algorithms."


def test_a_wrong_checksum_is_told_before_a_condition(put):
    put()
    assert "(10037)" in put(md5="0" * 32, onlyIf=plain({"etagDoesNotMatch": "*"}))


# ---- others ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [5, "x", True])
def test_options_are_an_object(bucket, run_async, given):
    async def message(promise):
        with pytest.raises(JsException) as caught:
            await promise
        return str(caught.value)

    async def go():
        upload = bucket.resumeMultipartUpload("k", "id")
        return [
            await message(bucket.put("k", "x", given)),
            await message(bucket.get("k", given)),
            await message(bucket.list(given)),
            await message(bucket.createMultipartUpload("k", given)),
            await message(upload.uploadPart(1, "x", given)),
        ]

    start = "TypeError: Failed to execute"
    assert run_async(go()) == [
        f"{start} 'put' on 'R2Bucket': parameter 3 is not of type 'PutOptions'.",
        f"{start} 'get' on 'R2Bucket': parameter 2 is not of type 'GetOptions'.",
        f"{start} 'list' on 'R2Bucket': parameter 1 is not of type 'ListOptions'.",
        f"{start} 'createMultipartUpload' on 'R2Bucket': parameter 2 is not of type 'MultipartOptions'.",
        f"{start} 'uploadPart' on 'R2MultipartUpload': parameter 3 is not of type 'UploadPartOptions'.",
    ]


def test_options_may_be_null(bucket, run_async):
    async def go():
        await bucket.put("k", "x", jsnull)
        return await (await bucket.get("k", jsnull)).text(), (await bucket.list(jsnull)).truncated

    assert run_async(go()) == ("x", False)


def test_the_storage_class_is_accepted_and_not_kept(put):
    assert put(storageClass="InfrequentAccess").storageClass == ""
    assert put(storageClass=jsnull).storageClass == ""


@pytest.mark.parametrize("given", ["00" * 31, "zz" * 32, Uint8Array.new(31)])
def test_a_key_for_encryption_has_32_bytes(put, given):
    assert put(ssecKey="00" * 32).size == put(ssecKey=Uint8Array.new(32)).size == 3
    assert put(ssecKey=given) == "Error: SSE-C Key must be 32 bytes in length"
    assert put(ssecKey=5) == bad("ssecKey", "ArrayBuffer or string")
