"""String and Number objects, borrowed methods; expected values are those of workerd."""

from __future__ import annotations

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import Number, String
from pyodide.ffi import JsException, JsProxy


@pytest.mark.parametrize(
    ("text", "method", "arguments", "expected"),
    [
        ("x😀y", "at", (1,), "\ud83d"),
        ("abc", "at", (-1,), "c"),
        ("abc", "at", (3,), None),
        ("x😀y", "codePointAt", (1,), 128512),
        ("x😀y", "charCodeAt", (2,), 0xDE00),
        ("abc", "charAt", (5,), ""),
        ("abc", "substring", (2, 0), "ab"),
        ("abc", "substr", (-2, 1), "b"),
        ("abc", "slice", (-2,), "bc"),
        ("x😀y", "slice", (1, 3), "😀"),
        ("a-b-c", "replace", ("-", "[$&$`$']"), "a[-ab-c]b-c"),
        ("a-b-c", "replaceAll", ("-", "+"), "a+b+c"),
        ("ab", "replaceAll", ("", "-"), "-a-b-"),
        ("abc", "indexOf", ("c",), 2),
        ("abcabc", "lastIndexOf", ("c", -1), -1),
        ("abcabc", "lastIndexOf", ("",), 6),
        ("abc", "includes", ("b", 2), False),
        ("abc", "startsWith", ("b", 1), True),
        ("abc", "endsWith", ("b", 2), True),
        ("x", "padStart", (5, "ab"), "ababx"),
        ("x", "padEnd", (3,), "x  "),
        ("x", "padEnd", (3, ""), "x"),
        ("ab", "repeat", (2,), "abab"),
        ("\ufeff a\n", "trim", (), "a"),
        (" a ", "trimStart", (), "a "),
        (" a ", "trimEnd", (), " a"),
        ("ß", "toUpperCase", (), "SS"),
        ("é", "normalize", ("NFD",), "e\u0301"),
        ("\ud800", "isWellFormed", (), False),
        ("\ud800a", "toWellFormed", (), "\ufffda"),
        ("x", "anchor", ('a"b',), '<a name="a&quot;b">x</a>'),
        ("x", "bold", (), "<b>x</b>"),
        ("a", "concat", (1, None), "a1undefined"),
    ],
)
def test_methods_of_strings(text, method, arguments, expected):
    assert getattr(String.new(text), method)(*arguments) == expected


def test_splitting():
    assert list(String.new("abc").split("", 2)) == ["a", "b"]
    assert list(String.new("").split("")) == []
    assert list(String.new("").split(",")) == [""]
    assert list(String.new("a,b").split()) == ["a,b"]


def test_replacement_by_a_function():
    assert String.new("a-b-c").replaceAll("-", lambda _match, position, _text: position) == "a1b3c"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: String.new("a").repeat(-1), "RangeError: Invalid count value: -1"),
        (lambda: String.new("a").includes(js.RegExp.new("a")), "must not be a regular expression"),
        (lambda: String.new("a").normalize("x"), "RangeError: The normalization form should be one of"),
        (lambda: String.new("a").replaceAll(js.RegExp.new("a"), ""), "replaceAll must be called with a global RegExp"),
        (lambda: String.new("a").padEnd(2**30), "RangeError: Invalid string length"),
    ],
)
def test_refusals_of_strings(call, message):
    with pytest.raises(JsException, match=message):
        call()


def test_string_object_is_an_object_with_a_length():
    found = String.new("x😀y")
    assert (found.length, isinstance(found, JsProxy), str(found), found.valueOf()) == (4, True, "x😀y", "x😀y")
    assert list(found) == ["x", "😀", "y"]


def test_without_new_a_string_is_a_str():
    assert String(5) == "5"


def test_raw():
    assert String.raw(js.Object.new(raw=js.Array.of("a", "b", "c")), 1, 2) == "a1b2c"


