"""`pywrangler init`: names, questions, and that nothing is ever overwritten."""

from __future__ import annotations

import datetime as dt
import json
import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.cli import init
from pywrangler.cli.app import run
from pywrangler.cli.templates import TEMPLATES, name_fault, suggested_name, template_files
from pywrangler.config.core import name_fault as config_name_fault


@pytest.fixture(autouse=True)
def steady(monkeypatch, tmp_path):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


def files(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir())


def test_a_project_gets_its_name_from_the_directory_and_todays_date(tmp_path, capsys):
    assert run(["init", "My App!"]) == 0
    directory = tmp_path / "My App!"
    assert files(directory) == sorted(template_files("hello"))
    text = (directory / "wrangler.jsonc").read_text()
    assert '"name": "my-app"' in text
    days = {(dt.datetime.now(dt.UTC) - dt.timedelta(days=ago)).date().isoformat() for ago in (0, 1)}
    assert any(f'"compatibility_date": "{day}"' in text for day in days)
    out = capsys.readouterr().out
    assert 'Created "my-app" from the template hello' in out
    assert "  cd My App!" in out
    assert "  pywrangler dev" in out


def test_flags_choose_name_and_template(tmp_path, capsys):
    assert run(["--cwd", str(tmp_path), "init", "--template", "multi-worker", "--name", "shop", "--yes"]) == 0
    assert '"script_name": "shop-backend"' in (tmp_path / "frontend/wrangler.jsonc").read_text()
    assert "cd " not in capsys.readouterr().out


def test_the_example_of_secrets_is_part_of_what_comes_next(capsys):
    assert run(["init", "app", "--template", "fastapi"]) == 0
    assert "install -m 600 .dev.vars.example .dev.vars" in capsys.readouterr().out


@pytest.mark.parametrize("existing", ["wrangler.jsonc", "src/entry.py", ".gitignore", "wrangler.toml", "src"])
def test_nothing_is_overwritten_and_nothing_else_written(tmp_path, capsys, existing):
    path = tmp_path / "app" / existing
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    assert run(["init", "app"]) == 1
    assert files(tmp_path) == [f"app/{existing}"]
    assert path.read_text() == "mine"
    err = capsys.readouterr().err
    assert "Nothing was written" in err
    assert f"  {existing}\n" in err


def test_a_dangling_link_is_in_the_way_too(tmp_path, capsys):
    (tmp_path / "README.md").symlink_to(tmp_path / "nowhere")
    assert run(["init"]) == 1
    assert not (tmp_path / "nowhere").exists()
    assert "README.md" in capsys.readouterr().err


def test_other_files_are_no_conflict(tmp_path):
    (tmp_path / "LICENSE").write_text("mine")
    (tmp_path / "src").mkdir()
    assert run(["init", "--name", "app"]) == 0


def test_a_write_that_fails_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    real = Path.mkdir

    def mkdir(self: Path, *arguments: object, **options: object) -> None:
        if self.name == "tests":
            raise OSError(28, "No space left on device", str(self))
        real(self, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert run(["init", "app"]) == 1
    assert files(tmp_path) == []
    assert not (tmp_path / "app").exists()
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["app", "--name", "Bad Name"], '"Bad Name" cannot be the name of a Worker'),
        (["app", "--name", ""], "A Worker needs a name"),
        (["app", "--name=-x"], "none at the ends"),
        (["app", "--name", "x" * 51], "The name has 51 characters"),
        (["app", "--name", "x\n"], "cannot be the name"),
        (["app", "--template", "fastpi"], 'Did you mean "fastapi"?'),
        (["app", "--template", "../hello"], "There is no template"),
        (["a", "b"], "Unknown argument: b"),
    ],
)
def test_bad_wishes_are_errors_and_nothing_is_written(tmp_path, words, message, capsys):
    assert run(["init", *words]) == 1
    assert message in capsys.readouterr().err
    assert files(tmp_path) == []


@given(st.text(max_size=60) | st.text(alphabet=string.ascii_letters + "-_ .0", max_size=60))
def test_a_suggested_name_is_always_a_valid_one(text):
    assert name_fault(suggested_name(Path("/", text.replace("\0", "") or "x"))) == ""


@given(st.from_regex(r"[a-z0-9-]{1,50}", fullmatch=True))
def test_a_name_that_is_taken_here_is_taken_by_configs(name):
    assert name_fault(name) or not config_name_fault(name)


def test_the_questions(monkeypatch, tmp_path, capsys):
    answers = iter(["Bad!", "shop", "9", "durable-object"])
    asked = []

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr(init, "is_interactive", lambda: True)
    assert run(["init", "app"]) == 0
    assert asked[0] == "? What is the name of the Worker? (app) "
    assert '"Bad!" cannot be' in capsys.readouterr().out
    assert '"name": "shop"' in (tmp_path / "app/wrangler.jsonc").read_text()
    assert (tmp_path / "app/src/counter.py").exists()


def test_yes_asks_nothing(monkeypatch):
    monkeypatch.setattr(init, "is_interactive", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _question: pytest.fail("asked"))
    assert run(["init", "app", "-y"]) == 0


def test_help_names_the_templates(capsys):
    assert run(["init", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {template.name} " in out for template in TEMPLATES)


def test_the_made_project_is_a_valid_config(tmp_path, capsys):
    for template in TEMPLATES:
        assert run(["init", template.name, "--template", template.name]) == 0
        capsys.readouterr()
        os.chdir(tmp_path / template.name)
        assert run(["vars", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)
        os.chdir(tmp_path)
