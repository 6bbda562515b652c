"""A bucket driven at random against a model: a dict of objects, and one of uploads in progress."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pywrangler.bindings.r2 import uploads
from pywrangler.bindings.r2.conditions import ANY, Condition, Etag
from pywrangler.bindings.r2.listing import Query, list_page
from pywrangler.bindings.r2.ranges import Slice
from pywrangler.bindings.r2.refusals import Refused
from pywrangler.bindings.r2.storage import Bucket
from pywrangler.bindings.r2.tables import Metadata
from pywrangler.bindings.stores import Stores

KEYS = st.sampled_from(["", "a", "a/", "a/b", "a/b/c", "a/bb", "b", "Z", "é", "\uffff", "🦄", "a\0b"])
TEXTS = st.sampled_from(["", "a", "a/", "a/b", "/", "b", "\uffff", "zz", "\U0010ffff"])
BODIES = st.binary(max_size=12)
PARTS = st.sampled_from([b"", b"xx", b"12345", b"abcde", b"longer"])
NUMBERS = st.integers(1, 3)


class Expected(NamedTuple):
    """An object of the model."""

    content: bytes
    custom: dict[str, str]
    etag: str


class BucketMachine(RuleBasedStateMachine):
    @initialize()
    def create(self) -> None:
        self.directory = tempfile.TemporaryDirectory()
        self.root = Path(self.directory.name)
        self.time = 1_800_000_000.0
        self.open()
        self.objects: dict[str, Expected] = {}
        self.parts: dict[str, tuple[str, dict[int, tuple[bytes, str]]]] = {}
        """Key and parts (body and etag by number) of each upload in progress."""

    def open(self) -> None:
        self.stores = Stores(self.root, lambda problem: pytest.fail(str(problem)))
        self.bucket = Bucket(self.stores, "model", lambda: self.time)

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            self.stores.close()
            self.directory.cleanup()

    def written(self, content: bytes):
        body = self.bucket.begin()
        body.write(content)
        return body

    # ---- objects ------------------------------------------------------------------------------------------

    @rule(key=KEYS, content=BODIES)
    def put(self, key: str, content: bytes) -> None:
        item = self.bucket.put(key, self.written(content), Metadata(custom={"of": key}))
        assert item is not None
        self.objects[key] = Expected(content, {"of": key}, item.etag)

    @rule(key=KEYS, content=BODIES, other=KEYS)
    def put_if(self, key: str, content: bytes, other: str) -> None:
        current, guess = self.objects.get(key), self.objects.get(other)
        if guess is None:
            condition, holds = Condition(differs=(ANY,)), current is None
        else:
            condition, holds = (
                Condition(matches=(Etag(guess.etag),)),
                current is not None and current.etag == guess.etag,
            )
        body = self.written(content)
        item = self.bucket.put(key, body, Metadata(), condition)
        body.discard()
        assert (item is not None) == holds
        if item is not None:
            self.objects[key] = Expected(content, {}, item.etag)

    @rule(keys=st.lists(KEYS, max_size=3))
    def delete(self, keys: list[str]) -> None:
        self.bucket.delete(keys)
        for key in keys:
            self.objects.pop(key, None)

    @rule(key=KEYS, offset=st.integers(0, 14), length=st.none() | st.integers(0, 14))
    def get(self, key: str, offset: int, length: int | None) -> None:
        expected = self.objects.get(key)
        wanted = Slice(offset, length)
        if expected is None:
            assert self.bucket.get(key, None, wanted) is None
            return
        content = expected.content
        if not content[offset:] or length == 0:
            with pytest.raises(Refused, match="not satisfiable"):
                self.bucket.get(key, None, wanted)
            return
        item, (start, count), body = self.bucket.get(key, None, wanted)
        got = b""
        while piece := body.read():
            got += piece
        end = None if length is None else offset + length
        assert (start, count, got) == (offset, len(got), content[offset:end])
        assert (item.size, item.metadata.custom, item.etag) == (len(content), expected.custom, expected.etag)

    # ---- uploads ------------------------------------------------------------------------------------------

    @rule(key=KEYS)
    def begin_upload(self, key: str) -> None:
        self.parts[uploads.create(self.bucket, key, Metadata(custom={"of": key}))] = key, {}

    @precondition(lambda self: self.parts)
    @rule(data=st.data(), number=NUMBERS, content=PARTS)
    def put_part(self, data, number: int, content: bytes) -> None:
        upload = data.draw(st.sampled_from(sorted(self.parts)))
        key, parts = self.parts[upload]
        parts[number] = content, uploads.put_part(self.bucket, key, upload, number, self.written(content))

    @precondition(lambda self: self.parts)
    @rule(data=st.data(), numbers=st.lists(NUMBERS, max_size=3))
    def complete(self, data, numbers: list[int]) -> None:
        upload = data.draw(st.sampled_from(sorted(self.parts)))
        key, parts = self.parts[upload]
        wanted = [(number, parts[number][1] if number in parts else "none") for number in numbers]
        chosen = [parts[number][0] for number in sorted(numbers) if number in parts]
        fits = (
            len(set(numbers)) == len(numbers) == len(chosen)
            and all(len(parts[number][0]) >= 5 for number in numbers[:-1])
            and all(len(content) == len(chosen[0]) >= 5 for content in chosen[:-1])
            and (len(chosen) < 2 or len(chosen[-1]) <= len(chosen[0]))
        )
        try:
            item = uploads.complete(self.bucket, key, upload, wanted)
        except Refused:
            assert not fits
            return
        assert fits
        assert item.size == sum(map(len, chosen))
        del self.parts[upload]
        self.objects[key] = Expected(b"".join(chosen), {"of": key}, item.etag)

    @precondition(lambda self: self.parts)
    @rule(data=st.data())
    def abort(self, data) -> None:
        upload = data.draw(st.sampled_from(sorted(self.parts)))
        uploads.abort(self.bucket, self.parts.pop(upload)[0], upload)

    @rule()
    def restart(self) -> None:
        self.stores.close()
        self.open()

    # ---- listing ------------------------------------------------------------------------------------------

    @rule(prefix=TEXTS, delimiter=TEXTS, after=st.none() | KEYS, limit=st.integers(1, 4))
    def list(self, prefix: str, delimiter: str, after: str | None, limit: int) -> None:
        entries: list[str] = []
        for key in sorted(self.objects):
            if key.startswith(prefix) and (after is None or key > after):
                position = key.find(delimiter, len(prefix)) if delimiter else -1
                entry = key if position < 0 else key[: position + len(delimiter)]
                kind = "key:" if position < 0 else "dir:"
                if kind + entry not in entries:
                    entries.append(kind + entry)
        found: list[str] = []
        cursor = None
        for _ in range(len(entries) + 1):
            page = list_page(self.bucket, Query(prefix, delimiter, limit, cursor, after))
            shown = ["key:" + item.key for item in page.objects] + ["dir:" + entry for entry in page.prefixes]
            assert len(shown) <= limit
            found += sorted(shown, key=lambda entry: entry[4:])
            cursor = page.cursor
            if cursor is None:
                break
            assert len(shown) == limit
        assert found == entries

    @invariant()
    def nothing_is_left_behind(self) -> None:
        if not hasattr(self, "objects"):
            return
        page = list_page(self.bucket, Query())
        assert {item.key: item.size for item in page.objects} == {
            key: len(expected.content) for key, expected in self.objects.items()
        }
        directory = self.root / "r2/model/blobs"
        on_disk = {path.name for path in directory.iterdir()} if directory.exists() else set()
        referred = self.bucket.run(
            "SELECT blob_id FROM _mf_objects WHERE blob_id NOT NULL UNION ALL SELECT blob_id FROM _mf_multipart_parts"
        ).fetchall()
        assert len(referred) == len(on_disk)
        assert {blob for (blob,) in referred} == on_disk


BucketMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


class TestBucket(BucketMachine.TestCase):
    @pytest.fixture(autouse=True)
    def small_parts(self, monkeypatch):
        monkeypatch.setattr(uploads, "MIN_PART_BYTES", 5)
