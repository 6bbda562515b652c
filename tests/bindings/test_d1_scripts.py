"""Texts of several statements, and databases written as such."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.bindings.d1.dump import dump, literal
from pywrangler.bindings.d1.script import is_blank, lines, shortened, statements

TRIGGER = "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; SELECT ';'; END"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;;; -- end;\n/* ; */", ["SELECT 1"]),
        ("-- head; of it\nSELECT ';' ; SELECT \"a;b\", [c;d], `e;f`;", ["SELECT ';'", 'SELECT "a;b", [c;d], `e;f`']),
        (f"{TRIGGER};\nSELECT 1;", [TRIGGER, "SELECT 1"]),
        ("BEGIN TRANSACTION;\nSELECT 1;\nCOMMIT;", ["SELECT 1"]),
        ("begin; select 1; end", ["select 1"]),
        ("BEGIN; SELECT 1; COMMIT; BEGIN; COMMIT", ["BEGIN", "SELECT 1", "COMMIT", "BEGIN", "COMMIT"]),
        ("COMMIT; BEGIN", ["COMMIT", "BEGIN"]),
    ],
)
def test_statements_end_where_sqlite_says(text, found):
    assert statements(text) == found


pieces = st.one_of(
    st.sampled_from(["SELECT 1", "INSERT INTO t VALUES (';', 'it''s')", TRIGGER, "SELECT [a;b], `c;d`"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10).map(literal).map("SELECT {}".format),
)
spaces = st.sampled_from(["", " ", "\n", "-- c ; '\n", '/* ; " */', "\t\r\n"])


@given(st.lists(st.tuples(spaces, pieces, spaces), max_size=6))
def test_statements_are_found_whatever_stands_between_them(parts):
    text = ";".join(before + sql + after for before, sql, after in parts)
    assert [found.split("--")[0].split("/*")[0].strip() for found in statements(text)] == [
        sql.split("--")[0].split("/*")[0].strip() for _, sql, _ in parts
    ]


@given(st.text())
def test_any_text_can_be_cut(text):
    for found in statements(text):
        assert found == found.strip()
    assert "\n".join(lines(text)) == text.strip()
    assert len(shortened(text)) <= 51


@pytest.mark.parametrize(
    ("text", "blank"),
    [("", True), (" \n\t", True), ("-- a\n  --b", True), ("--a\nSELECT 1", False), ("/* c */", False), (";", False)],
)
def test_lines_of_comments_are_blank(text, blank):
    assert is_blank(text) is blank


values = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.binary(), st.text(
    st.characters(codec="utf-8")
) | st.text("\\nr'\r\n\0"))  # fmt: skip


@given(st.lists(st.tuples(values, values), max_size=10))
def test_a_dump_makes_the_same_rows(rows):
    source, copy = apsw.Connection(":memory:"), apsw.Connection(":memory:")
    source.execute('CREATE TABLE "a ""name" ("first ""one" , second)')
    source.executemany('INSERT INTO "a ""name" VALUES (?, ?)', rows)
    text = "\n".join(dump(source))
    for sql in statements(text):
        copy.execute(sql)
    query = 'SELECT *, typeof("first ""one"), typeof(second) FROM "a ""name"'
    assert copy.execute(query).fetchall() == source.execute(query).fetchall()
    assert text.count("\n") == len(rows) + 1
