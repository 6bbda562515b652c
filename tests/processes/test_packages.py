"""Packages in a running session: vendored ones, editable installs, and those that are missing until somebody syncs."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.packages.make import compiled, distribution, native
from tests.processes.dev import eventually

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
IMPORTS = """
import fast, model
from importlib.metadata import version
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json([fast.VALUE, version("fast"), model.VALUE, version("model")])
"""


def environment(directory: Path) -> Path:
    """Make an empty .venv; returns its directory of packages."""
    packages = directory / ".venv" / "lib" / VERSION / "site-packages"
    packages.mkdir(parents=True)
    (directory / ".venv" / "pyvenv.cfg").touch()
    return packages


def answers(project: Project, name: str, expected: object) -> None:
    """Wait until a Worker answers so."""

    def asked() -> bool:
        status, text = project.get(name)
        return status == 200 and json.loads(text) == expected

    eventually(asked)


def test_packages_for_webassembly_are_left_to_the_environment_over_reloads(project: Project) -> None:
    directory = project.worker("api", IMPORTS)
    modules, packages = directory / "python_modules", environment(directory)
    distribution(modules, "fast", "1.0", compiled("fast"))
    distribution(modules, "model", "1.0", {"model.py": "VALUE = 'vendored'\n"})
    distribution(packages, "fast", "1.1", native("fast", "venv"))
    distribution(packages, "model", "2.0", {"model.py": "VALUE = 'venv'\n"})
    session = project.dev(cwd=directory).ready()
    expected = ["venv", "1.1", "vendored", "1.0"]
    for _ in range(2):  # The second time, the packages come from the nursery.
        answers(project, "api", expected)
        after = session.mark()
        entry = directory / "src" / "entry.py"
        entry.write_text(entry.read_text() + "#\n")
        session.expect("updated and ready", after=after)

    # A change of what is vendored, or installed, is not hidden by what was imported before.
    (modules / "model.py").write_text("VALUE = 'changed'\n")
    answers(project, "api", ["venv", "1.1", "changed", "1.0"])
    shutil.rmtree(packages / "fast-1.1.dist-info")
    distribution(packages, "fast", "1.2", native("fast", "newer"))
    answers(project, "api", ["newer", "1.2", "changed", "1.0"])


def test_a_package_for_webassembly_that_the_environment_lacks_is_explained_and_waited_for(project: Project) -> None:
    directory = project.worker("api", IMPORTS)
    distribution(directory / "python_modules", "fast", "1.0", compiled("fast"))
    distribution(directory / "python_modules", "model", "1.0", {"model.py": "VALUE = 'vendored'\n"})
    (directory / "pyproject.toml").write_text("[project]\ndependencies = ['fast', 'model']\n")
    session = project.dev(cwd=directory)
    told = "python_modules has fast as it is built for WebAssembly"
    text = session.expect("run `pywrangler sync`")
    assert told in text
    eventually(lambda: told in project.get("api")[1])
    distribution(environment(directory), "fast", "1.0", native("fast", "venv"))
    answers(project, "api", ["venv", "1.0", "vendored", "1.0"])


def test_a_worker_that_lacks_a_package_starts_when_it_is_installed(project: Project) -> None:
    directory = project.worker("api", IMPORTS.replace("import fast, model", "import fast, fast as model"))
    (directory / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    session = project.dev(cwd=directory)
    session.expect('Add "fast" to the dependencies in pyproject.toml')
    after = session.mark()
    (directory / "pyproject.toml").write_text("[project]\ndependencies = ['fast']\n")
    session.expect('pyproject.toml asks for "fast", but there is no .venv yet: run `pywrangler sync`', after=after)
    packages = environment(directory)
    distribution(packages, "model", "1.0", {})
    distribution(packages, "fast", "1.0", native("fast", "venv"))
    answers(project, "api", ["venv", "1.0", "venv", "1.0"])


def test_an_environment_for_another_python_is_told_to_a_session_that_waits(project: Project) -> None:
    directory = project.worker("api", IMPORTS)
    session = project.dev(cwd=directory)
    session.expect("waiting for a change")
    packages = directory / ".venv" / "lib" / "python3.1" / "site-packages"
    packages.mkdir(parents=True)
    (directory / ".venv" / "pyvenv.cfg").touch()
    session.expect("Start pywrangler again: which Python runs it is decided then.")


def test_a_package_that_a_handler_lacks_is_explained_once(project: Project) -> None:
    directory = project.worker(
        "api",
        """
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                import fast
                return Response.json(fast.VALUE)
        """,
    )
    (directory / "pyproject.toml").write_text("[project]\ndependencies = ['fast']\n")
    session = project.dev(cwd=directory).ready()
    assert project.get("api")[0] == 500
    told = 'pyproject.toml asks for "fast", but there is no .venv yet: run `pywrangler sync`'
    session.expect(told)
    assert project.get("api")[0] == 500
    distribution(environment(directory), "fast", "1.0", native("fast", "venv"))
    answers(project, "api", "venv")
    assert session.output.count(told) == 1


def test_editable_installs_are_imported_and_their_sources_watched(project: Project) -> None:
    directory = project.worker(
        "api",
        """
        import mine, mine.part
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                import yours
                return Response.json([mine.VALUE, mine.part.VALUE, yours.VALUE])
        """,
    )
    library = project.root / "library"
    (library / "src" / "mine").mkdir(parents=True)
    (library / "src" / "mine" / "__init__.py").write_text("VALUE = 1\n")
    (library / "src" / "mine" / "part.py").write_text("VALUE = 1\n")
    (library / "yours.py").write_text("VALUE = 1\n")
    packages = environment(directory)
    (packages / "_mine.pth").write_text(f"{library / 'src'}\n")
    finder = (
        "import sys\nfrom importlib.util import spec_from_file_location\nclass Finder:\n"
        "    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        f"        return spec_from_file_location(name, {str(library / 'yours.py')!r}) if name == 'yours' else None\n"
        "sys.meta_path.append(Finder)\n"
    )
    (packages / "__editable___yours_1_finder.py").write_text(finder)
    (packages / "__editable__.yours-1.pth").write_text("import __editable___yours_1_finder\n")
    session = project.dev(cwd=directory).ready()
    answers(project, "api", [1, 1, 1])
    (library / "src" / "mine" / "__init__.py").write_text("VALUE = 2\n")
    answers(project, "api", [2, 1, 1])
    (library / "src" / "mine" / "part.py").write_text("VALUE = 2\n")
    answers(project, "api", [2, 2, 1])

    def edited() -> bool:
        # Imported by a request: it is followed a moment later.
        (library / "yours.py").write_text("VALUE = 2\n")
        return json.loads(project.get("api")[1]) == [2, 2, 2]

    eventually(edited)

    (library / "src" / "mine" / "part.py").write_text("VALUE = (\n")
    session.expect("SyntaxError")
    (library / "src" / "mine" / "part.py").write_text("VALUE = 3\n")
    answers(project, "api", [2, 3, 2])


def test_sources_behind_links_are_watched_where_they_lie(project: Project) -> None:
    directory = project.worker(
        "api",
        """
        import mine, shared.part, strict
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                return Response.json([mine.VALUE, shared.part.VALUE, strict.VALUE])
        """,
    )
    library, packages = project.root / "library", environment(directory)
    for name in ("mine", "shared", "strict"):
        (library / name).mkdir(parents=True)
        (library / name / "__init__.py").write_text("VALUE = 1\n")
    (library / "shared" / "part.py").write_text("VALUE = 1\n")
    # A package in the environment, a directory of the Worker, and setuptools' `editable_mode=strict`.
    (packages / "mine").symlink_to(library / "mine")
    (directory / "src" / "shared").symlink_to(library / "shared")
    links = library / "build" / "__editable__.strict-1" / "strict"
    links.mkdir(parents=True)
    (links / "__init__.py").symlink_to(library / "strict" / "__init__.py")
    (packages / "__editable__.strict-1.pth").write_text(f"{links.parent}\n")
    session = project.dev(cwd=directory).ready()
    answers(project, "api", [1, 1, 1])
    (library / "mine" / "__init__.py").write_text("VALUE = 2\n")
    answers(project, "api", [2, 1, 1])
    (library / "shared" / "part.py").write_text("VALUE = 2\n")
    answers(project, "api", [2, 2, 1])
    (library / "strict" / "__init__.py").write_text("VALUE = 2\n")
    answers(project, "api", [2, 2, 2])
    (library / "mine" / "__init__.py").write_text("VALUE = (\n")
    session.expect("SyntaxError")
    (library / "mine" / "__init__.py").write_text("VALUE = 3\n")
    answers(project, "api", [3, 2, 2])


def test_a_broken_editable_install_is_watched_from_the_start(project: Project) -> None:
    directory = project.worker(
        "api",
        """
        import mine
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                return Response.json(mine.VALUE)
        """,
    )
    library = project.root / "library"
    library.mkdir()
    (library / "mine.py").write_text("VALUE = (\n")
    (environment(directory) / "mine.pth").write_text(f"{library}\n")
    project.dev(cwd=directory).expect("SyntaxError")
    (library / "mine.py").write_text("VALUE = 1\n")
    answers(project, "api", 1)


def test_python_modules_exclude_has_its_effect_and_may_change(project: Project) -> None:
    source = """
    from workers import Response, WorkerEntrypoint
    try:
        import lib.extra as extra
    except ImportError:
        extra = None

    class Default(WorkerEntrypoint):
        async def fetch(self, request):
            return Response.json(extra is not None)
    """
    directory = project.worker("api", source, python_modules={"exclude": ["lib/ex*"]})
    distribution(directory / "python_modules", "lib", "1.0", {"lib/__init__.py": "", "lib/extra.py": ""})
    project.dev(cwd=directory).ready()
    answers(project, "api", expected=False)
    port = project.port("api")
    project.worker("api", source, dev={"port": port})
    answers(project, "api", expected=True)


def test_the_older_place_of_vendored_packages_counts_at_its_date(project: Project) -> None:
    source = """
    from workers import Response, WorkerEntrypoint
    try:
        import lib
    except ImportError:
        lib = None

    class Default(WorkerEntrypoint):
        async def on_fetch(self, request):
            return Response.json(lib is not None)
        fetch = on_fetch
    """
    directory = project.worker("api", source, compatibility_date="2025-08-10")
    (directory / "src" / "vendor").mkdir()
    (directory / "src" / "vendor" / "lib.py").touch()
    project.dev(cwd=directory).ready()
    answers(project, "api", expected=True)
    project.worker("api", source, compatibility_date="2025-08-11", dev={"port": project.port("api")})
    answers(project, "api", expected=False)


def test_workers_with_different_packages_share_a_session(project: Project) -> None:
    first, second = project.worker("api", IMPORTS), project.worker("web", IMPORTS)
    for directory, value in ((first, "one"), (second, "two")):
        packages = environment(directory)
        distribution(packages, "fast", value, native("fast", value))
        distribution(packages, "model", value, {"model.py": f"VALUE = {value!r}\n"})
    session = project.dev("-c", "api/wrangler.jsonc", "-c", "web/wrangler.jsonc")
    session.expect("Ready on http", after=session.expect("Ready on http").index("Ready on http") + 1)
    for _ in range(2):
        answers(project, "api", ["one"] * 4)
        answers(project, "web", ["two"] * 4)
        for directory in (first, second):
            after = session.mark()
            entry = directory / "src" / "entry.py"
            entry.write_text(entry.read_text() + "#\n")
            session.expect("updated and ready", after=after)
