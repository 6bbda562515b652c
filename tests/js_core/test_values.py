"""How JavaScript objects behave in Python (spec/js-and-ffi.md, section 2)."""

from __future__ import annotations

import js
import pytest
from pyodide.ffi import JsArray, JsException, JsMap, JsMutableMap, JsProxy, jsnull, to_js

from pywrangler.runtime.js.primitives import number_text, to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy as Base


def test_plain_object_reads_and_writes_attributes():
    obj = js.Object.new()
    obj.name = "x"
    assert obj.name == "x"


def test_missing_property_is_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = js.Object.new().missing


def test_undefined_property_that_exists_reads_as_none():
    obj = js.Object.new()
    obj.a = None
    assert obj.a is None


def test_deleted_property_is_gone():
    obj = js.Object.new(a=1)
    del obj.a
    assert not hasattr(obj, "a")


def test_integral_float_becomes_int_when_it_crosses():
    obj = js.Object.new()
    obj.a = 2.0
    assert type(obj.a) is int


def test_plain_object_is_not_subscriptable():
    with pytest.raises(TypeError):
        js.Object.new(a=1)["a"]


def test_as_object_map_is_subscriptable():
    obj = js.Object.new(a=js.Object.new(b=2))
    assert obj.as_object_map(hereditary=True)["a"]["b"] == 2


def test_as_object_map_writes_through():
    obj = js.Object.new()
    obj.as_object_map()["k"] = 1
    assert obj.k == 1


def test_as_object_map_has_mapping_methods():
    view = js.Object.new(a=1, b=2).as_object_map()
    assert dict(view.items()) == {"a": 1, "b": 2}
    assert view.pop("a") == 1
    assert len(view) == 1


def test_calling_a_class_without_new_is_a_type_error():
    with pytest.raises(TypeError, match="without 'new'"):
        js.Map()


def test_new_takes_keywords_as_trailing_object():
    assert js.Event.new("x", cancelable=True).cancelable is True


def test_equality_is_identity():
    assert js.Object.new() != js.Object.new()


def test_objects_are_hashable():
    obj = js.Object.new()
    assert {obj: 1}[obj] == 1


def test_plain_object_is_true():
    assert js.Object.new()


@pytest.mark.parametrize(
    "value", [js.Array.new(), js.Map.new(), js.Set.new(), js.Uint8Array.new(0), js.ArrayBuffer.new(0)]
)
def test_empty_container_is_false(value):
    assert not value


def test_object_keys_puts_indexes_first_in_order():
    obj = js.JSON.parse('{"b": 1, "10": 2, "2": 3, "a": 4}')
    assert list(obj.object_keys()) == ["2", "10", "b", "a"]


def test_object_entries_are_pairs():
    assert [(k, v) for k, v in js.Object.new(a=1, b=2).object_entries()] == [("a", 1), ("b", 2)]


def test_object_values_are_an_array():
    assert isinstance(js.Object.new(a=1).object_values(), JsArray)


def test_typeof_of_object_function_and_symbol():
    assert [js.Object.new().typeof, js.fetch.typeof, js.Symbol("x").typeof, js.Headers.typeof] == [
        "object",
        "function",
        "symbol",
        "function",
    ]


def test_constructor_name():
    assert [x.constructor.name for x in (js.Object.new(), js.Array.new(), js.Map.new(), js.Date.new(0))] == [
        "Object",
        "Array",
        "Map",
        "Date",
    ]


def test_constructor_of_a_plain_object_is_object():
    assert js.JSON.parse("{}").constructor is js.Object


def test_js_id_is_stable_and_differs():
    a, b = js.Object.new(), js.Object.new()
    assert a.js_id == a.js_id != b.js_id


def test_str_is_javascript_string():
    assert [str(js.Object.new()), str(js.JSON.parse('[1,[2,null],"x"]'))] == ["[object Object]", "1,2,,x"]


def test_property_named_as_keyword_is_read_with_an_underscore():
    obj = js.JSON.parse('{"from": 1}')
    obj.class_ = 2
    assert (obj.from_, getattr(obj, "from"), list(obj.object_keys())) == (1, 1, ["from", "class"])


def test_method_named_as_keyword_has_underscore_and_plain_name():
    assert list(js.Array.from_([1])) == list(getattr(js.Array, "from")([1]))


@pytest.mark.parametrize("value", [js.Object.new(), js.Headers, js.Error.new("x"), js.fetch, js.JSON, js.Promise])
def test_javascript_values_are_js_proxies(value):
    assert isinstance(value, JsProxy)


@pytest.mark.parametrize("value", [None, 1, "x", jsnull, {}, [], b""])
def test_converted_values_are_no_js_proxies(value):
    assert not isinstance(value, JsProxy)


def test_every_object_the_runtime_makes_is_a_js_proxy():
    assert issubclass(Base, JsProxy)


def test_jsnull_is_false_but_not_none():
    assert not jsnull
    assert jsnull is not None
    assert repr(jsnull) == "jsnull"


def test_python_object_stored_in_javascript_comes_back_unchanged():
    obj, value = js.Object.new(), {"a": 1}
    obj.x = value
    assert obj.x is value


# ---- arrays ---------------------------------------------------------------------------------------------


def test_array_subscription_negative_and_slices():
    arr = js.Array.of(1, 2, 3)
    assert (arr[-1], list(arr[1:])) == (3, [2, 3])


def test_array_index_out_of_range():
    with pytest.raises(IndexError):
        js.Array.new()[0]


def test_array_of_a_length():
    assert list(js.Array.new(2)) == [None, None]


