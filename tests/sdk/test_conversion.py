"""python_to_rpc and python_from_rpc: spec/workers-module.md, section 9."""

from __future__ import annotations

import gc
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from workers import Blob, File, FormData, Request, Response, _mode, python_from_rpc, python_to_rpc
from workers.conversion import refuse_functions, wrap_copied

from pywrangler.config.sdk import BUILT_IN
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.regexp import JsRegExp
from pywrangler.runtime.js.typed_arrays import ArrayBuffer, DataView, Float64Array, Uint8Array
from pywrangler.runtime.js.values import JsArray, JsObject, array

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_plain_data_comes_back_equal(value):
    assert python_from_rpc(python_to_rpc(value)) == value


@given(st.sets(st.integers(0, 100) | st.text(max_size=3)))
def test_sets_come_back_equal(value):
    assert isinstance(python_to_rpc(value), JsSet)
    assert python_from_rpc(python_to_rpc(value)) == value


@given(st.integers(86_400, 4_000_000_000).map(datetime.fromtimestamp))
def test_naive_datetimes_are_local_time_and_come_back_naive(when):
    date = python_to_rpc(when)
    assert isinstance(date, JsDate)
    assert date.getTime() == when.timestamp() * 1000
    back = python_from_rpc(date)
    assert back.tzinfo is None
    assert back.timestamp() == when.timestamp()


def test_aware_datetimes_keep_their_moment():
    when = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=5)))
    assert python_to_rpc(when).getTime() == when.timestamp() * 1000
    assert python_from_rpc(python_to_rpc(when)).astimezone(UTC) == when


def test_none_becomes_null_at_every_depth():
    converted = python_to_rpc({"a": [None]})
    assert python_to_rpc(None) is jsnull
    assert converted.a[0] is jsnull


def test_containers_become_arrays_and_plain_objects():
    converted = python_to_rpc({"a": [1, {"b": 2}]})
    assert type(converted) is JsObject
    assert type(converted.a) is JsArray
    assert converted.a[1].b == 2


def test_keys_become_strings():
    assert python_from_rpc(python_to_rpc({1: "a", 2.5: "b", False: "c"})) == {"1": "a", "2.5": "b", "false": "c"}


def test_large_ints_survive():
    assert python_from_rpc(python_to_rpc(2**80)) == 2**80


@pytest.mark.parametrize("value", [b"abc", memoryview(b"abc")])
def test_bytes_become_a_copied_uint8array_and_come_back_as_memoryview(value):
    converted = python_to_rpc(value)
    assert type(converted) is Uint8Array
    back = python_from_rpc(converted)
    assert isinstance(back, memoryview)
    assert back.tobytes() == b"abc"


@pytest.mark.parametrize(
    "buffer", [ArrayBuffer.from_bytes(b"12345678"), Float64Array.new(1), DataView.new(ArrayBuffer.new(8))]
)
def test_every_buffer_becomes_a_memoryview(buffer):
    assert len(python_from_rpc(buffer).tobytes()) == 8


def test_exceptions_lose_their_type():
    error = python_to_rpc(ValueError("bad"))
    assert (error.name, error.message) == ("Error", "bad")
    back = python_from_rpc(JsException("TypeError", "no"))
    assert type(back) is Exception
    assert str(back) == "TypeError: no"


@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: [value], lambda value: {"a": {"b": [value]}}])
@pytest.mark.parametrize(
    "value", [(1, 2), bytearray(b"x"), JsRegExp.new("a", "")], ids=lambda value: type(value).__name__
)
def test_what_cannot_cross_is_refused_at_every_depth(value, wrap):
    with pytest.raises(TypeError, match=r"cannot be sent over RPC\.$"):
        python_to_rpc(wrap(value))


def test_awaitables_are_refused_in_one_line(recwarn):
    async def work():
        pass

    with pytest.raises(TypeError, match=r"cannot be sent over RPC\."):
        python_to_rpc([work()])
    gc.collect()
    assert not [str(warning.message) for warning in recwarn]  # "was never awaited" would name a line of ours


def test_refusal_names_the_type():
    with pytest.raises(TypeError, match=r"^<class 'tuple'> cannot be sent over RPC\.$"):
        python_to_rpc(())


@pytest.mark.parametrize(
    "value",
    [Request("https://x.test/"), Response("x"), FormData(), Blob("x"), File("x", "n")],
    ids=lambda value: type(value).__name__,
)
def test_sdk_objects_cross_as_what_they_wrap(value):
    assert python_to_rpc(value) is value.js_object
    back = python_from_rpc(value.js_object)
    assert type(back) is type(value)
    assert back.js_object is value.js_object


def test_functions_and_javascript_values_are_unchanged():
    def function():
        pass

    for value in (function, len, JsObject.new(), array((1,)), object):
        assert python_to_rpc(value) is value


@pytest.mark.parametrize(
    ("value", "expected"), [(jsnull, None), (None, None), (1.0, 1), (1.5, 1.5), (True, True), ("x", "x")]
)
def test_primitives_from_javascript(value, expected):
    result = python_from_rpc(value)
    assert result == expected
    assert type(result) is type(expected)


def test_objects_and_maps_become_jsdicts():
    value = python_from_rpc(JsObject.new(a=JsObject.new(b=jsnull)))
    assert type(value) is JsDict
    assert value.a.b is None
    items = JsMap.new([["k", JsObject.new(x=1)]])
    assert python_from_rpc(items) == {"k": {"x": 1}}


def test_cycles_survive_both_ways():
    value: dict = {"list": []}
    value["list"].append(value)
    converted = python_to_rpc(value)
    assert converted.list[0] is converted
    back = python_from_rpc(converted)
    assert back["list"][0] is back


def test_other_javascript_values_are_unchanged():
    class Thing(JsProxy):
        pass

    thing = Thing.new()
    assert python_from_rpc(thing) is thing


def test_old_sdk_maps_dicts(monkeypatch):
    monkeypatch.setattr(_mode.MODE, "sdk", BUILT_IN)
    assert isinstance(python_to_rpc({"a": 1}), JsMap)


def test_old_sdk_refuses_functions_but_not_methods(monkeypatch):
    def function(): ...

    assert python_to_rpc([function])[0] is function
    monkeypatch.setattr(_mode.MODE, "sdk", BUILT_IN)
    for value in (function, [function], {"a": {"b": lambda: 1}}):
        with pytest.raises(TypeError, match=r"^<class 'function'> cannot be sent over RPC\.$"):
            python_to_rpc(value)
        with pytest.raises(TypeError, match=r"^<class 'function'> cannot be sent over RPC\.$"):
            refuse_functions([value])
    refuse_functions([len, "text", {"a": [1, {2}]}, "x".upper])


def test_copied_values_get_their_web_objects_wrapped_in_place():
    raw = Blob("x").js_object
    value = JsDict(a=[raw, 1], b=JsDict(c=raw))
    value["self"] = value
    assert wrap_copied(value) is value
    assert type(value.a[0]) is Blob
    assert type(value.b.c) is Blob
