"""Values that cross, and those that do not (spec/durable-objects.md, section 8; spec/workers-module.md, section 9)."""

# ruff: noqa: DTZ001, DTZ006 - naive local time is what is tested

import asyncio
import math
import re
from datetime import UTC, datetime

import js
from probe import failure, same
from pyodide.ffi import to_js
from workers import Blob, File, FormData, Request, Response

PLAIN = [
    None, True, False, 0, 1, -1, 2**53 - 1, -(2**53 - 1), 0.5, -1e300, "", "text", "ü\U0001f984\x00", [], [1, [2, [3]]],
    {}, {"a": {"b": [None, {"c": False}]}}, [None, None], {"": ""}, ["x" * 100_000],
]  # fmt: skip


async def plain_values_come_back_as_they_went(probe):
    thing = probe.thing()
    for value in PLAIN:
        same(await thing.echo(value), value)
        same(await thing.echo_sync(value), value)


async def integers_beyond_2_to_the_53_stay_exact(probe):
    thing = probe.thing()
    for value in (2**53, -(2**53), 2**64, 2**100 + 1, -(2**200)):
        same(await thing.echo(value), value)
        same(await thing.describe(value), str(value))


async def integral_floats_become_ints(probe):
    thing = probe.thing()
    result = await thing.echo([1.0, -2.0, 1e15])
    same(result, [1, -2, 10**15])
    same([type(item) for item in result], [int, int, int])
    same(await thing.kind(3.0), "int")


async def infinities_and_nan_cross(probe):
    result = await probe.thing().echo([math.inf, -math.inf, math.nan])
    same(result[:2], [math.inf, -math.inf])
    assert math.isnan(result[2])


async def lone_surrogates_cross(probe):
    same(await probe.thing().echo("a\ud800b"), "a\ud800b")


async def bytes_and_memoryviews_become_memoryviews(probe):
    thing = probe.thing()
    for value in (b"", b"\x00\xff" * 1000, memoryview(b"abcdef")[1:4]):
        result = await thing.echo(value)
        same(type(result), memoryview)
        same(bytes(result), bytes(value))
        same(await thing.kind(value), "memoryview")


async def typed_arrays_keep_their_kind_of_items(probe):
    thing = probe.thing()
    same(await thing.formatted(js.Float64Array.new(to_js([0.5, 1.5]))), ["d", 8, [0.5, 1.5]])
    same(await thing.formatted(js.Uint16Array.new(to_js([1, 65535]))), ["H", 2, [1, 65535]])
    same(await thing.formatted(js.Int32Array.new(to_js([-1]))), ["i", 4, [-1]])


async def dicts_get_string_keys_and_attributes(probe):
    result = await probe.thing().echo({1: "one", "items": 2, "inner": {"name": "x"}})
    same(dict(result), {"1": "one", "items": 2, "inner": {"name": "x"}})
    same(result.inner.name, "x")
    same(result["items"], 2)


async def sets_cross(probe):
    thing = probe.thing()
    same(await thing.echo({1, "a"}), {1, "a"})
    same(await thing.give("set"), {1, 2})
    same(await thing.kind(set()), "set")


async def dates_are_naive_local_and_exact_to_the_millisecond(probe):
    thing = probe.thing()
    naive = datetime(2024, 1, 2, 3, 4, 5, 678000)
    same(await thing.echo(naive), naive)
    same(await thing.give("date"), naive)
    aware = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    same(await thing.echo(aware), aware.astimezone().replace(tzinfo=None))
    same(await thing.echo(js.Date.new(1704164645678)), datetime.fromtimestamp(1704164645.678))


async def exceptions_as_values_keep_their_text_only(probe):
    thing = probe.thing()
    same(await thing.describe(ValueError("text")), "Exception('Error: text')")
    same(type(await thing.echo(ValueError("text"))), Exception)
    same(str(await thing.give("error")), "Error: inside")


async def javascript_values_become_python_values(probe):
    thing = probe.thing()
    same(await thing.echo(js.Map.new(to_js([["k", 1]]))), {"k": 1})
    same(await thing.echo(js.Set.new(to_js([1, 2]))), {1, 2})
    same(await thing.echo(to_js([1, [2]])), [1, [2]])
    same(await thing.echo(to_js({"a": 1}, dict_converter=js.Object.fromEntries)), {"a": 1})
    same(await thing.give("raw object"), {"a": [1, None]})
    same(await thing.give("map"), {"k": 1})
    same(bytes(await thing.echo(js.ArrayBuffer.new(3))), b"\0\0\0")
    same(await thing.kind(js.ArrayBuffer.new(3)), "memoryview")


async def cycles_and_shared_references_survive(probe):
    thing = probe.thing()
    cycle = []
    cycle.append(cycle)
    assert await thing.cycle_is_whole(cycle)
    given = await thing.give("cycle")
    assert given[0] is given
    shared = await thing.give("shared")
    assert shared[0] is shared[1]
    inner = {"a": 1}
    result = await thing.echo([inner, inner])
    assert result[0] is result[1]


async def arguments_and_results_are_copies(probe):
    thing = probe.thing()
    value = [1]
    result = await thing.mutate(value)
    same(value, [1])
    same(result, [1, "changed by the callee"])
    result.append("changed by the caller")
    same(await thing.read_kept(), [1, "changed by the callee"])