def test_array_rejects_a_negative_length():
    with pytest.raises(JsException, match="RangeError: Invalid array length"):
        js.Array.new(-1)


def test_array_callbacks_get_three_arguments():
    with pytest.raises(TypeError):
        js.Array.of(1).map(lambda x: x)
    assert list(js.Array.of(1, 2).map(lambda x, _i, _a: x * 2)) == [2, 4]


def test_array_sorts_as_strings_with_undefined_last():
    assert list(js.Array.of(10, None, 9, 1).sort()) == [1, 10, 9, None]


def test_array_sorts_by_callback():
    assert list(js.Array.of(10, 9, 1).sort(lambda a, b: a - b)) == [1, 9, 10]


def test_array_contains_distinguishes_true_from_one():
    assert True not in js.Array.of(1)


def test_array_finds_nan_by_includes_only():
    arr = js.Array.of(js.NaN)
    assert (arr.includes(js.NaN), arr.indexOf(js.NaN)) == (True, -1)


def test_array_splice_removes_and_inserts():
    arr = js.Array.of(1, 2, 3)
    assert list(arr.splice(1, 1, "a", "b")) == [2]
    assert list(arr) == [1, "a", "b", 3]


def test_array_has_pythons_list_methods():
    arr = js.Array.of(1)
    arr.append(2)
    arr.extend([3])
    arr.insert(0, 0)
    arr.remove(2)
    assert (list(arr), arr.pop(), arr.index(1), arr.count(9)) == ([0, 1, 3], 3, 1, 0)


def test_array_items_are_properties():
    assert getattr(js.Array.of("a", "b"), "1") == "b"


def test_array_length_can_be_set():
    arr = js.Array.of(1, 2, 3)
    arr.length = 1
    assert list(arr) == [1]


def test_array_flat_and_reduce():
    arr = js.JSON.parse("[1,[2,[3]]]")
    assert list(arr.flat(2)) == [1, 2, 3]
    assert arr.flat(2).reduce(lambda total, x, _i, _a: total + x) == 6


def test_reduce_of_empty_array_without_start():
    with pytest.raises(JsException, match="Reduce of empty array with no initial value"):
        js.Array.new().reduce(lambda *_: 0)


def test_iterator_gives_done_and_value():
    steps = js.Array.of("a").values()
    assert [steps.next().value, steps.next().done] == ["a", True]


# ---- maps and sets --------------------------------------------------------------------------------------


def test_map_iterates_its_keys_in_python():
    assert list(js.Map.new([["a", 1], ["b", 2]])) == ["a", "b"]


def test_map_entries_are_pairs():
    assert [tuple(pair) for pair in js.Map.new([["a", 1]]).entries()] == [("a", 1)]


def test_map_is_a_mutable_mapping():
    found = js.Map.new()
    found["a"] = 1
    found.update({"b": 2})
    assert (found["a"], found.get("zz", 7), "b" in found, len(found)) == (1, 7, True, 2)
    assert isinstance(found, JsMap)
    assert isinstance(found, JsMutableMap)
    with pytest.raises(KeyError):
        found["zz"]


def test_map_distinguishes_keys_as_javascript_does():
    found = js.Map.new([[1, "number"], [True, "boolean"], ["1", "string"], [js.NaN, "nan"]])
    assert [found.get(1), found.get(True), found.get("1"), found.get(js.NaN)] == ["number", "boolean", "string", "nan"]


def test_map_finds_python_objects_by_identity():
    key = {"unhashable": True}
    found = js.Map.new()
    found.set(key, 1)
    assert (found.get(key), found.has({"unhashable": True})) == (1, False)


def test_map_rejects_what_is_no_pair():
    with pytest.raises(JsException, match="is not an entry object"):
        js.Map.new([1])


def test_set_keeps_order_and_members_once():
    assert list(js.Set.new(["b", "a", "b"])) == ["b", "a"]


def test_set_delete_tells_whether_it_was_there():
    members = js.Set.new([None])
    assert (members.delete(None), members.delete(None)) == (True, False)


def test_weak_map_takes_objects_only():
    with pytest.raises(JsException, match="Invalid value used as weak map key"):
        js.WeakMap.new().set("a", 1)


# ---- strings of values ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "undefined"),
        (jsnull, "null"),
        (True, "true"),
        (1, "1"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-9, "1.5e-9"),
        (float("inf"), "Infinity"),
        (-0.0, "0"),
        (123456.789, "123456.789"),
        (5e-324, "5e-324"),
        ("x", "x"),
        (2**70, "1180591620717411303424"),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_string_of(value, text):
    assert to_string(value) == text


@pytest.mark.parametrize("value", [0.1, 1 / 3, 1.7976931348623157e308, 2.5e-8, 4503599627370497.5, 123e18])
def test_number_text_reads_back(value):
    assert float(number_text(value)) == value


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("", 0),
        (" 12 ", 12),
        ("0x1F", 31),
        ("1e3", 1000),
        (".5", 0.5),
        ("-Infinity", float("-inf")),
        (True, 1),
        (jsnull, 0),
        ("1.0", 1),
    ],
)
def test_number_of(value, result):
    assert to_number(value) == result


@pytest.mark.parametrize("value", [None, "abc", "1_000", "0x", "1 2", "infinity", "nan", "\u0661"])
def test_number_of_nonsense_is_nan(value):
    assert js.Number.isNaN(to_number(value))


def test_to_js_of_an_object_is_the_object():
    obj = js.Object.new()
    assert to_js(obj) is obj
