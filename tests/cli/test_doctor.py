"""`pywrangler doctor`: what it finds, what it advises, and its exit code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler import __version__
from pywrangler.cli import machine
from pywrangler.cli.app import run
from pywrangler.cli.project import secret_files, state_directory
from tests.packages.make import compiled, distribution, native
from tests.processes.conftest import project
from tests.processes.dev import HELLO, eventually, free_port, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pywrangler.cli.findings import Finding
    from tests.processes.dev import Project

__all__ = ["project"]


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("CLOUDFLARE_", "GIT_")) or name in {"CI", "FORCE_COLOR"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("WRANGLER_REGISTRY_PATH", str(tmp_path / "registry"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run `doctor --json`; return its status and the findings by topic."""

    def doctor(*words: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
        status = run(["doctor", "--json", *words])
        found = json.loads(capsys.readouterr().out)
        assert found["ok"] is (status == 0)
        topics: dict[str, list[dict[str, str]]] = {}
        for finding in found["findings"]:
            topics.setdefault(finding["topic"], []).append(finding)
        return status, topics

    return doctor


def configure(directory: Path, **more: Any) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "entry.py").touch()
    content = {
        "name": "app",
        "main": "entry.py",
        "compatibility_date": "2026-05-01",
        "compatibility_flags": ["python_workers"],
        **more,
    }
    (directory / "wrangler.jsonc").write_text(json.dumps(content))


def test_versions_are_told(look):
    status, found = look()
    assert status == 0
    assert f"pywrangler {__version__}" in found["pywrangler"][0]["what"]
    assert found["SQLite"][0]["what"].startswith("SQLite 3.")
    assert found["Python"][0]["status"] == found["uvloop"][0]["status"] == "ok"


def test_outside_of_a_project_there_is_only_a_warning(look):
    status, found = look()
    assert status == 0
    assert found["config"][0]["status"] == "warning"
    assert "pywrangler init" in found["config"][0]["remedy"]


