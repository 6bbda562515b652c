"""Multipart uploads; the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import asyncio

import pytest

from pywrangler.bindings.r2 import uploads
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.values import plain

INTERNAL = "We encountered an internal error. Please try again. (10001)"
SMALL = "Your proposed upload is smaller than the minimum allowed object size. (10011)"
UNKNOWN = "The specified multipart upload does not exist. (10024)"
NO_PART = "One or more of the specified parts could not be found. (10025)"
PROBLEM = "There was a problem with the multipart upload. (10048)"
NO_ARGUMENT = "TypeError: Failed to execute 'uploadPart' on 'R2MultipartUpload': parameter {} is not of type '{}'."
NO_VALUE = NO_ARGUMENT.format(2, "JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob")


def bad_number(number):
    return f"TypeError: Part number must be between 1 and 10000 (inclusive). Actual value was: {number}"


@pytest.fixture
def bucket(bind, monkeypatch):
    monkeypatch.setattr(uploads, "MIN_PART_BYTES", 5)  # as large as 5 MiB, as far as the rules are concerned
    return bind("r2_buckets", "BUCKET")


@pytest.fixture
def run(run_async):
    def go(work):
        async def main():
            try:
                return await work()
            except JsException as problem:
                return str(problem)

        return run_async(main())

    return go


async def upload_parts(upload, *parts):
    return [await upload.uploadPart(number, content) for number, content in parts]


def blobs(tmp_path):
    return len(list((tmp_path / "v3/r2/BUCKET/blobs").iterdir()))


def test_parts_become_an_object(bucket, run, tmp_path):
    async def go():
        upload = await bucket.createMultipartUpload(
            "k", httpMetadata=plain({"contentType": "a/b"}), customMetadata=plain({"x": "y"})
        )
        assert (upload.key, upload.constructor.name) == ("k", "R2MultipartUpload")
        assert stringify(upload) == f'{{"uploadId":"{upload.uploadId}","key":"k"}}'
        parts = await upload_parts(upload, (7, "AAAAA"), (9, "tail"), (3, "unused"))
        assert list(parts[0].object_keys()) == ["partNumber", "etag"]
        invisible = await bucket.head("k")
        item = await upload.complete(array(parts[:2]))
        found = await bucket.get("k")
        return invisible, item.size, item.etag, item.range, stringify(found), await found.text()

    invisible, size, etag, extent, shown, text = run(go)
    assert (invisible, size, extent, text) == (jsnull, 9, None, "AAAAAtail")
    assert etag.endswith("-2")
    assert '"checksums":{}' in shown
    assert '"customMetadata":{"x":"y"},"httpMetadata":{"contentType":"a/b"}' in shown
    assert blobs(tmp_path) == 2


def test_the_etag_is_the_md5_of_the_md5s_and_their_number():
    # What wrangler answers for parts of 5 MiB of "A" and "tail", and for no parts at all.
    md5s = ["b8fc857a25e7958868c2f003d5e0952d", "7aea2552dfe7eb84b9443b6fc9ba6e01"]
    assert uploads.etag_of(md5s) == "03ea87a5790ef586173426797c8028a3-2"
    assert uploads.etag_of([]) == "d41d8cd98f00b204e9800998ecf8427e-0"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"offset": 3}, "AABBBBBcc"),
        ({"offset": 3, "length": 3}, "AAB"),
        ({"offset": 5, "length": 5}, "BBBBB"),
        ({"offset": 11}, "c"),
        ({"suffix": 4}, "BBcc"),
        ({"offset": 0, "length": 5}, "AAAAA"),
    ],
)
def test_a_range_may_reach_over_parts(bucket, run, wanted, text):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        parts = await upload_parts(upload, (1, "AAAAA"), (2, "BBBBB"), (3, "cc"))
        await upload.complete(array(parts))
        return await (await bucket.get("k", range=plain(wanted))).text()

    assert run(go) == text


def test_an_object_of_no_parts_is_empty(bucket, run):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        item = await upload.complete(array([]))
        found = await bucket.get("k")
        return item.size, item.etag, found.range.length, await found.text()

    assert run(go) == (0, "d41d8cd98f00b204e9800998ecf8427e-0", 0, "")


def test_a_part_that_is_uploaded_again_replaces_the_first(bucket, run, tmp_path):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        (old,) = await upload_parts(upload, (1, "one"))
        (new,) = await upload_parts(upload, (1, "two"))
        with pytest.raises(JsException, match="10025"):
            await upload.complete(array([old]))
        await upload.complete(array([new]))
        return await (await bucket.get("k")).text(), blobs(tmp_path)

    assert run(go) == ("two", 1)


def test_an_upload_is_resumed_by_its_id(bucket, bind, run):
    async def go():
        begun = await bucket.createMultipartUpload("k")
        (first,) = await upload_parts(begun, (1, "AAAAA"))
        resumed = bind("r2_buckets", "BUCKET").resumeMultipartUpload("k", begun.uploadId)
        (second,) = await upload_parts(resumed, (2, "b"))
        given = plain({"partNumber": "1", "etag": first.etag, "more": 1})
        await resumed.complete(array([given, second]))
        return (resumed.key, resumed.uploadId == begun.uploadId), await (await bucket.get("k")).text()

    assert run(go) == (("k", True), "AAAAAb")


def test_resuming_does_not_ask_whether_it_exists(bucket):
    upload = bucket.resumeMultipartUpload(1, 2)
    assert (upload.key, upload.uploadId) == ("1", "2")
    assert bucket.resumeMultipartUpload("k" * 1025, "x").key == "k" * 1025
    for given, position in (((), 1), (("k",), 2)):
        message = f"'resumeMultipartUpload' on 'R2Bucket': parameter {position} is not of type 'string'"
        with pytest.raises(JsException, match=message):
            bucket.resumeMultipartUpload(*given)


# ---- what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "given", "message"),
    [
        ("uploadPart", (1, "x"), f"uploadPart: {UNKNOWN}"),
        ("complete", (array([]),), f"completeMultipartUpload: {INTERNAL}"),
        ("abort", (), f"abortMultipartUpload: {INTERNAL}"),
    ],
)
def test_an_upload_that_does_not_exist(bucket, run, tmp_path, method, given, message):
    async def go(key="k", name=None):
        upload = await bucket.createMultipartUpload("other")
        resumed = bucket.resumeMultipartUpload(key, name or upload.uploadId)
        return await getattr(resumed, method)(*given)

    assert run(go) == f"Error: {message}"
    assert run(lambda: go("other", "nope")) == f"Error: {message}"
    long_key = f"Error: {message.partition(':')[0]}: The specified object name is not valid. (10020)"
    assert run(lambda: go("k" * 1025)) == long_key
    assert not (tmp_path / "v3/r2/BUCKET/blobs").exists() or blobs(tmp_path) == 0


@pytest.mark.parametrize("end", ["complete", "abort"])
def test_an_upload_that_has_ended(bucket, run, tmp_path, end):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        parts = await upload_parts(upload, (1, "x"))
        await (upload.complete(array(parts)) if end == "complete" else upload.abort())
        outcomes = []
        for again in (lambda: upload.uploadPart(1, "y"), lambda: upload.complete(array(parts)), upload.abort):
            try:
                outcomes.append(await again())
            except JsException as problem:
                outcomes.append(str(problem))
        return outcomes, await bucket.head("k") is not jsnull, blobs(tmp_path)

    refused = [f"Error: uploadPart: {UNKNOWN}", f"Error: completeMultipartUpload: {UNKNOWN}", None]
    completed = end == "complete"
    assert run(go) == (refused, completed, int(completed))


@pytest.mark.parametrize(
    ("parts", "chosen", "message"),
    [
        ([(1, "x"), (2, "x")], [0, 1], SMALL),
        ([(1, "AAAAA"), (2, "tail")], [1, 0], SMALL),
        ([(1, "AAAAA"), (2, "BBBBBB"), (3, "c")], [0, 1, 2], PROBLEM),
        ([(1, "AAAAA"), (2, "BBBBBB")], [0, 1], PROBLEM),
        ([(1, "x")], [0, 0], INTERNAL),
    ],
)
def test_parts_that_make_no_object(bucket, run, parts, chosen, message):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        uploaded = await upload_parts(upload, *parts)
        try:
            await upload.complete(array([uploaded[index] for index in chosen]))
        except JsException as problem:
            # The upload goes on.
            await upload_parts(upload, (9, "x"))
            return str(problem)

    assert run(go) == f"Error: completeMultipartUpload: {message}"


def test_parts_are_put_in_the_order_of_their_numbers(bucket, run):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        first, second = await upload_parts(upload, (1, "AAAAAA"), (2, "BBBBB"))
        await upload.complete(array([second, first]))
        return await (await bucket.get("k")).text()

    assert run(go) == "AAAAAABBBBB"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([{"partNumber": 1, "etag": "bad"}], f"Error: completeMultipartUpload: {NO_PART}"),
        ([{"partNumber": 1}], f"Error: completeMultipartUpload: {NO_PART}"),
        ([{"etag": "x"}], bad_number(0)),
        ([{"etag": "x", "partNumber": jsnull}], bad_number(0)),
        ([{"etag": "x", "partNumber": 10001}], bad_number(10001)),
        (
            [{"etag": "x", "partNumber": 1e12}],
            "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive).",
        ),
        ([5], "TypeError: Incorrect type for array element 0: the provided value is not of type 'UploadedPart'."),
    ],
)
def test_what_complete_refuses(bucket, run, parts, message):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        return await upload.complete(array([plain(part) if isinstance(part, dict) else part for part in parts]))

    assert run(go) == message


@pytest.mark.parametrize("given", [(), (plain({}),), (5,), ([],)])
def test_complete_takes_an_array(bucket, run, given):
    async def go():
        return await (await bucket.createMultipartUpload("k")).complete(*given)

    message = "Failed to execute 'complete' on 'R2MultipartUpload': parameter 1 is not of type 'Array'."
    assert run(go) == f"TypeError: {message}"


@pytest.mark.parametrize(("given", "shown"), [(1, 1), (10000, 10000), ("2", 2), (1.9, 1), (True, 1)])
def test_numbers_of_parts(bucket, run, given, shown):
    async def go():
        return (await (await bucket.createMultipartUpload("k")).uploadPart(given, "x")).partNumber

    assert run(go) == shown


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((0, "x"), bad_number(0)),
        ((-1, "x"), bad_number(-1)),
        ((10001, "x"), bad_number(10001)),
        (("x", "x"), bad_number(0)),
        ((float("inf"), "x"), bad_number(0)),
        ((), NO_ARGUMENT.format(1, "integer")),
        *((arguments, NO_VALUE) for arguments in ((1,), (1, 5), (1, jsnull), (1, None))),
    ],
)
def test_what_upload_part_refuses(bucket, run, given, message):
    async def go():
        return await (await bucket.createMultipartUpload("k")).uploadPart(*given)

    assert run(go) == message


def test_a_part_may_be_a_stream_of_known_length(bucket, run):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        part = await upload.uploadPart(1, Response.new("x" * 600_000).body)
        item = await upload.complete(array([part]))
        with pytest.raises(JsException, match="must have a known length"):
            await upload.uploadPart(1, ReadableStream.new(plain({})))
        return item.size

    assert run(go) == 600_000


def test_metadata_of_an_upload_is_checked_when_it_begins(bucket, run):
    refused = run(lambda: bucket.createMultipartUpload("k", customMetadata=plain({"a": "x" * 9000})))
    assert refused.startswith("Error: createMultipartUpload: Your metadata headers exceed ")
    refused = run(lambda: bucket.createMultipartUpload("k", httpMetadata=5))
    assert refused.startswith("TypeError: Incorrect type for the 'httpMetadata' field on 'MultipartOptions'")
    assert run(lambda: bucket.createMultipartUpload("k", jsnull)).key == "k"


# ---- beside other things --------------------------------------------------------------------------------


def test_objects_of_parts_are_overwritten_and_deleted_with_their_files(bucket, run, tmp_path):
    async def go():
        for end in ("put", "delete", "again"):
            upload = await bucket.createMultipartUpload("k")
            parts = await upload_parts(upload, (1, "AAAAA"), (2, "tail"))
            await upload.complete(array(parts))
            if end == "put":
                await bucket.put("k", "small")
            elif end == "delete":
                await bucket.delete("k")
        return await (await bucket.get("k")).text(), blobs(tmp_path)

    assert run(go) == ("AAAAAtail", 2)


def test_a_reader_of_parts_gets_the_old_body_whole(bucket, run):
    async def go():
        upload = await bucket.createMultipartUpload("k")
        parts = await asyncio.gather(*(upload.uploadPart(number, str(number) * 300_000) for number in (1, 2, 3)))
        await upload.complete(array(parts))
        found = await bucket.get("k")
        reader = found.body.getReader()
        content = (await reader.read()).value.to_bytes()
        await bucket.delete("k")
        while not (piece := await reader.read()).done:
            content += piece.value.to_bytes()
        return content == b"1" * 300_000 + b"2" * 300_000 + b"3" * 300_000

    assert run(go)
