"""`pywrangler secret` on local files: what is written, what is refused, and that no value is ever shown."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.cli.app import run
from pywrangler.cli.secret import changes_in
from pywrangler.cli.variable_file import change
from pywrangler.config import dotenv
from pywrangler.errors import StartError

VALUE = "hunter2 # never 'shown'"


class Input(io.TextIOWrapper):
    """Standard input that is no terminal."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8")


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in list(os.environ):
        if name.startswith(("CLOUDFLARE_", "CF_", "GIT_")) or name in {"CI", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    directory = tmp_path / "app"
    directory.mkdir()
    configure(directory)
    monkeypatch.chdir(directory)
    return directory


def configure(directory: Path, **more: Any) -> None:
    directory.mkdir(exist_ok=True)
    content = {"name": directory.name, "main": "entry.py", "compatibility_date": "2026-05-01", **more}
    (directory / "wrangler.jsonc").write_text(json.dumps(content))


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run_with(*words: str, input: str | bytes = b"") -> int:
        monkeypatch.setattr("sys.stdin", Input(input.encode() if isinstance(input, str) else input))
        return run(["secret", *words])

    return run_with


def files(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def values(path: Path) -> dict[str, str]:
    return {item.name: item.value for item in dotenv.read(path)}


def test_put_takes_standard_input_without_the_blanks_at_its_end(project, send, capsys):
    assert send("put", "TOKEN", input=f"  {VALUE} \n\n") == 0
    assert values(project / ".dev.vars") == {"TOKEN": f"  {VALUE}"}
    out, err = capsys.readouterr()
    assert 'Saved secret TOKEN of the Worker "app" in .dev.vars' in out
    assert "--remote" in out
    assert "hunter2" not in out + err


def test_a_new_file_is_private_and_an_old_one_keeps_its_permissions(project, send):
    path = project / ".dev.vars"
    assert send("put", "A", input="1") == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    assert send("put", "B", input="2") == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert files(project) == [".dev.vars", "wrangler.jsonc"]


def test_a_link_stays_a_link(project, send, tmp_path):
    (tmp_path / "shared").write_text("A=1\n")
    (project / ".dev.vars").symlink_to(tmp_path / "shared")
    assert send("put", "B", input="2") == 0
    assert (project / ".dev.vars").is_symlink()
    assert values(tmp_path / "shared") == {"A": "1", "B": "2"}


def test_comments_and_order_stay(project, send):
    (project / ".dev.vars").write_text("# head\nA=1 # why\n\n# about B\nB='2'\n")
    assert send("put", "A", input="new") == 0
    assert send("delete", "B") == 0
    assert (project / ".dev.vars").read_text() == "# head\nA=new # why\n\n# about B\n"


def test_an_environment_has_a_file_of_its_own(project, send, capsys, monkeypatch):
    configure(project, env={"staging": {}})
    (project / ".dev.vars").write_text("A=1\n")
    assert send("put", "B", "--env", "staging", input="2") == 0
    assert values(project / ".dev.vars.staging") == {"B": "2"}
    assert values(project / ".dev.vars") == {"A": "1"}
    assert "reads .dev.vars.staging from now on, and no longer .dev.vars" in capsys.readouterr().err
    monkeypatch.setenv("CLOUDFLARE_ENV", "staging")
    assert send("list") == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "B", "type": "secret_text"}]
    assert send("put", "C", "--env", "", input="3") == 0
    assert values(project / ".dev.vars") == {"A": "1", "C": "3"}


@pytest.mark.parametrize("words", [("put", "A", "--env", "nowhere"), ("put", "A", "--env", "../x")])
def test_an_environment_that_does_not_exist_is_refused(project, send, words):
    configure(project, env={"staging": {}})
    assert send(*words, input="1") == 1
    assert files(project) == ["wrangler.jsonc"]


def test_the_first_dev_vars_tells_that_dot_env_no_longer_counts(project, send, capsys):
    (project / ".env").write_text("A=1\n")
    assert send("put", "B", input="2") == 0
    assert "reads .dev.vars from now on, and no longer .env" in capsys.readouterr().err
    assert send("put", "C", input="2") == 0
    assert "no longer" not in capsys.readouterr().err


