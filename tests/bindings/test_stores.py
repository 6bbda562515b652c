"""Local data in wrangler's layout, and operations that leave an object through its gate."""

from __future__ import annotations

import asyncio
import multiprocessing
from pathlib import Path

import pytest
from workers.environment import wrap_binding

from pywrangler.bindings.catalogue import Parts, make
from pywrangler.bindings.operations import operation
from pywrangler.bindings.stores import Stores
from pywrangler.config.model import OtherBinding
from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException

TABLE = ("CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, blob_id TEXT)",)


@pytest.fixture
def notices():
    return []


@pytest.fixture
def stores(tmp_path, notices):
    stores = Stores(tmp_path / "v3", notices.append)
    yield stores
    stores.close()


def test_a_namespace_lies_where_wrangler_puts_it(stores, tmp_path):
    store = stores.store("kv", "KVNamespaceObject", "my-namespace", TABLE)
    # The id of an object called "my-namespace" in the namespace "miniflare-KVNamespaceObject".
    assert store.path.parent == tmp_path / "v3/kv/miniflare-KVNamespaceObject"
    assert len(store.path.stem) == 64
    assert store.blobs.directory == tmp_path / "v3/kv/my-namespace/blobs"


def test_nothing_is_written_before_the_first_use(stores, tmp_path):
    stores.store("kv", "KVNamespaceObject", "unused", TABLE)
    assert not (tmp_path / "v3").exists()


def test_a_name_that_is_no_file_name_stays_in_its_directory(stores, tmp_path):
    for name in ("../../etc", "a/b", "", ".", "..", ".hidden", "x" * 200, "ä\0"):
        directory = stores.store("r2", "R2BucketObject", name, TABLE).blobs.directory
        assert directory.parent.parent == tmp_path / "v3/r2", name
        assert directory.parent.name not in ("", ".", "..")


def test_two_bindings_to_one_namespace_share_a_connection(stores):
    first = stores.store("kv", "KVNamespaceObject", "same", TABLE)
    assert stores.store("kv", "KVNamespaceObject", "same", TABLE).connection is first.connection
    assert stores.store("kv", "KVNamespaceObject", "other", TABLE).connection is not first.connection


def test_a_corrupt_file_is_kept_and_the_namespace_starts_empty(stores, notices):
    store = stores.store("d1", "D1DatabaseObject", "broken", TABLE)
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"this is no database " * 500)
    assert store.connection.execute("SELECT count(*) FROM entries").fetchall() == [(0,)]
    (problem,) = notices
    assert problem.code == "corrupt-storage"
    kept = next(path for path in store.path.parent.iterdir() if ".corrupt-" in path.name)
    assert kept.read_bytes().startswith(b"this is no database")
    assert str(kept) in problem.remedy


def test_forgetting_deletes_rows_and_bodies_and_goes_on(stores):
    store = stores.store("kv", "KVNamespaceObject", "some", TABLE)
    blob = store.blobs.put(b"body")
    store.connection.execute("INSERT INTO entries VALUES ('k', ?)", (blob,))
    stores.forget_all()
    assert store.blobs.get(blob) is None
    assert store.connection.execute("SELECT * FROM entries").fetchall() == []
    assert store.blobs.get(store.blobs.put(memoryview(b"again"))) == b"again"


def test_bodies_have_names_of_their_own(stores):
    blobs = stores.store("kv", "KVNamespaceObject", "some", TABLE).blobs
    names = {blobs.put(b"same") for _ in range(20)}
    assert len(names) == 20
    blobs.delete(names.pop())
    blobs.delete("never there")


def add_rows(root: Path, prefix: str) -> None:
    store = Stores(root, print).store("kv", "KVNamespaceObject", "shared", TABLE)
    for number in range(100):
        store.connection.execute("INSERT INTO entries VALUES (?, '')", (f"{prefix}{number}",))


def test_two_processes_may_write_to_one_namespace(stores, tmp_path):
    processes = [
        multiprocessing.get_context("spawn").Process(target=add_rows, args=(tmp_path / "v3", name)) for name in "ab"
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    store = stores.store("kv", "KVNamespaceObject", "shared", TABLE)
    assert store.connection.execute("SELECT count(*) FROM entries").fetchall() == [(200,)]


# ---- operations


def test_an_operation_begins_at_the_call_and_settles_in_a_later_turn(run_async):
    events = []

    async def main():
        def work():
            events.append("work")
            return 5

        promise = operation(work)
        events.append("called")
        asyncio.get_running_loop().call_soon(events.append, "another event")
        events.append(await promise)
        return await promise

    assert run_async(main()) == 5
    assert events == ["work", "called", "another event", 5]


def test_an_operation_may_take_time(run_async):
    async def main():
        async def work():
            await asyncio.sleep(0)
            return "done"

        return await operation(work)

    assert run_async(main()) == "done"


@pytest.mark.parametrize("takes_time", [False, True])
def test_a_failure_is_the_promises(takes_time, run_async):
    async def main():
        def fail():
            raise ValueError("bad")

        async def fail_later():
            await asyncio.sleep(0)
            raise ValueError("bad")

        promise = operation(fail_later if takes_time else fail)
        with pytest.raises(ValueError, match="bad"):
            await promise
        return True

    assert run_async(main())


def test_an_operation_of_an_object_waits_for_what_the_object_wrote(run_async):
    held = []

    class Gate:
        def hold(self, action):
            held.append(action)

    async def main():
        done = []
        token = context.enter(context.EventContext(None, None, None, outputs=Gate()))
        try:
            promise = operation(lambda: done.append("sent") or "answer")
            assert done == []
            held.pop()()
            assert done == ["sent"]
            return await promise
        finally:
            context.leave(token)

    assert run_async(main()) == "answer"


def test_an_operation_at_module_level_is_refused(run_async):
    done = []

    async def main():
        with context.global_scope():
            promise = operation(lambda: done.append("work"))
        with pytest.raises(JsException, match="Disallowed operation called within global scope"):
            await promise
        return done

    assert run_async(main()) == []


# ---- the catalogue


def test_a_kind_without_a_module_says_so_when_it_is_used():
    parts = Parts(None, None, None, None, None, Path())
    binding = make(OtherBinding("browser", "BROWSER", {}), parts)
    with pytest.raises(JsException, match=r"Binding BROWSER \(Browser Run\) is not supported locally"):
        binding.fetch("http://x/")


@pytest.mark.parametrize(
    ("kind", "wrapper"),
    [
        ("ai", "_BindingWrapper"),
        ("vectorize", "_BindingWrapper"),
        ("mtls_certificates", "_FetcherWrapper"),
        ("media", "Unsupported"),
    ],
)
def test_a_product_without_simulation_looks_like_the_product(kind, wrapper):
    parts = Parts(None, None, None, None, None, Path())
    binding = wrap_binding(make(OtherBinding(kind, "PRODUCT", {}), parts))
    assert type(binding).__name__ == wrapper
    with pytest.raises(JsException, match=r"Binding PRODUCT .* is not supported locally"):
        binding.run("x")
