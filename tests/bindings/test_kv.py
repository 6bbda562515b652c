"""KV namespaces as JavaScript sees them (spec/bindings.md, section 1); the reference is what wrangler 4.164 answers."""

from __future__ import annotations

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream, collect
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.typed_arrays import Uint8Array, Uint16Array
from pywrangler.runtime.js.values import plain

NOW = 1_800_000_000
MIB = 1024 * 1024
NO_TYPE = 'TypeError: Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".'
NO_VALUE = "TypeError: KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values."
OUT_OF_RANGE = "TypeError: Value out of range. Must be between -2147483648 and 2147483647 (inclusive)."


@pytest.fixture
def kv(bind):
    return bind("kv_namespaces", "KV", id="a-namespace")


@pytest.fixture
def run(run_async):
    """Return `run(call)`: what a call gives, or the text of its error; a Map shows as a list of pairs."""

    def go(call):
        async def main():
            try:
                return await call()
            except JsException as problem:
                return str(problem)

        result = run_async(main())
        return [list(pair) for pair in result.items()] if isinstance(result, JsMap) else result

    return go


def as_json(value):
    return stringify(value)


# ---- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        ("", ""),
        ("é\0\u2028", "é\0\u2028"),
        ("\ud800", "\ufffd"),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        (jsnull, "null"),
        (None, "undefined"),
        (ArrayBuffer.from_bytes(b"abc"), "abc"),
        (Uint8Array.from_bytes(b"\xef\xbb\xbfb"), "\ufeffb"),
        (Uint8Array.from_bytes(b"a\xffb"), "a\ufffdb"),
        (Uint16Array.new(array((97, 98))), "a\0b\0"),
    ],
)
def test_a_value_is_text_or_bytes(kv, run, value, text):
    assert run(lambda: kv.put("k", value)) is None
    assert run(lambda: kv.get("k")) == text


@pytest.mark.parametrize("value", [plain({}), array((1, 2)), JsMap.new(), Response.new("x"), {"a": 1}, b"bytes", print])
def test_other_objects_are_no_values(kv, run, value):
    assert run(lambda: kv.put("k", value)) == NO_VALUE
    assert run(lambda: kv.get("k")) is jsnull


def test_what_happens_to_a_buffer_after_the_call_does_not_matter(kv, run):
    async def change():
        buffer = Uint8Array.from_bytes(b"before")
        promise = kv.put("k", buffer)
        buffer.assign(b"behind")
        await promise
        return await kv.get("k")

    assert run(change) == "before"


def test_a_stream_is_read_to_its_end(kv, run):
    async def pieces():
        yield Uint8Array.from_bytes(b"abc")
        yield Uint8Array.from_bytes(b"def")

    assert run(lambda: kv.put("k", ReadableStream.from_(pieces()))) is None
    assert run(lambda: kv.get("k")) == "abcdef"
    assert run(lambda: kv.put("k", Response.new("in memory").body)) is None
    assert run(lambda: kv.get("k")) == "in memory"


def test_a_stream_that_fails_changes_nothing(kv, run, tmp_path):
    async def pieces():
        yield Uint8Array.from_bytes(b"abc")
        raise error("boom")

    run(lambda: kv.put("k", "before"))
    assert run(lambda: kv.put("k", ReadableStream.from_(pieces()))) == "Error: boom"
    assert run(lambda: kv.get("k")) == "before"
    assert len(list((tmp_path / "v3/kv/a-namespace/blobs").iterdir())) == 1


@pytest.mark.parametrize("taken", ["read", "locked"])
def test_a_stream_that_somebody_has_is_refused(kv, run, taken):
    async def put():
        response = Response.new("x")
        stream = response.body
        if taken == "read":
            await response.text()
        else:
            stream.getReader()
        await kv.put("k", stream)

    assert run(put) == "TypeError: The ReadableStream has been locked to a reader."


def test_a_value_has_at_most_25_mib(kv, run):
    endless = []

    async def pieces():
        for number in range(100):
            endless.append(number)
            yield Uint8Array.from_bytes(bytes(MIB))

    assert run(lambda: kv.put("k", "x" * 25 * MIB)) is None
    refused = f"Error: KV PUT failed: 413 Value length of {25 * MIB + 1} exceeds limit of {25 * MIB}."
    assert run(lambda: kv.put("k", "x" * (25 * MIB + 1))) == refused
    assert run(lambda: kv.put("k", Response.new("x" * (25 * MIB + 1)).body)) == refused
    assert "413 Value length of 27262976 exceeds" in run(lambda: kv.put("k", ReadableStream.from_(pieces())))
    assert len(endless) == 26


