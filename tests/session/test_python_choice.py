from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import StartError
from pywrangler.session.pyproject import Project
from pywrangler.session.python_choice import Asked, Interpreter, asked_by, choose, pinned_version, version_of

RUNNING = Interpreter("/running", (3, 11, 7))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.12", (3, 12)),
        ("3.12.4\n", (3, 12, 4)),
        ("# production\n\n3.13 # now\n3.11\n", (3, 13)),
        ("cpython-3.12", (3, 12)),
        ("cpython@3.12", (3, 12)),
        ("python3.12", (3, 12)),
        ("3", (3,)),
        ("pypy3.10", ()),
        ("my-environment", ()),
        ("/usr/bin/python3", ()),
        ("3.13t", ()),
        (">=3.12", ()),
        ("", ()),
    ],
)
def test_a_version_file_names_a_version_or_nothing(text, version):
    assert pinned_version(text) == version


@given(st.text())
def test_any_version_file_is_borne(text):
    assert all(isinstance(part, int) for part in pinned_version(text))


@pytest.mark.parametrize(
    ("pinned", "range_", "takes", "not_"),
    [
        ("", "", [(3, 11, 0), (3, 14, 0)], [(3, 10, 9)]),
        ("", ">=3.9", [(3, 11, 0)], [(3, 10, 9)]),
        ("", ">=3.12,<3.14", [(3, 12, 0), (3, 13, 5)], [(3, 11, 7), (3, 14, 0)]),
        ("3.13", ">=3.11", [(3, 13, 0)], [(3, 12, 0)]),
        ("3.13.1", "", [(3, 13, 1)], [(3, 13, 0)]),
    ],
)
def test_file_and_range_count_together(tmp_path, pinned, range_, takes, not_):
    if pinned:
        (tmp_path / ".python-version").write_text(pinned)
    asked = asked_by(Project(tmp_path / "pyproject.toml", (), requires_python=range_))
    assert [version for version in (*takes, *not_) if asked.takes(version)] == takes


@pytest.mark.parametrize(
    ("pinned", "range_", "says"),
    [
        ("", "<3.11", "needs 3.11 or newer"),
        ("", "==3.10.*", "needs 3.11 or newer"),
        ("3.10", "", "needs 3.11 or newer"),
        ("3.12", ">=3.13", 'requires-python is ">=3.13"'),
    ],
)
def test_what_no_version_can_fulfil_is_refused(tmp_path, pinned, range_, says):
    if pinned:
        (tmp_path / ".python-version").write_text(pinned)
    with pytest.raises(StartError, match=says):
        asked_by(Project(tmp_path / "pyproject.toml", (), requires_python=range_))


def test_a_version_file_counts_up_to_the_root_of_the_repository(tmp_path):
    (tmp_path / ".python-version").write_text("3.12")
    inner = tmp_path / "repository" / "worker"
    inner.mkdir(parents=True)
    project = Project(inner / "pyproject.toml", ())
    assert asked_by(project).pinned == (3, 12)
    (tmp_path / "repository" / ".git").mkdir()
    assert asked_by(project).pinned == ()


def programs(directory: Path, **versions: str) -> str:
    """Make programs that say a version, or fail; return the search path."""
    directory.mkdir()
    for name, said in versions.items():
        path = directory / name.replace("_", ".")
        path.write_text(f"#!/bin/sh\n{f'echo {said}' if said else 'exit 127'}\n")
        path.chmod(0o755)
    return str(directory)


@pytest.mark.parametrize(
    ("there", "range_", "chosen"),
    [
        ({"python3_13": "3 13 1 cpython"}, ">=3.11", "/running"),
        ({"python3_12": "3 12 1 cpython", "python3_13": "3 13 1 cpython"}, ">=3.12", "python3.13"),
        # A shim of pyenv has the name, and not the version.
        ({"python3_13": "", "python3_12": "3 12 1 cpython"}, ">=3.12", "python3.12"),
        ({"python3_13": "3 11 0 cpython"}, ">=3.12", None),
        ({"python3_13": "3 13 0 pypy"}, ">=3.12", None),
        ({"python3": "3 12 1 cpython"}, ">=3.12", "python3"),
        ({"python": "3 12 1 cpython"}, ">=3.12", "python"),
        ({"python3_40": "3 40 0 cpython"}, ">=3.12", None),
        ({}, ">=3.12", None),
    ],
)
def test_an_interpreter_is_believed_only_after_it_ran(tmp_path, there, range_, chosen):
    search_path = programs(tmp_path / "bin", **there)
    found = choose(Asked(range_), {"PATH": search_path}, tmp_path, version_of, RUNNING)
    assert (found and (found.path if found == RUNNING else Path(found.path).name)) == chosen


def test_what_pyenv_has_is_found_where_its_shims_lie(tmp_path):
    installed = tmp_path / ".pyenv" / "versions" / "3.12.9" / "bin"
    installed.parent.mkdir(parents=True)
    programs(installed, python="3 12 9 cpython")
    found = choose(Asked(">=3.12"), {"PATH": ""}, tmp_path, version_of, RUNNING)
    assert found == Interpreter(str(installed / "python"), (3, 12, 9))


def test_the_version_of_this_python_is_known():
    assert version_of(sys.executable) == sys.version_info[:3]
    assert version_of("/no/such/python") is None
