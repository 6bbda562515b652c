"""The locks fit the ranges of pyproject.toml: nobody changed the one and forgot the other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
BUILD = [Requirement(text) for text in PROJECT["dependency-groups"]["build"]]
DEV = [Requirement(text) for text in PROJECT["dependency-groups"]["dev"] if isinstance(text, str)]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\\]+?))?(?: \\)?$")


def pins(name):
    """Return package -> version of a lock; a package has one version for all Pythons."""
    found = {}
    for line in (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith((" ", "#")):
            continue
        match = PIN.match(line)
        assert match, line
        assert match[1] not in found, f"{match[1]} is there twice"
        found[match[1]] = Version(match[2])
    return found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("runtime", RUNTIME + BUILD), ("dev", RUNTIME + BUILD + DEV), ("lowest", RUNTIME + BUILD + DEV)],
)
def test_a_lock_has_what_the_ranges_ask_for(name, wanted):
    found = pins(name)
    for requirement in wanted:
        version = found[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}: make lock"


def test_users_and_developers_run_the_same_versions():
    assert pins("runtime").items() <= pins("dev").items()


def test_the_lowest_lock_has_the_lower_bounds():
    found = pins("lowest")
    for requirement in RUNTIME:
        (bound,) = [item.version for item in requirement.specifier if item.operator == ">="]
        locked = found[canonicalize_name(requirement.name)]
        assert str(locked).startswith(bound), f"{requirement} is locked at {locked}: make lock"


@pytest.mark.parametrize("name", ["runtime", "dev", "lowest"])
def test_every_version_has_hashes_and_no_place_of_its_own(name):
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|file:|^-", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("python", "system", "machine", "expected"),
    [
        ("3.11", "linux", "x86_64", True),
        ("3.13", "linux", "aarch64", True),
        ("3.13", "darwin", "arm64", True),
        ("3.14", "linux", "x86_64", True),
        ("3.14", "darwin", "arm64", True),
        ("3.14", "linux", "aarch64", False),
        ("3.14", "darwin", "x86_64", False),
    ],
)
def test_the_engine_of_htmlrewriter_is_installed_where_it_has_a_wheel(python, system, machine, expected):
    """By the files of python-lolhtml 0.1.0 on the package index."""
    (requirement,) = [item for item in RUNTIME if item.name == "python-lolhtml"]
    environment = {
        "python_version": python, "sys_platform": system, "platform_machine": machine,
        "platform_python_implementation": "CPython",
    }  # fmt: skip
    assert Marker(str(requirement.marker)).evaluate(environment) is expected