def test_what_an_object_puts_waits_for_what_it_wrote_before(kv, run):
    held = []

    class Gate:
        def hold(self, action):
            held.append(action)

    async def main():
        buffer = Uint8Array.from_bytes(b"before")
        token = context.enter(context.EventContext(None, None, None, outputs=Gate()))
        try:
            kv.put("dropped", "the commit failed")
            promise = kv.put("k", buffer)
        finally:
            context.leave(token)
        buffer.assign(b"behind")
        assert kv._entries.page() == ([], True)
        held.pop()()
        await promise
        return [item.name for item in kv._entries.page()[0]], await kv.get("k")

    assert run(main) == (["k"], "before")


# ---- get ------------------------------------------------------------------------------------------------


def test_types_of_results(kv, run):
    run(lambda: kv.put("k", '{"a":1,"n":null}'))
    assert as_json(run(lambda: kv.get("k", "json"))) == '{"a":1,"n":null}'
    assert as_json(run(lambda: kv.get("k", type="json"))) == '{"a":1,"n":null}'
    buffer = run(lambda: kv.get("k", plain({"type": "arrayBuffer"})))
    assert type(buffer) is ArrayBuffer
    assert buffer.to_bytes() == b'{"a":1,"n":null}'

    async def read():
        return await collect(await kv.get("k", "stream"))

    assert run(read) == b'{"a":1,"n":null}'
    for kind in (jsnull, None, plain({}), plain({"type": None}), plain({"unknown": 1})):
        assert run(lambda kind=kind: kv.get("k", kind)) == '{"a":1,"n":null}'


@pytest.mark.parametrize("kind", ["zz", "TEXT", "", 5, plain({"type": "zz"}), plain({"type": jsnull})])
def test_an_unknown_type_is_refused_if_there_is_a_value(kv, run, kind):
    assert run(lambda: kv.get("k", kind)) is jsnull
    run(lambda: kv.put("k", "v"))
    assert run(lambda: kv.get("k", kind)) == NO_TYPE
    assert run(lambda: kv.getWithMetadata("k", kind)) == NO_TYPE


def test_what_is_no_json_is_a_syntax_error(kv, run):
    run(lambda: kv.put("k", "xyz"))
    assert run(lambda: kv.get("k", "json")) == "SyntaxError: Unexpected token 'x', \"xyz\" is not valid JSON"


@pytest.mark.parametrize("kind", ["text", "json", "arrayBuffer", "stream"])
def test_a_missing_key_is_null(kv, run, kind):
    assert run(lambda: kv.get("k", kind)) is jsnull


@pytest.mark.parametrize(
    ("seconds", "shown"), [(10, 10), (29.9, 29), (0, 0), (-1, -1), ("x", 0), (jsnull, 0), (30, None), (30.9, None)]
)
def test_the_time_to_cache_is_at_least_30_seconds(kv, run, seconds, shown):
    run(lambda: kv.put("k", "v"))
    for verb, call in (
        ("GET", lambda: kv.get("k", cacheTtl=seconds)),
        ("GET", lambda: kv.getWithMetadata("k", plain({"cacheTtl": seconds}))),
        ("GET_BULK", lambda: kv.get(array(("k",)), plain({"cacheTtl": seconds}))),
    ):
        result = run(call)
        if shown is not None:
            reason = f"400 Invalid cache_ttl of {shown}. Cache TTL must be at least 30."
            assert result == f"Error: KV {verb} failed: {reason}"
        else:
            assert "Error" not in str(result)
    assert run(lambda: kv.get("k", cacheTtl=2**31)) == OUT_OF_RANGE


# ---- keys -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["a b", "%41?#/", "a\0b", " ", "é" * 256, "k" * 512, "..."])
def test_a_key_is_any_text(kv, run, key):
    assert run(lambda: kv.put(key, "v")) is None
    assert run(lambda: kv.get(key)) == "v"
    assert run(kv.list).keys[0].name == key
    assert run(lambda: kv.delete(key)) is None
    assert run(lambda: kv.get(key)) is jsnull


