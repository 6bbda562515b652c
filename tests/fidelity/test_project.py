"""Following imports, packages, silencing, and the one line for `dev`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import Problem
from pywrangler.fidelity import check, summary
from pywrangler.fidelity.pyodide_packages import COMPILED, NEWER, PURE_FALLBACK
from pywrangler.fidelity.source import parse

from .conftest import HEAD


def test_modules_of_the_project_are_followed_and_the_rest_is_named(workshop):
    workshop.write("src/a.py", "from pkg import b\nimport json\n")
    workshop.write("src/pkg/__init__.py", "from . import c\nfrom .d import x\n")
    workshop.write("src/pkg/b.py", "def f():\n    import lazy\n")
    workshop.write("src/pkg/c.py", "import os\nos.fork()\n")
    workshop.write("src/pkg/d.py", "x = 1\n")
    workshop.write("src/lazy.py", "import httpx\n")
    workshop.write("src/unused.py", "import os\nos.fork()\n")
    report = workshop.report(HEAD + "import a\nimport asgi\n")
    names = {path.relative_to(workshop.directory / "src").as_posix() for path in report.modules}
    assert names == {"entry.py", "a.py", "pkg/__init__.py", "pkg/b.py", "pkg/c.py", "pkg/d.py", "lazy.py"}
    assert [(item.code, item.place.path.name) for item in report.findings if item.code == "processes"] == [
        ("processes", "c.py")
    ]
    assert report.third_party == ("httpx",)


def test_modules_that_import_each_other_are_read_once(workshop):
    workshop.write("src/a.py", "import b\nimport entry\n")
    workshop.write("src/b.py", "import a\n")
    assert len(workshop.report(HEAD + "import a\n").modules) == 3


def test_of_vendored_modules_only_imports_that_fail_are_told(workshop):
    workshop.write("python_modules/lib/__init__.py", "import subprocess\nfrom lib import low\nsubprocess.run([])\n")
    workshop.write("python_modules/lib/low.py", "import termios\ntry:\n    import pwd\nexcept ImportError:\n    pass\n")
    report = workshop.report(HEAD + "import lib\n")
    assert [(item.code, item.place.path.name) for item in report.findings] == [("missing-module", "low.py")]
    assert report.third_party == ()


def test_compiled_files_for_this_machine_are_found_among_vendored_ones(workshop):
    workshop.write("python_modules/good/_x.cpython-313-wasm32-emscripten.so")
    assert workshop.codes("") == []
    workshop.write("python_modules/bad/_x.cpython-311-x86_64-linux-gnu.so")
    assert workshop.codes("") == ["package"]


def test_an_excluded_module_is_missing(workshop):
    workshop.write("python_modules/lib/__init__.py")
    workshop.write("python_modules/lib/part.py", "import termios\n")
    settings = {"python_modules": {"exclude": ["lib/**"]}}
    assert workshop.codes("import lib\n", settings=settings) == ["excluded-module"]
    assert workshop.codes("import lib.part\n", settings={"python_modules": {"exclude": ["**/part.py"]}}) == []
    assert workshop.codes("import lib.part\n") == ["missing-module"]


def test_a_missing_package_is_asked_for_first_or_installed(workshop):
    workshop.write("pyproject.toml", "[project]\ndependencies = ['PyYAML']\n")
    findings = workshop.report(HEAD + "import yaml_not_there\nimport PIL\n").findings
    assert [problem.remedy for problem in findings] == [
        'Add "yaml-not-there" to the dependencies in pyproject.toml and run `pywrangler sync`.',
        'Add "pillow" to the dependencies in pyproject.toml and run `pywrangler sync`.',
    ]
    workshop.write("pyproject.toml", "[project]\ndependencies = ['Pillow']\n")
    (finding,) = workshop.report(HEAD + "import PIL\n").findings
    assert finding.remedy == "pyproject.toml asks for it: run `pywrangler sync`."


def test_the_older_place_of_vendored_modules_counts_at_older_dates(workshop):
    workshop.write("src/vendor/lib.py", "import termios\n")
    assert "missing-module" in workshop.codes("import lib\n", date="2025-08-10")
    assert "unresolved-import" in workshop.codes("import lib\n", date="2025-08-11")
    flags = ("python_workers_force_new_vendor_path",)
    assert "unresolved-import" in workshop.codes("import lib\n", date="2025-08-10", flags=flags)


def test_modules_of_editable_installs_are_there(workshop):
    packages = workshop.directory / "site-packages"
    workshop.write("lib/mine.py")
    workshop.write("site-packages/_mine.pth", f"import sys\n# {packages}\n{workshop.directory / 'lib'}\n")
    workshop.write("site-packages/other.pth", b"\xff\xfe")
    finder = "from __future__ import annotations\nMAPPING: dict[str, str] = {'yours': '/x', 'ns.deep': '/y'}\n"
    workshop.write("site-packages/__editable___yours_1_finder.py", finder)
    workshop.write("site-packages/__editable___bad_1_finder.py", "MAPPING = {\n")
    workshop.write("src/entry.py", HEAD + "import mine, yours, ns.deep, missing\n")
    findings = check(workshop.worker(), (packages,)).findings
    assert [problem.what for problem in findings] == ["No module missing was found."]


def test_a_syntax_error_is_a_finding_and_the_rest_is_checked(workshop):
    workshop.write("src/broken.py", "def f(:\n")
    workshop.write("src/bad.py", "import os\nos.fork()\n")
    findings = workshop.report(HEAD + "import broken, bad\n").findings
    assert [(item.code, item.place.path.name, item.place.line) for item in findings] == [
        ("processes", "bad.py", 2),
        ("syntax-error", "broken.py", 1),
    ]
    assert "def f(:" in findings[1].excerpt


# ---- packages


def install(workshop, name: str, *files: str, requires: tuple[str, ...] = ()):
    site = workshop.directory / ".venv" / "site-packages"
    for file in files:
        workshop.write(f".venv/site-packages/{file}")
    info = f".venv/site-packages/{name.replace('-', '_')}-1.0.dist-info"
    needs = "".join(f"Requires-Dist: {item}\n" for item in requires)
    workshop.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
    workshop.write(f"{info}/RECORD", "".join(f"{file},,\n" for file in files))
    return (site,)


def codes_with(workshop, code: str, site) -> list[str]:
    workshop.write("src/entry.py", HEAD + code)
    return [problem.code for problem in check(workshop.worker(), site).findings]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import torch", ["package"]),
        ("from psycopg2 import connect", ["package"]),
        ("import redis", ["package"]),
        ("try:\n    import uvloop\nexcept ImportError:\n    pass", []),
        ("def f():\n    import gevent", ["package"]),
        ("import nowhere_to_be_found", ["unresolved-import"]),
        ("try:\n    import nowhere_to_be_found\nexcept ImportError:\n    pass", []),
    ],
)
def test_well_known_packages(workshop, code, expected):
    assert workshop.codes(code) == expected


def test_drivers_work_from_the_date_on_that_brings_sockets(workshop):
    site = install(workshop, "asyncpg", "asyncpg/__init__.py")
    workshop.write("src/entry.py", HEAD + "import asyncpg\n")
    assert [item.code for item in check(workshop.worker("2026-09-07"), site).findings] == ["package"]
    assert "package" not in [item.code for item in check(workshop.worker("2026-09-08"), site).findings]


def test_a_compiled_package_has_to_exist_in_pyodide(workshop):
    workshop.write("pyproject.toml", '[project]\ndependencies = ["rare-thing", "NumPy>=2"]\n')
    install(workshop, "numpy", "numpy/__init__.py", "numpy/_core.cpython-311-x86_64-linux-gnu.so")
    site = install(workshop, "rare-thing", "rare/__init__.py", "rare/_fast.cpython-311-x86_64-linux-gnu.so")
    assert codes_with(workshop, "import numpy\n", site) == []
    assert codes_with(workshop, "import rare\n", site) == ["package"]


def test_what_is_installed_but_not_asked_for_is_not_bundled(workshop):
    install(workshop, "web", "web/__init__.py", requires=("Engine_Core>=1 ; python_version > '3'",))
    site = install(workshop, "engine-core", "engine/__init__.py")
    assert codes_with(workshop, "import web, engine\n", site) == ["undeclared-package", "undeclared-package"]
    workshop.write("pyproject.toml", '[project]\ndependencies = ["web"]\n')
    assert codes_with(workshop, "import web, engine\n", site) == []
    workshop.write("pyproject.toml", '[dependency-groups]\ndev = ["web"]\n')
    assert codes_with(workshop, "import web\n", site) == ["undeclared-package"]


def test_the_tables_of_pyodide_hold_canonical_names_once():
    names = [*COMPILED, *NEWER, *PURE_FALLBACK]
    assert all(name == name.lower() and "_" not in name and "." not in name for name in names)
    assert not COMPILED & NEWER


# ---- silence


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", ["blocking", "processes"]),
        ("# pywrangler: ignore", []),
        ("# pywrangler: ignore[processes]", ["blocking"]),
        ("# pywrangler: ignore[processes, blocking]", []),
        ("# fine  # pywrangler:ignore[blocking]", ["processes"]),
        ("# pywrangler: ignore[threads]", ["blocking", "processes"]),
        ("; '# pywrangler: ignore'", ["blocking", "processes"]),
    ],
)
def test_comments_silence_rules_on_their_line(workshop, comment, expected):
    assert sorted(workshop.codes(f"import os, time\ndef f():\n    os.fork(), time.sleep(1)  {comment}\n")) == expected


# ---- robustness


@given(st.binary(max_size=300))
def test_any_bytes_are_a_module_or_a_problem(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.py"
    found = parse(content, path, "any")
    assert isinstance(found, Problem) or found.tree.body is not None


SNIPPETS = st.sampled_from(
    [
        "import os", "from js import *", "x = y = z", "x = x", "a, *b = a", "def f(a=f): return f", "del x", "global x",
        "class A(A): x: int = A", "[x := y for y in x]", "lambda x: (yield)", "async def g(): await g()", "f'{x!r}'",
        "match x:\n case {'a': [b, *c], **d}: pass", "try: pass\nexcept* E as e: pass", "with x as (a, b.c): pass",
        "open(x / __file__)", "@f\nclass B: pass", "from . import a", "from ... import b", "env['x']",
        "import a.b as c",
    ]
)  # fmt: skip


@given(st.lists(SNIPPETS, max_size=6))
def test_no_program_breaks_the_rules(tmp_path_factory, lines):
    from .conftest import Workshop

    directory = tmp_path_factory.mktemp("program", numbered=True)
    code = "\n".join(lines)
    assert all(problem.what for problem in Workshop(directory).report(code).findings)


def test_deep_nesting_is_a_problem_not_a_crash(tmp_path):
    found = parse(b"(" * 150 + b")" * 150, tmp_path / "x.py", "x")
    assert isinstance(found, Problem) or found.text
    found = parse(b"x" + b".a" * 20_000, tmp_path / "x.py", "x")
    assert isinstance(found, Problem) or found.text


# ---- the one line


@pytest.mark.parametrize(
    ("code", "begins"),
    [
        ("", ""),
        ("import os\nos.fork()\n", "1 thing here will not work on Cloudflare; `pywrangler check` lists it."),
        ("import os\nos.fork()\nos.fork()\n", "2 things here will not work"),
        ("def f(:\n", ""),
    ],
)
def test_the_line_for_dev(workshop, code, begins):
    workshop.write("src/entry.py", HEAD + code)
    line = summary(workshop.worker())
    assert line is None if not begins else line.startswith(begins)


def test_a_worker_without_a_module_has_nothing_to_say(workshop):
    worker = workshop.worker(main=None)
    assert summary(worker) is None
    assert check(worker).findings == ()
