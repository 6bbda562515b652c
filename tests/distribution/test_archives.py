"""What the archives carry: all that is needed without the repository, nothing else, and whole metadata."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from pywrangler.cli.templates import TEMPLATES, template_files
from setup import readme_for_indexes

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]
TYPED = """
from pywrangler.testing import Clock, Outbound, Response, Worker, Workers, answer, run_in_durable_object


def test_hello(workers: Workers, clock: Clock, outbound: Outbound) -> None:
    worker: Worker = workers["hello"]
    response: Response = worker.get("/")
    assert response.status == 200
    clock.advance(60)
"""


@pytest.fixture(scope="module")
def wheel(archives):
    (path,) = archives.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment that has the wheel, and for the rest what this one has."""
    directory = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True)
    (site,) = directory.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return directory


def test_the_wheel_has_the_templates(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("pywrangler/templates/")}
    assert inside == {
        f"pywrangler/templates/{item.name}/{path}" for item in TEMPLATES for path in template_files(item.name)
    }


def test_a_project_can_be_made_from_an_installed_wheel(installed, tmp_path):
    made = subprocess.run(
        [installed / "bin/python", "-m", "pywrangler", "init", "app", "--template", "fastapi"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "app/.dev.vars.example").is_file()
    assert (tmp_path / "app/src/entry.py").read_text() == template_files("fastapi")["src/entry.py"]


def test_strict_type_checkers_know_what_tests_import(installed, tmp_path):
    (tmp_path / "test_typed.py").write_text(TYPED, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text("[mypy]\n", encoding="utf-8")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--python-executable", installed / "bin/python", "test_typed.py"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "MYPYPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_metadata_say_who_where_and_under_which_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = message_from_string(archive.read(name).decode(), policy=default)
        names = set(archive.namelist())
    assert metadata["License-Expression"] == "MIT"
    assert name.replace("METADATA", "licenses/LICENSE") in names
    assert metadata["Author"]
    assert metadata["Project-URL"].count("https://") == 1
    assert "Typing :: Typed" in metadata.get_all("Classifier")
    assert metadata.get_all("Provides-Extra") is None
    assert {f"{stem}/py.typed" for stem in ("pywrangler", "workers-stubs", "js-stubs", "pyodide-stubs")} <= names
    assert metadata["Description-Content-Type"] == "text/markdown"
    description = metadata.get_payload()
    assert description.startswith("# pywrangler")
    assert re.findall(r"\]\((?!https?:|#)[^)]*\)", description) == []


def test_the_source_archive_has_the_sources_alone(archives):
    (path,) = archives.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py", "pywrangler/__main__.py", "docs/kv.md"} <= names
    assert "templates/hello/wrangler.jsonc" in names
    assert [name for name in names if re.search(r"egg-info|^tests|\.wrangler/|__pycache__", name)] == []


@pytest.mark.parametrize(
    ("text", "repository", "expected"),
    [
        ("see [KV](docs/kv.md#x)", "https://example.com/p", "see [KV](https://example.com/p/blob/HEAD/docs/kv.md#x)"),
        ("![A page](docs/a.png)", "https://example.com/p/", "![A page](https://example.com/p/raw/HEAD/docs/a.png)"),
        ("see [KV](docs/kv.md)", "", "see KV (`docs/kv.md`)"),
        ("in [docs/kv.md](docs/kv.md)", "", "in `docs/kv.md`"),
        ("| ![A page](docs/a.png) |", "", "| *A page* |"),
        ("[x](https://example.com/)", "", "[x](https://example.com/)"),
        ("[x](mailto:a@example.com) [y](#part)", "https://example.com/p", "[x](mailto:a@example.com) [y](#part)"),
    ],
)
def test_no_link_on_an_index_page_is_relative(text, repository, expected):
    assert readme_for_indexes(text, repository) == expected


def test_every_link_of_the_readme_leads_to_a_file():
    root = Path(__file__).parents[2]
    targets = re.findall(r"\]\((?!\w+:|#)([^)#]+)", (root / "README.md").read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (root / target).exists()] == []