def test_a_secret_that_the_worker_will_not_see_is_told(project, send, capsys):
    configure(project, secrets={"required": ["NEEDED"]}, kv_namespaces=[{"binding": "KV", "id": "1"}])
    assert send("put", "NEEDED", input="1") == 0
    assert capsys.readouterr().err == ""
    assert send("put", "OTHER", input="1") == 0
    assert 'add it to "secrets.required"' in capsys.readouterr().err
    assert send("put", "KV", input="1") == 0
    assert "a KV Namespace of its configuration has that name" in capsys.readouterr().err


def test_list_shows_names_only(project, send, capsys):
    (project / ".dev.vars").write_text(f'B="{VALUE}"\nA=hunter2\n')
    assert send("list") == 0
    assert send("list", "--format", "pretty") == 0
    out = capsys.readouterr().out
    assert out.startswith('[\n  {\n    "name": "B",\n    "type": "secret_text"\n  },')
    assert out.endswith("Secret Name: B\n\nSecret Name: A\n\n")
    assert "hunter2" not in out


def test_list_without_a_file_is_empty(send, capsys):
    assert send("list") == 0
    assert capsys.readouterr().out == "[]\n"


def test_delete_of_a_name_that_is_not_there_is_an_error(project, send, capsys):
    (project / ".dev.vars").write_text("TOKEN=1\n")
    assert send("delete", "TOKNE") == 1
    assert ".dev.vars holds no TOKNE" in capsys.readouterr().err
    assert values(project / ".dev.vars") == {"TOKEN": "1"}


def test_a_value_on_the_command_line_is_refused_and_not_repeated(project, send, capsys):
    assert send("put", "A", "hunter2") == 1
    out, err = capsys.readouterr()
    assert "shell's history" in err
    assert "hunter2" not in out + err
    assert not (project / ".dev.vars").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("A", b"' \" ` # hunter2", "The value of A cannot be written"),
        ("A", b"hunter2 \xff", "not valid UTF-8"),
        ("A B", b"hunter2", '"A B" cannot be the name'),
    ],
)
def test_what_cannot_be_written_changes_nothing(project, send, capsys, name, content, message):
    (project / ".dev.vars").write_text("OLD=1\n")
    assert send("put", name, input=content) == 1
    out, err = capsys.readouterr()
    assert message in err
    assert "hunter2" not in out + err
    assert (project / ".dev.vars").read_text() == "OLD=1\n"
    assert files(project) == [".dev.vars", "wrangler.jsonc"]


def test_a_directory_in_place_of_the_file_is_told(project, send, capsys):
    (project / ".dev.vars").mkdir()
    assert send("put", "A", input="1") == 1
    assert 'The file ".dev.vars" cannot be changed' in capsys.readouterr().err
    assert send("list") == 1


def test_a_file_that_is_no_text_is_left_alone(project, send, capsys):
    (project / ".dev.vars").write_bytes(b"A=\xff\n")
    assert send("put", "B", input="1") == 1
    assert "not valid UTF-8" in capsys.readouterr().err
    assert (project / ".dev.vars").read_bytes() == b"A=\xff\n"


def test_a_failed_write_leaves_the_old_file(project, monkeypatch):
    path = project / ".dev.vars"
    path.write_text("A=1\n")

    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StartError, match="No space left on device"):
        change(path, {"A": "2"})
    assert path.read_text() == "A=1\n"
    assert files(project) == [".dev.vars", "wrangler.jsonc"]


# ---- several Workers


def test_among_several_workers_one_has_to_be_chosen(tmp_path, send, capsys, monkeypatch):
    configure(tmp_path / "back")
    monkeypatch.chdir(tmp_path)
    assert send("put", "A", input="1") == 1
    assert 'There are several Workers here: "app" and "back"' in capsys.readouterr().err
    assert send("put", "A", "--name", "back", input="1") == 0
    assert send("put", "B", "-c", "app/wrangler.jsonc", input="1") == 0
    assert values(tmp_path / "back" / ".dev.vars") == {"A": "1"}
    assert values(tmp_path / "app" / ".dev.vars") == {"B": "1"}
    assert send("put", "A", "--name", "bck", input="1") == 1
    assert 'Did you mean "back"?' in capsys.readouterr().err


def test_without_a_config_there_is_nothing_to_write_to(tmp_path, send, capsys):
    (tmp_path / "empty").mkdir()
    assert send("--cwd", str(tmp_path / "empty"), "put", "A", input="1") == 1
    assert "No configuration found" in capsys.readouterr().err


