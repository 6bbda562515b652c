"""The plugin in projects of others: which Workers tests get, who runs coroutines, what a failure shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "project"
DEADLINE_SECONDS = 55

FILES = {
    "pytest.ini": """
        [pytest]
        filterwarnings = error
        markers = asyncio
    """,
    "conftest.py": """
        import pytest

        @pytest.hookimpl
        def pytest_pyfunc_call(pyfuncitem):
            if pyfuncitem.get_closest_marker("asyncio"):
                print("the other plugin has", pyfuncitem.name)
                return True
    """,
    # ---- which Workers
    "backend/tests/test_near.py": """
        def test_one(workers):
            assert list(workers) == ["backend"]
            assert workers.first.get("/word").text == "one"
    """,
    "tests/deep/test_far.py": """
        def test_all(workers):
            assert list(workers) == ["backend", "frontend"]
    """,
    "tests/test_marks.py": """
        import pytest

        @pytest.mark.workers("backend/wrangler.jsonc", vars={"WORD": "other"})
        def test_marked(workers):
            assert list(workers) == ["backend"]
            assert workers.first.get("/word").text == "other"

        @pytest.mark.workers("backend/wrangler.toml")
        def test_missing(workers):
            pass

        @pytest.mark.workers("backend/wrangler.jsonc", color="red")
        def test_unknown(workers):
            pass
    """,
    # ---- Workers that fail
    "bad/broken/wrangler.jsonc": """
        {"name": "broken", "main": "entry.py", "compatibility_date": "2026-06-10",
         "compatibility_flags": ["python_workers"]}
    """,
    "bad/broken/entry.py": "import no_such_module\n",
    "bad/broken/test_broken.py": """
        def test_broken(workers):
            pass
    """,
    "bad/dying/wrangler.jsonc": """
        {"name": "dying", "main": "entry.py", "compatibility_date": "2026-06-10",
         "compatibility_flags": ["python_workers"]}
    """,
    "bad/dying/entry.py": """
        import os
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                if request.url.endswith("/die"):
                    os._exit(3)
                return Response("one")
    """,
    "bad/dying/test_dying.py": """
        import pytest
        from pywrangler.testing import WorkerLostError

        def test_dies(workers):
            with pytest.raises(WorkerLostError, match="GET /die"):
                workers.first.get("/die")

        def test_next(workers):
            assert workers.first.get("/").text == "one"
    """,
    # ---- what a failure shows
    "test_failures.py": """
        def test_fails(workers):
            workers["backend"].get("/say?text=hello")
            workers["backend"].get("/boom")
            assert workers["backend"].object("COUNTER", "x").fail() is None

        def test_fails_after_it(workers):
            assert False
    """,
    # ---- coroutines
    "test_coroutines.py": """
        import pytest

        @pytest.mark.asyncio
        async def test_theirs(workers):
            raise RuntimeError("this is not run")

        async def test_ours(workers):
            assert workers["backend"].get("/").text == "one"

        async def test_ours_fails(async_workers):
            assert (await async_workers["backend"].get("/")).text == "two"

        async def test_nobodys():
            pass
    """,
    # ---- data
    "test_shared.py": """
        import pytest

        pytestmark = pytest.mark.storage("module")

        @pytest.mark.parametrize("number", [1, 2, 3])
        def test_counts(workers, number):
            assert workers["backend"].get("/count").text == str(number)

        @pytest.mark.storage("session")
        def test_scope(workers):
            pass
    """,
    "test_unshared.py": """
        import os
        from pathlib import Path

        def test_fresh(workers):
            assert workers["backend"].get("/count").text == "1"
            children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
            Path("pids").write_text(" ".join(item.read_text() for item in children))
    """,
}


class Run:
    """What one run of pytest in a directory of files said."""

    def __init__(self, root: Path, files: dict[str, str], *arguments: str) -> None:
        self.root = root
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).lstrip())
        self.before = self.files()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:randomly", "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=DEADLINE_SECONDS, check=False,
        )  # fmt: skip
        self.text = done.stdout + done.stderr

    def files(self) -> set[Path]:
        return {path for path in self.root.rglob("*") if "__pycache__" not in str(path)}

    def outcome(self, test: str) -> str:
        """`PASSED`, `FAILED` or `ERROR`."""
        for line in self.text.partition("short test summary info")[2].splitlines():
            word, _, rest = line.partition(" ")
            if rest.split(" - ")[0].endswith(f"::{test}"):
                return word
        raise AssertionError(f"{test} is not in\n{self.text}")

    def section(self, test: str) -> str:
        """What is shown about a test that did not pass."""
        text = self.text.partition("short test summary info")[0]
        start = max(text.find(f"_ {test} _"), text.find(f"_ ERROR at setup of {test} _"))
        assert start >= 0, self.text
        end = text.find("\n____", start)
        return text[start : end if end >= 0 else None]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Run(root, FILES)


@pytest.mark.parametrize("test", ["test_one", "test_all", "test_marked"])
def test_the_workers_around_the_file_or_those_of_the_mark_are_started(run, test):
    assert run.outcome(test) == "PASSED", run.text


def test_wrong_marks_are_errors(run):
    assert 'names "backend/wrangler.toml", which is not in' in run.section("test_missing")
    assert "knows no color, only environment, mocks, vars" in run.section("test_unknown")
    assert 'The mark `storage` knows "test" and "module"' in run.section("test_scope")


def test_a_worker_that_does_not_load_is_the_error_of_the_test(run):
    assert run.outcome("test_broken") == "ERROR"
    assert "No module named 'no_such_module'" in run.section("test_broken")
    assert "entry.py:1" in run.section("test_broken")


def test_a_worker_that_dies_does_not_stop_the_tests_after_it(run):
    assert run.outcome("test_next") == "PASSED", run.text


def test_a_failure_shows_what_the_workers_said_during_that_test(run):
    section = run.section("test_fails")
    assert "- Worker backend -" in section
    assert "[log] hello" in section
    assert "[error] RuntimeError: boom" in section
    assert "src/entry.py:" in section
    assert "in the Worker:" in section
    assert "ValueError: not today" in section
    assert "Worker frontend" not in section
    assert "hello" not in run.section("test_fails_after_it")


def test_coroutines_of_other_plugins_are_left_to_them(run):
    assert "the other plugin has test_theirs" in run.text
    assert [run.outcome(name) for name in ("test_theirs", "test_ours", "test_ours_fails", "test_nobodys")] == [
        "PASSED", "PASSED", "FAILED", "FAILED",
    ]  # fmt: skip
    assert "async def functions are not natively supported" in run.section("test_nobodys")


def test_a_module_may_share_its_data(run):
    assert [run.outcome(f"test_counts[{number}]") for number in (1, 2, 3)] == ["PASSED"] * 3
    assert run.outcome("test_fresh") == "PASSED"


def test_nothing_is_left_running_and_no_file_behind(run):
    pids = [int(word) for word in (run.root / "pids").read_text().split()]
    assert pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert {path.name for path in run.files() - run.before} == {"pids"}


def test_the_ini_file_names_configs(tmp_path):
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    files = {
        "pytest.ini": "[pytest]\npywrangler_configs = frontend/wrangler.jsonc backend/wrangler.jsonc\n",
        "backend/test_it.py": "def test_it(workers):\n    assert list(workers) == ['frontend', 'backend']\n",
    }
    run = Run(tmp_path, files)
    assert run.outcome("test_it") == "PASSED", run.text


def test_runs_without_workers_import_nothing_of_ours_and_say_what_is_missing(tmp_path):
    text = """
        import sys

        def test_first():
            ours = sorted(name for name in sys.modules if name.startswith("pywrangler"))
            plugin = ["pywrangler.testing", "pywrangler.testing.plugin"]
            assert ours == ["pywrangler", *plugin, "pywrangler.version", "pywrangler_pytest"]

        def test_second(workers):
            pass
    """
    run = Run(tmp_path, {"test_it.py": text})
    assert run.outcome("test_first") == "PASSED", run.text
    assert "No configuration of a Worker was found around" in run.section("test_second")
    assert "pywrangler_configs" in run.section("test_second")
