"""What is said about a module that is missing leads to one that is there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pywrangler.config.compat import derive
from pywrangler.config.model import WorkerConfig
from pywrangler.protocol.control import Missing, Packages
from pywrangler.session.missing import remedy
from tests.packages.make import distribution

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


class Place:
    """A project with a Worker, seen from its directory."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "project"
        self.venv = self.root / ".venv" / "lib" / f"python{PYTHON}" / "site-packages"
        self.write("src/entry.py", "")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def ask_for(self, *requirements: str, more: str = "") -> None:
        self.write("pyproject.toml", f"[project]\nname = 'x'\ndependencies = {list(requirements)!r}\n{more}")

    def install(self, *names: str, **files: str) -> None:
        self.venv.mkdir(parents=True, exist_ok=True)
        for name in names:
            package, _, version = name.partition("==")
            module = files.get(package.replace("-", "_"), package.replace("-", "_"))
            distribution(self.venv, package, version or "1.0", {f"{module}/__init__.py": ""})

    def remedy(self, module: str, *, foreign: str = "", date: str = "2026-06-10", **settings: object) -> str:
        worker = WorkerConfig(
            name="w",
            config_path=self.root / "wrangler.jsonc",
            main=self.root / "src" / "entry.py",
            compat=derive(date),
            settings=settings,
        )
        packages = Packages(site_packages=(self.venv,) if self.venv.is_dir() else ())
        return remedy(worker, packages, Missing(module, foreign), self.home)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(tmp_path)
    monkeypatch.chdir(made.root)
    return made


def test_asked_for_without_an_environment(place: Place) -> None:
    place.ask_for("fastapi>=0.110")
    expected = 'pyproject.toml asks for "fastapi>=0.110", but there is no .venv yet: run `pywrangler sync`.'
    assert place.remedy("fastapi") == expected
    assert place.remedy("fastapi.responses") == expected


def test_asked_for_and_not_installed(place: Place) -> None:
    place.ask_for("fastapi", "httpx")
    place.install("httpx")
    assert place.remedy("fastapi") == (
        'pyproject.toml asks for "fastapi", but .venv does not have it: run `pywrangler sync`.'
    )


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("yaml", "PyYAML"),
        ("PIL.Image", "Pillow"),
        ("bs4", "beautifulsoup4"),
        ("google.protobuf.message", "protobuf"),
        ("google.cloud.pubsub.x", "google-cloud-pubsub"),
        ("jwt", "PyJWT[crypto]"),
        ("zope.interface", "zope.interface"),
        ("typing_extensions", "typing-extensions"),
    ],
)
def test_asked_for_under_another_name(place: Place, module: str, name: str) -> None:
    place.ask_for(name)
    assert "asks for" in place.remedy(module)
    place.ask_for("other")
    place.install("other")
    assert f'Add "{name.partition("[")[0].lower().replace(".", "-")}" to the dependencies' in place.remedy(module)


def test_asked_for_in_the_group_that_sync_installs(place: Place) -> None:
    place.ask_for(more="[dependency-groups]\ndev = [{include-group = 'test'}]\ntest = ['fastapi']\n")
    assert "asks for" in place.remedy("fastapi")


def test_not_asked_for(place: Place) -> None:
    place.ask_for("httpx")
    place.install("httpx")
    assert place.remedy("fastapi") == (
        'Add "fastapi" to the dependencies in pyproject.toml, and run `pywrangler sync`.'
    )


def test_not_asked_for_by_name_while_the_environment_lacks_what_may_bring_it(place: Place) -> None:
    place.ask_for("fastapi", "httpx")
    assert place.remedy("starlette") == (
        "Run `pywrangler sync`: there is no .venv yet. If starlette is missing then, too, "
        'add "starlette" to the dependencies in pyproject.toml, and run `pywrangler sync`.'
    )
    place.install("httpx")
    assert place.remedy("starlette").startswith("Run `pywrangler sync`: .venv lacks fastapi.")


def test_what_is_built_for_webassembly_may_be_brought_by_what_is_asked_for(place: Place) -> None:
    place.ask_for("fastapi")
    built = "python_modules has pydantic-core as it is built for WebAssembly, which cannot run here, and"
    assert place.remedy("pydantic_core", foreign="pydantic-core") == (
        f"{built} there is no .venv yet: run `pywrangler sync`. If pydantic-core is missing then, too, "
        'add "pydantic-core" to the dependencies in pyproject.toml, and run `pywrangler sync`.'
    )
    place.install("fastapi")
    assert place.remedy("pydantic_core", foreign="pydantic-core") == (
        f'{built} .venv does not have it. Add "pydantic-core" to the dependencies in pyproject.toml, and run '
        "`pywrangler sync`."
    )


@pytest.mark.parametrize("module", ["google", "google.cloud", "azure", "azure.storage", "ruamel", "zope"])
def test_a_name_that_many_packages_share_is_no_package(place: Place, module: str) -> None:
    assert "`dependencies = [...]`" in place.remedy(module)
    place.ask_for("httpx")
    place.install("httpx")
    assert place.remedy(module) == (
        f"Many packages share {module}: add the one with what is imported to pyproject.toml, and run `pywrangler sync`."
    )


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("[project.optional-dependencies]\nweb = ['fastapi']\n", 'the extra "web"'),
        ("[dependency-groups]\nweb = ['FastAPI>=1']\n", 'the group "web"'),
    ],
)
def test_asked_for_where_nobody_installs_it(place: Place, more: str, where: str) -> None:
    place.ask_for(more=more)
    assert place.remedy("fastapi") == (
        f'pyproject.toml asks for fastapi in {where} only. Add "fastapi" to its dependencies and run `pywrangler sync`.'
    )