def test_mistakes_of_a_config_that_do_not_matter_here_do_not_stop(project, send):
    configure(project, main="missing.py", kv_namespaces=5)
    assert send("put", "A", input="1") == 0


# ---- bulk


def test_bulk_sets_and_removes(project, send, capsys):
    (project / ".dev.vars").write_text("# c\nA=1\nB=2\n")
    (project / "secrets.json").write_text(json.dumps({"A": VALUE, "B": None, "C": "x\ny"}))
    assert send("bulk", "secrets.json") == 0
    assert values(project / ".dev.vars") == {"A": VALUE, "C": "x\ny"}
    out, err = capsys.readouterr()
    assert "💥 Successfully deleted secret for key: B" in out
    assert "✨ Successfully created secret for key: A" in out
    assert "✨ 2 secrets successfully uploaded" in out
    assert "hunter2" not in out + err


def test_bulk_takes_lines_without_expansion(project, send):
    assert send("bulk", input="A=1\nB='$A' # c\n") == 0
    assert values(project / ".dev.vars") == {"A": "1", "B": "$A"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No content found"),
        ("no assignment", "No content found"),
        ("{}", "No content found"),
        ('{"A": "hunter2"', "no valid JSON"),
        ('["hunter2"]', "has to be a JSON object"),
        ('{"A": 5, "B": "hunter2"}', "neither: A."),
        ('{"GOOD": "1", "NOT GOOD": "hunter2"}', "cannot be the name"),
        ('{"GOOD": "1", "A": "hunter2 \' \\" ` #"}', "cannot be written"),
        ('{"A": "\\ud800"}', "half a character"),
        ("[" * 100_000, "no valid JSON"),
    ],
)
def test_bad_bulk_input_is_an_error_and_nothing_is_written(project, send, capsys, text, message):
    assert send("bulk", input=text) == 1
    out, err = capsys.readouterr()
    assert message in err
    assert "hunter2" not in out + err
    assert files(project) == ["wrangler.jsonc"]


def test_a_bulk_file_that_is_missing_is_told(send, capsys):
    assert send("bulk", "nope.json") == 1
    assert 'The file "nope.json" cannot be read' in capsys.readouterr().err


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_any_bulk_input_gives_text_by_name_or_a_start_error(text):
    try:
        found = changes_in(text)
    except StartError:
        return
    assert found
    assert all(isinstance(value, str | None) for value in found.values())


# ---- git

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")


def git(directory: Path, *words: str) -> None:
    subprocess.run(["git", "-C", directory, *words], check=True, capture_output=True)


@needs_git
@pytest.mark.processes
def test_the_file_is_ignored_if_git_would_commit_it(project, tmp_path, send, capsys):
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("node_modules")
    assert send("put", "A", input="1") == 0
    assert "Added .dev.vars* to ../.gitignore" in capsys.readouterr().out
    assert (tmp_path / ".gitignore").read_text() == "node_modules\n.dev.vars*\n!.dev.vars.example\n"
    assert send("put", "B", input="1") == 0
    assert "gitignore" not in capsys.readouterr().out


@needs_git
@pytest.mark.processes
def test_a_tracked_file_is_warned_about(project, send, capsys):
    git(project, "init", "-q")
    (project / ".dev.vars").write_text("A=1\n")
    git(project, "add", ".dev.vars")
    assert send("put", "B", input="1") == 0
    assert "git rm --cached .dev.vars" in capsys.readouterr().err


def test_without_a_repository_no_gitignore_is_made(project, send):
    assert send("put", "A", input="1") == 0
    assert not (project / ".gitignore").exists()


# ---- the command line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "A command is missing."),
        (("ptu",), 'Did you mean "pywrangler secret put"?'),
        (("put",), "The following arguments are required: NAME"),
        (("list", "--fromat", "json"), "Unknown argument: fromat"),
        (("put", "A", "--cwd", "nowhere"), 'The directory "nowhere"'),
    ],
)
def test_usage_errors(words, message, send, capsys):
    assert send(*words) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--help",), ("put", "-h"), ("-h", "bulk")])
def test_help(words, send, capsys):
    assert send(*words) == 0
    assert "usage: pywrangler secret" in capsys.readouterr().out


def test_flags_may_stand_before_the_second_word(project, send, capsys):
    assert send("--name", "app", "put", "A", input="1") == 0
    assert run(["--cwd", str(project), "secret", "list", "--format=json"]) == 0
    assert '"A"' in capsys.readouterr().out
