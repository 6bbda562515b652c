"""KV and the small bindings in real Workers; what one test stores, the next does not find."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.workers(*(f"bindings/{name}/wrangler.jsonc" for name in ("modern", "older", "legacy")))
twice = pytest.mark.parametrize("attempt", ["first", "second"])


@pytest.fixture
def store(workers):
    return workers["modern"].entrypoint("Store")


def test_values_of_every_type(store):
    store.put("k", '{"a": [1, null]}', {"metadata": {"x": 1, "y": None}, "expirationTtl": 60})
    store.call("KV", "put", "bytes", b"\0\xff")
    assert store.call("KV", "get", "k") == '{"a": [1, null]}'
    assert store.call("KV", "get", "k", "json") == {"a": [1, None]}
    assert bytes(store.call("KV", "get", "bytes", "arrayBuffer")) == b"\0\xff"
    assert store.call("KV", "get", "none") is None
    assert store.call("KV", "getWithMetadata", "k", {"type": "json"}) == {
        "value": {"a": [1, None]},
        "metadata": {"x": 1, "y": None},
        "cacheStatus": None,
    }
    assert store.call("KV", "get", ["k", "none"], "json") == {"k": {"a": [1, None]}, "none": None}
    assert store.call("KV", "put", "none", None) is None
    assert store.call("KV", "get", "none") == "null"


def test_pages(store):
    for number in range(5):
        store.put(f"k{number}", "", {})
    page = store.call("KV", "list", {"limit": 3})
    assert (page["list_complete"], len(page["keys"])) == (False, 3)
    rest = store.call("KV", "list", {"limit": 3, "cursor": page["cursor"]})
    assert rest == {"keys": [{"name": "k3"}, {"name": "k4"}], "list_complete": True, "cacheStatus": None}


def test_what_is_refused(store):
    assert store.messages() == [
        "TypeError: KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
        "Error: KV PUT failed: 400 Invalid expiration_ttl of 59. Expiration TTL must be at least 60.",
        "Error: KV GET failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512.",
        "Error: KV GET_BULK failed: 400 You must request a minimum of 1 key",
        "Error: bad rate limit options: [kez]",
        'Error: Secret "token" not found',
    ]


def test_bodies_of_requests_and_responses(workers):
    body = b"\0\xff" * 200_000
    assert workers["modern"].put("/", body=body).status == 204
    assert workers["modern"].get("/").body == body


def test_a_durable_object_uses_kv(workers, clock, store):
    keeper = workers["modern"].object("KEEPER", "x")
    assert keeper.keep("k", "from the object") == "from the object"
    keeper.remind()
    clock.advance(60)
    assert store.call("KV", "getWithMetadata", "alarm")["metadata"] == {"by": "alarm"}


def test_raw_objects_of_the_older_sdk(workers):
    refused = workers["older"].put("/").text
    assert refused.startswith("KV put() accepts only strings, ArrayBuffers,")
    named = '{"value":"value","metadata":{"by":"name"},"cacheStatus":null}'
    assert workers["older"].get("/").json() == ["€", "older", "€", False, ["raw"], 3, named]


def test_raw_objects_in_on_fetch(workers):
    assert workers["legacy"].put("/", body=b"a body").json() == ["a body", [1, None], True]


def test_small_bindings(store):
    found = store.small()
    found["data"] = bytes(found["data"])
    assert found == {
        "version": [36, "", "Z"],
        "database": ["postgresql://user:p@ss@127.0.0.1:5499/main", "127.0.0.1", 5499, "user", "p@ss"],
        "text": "hällo\n",
        "data": "hällo\n".encode(),
        "wasm": "Error: Binding WASM (WebAssembly module) is not supported locally: there is no WebAssembly under "
        "`pywrangler dev`, so `exports` does not work.",
    }


# ---- between Workers, and between tests -------------------------------------------------------------------


def test_workers_share_a_namespace_by_its_id(workers, store):
    workers["legacy"].put("/", body=b"x")
    workers["older"].put("/")
    assert store.names() == ["json", "named", "raw", "streamed"]
    store.put("raw", "changed", {"metadata": {"from": "modern"}})
    assert workers["older"].get("/").json()[:3] == ["changed", "modern", "changed"]
    store.call("OWN", "put", "k", "v")
    assert store.names() == ["json", "named", "raw", "streamed"]


def test_the_clock_of_the_test_decides_what_has_expired(workers, store, clock):
    workers["older"].put("/")
    clock.advance(59)
    assert store.names() == ["named", "raw"]
    clock.advance(1)
    assert store.names() == ["named"]
    assert [store.limited("a") for _ in range(3)] == [True, True, False]
    clock.advance(60)
    assert store.limited("a") is True


@twice
def test_stored_data_is_gone(workers, store, attempt):
    assert store.names() == []
    assert [store.limited("a") for _ in range(3)] == [True, True, False]
    workers["legacy"].put("/", body=b"x")
    store.put("k", "v", {})
    workers["older"].put("/")
    assert store.names() == ["json", "k", "named", "raw", "streamed"]


@twice
def test_a_worker_that_only_reads_does_not_see_what_another_wrote_before(workers, store, attempt):
    assert store.call("KV", "get", "streamed") is None
    workers["legacy"].put("/", body=attempt.encode())
    assert store.call("KV", "get", "streamed") == attempt
