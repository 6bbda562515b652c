"""Buckets in real Workers; what one test stores, the next does not find."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

pytestmark = pytest.mark.workers("r2/modern/wrangler.jsonc", "r2/older/wrangler.jsonc")
twice = pytest.mark.parametrize("attempt", ["first", "second"])
LARGE = bytes(range(256)) * 20_000
NO_VALUE = (
    "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type "
    "'JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob'."
)
BAD_FIELD = "TypeError: Incorrect type for the '{}' field on '{}': the provided value is not of type '{}'."


@pytest.fixture
def files(workers):
    return workers["modern"].entrypoint("Files")


@pytest.fixture
def modern(workers):
    return workers["modern"]


def test_a_worker_serves_files_from_a_bucket(modern):
    headers = {"content-type": "text/x", "cache-control": "no-store", "content-length": "5"}
    assert modern.put("/a%20dir/k", body=b"12345", headers=headers).status == 204
    answer = modern.get("/a%20dir/k")
    assert (answer.status, answer.body) == (200, b"12345")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("text/x", "no-store")
    etag = answer.headers["etag"]
    assert etag == f'"{hashlib.md5(b"12345").hexdigest()}"'
    assert modern.get("/a%20dir/k", headers={"if-none-match": etag}).status == 304
    part = modern.get("/a%20dir/k", headers={"range": "bytes=1-2"})
    assert (part.status, part.body) == (206, b"23")
    assert modern.delete("/a%20dir/k").status == 204
    assert modern.get("/a%20dir/k").status == 404


def test_large_bodies_stream_both_ways(modern):
    assert modern.put("/large", body=LARGE).status == 204
    answer = modern.get("/large")
    assert answer.headers["content-length"] == str(len(LARGE))
    assert answer.body == LARGE


def test_what_an_object_shows(files):
    files.put("k", b"abc", httpMetadata={"contentType": "a/b"}, customMetadata={"x": "y", "n": 1})
    shown = files.describe("k")
    uploaded = shown.pop("uploaded")
    assert abs(uploaded.replace(tzinfo=uploaded.tzinfo or UTC) - datetime.now(UTC)).total_seconds() < 86_400
    md5 = hashlib.md5(b"abc")
    assert shown == {
        "key": ["k", "k"],
        "type": "a/b",
        "language": None,
        "expiry": None,
        "custom": {"x": "y", "n": "1"},
        "md5": md5.digest(),
        "checksums": {"md5": md5.hexdigest()},
        "range": {"offset": 0, "length": 3, "suffix": None},
        "body": False,
    }


def test_reading_a_body_in_python(files):
    assert files.read() == {
        "parsed": {"a": [1, None]},
        "used": [False, False, True, False],  # an attribute keeps what it was when it was first read
        "bytes": b'{"a"',
        "buffer": "memoryview",
        "blob": ["application/json", 16],
        "part": '"a"',
        "missing": None,
        "failed": [False],
        "refused": None,
    }


def test_values_in_python(files):
    assert files.values() == [4, 5, 4, 3, 0]


def test_what_is_refused(files):
    assert files.refused() == [
        NO_VALUE,
        BAD_FIELD.format("md5", "PutOptions", "BufferSource or string"),
        "Error: get: The specified object name is not valid. (10020)",
        "Error: list: MaxKeys params must be positive integer <= 1000. (10022)",
        BAD_FIELD.format("prefix", "ListOptions", "string"),
    ]


def test_pages(files):
    for key in ("d/a", "d/b/1", "d/b/2", "e"):
        files.put(key, "", customMetadata={"of": key})
    assert files.listed() == {
        "keys": ["d/a"],
        "prefixes": ["d/b/"],
        "rest": [False, None],
        "custom": {"of": "d/a"},
    }


def test_multipart_uploads(files):
    size = 5 * 1024 * 1024
    digests = b"".join(hashlib.md5(digit * size).digest() for digit in (b"0", b"1"))
    assert files.upload(size, 2) == {
        "size": 2 * size,
        "etag": f"{hashlib.md5(digests).hexdigest()}-2",
        "custom": {"of": "parts"},
        "tail": "111",
    }


def test_a_durable_object_uses_a_bucket(modern, files):
    assert modern.object("KEEPER", "x").keep("k", "from the object") == "from the object"
    with pytest.raises(Exception, match="on purpose"):
        modern.object("KEEPER", "x").keep_and_fail("lost")
    assert files.keys() == ["k"]


def test_raw_objects_of_the_older_sdk(workers):
    assert workers["older"].get("/").json() == [
        [NO_VALUE, NO_VALUE],
        "bytes",
        '{"by":"name"}',
        ["named", "raw"],
        {},
        True,
        False,
    ]


def test_two_workers_share_a_bucket(workers, files):
    workers["modern"].put("/from-modern", body=b"x")
    assert workers["older"].get("/").json()[3] == ["from-modern", "named", "raw"]
    assert files.keys() == ["from-modern"]


@twice
def test_objects_are_gone_after_a_test(modern, files, attempt):
    assert files.keys() == []
    modern.put("/left", body=LARGE)
    assert files.keys() == ["left"]
