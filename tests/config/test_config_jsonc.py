from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import json5
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.config import jsonc
from pywrangler.errors import ConfigError, Place, Problem

FILE = Path("/project/wrangler.jsonc")

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def problem(text: str | bytes) -> object:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigError) as caught:
        jsonc.parse(content, FILE)
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // comment\n "b": 2}', {"a": 1, "b": 2}),
        ('/* a */ {"a": /* b */ [1, 2,], } // end', {"a": [1, 2]}),
        ('{"url": "http://x//y /* no */"}', {"url": "http://x//y /* no */"}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ("[]", []),
        ("null", None),
        ('"\\u00e9\\n\\ud83d\\ude00"', "é\n😀"),
        ("-0.5e+3", -500.0),
        ("\ufeff{}", {}),
    ],
)
def test_comments_and_one_trailing_comma_are_accepted(text: str, value: object) -> None:
    assert jsonc.parse(text.encode(), FILE).value == value


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("", 1, 1, "The file is empty; an object was expected."),
        ("// only a comment", 1, 18, "The file is empty; an object was expected."),
        ('{\n  "name": "basic" oops,\n}', 2, 19, "Unexpected `oops`; a comma or `}` was expected."),
        ('{"a": 1,, "b": 2}', 1, 9, "Unexpected `,`; a key in double quotes or `}` was expected."),
        ("[1,,2]", 1, 4, "Unexpected `,`; a value was expected."),
        ("{a: 1}", 1, 2, "Unexpected `a`; a key in double quotes or `}` was expected."),
        ("{'a': 1}", 1, 2, "Unexpected `'a'`; a key in double quotes or `}` was expected."),
        ('{"a" 1}', 1, 6, "Unexpected `1`; `:` after the key `a` was expected."),
        ('{"a": }', 1, 7, "Unexpected `}`; a value was expected."),
        ('{"a": 1', 1, 8, "The file ends here; a comma or `}` was expected."),
        ("[1, 2", 1, 6, "The file ends here; a comma or `]` was expected."),
        ('{"a": [1}', 1, 9, "Unexpected `}`; a comma or `]` was expected."),
        ('{"a": "x', 1, 7, "The string that begins here has no end."),
        ('{"a": "x\ny"}', 1, 9, "A string holds a line break or control character."),
        ('{"a": "\\q"}', 1, 8, "A string holds an escape that JSON does not have."),
        ('{"a": "\\ud800"}', 1, 7, "The string holds half of a surrogate pair."),
        ("{} /* open", 1, 4, "The comment that begins here has no end."),
        ("{} {}", 1, 4, "Unexpected `{`; the end of the file was expected."),
        ("# comment\n{}", 1, 1, "Unexpected `#`; a value was expected."),
        ("0x10", 1, 1, "Unexpected `0x10`; a value was expected."),
        ("+1", 1, 1, "Unexpected `+1`; a value was expected."),
        (".5", 1, 1, "Unexpected `.5`; a value was expected."),
        ("01", 1, 1, "Unexpected `01`; a value was expected."),
        ("NaN", 1, 1, "Unexpected `NaN`; a value was expected."),
        ("[Infinity]", 1, 2, "Unexpected `Infinity`; a value was expected."),
        ("{}\r\n\r\n  x", 3, 3, "Unexpected `x`; the end of the file was expected."),
    ],
)
def test_a_syntax_error_says_where_and_what_was_expected(text: str, line: int, column: int, what: str) -> None:
    found = problem(text)
    assert (found.place, found.what, found.code) == (Place(FILE, line, column), what, "config-syntax")


def test_the_excerpt_has_a_caret_line_below_the_fault() -> None:
    found = problem('{\n\t"name": "basic" oops,\n}')
    source, carets = found.excerpt.split("\n")
    assert source.endswith('"name": "basic" oops,')
    assert carets.index("^") == source.index("oops")
    assert carets.count("^") == len("oops")


def test_a_very_long_line_is_cut_around_the_fault() -> None:
    found = problem('{"a": "' + "x" * 5000 + '" oops}')
    source, carets = found.excerpt.split("\n")
    assert "oops" in source
    assert len(source) < 130
    assert source[carets.index("^") :].startswith("oops")


