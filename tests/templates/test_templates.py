"""Every template, as a user meets it: made, started, asked, and its own tests run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pywrangler.cli.templates import TEMPLATES, template_files
from pywrangler.config import jsonc
from tests.processes.dev import COMMAND, Project, request

ROOT = Path(__file__).parents[2] / "templates"
NAMES = [template.name for template in TEMPLATES]
# Path, status and a part of the answer. With several Workers, that of the last one.
ANSWERS = {
    "hello": ("/?name=Ada", 200, "Hello, Ada!"),
    "durable-object": ("/apples", 200, '"value": 0'),
    "websocket-room": ("/rooms/tea", 426, "WebSocket only"),
    "fastapi": ("/docs", 200, "swagger"),
    "cron-queue": ("/cdn-cgi/local/scheduled?cron=0+3+*+*+*", 200, "ok"),
    "multi-worker": ("/api/health", 200, '"ok": true'),
}


def test_every_directory_is_a_template_and_the_other_way_round() -> None:
    assert sorted(path.name for path in ROOT.iterdir() if path.is_dir()) == sorted(NAMES)
    assert sorted(ANSWERS) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_template_has_what_a_project_needs(name: str) -> None:
    files = template_files(name)
    assert {"README.md", "pyproject.toml", ".gitignore", "tests/conftest.py"} <= files.keys()
    for line in (".wrangler/", ".dev.vars*", ".env*"):
        assert line in files[".gitignore"].splitlines()
    configs = [path for path in files if path.endswith("wrangler.jsonc")]
    assert configs
    for path in configs:
        config = jsonc.parse(files[path].encode(), Path(path)).value
        assert config["$schema"]
        assert config["compatibility_date"] == "@today@"
        assert config["compatibility_flags"] == ["python_workers"]
        assert config["name"].startswith("@name@")
        assert str(Path(path).parent / config["main"]) in files
    assert 'name = "@name@"' in files["pyproject.toml"]
    assert "pywrangler dev" in files["README.md"]
    for text in files.values():
        assert set(re.findall(r"@[a-z]+@", text)) <= {"@name@", "@today@"}


@pytest.mark.parametrize("name", NAMES)
def test_no_template_depends_on_a_package_that_only_has_our_name(name: str) -> None:
    assert not re.search(r'"(pywrangler|workers-py)\b', template_files(name)["pyproject.toml"])


@pytest.mark.processes
@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_its_own_tests_pass(name: str, project: Project) -> None:
    done = subprocess.run(
        [COMMAND, "init", "app", "--template", name], cwd=project.root, capture_output=True, text=True, check=True
    )
    assert 'Created "app"' in done.stdout
    directory = project.root / "app"
    session = project.dev("--port", "0", cwd=directory)
    ready = (
        r"Ready on http://localhost:(\d+)( \(app-frontend\))"
        if name == "multi-worker"
        else r"Ready on http://localhost:(\d+)"
    )
    found = re.search(ready, session.expect("-frontend)\n" if name == "multi-worker" else "Ready on http"))
    assert found
    path, status, part = ANSWERS[name]
    answered, text = request(int(found[1]), path)
    assert (answered, part in text) == (status, True), text
    session.stop()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CLOUDFLARE_"))}
    tests = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "PATH": f"{Path(COMMAND).parent}{os.pathsep}{environment.get('PATH', '')}"},
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
