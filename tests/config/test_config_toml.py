from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.config import toml
from pywrangler.errors import ConfigError, Place

FILE = Path("/project/wrangler.toml")

TEXT = """name = "w" # comment
vars = { A = 1, "b c" = [1, 2,
  3], D.e = 'x' }

[[kv_namespaces]]
binding = "KV"
[[kv_namespaces]]
binding = "KV2"

[env.staging.vars]
LONG = \"\"\"
a = 1 [not] a # key
\"\"\"
LAST = true
"""

TOML_VALUES = st.dictionaries(
    st.text(st.characters(codec="utf-8")),
    st.recursive(
        st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=10,
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("trail", "line", "column"),
    [
        (("name",), 1, 8),
        (("vars", "A"), 2, 14),
        (("vars", "b c", 2), 3, 3),
        (("vars", "D", "e"), 3, 13),
        (("kv_namespaces", 0, "binding"), 6, 11),
        (("kv_namespaces", 1, "binding"), 8, 11),
        (("env", "staging", "vars", "LONG"), 11, 8),
        (("env", "staging", "vars", "LAST"), 14, 8),
    ],
)
def test_values_have_places(trail: tuple[str | int, ...], line: int, column: int) -> None:
    assert toml.parse(TEXT.encode(), FILE).place(trail) == Place(FILE, line, column)


def test_windows_line_ends_do_not_move_places() -> None:
    document = toml.parse(TEXT.replace("\n", "\r\n").encode(), FILE)
    assert document.place(("env", "staging", "vars", "LAST"), key=True) == Place(FILE, 14, 1)


def test_a_syntax_error_has_line_and_column() -> None:
    with pytest.raises(ConfigError) as caught:
        toml.parse(b'name = "x"\nmain = = 1\n', FILE)
    (problem,) = caught.value.problems
    assert problem.place == Place(FILE, 2, 8)
    assert problem.what == "Invalid value."
    assert "^" in problem.excerpt


def test_an_error_at_the_end_points_there() -> None:
    with pytest.raises(ConfigError) as caught:
        toml.parse(b"a = [\n1,\n\n", FILE)
    assert caught.value.problems[0].place == Place(FILE, 2, 3)


def test_every_date_is_an_error_with_the_string_to_write() -> None:
    with pytest.raises(ConfigError) as caught:
        toml.parse(b"[vars]\nD = 2025-12-19\nL = [1979-05-27T07:32:00Z]\nT = 07:32:00", FILE)
    first, second, third = caught.value.problems
    assert first.what == 'The field "vars.D" is a TOML date, which is not supported.'
    assert 'D = "2025-12-19"' in first.remedy
    assert first.place == Place(FILE, 2, 5)
    assert (second.place.line, third.place.line) == (3, 4)


def test_nesting_is_bounded() -> None:
    for text in ("a = " + "[" * 5000, ".".join("a" * 5000) + " = 1", "a = " + "[" * 150 + "]" * 150):
        with pytest.raises(ConfigError, match="levels deep"):
            toml.parse(text.encode(), FILE)


def test_integers_beyond_64_bits_become_floats() -> None:
    value = toml.parse(b"a = 0x1ffffffffffffffffffff\nb = 12", FILE).value
    assert isinstance(value["a"], float)
    assert value["b"] == 12


@given(TOML_VALUES)
def test_every_value_of_a_valid_file_has_a_place(value: dict[str, object]) -> None:
    text = tomli_w.dumps(value)
    document = toml.parse(text.encode(), FILE)
    assert document.value == tomllib.loads(text)

    def check(item: object, trail: tuple[str | int, ...]) -> None:
        assert trail in document.spans
        children = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
        for key, child in children:
            check(child, (*trail, key))

    for key, item in value.items():
        if item not in ({}, []):
            check(item, (key,))


@given(st.binary() | st.text(alphabet="ab=[]{}\"'.,#\n\r \t\\0123-:TZ_+").map(str.encode))
def test_any_bytes_give_a_value_or_a_problem(content: bytes) -> None:
    try:
        toml.parse(content, FILE)
    except ConfigError as error:
        str(error).encode()
