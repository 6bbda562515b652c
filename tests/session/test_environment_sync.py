"""The rules of `sync`, with a runner that only notes what it is asked to run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pywrangler.errors import StartError
from pywrangler.session.environment_sync import STAMP, Wishes, sync
from pywrangler.session.pyproject import Project

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class Tools:
    """Stands for uv, venv and pip: notes commands, makes what they would make."""

    def __init__(self, directory: Path, *, fails: str = "") -> None:
        self.directory = directory
        self.fails = fails
        self.ran: list[list[str]] = []
        self.installed: list[str] = []
        self.said: list[str] = []

    def run(self, command) -> int:
        command = list(command)
        self.ran.append(command)
        if self.fails and self.fails in command:
            return 2
        if "venv" in command:
            target = Path(command[-1])
            (target / "lib" / f"python{PYTHON}" / "site-packages").mkdir(parents=True, exist_ok=True)
            (target / "bin").mkdir(exist_ok=True)
            (target / "bin" / "python").touch()
            (target / STAMP).unlink(missing_ok=True)
        if "-r" in command:
            self.installed = Path(command[-1]).read_text(encoding="utf-8").splitlines()
        return 0

    def sync(self, *requirements: str, uv: str = "/bin/uv", requires_python: str = "", **wishes) -> bool:
        self.ran, self.installed, self.said = [], [], []
        project = Project(self.directory / "pyproject.toml", requirements, (), requires_python)
        return sync(project, Wishes(**wishes), self.said.append, self.run, uv)

    @property
    def verbs(self) -> list[str]:
        known = ("venv", "install", "ensurepip")
        return [next(word for word in command if word in known) for command in self.ran if set(known) & set(command)]


@pytest.fixture
def tools(tmp_path) -> Tools:
    return Tools(tmp_path)


def test_the_first_sync_makes_the_environment_and_installs(tools):
    assert tools.sync("fastapi>=0.110", "httpx") is True
    assert tools.verbs == ["venv", "install"]
    assert tools.installed == ["fastapi>=0.110", "httpx"]
    assert tools.ran[0][:2] == ["/bin/uv", "venv"]
    assert tools.ran[1][:3] == ["/bin/uv", "pip", "install"]


def test_without_uv_venv_and_pip_do_the_work(tools):
    tools.sync("fastapi", uv="")
    assert tools.ran[0][:3] == [sys.executable, "-m", "venv"]
    assert tools.ran[-1][:4] == [str(tools.directory / ".venv" / "bin" / "python"), "-m", "pip", "install"]


def test_an_environment_without_pip_gets_one(tools):
    tools.fails = "import pip"
    tools.sync("fastapi", uv="")
    assert tools.verbs == ["venv", "ensurepip", "install"]


def test_a_second_sync_runs_nothing_and_says_so(tools):
    tools.sync("fastapi")
    assert tools.sync("fastapi") is False
    assert tools.ran == []
    assert "Nothing has changed" in tools.said[0]


@pytest.mark.parametrize("wish", ["force", "upgrade"])
def test_force_and_upgrade_install_again(tools, wish):
    tools.sync("fastapi")
    assert tools.sync("fastapi", **{wish: True}) is True
    assert tools.verbs == ["install"]
    assert ("--upgrade" in tools.ran[-1]) is (wish == "upgrade")


def test_a_new_requirement_is_added_to_the_environment(tools):
    tools.sync("fastapi")
    assert tools.sync("fastapi", "httpx") is True
    assert tools.verbs == ["install"]


def test_a_requirement_that_is_gone_makes_the_environment_anew(tools):
    tools.sync("fastapi", "httpx")
    assert tools.sync("fastapi") is True
    assert tools.verbs == ["venv", "install"]
    assert "httpx is not asked for any more" in tools.said[0]


def test_another_tool_installs_again(tools):
    tools.sync("fastapi")
    assert tools.sync("fastapi", uv="") is True


def test_an_environment_that_the_user_made_is_kept(tools):
    tools.run(["venv", str(tools.directory / ".venv")])
    assert tools.sync("fastapi") is True
    assert tools.verbs == ["install"]


def test_an_environment_of_another_version_that_the_user_made_is_refused(tools):
    (tools.directory / ".venv" / "lib" / "python3.7" / "site-packages").mkdir(parents=True)
    with pytest.raises(StartError, match="is not for Python"):
        tools.sync("fastapi")
    assert tools.ran == []


def test_our_environment_of_another_version_is_made_anew(tools):
    tools.sync("fastapi")
    stamp = tools.directory / ".venv" / STAMP
    value = json.loads(stamp.read_text())
    stamp.write_text(json.dumps({**value, "python": "3.7"}))
    tools.sync("fastapi")
    assert tools.verbs == ["venv", "install"]
    assert "it was for Python 3.7" in tools.said[0]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"fingerprint": 1}', "\x00"])
def test_a_broken_stamp_counts_as_none(tools, content):
    tools.sync("fastapi")
    (tools.directory / ".venv" / STAMP).write_text(content)
    assert tools.sync("fastapi") is True
    assert tools.verbs == ["install"]


def test_a_failed_installation_leaves_no_stamp(tools):
    tools.fails = "-r"
    with pytest.raises(StartError, match="could not be installed"):
        tools.sync("no-such-package")
    tools.fails = ""
    assert tools.sync("no-such-package") is True


def test_a_version_of_python_outside_the_range_is_refused_before_anything_is_made(tools):
    with pytest.raises(StartError, match="asks for Python"):
        tools.sync("fastapi", requires_python=">=99")
    assert tools.ran == []


def test_no_requirements_make_an_empty_environment(tools):
    assert tools.sync() is True
    assert tools.verbs == ["venv"]
    assert any("no packages" in line for line in tools.said)


@pytest.mark.parametrize(
    ("ignored", "advised"), [(None, True), ("*.pyc\n", True), (".venv/\n", False), ("a\n/.venv\n", False)]
)
def test_a_repository_that_does_not_ignore_the_environment_is_told(tools, ignored, advised):
    (tools.directory / ".git").mkdir()
    if ignored is not None:
        (tools.directory / ".gitignore").write_text(ignored)
    tools.sync("fastapi")
    assert any(".gitignore" in line for line in tools.said) is advised
