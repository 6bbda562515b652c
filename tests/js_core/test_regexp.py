from __future__ import annotations

import contextlib
import json
from pathlib import Path

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
        (r"(a)|b\1", "", "b", "b"),
        (r"\/\-", "", "/-", "/-"),
        (r"\s", "", "\ufeff", "\ufeff"),
        (r"(?<=a)b", "", "ab", "b"),
        (r"[\d\s]+", "", "x1 2", "1 2"),
        (r"\cJ", "", "\n", "\n"),
        (r"\0", "", "\0", "\0"),
        (r"\p{L}+", "u", "1éß", "éß"),
        (r"\P{L}", "u", "é1", "1"),
        (r"\p{Script=Greek}", "u", "aβ", "β"),
        (r"\p{Lu}", "u", "aÉ", "É"),
        (r"\p{Emoji_Presentation}", "u", "1😀", "😀"),
        (r"\p{Any}", "u", "\n", "\n"),
        (r"[\p{Lu}_]+", "u", "aB_", "B_"),
        (r"\p{L}", "", "p{L}", "p{L}"),
        (r"\P{Lu}", "iu", "A", "A"),
        (r"(?<=\$\d+\.)\d+", "", "$10.50", "50"),
        (r"(?<!a+)b", "", "ab cb", "b"),
        (r"[\w--[a-y]]", "v", "az", "z"),
        (r"[\w&&\d]", "v", "a1", "1"),
        (r"[\q{abc|d}x]+", "v", "zabcd", "abcd"),
        (r"(?<y>\d{4})-\d\d|\d\d-(?<y>\d{4})", "", "01-2024", "01-2024"),
        (r"(?i:A)b", "", "aB ab", "ab"),
        (r"^.$", "", "😀", None),
        (r"^.$", "u", "😀", "😀"),
        (r"(?:(a)|b)\1", "", "b", "b"),
        (r"\1(a)", "", "a", "a"),
        (r"[\W\d]", "", "é", "é"),
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
        r"a\/b",
        "gim",
        r"/a\/b/gim",
        True,
    )


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        ("(", ""),
        ("a", "q"),
        ("a", "gg"),
        ("[", ""),
        ("*", ""),
        (r"\p{Letters}", "u"),
        ("\\", ""),
        (r"\p{letter}", "u"),
        (r"\-", "u"),
        (r"(?<a>x)(?<a>y)", ""),
        (r"\k<b>(?<a>x)", ""),
        ("a{2,1}", ""),
        ("[b-a]", ""),
        ("[--a]", "v"),
        (r"\p{RGI_Emoji}", "v"),
    ],
)
def test_malformed_is_a_syntax_error(pattern, flags):
    with pytest.raises(JsException, match="SyntaxError: Invalid"):
        RegExp.new(pattern, flags)


# `new RegExp(pattern, flags)` in Node.js 22.23.3 (V8 12.4) for random pieces of syntax: what is wrong, or null.
RECORDED = json.loads((Path(__file__).parent / "regexp_syntax_expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("pattern", "flags", "wrong"), RECORDED)
def test_v8_finds_the_same_wrong(pattern, flags, wrong):
    if wrong is None:
        assert RegExp.new(pattern, flags).flags == "".join(sorted(flags))
        return
    with pytest.raises(JsException) as caught:
        RegExp.new(pattern, flags)
    assert str(caught.value) == f"SyntaxError: Invalid regular expression: /{pattern}/{flags}: {wrong}"


@pytest.mark.parametrize("flags", ["", "u", "v"])
@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("[", ""),
        ("[", "]"),
        ("[^", "]"),
        ("(", ""),
        ("(", ")"),
        ("(?:", ")"),
        ("(?=", ")"),
        ("(?<=", ")"),
        ("(a", "){2}"),
    ],
)
def test_deep_nesting_is_a_syntax_error_or_works(opening, closing, flags):
    for depth in (100, 300, 20_000):
        with contextlib.suppress(JsException):
            RegExp.new(opening * depth + closing * depth, flags)


@given(st.text(alphabet="ab[](){}^$.*+?|\\dwsbk<>=!-,:19", max_size=12))
def test_any_pattern_compiles_or_is_a_syntax_error(pattern):
    with contextlib.suppress(JsException):
        RegExp.new(pattern)


