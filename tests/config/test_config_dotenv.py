from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.config import dotenv
from pywrangler.errors import ConfigError, Place


def values(text: str) -> dict[str, str]:
    return {item.name: item.value for item in dotenv.parse(text)}


# Texts of `.env` files, the variables of the process, and what comes of them: the npm packages of wrangler 4.164,
# `expand({processEnv, parsed: parse(text)})` of dotenv-expand 12.0.2 with dotenv 16.3.1; then `processEnv`.
DOTENV_EXPAND = json.loads(Path(__file__).with_name("dotenv_expand.json").read_text())
PEM = "-----BEGIN KEY-----\nabc\ndef\n-----END KEY-----"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=plain value with spaces   ", {"A": "plain value with spaces"}),
        ("K = spaced", {"K": "spaced"}),
        ("Y=  leading", {"Y": "leading"}),
        ("J: colon style", {"J": "colon style"}),
        ("J:no-blank", {}),
        ("export I=exported", {"I": "exported"}),
        ("L=", {"L": ""}),
        ('M=""', {"M": ""}),
        ("E=inline # comment", {"E": "inline"}),
        ("G=hash#nospace", {"G": "hash"}),
        ('F="hash # inside" # trailing', {"F": "hash # inside"}),
        (r'B="a \n b \"q\" \t"', {"B": 'a \n b \\"q\\" \\t'}),
        (r'B="a\r"', {"B": "a\r"}),
        (r"""C='single \n raw "x"'""", {"C": r'single \n raw "x"'}),
        (r"""D=`tick 'a' "b" \n`""", {"D": r"""tick 'a' "b" \n"""}),
        (f'P="{PEM}"\nQ=1', {"P": PEM, "Q": "1"}),
        ('P="' + PEM.replace("\n", "\\n") + '"', {"P": PEM}),
        ("S='a\nb'\nT=`c\nd`", {"S": "a\nb", "T": "c\nd"}),
        ("N='it''s'", {"N": "it''s"}),
        ('T="unterminated\nU=next', {"T": '"unterminated', "U": "next"}),
        ('Z="trailing"junk', {"Z": '"trailing"junk'}),
        ("S=a=b=c", {"S": "a=b=c"}),
        ('A2={"json": "v"}', {"A2": '{"json": "v"}'}),
        ("1BAD=1\nQ-DASH=2\nR.DOT=3\n_U=4", {"1BAD": "1", "Q-DASH": "2", "R.DOT": "3", "_U": "4"}),
        ("éà=uni\nOK=1", {"OK": "1"}),
        ("NOEQ\nOK=1", {"OK": "1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("# comment\n  # another\nA=1", {"A": "1"}),
        ("A=1\r\nB=2\rC=3", {"A": "1", "B": "2", "C": "3"}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("P=${A}", {"P": "${A}"}),
        # Blanks and ends of lines are those of JavaScript.
        ("A=x\x1c\x85", {"A": "x\x1c\x85"}),
        ("A=\ufeff\u00a0x\ufeff", {"A": "x"}),
        ("A=1 # c\u2028B=2", {"A": "1", "B": "2"}),
        ("", {}),
    ],
)
def test_the_grammar_is_that_of_dotenv(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


def test_assignments_know_their_lines() -> None:
    text = '\ufeff# head\n\n\n  export A=1\nB="x\ny\nz"\n\nC=3\n'.lstrip("\ufeff")
    assert [(item.name, item.line, item.column) for item in dotenv.parse(text)] == [
        ("A", 4, 10),
        ("B", 5, 1),
        ("C", 9, 1),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfA=1\r\n")
    assert [(item.name, item.value) for item in dotenv.read(tmp_path / ".env")] == [("A", "1")]


def test_invalid_utf8_has_a_place_and_shows_no_content(tmp_path: Path) -> None:
    path = tmp_path / ".dev.vars"
    path.write_bytes(b"A=secret\nB=sec\xffret\n")
    with pytest.raises(ConfigError) as caught:
        dotenv.read(path)
    (problem,) = caught.value.problems
    assert problem.place == Place(path, 2, 6)
    assert "sec" not in problem.what + problem.remedy + problem.excerpt


@pytest.mark.parametrize(("text", "outside", "expected"), DOTENV_EXPAND)
def test_references_are_expanded_as_wrangler_does(text: str, outside: dict[str, str], expected: dict[str, str]) -> None:
    assert dotenv.expand(values(text), outside) == expected


def test_names_from_outside_win_unless_they_are_empty() -> None:
    found = dotenv.expand({"A": "file", "B": "${A} ${HOME}", "E": "file"}, {"A": "real", "HOME": "/h", "E": ""})
    assert found == {"A": "real", "B": "real /h", "E": "file"}


@pytest.mark.parametrize(
    ("values", "outside"),
    [
        ({"A": "y$B"}, {"B": "x$B"}),
        ({"A": "${X:-" * 5000 + "}" * 5000}, {}),
        ({f"V{n}": f"${{V{n - 1}}}${{V{n - 1}}}" for n in range(40)} | {"V0": "x" * 100}, {}),
        ({"A": "$B" * 100_000}, {"B": "x"}),
    ],
)
def test_expansion_is_bounded(values: dict[str, str], outside: dict[str, str]) -> None:
    with suppress(dotenv.ExpansionError):
        assert max(map(len, dotenv.expand(values, outside).values())) < dotenv.EXPANSION_LIMIT_CHARACTERS


def test_a_reference_that_grows_without_end_is_an_error_that_names_the_variable() -> None:
    with pytest.raises(dotenv.ExpansionError, match="A grows without end"):
        dotenv.expand({"A": "y$B"}, {"B": "x$B"})


NAMES = st.from_regex(r"[A-Za-z0-9_.-]+", fullmatch=True)


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8", exclude_characters="'\r\\")), max_size=5))
def test_single_quoted_values_come_back_unchanged(expected: dict[str, str]) -> None:
    assert values("".join(f"{name}='{value}'\n" for name, value in expected.items())) == expected


@given(st.text(alphabet="AB=:'\"`# \n\r\t$\\{}-+export") | st.text())
def test_any_text_parses_and_expands_or_says_why_not(text: str) -> None:
    found = values(text)
    with suppress(dotenv.ExpansionError):
        assert dotenv.expand(found, {}).keys() == found.keys()
