"""Words that choose a command within a command."""

from __future__ import annotations

import pytest

from pywrangler.cli.flags import UsageError, add_global_flags
from pywrangler.cli.groups import Group


@pytest.fixture
def group() -> Group:
    store = Group("pw store", "Stored things.")
    add_global_flags(store.add("info", "", "Tell about the store"))
    inner = store.add_group("key", "One thing at a time")
    for name in ("put", "get"):
        member = inner.add(name, "KEY", f"{name.capitalize()} it")
        member.add_argument("key")
        member.flag("--as", dest="kind", help="what it is")
        add_global_flags(member)
    return store


@pytest.mark.parametrize(
    "words",
    [
        ["key", "put", "a", "--as", "x"],
        ["--as", "x", "key", "put", "a"],
        ["key", "--as", "x", "put", "a"],
        ["--as=x", "key", "put", "a"],
    ],
)
def test_flags_may_stand_anywhere(group: Group, words: list[str]) -> None:
    options = group.parse(words)
    assert (options.subcommand, options.key, options.kind) == ("key put", "a", "x")


def test_a_member_that_is_no_group_is_one_word(group: Group) -> None:
    assert group.parse(["info"]).subcommand == "info"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ([], "A command is missing.", ""),
        (["key"], "A command is missing.", ""),
        (["key", "putt", "a"], "Unknown argument: putt", 'Did you mean "pw store key put"?'),
        (["kez", "put"], "Unknown argument: kez", 'Did you mean "pw store key"?'),
        (["key", "put", "a", "--az", "x"], "Unknown argument: az", "Did you mean --as?"),
    ],
)
def test_what_is_no_command_is_an_error(group: Group, words: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        group.parse(words)
    assert (str(caught.value), caught.value.hint) == (message, hint)


def test_every_level_has_help(group: Group, capsys: pytest.CaptureFixture[str]) -> None:
    for words, shown in ((["--help"], "  key "), (["key", "-h"], "  put "), (["key", "put", "--help"], "--as")):
        with pytest.raises(SystemExit):
            group.parse(words)
        assert shown in capsys.readouterr().out


def test_members_are_listed_with_all_their_words(group: Group) -> None:
    assert [words for words, _ in group.members()] == ["info", "key put", "key get"]