@pytest.mark.parametrize(
    ("key", "text"), [(5, "5"), (jsnull, "null"), (None, "undefined"), (True, "true"), (plain({}), "[object Object]")]
)
def test_other_values_become_keys_as_text(kv, run, key, text):
    assert run(lambda: kv.put(key, "v")) is None
    assert run(lambda: kv.get(text)) == "v"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("", "TypeError: Key name cannot be empty."),
        (".", 'TypeError: "." is not allowed as a key name.'),
        ("..", 'TypeError: ".." is not allowed as a key name.'),
        ("k" * 513, "Error: KV {} failed: 414 UTF-8 encoded length of 513 exceeds key length limit of 512."),
        ("é" * 257, "Error: KV {} failed: 414 UTF-8 encoded length of 514 exceeds key length limit of 512."),
        ("\ud800x", "Error: KV {} failed: 400 Could not URL-decode key name"),
    ],
)
def test_texts_that_are_no_keys(kv, run, key, message):
    assert run(lambda: kv.get(key)) == message.format("GET")
    assert run(lambda: kv.getWithMetadata(key)) == message.format("GET")
    assert run(lambda: kv.put(key, "v")) == message.format("PUT")
    assert run(lambda: kv.delete(key)) == message.format("DELETE")


def test_missing_arguments_are_refused_at_the_call(kv):
    for call, message in (
        (kv.get, "Failed to execute 'get' on 'KvNamespace': parameter 1 is not of type 'string or Array'."),
        (
            kv.getWithMetadata,
            "Failed to execute 'getWithMetadata' on 'KvNamespace': parameter 1 is not of type 'Array or string'.",
        ),
        (kv.put, "Failed to execute 'put' on 'KvNamespace': parameter 1 is not of type 'string'."),
        (
            lambda: kv.put("k"),
            "Failed to execute 'put' on 'KvNamespace': parameter 2 is not of type 'string or Object'.",
        ),
        (kv.delete, "Failed to execute 'delete' on 'KvNamespace': parameter 1 is not of type 'string'."),
    ):
        with pytest.raises(JsException) as caught:
            call()
        assert str(caught.value) == f"TypeError: {message}"


@pytest.mark.parametrize("given", ["text", 5, True])
def test_options_are_an_object(kv, run, given):
    wrong = "TypeError: Failed to execute '{}' on 'KvNamespace': parameter {} is not of type '{}'."
    assert run(lambda: kv.put("k", "v", given)) == wrong.format("put", 3, "PutOptions")
    assert run(lambda: kv.list(given)) == wrong.format("list", 1, "ListOptions")


# ---- several keys ---------------------------------------------------------------------------------------


def test_several_keys_give_a_map_in_the_order_of_the_request(kv, run):
    run(lambda: kv.put("t", "text", metadata=plain({"q": 1})))
    run(lambda: kv.put("j", "[1]"))
    keys = array(("t", "none", "j", "t"))
    assert run(lambda: kv.get(keys)) == [["t", "text"], ["none", jsnull], ["j", "[1]"]]
    ((name, value),) = run(lambda: kv.get(array(("j",)), plain({"type": "json"})))
    assert (name, as_json(value)) == ("j", "[1]")
    found = dict(run(lambda: kv.getWithMetadata(keys)))
    assert as_json(found["t"]) == '{"value":"text","metadata":{"q":1}}'
    assert as_json(found["j"]) == '{"value":"[1]","metadata":null}'
    assert found["none"] is jsnull


@pytest.mark.parametrize(
    ("keys", "kind", "message"),
    [
        ((), "zz", '400 "zz" is not a valid type. Use "json" or "text"'),
        ((), None, "400 You must request a minimum of 1 key"),
        (("k",) * 101, None, "400 You can request a maximum of 100 keys"),
        (("k",), "arrayBuffer", '400 "arrayBuffer" is not a valid type. Use "json" or "text"'),
        (("k",), "stream", '400 "stream" is not a valid type. Use "json" or "text"'),
        (("k", ""), None, "400 Key names must not be empty"),
        (("k", "."), None, '400 Illegal key name ".". Please use a different name.'),
        (("k" * 513,), None, "414 UTF-8 encoded length of 513 exceeds key length limit of 512."),
        (("k",), "json", "400 At least one of the requested keys corresponds to a non-json value"),
    ],
)
def test_requests_for_several_keys_that_are_refused(kv, run, keys, kind, message):
    run(lambda: kv.put("k", "text"))
    assert run(lambda: kv.get(array(keys), kind)) == f"Error: KV GET_BULK failed: {message}"
    assert run(lambda: kv.getWithMetadata(array(keys), kind)) == f"Error: KV GET_BULK failed: {message}"


def test_several_values_have_at_most_25_mib_together(kv, run):
    for key in ("a", "b"):
        run(lambda key=key: kv.put(key, "x" * 13 * MIB))
    assert run(lambda: kv.get(array(("a", "b")))) == (
        "Error: KV GET_BULK failed: 413 Total size of request exceeds the limit of 25MB"
    )
    assert len(run(lambda: kv.get(array(("a", "a"))))) == 1


