"""`--mock BINDING=FILE`: which binding it means, and what is wrong with it."""

from __future__ import annotations

import json

import pytest

from pywrangler.config.overrides import Overrides
from pywrangler.config.resolve import resolve
from pywrangler.errors import ConfigError

CONFIG = {
    "name": "poet",
    "main": "entry.py",
    "compatibility_date": "2026-06-10",
    "compatibility_flags": ["python_workers"],
    "ai": {"binding": "AI"},
    "vectorize": [{"binding": "INDEX", "index_name": "poems"}],
}


@pytest.fixture
def read(tmp_path):
    (tmp_path / "wrangler.jsonc").write_text(json.dumps(CONFIG, indent=1))
    (tmp_path / "entry.py").touch()
    (tmp_path / "ai.py").touch()

    def read(*mocks: str):
        overrides = Overrides(mocks=mocks)
        return resolve(None, cwd=tmp_path, environment=None, overrides=overrides, process_environment={})

    return read


def test_the_file_stands_for_the_binding_and_nobody_is_warned_of_it(read, tmp_path):
    found = read("AI=ai.py")
    mocks = {binding.name: binding.mock for binding in found.workers[0].worker.others}
    assert mocks == {"AI": tmp_path / "ai.py", "INDEX": None}
    assert [(item.code, '"INDEX"' in item.what) for item in found.warnings] == [("account-only", True)]


def test_without_a_mock_the_warning_tells_how_to_have_one(read):
    assert any("--mock AI=FILE" in item.remedy for item in read().warnings)


@pytest.mark.parametrize(
    ("given", "what", "remedy"),
    [
        ("AJ=ai.py", 'names the binding "AJ", which poet does not have', 'Did you mean "AI"?'),
        ("SOMETHING=ai.py", "which poet does not have", "It has: INDEX, AI."),
        ("AI=nope.py", "is not there", "Paths start at"),
        ("AI", "is not BINDING=FILE", "--mock AI="),
        ("=ai.py", "is not BINDING=FILE", "--mock AI="),
        ("AI=", "is not BINDING=FILE", "--mock AI="),
    ],
)
def test_what_is_wrong_is_said(read, given, what, remedy):
    with pytest.raises(ConfigError) as caught:
        read(given)
    problem = next(item for item in caught.value.problems if item.code == "mock")
    assert what in problem.what
    assert remedy in problem.remedy


def test_a_database_that_is_mocked_needs_no_connection(tmp_path):
    hyperdrive = [{"binding": "DB", "id": "x"}]
    (tmp_path / "wrangler.jsonc").write_text(json.dumps({**CONFIG, "hyperdrive": hyperdrive}))
    (tmp_path / "entry.py").touch()
    (tmp_path / "db.py").touch()
    for mocks, codes in ((), {"hyperdrive"}), (("DB=db.py",), set()):
        try:
            found = resolve(
                None, cwd=tmp_path, environment=None, overrides=Overrides(mocks=mocks), process_environment={}
            ).warnings
        except ConfigError as error:
            found = error.problems
        assert {item.code for item in found} - {"account-only"} == codes
