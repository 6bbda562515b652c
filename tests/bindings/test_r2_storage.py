"""The files of a bucket: wrangler's layout, and processes that share it."""

from __future__ import annotations

import hashlib
import multiprocessing
import sqlite3
import time
from pathlib import Path

import apsw
import pytest

from pywrangler.bindings.r2 import uploads
from pywrangler.bindings.r2.bodies import PIECE_BYTES, Reading, segments_of
from pywrangler.bindings.r2.conditions import ANY, Condition
from pywrangler.bindings.r2.listing import Query, list_page
from pywrangler.bindings.r2.refusals import MAX_OBJECT_BYTES, Refused, check_size
from pywrangler.bindings.r2.storage import Bucket
from pywrangler.bindings.r2.tables import Metadata
from pywrangler.bindings.stores import Blobs, Stores
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.values import plain

FILE = "5ce88d5f57737eec016b06b81c6cad3698343640605d8fe7b6f6c81570aadcb2.sqlite"
"""Where wrangler 4.164 keeps a bucket called "buck"."""

# What wrangler 4.164 writes, with shorter ids of uploads.
OF_WRANGLER = """
CREATE TABLE _mf_objects (
    key TEXT PRIMARY KEY,
    blob_id TEXT,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    uploaded INTEGER NOT NULL,
    checksums TEXT NOT NULL,
    http_metadata TEXT NOT NULL,
    custom_metadata TEXT NOT NULL
);
CREATE TABLE _mf_multipart_uploads (
    upload_id TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    http_metadata TEXT NOT NULL,
    custom_metadata TEXT NOT NULL,
    state TINYINT DEFAULT 0 NOT NULL
);
CREATE TABLE _mf_multipart_parts (
    upload_id TEXT NOT NULL REFERENCES _mf_multipart_uploads(upload_id),
    part_number INTEGER NOT NULL,
    blob_id TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    checksum_md5 TEXT NOT NULL,
    object_key TEXT REFERENCES _mf_objects(key) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (upload_id, part_number)
);
INSERT INTO _mf_objects VALUES ('k1', '53a918e2', '45635758387c46a8a68289aa939ad02a', 1,
    '9dd4e461268c8034f5c8564e155c67a6', 1795449744889, '{"sha1":"11f6ad8ec52a2984abaafd7c3b516503785c2072"}',
    '{"contentType":"a/b","cacheExpiry":1700000000123}', '{"a":"b"}');
INSERT INTO _mf_objects VALUES ('keepmp', NULL, '484f722074cd8d1a783a37e0f3a45ba5', 9,
    '26e29b49b6efede491e09a984cc4e9ed-2', 1795449744878, '{}', '{"contentType":"x/y"}', '{}');
INSERT INTO _mf_multipart_uploads VALUES ('up1', 'keepmp', '{"contentType":"x/y"}', '{}', 1);
INSERT INTO _mf_multipart_parts VALUES ('up1', 1, 'cd4dff9c', 5, 'e1', '9e107d9d372bb6826bd81d3542a419d6', 'keepmp');
INSERT INTO _mf_multipart_parts VALUES ('up1', 2, 'ab069bfc', 4, 'e2', '7aea2552dfe7eb84b9443b6fc9ba6e01', 'keepmp');
INSERT INTO _mf_multipart_uploads VALUES ('up2', 'pending', '{}', '{"c":"d"}', 0);
INSERT INTO _mf_multipart_parts VALUES ('up2', 1, 'b53a289d', 4, 'e3', '7afe399f1415b137d0962f82662fa9d4', NULL);
"""


@pytest.fixture
def wranglers(tmp_path):
    """Files of a bucket as wrangler leaves them."""
    root = tmp_path / "v3/r2"
    (root / "miniflare-R2BucketObject").mkdir(parents=True)
    with sqlite3.connect(root / "miniflare-R2BucketObject" / FILE) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(OF_WRANGLER)
    connection.close()
    (root / "buck/blobs").mkdir(parents=True)
    for name, content in {"53a918e2": "x", "cd4dff9c": "BBBBB", "ab069bfc": "tail", "b53a289d": "half"}.items():
        (root / "buck/blobs" / name).write_text(content)
    return root


