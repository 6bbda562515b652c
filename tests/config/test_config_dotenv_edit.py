"""Editing variable files: values survive, everything else stays as it was."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pywrangler.config import dotenv
from pywrangler.config.dotenv_edit import edit, names
from pywrangler.errors import ConfigError, Problem

# The pattern of spec/dev-vars.md, section 4: what wrangler reads.
LINE = re.compile(
    r"""(?m)^\s*(?:export\s+)?([A-Za-z0-9_.-]+)(?:\s*=\s*?|:\s+?)"""
    r"""(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?"""
    r"""\s*(?:\#.*)?$"""
)


def wrangler_reads(text: str) -> dict[str, str]:
    found = {}
    for match in LINE.finditer(text.replace("\r\n", "\n").replace("\r", "\n")):
        value = (match[2] or "").strip()
        quote = value[:1]
        value = re.sub(r"""^(['"`])([\s\S]*)\1$""", r"\2", value)
        found[match[1]] = value.replace("\\n", "\n").replace("\\r", "\r") if quote == '"' else value
    return found


def values(text: str) -> dict[str, str]:
    return {item.name: item.value for item in dotenv.parse(text)}


def attempt(text: str, changes: dict[str, str | None]) -> tuple[str, Problem | None]:
    try:
        return edit(text, changes), None
    except ConfigError as error:
        return text, error.problems[0]


PEM = "-----BEGIN KEY-----\nabc+/=\ndef\n-----END KEY-----\n"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "plain",
        "two words",
        " blanks around ",
        "\ttab\t",
        "hash # inside",
        "#",
        "$HOME ${HOME} \\$x",
        'say "hi"',
        "it's",
        "`tick`",
        'it\'s "both"',
        "all ' \" ` three",
        "'quoted'",
        '"quoted"',
        "back\\slash",
        "ends in a backslash\\",
        "ends # in a backslash\\",
        "literal \\n and \\r",
        PEM,
        PEM + '"quoted"',
        "carriage\rreturn",
        "both\r\nends",
        "line\n# no comment\nA=1",
        "=a=b:c",
        "export A=1",
        '{"json": ["v", 1]}',
        "é ☃ \U0001f600",
    ],
)
def test_a_value_survives_in_our_grammar_and_in_wranglers(value: str) -> None:
    text = edit("BEFORE=1\n", {"A": value, "AFTER": "2"})
    assert values(text) == {"BEFORE": "1", "A": value, "AFTER": "2"}
    assert wrangler_reads(text) == values(text)


HARD = st.text(alphabet="ab'\"`# \n\r\t$\\=nr{}", max_size=12)
FILES = st.lists(
    st.sampled_from(
        ["# comment", "", "A=1", "export B = 'x' # why", "C=", "D: colon", "junk", 'T="open', "E='a\nb'", "  F=`x`  "]
    )
).map("\n".join)


@given(FILES, st.sampled_from(["A", "B", "C", "D", "E", "NEW", "1-x.y"]), st.text(max_size=20) | HARD)
@example("T='\n", "A", "x\ny'")
def test_a_put_value_reads_back_and_nothing_else_changes(text: str, name: str, value: str) -> None:
    changed, problem = attempt(text, {name: value})
    if problem is not None:
        assert problem.code in {"secret-value", "secret-file"}
        assert len(value) < 3 or value not in str(problem)
        return
    assert values(changed) == {**values(text), name: value}
    if not re.search(r"[\x1c-\x1f\x85\u2028\u2029\ufeff]", value):  # where Python's blanks are not JavaScript's
        assert wrangler_reads(changed) == values(changed)


@given(st.text(st.characters(codec="utf-8", exclude_characters="'#"), max_size=30))
def test_without_single_quotes_and_hashes_every_value_can_be_written(value: str) -> None:
    if not value.endswith("\\") and "\r" not in value:
        assert values(edit("", {"A": value})) == {"A": value}


@given(FILES, st.sampled_from(["A", "B", "E", "F", "NEW"]))
def test_removing_takes_one_name_and_leaves_the_others(text: str, name: str) -> None:
    changed, problem = attempt(text, {name: None})
    if problem is not None:
        assert problem.code == "secret-file"
        return
    expected = values(text)
    expected.pop(name, None)
    assert values(changed) == expected


@given(FILES, HARD)
def test_writing_the_same_value_again_changes_nothing(text: str, value: str) -> None:
    once, problem = attempt(text, {"A": value})
    assert problem is not None or edit(once, {"A": value}) == once


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        ("", {"A": "1"}, "A=1\n"),
        ("# head\nA=1", {"B": "2"}, "# head\nA=1\nB=2\n"),
        ("# head\n\nA=1 # why\n# tail\nB=2\n", {"A": "new"}, "# head\n\nA=new # why\n# tail\nB=2\n"),
        ("export A = 'old'\n", {"A": "new"}, "export A = new\n"),
        ("A: old\n", {"A": "new"}, "A: new\n"),
        ("A=\nB=2\n", {"A": "new"}, "A=new\nB=2\n"),
        ("A=1\nB=2\nA=3\n", {"A": "4"}, "A=1\nB=2\nA=4\n"),
        ("A=1\nB=2\nA=3\n", {"A": None}, "B=2\n"),
        ("A=1\r\nB=2\r\n", {"A": "3", "C": "4"}, "A=3\r\nB=2\r\nC=4\r\n"),
        ("A=1\r\nB=2\r\n", {"A": None}, "B=2\r\n"),
        ("\ufeffA=1\n", {"A": "2"}, "\ufeffA=2\n"),
        ("A='x\ny' # c\n# about B\nB=1\n", {"A": None}, "# about B\nB=1\n"),
        ("A=1\n# about B\nB=1\n", {"A": None}, "# about B\nB=1\n"),
        ("B=1\nexport A=1", {"A": None}, "B=1\n"),
        ("B=1\n", {"A": None}, "B=1\n"),
        ("", {"A": "x\ny"}, 'A="x\\ny"\n'),
        ("", {"A": "it's # 1"}, 'A="it\'s # 1"\n'),
        ("", {"A": "a\\nb"}, "A='a\\nb'\n"),
    ],
)
def test_only_what_has_to_change_changes(before: str, changes: dict[str, str | None], after: str) -> None:
    assert edit(before, changes) == after


@pytest.mark.parametrize("value", ["' \" ` # all", "\\n \r", "it's \"`\n#"])
def test_what_the_grammar_cannot_express_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        edit("", {"A": value})
    (problem,) = caught.value.problems
    assert problem.code == "secret-value"
    assert "The value of A cannot be written" in problem.what
    assert value not in str(caught.value)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ConfigError, match="lone surrogate"):
        edit("", {"A": "\ud800"})


@pytest.mark.parametrize("name", ["", "with space", "é", "A=B", "A\nB", "#A"])
def test_a_name_that_no_reader_understands_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name"):
        edit("", {name: "1"})


def test_names_stand_in_order_and_once() -> None:
    assert names("B=1\nA=2\nB=3\n# C=4\n") == ("B", "A")
