"""Files that Cloudflare will not have, and those that no rule bundles."""

from __future__ import annotations

import runpy

import pytest

from pywrangler.config.model import Rule
from pywrangler.fidelity.bundle import bundle_of

BEFORE = "import os\nimport pathlib\nfrom pathlib import Path\nHERE = Path(__file__).parent\n"


@pytest.fixture
def project(workshop):
    for name in ("page.html", "notes.txt", "schema.sql", "table.bin", "data.json", "templates/a.html"):
        workshop.write(f"src/{name}", "x")
    workshop.write("outside.txt", "x")
    return workshop


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('(HERE / "page.html").read_text()', []),
        ('(HERE / "notes.txt").read_text()', []),
        ('(HERE / "schema.sql").read_bytes()', []),
        ('open(HERE / "table.bin", "rb").read()', []),
        ('(HERE / "data.json").read_text()', ["unbundled-file"]),
        ('open(HERE / "data.json")', ["unbundled-file"]),
        ('open(os.path.join(os.path.dirname(__file__), "data.json"))', ["unbundled-file"]),
        ('open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "page.html"))', []),
        ('pathlib.Path(__file__).with_name("data.json").read_text()', ["unbundled-file"]),
        ('Path(__file__).resolve().parents[0].joinpath("data.json").open()', ["unbundled-file"]),
        ('(HERE.parent / "outside.txt").read_text()', ["unbundled-file"]),
        ('(HERE / ".." / "outside.txt").read_text()', ["unbundled-file"]),
        ('(HERE / "missing.json").read_text()', []),
        ("(HERE / request.url).read_text()", []),
        ('list((HERE / "templates").iterdir())', []),
        ("list(HERE.iterdir())", ["unbundled-file"]),
        ('open("/etc/hosts").read()', ["files"]),
        ('open("/tmp/x").read()', []),
        ('open("notes.txt").read()', ["files"]),
        ('Path("notes.txt").read_text()', ["files"]),
        ('os.listdir("/var")', ["files"]),
    ],
)
def test_reading(project, code, expected):
    assert project.handler(code, BEFORE) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('open("/tmp/x", "w")', []),
        ('open("/tmp/../etc/x", "w")', ["files"]),
        ('open("x", "a")', ["files"]),
        ('open(HERE / "x.txt", mode="w")', ["files"]),
        ('(HERE / "x").write_text("x")', ["files"]),
        ('Path("/tmp/x").write_text("x")', []),
        ('os.makedirs("cache")', ["files"]),
        ('open(request.url, "wb")', ["files"]),
        ('import sqlite3\nsqlite3.connect("x.db")', ["files"]),
        ('import sqlite3\nsqlite3.connect(":memory:")', []),
        ('import logging\nlogging.FileHandler("x.log")', ["files"]),
        ("import tempfile\ntempfile.TemporaryFile()", []),
        ('request.open("x", "w")', []),
        ("text = 'abc'.replace('a', 'b')", []),
    ],
)
def test_writing(workshop, code, expected):
    assert workshop.handler(code, BEFORE) == expected


def test_a_rule_of_the_config_bundles_more_files(project):
    rule = Rule("Data", ("**/*.json",), fallthrough=True)
    assert project.handler('(HERE / "data.json").read_text()', BEFORE, rules=(rule,)) == []


def test_a_rule_without_fallthrough_hides_the_defaults_of_its_type(project):
    rules = (Rule("Text", ("**/*.md",)),)
    project.write("src/entry.py", BEFORE + '(HERE / "page.html").read_text()\n')
    findings = project.report(BEFORE + 'x = (HERE / "page.html").read_text()\n', rules=rules).findings
    finding = next(problem for problem in findings if problem.code == "unbundled-file")
    assert '"fallthrough": true' in finding.remedy
    assert project.handler('open(HERE / "table.bin")', BEFORE, rules=rules) == []


def test_base_dir_widens_the_bundle(project):
    settings = {"base_dir": "."}
    assert project.handler('(HERE.parent / "outside.txt").read_text()', BEFORE, settings=settings) == []


def test_vendored_files_are_bundled_but_for_the_excluded(workshop):
    worker = workshop.worker(settings={"python_modules": {"exclude": ["**/*.md"]}})
    vendored = workshop.directory / "python_modules" / "pkg"
    bundle = bundle_of(worker)
    assert bundle.holds(vendored / "data.json")
    assert not bundle.holds(vendored / "README.md")


def test_a_file_beside_the_module_is_read_natively_too(project):
    code = 'from pathlib import Path\nPAGE = (Path(__file__).parent / "page.html").read_text()\n'
    assert runpy.run_path(str(project.write("src/reader.py", code)))["PAGE"] == "x"
