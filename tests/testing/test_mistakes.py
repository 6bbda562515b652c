"""What pytest shows of a mistake in a project: the message and the user's own lines, none of ours."""

from __future__ import annotations

import textwrap

import pytest

from tests.testing.test_plugin import Run

GOOD = """
    {"name": "good", "main": "entry.py", "compatibility_date": "2026-06-10", "compatibility_flags": ["python_workers"]}
"""
FILES = {
    "syntax/wrangler.jsonc": '{"name": "a",, "main": "entry.py"}\n',
    "syntax/test_syntax.py": "def test_syntax(workers):\n    pass\n",
    "fields/wrangler.jsonc": '{"name": 5, "main": "entry.py", "compatibility_date": "today"}\n',
    "fields/test_fields.py": "def test_fields(clock):\n    pass\n",
    "awaited/wrangler.jsonc": '{"main": }\n',
    "awaited/test_awaited.py": "async def test_awaited(async_workers):\n    pass\n",
    "outside/wrangler.jsonc": '{"main": }\n',
    "outside/test_outside.py": "def test_outside(outbound):\n    pass\n",
    "marked/test_marked.py": """
        import pytest

        @pytest.mark.workers("no/such.jsonc")
        def test_marked(workers):
            pass
    """,
    "code/wrangler.jsonc": GOOD,
    "code/entry.py": "def broken(:\n",
    "code/test_code.py": "def test_code(workers):\n    pass\n",
    "good/wrangler.jsonc": GOOD,
    "good/entry.py": """
        import os
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                os._exit(3)
    """,
    "good/test_good.py": """
        import pytest

        def ask(workers):
            return workers.first.get("/die")

        def test_lost(workers):
            ask(workers)

        @pytest.mark.storage("session")
        def test_scope(workers):
            pass
    """,
    "own/wrangler.jsonc": '{"main": }\n',
    "own/test_own.py": """
        import pytest

        @pytest.fixture
        def shop(request):
            return request.getfixturevalue("workers").first

        def test_own(shop):
            pass
    """,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return Run(tmp_path_factory.mktemp("mistakes"), {"pytest.ini": "[pytest]\n", **FILES})


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("test_syntax", "syntax/wrangler.jsonc:1:14"),
        ("test_fields", "fields/wrangler.jsonc:1:10"),
        ("test_awaited", "awaited/wrangler.jsonc:1:10"),
        ("test_outside", "outside/wrangler.jsonc:1:10"),
        ("test_marked", 'names "no/such.jsonc"'),
        ("test_code", "entry.py:1:12"),
        ("test_scope", 'knows "test" and "module"'),
        ("test_lost", "did not answer GET /die"),
        ("test_own", "own/wrangler.jsonc:1:10"),
    ],
)
def test_a_mistake_is_shown_without_our_source(run, name, said):
    section = run.section(name)
    assert said in section
    assert "pywrangler/testing" not in section
    assert "site-packages" not in section
    limit = 30 if name in {"test_lost", "test_own", "test_code"} else 12
    assert section.count("\n") <= limit, section


@pytest.mark.processes
def test_the_users_own_frames_stay(run):
    assert 'return workers.first.get("/die")' in run.section("test_lost")
    assert 'request.getfixturevalue("workers")' in run.section("test_own")


@pytest.mark.processes
def test_all_of_it_is_there_on_demand(tmp_path):
    files = {"wrangler.jsonc": '{"main": }\n', "test_it.py": textwrap.dedent(FILES["syntax/test_syntax.py"])}
    run = Run(tmp_path, files, "--fulltrace")
    assert "pywrangler/testing" in run.section("test_syntax")
