"""Every template, as a user meets it: made, started, asked, and its own tests run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pywrangler.cli.app import run
from pywrangler.cli.templates import TEMPLATES, template_files
from pywrangler.config import jsonc
from tests.processes.dev import Project, request

ROOT = Path(__file__).parents[2] / "templates"
NAMES = [template.name for template in TEMPLATES]
# Plugins that our own tests have, and a user need not; some take seconds to import.
WITHOUT_OURS = [word for name in ("hypothesispytest", "randomly", "xdist", "timeout") for word in ("-p", f"no:{name}")]
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
    assert {"README.md", "pyproject.toml", ".gitignore"} <= files.keys()
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
    for command in ("pywrangler dev", "pywrangler types", "python -m pytest"):
        assert command in files["README.md"]
    assert any(path.startswith("tests/test_") for path in files)
    for text in files.values():
        assert set(re.findall(r"@[a-z]+@", text)) <= {"@name@", "@today@"}


@pytest.mark.parametrize("name", NAMES)
def test_no_template_depends_on_a_package_that_only_has_our_name(name: str) -> None:
    assert not re.search(r'"(pywrangler|workers-py)\b', template_files(name)["pyproject.toml"])


@pytest.fixture
def made(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project made from the template, with another name than the one that the types were generated with."""
    monkeypatch.chdir(tmp_path)
    assert run(["init", "shop-2", "--template", name]) == 0
    return tmp_path / "shop-2"


@pytest.mark.parametrize("name", NAMES)
def test_types_are_there_and_up_to_date_whatever_the_name(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for config in made.rglob("wrangler.jsonc"):
        assert (config.parent / "src/worker_configuration.pyi").is_file()
    assert run(["types", "--check", "--strict", "--cwd", str(made)]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_nothing_speaks_against_cloudflare(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = made / ".dev.vars.example"
    if example.exists():
        example.rename(made / ".dev.vars")
    assert run(["check", "--strict", "--cwd", str(made)]) == 0, capsys.readouterr().out


@pytest.mark.processes
@pytest.mark.parametrize("name", NAMES)
def test_it_starts_and_answers(name: str, made: Path, project: Project) -> None:
    session = project.dev("--port", "0", cwd=made)
    suffix = r" \(shop-2-frontend\)" if name == "multi-worker" else ""
    output = session.expect("-frontend)\n" if suffix else "Ready on http")
    found = re.search(rf"Ready on http://localhost:(\d+){suffix}", output)
    assert found
    path, status, part = ANSWERS[name]
    answered, text = request(int(found[1]), path)
    assert (answered, part in text) == (status, True), text


@pytest.mark.processes
@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(made: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "CLOUDFLARE_"))}
    tests = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *WITHOUT_OURS],
        cwd=made,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
