"""`pywrangler sync` as a command: real venv and pip, packages from the disk."""

from __future__ import annotations

import base64
import hashlib
import json
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
@pytest.mark.timeout(180)
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_packages_are_installed_where_dev_finds_them_and_the_second_run_does_nothing(project, capfd, monkeypatch, tool):
    only(project, tool, monkeypatch)
    write(project, wheel(project, "greeting"))
    assert run(["sync", "--no-self"]) == 0
    said = capfd.readouterr().out
    assert f"with {tool}" in said
    (packages,) = find_site_packages(project)
    assert (packages / "greeting.py").exists()
    assert ".venv is up to date" in said
    assert run(["sync", "--no-self"]) == 0
    out = capfd.readouterr().out
    assert "Nothing has changed" in out
    assert "up to date" not in out
    write(project, wheel(project, "greeting"), "no-such-package-at-all")
    assert run(["sync", "--no-self"]) == 1
    said = capfd.readouterr()
    assert "no-such-package-at-all" in said.err
    assert "could not be installed" in said.err


@pytest.mark.processes
@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("tool", "lock", "text"),
    [
        ("uv", "pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "greeting"\nversion = "1.0"\n'),
        ("uv", "uv.lock", 'version = 1\n[[package]]\nname = "greeting"\nversion = "1.0"\nsource = { registry = "" }\n'),
        (
            "pip",
            "uv.lock",
            'version = 1\n[[package]]\nname = "greeting"\nversion = "1.0"\nsource = { registry = "" }\n',
        ),
    ],
)
def test_a_locked_version_is_installed_and_not_the_newest(project, monkeypatch, capfd, tool, lock, text):
    only(project, tool, monkeypatch)
    wheel(project, "greeting")
    wheel(project, "greeting", "2.0")
    monkeypatch.setenv("PIP_FIND_LINKS", str(project))
    monkeypatch.setenv("UV_FIND_LINKS", str(project))
    write(project, "greeting")
    (project / lock).write_text(text)
    assert run(["sync", "--no-self"]) == 0
    (packages,) = find_site_packages(project)
    assert "1.0" in (packages / "greeting.py").read_text()
    assert f"in the versions of {lock}" in capfd.readouterr().out
    (project / lock).write_text(text.replace("1.0", "2.0").replace('lock-version = "2', 'lock-version = "1'))
    assert run(["sync", "--no-self"]) == 0
    assert "2.0" in (packages / "greeting.py").read_text()
    (project / lock).write_text(text.replace("1.0", "3.0").replace('lock-version = "3', 'lock-version = "1'))
    assert run(["sync", "--no-self"]) == 1
    assert f"pinned by {lock}" in capfd.readouterr().err


@pytest.mark.processes
@pytest.mark.timeout(180)
@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_the_pywrangler_that_runs_is_installed_with_its_requirements(project, capfd, monkeypatch, tool):
    """With a stand-in, because its requirements would come from the network."""
    from pywrangler.session import own_package
    from tests.session.test_own_package import install

    only(project, tool, monkeypatch)
    site = project / "site"
    install(site, origin={"url": "https://h/p.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}})
    (info,) = site.glob("*.dist-info")
    (info / "METADATA").write_text(f"{(info / 'METADATA').read_text()}Requires-Dist: {wheel(project, 'greeting')}\n")
    monkeypatch.setattr(own_package, "PACKAGE", site / "pywrangler")
    monkeypatch.syspath_prepend(site)
    write(project)
    assert run(["sync"]) == 0
    assert "Installing pywrangler 9.1 (https://h/p.git)" in capfd.readouterr().out
    programs = project / ".venv" / "bin"
    (packages,) = find_site_packages(project)
    assert (packages / "greeting.py").exists()
    assert subprocess.run([programs / "pywrangler"], capture_output=True, text=True, check=True).stdout == "it runs\n"
    assert json.loads((packages / info.name / "direct_url.json").read_text())["url"] == "https://h/p.git"
    assert run(["sync"]) == 0
    assert "Nothing has changed" in capfd.readouterr().out
    (site / "pywrangler" / "__main__.py").write_text("def main(): print('another')\n")
    assert run(["sync"]) == 0
    assert subprocess.run([programs / "pywrangler"], capture_output=True, text=True, check=True).stdout == "another\n"
    if tool == "uv":  # pip takes seconds for a new environment
        assert run(["sync", "--no-self"]) == 0
        assert not (programs / "pywrangler").exists()


@pytest.mark.parametrize(
    "redirect",
    ['{"configPath": "../../nowhere.json"}', "{", "[]", '{"configPath": 1}'],
)
def test_what_a_build_left_for_the_deployment_does_not_matter(project, monkeypatch, redirect):
    (project / ".wrangler" / "deploy").mkdir(parents=True)
    (project / ".wrangler" / "deploy" / "config.json").write_text(redirect)
    worker = project / "worker"
    worker.mkdir()
    (project / "wrangler.jsonc").rename(worker / "wrangler.jsonc")
    write(worker)
    only(project, "uv", monkeypatch)
    for start in (worker, project):
        monkeypatch.chdir(start)
        assert run(["sync", "--no-self"]) == 0
    assert (worker / ".venv").is_dir()


@pytest.mark.processes
def test_an_environment_that_a_deploy_would_upload_is_told_with_a_way_out(project, monkeypatch, capsys):
    only(project, "uv", monkeypatch)
    write(project)
    (project / "entry.py").write_text("from workers import WorkerEntrypoint\nclass Default(WorkerEntrypoint): ...\n")
    config = project / "wrangler.jsonc"
    config.write_text(config.read_text().replace("{", '{"compatibility_flags": ["python_workers"], '))
    for _ in range(2):  # also if nothing was done
        assert run(["sync", "--no-self"]) == 0
        said = capsys.readouterr().out
        assert "of .venv, which lies in the directory of the Worker's modules" in said
        assert '"main": "src/entry.py" in wrangler.jsonc' in said
    assert run(["check"]) == 0
    assert "of .venv, which lies in" in capsys.readouterr().out
    (project / "src").mkdir()
    (project / "entry.py").rename(project / "src" / "entry.py")
    config.write_text(config.read_text().replace("entry.py", "src/entry.py"))
    assert run(["sync", "--no-self"]) == 0
    assert "lies in the directory" not in capsys.readouterr().out


@pytest.mark.processes
def test_a_package_that_is_not_asked_for_any_more_is_gone(project, monkeypatch):
    only(project, "uv", monkeypatch)
    write(project, wheel(project, "greeting"))
    assert run(["sync", "--no-self"]) == 0
    write(project, wheel(project, "farewell"))
    assert run(["sync", "--upgrade", "--no-self"]) == 0
    (packages,) = find_site_packages(project)
    assert (packages / "farewell.py").exists()
    assert not (packages / "greeting.py").exists()


def test_flags_of_cloudflares_command_are_taken_with_a_note(project, capsys):
    write(project)
    (project / ".venv").mkdir()
    assert run(["sync", "--allow-build", "--force"]) == 1  # which is no environment
    assert "--allow-build has no effect here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no pyproject.toml"),
        ('[project]\nname = "x\n', "pyproject.toml:2"),
        ('[project]\nrequires-python = "<3.9"\n', "asks for Python"),
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
        (project / name / "pyproject.toml").write_text("")
    for name in ("api", "web"):
        (project / name / "pyproject.toml").write_text('[project]\nrequires-python = "<3.9"\n')
    assert run(["sync"]) == 1
    assert "api/pyproject.toml" in capsys.readouterr().err
