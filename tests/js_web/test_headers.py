"""Headers: spec/js-and-ffi.md section 3, spec/workers-module.md sections 2 and 3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.js.convert import from_entries, to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import jsnull

NAMES = st.text("abcXYZ-_09!~", min_size=1, max_size=8)
VALUES = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=8)


def test_missing_header_reads_as_null():
    assert Headers.new().get("x") is jsnull


def test_names_are_case_insensitive_and_values_join_with_comma():
    headers = Headers.new([["A", "1"], ["a", "2"]])
    assert headers.get("a") == headers.get("A") == "1, 2"
    assert headers.has("A")
    assert "a" in headers


def test_iteration_is_sorted_lower_case_with_cookies_apart():
    headers = Headers.new([("B", "1"), ("Set-Cookie", "x=1"), ("a", "2"), ("set-cookie", "y=2"), ("b", "3")])
    assert [tuple(pair) for pair in headers] == [
        ("a", "2"),
        ("b", "1, 3"),
        ("set-cookie", "x=1"),
        ("set-cookie", "y=2"),
    ]
    assert list(headers.keys()) == ["a", "b", "set-cookie", "set-cookie"]
    assert list(headers.values()) == ["2", "1, 3", "x=1", "y=2"]
    assert next(headers.entries()).to_py() == ["a", "2"]


def test_set_cookie_values_are_read_apart():
    headers = Headers.new([("Set-Cookie", "a=1, b"), ("Set-Cookie", "c=2")])
    assert headers.getSetCookie().to_py() == ["a=1, b", "c=2"]
    assert headers.getAll("Set-Cookie").to_py() == ["a=1, b", "c=2"]
    with pytest.raises(JsException, match="Set-Cookie"):
        headers.getAll("a")


def test_set_replaces_append_adds_delete_removes():
    headers = Headers.new()
    headers.set("a", "1")
    headers.append("A", 2)
    assert headers.get("a") == "1, 2"
    headers.set("A", "3")
    assert headers.pairs() == [("a", "3")]
    headers.delete("a")
    assert not headers.has("a")


@pytest.mark.parametrize("name", ["", "a b", "é", "a:", "a\n"])
def test_an_invalid_name_is_a_type_error(name):
    for call in (lambda h: h.get(name), lambda h: h.set(name, "x"), lambda h: h.has(name), lambda h: h.delete(name)):
        with pytest.raises(JsException, match="TypeError: Invalid header name"):
            call(Headers.new())


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b"])
def test_a_value_with_line_breaks_is_a_type_error(value):
    with pytest.raises(JsException, match="Invalid header value"):
        Headers.new().set("a", value)


def test_values_are_stripped_and_made_strings():
    headers = Headers.new()
    headers.set("n", 5)
    headers.set("s", " \t x y \r\n")
    headers.set("z", None)
    assert (headers.get("n"), headers.get("s"), headers.get("z")) == ("5", "x y", "undefined")


def test_non_ascii_values_are_tolerated():
    assert Headers.new([("a", "grün")]).get("a") == "grün"


def test_made_from_object_map_items_and_headers():
    original = {"A": "1", "b": "2"}
    wanted = [("a", "1"), ("b", "2")]
    for init in (
        to_js(original, dict_converter=from_entries),
        to_js(original),
        original.items(),
        [["A", "1"], ["b", "2"]],
        Headers.new(original.items()),
    ):
        assert Headers.new(init).pairs() == wanted
    assert Headers.new(**{"x-y": "1"}).get("X-Y") == "1"


def test_a_python_dict_is_no_object_so_its_content_is_lost():
    assert Headers.new({"a": "b"}).pairs() == []


@pytest.mark.parametrize("init", [[["a"]], [["a", "b", "c"]], ["ab"], [1], 5, "x", jsnull, [None]])
def test_what_is_no_list_of_pairs_is_a_type_error(init):
    with pytest.raises(JsException, match="TypeError"):
        Headers.new(init)


def test_copies_are_independent():
    first = Headers.new([("a", "1")])
    second = Headers.new(first)
    second.set("a", "2")
    assert first.get("a") == "1"


def test_immutable_headers_refuse_every_change():
    headers = Headers.from_pairs([("a", "1")], immutable=True)
    for change in (lambda: headers.set("a", "2"), lambda: headers.append("b", "1"), lambda: headers.delete("a")):
        with pytest.raises(JsException, match="TypeError: Can't modify immutable headers"):
            change()
    assert headers.get("a") == "1"


def test_for_each_gives_value_name_and_headers():
    seen = []
    headers = Headers.new([("b", "1"), ("a", "2")])
    headers.forEach(lambda value, name, whole: seen.append((value, name, whole is headers)))
    assert seen == [("2", "a", True), ("1", "b", True)]


@given(st.lists(st.tuples(NAMES, VALUES), max_size=8))
def test_every_value_survives_in_order(pairs):
    headers = Headers.new(pairs)
    for name in {name for name, _ in pairs}:
        expected = ", ".join(value for key, value in pairs if key.lower() == name.lower())
        assert headers.get(name) == expected
    assert [name for name, _ in headers.combined()] == sorted(name for name, _ in headers.combined())


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_text_is_taken_or_refused_with_a_type_error(name, value):
    headers = Headers.new()
    try:
        headers.append(name, value)
    except JsException as error:
        name_of_error = error.name
    else:
        name_of_error = "TypeError"
        assert headers.get(name) == value.strip(" \t\r\n")
    assert name_of_error == "TypeError"


@given(st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12), max_size=6))
def test_cookies_are_never_combined(cookies):
    headers = Headers.new()
    for cookie in cookies:
        headers.append("Set-Cookie", cookie)
    assert headers.getSetCookie().to_py() == cookies
    assert [tuple(pair) for pair in headers] == [("set-cookie", cookie) for cookie in cookies]
    assert headers.pairs() == [("set-cookie", cookie) for cookie in cookies]
