from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import ConfigError
from pywrangler.session import lock_files

# Written by uv 0.13.9 (`uv export --format pylock.toml`), shortened.
PYLOCK = """\
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "anyio"
version = "4.16.0"
index = "https://pypi.org/simple"
wheels = [{ url = "https://files.pythonhosted.org/anyio-4.16.0-py3-none-any.whl", hashes = { sha256 = "c66" } }]

[[packages]]
name = "Typing_Extensions"
version = "4.16.0"
marker = "python_full_version < '3.15'"

[[packages]]
name = "grouped"
version = "1.0"
marker = "'dev' in dependency_groups"

[[packages]]
name = "fork"
vcs = { type = "git", url = "https://example.com/fork.git", commit-id = "abc", subdirectory = "x" }

[[packages]]
name = "archive"
archive = { url = "https://example.com/archive-1.tar.gz", hashes = { sha256 = "0" } }

[[packages]]
name = "here"
directory = { path = ".", editable = true }
"""

# Written by uv 0.13.9 (`uv lock`), shortened.
UV_LOCK = """\
version = 1
revision = 5
requires-python = ">=3.11"

[[package]]
name = "anyio"
version = "4.1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "idna" }]

[[package]]
name = "numpy"
version = "1.26.4"
source = { registry = "https://pypi.org/simple" }
resolution-markers = ["python_full_version < '3.12'"]

[[package]]
name = "numpy"
version = "2.2.0"
source = { registry = "https://pypi.org/simple" }
resolution-markers = ["python_full_version >= '3.13'", "python_full_version == '3.12.*'"]

[[package]]
name = "fork"
version = "2"
source = { git = "https://example.com/fork.git?subdirectory=python&rev=main#0123abc" }

[[package]]
name = "direct"
version = "1"
source = { url = "https://example.com/direct-1-py3-none-any.whl" }

[[package]]
name = "lib"
version = "0"
source = { editable = "lib" }

[[package]]
name = "me"
version = "0"
source = { virtual = "." }
"""


def read(directory, **files):
    for name, text in files.items():
        (directory / name.replace("_", ".")).write_text(text)
    return lock_files.read(directory)


def test_a_pylock_pins_versions_commits_and_archives(tmp_path):
    assert read(tmp_path, pylock_toml=PYLOCK).lines() == [
        "anyio==4.16.0",
        "typing-extensions==4.16.0 ; python_full_version < '3.15'",
        "grouped==1.0",
        "fork @ git+https://example.com/fork.git@abc#subdirectory=x",
        "archive @ https://example.com/archive-1.tar.gz",
    ]


def test_a_lock_of_uv_pins_the_same(tmp_path):
    assert read(tmp_path, uv_lock=UV_LOCK).lines() == [
        "anyio==4.1.0",
        "numpy==1.26.4 ; python_full_version < '3.12'",
        "numpy==2.2.0 ; (python_full_version >= '3.13') or (python_full_version == '3.12.*')",
        "fork @ git+https://example.com/fork.git@0123abc#subdirectory=python",
        "direct @ https://example.com/direct-1-py3-none-any.whl",
    ]


def test_of_two_locks_the_pylock_counts_where_it_names_a_package(tmp_path):
    pins = read(tmp_path, pylock_toml=PYLOCK, uv_lock=UV_LOCK)
    assert [path.name for path in pins.files] == ["pylock.toml", "uv.lock"]
    assert "anyio==4.16.0" in pins.lines()
    assert "anyio==4.1.0" not in pins.lines()
    assert "direct @ https://example.com/direct-1-py3-none-any.whl" in pins.lines()


def test_the_lock_of_a_workspace_lies_at_its_root(tmp_path):
    member = tmp_path / "packages" / "api"
    member.mkdir(parents=True)
    (tmp_path / "uv.lock").write_text(UV_LOCK)
    assert lock_files.read(member).files == ()
    (tmp_path / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    assert lock_files.read(member).files == (tmp_path / "uv.lock",)


@pytest.mark.parametrize(
    ("requirement", "replaced"),
    [
        ("fork @ git+https://example.com/fork.git@main", "fork @ git+https://example.com/fork.git@abc#subdirectory=x"),
        (
            "Fork[x] @ git+https://y ; os_name == 'a'",
            "fork[x] @ git+https://example.com/fork.git@abc#subdirectory=x ; os_name == 'a'",
        ),
        ("anyio>=3", "anyio>=3"),
        ("-e /lib # fork", "-e /lib # fork"),
    ],
)  # fmt: skip
def test_a_branch_that_is_asked_for_becomes_the_commit_that_is_locked(tmp_path, requirement, replaced):
    assert read(tmp_path, pylock_toml=PYLOCK).replaced(requirement) == replaced


def test_what_no_lock_names_is_told(tmp_path):
    pins = read(tmp_path, pylock_toml=PYLOCK)
    assert pins.unknown(["anyio", "httpx>=1", "-e /x # y", "z @ https://z"]) == ["httpx"]
    assert lock_files.Pins().unknown(["httpx"]) == []


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("pylock.toml", "", "is no lock file"),
        ("pylock.toml", 'lock-version = "2.0"\n', "known is 1"),
        ("uv.lock", "version = 9\n", "known is 1"),
        ("pylock.toml", 'lock-version = "1.0"\npackages = 1\n', "no list of packages"),
        ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nversion = "1"\n', "without a name"),
        ("pylock.toml", 'lock-version = "1.0"\n[[packages]]\nname = "x"\nversion = "1 2"\n', "than a version for x"),
        ("uv.lock", 'version = 1\n[[package]]\nname = "x"\nversion = "1"\n', "than a version for x"),
        ("uv.lock", 'version = 1\n[[package]]\nname = "x"\nsource = { git = "https://[" }\n', "than a version for x"),
        ("uv.lock", "version = \n", "Invalid value"),
    ],
)
def test_a_lock_that_cannot_be_read_stops_everything_with_its_place(tmp_path, name, text, says):
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=says) as caught:
        lock_files.read(tmp_path)
    assert caught.value.problems[0].place.path == tmp_path / name


TABLES = st.recursive(
    st.one_of(st.text(), st.integers(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "version", "source", "git", "url", "vcs", "archive", "resolution-markers"]),
            inner,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.sampled_from(["pylock.toml", "uv.lock"]), st.lists(TABLES, max_size=4))
def test_any_lock_gives_lines_without_breaks_or_an_error(tmp_path_factory, name, packages):
    tomli_w = pytest.importorskip("tomli_w")
    path = tmp_path_factory.mktemp("lock") / name
    head = (
        {"lock-version": "1.0", "packages": packages} if name == "pylock.toml" else {"version": 1, "package": packages}
    )
    path.write_text(tomli_w.dumps(head), encoding="utf-8")
    with contextlib.suppress(ConfigError):
        for line in lock_files.read(path.parent).lines():
            assert line.splitlines() == [line]
            assert not line.startswith("-")


@given(st.binary())
def test_any_bytes_are_a_lock_or_an_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("lock") / "uv.lock"
    path.write_bytes(content)
    with contextlib.suppress(ConfigError):
        lock_files.read(path.parent)
