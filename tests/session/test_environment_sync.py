"""The rules of `sync`, with a runner that only notes what it is asked to run."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pywrangler.errors import StartError
from pywrangler.session.environment_sync import STAMP, Machine, Wishes, sync
from pywrangler.session.installer import Installer
from pywrangler.session.own_package import OwnPackage
from pywrangler.session.pyproject import Project
from pywrangler.session.python_choice import Interpreter
from tests.packages.make import distribution

RUNNING = Interpreter("/usr/bin/python3", (3, 12, 4))


class Tools:
    """Stands for uv, venv and pip: notes commands, makes what they would make."""

    def __init__(self, directory: Path, *, fails: str = "") -> None:
        self.directory = directory
        self.fails = fails
        self.ran: list[list[str]] = []
        self.installed: list[str] = []
        self.pinned: list[str] = []
        self.said: list[str] = []
        self.pythons = {RUNNING.path: RUNNING.version}
        """Interpreters that there are; what uv fetches has no path."""

    def run(self, command, _directory) -> int:
        command = list(command)
        self.ran.append(command)
        listed = {
            flag: Path(command[command.index(flag) + 1]).read_text(encoding="utf-8").splitlines()
            for flag in ("-r", "-c")
            if flag in command and "import pip" not in command
        }
        if self.fails and (self.fails in command or any(self.fails in line for line in listed.get("-r", []))):
            return 2
        if "venv" in command:
            python = command[command.index("--python") + 1] if "--python" in command else command[0]
            self.make(self.pythons.get(python) or (3, 14, 0))
        if "-r" in command:
            self.installed, self.pinned = listed["-r"], listed.get("-c", [])
            if any(line.startswith("pywrangler @ ") for line in self.installed):
                info = self.packages / "pywrangler-0.1.0.dist-info"
                info.mkdir(exist_ok=True)
                (info / "RECORD").write_text("pywrangler-0.1.0.dist-info/direct_url.json,sha256=x,1\n")
                (info / "entry_points.txt").write_text("[console_scripts]\npywrangler = pywrangler.__main__:main\n")
                (info / "METADATA").write_text("Name: pywrangler\nVersion: 0.1.0\n")
        return 0

    @property
    def environment(self) -> Path:
        return self.directory / ".venv"

    @property
    def packages(self) -> Path:
        return next(self.environment.glob("lib/*/site-packages"))

    def make(self, version) -> None:
        """Make an environment, as venv does."""
        shutil.rmtree(self.environment, ignore_errors=True)
        (self.environment / "lib" / f"python3.{version[1]}" / "site-packages").mkdir(parents=True)
        (self.environment / "bin").mkdir()
        (self.environment / "bin" / "python").touch()
        (self.environment / "pyvenv.cfg").touch()
        self.pythons[str(self.environment / "bin" / "python")] = version

    def probe(self, path: str):
        return self.pythons.get(path) if path == RUNNING.path or Path(path).exists() else None

    def sync(self, *requirements: str, uv: str = "/bin/uv", own: OwnPackage | None = None, project=None, **options):
        self.ran, self.installed, self.said = [], [], []
        asked = {key: options.pop(key) for key in ("requires_python", "indexes", "brings_pywrangler") if key in options}
        project = project or Project(self.directory / "pyproject.toml", requirements, **asked)
        machine = Machine(
            Installer(self.directory, uv, self.run), own, self.probe, RUNNING, {"PATH": ""}, self.directory / "home"
        )
        return sync(project, Wishes(**options), self.said.append, machine)

    @property
    def verbs(self) -> list[str]:
        known = ("venv", "install", "ensurepip", "uninstall")
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
    assert tools.ran[0][:3] == [RUNNING.path, "-m", "venv"]
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
    tools.make((3, 12, 1))
    assert tools.sync("fastapi") is True
    assert tools.verbs == ["install"]


@pytest.mark.parametrize("version", [(3, 10, 2), (3, 12, 1)])
def test_an_environment_of_another_version_that_the_user_made_is_refused(tools, version):
    tools.make(version)
    with pytest.raises(StartError, match="is for Python") as caught:
        tools.sync("fastapi", requires_python=">=3.13")
    assert "Remove it" in caught.value.problem.remedy
    assert tools.ran == []


def test_a_directory_that_is_no_environment_is_left_alone(tools):
    (tools.environment / "mine").mkdir(parents=True)
    with pytest.raises(StartError, match="in the way"):
        tools.sync("fastapi")
    assert tools.ran == []


def test_our_environment_is_made_anew_when_the_project_asks_for_another_version(tools):
    tools.sync("fastapi")
    tools.sync("fastapi", requires_python=">=3.13")
    assert tools.verbs == ["venv", "install"]
    assert "it was for Python 3.12" in tools.said[0]


def test_the_version_of_an_environment_is_asked_of_its_python_not_believed(tools):
    """Such as after an upgrade of the system, to which the link in the environment leads."""
    tools.make((3, 12, 1))
    tools.pythons[str(tools.environment / "bin" / "python")] = (3, 13, 0)
    tools.sync("fastapi")
    assert tools.verbs == ["venv", "install"]
    assert "its packages are for another" in tools.said[0]


def test_an_environment_whose_python_is_gone_is_made_anew_whoever_made_it(tools):
    tools.make((3, 12, 1))
    (tools.environment / "bin" / "python").unlink()
    tools.sync("fastapi")
    assert tools.verbs == ["venv", "install"]
    assert "its Python is gone" in tools.said[0]


def test_the_python_that_runs_pywrangler_is_taken_if_it_fits(tools):
    tools.sync("fastapi", requires_python=">=3.11")
    assert tools.ran[0] == ["/bin/uv", "venv", "--clear", "--python", RUNNING.path, str(tools.environment)]


def test_a_python_that_is_nowhere_is_left_to_uv(tools):
    tools.sync("fastapi", requires_python=">=3.13")
    assert tools.ran[0] == ["/bin/uv", "venv", "--clear", "--python", ">=3.11,>=3.13", str(tools.environment)]


@pytest.mark.parametrize(("uv", "says"), [("", "install uv, which fetches it"), ("/bin/uv", "nor uv has it")])
def test_a_python_that_cannot_be_had_is_said(tools, uv, says):
    tools.fails = "venv"
    with pytest.raises(StartError, match=says):
        tools.sync("fastapi", uv=uv, requires_python=">=3.13")
    assert not tools.environment.exists()


# ---- the pywrangler that runs


@pytest.fixture
def own(tmp_path) -> OwnPackage:
    root = tmp_path / "tool"
    (root / "pywrangler").mkdir(parents=True)
    (root / "pywrangler" / "__main__.py").write_text("")
    return OwnPackage("0.1.0", root, ("pywrangler/__main__.py",), "pywrangler-0.1.0.dist-info", "", is_editable=False)


def test_the_pywrangler_that_runs_is_installed_with_the_packages_of_the_project(tools, own):
    tools.sync("fastapi", own=own)
    assert tools.verbs == ["venv", "install"]
    assert tools.installed[0] == "fastapi"
    assert tools.installed[1].startswith("pywrangler @ file:///")
    assert tools.sync("fastapi", own=own) is False


def test_another_pywrangler_is_installed_in_the_place_of_the_first(tools, own):
    tools.sync("fastapi", own=own)
    (own.root / "pywrangler" / "__main__.py").write_text("new")
    assert tools.sync("fastapi", own=own) is True
    assert tools.verbs == ["install"]
    assert "--reinstall-package" in tools.ran[0]


def test_a_pywrangler_that_somebody_removed_is_installed_again(tools, own):
    """Such as by `uv sync`, which removes what the lock does not name."""
    tools.sync("fastapi", own=own)
    shutil.rmtree(tools.packages / "pywrangler-0.1.0.dist-info")
    assert tools.sync("fastapi", own=own) is True


@pytest.mark.parametrize(("changes", "again"), [("removed", True), ("1.0", True), ("3.0", True), ("added", False)])
def test_packages_that_somebody_changed_are_installed_again(tools, changes, again):
    """Also those that others brought; what somebody added is no concern of ours."""
    tools.sync("fastapi")
    distribution(tools.packages, "starlette", "2.0", {})
    tools.sync("fastapi", force=True)
    assert tools.sync("fastapi") is False
    if changes != "added":
        shutil.rmtree(tools.packages / "starlette-2.0.dist-info")
    if changes != "removed":
        name, version = ("more", "1.0") if changes == "added" else ("starlette", changes)
        distribution(tools.packages, name, version, {})
    assert tools.sync("fastapi") is again
    assert tools.verbs == (["install"] if again else [])
    assert tools.sync("fastapi") is False


def test_pip_is_told_to_let_go_of_the_first(tools, own):
    tools.sync("fastapi", own=own, uv="")
    tools.sync("fastapi", own=own, uv="", force=True)
    assert tools.verbs == ["uninstall", "install"]


def test_without_self_the_environment_is_made_anew_without_it(tools, own):
    tools.sync("fastapi", own=own)
    tools.sync("fastapi")
    assert tools.verbs == ["venv", "install"]
    assert tools.installed == ["fastapi"]


def test_a_project_that_brings_its_own_pywrangler_gets_that(tools, own):
    tools.sync("pywrangler @ file:///elsewhere", own=own, brings_pywrangler=True)
    assert tools.installed == ["pywrangler @ file:///elsewhere"]


def test_a_project_that_pywrangler_does_not_go_with_gets_its_packages_and_a_way_out(tools, own):
    tools.fails = "pywrangler @"
    with pytest.raises(StartError, match="--no-self"):
        tools.sync("fastapi", own=own)
    assert tools.installed == ["fastapi"]
    assert not (tools.environment / STAMP).exists()


# ---- lock files


LOCK = """lock-version = "1.0"
[[packages]]
name = "fastapi"
version = "0.110.0"
[[packages]]
name = "starlette"
version = "0.37.1"
[[packages]]
name = "pywrangler"
version = "0.0.1"
"""


def test_what_is_locked_is_installed_in_that_version(tools, own):
    (tools.directory / "pylock.toml").write_text(LOCK)
    tools.sync("fastapi", "httpx", own=own)
    assert tools.installed[0] == "fastapi"
    assert tools.pinned == ["fastapi==0.110.0", "starlette==0.37.1"]  # our own name there is somebody else's package
    assert any("in the versions of pylock.toml" in line for line in tools.said)
    assert any("Not in pylock.toml: httpx" in line for line in tools.said)
    assert tools.sync("fastapi", "httpx", own=own) is False
    (tools.directory / "pylock.toml").write_text(LOCK.replace("0.110.0", "0.111.0"))
    assert tools.sync("fastapi", "httpx", own=own) is True
    assert tools.verbs == ["install"]


def test_a_lock_that_does_not_fit_is_named_when_the_installation_fails(tools):
    (tools.directory / "pylock.toml").write_text(LOCK)
    tools.fails = "-r"
    with pytest.raises(StartError, match=r"pinned by pylock\.toml"):
        tools.sync("fastapi>=1")


def test_indexes_of_the_project_are_asked_too(tools):
    tools.sync("torch", indexes=("--extra-index-url https://example.com/simple",))
    assert tools.installed == ["--extra-index-url https://example.com/simple", "torch"]


# ---- the rest


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