def test_objects_of_wrangler_are_read(wranglers, bind, run_async):
    async def go():
        bucket = bind("r2_buckets", "B", bucket_name="buck")
        found = await bucket.get("k1")
        return (
            await found.text(),
            stringify(found),
            await (await bucket.get("keepmp", range=plain({"offset": 3}))).text(),
            [item.key for item in (await bucket.list()).objects],
        )

    text, shown, part, keys = run_async(go())
    assert (text, part, keys) == ("x", "BBtail", ["k1", "keepmp"])
    assert '"uploaded":"2026-11-23T16:02:24.889Z"' in shown
    assert '"httpMetadata":{"contentType":"a/b","cacheExpiry":"2023-11-14T22:13:20.123Z"}' in shown
    assert '"customMetadata":{"a":"b"}' in shown
    assert '"md5":"9dd4e461268c8034f5c8564e155c67a6","sha1":"11f6ad8ec52a2984abaafd7c3b516503785c2072"' in shown


def test_an_upload_of_wrangler_goes_on(wranglers, bind, run_async):
    async def go():
        bucket = bind("r2_buckets", "B", bucket_name="buck")
        item = await bucket.resumeMultipartUpload("pending", "up2").complete(
            array([plain({"partNumber": 1, "etag": "e3"})])
        )
        await bucket.delete("keepmp")
        return stringify(item.customMetadata), await (await bucket.get("pending")).text()

    assert run_async(go()) == ('{"c":"d"}', "half")
    assert sorted(path.name for path in (wranglers / "buck/blobs").iterdir()) == ["53a918e2", "b53a289d"]


def test_what_is_written_is_as_wrangler_writes_it(bind, run_async, tmp_path, stopped_clock):
    async def go():
        bucket = bind("r2_buckets", "B", bucket_name="buck")
        await bucket.put(
            "k1",
            "x",
            sha1="11f6ad8ec52a2984abaafd7c3b516503785c2072",
            httpMetadata=plain({"contentType": "a/ü", "cacheExpiry": 1_700_000_000_123}),
            customMetadata=plain({"a": "b"}),
        )
        upload = await bucket.createMultipartUpload("k2")
        part = await upload.uploadPart(3, "part")
        return upload.uploadId, part.etag

    upload, etag = run_async(go())
    assert len(upload) == len(etag) == 171
    with sqlite3.connect(tmp_path / "v3/r2/miniflare-R2BucketObject" / FILE) as connection:
        ((key, blob, version, *rest),) = connection.execute("SELECT * FROM _mf_objects").fetchall()
        uploads_found = connection.execute("SELECT * FROM _mf_multipart_uploads").fetchall()
        parts = connection.execute("SELECT * FROM _mf_multipart_parts").fetchall()
        types = connection.execute("SELECT typeof(size), typeof(uploaded) FROM _mf_objects").fetchall()
    connection.close()
    assert (key, len(blob), len(version)) == ("k1", 80, 32)
    assert rest == [
        1,
        "9dd4e461268c8034f5c8564e155c67a6",
        int(stopped_clock.time * 1000),
        '{"sha1":"11f6ad8ec52a2984abaafd7c3b516503785c2072"}',
        '{"contentType":"a/ü","cacheExpiry":1700000000123}',
        '{"a":"b"}',
    ]
    assert types == [("integer", "integer")]
    assert uploads_found == [(upload, "k2", "{}", "{}", 0)]
    ((of, number, part_blob, size, part_etag, md5, object_key),) = parts
    assert (of, number, size, part_etag, object_key) == (upload, 3, 4, etag, None)
    assert md5 == hashlib.md5(b"part").hexdigest()
    blobs = tmp_path / "v3/r2/buck/blobs"
    assert (blobs / blob).read_bytes() == b"x"
    assert (blobs / part_blob).read_bytes() == b"part"


# ---- processes that share a bucket ----------------------------------------------------------------------

ROUNDS = 12
SIZE = PIECE_BYTES + 1000


def opened(root: Path) -> tuple[Stores, Bucket]:
    stores = Stores(root, lambda problem: pytest.fail(str(problem)))
    return stores, Bucket(stores, "shared", time.time)


def put(bucket: Bucket, key: str, content: bytes, condition: Condition | None = None) -> bool:
    body = bucket.begin()
    for start in range(0, len(content), 100_000):
        body.write(content[start : start + 100_000])
    stored = bucket.put(key, body, Metadata(custom={"letter": chr(content[0])}), condition)
    body.discard()
    return stored is not None


def read_all(body: Reading) -> bytes:
    content = b""
    while piece := body.read():
        content += piece
    return content