def test_asked_for_in_another_version(place: Place) -> None:
    place.ask_for("fastapi>=2")
    place.install("fastapi==1.4")
    assert place.remedy("fastapi.newer") == (
        'fastapi 1.4 is installed, but has no fastapi.newer; pyproject.toml asks for "fastapi>=2": '
        "run `pywrangler sync`."
    )


def test_a_part_that_an_installed_package_has_not(place: Place) -> None:
    place.ask_for("fastapi")
    place.install("fastapi==1.4")
    assert place.remedy("fastapi.wrong") == (
        "fastapi 1.4 is installed, but has no fastapi.wrong. Is the name right? Perhaps another version has it: "
        "`pywrangler sync --upgrade`."
    )


def test_metadata_without_a_module(place: Place) -> None:
    place.ask_for("fastapi")
    place.install("fastapi==1.4", fastapi="other")
    assert place.remedy("fastapi").endswith("`pywrangler sync --force` installs it again.")


def test_under_a_condition(place: Place) -> None:
    place.ask_for('colorama; sys_platform == "win32"')
    assert "under a condition" in place.remedy("colorama")


def test_left_to_the_build_backend(place: Place) -> None:
    place.write("pyproject.toml", "[project]\nname = 'x'\ndynamic = ['dependencies']\n")
    assert place.remedy("fastapi").startswith("Run `pywrangler sync`: there is no .venv yet.")


def test_no_pyproject(place: Place) -> None:
    assert place.remedy("fastapi") == (
        'There is no pyproject.toml here. Make one with `dependencies = ["fastapi"]` in `[project]`, and run '
        "`pywrangler sync`, which shows how."
    )
    place.write("requirements.txt", "fastapi\n")
    assert place.remedy("fastapi") == (
        "Dependencies are read from pyproject.toml, not from requirements.txt; `pywrangler sync` shows how to write it."
    )


def test_a_pyproject_above_counts(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.ask_for("fastapi")
    place.root /= "worker"
    place.write("src/entry.py", "")
    monkeypatch.chdir(place.root)
    assert place.remedy("fastapi").startswith('../pyproject.toml asks for "fastapi"')


@pytest.mark.parametrize("content", ["[project", "[project]\ndependencies = 3\n", "\0", "a = " + "[" * 9999])
def test_a_pyproject_that_cannot_be_read_does_no_harm(place: Place, content: str) -> None:
    place.write("pyproject.toml", content)
    assert place.remedy("fastapi")


def test_built_for_webassembly(place: Place) -> None:
    place.ask_for("pydantic-core==2.0")
    expected = "python_modules has pydantic-core as it is built for WebAssembly, which cannot run here, and "
    assert place.remedy("pydantic_core._pydantic_core", foreign="pydantic-core") == (
        f"{expected}there is no .venv yet: run `pywrangler sync`."
    )
    place.ask_for("other")
    place.install("other")
    assert place.remedy("pydantic_core", foreign="pydantic-core") == (
        f'{expected}.venv does not have it. Add "pydantic-core" to the dependencies in pyproject.toml, '
        "and run `pywrangler sync`."
    )


def test_excluded(place: Place) -> None:
    place.write("python_modules/lib/part.py", "")
    settings = {"python_modules": {"exclude": ["x/**", "lib/p*.py"]}}
    assert place.remedy("lib.part", **settings) == (
        'python_modules/lib/part.py is there, but "lib/p*.py" in python_modules.exclude leaves it out.'
    )


def test_vendored_where_it_counts_no_more(place: Place) -> None:
    place.write("src/vendor/lib/__init__.py", "")
    assert "src/vendor counts before the compatibility date 2025-08-11 only" in place.remedy("lib")
    assert "counts before" not in place.remedy("lib", date="2025-08-10")


def test_modules_of_the_project(place: Place) -> None:
    place.ask_for()
    for name in ("src/helpers.py", "src/views/pages.py", "lib/__init__.py", "single.py"):
        place.write(name, "")
    assert place.remedy("helprs") == "Did you mean helpers, which lies in src?"
    assert place.remedy("views.pagse") == "src/views has no pagse. Did you mean views.pages?"
    assert place.remedy("views.users") == "src/views has no users."
    assert place.remedy("lib") == "lib is not a part of the Worker: move it below src."
    assert place.remedy("single") == "single.py is not a part of the Worker: move it below src."
    assert place.remedy("requests").startswith('Add "requests"')


def test_of_python(place: Place) -> None:
    assert place.remedy("imp").startswith("Python has no module imp since 3.12. Use importlib.")
    assert "was made without it. Cloudflare has none either." in place.remedy("tkinter")
    assert place.remedy("json.nothing") == f"json is a module of Python, and its version {PYTHON} has no json.nothing."
    assert place.remedy("micropip").startswith("Workers install nothing while they run")


def test_no_case_names_the_environment_that_runs_pywrangler(place: Place) -> None:
    for module in ("fastapi", "imp", "a.b.c", "micropip", "entry", "x" * 500, "a\0b", ""):
        assert "environment that runs" not in place.remedy(module)
