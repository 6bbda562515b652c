"""`pywrangler d1`: SQL, migrations and exports of local databases (spec/cli.md, section 5)."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.bindings.d1.file import DatabaseFile, Query
from pywrangler.bindings.d1.location import store_of
from pywrangler.bindings.stores import Stores
from pywrangler.cli.app import run
from pywrangler.config.model import OtherBinding

if TYPE_CHECKING:
    from pathlib import Path

DATABASE = {"binding": "DB", "database_name": "my-db", "database_id": "1111"}


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("NO_COLOR", "1")
    directory = tmp_path / "app"
    configure(directory, DATABASE)
    monkeypatch.chdir(directory)
    return directory


def configure(directory: Path, *databases: dict[str, Any]) -> None:
    directory.mkdir(exist_ok=True)
    content = {"name": directory.name, "main": "entry.py", "compatibility_date": "2026-05-01"}
    (directory / "wrangler.jsonc").write_text(json.dumps(content | {"d1_databases": databases}))


@pytest.fixture
def d1(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command that succeeds, return what it prints."""

    def call(*words: str) -> str:
        status = run(["d1", *words])
        shown = capsys.readouterr()
        assert (status, shown.err) == (0, "")
        return shown.out

    return call


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command that fails, return the error."""

    def call(*words: str) -> str:
        assert run(["d1", *words]) == 1
        return capsys.readouterr().err

    return call


@pytest.fixture
def query(d1: Any) -> Any:
    """Run SQL and return the rows of the last statement."""
    return lambda sql, *flags: json.loads(d1("execute", "DB", "--json", "--command", sql, *flags))[-1]["results"]


# ---- execute --------------------------------------------------------------------------------------------


def test_execute_shows_the_results_of_every_statement(d1: Any) -> None:
    sql = "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, x'0102'), (2.5, NULL); SELECT * FROM t"
    head, _, results = d1("execute", "my-db", "--command", sql).partition("[\n")
    assert head.splitlines() == [
        "🌀 Executing on local database my-db (1111) from .wrangler/state/v3/d1:",
        "🚣 3 commands executed successfully.",
    ]
    found = json.loads("[" + results)
    assert [result["success"] for result in found] == [True] * 3
    assert found[2]["results"] == [{"a": 1, "b": "[1, 2]"}, {"a": 2.5, "b": None}]
    assert list(found[2]["meta"]) == ["duration"]


def test_execute_shows_tables_on_a_terminal(d1: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    shown = d1("execute", "DB", "--command", "SELECT 1 AS one, NULL AS two; SELECT 3 WHERE 0")
    title, *table = shown.splitlines()[2:]
    assert title == "SELECT 1 AS one, NULL AS two"
    assert [line.split() for line in table] == [["one", "two"], ["1", "null"]]


def test_json_is_all_there_is(d1: Any, fails: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(d1("execute", "DB", "--json", "--command", "SELECT 1 AS a"))[0]["results"] == [{"a": 1}]
    assert run(["d1", "execute", "DB", "--json", "--command", "SELECT * FROM nope"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"error": {"text": "no such table: nope: SQLITE_ERROR"}}
    assert shown.err == ""


def test_all_of_it_or_nothing(query: Any, fails: Any) -> None:
    shown = fails("execute", "DB", "--command", "CREATE TABLE t (a); INSERT INTO nope VALUES (1)")
    assert "no such table: nope: SQLITE_ERROR" in shown
    assert "INSERT INTO nope VALUES (1)" in shown
    assert "Nothing was changed." in shown
    assert query("SELECT name FROM sqlite_master") == []


def test_a_dump_of_the_sqlite_shell_is_taken(query: Any, d1: Any, project: Path) -> None:
    lines = ["PRAGMA foreign_keys=OFF;", "BEGIN TRANSACTION;", "CREATE TABLE t (a);", "INSERT INTO t VALUES('a;b');"]
    (project / "dump.sql").write_text("\n".join([*lines, "COMMIT;"]))
    d1("execute", "DB", "--file", "dump.sql")
    assert query("SELECT a FROM t") == [{"a": "a;b"}]


def test_what_user_code_stores_is_found(query: Any, project: Path) -> None:
    binding = OtherBinding("d1_databases", "DB", DATABASE)
    file = DatabaseFile(store_of(binding, Stores(project / ".wrangler/state/v3", print)).path, print)
    file.run([Query("CREATE TABLE t (a)"), Query("INSERT INTO t VALUES (?)", (5.0,))])
    assert query("SELECT a FROM t") == [{"a": 5}]  # the other one has it open
    query("INSERT INTO t VALUES (6)")
    outcomes, _ = file.run([Query("SELECT a FROM t")])
    assert outcomes[0].rows == [(5.0,), (6,)]
    file.close()


def test_persist_to_is_another_place(query: Any, project: Path) -> None:
    query("CREATE TABLE t (a)", "--persist-to", "elsewhere")
    assert query("SELECT name FROM sqlite_master") == []
    assert list((project / "elsewhere/v3/d1").glob("*/*.sqlite"))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("DB",), "Missing required option --command or --file."),
        (("DB", "--command", "x", "--file", "y"), "can't provide both --command and --file"),
        (("DB", "--file", "nope.sql"), 'Unable to read SQL text file "nope.sql"'),
        (("DB", "--file", "."), 'Unable to read SQL text file "."'),
        (("DB", "--file", "binary"), "It is not valid UTF-8."),
        (("DB", "--file", "database"), "is a SQLite database, and --file takes SQL"),
        (("DB", "--command", ""), "No SQL statements detected."),
        (("DB", "--command", "-- nothing"), "No SQL statements detected."),
        (
            ("nodb", "--command", "x"),
            "Couldn't find a D1 DB with the name or binding 'nodb' in your wrangler.jsonc file.",
        ),
        (("my-bd", "--command", "x"), 'Did you mean "my-db"?'),
        (("DB", "--command", "x", "--remote"), "npx wrangler d1 execute --remote"),
        (("--command", "x"), "DATABASE"),
    ],
)
def test_bad_calls_are_explained(words: tuple[str, ...], text: str, fails: Any, project: Path) -> None:
    (project / "binary").write_bytes(b"\xff\xfe")
    sqlite3.connect(project / "database").execute("CREATE TABLE t (a)").connection.close()
    assert text in fails("execute", *words)


def test_two_workers_with_one_name_for_two_databases(fails: Any, d1: Any, project: Path) -> None:
    configure(project.parent / "app" / "b", DATABASE | {"database_id": "2222"})
    (project / "wrangler.jsonc").rename(project / "unused")
    configure(project / "a", DATABASE)
    assert "Choose with -c a/wrangler.jsonc" in fails("execute", "DB", "--command", "SELECT 1")
    assert "(2222)" in d1("execute", "DB", "--command", "SELECT 1", "-c", "b/wrangler.jsonc")


# ---- migrations -----------------------------------------------------------------------------------------


@pytest.fixture
def migrations(project: Path) -> Path:
    directory = project / "migrations"
    directory.mkdir()
    (directory / "0001_tables.sql").write_text("CREATE TABLE t (a UNIQUE);\nCREATE TABLE u (a);")
    (directory / "0002_rows.sql").write_text("-- rows\nINSERT INTO t VALUES ('it''s;');")
    return directory


def names_in(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if ".sql" in line]


def test_migrations_run_once_each_and_in_order(d1: Any, query: Any, migrations: Path) -> None:
    (migrations / "10_last.sql").write_text("INSERT INTO t VALUES ('last')")
    (migrations / "notes.txt").write_text("none")
    order = ["0001_tables.sql", "0002_rows.sql", "10_last.sql"]
    assert names_in(d1("migrations", "list", "DB")) == order
    shown = d1("migrations", "apply", "DB")
    assert "? About to apply 3 migration(s), continue?" in shown
    assert shown.count("✅") == 3
    assert [row["name"] for row in query("SELECT name FROM d1_migrations ORDER BY id")] == order
    assert query("SELECT a FROM t") == [{"a": "it's;"}, {"a": "last"}]
    assert query("SELECT typeof(applied_at) AS kind FROM d1_migrations LIMIT 1") == [{"kind": "text"}]
    for command in ("list", "apply"):
        assert d1("migrations", command, "DB") == "✅ No migrations to apply!\n"


def test_the_first_that_fails_is_undone_and_ends_it(
    query: Any, migrations: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (migrations / "0002_rows.sql").write_text("INSERT INTO t VALUES (1);\nINSERT INTO t\nVALUES (1);")
    (migrations / "0003_more.sql").write_text("INSERT INTO t VALUES (3)")
    assert run(["d1", "migrations", "apply", "DB", "-y"]) == 1
    shown = capsys.readouterr()
    assert [line.split()[-1] for line in shown.out.splitlines()[-3:]] == ["✅", "❌", "🕒️"]
    assert "Migration 0002_rows.sql failed with the following errors:" in shown.err
    assert "UNIQUE constraint failed: t.a" in shown.err
    assert "INSERT INTO t VALUES (1)" in shown.err
    assert query("SELECT a FROM t") == []
    assert query("SELECT name FROM d1_migrations") == [{"name": "0001_tables.sql"}]


def test_listing_changes_nothing(d1: Any, query: Any, migrations: Path) -> None:
    d1("migrations", "list", "DB")
    assert query("SELECT name FROM sqlite_master") == []


def test_create_makes_the_next_number(d1: Any, migrations: Path) -> None:
    (migrations / "0041_x.sql").touch()
    assert "Successfully created Migration '0042_Add_the_users.sql'!" in d1(
        "migrations", "create", "DB", "Add the users"
    )
    text = (migrations / "0042_Add_the_users.sql").read_text()
    assert text.startswith("-- Migration number: 0042 \t 20")
    assert text.endswith("Z\n")


def test_create_makes_the_directory(d1: Any, project: Path) -> None:
    shown = d1("migrations", "create", "DB", "first")
    assert "Set `migrations_dir` in your wrangler.jsonc file to choose a different path." in shown
    assert [path.name for path in (project / "migrations").iterdir()] == ["0001_first.sql"]


@pytest.mark.parametrize("message", ["a/b", "a\\b", " "])
def test_create_refuses_what_is_no_name(fails: Any, migrations: Path, message: str) -> None:
    assert "cannot be part of the name of a file" in fails("migrations", "create", "DB", message)


def test_no_directory_is_an_error(fails: Any) -> None:
    for command in ("list", "apply"):
        assert "No migrations present at" in fails("migrations", command, "DB")


def test_directory_table_and_pattern_are_configured(d1: Any, query: Any, project: Path) -> None:
    wanted = {
        "migrations_dir": "./db/steps",
        "migrations_pattern": "db/steps/*/migration.sql",
        "migrations_table": 'm"t',
    }
    configure(project, DATABASE | wanted)
    for name in ("10_b", "9_a", "plain"):
        (project / "db/steps" / name).mkdir(parents=True)
        (project / "db/steps" / name / "migration.sql").write_text(f"CREATE TABLE t_{name} (a)")
    assert d1("migrations", "apply", "DB").count("✅") == 3
    assert [row["name"] for row in query('SELECT name FROM "m""t" ORDER BY id')] == [
        "9_a/migration.sql", "10_b/migration.sql", "plain/migration.sql",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ({"migrations_pattern": "migrations/*.sql"}, "there is no `migrations_dir`"),
        ({"migrations_dir": "db", "migrations_pattern": "other/*.sql"}, 'has to begin with "db/"'),
    ],
)
def test_a_pattern_that_does_not_fit_is_an_error(wanted: Any, text: str, fails: Any, project: Path) -> None:
    configure(project, DATABASE | wanted)
    assert text in fails("migrations", "list", "DB")


def test_create_refuses_a_name_that_the_pattern_does_not_match(fails: Any, project: Path) -> None:
    configure(project, DATABASE | {"migrations_dir": "m", "migrations_pattern": "m/*/migration.sql"})
    assert "it would never be applied" in fails("migrations", "create", "DB", "x")


# ---- export ---------------------------------------------------------------------------------------------


def test_an_export_makes_the_same_database(d1: Any, query: Any, project: Path) -> None:
    query(
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a); CREATE INDEX i ON t (a);"
        "INSERT INTO t (a) VALUES ('it''s' || char(10) || 'two'), (5.0), (x'00ff'), (NULL);"
        "CREATE TABLE u (a); CREATE TRIGGER r AFTER INSERT ON u BEGIN DELETE FROM t; END; CREATE VIEW v AS SELECT 1"
    )
    assert d1("export", "DB", "--output", "out.sql").endswith("Exporting SQL to out.sql...\nDone!\n")
    assert (project / "out.sql").read_text().startswith("PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE t (")
    d1("execute", "DB", "--file", "out.sql", "--persist-to", "copy")
    for sql in ("SELECT id, a, typeof(a) FROM t", "SELECT type, name, sql FROM sqlite_master ORDER BY name"):
        assert query(sql, "--persist-to", "copy") == query(sql)


def test_an_export_of_some(d1: Any, query: Any, project: Path) -> None:
    query("CREATE TABLE t (a); CREATE TABLE u (a); INSERT INTO t VALUES (1); INSERT INTO u VALUES (2)")

    def lines(*flags: str) -> list[str]:
        d1("export", "DB", "--output", "out.sql", *flags)
        return (project / "out.sql").read_text().splitlines()[1:]

    rows = ['INSERT INTO "t" ("a") VALUES(1);', 'INSERT INTO "u" ("a") VALUES(2);']
    assert lines("--no-schema") == rows
    assert lines("--no-data") == ["CREATE TABLE t (a);", "CREATE TABLE u (a);"]
    assert lines("--table", "u") == ["CREATE TABLE u (a);", rows[1]]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ((), "Missing required option --output"),
        (("--output", "."), "Please specify a file path for --output, not a directory."),
        (("--output", "none/out.sql"), "cannot be written"),
        (("--output", "o", "--no-data", "--no-schema"), "Cannot use --no-schema and --no-data together"),
    ],
)
def test_bad_exports_are_explained(flags: tuple[str, ...], text: str, fails: Any) -> None:
    assert text in fails("export", "DB", *flags)


def test_virtual_tables_cannot_be_exported(query: Any, fails: Any, project: Path) -> None:
    query("CREATE VIRTUAL TABLE f USING fts5 (a)")
    assert "f is a virtual table" in fails("export", "DB", "--output", "out.sql")
    assert not (project / "out.sql").exists()
