"""Bindings that do little: version metadata, Analytics Engine, Hyperdrive, Secrets Store, files."""

from __future__ import annotations

import asyncio
import sqlite3
from uuid import UUID

import pytest

from pywrangler.bindings.secrets_store import open_secrets
from pywrangler.bindings.stores import Stores
from pywrangler.config.connections import take_apart
from pywrangler.errors import LoadError
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.values import is_plain, plain


def test_each_start_is_a_version_of_its_own(bind):
    first, second = bind("version_metadata", "V"), bind("version_metadata", "V")
    assert is_plain(first)
    assert UUID(first.id) != UUID(second.id)
    assert (first.tag, first.timestamp) == ("", "2027-01-15T08:00:00.250Z")


def test_data_points_are_forgotten_at_once(bind):
    dataset = bind("analytics_engine_datasets", "AE", dataset="d")
    for arguments in ((), (5,), (plain({"blobs": "wrong"}),)):
        assert dataset.writeDataPoint(*arguments) is None
    assert dataset.writeDataPoint(blobs=["a"], doubles=[1.5], indexes=["i"]) is None


# ---- Hyperdrive -----------------------------------------------------------------------------------------


def test_a_database_shows_its_connection(bind):
    connection = take_apart("postgresql://user:pass@db.local:5439/main?sslmode=disable")
    database = bind("hyperdrive", "DB", id="x", connection=connection)
    assert {name: getattr(database, name) for name in database.object_keys()} == {
        "connectionString": "postgresql://user:pass@db.local:5439/main?sslmode=disable",
        "host": "db.local",
        "port": 5439,
        "user": "user",
        "password": "pass",
        "database": "main",
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connect_leads_to_the_database_itself(bind, run_async, host):
    async def main():
        async def answer(reader, writer):
            writer.write(await reader.readexactly(4) + b", too")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, host, 0)
        port = server.sockets[0].getsockname()[1]
        database = bind("hyperdrive", "DB", connection=take_apart(f"postgres://u:p@{host}:{port}/d"))
        socket = database.connect()
        await socket.opened
        await socket.writable.getWriter().write(ArrayBuffer.from_bytes(b"here"))
        received = b"".join([bytes(chunk.to_bytes()) async for chunk in socket.readable])
        await socket.close()
        server.close()
        await server.wait_closed()
        return received

    assert run_async(main()) == b"here, too"


# ---- Secrets Store --------------------------------------------------------------------------------------


@pytest.fixture
def secret(bind):
    return bind("secrets_store_secrets", "SS", store_id="st1", secret_name="n1")


def read(secret, run_async):
    async def main():
        try:
            return await secret.get()
        except JsException as problem:
            return str(problem)

    return run_async(main())


def test_a_secret_without_a_value(secret, run_async):
    assert read(secret, run_async) == 'Error: Secret "n1" not found'


def test_a_secret_that_wrangler_has_stored_is_found_while_the_worker_runs(secret, run_async, tmp_path):
    read(secret, run_async)
    # The id of "st1" as wrangler 4.164 derives it; the blobs lie beside.
    name = "a2095805b50786564182f5c6a35530c4202fcb660a3d53e05699b295f011352a.sqlite"
    root = tmp_path / "v3/secrets-store"
    (root / "st1/blobs").mkdir(parents=True)
    (root / "st1/blobs/aa").write_text("wert ü")
    with sqlite3.connect(root / "miniflare-secrets-store-KVNamespaceObject" / name) as database:
        database.execute("INSERT INTO _mf_entries VALUES ('n1', 'aa', NULL, '{\"uuid\":\"1bb1\"}')")
    database.close()
    assert read(secret, run_async) == "wert ü"


def test_a_store_is_no_kv_namespace(secret, bind, run_async, tmp_path, stopped_clock):
    stores = Stores(tmp_path / "v3", print)
    open_secrets(stores, "st1", stopped_clock.now).put("n1", b"value")
    stores.close()
    assert read(secret, run_async) == "value"
    kv = bind("kv_namespaces", "KV", id="st1")
    assert kv._entries.page() == ([], True)


# ---- files ----------------------------------------------------------------------------------------------


def test_files_are_text_and_buffers(bind, tmp_path):
    (tmp_path / "greeting.txt").write_text("hällo\n")
    (tmp_path / "data.bin").write_bytes(b"\0\xff")
    assert bind("text_blobs", "TEXT", path="greeting.txt") == "hällo\n"
    data = bind("data_blobs", "DATA", path="data.bin")
    assert type(data) is ArrayBuffer
    assert data.to_bytes() == b"\0\xff"


@pytest.mark.parametrize("kind", ["text_blobs", "data_blobs"])
def test_a_file_that_cannot_be_read_keeps_the_worker_from_loading(bind, kind):
    with pytest.raises(LoadError, match=r'The file "none.txt" of the binding F cannot be read: No such file'):
        bind(kind, "F", path="none.txt")


def test_web_assembly_is_an_error_only_when_it_is_used(bind):
    module = bind("wasm_modules", "WASM", path="none.wasm")
    assert module
    with pytest.raises(JsException, match=r"Binding WASM \(WebAssembly module\) is not supported locally"):
        _ = module.exports
