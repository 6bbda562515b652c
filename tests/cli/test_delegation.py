"""Which pywrangler runs: real processes, with stand-ins for the pywrangler of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pywrangler import delegation
from pywrangler.cli import machine

COMMAND = Path(sys.executable).with_name("pywrangler")
STAND_IN = """\
import os, sys
def main():
    print("stand-in", sys.argv[1:], os.path.basename(sys.argv[0]), sys.prefix, flush=True)
    print("told", os.environ.pop("PYWRANGLER_HANDED_OVER", None), flush=True)
"""
OURS = "import sys\nfrom pywrangler.__main__ import main\nsys.exit(main())\n"
CLOUDFLARES = "import sys\nfrom pywrangler.cli import app\nsys.exit(app())\n"


def make(directory: Path, *, script: str = OURS, package: str | None = STAND_IN) -> Path:
    """Make an environment with a stand-in for pywrangler; return it."""
    environment = directory / ".venv"
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(base)
    (environment / "pyvenv.cfg").write_text(f"home = {base.parent}\n")
    if script:
        (environment / "bin" / "pywrangler").write_text(script)
    packages = environment / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    if package is not None:
        (packages / "pywrangler").mkdir()
        (packages / "pywrangler" / "__init__.py").touch()
        (packages / "pywrangler" / "program.py").write_text(package)
    return environment


def call(cwd: Path, *words: str, home: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != delegation.VARIABLE}
    environment = {**inherited, "HOME": str(home or cwd.parent.parent), **variables}
    return subprocess.run([COMMAND, *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path):
    """A directory below the home directory, with one below it."""
    (tmp_path / "project" / "worker").mkdir(parents=True)
    return tmp_path / "project"


@pytest.mark.processes
@pytest.mark.parametrize(
    ("cwd", "words"),
    [
        ("project", ["dev", "--port", "1"]),
        ("project", ["--version"]),
        ("project", ["doctor"]),
        ("project/worker", ["check"]),
        (".", ["check", "-c", "project/worker/wrangler.jsonc"]),
        (".", ["--config=project/wrangler.jsonc", "check", "-c", "other.jsonc"]),
        (".", ["--cwd", "project/worker", "check"]),
        ("project/worker", ["check", "--cwd", "..", "-c", "worker/wrangler.jsonc"]),
        ("project", ["run", "--", "init", "--cwd", "/"]),
        ("project", ["kv", "key", "get", "sync"]),
    ],
)
def test_the_pywrangler_of_the_project_runs(project, cwd, words):
    environment = make(project)
    done = call(project.parent / cwd, *words, home=project.parent)
    assert done.stdout.splitlines() == [f"stand-in {words} pywrangler {environment}", f"told {COMMAND}"]
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.processes
@pytest.mark.parametrize(
    ("cwd", "words", "says"),
    [
        ("project", ["sync", "--help"], "pywrangler sync [options]"),
        ("project", ["--cwd", ".", "init", "--help"], "pywrangler init"),
        (".", ["--help"], "Usage: pywrangler"),
        ("project", ["--help", "--cwd", "/"], "Usage: pywrangler"),
    ],
)
def test_what_makes_projects_and_what_belongs_to_none_stays(project, cwd, words, says):
    make(project)
    assert says in call(project.parent / cwd, *words, home=project.parent).stdout


@pytest.mark.processes
def test_what_sync_installed_runs_even_if_workers_py_took_the_command(project):
    environment = make(project, script=CLOUDFLARES)
    (environment / ".pywrangler-sync.json").write_text('{"requirements": ["fastapi", "pywrangler"]}')
    assert "stand-in" in call(project, "--version").stdout
    (environment / ".pywrangler-sync.json").write_text('{"requirements": ["fastapi"]}')
    assert call(project, "--version").stdout == "0.1.0\n"


@pytest.mark.processes
@pytest.mark.parametrize("made", [{"script": CLOUDFLARES}, {"script": ""}])
def test_an_environment_without_our_command_is_left_alone(project, made):
    make(project, **made)
    done = call(project, "--version")
    assert (done.stdout, done.stderr) == ("0.1.0\n", "")


@pytest.mark.processes
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_environment_of_a_stranger_is_not_run(project):
    environment = make(project)
    os.chown(environment, 12345, 12345)
    done = call(project / "worker", "--version")
    assert done.stdout == "0.1.0\n"
    assert "it belongs to another user" in done.stderr
    os.chown(project / "worker", 12345, 12345)  # as in a container that shows the files of its host
    assert "stand-in" in call(project / "worker", "--version").stdout


@pytest.mark.processes
def test_only_the_nearest_environment_counts(project):
    make(project)
    make(project / "worker", script="")
    assert call(project / "worker", "--version").stdout == "0.1.0\n"


@pytest.mark.processes
def test_an_environment_in_the_home_directory_is_not_that_of_a_project(project):
    make(project)
    assert call(project / "worker", "--version", home=project).stdout == "0.1.0\n"
    assert "stand-in" in call(project, "--version", home=project).stdout


def gone(environment: Path) -> None:
    (environment / "bin" / "python").unlink()


def dangling(environment: Path) -> None:
    gone(environment)
    (environment / "bin" / "python").symlink_to("/no/such/python")


def no_program(environment: Path) -> None:
    gone(environment)
    (environment / "bin" / "python").write_text("neither a script nor a program\n")
    (environment / "bin" / "python").chmod(0o755)


def forbidden(environment: Path) -> None:
    no_program(environment)
    (environment / "bin" / "python").chmod(0o644)


def upgraded(environment: Path) -> None:
    """The link of the environment leads to another version than its packages are for."""
    (packages,) = environment.glob("lib/*")
    packages.rename(packages.with_name("python3.1"))


def emptied(environment: Path) -> None:
    (package,) = environment.glob("lib/*/site-packages/pywrangler")
    shutil.rmtree(package)


@pytest.mark.processes
@pytest.mark.parametrize("damage", [gone, dangling, no_program, forbidden, upgraded, emptied])
def test_an_environment_that_does_not_work_is_left_aside_with_a_warning(project, damage):
    damage(make(project))
    done = call(project, "--version")
    assert done.stdout == "0.1.0\n"
    assert done.stderr.count("\n") == 1
    assert ".venv cannot be used" in done.stderr
    assert "pywrangler sync" in done.stderr


@pytest.mark.processes
def test_a_link_to_the_environment_that_runs_is_no_other_one(project):
    (project / ".venv").symlink_to(sys.prefix)
    done = call(project, "--version")
    assert (done.stdout, done.stderr) == ("0.1.0\n", "")


def test_what_is_decided_is_decided_for_the_next_program_alone(project, monkeypatch):
    make(project)
    monkeypatch.chdir(project)
    monkeypatch.setattr(delegation, "called_by", "")
    monkeypatch.setenv("PYWRANGLER_HANDED_OVER", "/other/bin/pywrangler")
    delegation.delegate(["dev"])  # and comes back, although there is an environment
    assert delegation.called_by == "/other/bin/pywrangler"
    assert "PYWRANGLER_HANDED_OVER" not in os.environ


@pytest.mark.processes
def test_with_an_empty_variable_nobody_hands_over(project):
    make(project)
    assert call(project, "--version", PYWRANGLER_HANDED_OVER="").stdout == "0.1.0\n"


@pytest.mark.processes
def test_a_deleted_working_directory_does_not_matter(tmp_path):
    script = f'mkdir x && cd x && rmdir ../x && exec "{COMMAND}" --version'
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "0.1.0\n"


@pytest.mark.processes
def test_dev_says_who_runs_when_asked_for_everything(project):
    (project / "wrangler.jsonc").write_text("{")
    said = call(project, "dev", "--log-level", "debug").stdout
    assert f"This is pywrangler 0.1.0 of {sys.prefix}" in said
    assert "This is" not in call(project, "dev").stdout


# ---- doctor


def test_doctor_tells_that_another_one_handed_over(monkeypatch, tmp_path):
    caller = tmp_path / "bin" / "pywrangler"
    caller.parent.mkdir()
    caller.write_text(OURS)
    caller.chmod(0o755)
    monkeypatch.setattr(delegation, "called_by", str(caller))
    findings = [*machine.versions(), *machine.command(str(caller.parent), here=tmp_path / "here", packages=())]
    assert {finding.status for finding in findings} == {"ok"}
    assert any(f"{caller} handed over to it" in finding.what for finding in findings)
    assert any("hands over to" in finding.what for finding in findings)


def test_doctor_takes_another_one_on_the_path_for_one_that_hands_over(monkeypatch, project):
    other = project / "bin" / "pywrangler"
    other.parent.mkdir()
    other.write_text(OURS)
    other.chmod(0o755)
    monkeypatch.chdir(project)
    (finding,) = machine.command(str(other.parent), here=project / "here", packages=())
    assert finding.status == "warning"
    monkeypatch.setattr(sys, "prefix", str(make(project)))
    (finding,) = machine.command(str(other.parent), here=project / "here", packages=())
    assert (finding.status, "hands over to" in finding.what) == ("ok", True)


def test_doctor_tells_that_the_environment_cannot_be_used(monkeypatch):
    monkeypatch.setattr(delegation, "failed", str(Path.cwd() / ".venv"))
    (finding,) = [finding for finding in machine.versions() if finding.status != "ok"]
    assert (finding.status, finding.what) == ("warning", ".venv cannot be used, so this one runs.")


def test_doctor_tells_that_the_project_has_no_pywrangler(monkeypatch, project):
    monkeypatch.chdir(project)
    assert [finding for finding in machine.versions() if finding.status != "ok"] == []
    make(project, script="")
    (finding,) = [finding for finding in machine.versions() if finding.status != "ok"]
    assert finding.what.startswith(".venv has no pywrangler")
