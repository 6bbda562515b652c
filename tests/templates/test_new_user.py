"""What a new user does, with the real packages: a project, its environment, its tests, its editor."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.typegen.checkers import run as run_checker
from tests.typegen.checkers import why_no_pyright

COMMAND = Path(sys.executable).with_name("pywrangler")
NO_NETWORK = re.compile(r"No matching distribution|Failed to fetch|error sending request|Could not find a version", re.I)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project after `init` and `sync`."""
    home = tmp_path_factory.mktemp("home")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYWRANGLER_"))}
    environment |= {"HOME": str(home), "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"}
    # uv keeps what it has downloaded before.
    environment.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        cwd = home / "my-worker" if (home / "my-worker").exists() else home
        return subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    call("pywrangler", "init", "my-worker", "--template", "durable-object", "--yes")
    done = call("pywrangler", "sync")
    if done.returncode and NO_NETWORK.search(done.stderr + done.stdout):
        assert not os.environ.get("CI"), done.stderr
        pytest.skip("the packages cannot be had without a network")
    assert done.returncode == 0, done.stdout + done.stderr
    return home / "my-worker", call


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_the_tests_of_a_new_project_run_in_its_environment(project):
    _, call = project
    done = call(".venv/bin/python", "-m", "pytest", "-q")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.processes
@pytest.mark.timeout(180)
def test_the_pywrangler_of_a_new_project_is_its_own(project):
    directory, call = project
    findings = json.loads(call("pywrangler", "doctor", "--json").stdout)["findings"]
    said = [finding["what"] for finding in findings]
    assert any(f"{directory}/.venv/bin/python" in what for what in said)
    assert any("handed over to it" in what for what in said)
    assert [finding for finding in findings if finding["status"] == "error"] == []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("checker", ["pyright", "mypy"])
def test_a_checker_from_outside_has_nothing_to_say(project, checker):
    """pyright by what the template says about the environment."""
    directory, _ = project
    if checker == "pyright":
        need_pyright()
    words = [] if checker == "pyright" else ["--python-executable", ".venv/bin/python", "src"]
    done = run_checker([sys.executable, "-m", checker, *words], directory)
    expected = "0 errors, 0 warnings, 0 informations" if checker == "pyright" else "Success: no issues found"
    assert expected in done.stdout, done.stdout + done.stderr


@pytest.mark.timeout(180)
def test_pyright_tells_the_modules_of_several_workers_apart(project):
    need_pyright()
    directory, _ = project
    several = directory.with_name("several")
    for words in (["init", "several", "--template", "multi-worker", "--yes"], ["types", "--cwd", "several"]):
        subprocess.run([COMMAND, *words], cwd=directory.parent, check=True)
    (several / ".venv").symlink_to(directory / ".venv")
    done = run_checker([sys.executable, "-m", "pyright"], several)
    assert "0 errors, 0 warnings, 0 informations" in done.stdout, done.stdout + done.stderr
    types = several / "backend" / "src" / "worker_configuration.pyi"
    types.write_text(types.read_text(encoding="utf-8").replace("class Env", "class Other"), encoding="utf-8")
    done = run_checker([sys.executable, "-m", "pyright"], several)
    assert '"Env" is unknown import symbol' in done.stdout, done.stdout + done.stderr


def need_pyright() -> None:
    if reason := why_no_pyright():
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