# ---- metadata -------------------------------------------------------------------------------------------


def test_metadata_is_any_json(kv, run):
    for given, shown in (
        (plain({"a": None, "b": array((None, jsnull)), "c": "é"}), '{"b":[null,null],"c":"é"}'),
        (0, "0"),
        ("", '""'),
        (False, "false"),
        (jsnull, "null"),
        (None, "null"),
    ):
        run(lambda given=given: kv.put("k", "v", metadata=given))
        result = run(lambda: kv.getWithMetadata("k"))
        assert as_json(result) == f'{{"value":"v","metadata":{shown},"cacheStatus":null}}'
    assert as_json(run(lambda: kv.getWithMetadata("none"))) == '{"value":null,"metadata":null,"cacheStatus":null}'


def test_metadata_has_at_most_1024_bytes(kv, run):
    assert run(lambda: kv.put("k", "v", metadata="x" * 1022)) is None
    refused = "Error: KV PUT failed: 413 Metadata length of {} exceeds limit of 1024."
    assert run(lambda: kv.put("k", "v", metadata="x" * 1023)) == refused.format(1025)
    assert run(lambda: kv.put("k", "v", metadata="é" * 512)) == refused.format(1026)


def test_metadata_that_json_cannot_show(kv, run):
    cycle = plain({})
    cycle.a = cycle
    assert run(lambda: kv.put("k", "v", metadata=cycle)).startswith("TypeError: Converting circular structure to JSON")
    assert run(lambda: kv.put("k", "v", metadata=2**60)) == "TypeError: Do not know how to serialize a BigInt"


# ---- expiration -----------------------------------------------------------------------------------------

TTL = "Error: KV PUT failed: 400 Invalid expiration_ttl of {}. "
POSITIVE = TTL + "Please specify integer greater than 0."
LONG_ENOUGH = TTL + "Expiration TTL must be at least 60."
MOMENT = "Error: KV PUT failed: 400 Invalid expiration of {}. "
FUTURE = MOMENT + "Please specify integer greater than the current number of seconds since the UNIX epoch."
FAR_ENOUGH = MOMENT + "Expiration times must be at least 60 seconds in the future."


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ({"expirationTtl": 60}, NOW + 60),
        ({"expirationTtl": 60.9}, NOW + 60),
        ({"expirationTtl": "60"}, NOW + 60),
        ({"expirationTtl": None}, None),
        ({"expirationTtl": 2**31 - 1}, NOW + 2**31 - 1),
        ({"expirationTtl": 59.9}, LONG_ENOUGH.format(59)),
        ({"expirationTtl": True}, LONG_ENOUGH.format(1)),
        ({"expirationTtl": 0}, POSITIVE.format(0)),
        ({"expirationTtl": -1}, POSITIVE.format(-1)),
        ({"expirationTtl": "x"}, POSITIVE.format(0)),
        ({"expirationTtl": jsnull}, POSITIVE.format(0)),
        ({"expirationTtl": float("nan")}, POSITIVE.format(0)),
        ({"expirationTtl": 2**31}, OUT_OF_RANGE),
        ({"expiration": NOW + 60}, NOW + 60),
        ({"expiration": NOW + 100.5}, NOW + 100),
        ({"expiration": str(NOW + 100)}, NOW + 100),
        ({"expiration": NOW + 59}, FAR_ENOUGH.format(NOW + 59)),
        ({"expiration": NOW}, FUTURE.format(NOW)),
        ({"expiration": 0}, FUTURE.format(0)),
        ({"expiration": jsnull}, FUTURE.format(0)),
        ({"expiration": 10**15}, OUT_OF_RANGE),
        ({"expiration": NOW + 1000, "expirationTtl": 100}, NOW + 100),
        ({"expiration": NOW + 1, "expirationTtl": 100}, NOW + 100),
        ({"expiration": NOW + 1000, "expirationTtl": 10}, LONG_ENOUGH.format(10)),
    ],
)
def test_when_a_key_expires(kv, run, options, outcome):
    result = run(lambda: kv.put("k", "v", plain(dict(options))))
    if isinstance(outcome, str):
        assert result == outcome
        assert run(lambda: kv.get("k")) is jsnull
    else:
        assert result is None
        assert run(kv.list).keys[0].__dict__.get("expiration") == outcome


