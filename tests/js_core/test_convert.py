"""`to_js` and `to_py` (spec/js-and-ffi.md, section 2)."""

from __future__ import annotations

import array

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import Object
from pyodide.ffi import ConversionError, JsException, JsProxy, jsnull, to_js

from pywrangler.runtime.js.convert import options


def obj(value):
    return to_js(value, dict_converter=Object.fromEntries)


def test_dict_becomes_a_map_without_converter():
    assert to_js({"a": 1}).constructor.name == "Map"


def test_dict_becomes_an_object_with_from_entries():
    assert obj({"a": {"b": 1}}).a.b == 1


def test_other_dict_converters_get_pairs():
    assert list(to_js({"a": 1}, dict_converter=js.Array.from_)[0]) == ["a", 1]


def test_keys_of_objects_become_strings():
    assert list(obj({1: "a", None: "c"}).object_keys()) == ["1", "undefined"]


@pytest.mark.parametrize("value", [[1, 2], (1, 2)])
def test_sequences_become_arrays(value):
    assert js.Array.isArray(to_js(value))


def test_set_becomes_a_set():
    assert to_js({1}).constructor.name == "Set"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"a", "Uint8Array"),
        (bytearray(b"a"), "Uint8Array"),
        (memoryview(b"a"), "Uint8Array"),
        (array.array("b", [1]), "Int8Array"),
        (array.array("h", [1]), "Int16Array"),
        (array.array("I", [1]), "Uint32Array"),
        (array.array("q", [1]), "BigInt64Array"),
        (array.array("f", [1]), "Float32Array"),
        (array.array("d", [1]), "Float64Array"),
    ],
)
def test_buffers_become_typed_arrays_of_their_format(data, name):
    assert to_js(data).constructor.name == name


def test_buffers_are_copied():
    source = bytearray(b"a")
    copy = to_js(source)
    source[0] = 0
    assert copy.to_bytes() == b"a"


def test_buffer_of_two_dimensions_becomes_nested_arrays():
    converted = to_js(memoryview(b"abcd").cast("B", (2, 2)))
    assert [row.to_bytes() for row in converted] == [b"ab", b"cd"]


@pytest.mark.parametrize("value", [None, True, 5, "x", 1.5])
def test_primitives_pass(value):
    assert to_js(value) is value


def test_other_objects_become_proxies():
    class Thing:
        pass

    thing = Thing()
    proxy = to_js(thing)
    assert isinstance(proxy, JsProxy)
    assert proxy.unwrap() is thing


def test_nested_objects_come_back_as_they_were():
    thing = object()
    assert to_js([thing])[0] is thing


def test_no_proxies_wanted_is_a_conversion_error():
    with pytest.raises(ConversionError):
        to_js([object()], create_pyproxies=False)


def test_proxies_are_collected():
    proxies = js.Array.new()
    to_js([object(), object()], pyproxies=proxies)
    assert len(proxies) == 2


def test_tuple_keys_are_a_conversion_error_for_maps():
    with pytest.raises(ConversionError, match=r"Cannot use \(1, 2\) as a key for a Javascript Map"):
        to_js({(1, 2): 3})


def test_depth_limits_the_conversion():
    inner = [1]
    assert to_js([inner], depth=1)[0] is inner


def test_default_converter_converts_what_has_no_equivalent():
    class Point:
        def __init__(self, x):
            self.x = x

    def convert(value, convert_inner, cache):
        result = js.Object.new()
        cache(value, result)
        result.x = convert_inner(value.x)
        return result

    assert list(to_js([Point([1])], default_converter=convert)[0].x) == [1]


def test_eager_converter_comes_first():
    def convert(value, convert_inner, _cache):
        return "list" if isinstance(value, list) else convert_inner(value)

    assert to_js({"a": [1]}, eager_converter=convert).get("a") == "list"


def test_cycles_survive_to_js():
    value: list = []
    value.append(value)
    converted = to_js(value)
    assert converted[0] is converted


def test_cycles_survive_to_py():
    value = js.Object.new()
    value.me = value
    converted = value.to_py()
    assert converted["me"] is converted


def test_shared_objects_stay_shared():
    shared = [1]
    converted = to_js([shared, shared])
    assert converted[0] is converted[1]


def test_to_py_of_everything_nested():
    value = js.JSON.parse('{"a": [1, 2.5, "x", true, {"b": []}]}')
    assert value.to_py() == {"a": [1, 2.5, "x", True, {"b": []}]}


def test_to_py_keeps_null():
    assert js.JSON.parse("[null]").to_py() == [jsnull]


def test_to_py_of_map_and_set():
    assert to_js({"a": {1, 2}}).to_py() == {"a": {1, 2}}


def test_to_py_of_buffers_is_memoryview():
    view = js.Uint8Array.new([1, 2]).to_py()
    assert isinstance(view, memoryview)
    assert view.tobytes() == b"\x01\x02"


def test_to_py_leaves_other_objects():
    headers = js.Headers.new()
    assert to_js([headers]).to_py()[0] is headers


def test_to_py_depth():
    value = obj({"a": {"b": 1}})
    assert isinstance(value.to_py(depth=1)["a"], JsProxy)


def test_to_py_default_converter():
    value = to_js([js.Date.new(5)])
    assert value.to_py(default_converter=lambda v, _convert, _cache: v.getTime()) == [5]


def test_to_py_of_unhashable_key():
    with pytest.raises(ConversionError, match="Cannot use key of type Array"):
        js.Map.new([[js.Array.new(), 1]]).to_py()


@pytest.mark.parametrize("value", [1, "x", None])
def test_primitives_have_no_to_py(value):
    assert not hasattr(value, "to_py")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_to_js_and_back_is_the_same_value(value):
    converted = obj(value)
    back = converted.to_py() if isinstance(converted, JsProxy) else converted
    assert back == value


@given(
    st.recursive(
        st.integers() | st.text(),
        lambda inner: st.dictionaries(st.integers() | st.text(), inner) | st.lists(inner),
        max_leaves=10,
    )
)
def test_maps_and_back_is_the_same_value(value):
    converted = to_js(value)
    assert (converted.to_py() if isinstance(converted, JsProxy) else converted) == value


@given(st.binary())
def test_bytes_and_back(data):
    assert to_js(data).to_bytes() == data
    assert to_js(data).to_py().tobytes() == data


# ---- options --------------------------------------------------------------------------------------------


def test_options_of_keywords():
    assert options(None, {"a": 1})["a"] == 1


def test_options_of_an_object():
    assert options(obj({"a": 1}))["a"] == 1


def test_options_of_another_object_reads_its_attributes():
    assert options(js.Event.new("x")).get("type") == "x"


def test_options_of_null_are_empty():
    assert not options(jsnull)


def test_python_dict_as_options_is_lost_with_a_warning(logged):
    assert not options({"status": 404})
    assert logged[0][0] == "warn"
    assert "keyword arguments" in logged[0][1]
    assert __file__ in logged[0][1]


def test_the_warning_comes_once_for_a_place(logged):
    for _ in range(3):
        options({"status": 404})
    assert len(logged) == 1


def test_map_as_options_is_lost_with_a_warning(logged):
    assert not options(to_js({"status": 404}))
    assert "Object.fromEntries" in logged[0][1]


def test_primitive_as_options_is_a_type_error():
    with pytest.raises(JsException, match="TypeError"):
        options(5)