@pytest.mark.parametrize(
    ("mark", "name"),
    [
        (b"\xff\xfe", "UTF-16 LE"),
        (b"\xfe\xff", "UTF-16 BE"),
        (b"\xff\xfe\0\0", "UTF-32 LE"),
        (b"\0\0\xfe\xff", "UTF-32 BE"),
    ],
)
def test_wide_encodings_are_named(mark: bytes, name: str) -> None:
    found = problem(mark + b"{}")
    assert name in found.what
    assert "UTF-8" in found.remedy


def test_bytes_that_are_no_utf8_have_a_place() -> None:
    assert problem(b'{\n "a": "\xff"}').place == Place(FILE, 2, 8)


def test_nesting_is_bounded() -> None:
    assert "levels deep" in problem("[" * 100_000).what
    assert "levels deep" in problem('{"a":' * 100_000).what
    jsonc.parse(("[" * 90 + "]" * 90).encode(), FILE)


def test_every_key_and_value_has_a_place() -> None:
    document = jsonc.parse(b'{\n  "a": {"b": [10, {"c": 1}]},\n  // x\n  "d": 2\n}', FILE)
    assert document.place(("a", "b", 1, "c")) == Place(FILE, 2, 25)
    assert document.place(("a", "b", 1, "c"), key=True) == Place(FILE, 2, 20)
    assert document.place(("d",), key=True) == Place(FILE, 4, 3)
    assert document.place(()) == Place(FILE, 1, 1)


def test_a_missing_key_is_shown_at_the_object_that_should_have_it() -> None:
    document = jsonc.parse(b'{"a": {"b": 1}}', FILE)
    assert document.place(("a", "zzz")) == document.place(("a",), key=True)


def test_a_repeated_key_is_noted_and_the_last_one_has_the_place() -> None:
    document = jsonc.parse(b'{"a": {"x": 1},\n"a": 2}', FILE)
    assert document.place(("a",)) == Place(FILE, 2, 6)
    assert [trail for trail, _ in document.duplicates] == [("a",)]
    assert ("a", "x") not in document.spans


@given(JSON_VALUES)
def test_valid_json_means_what_json_says(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=1, ensure_ascii=False)):
        assert jsonc.parse(text.encode(), FILE).value == json.loads(text)


@given(st.binary() | st.text(alphabet='{}[]",:/*\\ \n\r\t0-eE+.tfnu\ufeff\ud7ff').map(lambda text: text.encode()))
def test_any_bytes_give_a_value_or_a_problem_with_a_place(content: bytes) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        jsonc.parse(content, FILE)
    except ConfigError as error:
        problems = error.problems
    for problem in problems:
        assert problem.place is not None
        (str(problem) + problem.excerpt).encode()


def test_numbers_with_thousands_of_digits_are_infinite_as_in_javascript() -> None:
    assert jsonc.parse(b"1" * 5000, FILE).value == math.inf


_comments = st.sampled_from(["", " ", "\n", "/* x */", "// y\n", "\t"])


@st.composite
def _documents(draw: st.DrawFn) -> str:
    """Objects and arrays with comments between tokens and, at times, one trailing comma."""
    value = draw(
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text('ab\\"/*\u00e4\n', max_size=6)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=3), st.dictionaries(st.text("abc", max_size=3), inner, max_size=3)
            ),
            max_leaves=6,
        )
    )

    def write(item: Any) -> str:
        gap = draw(_comments)
        comma = draw(st.sampled_from(["", ","]))
        if isinstance(item, list):
            inner = f"{gap},".join(map(write, item))
            return f"[{gap}{inner}{comma if item else ''}{gap}]"
        if isinstance(item, dict):
            inner = ",".join(f"{gap}{json.dumps(name)}{gap}:{write(entry)}" for name, entry in item.items())
            return f"{{{gap}{inner}{comma if item else ''}{gap}}}"
        return gap + json.dumps(item) + gap

    return write(value)


@given(_documents())
@settings(max_examples=60, deadline=None)
def test_another_parser_reads_the_same(text: str) -> None:
    """JSON5 takes everything that JSON with comments does; the reverse is not so."""
    assert jsonc.parse(text.encode(), FILE).value == json5.loads(text)