async def arguments_are_copied_at_the_call(probe):
    value = {"n": 1}
    call = probe.thing().echo(value)
    value["n"] = 2
    same(await call, {"n": 1})


async def keywords_become_one_trailing_dict(probe):
    thing = probe.thing()
    same(await thing.arguments(1, two=2, three=[3]), [1, {"two": 2, "three": [3]}])
    same(await thing.two("first", second="given"), ["first", {"second": "given"}])


async def what_cannot_be_sent_is_a_type_error_at_the_call(probe):
    thing = probe.thing()
    for value, name in (
        ((1, 2), "<class 'tuple'>"),
        (bytearray(b"x"), "<class 'bytearray'>"),
        ([{"a": (1,)}], "<class 'tuple'>"),
        (js.RegExp.new("a"), "RegExp"),
    ):
        error = await failure(_call(thing, value), TypeError)
        same(str(error), f"{name} cannot be sent over RPC.")
    sleeping = asyncio.sleep(0)
    error = await failure(_call(thing, sleeping), TypeError)
    assert str(error).endswith(" cannot be sent over RPC."), error
    sleeping.close()


async def _call(thing, value):
    return await thing.echo(value)


class Foo:
    pass


async def instances_of_classes_are_a_data_clone_error(probe):
    thing = probe.thing()
    for value in (Foo(), [Foo()], {"a": Foo()}):
        error = await failure(_call(thing, value))
        same(
            str(error),
            'DataCloneError: Could not serialize object of type "Foo". This type does not support serialization.',
        )
    for value in (1 + 2j, range(3), (item for item in ())):
        assert str(await failure(_call(thing, value))).startswith("DataCloneError: "), value
    for value in (FormData(), js.URL.new("https://host/"), js.WeakMap.new() if hasattr(js, "WeakMap") else Foo()):
        assert str(await failure(_call(thing, value))).startswith("DataCloneError: "), value


async def results_that_cannot_be_sent_fail_the_call(probe):
    thing = probe.thing()
    for what, text in (
        ("tuple", "<class 'tuple'> cannot be sent over RPC."),
        ("bytearray", "<class 'bytearray'> cannot be sent over RPC."),
        ("unsendable", 'Could not serialize object of type "Unsendable". This type does not support serialization.'),
        ("generator", "Could not serialize object of type"),
    ):
        error = await failure(thing.give(what))
        assert text in str(error), error
        assert str(error).count("\n") == 0, error
        assert re.search(r"\(returned at \S+\.py:\d+ in \w+\.give\)$", str(error)), error
    same(await thing.echo("still works"), "still works")


async def values_are_limited_to_32_mib(probe):
    thing = probe.thing()
    limit = "Error: Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: "
    for call in (thing.length("x" * (33 * 1024 * 1024)), thing.give("large")):
        error = str(await failure(call))
        assert error.startswith(limit), error
        assert error.endswith(" bytes."), error
    same(await thing.length("x" * (32 * 1024 * 1024 - 1000)), 32 * 1024 * 1024 - 1000)


async def responses_requests_and_headers_cross(probe):
    thing = probe.thing()
    response = Response("body", status=201, headers={"x-a": "b"})
    same(await thing.response_text(response), [201, "b", "body"])
    request = Request("https://host/path?q", method="PUT", body="sent", headers={"x-a": "b"})
    same(await thing.request_text(request), ["PUT", "https://host/path?q", "b", "sent"])
    same(await thing.header_pairs(js.Headers.new(to_js([["x-a", "b"]]))), [["x-a", "b"]])
    given = await thing.give("response")
    same((type(given), given.status, given.headers["x-a"], await given.text()), (Response, 201, "b", "body"))
    asked = await thing.give("request")
    same((type(asked), asked.method, asked.url, await asked.text()), (Request, "PUT", "https://host/path", "sent"))
    same((await thing.give("headers")).get("x-a"), "b")


async def web_values_inside_containers_cross(probe):
    thing = probe.thing()
    given = await thing.give("nested response")
    same(await given.inside.text(), "nested body")
    same(await given.list[0].text(), "second")
    same(await thing.response_text(await thing.echo(Response("x", headers={"x-a": "y"}))), [200, "y", "x"])


async def blobs_and_files_cross(probe):
    thing = probe.thing()
    same(await thing.blob_text(Blob("data", content_type="text/x-a")), ["Blob", "text/x-a", "data"])
    blob = await thing.give("blob")
    same((blob.content_type, await blob.text()), ("text/x-blob", "content"))
    file = await thing.give("file")
    same((type(file).__name__, file.name, await file.text()), ("File", "name.txt", "content"))
    same((await thing.blob_text(File("data", "f.txt")))[0], "File")


async def raw_stubs_give_javascript_values(probe):
    raw = probe.thing().js_object
    result = await raw.echo(to_js({"a": [1]}, dict_converter=js.Object.fromEntries))
    same(js.JSON.stringify(result), '{"a":[1]}')
    same(result.a.constructor.name, "Array")
    assert await raw.nothing() is None or not await raw.nothing()