def overwrite(root: Path, letter: str) -> None:
    """Put whole bodies of one letter, or of two parts, and delete them."""
    uploads.MIN_PART_BYTES = 1
    stores, bucket = opened(root)
    won = put(bucket, "lock", letter.encode(), Condition(differs=(ANY,)))
    (root / f"{letter}-{'won' if won else 'lost'}").touch()
    for number in range(ROUNDS):
        put(bucket, "single", letter.encode() * SIZE)
        upload = uploads.create(bucket, "parts", Metadata())
        etags = []
        for position in (1, 2):
            body = bucket.begin()
            body.write(letter.encode() * SIZE)
            etags.append((position, uploads.put_part(bucket, "parts", upload, position, body)))
        uploads.complete(bucket, "parts", upload, etags)
        if number % 5 == 0:
            bucket.delete(["single", "parts"])
    put(bucket, "single", letter.encode() * SIZE)
    stores.close()


def test_processes_never_see_half_a_body(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=overwrite, args=(tmp_path / "v3", letter)) for letter in "ab"]
    for process in processes:
        process.start()
    stores, bucket = opened(tmp_path / "v3")
    seen = 0
    while any(process.is_alive() for process in processes):
        for key, size in (("single", SIZE), ("parts", 2 * SIZE)):
            found = bucket.get(key)
            if found is None:
                continue
            item, extent, body = found
            content = read_all(body)
            assert (item.size, extent, len(content)) == (size, (0, size), size)
            assert len(set(content)) == 1
            if key == "single":
                assert hashlib.md5(content).hexdigest() == item.etag
                assert item.metadata.custom == {"letter": chr(content[0])}
            seen += 1
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert seen
    # Only one of them found no lock.
    (won,) = (tmp_path / "v3").glob("*-won")
    assert read_all(bucket.get("lock")[2]).decode() == won.name[0]
    # Nothing is left behind but what objects refer to.
    page = list_page(bucket, Query())
    expected = sum(2 if item.blob is None else 1 for item in page.objects)
    assert len(list((tmp_path / "v3/r2/shared/blobs").iterdir())) == expected
    stores.close()


def test_a_change_begins_when_nobody_else_changes_anything(tmp_path):
    (first_stores, first), (second_stores, second) = opened(tmp_path / "v3"), opened(tmp_path / "v3")
    second._store.connection.set_busy_timeout(0)
    with first.change():
        assert second.head("k") is None
        with pytest.raises(apsw.BusyError), second.change():
            pytest.fail("there were two at once")
    with second.change():
        pass
    first_stores.close()
    second_stores.close()


def test_an_old_body_that_cannot_be_deleted_does_not_take_the_new_one_away(tmp_path, monkeypatch):
    stores, bucket = opened(tmp_path / "v3")
    put(bucket, "k", b"old")

    def refuse(*_):
        raise PermissionError(13, "no")

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "delete", refuse)
        with pytest.raises(PermissionError):
            put(bucket, "k", b"new")
    assert read_all(bucket.get("k")[2]) == b"new"
    stores.close()


# ---- pieces ---------------------------------------------------------------------------------------------


def test_a_body_larger_than_5_gib_is_refused():
    check_size(MAX_OBJECT_BYTES)
    with pytest.raises(Refused, match="exceeds the maximum allowed object size") as caught:
        check_size(MAX_OBJECT_BYTES + 1)
    assert caught.value.code == 100100


def test_a_reading_that_finds_no_file_leaves_none_open(tmp_path):
    blobs = Blobs(tmp_path)
    there = blobs.put(b"abc")
    before = len(list(Path("/dev/fd").iterdir()))
    with pytest.raises(FileNotFoundError):
        Reading(blobs, [(there, 0, 3), ("gone", 0, 1)])
    assert len(list(Path("/dev/fd").iterdir())) == before
    assert read_all(Reading(blobs, [(there, 1, 2), (there, 0, 1)])) == b"bca"


@pytest.mark.parametrize(("offset", "length"), [(o, n) for o in range(9) for n in range(9 - o)])
def test_segments_are_the_range(offset, length):
    data = {"a": b"01", "b": b"", "c": b"23456", "d": b"7"}
    parts = [(name, len(content)) for name, content in data.items()]
    segments = list(segments_of(parts, offset, length))
    assert all(count > 0 for _, _, count in segments)
    whole = b"".join(data[name][start : start + count] for name, start, count in segments)
    assert whole == b"01234567"[offset : offset + length]
