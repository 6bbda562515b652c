"""What a Worker's imports find: vendored packages, the project's environment, and what `.pth` files add."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from tests.packages.make import compiled, distribution, native

ROOT = Path(__file__).parents[2]
BEGIN = """
import importlib, json, sys
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from pywrangler.host import search_path
from pywrangler.protocol.control import Packages

def found(name):
    try:
        module = importlib.import_module(name)
    except ImportError:
        return None
    return getattr(module, "VALUE", "namespace")

def known(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
"""


class Place:
    """A project: the Worker's own modules, vendored packages, and the packages of its environment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.own = root / "src"
        self.modules = root / "python_modules"
        self.venv = root / "site-packages"
        for directory in (self.own, self.modules, self.venv):
            directory.mkdir()

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def ask(self, expression: str, *, before: str = "", excluded: tuple[str, ...] = (), pth: bool = True) -> Any:
        """Return what an expression is worth in a fresh interpreter with the search path of a host."""
        code = f"""{BEGIN}
root = Path({str(self.root)!r})
packages = Packages(((root / "python_modules", {excluded!r}),), (root / "site-packages",), {pth})
{textwrap.dedent(before)}
_, problems = search_path.install(packages, root / "src")
print(json.dumps({expression}))
"""
        # With it no compiled code is kept that could be stale.
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=kept, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_modules_and_metadata_come_from_the_same_place(place: Place) -> None:
    distribution(place.modules, "fast-lib", "1.0", compiled("fast"))
    distribution(place.modules, "pure-lib", "1.0", {"pure.py": "VALUE = 'vendored'\n"})
    distribution(place.venv, "fast-lib", "2.0", native("fast", "venv"))
    distribution(place.venv, "pure-lib", "2.0", {"pure.py": "VALUE = 'venv'\n"})
    distribution(place.venv, "more", "3.0", {"more.py": "VALUE = 'venv'\n"})
    asked = "[(found(name), known(f'{name}-lib')) for name in ('fast', 'pure')] + [found('more'), known('more')]"
    assert place.ask(asked) == [["venv", "2.0"], ["vendored", "1.0"], "venv", "3.0"]
    listed = place.ask("sorted((item.name, item.version) for item in distributions() if item.name.endswith('-lib'))")
    assert listed == [["fast-lib", "2.0"], ["pure-lib", "1.0"], ["pure-lib", "2.0"]]


def test_the_worker_s_own_modules_come_first(place: Place) -> None:
    place.write("src/mine.py", "VALUE = 'own'\n")
    place.write("python_modules/mine.py", "VALUE = 'vendored'\n")
    place.write("site-packages/mine.py", "VALUE = 'venv'\n")
    assert place.ask("found('mine')") == "own"


def test_a_module_that_was_imported_before_the_worker_had_one_of_that_name_is_forgotten(place: Place) -> None:
    place.write("src/mine.py", "VALUE = 'own'\n")
    place.write("site-packages/mine/__init__.py", "VALUE = 'venv'\n")
    place.write("site-packages/mine/deep.py", "")
    code = f"""{BEGIN}
root = Path({str(place.root)!r})
packages = Packages((), (root / "site-packages",))
search_path.install(packages)
import mine.deep, json
search_path.install(packages, root / "src", {{"mine", "mine.deep"}})
print(json.dumps([found("mine"), found("mine.deep"), found("json.decoder")]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout) == ["own", None, "namespace"], done.stderr


# ---- python_modules.exclude

LIBRARY = {
    "lib/__init__.py": "VALUE = 'package'\n",
    "lib/kept.py": "VALUE = 'kept'\n",
    "lib/tests/__init__.py": "VALUE = 'tests'\n",
    "lib/tests/deep.py": "VALUE = 'deep'\n",
    "shared/part/__init__.py": "VALUE = 'part'\n",
    "single.py": "VALUE = 'single'\n",
    "single_extra/x.py": "VALUE = 'x'\n",
}
NAMES = ("lib", "lib.kept", "lib.tests", "lib.tests.deep", "shared", "shared.part", "single", "single_extra.x")
ALL = {
    **dict.fromkeys(("lib",), "package"),
    "lib.kept": "kept",
    "lib.tests": "tests",
    "lib.tests.deep": "deep",
    "shared": "namespace",
    "shared.part": "part",
    "single": "single",
    "single_extra.x": "x",
}


@pytest.mark.parametrize(
    ("excluded", "missing"),
    [
        ((), {}),
        (("**/*.pyc",), {}),
        (("**/tests/**",), {"lib.tests": None, "lib.tests.deep": None}),
        (("lib/tests/**",), {"lib.tests": None, "lib.tests.deep": None}),
        (("tests/**",), {}),
        (("lib/tests/__init__.py",), {"lib.tests": "namespace"}),
        (("lib/**",), dict.fromkeys(("lib", "lib.kept", "lib.tests", "lib.tests.deep"))),
        (("lib/*",), {"lib": "namespace", "lib.kept": None}),
        (("single.py",), {"single": None}),
        (("*.py",), {"single": None}),
        (("**/single*/**",), {"single_extra.x": None}),
        (("shared/**",), {"shared": None, "shared.part": None}),
        (("**/*.py",), dict.fromkeys(NAMES)),
        (("./single.py", "SINGLE.py", "single", "lib"), {}),
    ],
)
def test_an_excluded_file_does_not_exist(
    place: Place, excluded: tuple[str, ...], missing: dict[str, str | None]
) -> None:
    distribution(place.modules, "lib", "1.0", dict(LIBRARY))
    assert place.ask(f"{{name: found(name) for name in {NAMES!r}}}", excluded=excluded) == {**ALL, **missing}


def test_excluded_modules_are_looked_for_in_the_environment(place: Place) -> None:
    distribution(place.modules, "lib", "1.0", {"lib.py": "VALUE = 'vendored'\n"})
    distribution(place.venv, "lib", "2.0", {"lib.py": "VALUE = 'venv'\n"})
    assert place.ask("[found('lib'), known('lib')]", excluded=("lib.py", "lib-1.0*/**")) == ["venv", "2.0"]


def test_compiled_modules_without_source_do_not_exist_by_default(place: Place) -> None:
    source = place.write("bare.py", "VALUE = 'bare'\n")
    compile_ = f"import py_compile; py_compile.compile({str(source)!r}, {str(place.modules / 'bare.pyc')!r})"
    subprocess.run([sys.executable, "-c", compile_], check=True)
    assert place.ask("found('bare')", excluded=("**/*.pyc",)) is None
    assert place.ask("found('bare')") == "bare"


# ---- .pth files


def test_pth_files_of_the_environment_are_processed_and_come_before_pywrangler_s_own_packages(place: Place) -> None:
    place.write("lib/src/mine.py", "VALUE = 'editable'\n")
    place.write("lib/src/idna.py", "VALUE = 'editable'\n")
    place.write("site-packages/_mine.pth", f"# a comment\n\n{place.root / 'lib' / 'src'}\n/no/such/place\n")
    place.write("site-packages/first.pth", "import sys; sys.FIRST = 'ran'\n")
    place.write("site-packages/.hidden.pth", "import sys; sys.FIRST = 'hidden'\n")
    assert place.ask("[found('mine'), sys.FIRST, found('idna'), problems]") == ["editable", "ran", "editable", []]
    place.write("site-packages/mine.py", "VALUE = 'installed'\n")
    assert place.ask("found('mine')") == "installed"


@pytest.mark.parametrize("pth", [True, False])
def test_pth_files_in_python_modules_count_as_the_compatibility_date_says(place: Place, pth: bool) -> None:
    place.write("python_modules/extra/mine.py", "VALUE = 'extra'\n")
    place.write("python_modules/extra.pth", "extra\n")
    assert place.ask("found('mine')", pth=pth) == ("extra" if pth else None)


def test_a_pth_file_that_cannot_be_read_is_told_and_hinders_no_other(place: Place) -> None:
    place.write("lib/mine.py", "VALUE = 'editable'\n")
    place.write("site-packages/a.pth", "import nowhere_at_all\n")
    place.write("site-packages/b.pth", b"\xff\xfe\0broken\n")
    place.write("site-packages/z.pth", f"{place.root / 'lib'}\n")
    found, problems = place.ask("[found('mine'), [str(problem) for problem in problems]]")
    assert found == "editable"
    assert all("b.pth" in problem for problem in problems)


FINDER = """
import sys
from importlib.util import spec_from_file_location

MAPPING = {"mine": %r}

class _EditableFinder:
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname in MAPPING:
            return spec_from_file_location(fullname, MAPPING[fullname])

def install():
    sys.meta_path.append(_EditableFinder)
"""


def test_modules_of_an_editable_install_with_a_finder_are_imported_as_they_are_now(place: Place) -> None:
    module = place.write("lib/mine.py", "VALUE = 'v1'\n")
    place.write("site-packages/__editable___mine_1_0_finder.py", FINDER % str(module))
    name = "__editable___mine_1_0_finder"
    place.write("site-packages/__editable__.mine-1.0.pth", f"import {name}; {name}.install()\n")
    again = (
        "[found('mine'), Path(sys.modules['mine'].__file__).write_text(\"VALUE = 'v2'\\n\"), "
        "sys.modules.pop('mine') and found('mine')]"
    )
    assert place.ask(again) == ["v1", 13, "v2"]
