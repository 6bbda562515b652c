"""`pywrangler check` as a command."""

from __future__ import annotations

import json

import pytest

from pywrangler.cli.app import run

GOOD = """\
from workers import WorkerEntrypoint, Response
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("ok")
"""
CONFIG = {"name": "shop", "main": "src/entry.py", "compatibility_date": "2026-06-01"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "src").mkdir()

    def write(code: str = GOOD, **more) -> None:
        config = {**CONFIG, "compatibility_flags": ["python_workers"], **more}
        (tmp_path / "wrangler.jsonc").write_text(json.dumps(config))
        (tmp_path / "src" / "entry.py").write_text(code)

    write()
    return write


def test_nothing_found_exits_with_0(project, capsys):
    assert run(["check"]) == 0
    assert "Nothing found" in capsys.readouterr().out


def test_an_error_exits_with_1_and_is_shown_with_place_source_and_advice(project, capsys):
    project(GOOD + "import os\nos.fork()\n")
    assert run(["check"]) == 1
    out = capsys.readouterr().out
    assert "src/entry.py:6:1  error[processes]" in out
    assert "    6 | os.fork()" in out
    assert "service binding" in out
    assert "1 error, 0 warnings (1 module read)." in out


def test_warnings_exit_with_1_only_if_strict(project):
    project(GOOD + "import time\nSTART = time.time()\n")
    assert run(["check"]) == 0
    assert run(["check", "--strict"]) == 1


def test_nothing_of_the_worker_runs(project, tmp_path):
    project(GOOD + f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(9)\n")
    assert run(["check"]) == 1
    assert not (tmp_path / "ran").exists()


def test_json_has_everything(project, capsys):
    project(GOOD + "import os, time\nos.fork()\nSTART = time.time()\nimport torch\n")
    assert run(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["errors"], found["warnings"]) == (2, 1)
    (worker,) = found["workers"]
    assert worker["worker"] == "shop"
    assert worker["modules"] == ["src/entry.py"]
    assert worker["packages"] == ["torch"]
    first = worker["findings"][0]
    assert (first["code"], first["severity"], first["file"]) == ("processes", "error", "src/entry.py")
    assert (first["line"], first["column"]) == (6, 1)
    assert first["what"]
    assert first["remedy"]


def test_an_invalid_config_is_reported_in_both_forms(project, tmp_path, capsys):
    project(durable_objects={"bindings": [{"name": "ROOM"}]})
    assert run(["check"]) == 1
    assert "wrangler.jsonc:1" in capsys.readouterr().out
    assert run(["check", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["workers"] == []
    assert found["config"][0]["severity"] == "error"


def test_missing_secrets_and_classes_are_found(project, capsys):
    project(
        durable_objects={"bindings": [{"name": "ROOM", "class_name": "Room"}]},
        migrations=[{"tag": "v1", "new_sqlite_classes": ["Room"]}],
        secrets={"required": ["API_KEY"]},
    )
    assert run(["check"]) == 1
    out = capsys.readouterr().out
    assert "class-not-exported" in out
    assert "API_KEY" in out


def test_all_workers_of_a_project_are_checked_and_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("api", "web"):
        (tmp_path / name).mkdir()
        config = {"name": name, "main": "entry.py", "compatibility_date": "2026-06-01"}
        bound = {"durable_objects": {"bindings": [{"name": "R", "class_name": "Room", "script_name": "api"}]}}
        more = bound if name == "web" else {}
        (tmp_path / name / "wrangler.jsonc").write_text(
            json.dumps({**config, "compatibility_flags": ["python_workers"], **more})
        )
        (tmp_path / name / "entry.py").write_text(GOOD)
    assert run(["check"]) == 1
    out = capsys.readouterr().out
    assert "\nweb\n" in f"\n{out}"
    assert 'names "Room", which api does not export' in out


def test_a_script_may_be_named(project, tmp_path, capsys):
    (tmp_path / "src" / "other.py").write_text(GOOD + "import os\nos.fork()\n")
    assert run(["check", "src/other.py"]) == 1
    assert "src/other.py:6:1" in capsys.readouterr().out


def test_what_has_no_effect_here_has_one_on_cloudflare(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {
        "name": "w",
        "main": "entry.py",
        "compatibility_date": "2026-06-01",
        "compatibility_flags": ["python_workers"],
        "cache": {"enabled": True},
        "triggers": {"crons": ["0 0 * * 0"]},
    }
    (tmp_path / "wrangler.jsonc").write_text(json.dumps(config))
    (tmp_path / "entry.py").write_text("")
    run(["check", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [item["code"] for item in found["config"]] == ["cron"]
