"""KV in files: wrangler's layout, several processes, what happens when the files are not as they should be."""

from __future__ import annotations

import multiprocessing
import sqlite3
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywrangler.bindings.kv.entries import Listed, open_entries
from pywrangler.bindings.stores import Stores
from pywrangler.runtime.js.errors import JsException

NOW = 1_800_000_000
WRITES = 40
# As wrangler 4.164 makes it for the id "kvid".
FILE = "kv/miniflare-KVNamespaceObject/72ddba07978c842b879839f7e4b8b60fd0792ed949af5f9ce9ee0e21b5076b44.sqlite"
SCHEMA = """
    CREATE TABLE _mf_entries (key TEXT PRIMARY KEY, blob_id TEXT NOT NULL, expiration INTEGER, metadata TEXT);
    CREATE INDEX _mf_entries_expiration_idx ON _mf_entries(expiration);
"""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "v3"


@pytest.fixture
def stores(root):
    stores = Stores(root, lambda problem: pytest.fail(str(problem)))
    yield stores
    stores.close()


@pytest.fixture
def entries(stores):
    return open_entries(stores, "kvid", lambda: NOW)


def test_what_wrangler_wrote_is_read(entries, root):
    path = root / FILE
    path.parent.mkdir(parents=True)
    (root / "kv/kvid/blobs").mkdir(parents=True)
    for blob, content in (("aa", b"one"), ("bb", b"two"), ("cc", b"past")):
        (root / "kv/kvid/blobs" / blob).write_bytes(content)
    with sqlite3.connect(path) as database:
        database.executescript(SCHEMA)
        rows = [
            ("é/ü", "aa", None, None),
            ("k", "bb", (NOW + 60) * 1000, '{"x":1,"y":"é"}'),
            ("old", "cc", NOW * 1000, None),
        ]
        database.executemany("INSERT INTO _mf_entries VALUES (?, ?, ?, ?)", rows)
    database.close()
    assert entries.get("é/ü") == (b"one", None)
    assert entries.get("k") == (b"two", '{"x":1,"y":"é"}')
    assert entries.get("old") is None
    assert entries.page() == ([Listed("k", NOW + 60, '{"x":1,"y":"é"}'), Listed("é/ü", None, None)], True)


def test_what_is_written_looks_like_wranglers(entries, stores, root):
    entries.put("k", b"content", NOW + 60, '{"x":1}')
    stores.close()
    database = sqlite3.connect(root / FILE)
    ((key, blob, expiration, metadata),) = database.execute("SELECT * FROM _mf_entries").fetchall()
    database.close()
    assert (key, expiration, metadata) == ("k", (NOW + 60) * 1000, '{"x":1}')
    assert len(blob) == 80
    assert (root / "kv/kvid/blobs" / blob).read_bytes() == b"content"


def test_replaced_and_removed_values_leave_no_files(entries, root):
    for number in range(5):
        entries.put("k", b"%d" % number)
    entries.put("other", b"")
    assert len(list((root / "kv/kvid/blobs").iterdir())) == 2
    entries.delete("k")
    entries.delete("k")
    entries.delete("other")
    assert list((root / "kv/kvid/blobs").iterdir()) == []


def test_a_key_whose_file_is_gone_is_missing(entries, root):
    entries.put("k", b"v")
    for path in (root / "kv/kvid/blobs").iterdir():
        path.unlink()
    assert entries.get("k") is None
    entries.put("k", b"again")
    assert entries.get("k").content == b"again"


def test_files_that_cannot_be_used_are_an_error_with_their_place(stores, root):
    blocked = open_entries(stores, "blocked", lambda: NOW)
    (root / "kv").mkdir(parents=True)
    (root / "kv/blocked").write_text("a file in the place of a directory")
    with pytest.raises(
        JsException, match=r"^Error: KV PUT failed: 500 The local data of the namespace \(.*sqlite\) cannot be"
    ):
        blocked.put("k", b"v")
    (root / "kv/miniflare-KVNamespaceObject").write_text("here, too")
    with pytest.raises(JsException, match=r"KV GET failed: 500 .*cannot be used: .*exists"):
        open_entries(stores, "another", lambda: NOW).page()


def test_a_failed_write_keeps_what_was_there(entries, stores, root):
    entries.put("k", b"before")
    (store,) = stores._stores.values()
    store.connection.execute("CREATE TRIGGER no BEFORE INSERT ON _mf_entries BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(JsException, match="KV PUT failed: 500"):
        entries.put("k", b"after")
    assert entries.get("k").content == b"before"
    assert len(list((root / "kv/kvid/blobs").iterdir())) == 1


def _write(root: Path, name: bytes) -> None:
    stores = Stores(root, print)
    entries = open_entries(stores, "kvid", lambda: NOW)
    for number in range(WRITES):
        entries.put("shared", name * 5000)
        found = entries.get("shared")
        assert found is not None
        assert len(set(found.content)) == 1
        assert len(found.content) == 5000
        entries.put(f"{name.decode()}{number}", b"own")
    stores.close()


def test_two_processes_write_the_same_namespace(entries, root):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_write, args=(root, name)) for name in (b"a", b"b")]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    found, _ = entries.page()
    assert len(found) == 2 * WRITES + 1
    assert entries.get("shared").content in (b"a" * 5000, b"b" * 5000)
    assert len(list((root / "kv/kvid/blobs").iterdir())) == len(found)


KEYS = st.text("ab\0%_é\uffff\U0001f600", min_size=1, max_size=4)
STEPS = st.lists(st.tuples(st.sampled_from(["put", "delete", "expire"]), KEYS), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, prefix=st.text("abé\U0001f600", max_size=2), limit=st.integers(1, 4))
def test_a_namespace_is_a_sorted_dict(stores, steps, prefix, limit):
    stores.forget_all()
    now = [NOW]
    entries = open_entries(stores, "model", lambda: now[0])
    entries.now = partial(now.__getitem__, 0)
    model: dict[str, int] = {}
    for number, (step, key) in enumerate(steps):
        if step == "delete":
            entries.delete(key)
            model.pop(key, None)
        else:
            entries.put(key, b"%d" % number, NOW + 60 if step == "expire" else None)
            model[key] = number if step == "put" else -1
    now[0] = NOW + 60
    live = sorted((key for key, value in model.items() if value >= 0), key=str.encode)
    assert [item.name for item in entries.page()[0]] == live
    assert {key: int(entries.get(key).content) for key in live} == {key: model[key] for key in live}
    seen, after, complete = [], "", False
    while not complete:
        page, complete = entries.page(prefix, limit, after)
        seen += [item.name for item in page]
        assert len(seen) <= len(live)
        after = seen[-1] if seen else ""
    assert seen == [key for key in live if key.startswith(prefix)]
