"""Cutting SQL text into statements; the text is whatever user code passes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.storage.statements import split

from .conftest import Shelf

PIECES = st.sampled_from(
    [";", " ", "\n", "--", "/*", "*/", "'", '"', "`", "[", "]", "(", ")", "select", "insert", "with", "create trigger",
     "begin", "end", "?", ":a", "1", "x", "é", "\x00", "values", "replace", "pragma", "explain", "''", "_cf_KV", "_CF_"]
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count", "writes"),
    [
        ("select 1", 1, False),
        ("select ';' ; select \";\" ; select [;] ; select `;` -- ;", 4, False),
        ("/* ; */ select 1 /* unfinished ;", 1, False),
        ("select 'it''s ; fine'", 1, False),
        ("VALUES (1)", 1, False),
        ("EXPLAIN INSERT INTO t VALUES (1)", 1, False),
        ("PRAGMA table_info(t)", 1, False),
        ("PRAGMA main.defer_foreign_keys = on", 1, True),
        ("INSERT INTO t VALUES (1)", 1, True),
        ("-- comment\nUPDATE t SET a = 1", 1, True),
        ("WITH a AS (INSERT) SELECT * FROM a", 1, False),
        ("WITH a AS (SELECT 1) UPDATE t SET a = 1", 1, True),
        ("CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END; SELECT 3", 2, True),
        ("CREATE TEMP TRIGGER IF NOT EXISTS r BEFORE DELETE ON t BEGIN SELECT 'end;'; END", 1, True),
        (" ;; -- nothing\n;", 0, False),
        ("nonsense", 1, True),
    ],
)
def test_text_is_cut_where_sqlite_cuts_it(text: str, count: int, writes: bool) -> None:
    found = split(text).statements
    assert len(found) == count
    assert any(statement.writes for statement in found) == writes


@pytest.mark.parametrize(
    ("text", "trailer"),
    [
        ("SELECT 1", False), ("SELECT 1;", False), ("SELECT 1; \t\r\n", False), ("SELECT 1 -- end", False),
        ("; SELECT 1", False), ("SELECT 1;;", True), ("SELECT 1; -- end", True), ("SELECT 1; /**/", True), ("", False),
    ],
)  # fmt: skip
def test_a_comment_or_semicolon_after_the_last_statement_is_noticed(text: str, trailer: bool) -> None:
    assert split(text).has_trailer == trailer


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_is_lost_or_invented(text: str) -> None:
    found = split(text).statements
    rest = text
    for statement in found:
        before, piece, rest = rest.partition(statement.sql)
        assert piece == statement.sql
        assert split(before).statements == ()
    assert split(rest).statements == ()


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_names_a_reserved_table_is_compiled_anew(text: str) -> None:
    found = split(text).statements
    assert [statement.cacheable for statement in found] == ["_cf_" not in statement.sql.lower() for statement in found]


class Nulls(Mapping[str, None]):
    """A value for every parameter, whatever it is called."""

    def __getitem__(self, name: str) -> None:
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@settings(deadline=None)
@example("select:a")
@given(st.lists(PIECES, max_size=20).map("".join))
def test_a_statement_that_sqlite_calls_writing_is_called_writing(text: str) -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("create table x (a)")
    for statement in split(text).statements:
        found: list[bool] = []

        def look(cursor: apsw.Cursor, _sql: str, _bindings: object, found: list[bool] = found) -> bool:
            found.append(cursor.is_readonly)
            return False

        cursor = connection.cursor()
        cursor.exec_trace = look
        with contextlib.suppress(apsw.Error, ValueError):
            cursor.execute(statement.sql, Nulls())
        if found == [False]:
            assert statement.writes
    connection.close()


@pytest.mark.parametrize("text", ["SELECT 1\0", "CREATE TRIGGER\0;", "SELECT 1; SELECT '\0'"])
def test_a_null_character_is_an_error_of_the_platform(shelf: Shelf, text: str) -> None:
    with pytest.raises(JsException, match=r"unrecognized token|incomplete input"):
        shelf.open().sql_exec(text)