@pytest.mark.parametrize(
    ("value", "method", "arguments", "expected"),
    [
        (25, "toString", (36,), "p"),
        (0.1, "toString", (3,), "0.0022002200220022002200220022002201"),
        (255.5, "toString", (16,), "ff.8"),
        (-255.5, "toString", (2,), "-11111111.1"),
        (1e21, "toString", (7,), "5135235413265003022600000"),
        (1.005, "toFixed", (2,), "1.00"),
        (1.45, "toFixed", (1,), "1.4"),
        (-1.5, "toFixed", (0,), "-2"),
        (0.000001, "toFixed", (7,), "0.0000010"),
        (1e21, "toFixed", (2,), "1e+21"),
        (-0.0000001, "toFixed", (2,), "-0.00"),
        (123456, "toExponential", (), "1.23456e+5"),
        (123456, "toExponential", (2,), "1.23e+5"),
        (0, "toExponential", (2,), "0.00e+0"),
        (0.00015, "toExponential", (0,), "1e-4"),
        (123.456, "toPrecision", (4,), "123.5"),
        (0.000001234, "toPrecision", (2,), "0.0000012"),
        (0.0000001234, "toPrecision", (2,), "1.2e-7"),
        (1234.5, "toPrecision", (2,), "1.2e+3"),
        (99.99, "toPrecision", (3,), "100"),
        (0, "toPrecision", (3,), "0.00"),
    ],
)
def test_methods_of_numbers(value, method, arguments, expected):
    assert getattr(Number.new(value), method)(*arguments) == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Number.new(1).toFixed(101), "RangeError: toFixed\\(\\) digits argument must be between 0 and 100"),
        (lambda: Number.new(5).toPrecision(0), "toPrecision\\(\\) argument must be between 1 and 100"),
        (lambda: Number.new(5).toString(1), "radix must be between 2 and 36"),
        (lambda: Number.prototype.toFixed.call("x"), "Number.prototype.toFixed requires that 'this' be a Number"),
    ],
)
def test_refusals_of_numbers(call, message):
    with pytest.raises(JsException, match=message):
        call()


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e20, max_value=1e20), st.integers(0, 20))
def test_fixed_digits_are_those_of_python_but_for_halves(value, digits):
    text = Number.new(value).toFixed(digits)
    assert abs(float(text) - value) <= 0.5 * 10**-digits + abs(value) * 1e-15
    assert len(text.partition(".")[2]) == digits


@given(
    st.floats(allow_nan=False, allow_infinity=False, min_value=0, max_value=2**60),
    st.integers(2, 36).filter(lambda base: base != 10),
)
def test_number_to_a_base_comes_back(value, base):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    whole, _, fraction = Number.new(value).toString(base).partition(".")
    read = int(whole, base) + sum(digits.index(d) / base ** (i + 1) for i, d in enumerate(fraction))
    assert read == pytest.approx(value, rel=1e-12)


def test_objects_of_primitives_in_json():
    found = js.Array.of(Number.new(5), String.new("x"), js.Boolean.new(False))
    assert js.JSON.stringify(found) == '[5,"x",false]'


def test_boolean_object_is_true():
    assert (bool(js.Boolean.new(False)), js.Boolean.new(False).valueOf()) == (True, False)


def test_borrowed_methods():
    assert list(js.Array.prototype.slice.call("abc", 1)) == ["b", "c"]
    assert js.Object.prototype.hasOwnProperty.call(js.Object.new(a=1), "a") is True
    assert js.BigInt.prototype.toString.call(js.BigInt(255), 16) == "ff"
    assert js.Array.prototype.push.apply(found := js.Array.of(1), js.Array.of(2, 3)) == 3
    assert list(found) == [1, 2, 3]
    assert js.String.prototype.toUpperCase.bind("a")() == "A"


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        (None, "Undefined"),
        ("a", "String"),
        (1, "Number"),
        (js.Array.new(), "Array"),
        (js.Date.new(0), "Date"),
        (js.fetch, "Function"),
    ],
)
def test_tag_of_a_value(value, tag):
    assert js.Object.prototype.toString.call(value) == f"[object {tag}]"


def test_a_method_needs_its_object():
    with pytest.raises(JsException, match="Illegal invocation"):
        js.Array.prototype.slice(1)
    with pytest.raises(AttributeError, match=r"Array\.prototype has no property 'sliced'"):
        _ = js.Array.prototype.sliced
    with pytest.raises(JsException, match="prototypes are fixed locally"):
        js.String.prototype.shout = lambda: 1


def test_escape_and_unescape():
    assert js.escape("ä b+c€") == "%E4%20b+c%u20AC"
    assert js.unescape("%E4%20b+c%u20AC%zz") == "ä b+c€%zz"
