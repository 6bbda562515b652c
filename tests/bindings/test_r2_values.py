"""What a bucket stores and gives back (spec/bindings.md, section 2); the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.blob import Blob
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.transforms import FixedLengthStream, IdentityTransformStream
from pywrangler.runtime.js.typed_arrays import Uint8Array, Uint16Array
from pywrangler.runtime.js.values import plain

NO_VALUE = (
    "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 2 is not of type "
    "'JsReadableStream or ArrayBuffer or ArrayBufferView or string or Blob'."
)
NO_LENGTH = (
    "TypeError: Provided readable stream must have a known length "
    "(request/response body or readable half of FixedLengthStream)"
)
USED = "TypeError: Body has already been used. It can only be used once. Use tee() first if you need to read it twice."
LARGE = 3_000_000


@pytest.fixture
def bucket(bind):
    return bind("r2_buckets", "BUCKET", bucket_name="a-bucket")


@pytest.fixture
def run(run_async):
    """Return `run(call)`: what a call gives, or the text of its error."""

    def go(call):
        async def main():
            try:
                return await call()
            except JsException as problem:
                return str(problem)

        return run_async(main())

    return go


def reader(bucket, key="k", **options):
    async def read():
        found = await bucket.get(key, **options)
        return found if found is jsnull else await found.text()

    return read


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def blobs(tmp_path):
    directory = tmp_path / "v3/r2/a-bucket/blobs"
    return sorted(path.name for path in directory.iterdir()) if directory.exists() else []


# ---- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "content"),
    [
        ("text", b"text"),
        ("é\0\u2028", "é\0\u2028".encode()),
        ("\ud800", "\ufffd".encode()),
        ("", b""),
        (None, b""),
        (jsnull, b""),
        (Uint8Array.from_bytes(b"\0\xff"), b"\0\xff"),
        (Uint16Array.new(array([1, 2])), b"\1\0\2\0"),
        (ArrayBuffer.from_bytes(b"buffer"), b"buffer"),
        (Blob.new(array(["blob"]), type="text/blob"), b"blob"),
    ],
)
def test_a_value_is_text_or_bytes_or_nothing(bucket, run, value, content):
    async def go():
        stored = await bucket.put("k", value)
        found = await bucket.get("k")
        return stored.size, (await found.arrayBuffer()).to_bytes()

    assert run(go) == (len(content), content)


@pytest.mark.parametrize(
    "value", [5, True, 1.5, plain({}), array([1]), Response.new("x"), Headers.new(), b"bytes", {"a": 1}, [1]]
)
def test_other_things_are_no_values(bucket, run, value):
    assert run(lambda: bucket.put("k", value)) == NO_VALUE


def test_a_missing_value_is_refused_by_the_promise(bucket, run):
    assert run(lambda: bucket.put("k")) == NO_VALUE
    no_key = "TypeError: Failed to execute 'put' on 'R2Bucket': parameter 1 is not of type 'string'."
    assert run(bucket.put) == no_key


def test_what_happens_to_a_buffer_after_the_call_does_not_matter(bucket, run):
    async def go():
        data = Uint8Array.from_bytes(b"abc")
        promise = bucket.put("k", data)
        data[0] = 0
        await promise
        return await reader(bucket)()

    assert run(go) == "abc"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Response.new("hello").body,
        lambda: Blob.new(array(["hello"])).stream(),
        lambda: Response.new("hello").body.tee()[0],
        lambda: Response.new("hello").body.pipeThrough(FixedLengthStream.new(5)),
    ],
)
def test_a_stream_of_known_length_is_stored(bucket, run, make):
    async def go():
        stored = await bucket.put("k", make())
        return stored.size, await reader(bucket)()

    assert run(go) == (5, "hello")


@pytest.mark.parametrize(
    "make", [lambda: ReadableStream.new(plain({})), lambda: IdentityTransformStream.new().readable]
)
def test_a_stream_of_unknown_length_is_refused(bucket, run, make):
    async def go():
        return await bucket.put("k", make())

    assert run(go) == NO_LENGTH


def test_a_body_of_another_object_is_stored(bucket, run):
    async def go():
        await bucket.put("from", "x" * LARGE)
        stored = await bucket.put("to", (await bucket.get("from")).body)
        return stored.size

    assert run(go) == LARGE


@pytest.mark.parametrize("how", ["read", "locked", "put"])
def test_a_stream_that_somebody_has_is_refused(bucket, run, how):
    async def go():
        source = Response.new("hello")
        if how == "read":
            await source.text()
        elif how == "locked":
            source.body.getReader()
        else:
            source = FixedLengthStream.new(3)
            waiting = bucket.put("other", source.readable)
            try:
                await bucket.put("k", source.readable)
            finally:
                writer = source.writable.getWriter()
                await asyncio.gather(writer.write(Uint8Array.from_bytes(b"abc")), writer.close(), waiting)
        return await bucket.put("k", source.body)

    assert run(go) == "TypeError: The ReadableStream has been locked to a reader."


@pytest.mark.parametrize(
    ("fail", "message"),
    [
        (lambda writer: writer.close(), "TypeError: FixedLengthStream did not see all expected bytes before close()."),
        (lambda writer: writer.abort(error("boom")), "Error: boom"),
    ],
)
def test_a_stream_that_fails_leaves_the_old_object_and_no_file(bucket, run, tmp_path, fail, message):
    async def go():
        await bucket.put("k", "old")
        before = blobs(tmp_path)
        stream = FixedLengthStream.new(3)
        writer = stream.writable.getWriter()
        promise = bucket.put("k", stream.readable)
        await writer.write(Uint8Array.from_bytes(b"ab"))
        # What becomes of the writer's end is not the question here.
        await asyncio.gather(fail(writer), return_exceptions=True)
        with pytest.raises(JsException) as caught:
            await promise
        return str(caught.value), await reader(bucket)(), blobs(tmp_path) == before

    assert run(go) == (message, "old", True)


def test_invalid_options_leave_a_stream_to_its_owner(bucket, run):
    async def go():
        response = Response.new("hello")
        with pytest.raises(JsException):
            await bucket.put("k", response.body, md5="short")
        return await response.text()

    assert run(go) == "hello"


def test_overwriting_and_deleting_leave_no_files(bucket, run, tmp_path):
    async def go():
        await bucket.put("k", "one")
        await bucket.put("k", "two")
        await bucket.put("other", "x" * LARGE)
        found = await reader(bucket)()
        count = len(blobs(tmp_path))
        await bucket.delete(array(["k", "other", "never"]))
        return found, count, blobs(tmp_path), await bucket.head("k")

    assert run(go) == ("two", 2, [], jsnull)


# ---- keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text"),
    [("", ""), ("a/b", "a/b"), (5, "5"), (jsnull, "null"), (None, "undefined"), ("a\0b", "a\0b"), ("\ud800", "\ufffd")],
)
def test_anything_becomes_a_key(bucket, run, key, text):
    async def go():
        return (await bucket.put(key, "x")).key, (await bucket.head(text)).key

    assert run(go) == (text, text)


@pytest.mark.parametrize("method", ["head", "get", "put", "delete", "createMultipartUpload"])
def test_a_key_has_at_most_1024_bytes(bucket, run, method):
    def call(key):
        given = (key, "x") if method == "put" else (key,)
        return run(lambda: getattr(bucket, method)(*given))

    assert not isinstance(call("k" * 1024), str)
    assert call("é" * 512 + "k") == f"Error: {method}: The specified object name is not valid. (10020)"


@pytest.mark.parametrize("method", ["head", "get", "createMultipartUpload"])
def test_a_missing_key_is_refused(bucket, run, method):
    message = f"TypeError: Failed to execute '{method}' on 'R2Bucket': parameter 1 is not of type 'string'."
    assert run(getattr(bucket, method)) == message


def test_deleting_takes_one_key_or_an_array(bucket, run):
    async def go():
        for key in ("a", "b", "5", "[object Object]"):
            await bucket.put(key, "x")
        await bucket.delete("a")
        await bucket.delete(array(["b", "b", 5]))
        await bucket.delete(plain({}))
        await bucket.delete(array([]))
        return [entry.key for entry in (await bucket.list()).objects]

    assert run(go) == []
    types = "parameter 1 is not of type 'string or Array'."
    assert run(bucket.delete) == f"TypeError: Failed to execute 'delete' on 'R2Bucket': {types}"


def test_one_bad_key_deletes_nothing(bucket, run):
    async def go():
        await bucket.put("a", "x")
        with pytest.raises(JsException, match=r"delete: .*10020"):
            await bucket.delete(array(["a", "k" * 1025]))
        return (await bucket.head("a")).key

    assert run(go) == "a"


# ---- results --------------------------------------------------------------------------------------------


def test_an_object_shows_what_is_known_of_it(bucket, run, stopped_clock):
    async def go():
        await bucket.put("k", "abc", customMetadata=plain({"b": "1", "10": "x", "2": "y"}))
        return await bucket.head("k")

    item = run(go)
    assert str(item) == "[object HeadResult]"
    assert (item.key, item.size) == ("k", 3)
    assert item.etag == "900150983cd24fb0d6963f7d28e17f72"
    assert item.httpEtag == f'"{item.etag}"'
    assert len(item.version) == 32
    assert item.uploaded.getTime() == int(stopped_clock.time * 1000)
    assert item.checksums.md5.to_bytes().hex() == item.etag
    assert item.checksums.sha1 is None
    assert (item.storageClass, item.ssecKeyMd5) == ("", None)
    fields = [
        "ssecKeyMd5", "storageClass", "range", "customMetadata", "httpMetadata", "uploaded", "checksums", "httpEtag",
        "etag", "size", "version", "key",
    ]  # fmt: skip
    assert list(item.object_keys()) == fields
    shown = stringify(item)
    assert '"range":{"offset":0,"length":3}' in shown
    assert '"customMetadata":{"2":"y","10":"x","b":"1"},"httpMetadata":{}' in shown
    assert '"checksums":{"md5":"900150983cd24fb0d6963f7d28e17f72"}' in shown
    with pytest.raises(AttributeError):
        item.key = "other"
    assert not hasattr(item, "body")


def test_each_upload_has_a_version_of_its_own(bucket, run):
    async def go():
        return (await bucket.put("k", "x")).version, (await bucket.put("k", "x")).version

    first, second = run(go)
    assert first != second


def test_only_reading_shows_a_range(bucket, run):
    async def go():
        stored = await bucket.put("k", "abc")
        (listed,) = (await bucket.list()).objects
        return stored.range, listed.range, stringify((await bucket.head("k")).range)

    assert run(go) == (None, None, '{"offset":0,"length":3}')


def test_what_is_not_there_is_null(bucket, run):
    async def go():
        return await bucket.head("none"), await bucket.get("none"), await bucket.get("none", range=plain({"offset": 9}))

    assert run(go) == (jsnull, jsnull, jsnull)


@pytest.mark.parametrize("size", [4, LARGE])
@pytest.mark.parametrize("how", ["text", "arrayBuffer", "bytes", "blob", "json"])
def test_a_body_is_read_once(bucket, run, how, size):
    async def go():
        await bucket.put("k", "1" * size, httpMetadata=plain({"contentType": "Text/X"}))
        found = await bucket.get("k")
        assert str(found) == "[object GetResult]"
        before = found.bodyUsed
        if how != "json" or size < 100:
            await getattr(found, how)()
        else:
            await found.body.cancel()
        with pytest.raises(JsException) as caught:
            await found.text()
        return before, found.bodyUsed, str(caught.value)

    assert run(go) == (False, True, USED)


def test_each_way_to_read_a_body(bucket, run):
    async def go():
        await bucket.put("k", '\ufeff{"a": [1]}', httpMetadata=plain({"contentType": "Text/X"}))
        blob = await (await bucket.get("k")).blob()
        return (
            await (await bucket.get("k")).text(),
            stringify(await (await bucket.get("k")).json()),
            len((await (await bucket.get("k")).arrayBuffer()).to_bytes()),
            str(await (await bucket.get("k")).bytes())[:3],
            (blob.size, blob.type),
        )

    assert run(go) == ('{"a": [1]}', '{"a":[1]}', 13, "239", (13, "Text/X"))


def test_a_body_is_a_stream_for_a_response(bucket, run):
    async def go():
        await bucket.put("k", "x" * LARGE)
        found = await bucket.get("k")
        assert found.body is found.body
        assert found.body.known_length == LARGE
        reader = found.body.getReader()
        with pytest.raises(JsException, match="currently locked"):
            await found.text()
        chunk = await reader.read()
        reader.releaseLock()
        with pytest.raises(JsException) as caught:
            await found.text()
        text = await Response.new((await bucket.get("k")).body).text()
        return chunk.value.byteLength < LARGE, str(caught.value), len(text)

    assert run(go) == (True, USED, LARGE)


def test_an_empty_body_ends_at_once(bucket, run):
    async def go():
        await bucket.put("k", "")
        return (await (await bucket.get("k")).body.getReader().read()).done

    assert run(go) is True


def test_files_are_closed_with_the_last_reference(bucket, run):
    async def go():
        await bucket.put("k", "x" * LARGE)
        before = open_files()
        found = await bucket.get("k")
        opened = open_files() - before
        del found
        await asyncio.sleep(0)  # the step that brought it is over then
        dropped = open_files() - before
        await (await bucket.get("k")).text()
        await (await bucket.get("k")).body.cancel()
        return opened, dropped, open_files() - before

    assert run(go) == (1, 0, 0)


# ---- others run meanwhile -------------------------------------------------------------------------------


@pytest.mark.parametrize("overwrite", ["put", "delete"])
def test_a_reader_gets_the_old_body_whole(bucket, run, overwrite):
    async def go():
        await bucket.put("k", "a" * LARGE)
        found = await bucket.get("k")
        reader = found.body.getReader()
        first = await reader.read()
        await (bucket.put("k", "b" * LARGE) if overwrite == "put" else bucket.delete("k"))
        content = first.value.to_bytes()
        while not (piece := await reader.read()).done:
            content += piece.value.to_bytes()
        return content == b"a" * LARGE

    assert run(go)


def test_long_bodies_let_others_run(bucket, run):
    async def go():
        turns = 0

        async def count():
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        counting = asyncio.ensure_future(count())
        await bucket.put("k", "x" * LARGE)
        written, turns = turns, 0
        await (await bucket.get("k")).text()
        counting.cancel()
        return written, turns

    written, read = run(go)
    assert written >= LARGE // (512 * 1024)
    assert read >= LARGE // (512 * 1024)


def test_operations_begin_at_the_call_and_settle_later(bucket, run):
    async def go():
        events = []
        bucket.put("k", "x").then(lambda _: events.append("put"))
        found = bucket.get("k")
        events.append("called")
        text = await (await found).text()
        await asyncio.sleep(0)
        return text, events

    assert run(go) == ("x", ["called", "put"])


def test_a_body_whose_file_is_gone_is_an_object_that_is_gone(bucket, run, tmp_path):
    async def go():
        await bucket.put("k", "x")
        for name in blobs(tmp_path):
            (tmp_path / "v3/r2/a-bucket/blobs" / name).unlink()
        return await bucket.get("k")

    assert run(go) is jsnull


def test_a_body_that_was_cut_short_is_an_error(bucket, run, tmp_path):
    async def go():
        await bucket.put("k", "x" * LARGE)
        found = await bucket.get("k")
        (name,) = blobs(tmp_path)
        os.truncate(tmp_path / "v3/r2/a-bucket/blobs" / name, 10)
        return await found.text()

    assert run(go).endswith("is shorter than it was when it was written. (10001)")


def test_a_disk_that_refuses_is_an_error_with_its_reason(bucket, run, tmp_path):
    (tmp_path / "v3/r2").mkdir(parents=True)
    (tmp_path / "v3/r2/a-bucket").write_text("in the way")
    message = run(lambda: bucket.put("k", "x"))
    assert message.startswith("Error: put: The local data of the bucket cannot be used: ")
    assert "a-bucket/blobs" in message


def test_the_name_of_a_bucket(bind, run, tmp_path):
    async def go():
        await bind("r2_buckets", "ONE", bucket_name="production", preview_bucket_name="preview").put("k", "x")
        await bind("r2_buckets", "TWO", bucket_name="named").put("k", "x")
        await bind("r2_buckets", "THREE").put("k", "x")

    run(go)
    directories = {path.name for path in (tmp_path / "v3/r2").iterdir()}
    assert directories == {"preview", "named", "THREE", "miniflare-R2BucketObject"}
