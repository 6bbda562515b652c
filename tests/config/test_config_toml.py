from __future__ import annotations

import json
from pathlib import Path

import pytest
import tomli
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.config import toml
from pywrangler.config.document import SAFE_INTEGER
from pywrangler.config.parse import parse
from pywrangler.errors import ConfigError, Place

# Texts and what the reader of wrangler 4.164 makes of them, null for an error: smol-toml 1.9.0, `parse` of each text.
# A date is an error here and there, at another time.
SMOL_TOML = json.loads(Path(__file__).with_name("smol_toml.json").read_text())
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
        st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.text(),
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


def test_values_in_inline_tables_of_several_lines_have_places() -> None:
    text = b"""[[durable_objects.bindings]]
name = "A"
[vars]
LIMITS = { # }
  basket = 50,  # ]
  "a\\x41" = [
    "\\e[0m", { deep = true, },
  ],
}
LAST = 1
"""
    document = toml.parse(text, FILE)
    assert document.value["vars"] == {"LIMITS": {"basket": 50, "aA": ["\x1b[0m", {"deep": True}]}, "LAST": 1}
    places = {("basket",): (5, 12), ("aA",): (6, 13), ("aA", 0): (7, 5), ("aA", 1, "deep"): (7, 23)}
    for trail, where in places.items():
        assert document.place(("vars", "LIMITS", *trail)) == Place(FILE, *where)
    assert document.place(("vars", "LAST")) == Place(FILE, 10, 8)


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


@pytest.mark.parametrize("number", ["9007199254740992", "-9_007_199_254_740_992", "0x20000000000000"])
def test_integers_that_no_number_of_javascript_holds_are_errors(number: str) -> None:
    with pytest.raises(ConfigError) as caught:
        toml.parse(f"a = {SAFE_INTEGER}\n[vars]\nb = [1, {number}]".encode(), FILE)
    (problem,) = caught.value.problems
    assert problem.what.startswith('The integer in the field "vars.b" is beyond 2^53')
    assert problem.remedy == f'Write a string instead: b = "{number}".'
    assert problem.place == Place(FILE, 3, 9)


@pytest.mark.parametrize("text", ["nan", "-inf", "{ x = [1.5, inf] }"])
def test_a_variable_that_json_cannot_hold_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wrangler.toml"
    content = f'name = "w"\nmain = "entry.py"\ncompatibility_date = "2026-01-01"\n[vars]\nA = 1.5\nB = {text}'
    (tmp_path / "entry.py").touch()
    found = parse(toml.parse(content.encode(), path), config_path=path).problems
    (problem,) = [item for item in found if item.code == "wrong-type"]
    assert problem.what.startswith('"vars.B" holds a number that JSON does not have')
    assert problem.place == Place(path, 6, 5)


def test_an_integer_of_thousands_of_digits_is_an_error() -> None:
    with pytest.raises(ConfigError, match="thousands of digits"):
        toml.parse(b"a = " + b"9" * 5000, FILE)


@pytest.mark.parametrize(("text", "value"), SMOL_TOML)
def test_toml_is_read_as_wrangler_reads_it(text: str, value: dict[str, object] | None) -> None:
    try:
        found = toml.parse(text.encode(), FILE).value
    except ConfigError:
        found = None
    assert found == value


@given(TOML_VALUES)
def test_every_value_of_a_valid_file_has_a_place(value: dict[str, object]) -> None:
    text = tomli_w.dumps(value)
    document = toml.parse(text.encode(), FILE)
    assert document.value == tomli.loads(text)

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
