"""`mypy .` at the root of a new project, as its user runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pywrangler.cli.templates import TEMPLATES


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.processes
@pytest.mark.timeout(180)
@pytest.mark.parametrize("template", [item.name for item in TEMPLATES])
def test_mypy_checks_the_whole_of_a_new_project(template, tmp_path, cache):
    pywrangler = [sys.executable, "-m", "pywrangler"]
    subprocess.run([*pywrangler, "init", "app", "--template", template, "--yes"], cwd=tmp_path, check=True)
    directory = tmp_path / "app"
    subprocess.run([*pywrangler, "types"], cwd=directory, check=True)
    mypy = [sys.executable, "-m", "mypy", "--python-executable", sys.executable, "--cache-dir", str(cache), "."]
    done = subprocess.run(mypy, cwd=directory, capture_output=True, text=True, check=False)
    assert "Success: no issues found" in done.stdout, done.stdout + done.stderr
    types = sorted(directory.rglob("worker_configuration.pyi"))
    assert types
    if len(types) == 1:
        return
    for path in types:  # each Worker is checked against its own types
        path.write_text(path.read_text(encoding="utf-8").replace("class Env", "class Other"), encoding="utf-8")
    users = [path for path in directory.rglob("*.py") if "worker_configuration import Env" in path.read_text("utf-8")]
    done = subprocess.run(mypy, cwd=directory, capture_output=True, text=True, check=False)
    assert all(str(path.relative_to(directory)) in done.stdout for path in users), done.stdout