def test_people_get_lines_with_marks(capsys, tmp_path):
    configure(tmp_path, main="missing.py")
    assert run(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "✔ SQLite" in out
    assert "✘ config" in out
    assert "missing.py" in out
    assert out.rstrip().splitlines()[-1].startswith("1 error")


def test_every_mistake_of_a_config_is_an_error_with_its_line(look, tmp_path):
    (tmp_path / "wrangler.jsonc").write_text('{\n  "name": 5,\n  "main": 6\n}')
    status, found = look()
    assert status == 1
    assert [finding["what"][:17] for finding in found["config"] if finding["status"] == "error"] == [
        "wrangler.jsonc:2:",
        "wrangler.jsonc:3:",
    ]


def test_a_valid_project_is_told_part_by_part(look, tmp_path):
    configure(tmp_path, dev={"port": free_port()}, secrets={"required": ["TOKEN"]})
    status, found = look()
    assert status == 0
    assert "wrangler.jsonc is valid (Worker app)" in found["config"][0]["what"]
    assert "secret put TOKEN" in found["config"][1]["remedy"]
    assert "is free for app" in found["port"][0]["what"]
    assert "made by the first session" in found["state"][0]["what"]


# ---- the command


def script(directory: Path, line: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "pywrangler"
    path.write_text(f"#!/usr/bin/python3\nimport sys\n{line}\n")
    path.chmod(0o755)
    return path


OURS = "from pywrangler.__main__ import main"
CLOUDFLARES = "from pywrangler.cli import app"


def commands(*directories: Path, here: Path, packages: tuple[str, ...] = ()) -> list[Finding]:
    return list(machine.command(os.pathsep.join(map(str, directories)), here=here, packages=packages))


def test_our_command_first_on_the_path_is_in_order(tmp_path):
    ours = script(tmp_path / "ours", OURS)
    (finding,) = commands(tmp_path / "empty", ours.parent, here=ours.parent)
    assert (finding.status, finding.what) == ("ok", f"`pywrangler` runs {ours}")


def test_a_link_to_our_command_counts_as_ours(tmp_path):
    ours = script(tmp_path / "ours", OURS)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/pywrangler").symlink_to(ours)
    (finding,) = commands(tmp_path / "bin", here=ours.parent)
    assert finding.status == "ok"


def test_cloudflares_command_first_on_the_path_is_a_warning_with_the_way_to_ours(tmp_path):
    ours, theirs = script(tmp_path / "ours", OURS), script(tmp_path / "theirs", CLOUDFLARES)
    first, second = commands(theirs.parent, ours.parent, here=ours.parent)
    assert first.status == "warning"
    assert first.what == f"`pywrangler` runs {theirs}, which is Cloudflare's (package workers-py)."
    assert str(ours) in first.remedy
    assert second.status == "ok"
    first, second = commands(ours.parent, theirs.parent, here=ours.parent)
    assert (first.status, second.status) == ("ok", "ok")
    assert "it comes later on PATH" in second.what


@pytest.mark.parametrize(
    ("line", "words"), [(OURS, "another installation of this program"), ("import pandas", "another program")]
)
def test_other_commands_of_our_name_are_told_apart(tmp_path, line, words):
    other = script(tmp_path / "other", line)
    (finding,) = commands(other.parent, here=tmp_path / "ours")
    assert finding.status == "warning"
    assert words in finding.what


def test_a_command_that_is_not_on_the_path_is_a_warning(tmp_path):
    (finding,) = commands(tmp_path, here=tmp_path / "ours")
    assert finding.status == "warning"
    assert str(tmp_path / "ours/pywrangler") in finding.remedy


def install(packages: Path, name: str, entry: str) -> None:
    directory = packages / f"{name}-1.0.dist-info"
    directory.mkdir(parents=True)
    (directory / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (directory / "entry_points.txt").write_text(f"[console_scripts]\npywrangler = {entry}\n")


def test_a_package_of_our_name_in_the_same_environment_is_an_error(tmp_path):
    ours = script(tmp_path / "ours", OURS)
    install(tmp_path / "site", "pywrangler", machine.ENTRY_POINT)
    assert len(commands(ours.parent, here=ours.parent, packages=(str(tmp_path / "site"),))) == 1
    install(tmp_path / "site", "another", "pywrangler.main:run")
    findings = commands(ours.parent, here=ours.parent, packages=(str(tmp_path / "site"),))
    assert findings[-1].status == "error"
    assert "pip uninstall another" in findings[-1].remedy


def test_workers_py_in_the_same_environment_is_a_warning_that_says_how_to_call_both(tmp_path):
    ours = script(tmp_path / "ours", OURS)
    install(tmp_path / "site", "workers-py", "pywrangler.cli:app")
    findings = commands(ours.parent, here=ours.parent, packages=(str(tmp_path / "site"),))
    assert findings[-1].status == "warning"
    assert "-m pywrangler.program" in findings[-1].remedy


def test_it_is_a_warning_in_the_environment_of_the_project(look, tmp_path):
    configure(tmp_path)
    venv = tmp_path / ".venv"
    venv.mkdir()
    (venv / "pyvenv.cfg").touch()
    version = f"python{os.sys.version_info.major}.{os.sys.version_info.minor}"
    install(venv / "lib" / version / "site-packages", "workers-py", "pywrangler.cli:app")
    status, found = look()
    assert status == 0
    assert [finding["status"] for finding in found["environment"]] == ["ok", "warning"]
    shutil.move(venv / "lib" / version, venv / "lib" / "python3.1")
    status, found = look()
    assert status == 1
    assert "is for Python 3.1" in found["environment"][0]["what"]


# ---- packages


def test_what_pyproject_asks_for_is_compared_with_the_environment(look, tmp_path):
    configure(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        "[project]\ndependencies = ['fast-lib>=2', 'other', 'workers-py', 'far; sys_platform == \"win32\"']\n"
    )
    status, found = look()
    assert status == 1
    (finding,) = found["packages"]
    assert finding["what"] == "pyproject.toml asks for fast-lib>=2, other, and there is no .venv."
    assert finding["remedy"] == "Run `pywrangler sync`."

    packages = environment(tmp_path)
    distribution(packages, "other", "1.0", {"other.py": ""})
    status, found = look()
    assert status == 1
    assert [item["what"] for item in found["packages"]] == ["pyproject.toml asks for what .venv lacks: fast-lib>=2."]

    distribution(packages, "fast-lib", "1.4", native("fast", "venv"))
    status, found = look()
    assert status == 0
    (finding,) = found["packages"]
    assert finding["status"] == "warning"
    assert finding["what"].endswith("asks for other versions than .venv has: fast-lib>=2 (has 1.4).")

    shutil.rmtree(packages)
    distribution(packages, "fast-lib", "2.1", native("fast", "venv"))
    distribution(packages, "other", "1.0", {"other.py": ""})
    _, found = look()
    assert [item["what"] for item in found["packages"]] == [".venv has what pyproject.toml asks for"]


def test_vendored_packages_that_cannot_be_used_here_are_told(look, tmp_path):
    configure(tmp_path)
    packages = environment(tmp_path)
    distribution(tmp_path / "python_modules", "fast-lib", "1.0", compiled("fast"))
    _, found = look()
    (finding,) = found["packages"]
    assert finding["what"] == "python_modules has fast-lib as built for WebAssembly, and .venv has no other."
    distribution(packages, "fast-lib", "1.0", native("fast", "venv"))
    _, found = look()
    (finding,) = found["packages"]
    assert (finding["status"], finding["what"]) == (
        "ok",
        "of python_modules, fast-lib cannot be used here, so .venv counts",
    )


def test_a_pyproject_that_cannot_be_read_is_an_error(look, tmp_path):
    configure(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project\n")
    status, found = look()
    assert status == 1
    assert "pyproject.toml cannot be read" in found["packages"][0]["what"]


def environment(directory: Path) -> Path:
    """Make an empty .venv; returns its directory of packages."""
    version = f"python{os.sys.version_info.major}.{os.sys.version_info.minor}"
    packages = directory / ".venv" / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    (directory / ".venv" / "pyvenv.cfg").touch()
    return packages


# ---- ports


def test_a_configured_port_that_is_taken_is_an_error_that_names_the_owner(look, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        configure(tmp_path, dev={"port": server.getsockname()[1]})
        status, found = look()
    assert status == 1
    (finding,) = found["port"]
    assert f"(pid {os.getpid()})" in finding["what"] or "another process" in finding["what"]
    assert "dev.port" in finding["remedy"]


@pytest.mark.processes
def test_a_port_that_the_worker_itself_holds_is_in_order(look, project: Project, monkeypatch):
    directory = project.worker("app", HELLO)
    session = project.dev(cwd=directory).ready()
    monkeypatch.chdir(directory)
    status, found = look()
    assert status == 0
    assert "in use by app itself" in found["port"][0]["what"]
    assert [finding["what"] for finding in found["registry"]][1].startswith("app runs at http://localhost:")
    children = session.tree()
    session.stop(signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, children)))
    status, found = look()
    assert status == 0
    assert "is free for app" in found["port"][0]["what"]
    assert found["registry"][-1]["status"] == "warning"
    assert str(project.registry / "app") in found["registry"][-1]["remedy"]


# ---- the registry


def registry(directory: Path) -> Iterator[Finding]:
    return machine.registry({"WRANGLER_REGISTRY_PATH": str(directory)}, directory.parent)


def test_a_registry_that_is_not_there_yet_is_in_order(tmp_path):
    (finding,) = registry(tmp_path / "new" / "registry")
    assert finding.status == "ok"
    assert not (tmp_path / "new").exists()


def test_a_registry_that_cannot_be_used_is_a_warning_with_the_way_out(tmp_path):
    (tmp_path / "file").touch()
    (finding,) = registry(tmp_path / "file")
    assert finding.status == "warning"
    assert "WRANGLER_REGISTRY_PATH" in finding.remedy


def test_files_of_other_tools_are_left_alone(tmp_path):
    (tmp_path / "theirs").write_text('{"debugPortAddress": "127.0.0.1:1"}')
    findings = list(registry(tmp_path))
    assert [finding.status for finding in findings] == ["ok", "ok"]
    assert "theirs" in findings[-1].what


# ---- files


def test_a_secret_file_that_others_can_read_is_a_warning(tmp_path):
    path = tmp_path / ".dev.vars"
    path.write_text("A=hunter2\n")
    path.chmod(0o644)
    (tmp_path / ".dev.vars.example").touch()
    (tmp_path / ".env").write_text("B=1\n")
    first, second = secret_files(tmp_path)
    assert (first.status, first.remedy) == ("warning", "chmod 600 .dev.vars")
    assert second.status == "ok"
    path.chmod(0o600)
    assert [finding.status for finding in secret_files(tmp_path)] == ["ok", "ok"]


def test_a_directory_in_place_of_the_file_is_an_error(tmp_path):
    (tmp_path / ".dev.vars").mkdir()
    (finding,) = secret_files(tmp_path)
    assert finding.status == "error"


@pytest.mark.processes
@pytest.mark.skipif(shutil.which("git") is None, reason="git is missing")
def test_what_git_would_commit_is_a_warning(tmp_path):
    path = tmp_path / ".dev.vars"
    path.write_text("A=1\n")
    path.chmod(0o600)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert [finding.what for finding in secret_files(tmp_path)] == ["git would commit .dev.vars."]
    subprocess.run(["git", "add", ".dev.vars"], cwd=tmp_path, check=True)
    assert [finding.what for finding in secret_files(tmp_path)] == ["git tracks .dev.vars."]
    subprocess.run(["git", "rm", "-q", "--cached", ".dev.vars"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text(".dev.vars\n")
    assert [finding.what for finding in secret_files(tmp_path)] == [".dev.vars (mode 0600, ignored by git)"]


def test_local_data_that_cannot_be_kept_is_an_error(tmp_path):
    assert state_directory(tmp_path / ".wrangler/state/v3").status == "ok"
    (tmp_path / ".wrangler").touch()
    assert state_directory(tmp_path / ".wrangler/state/v3").status == "error"


def test_nothing_secret_is_shown(tmp_path, capsys):
    configure(tmp_path, vars={"V": 1})
    (tmp_path / ".dev.vars").write_text("A=hunter2\n")
    run(["doctor"])
    run(["doctor", "--json"])
    assert "hunter2" not in capsys.readouterr().out
