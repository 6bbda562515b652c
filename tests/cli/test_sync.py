"""`pywrangler sync` as a command: real venv and pip, packages from the disk."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from pywrangler.cli.app import run
from pywrangler.session.venv import find_site_packages


def wheel(directory: Path, name: str, version: str = "1.0") -> str:
    """Make a wheel with one module; return the requirement that names it."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},{len(text)}\n"
        for path, text in files.items()
    )
    path = directory / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
            archive.writestr(inner, text)
    return f"{name} @ {path.as_uri()}"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    (tmp_path / "wrangler.jsonc").write_text('{"name": "x", "main": "entry.py", "compatibility_date": "2026-05-01"}')
    return tmp_path


def write(project: Path, *requirements: str, more: str = "") -> None:
    listed = ", ".join(f'"{item}"' for item in requirements)
    (project / "pyproject.toml").write_text(f'[project]\nname = "x"\ndependencies = [{listed}]\n{more}')


def only(project: Path, tool: str, monkeypatch) -> None:
    """Have nothing on the path but `uv`, or nothing at all."""
    programs = project / "programs"
    programs.mkdir()
    if tool == "uv":
        from uv import find_uv_bin

        (programs / "uv").symlink_to(find_uv_bin())
    monkeypatch.setenv("PATH", str(programs))


@pytest.mark.processes
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_packages_are_installed_where_dev_finds_them_and_the_second_run_does_nothing(project, capfd, monkeypatch, tool):
    only(project, tool, monkeypatch)
    write(project, wheel(project, "greeting"))
    assert run(["sync"]) == 0
    said = capfd.readouterr().out
    assert f"with {tool}" in said
    (packages,) = find_site_packages(project)
    assert (packages / "greeting.py").exists()
    assert ".venv is up to date" in said
    assert run(["sync"]) == 0
    out = capfd.readouterr().out
    assert "Nothing has changed" in out
    assert "up to date" not in out
    write(project, "no-such-package-at-all")
    assert run(["sync"]) == 1
    said = capfd.readouterr()
    assert "no-such-package-at-all" in said.err
    assert "could not be installed" in said.err


@pytest.mark.processes
def test_a_package_that_is_not_asked_for_any_more_is_gone(project, monkeypatch):
    only(project, "uv", monkeypatch)
    write(project, wheel(project, "greeting"))
    assert run(["sync"]) == 0
    write(project, wheel(project, "farewell"))
    assert run(["sync", "--upgrade"]) == 0
    (packages,) = find_site_packages(project)
    assert (packages / "farewell.py").exists()
    assert not (packages / "greeting.py").exists()


def test_flags_of_cloudflares_command_are_taken_with_a_note(project, monkeypatch, capsys):
    write(project)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0))
    (project / ".venv").mkdir()
    assert run(["sync", "--allow-build", "--force"]) == 1  # the environment is for no version at all
    assert "--allow-build has no effect here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no pyproject.toml"),
        ('[project]\nname = "x\n', "pyproject.toml:2"),
        ('[project]\nrequires-python = ">=99"\n', "asks for Python"),
    ],
)
def test_what_is_wrong_is_said_and_exits_with_1(project, capsys, content, says):
    if content is not None:
        (project / "pyproject.toml").write_text(content)
    assert run(["sync"]) == 1
    assert says in capsys.readouterr().err
    assert not (project / ".venv").exists()


def test_a_project_with_requirements_txt_only_is_refused_with_advice(project, capsys):
    (project / "requirements.txt").write_text("fastapi\n")
    assert run(["sync"]) == 1
    said = capsys.readouterr().err
    assert "not from requirements.txt" in said
    assert '"fastapi",' in said


def test_every_worker_of_a_project_found_by_itself_is_synced(project, capsys):
    (project / "wrangler.jsonc").unlink()
    for name in ("api", "web"):
        (project / name).mkdir()
        (project / name / "wrangler.jsonc").write_text("{}")
        (project / name / "pyproject.toml").write_text('[project]\nrequires-python = ">=99"\n')
    from pywrangler.cli.sync import projects

    assert [path.parent.name for path in projects(None)] == ["api", "web"]
