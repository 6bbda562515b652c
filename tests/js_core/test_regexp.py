from __future__ import annotations

import contextlib

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import RegExp
from pyodide.ffi import JsException, jsnull


@pytest.mark.parametrize(
    ("pattern", "flags", "text", "found"),
    [
        (r"\d+", "", "a12", "12"),
        (r"\d", "", "\u0661", None),
        (r"a$", "", "a\n", None),
        (r"a$", "m", "a\nb", "a"),
        (r"^b", "m", "a\nb", "b"),
        (r"a.c", "", "a\nc", None),
        (r"a.c", "s", "a\nc", "a\nc"),
        (r"A", "i", "xa", "a"),
        (r"(?<y>\d{4})-\k<y>", "", "2024-2024", "2024-2024"),
        (r"[^]", "", "\n", "\n"),
        (r"[]", "", "a", None),
        (r"a{,2}", "", "a{,2}", "a{,2}"),
        (r"\u0041\x42", "", "AB", "AB"),
        (r"\u{1F600}", "u", "😀", "😀"),
        (r"\bx\b", "", "a x", "x"),
        (r"[[&&~~||]", "", "&", "&"),
        (r"(a)|b\1", "", "b", None),
        (r"\/\-", "", "/-", "/-"),
        (r"\s", "", "\ufeff", "\ufeff"),
        (r"(?<=a)b", "", "ab", "b"),
        (r"[\d\s]+", "", "x1 2", "1 2"),
        (r"\cJ", "", "\n", "\n"),
        (r"\0", "", "\0", "\0"),
    ],
)
def test_matches(pattern, flags, text, found):
    match = RegExp.new(pattern, flags).exec(text)
    assert (None if match is jsnull else match[0]) == found


def test_match_has_index_input_and_groups():
    match = RegExp.new(r"(?<a>b)(c)?").exec("xb")
    assert (match.index, match.input, match.groups.a, match[2]) == (1, "xb", "b", None)


def test_global_remembers_where_it_was():
    expression = RegExp.new("a", "g")
    assert [
        expression.test("aa"),
        expression.lastIndex,
        expression.test("aa"),
        expression.test("aa"),
        expression.lastIndex,
    ] == [True, 1, True, False, 0]


def test_sticky_matches_only_there():
    expression = RegExp.new("b", "y")
    assert expression.test("ab") is False


def test_source_flags_and_text():
    expression = RegExp.new("a/b", "mig")
    assert (expression.source, expression.flags, str(expression), expression.global_) == (
        "a/b",
        "gim",
        "/a/b/gim",
        True,
    )


@pytest.mark.parametrize(
    ("pattern", "flags"), [("(", ""), ("a", "q"), ("a", "gg"), ("[", ""), ("*", ""), (r"\p{L}", "u"), ("\\", "")]
)
def test_malformed_is_a_syntax_error(pattern, flags):
    with pytest.raises(JsException, match="SyntaxError: Invalid"):
        RegExp.new(pattern, flags)


@given(st.text(alphabet="ab[](){}^$.*+?|\\dwsbk<>=!-,:19", max_size=12))
def test_any_pattern_compiles_or_is_a_syntax_error(pattern):
    with contextlib.suppress(JsException):
        RegExp.new(pattern)


@given(st.text())
def test_text_of_python_matches_itself_when_escaped(text):
    escaped = "".join(f"\\{c}" if c in "^$\\.*+?()[]{}|/" else c for c in text)
    assert RegExp.new(escaped).test(text) is True
    assert js.RegExp.new(f"^(?:{escaped})$").test(text) is True