def test_an_expired_key_is_gone_at_once(kv, run, stopped_clock, tmp_path):
    run(lambda: kv.put("k", "v", expirationTtl=60))
    run(lambda: kv.put("other", "v"))
    stopped_clock.time = NOW + 59.999
    assert run(lambda: kv.get("k")) == "v"
    stopped_clock.time = NOW + 60
    assert run(lambda: kv.get("k")) is jsnull
    assert run(lambda: kv.get(array(("k",)))) == [["k", jsnull]]
    assert [key.name for key in run(kv.list).keys] == ["other"]
    run(lambda: kv.put("other", "w"))
    assert len(list((tmp_path / "v3/kv/a-namespace/blobs").iterdir())) == 1, "its value is deleted by the next put"


def test_a_put_without_options_removes_expiration_and_metadata(kv, run):
    run(lambda: kv.put("k", "v", expirationTtl=60, metadata=1))
    run(lambda: kv.put("k", "v"))
    assert as_json(run(kv.list)) == '{"keys":[{"name":"k"}],"list_complete":true,"cacheStatus":null}'


# ---- list -----------------------------------------------------------------------------------------------


@pytest.fixture
def filled(kv, run):
    for key in ("a:3", "a:1", "a:2", "A:1", "é", "b%", "b_", "a;", "\U0001f600", "\uffff"):
        run(lambda key=key: kv.put(key, "v"))
    run(lambda: kv.put("a:m", "v", metadata=plain({"k": 1}), expirationTtl=1000))
    return kv


def names(result):
    return [key.name for key in result.keys]


def test_keys_are_listed_in_the_order_of_their_bytes(filled, run):
    assert names(run(filled.list)) == [
        "A:1", "a:1", "a:2", "a:3", "a:m", "a;", "b%", "b_", "é", "\uffff", "\U0001f600",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("a:", ["a:1", "a:2", "a:3", "a:m"]),
        ("b%", ["b%"]),
        ("b_", ["b_"]),
        (".", []),
        ("a:1", ["a:1"]),
        ("a:1 ", []),
        ("é", ["é"]),
        (5, []),
    ],
)
def test_a_prefix_is_taken_literally(filled, run, prefix, found):
    assert names(run(lambda: filled.list(prefix=prefix))) == found


def test_entries_show_expiration_and_metadata(filled, run):
    shown = run(lambda: filled.list(prefix="a:m"))
    assert as_json(shown.keys) == f'[{{"name":"a:m","expiration":{NOW + 1000},"metadata":{{"k":1}}}}]'


def test_pages_follow_each_other_by_their_cursors(filled, run):
    first = run(lambda: filled.list(prefix="a:", limit=2))
    assert (names(first), first.list_complete, first.cursor) == (["a:1", "a:2"], False, "YToy")
    second = run(lambda: filled.list(prefix="a:", limit=2, cursor=first.cursor))
    assert (names(second), second.list_complete) == (["a:3", "a:m"], True)
    assert not hasattr(second, "cursor")


def test_all_pages_together_are_everything(filled, run):
    for limit in range(1, 12):
        seen, cursor = [], None
        while True:
            page = run(lambda limit=limit, cursor=cursor: filled.list(limit=limit, cursor=cursor))
            assert len(names(page)) <= limit
            seen += names(page)
            assert len(seen) <= 11, "a page repeats what the one before had"
            if page.list_complete:
                break
            cursor = page.cursor
        assert seen == names(run(filled.list)), limit


@pytest.mark.parametrize("cursor", ["", "!!!", "YTo=", "a", "\ud800", jsnull])
def test_a_cursor_without_a_meaning_does_not_fail(filled, run, cursor):
    assert names(run(lambda: filled.list(prefix="a:", cursor=cursor))) == ["a:1", "a:2", "a:3", "a:m"]


@pytest.mark.parametrize("limit", [0, -1, jsnull, "x", None, float("nan"), 1000])
def test_a_limit_that_says_nothing_is_1000(filled, run, limit):
    assert len(names(run(lambda: filled.list(limit=limit)))) == 11


def test_what_list_refuses(kv, run):
    reason = "400 Invalid key_count_limit of 1001. Please specify an integer less than 1000."
    assert run(lambda: kv.list(limit=1001)) == f"Error: KV GET failed: {reason}"
    reason = "414 UTF-8 encoded length of 513 exceeds key length limit of 512."
    assert run(lambda: kv.list(prefix="k" * 513)) == f"Error: KV GET failed: {reason}"


def test_a_list_has_at_most_1000_keys(kv, run, bind):
    for number in range(1001):
        kv._entries.put(f"k{number:04}", b"")
    page = run(kv.list)
    assert (len(names(page)), page.list_complete) == (1000, False)
    assert names(run(lambda: kv.list(cursor=page.cursor))) == ["k1000"]
