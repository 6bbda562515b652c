from __future__ import annotations

import json
import re

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import JSON, Object
from pyodide.ffi import JsException, jsnull, to_js


def test_parse_gives_objects_with_attributes():
    assert JSON.parse('{"a": {"b": [1]}}').a.b[0] == 1


def test_parse_null_is_jsnull_everywhere():
    assert JSON.parse("null") is jsnull
    assert JSON.parse('{"a": [null, {"b": null}]}').a[1].b is jsnull


def test_integral_numbers_are_int():
    assert [type(x) for x in JSON.parse("[1.0, 1e3, 1.5, 9007199254740993]")] == [int, int, float, float]


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{'a':1}", "NaN", "[Infinity]", "01", "1 2", "\ufeff1", "nul", '"\n"', "\u00a01"]
)
def test_malformed_text_is_a_syntax_error(text):
    with pytest.raises(JsException) as raised:
        JSON.parse(text)
    assert raised.value.name == "SyntaxError"


def test_undefined_is_parsed_as_text():
    with pytest.raises(JsException, match="SyntaxError"):
        JSON.parse(None)


def test_reviver():
    assert JSON.parse('{"a": 1, "b": 2}', lambda k, v: v * 2 if k else v).b == 4


def test_reviver_removes_what_becomes_undefined():
    assert list(JSON.parse('{"a": 1, "b": 2}', lambda k, v: None if k == "a" else v).object_keys()) == ["b"]


def test_stringify_is_compact_and_not_escaped():
    assert JSON.stringify(to_js({"a": [1, "ü"]}, dict_converter=Object.fromEntries)) == '{"a":[1,"ü"]}'


def test_stringify_indents():
    assert JSON.stringify(JSON.parse('{"a":[1],"b":{}}'), None, 2) == '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'


def test_undefined_members_are_left_out_and_undefined_items_are_null():
    assert JSON.stringify(Object.new(a=None, b=js.Array.of(None))) == '{"b":[null]}'


def test_stringify_of_nothing_is_undefined():
    assert JSON.stringify(None) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(js.NaN, "null"), (js.Infinity, "null"), (1.0, "1"), (1e21, "1e+21"), (True, "true"), (jsnull, "null")],
)
def test_stringify_primitives(value, text):
    assert JSON.stringify(value) == text


def test_stringify_map_is_an_empty_object():
    assert JSON.stringify(js.Map.new([["a", 1]])) == "{}"


def test_stringify_date_is_its_iso_text():
    assert JSON.stringify(Object.new(d=js.Date.new(0))) == '{"d":"1970-01-01T00:00:00.000Z"}'


def test_stringify_typed_array_is_an_object_of_indexes():
    assert JSON.stringify(js.Uint8Array.new([5, 6])) == '{"0":5,"1":6}'


def test_stringify_with_names_and_with_function():
    value = Object.new(a=1, b=2)
    assert JSON.stringify(value, js.Array.of("b")) == '{"b":2}'
    assert JSON.stringify(value, lambda k, v: 9 if k == "a" else v) == '{"a":9,"b":2}'


def test_stringify_cycle():
    value = Object.new()
    value.me = value
    with pytest.raises(JsException, match="Converting circular structure to JSON"):
        JSON.stringify(value)


@pytest.mark.parametrize("value", [2**60, js.BigInt(1)])
def test_stringify_big_int(value):
    with pytest.raises(JsException, match="Do not know how to serialize a BigInt"):
        JSON.stringify(value)


def test_stringify_python_dict_loses_it_and_warns(logged):
    assert JSON.stringify({"a": 1}) == "{}"
    assert "json.dumps" in logged[0][1]


def test_lone_surrogate_is_escaped():
    assert JSON.stringify("\ud800") == '"\\ud800"'


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_stringify_undoes_parse(value):
    text = json.dumps(value)
    assert json.loads(JSON.stringify(JSON.parse(text)), parse_int=float) == json.loads(text, parse_int=float)


@given(st.text(alphabet='{}[]",:0123456789.eE+-truefalsn \n\\u', max_size=30))
def test_parse_gives_a_value_or_a_syntax_error(text):
    try:
        expected = json.loads(text, parse_int=float, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        with pytest.raises(JsException, match="SyntaxError"):
            JSON.parse(text)
    else:
        found = JSON.parse(text)
        assert json.loads(JSON.stringify(found), parse_int=float) == json.loads(
            re.sub("-?Infinity", "null", json.dumps(expected))
        )