@given(st.text())
def test_text_of_python_matches_itself_when_escaped(text):
    escaped = "".join(f"\\{c}" if c in "^$\\.*+?()[]{}|/" else c for c in text)
    assert RegExp.new(escaped).test(text) is True
    assert js.RegExp.new(f"^(?:{escaped})$").test(text) is True


def test_positions_are_in_utf16_units():
    match = RegExp.new("b", "g").exec("😀b")
    assert (match.index, RegExp.new("b", "gu").exec("😀b").index) == (2, 2)
    sticky = RegExp.new("b", "y")
    sticky.lastIndex = 2
    assert (sticky.test("😀b"), sticky.lastIndex) == (True, 3)


def test_named_group_that_did_not_match_is_undefined():
    match = RegExp.new(r"(?<y>\d{4})-\d\d|(?<m>\d\d)").exec("07")
    assert (match.groups.y, match.groups.m) == (None, "07")


def test_indices_with_flag_d():
    match = RegExp.new(r"(?<a>b)(c)?", "d").exec("xb")
    assert (list(match.indices[0]), list(match.indices.groups.a), match.indices[2]) == ([1, 2], [1, 2], None)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("a.b-c (x) 1€\n", r"\x61\.b\x2dc\x20\(x\)\x201€\n"), ("1abc", r"\x31abc"), ("\u2028", r"\u2028"), ("", "")],
)
def test_escape(text, escaped):
    assert RegExp.escape(text) == escaped
    assert RegExp.new(f"^{escaped}$", "u").test(text)


def test_class_tells_of_the_last_match():
    RegExp.new("(b)(c)?").exec("abx")
    assert [getattr(RegExp, name) for name in ("$1", "$2", "lastMatch", "leftContext", "rightContext", "input")] == [
        "b", "", "b", "a", "x", "abx",
    ]  # fmt: skip


def test_called_without_new():
    assert RegExp("a", "g").flags == "g"


def test_compile_makes_it_another_expression():
    assert RegExp.new("a").compile("b", "i").test("B")


@pytest.mark.parametrize(
    ("text", "pattern", "flags", "replacement", "expected"),
    [
        ("abc", "(?<x>b)", "", "[$<x>$1$2$$]", "a[bb$2$]c"),
        ("aab", "a", "g", "x", "xxb"),
        ("abc", "b", "", "[$`|$&|$']", "a[a|b|c]c"),
        ("😀", "", "g", "-", "-\ud83d-\ude00-"),
        ("😀", "", "gu", "-", "-😀-"),
        ("10", r"(\d)(\d)", "", "$2$1$10", "011" + "0"),
    ],
)
def test_replace(text, pattern, flags, replacement, expected):
    assert js.String.new(text).replace(RegExp.new(pattern, flags), replacement) == expected


def test_replace_with_a_function():
    seen = []

    def shout(match, group, position, source, groups):
        seen.append((match, group, position, source, groups.g))
        return match.upper()

    assert js.String.new("xab").replace(RegExp.new("(?<g>a)", "g"), shout) == "xAb"
    assert seen == [("a", "a", 1, "xab", "a")]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("aXbX", "(X)", ["a", "X", "b", "X", ""]),
        ("abc", "", ["a", "b", "c"]),
        ("", "", []),
        ("a1b", r"(\d)|(\s)", ["a", "1", None, "b"]),
    ],
)
def test_split(text, pattern, expected):
    assert list(js.String.new(text).split(RegExp.new(pattern))) == expected


def test_match_and_match_all():
    text = js.String.new("aXbX")
    assert list(text.match(RegExp.new("X", "g"))) == ["X", "X"]
    assert text.match(RegExp.new("q", "g")) is jsnull
    assert [found.index for found in text.matchAll(RegExp.new("X", "g"))] == [1, 3]
    with pytest.raises(JsException, match="matchAll called with a non-global RegExp argument"):
        text.matchAll(RegExp.new("X"))
    assert (text.search("b"), text.search(RegExp.new("q"))) == (2, -1)


@given(st.text(alphabet="ab()[]\\pPL{}qk<>-&|^.*u", max_size=14), st.sampled_from(["u", "v", "iu", "gv"]))
def test_any_pattern_of_unicode_flags_compiles_or_is_a_syntax_error(pattern, flags):
    with contextlib.suppress(JsException):
        RegExp.new(pattern, flags)
