"""Local connection strings of Hyperdrive bindings."""

from __future__ import annotations

import contextlib
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.config.connections import take_apart, with_connection
from pywrangler.config.model import OtherBinding
from pywrangler.errors import Place, Problem

NEW = "CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB"
OLD = "WRANGLER_HYPERDRIVE_LOCAL_CONNECTION_STRING_DB"


def hyperdrive(text: str | None = None) -> OtherBinding:
    data = {"binding": "DB", "id": "x"} | ({} if text is None else {"localConnectionString": text})
    return OtherBinding("hyperdrive", "DB", data, Place(Path("wrangler.jsonc"), 7, 3))


def resolved(text: str | None = None, **switches: str) -> tuple[str, list[Problem]]:
    problems: list[Problem] = []
    binding = with_connection(hyperdrive(text), switches, problems)
    return binding.data.get("connection", {}).get("host", ""), problems


@pytest.mark.parametrize(
    ("text", "host", "port", "user", "password", "database"),
    [
        ("postgres://u:p@h/d", "h", 5432, "u", "p", "d"),
        ("postgresql://u:p@h:1234/d", "h", 1234, "u", "p", "d"),
        ("mysql://u:p@127.0.0.1/d", "127.0.0.1", 3306, "u", "p", "d"),
        ("postgres://us%40er:p%40x%3A@h/db%20a", "h", 5432, "us@er", "p@x:", "db a"),
        ("postgres://u@h/d", "h", 5432, "u", "", "d"),
        ("postgres://u:p@[::1]:5433/d?x=1", "::1", 5433, "u", "p", "d"),
    ],
)
def test_a_string_is_taken_apart(text, host, port, user, password, database):
    found = take_apart(text)
    del found["connectionString"]
    assert found == {"host": host, "port": port, "user": user, "password": password, "database": database}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://u:p%40x@h/d?sslmode=disable", "postgres://u:p@x@h:5432/d?sslmode=disable"),
        ("mysql://u:p@h/d", "mysql://u:p@h:3306/d"),
        ("postgres://u:p@[::1]/d", "postgres://u:p@[::1]:5432/d"),
        # Decoded, a driver would see another host, another password, or another database.
        ("postgres://u:p%2Fx@h/d", "postgres://u:p%2Fx@h/d"),
        ("postgres://u%3Av:p@h/d", "postgres://u%3Av:p@h/d"),
        ("postgres://u:50%25@h/d", "postgres://u:50%25@h/d"),
        ("postgres://u:p@h/d%3Fe", "postgres://u:p@h/d%3Fe"),
    ],
)
def test_the_whole_string_has_no_escapes_where_it_can_do_without(text, shown):
    assert take_apart(text)["connectionString"] == shown


TEXT = st.text("ab@:/?#%[] \u00e9'\"\\", min_size=1, max_size=8)


@given(user=TEXT, password=TEXT, database=TEXT.filter(lambda text: text.strip("/")))
def test_a_driver_finds_in_the_whole_string_what_the_parts_say(user, password, database):
    escaped = [quote(part, safe="") for part in (user, password, database)]
    found = take_apart(f"postgres://{escaped[0]}:{escaped[1]}@h:1/{escaped[2]}?a=b")
    assert (found["user"], found["password"], found["database"]) == (user, password, database)
    split = urlsplit(found["connectionString"])
    parts = (split.username, split.password, split.path[1:])
    assert tuple(map(unquote, parts)) == (user, password, database)
    assert (split.hostname, split.port, split.query) == ("h", 1, "a=b")


@given(st.text(max_size=40) | st.text("postgres:/@[]u.1%", max_size=20).map("postgres://".__add__))
def test_any_text_is_a_string_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert take_apart(text)["host"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("localhost:5432", "does not begin with postgres://, postgresql://, mysql://"),
        ("http://u:secret@h/d", "does not begin with postgres://, postgresql://, mysql://"),
        ("postgres://u:secret@h:port/d", "is malformed"),
        ("postgres://u:secret@[h/d", "is malformed"),
        ("postgres://u:secret@/d", "has no host"),
        ("postgres://h/d", "has no user"),
        ("postgres://u:secret@h", "has no database"),
        ("postgres://u:secret@h/", "has no database"),
    ],
)
def test_what_is_wrong_is_said_without_the_string(text, what):
    _, (problem,) = resolved(text)
    binding = 'the Hyperdrive binding "DB"'
    assert problem.what == f"The local connection string in localConnectionString of {binding} {what}."
    assert problem.place == Place(Path("wrangler.jsonc"), 7, 3)
    assert "secret" not in str(problem)
    _, (problem,) = resolved(**{NEW: text})
    assert f"in {NEW} of" in problem.what
    assert "secret" not in str(problem)


def test_variables_outrank_the_config():
    assert resolved("postgres://u:p@config/d") == ("config", [])
    assert resolved("postgres://u:p@config/d", **{OLD: "postgres://u:p@old/d"}) == ("old", [])
    assert resolved(**{OLD: "postgres://u:p@old/d", NEW: "postgres://u:p@new/d"}) == ("new", [])


def test_no_string_at_all_is_a_problem_with_two_ways_out():
    _, (problem,) = resolved()
    assert problem.what == 'The Hyperdrive binding "DB" has no local connection string.'
    assert problem.remedy == f'Set {NEW}, or add "localConnectionString".'
