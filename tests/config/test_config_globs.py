"""Patterns of bundling match as in wrangler: the table is what its matcher says, not what we make of it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywrangler.config.globs import matches

PATHS = (
    "a.pyc",
    "foo/a.pyc",
    "foo/bar/a.pyc",
    "a.txt",
    "foo/a.txt",
    "foo",
    "foo/",
    "foo/x",
    "foo/bar/x.py",
    "foo.py",
    "foobar",
    "barfoo",
    "x/barfoo",
    "a/b",
    "a/c/b",
    "a/c/d/b",
    "a.py",
    "{a,b}.py",
    "[ab].py",
    "a?b.py",
    "axb.py",
    "pkg-1.dist-info/METADATA",
    "pkg/tests/t.py",
    "tests/t.py",
    "pkg/mytests/t.py",
    "x",
    "y/x",
    "a/***/b",
    ".hidden",
    "foo/.hidden",
    "!x",
    "/foo",
    "a+b",
    "x/yy",
    "x/z/y",
    "./foo/x",
    "foo*",
    "pkg/a.{py,txt}",
)
# The paths that `globToRegexp(glob, {globstar: true})` of wrangler 4.164.0 (wrangler-dist/cli.js) matches, run by
# Node.js 22.23 for each pattern and path.
FITS: dict[str, list[str]] = {
    "**/*.pyc": ["a.pyc", "foo/a.pyc", "foo/bar/a.pyc"],
    "**/*": [*PATHS],
    "*": [
        "a.pyc",
        "a.txt",
        "foo",
        "foo.py",
        "foobar",
        "barfoo",
        "a.py",
        "{a,b}.py",
        "[ab].py",
        "a?b.py",
        "axb.py",
        "x",
        ".hidden",
        "!x",
        "a+b",
        "foo*",
    ],
    "*.txt": ["a.txt"],
    "foo/**": ["foo/a.pyc", "foo/bar/a.pyc", "foo/a.txt", "foo/", "foo/x", "foo/bar/x.py", "foo/.hidden"],
    "foo/**/*": ["foo/a.pyc", "foo/bar/a.pyc", "foo/a.txt", "foo/", "foo/x", "foo/bar/x.py", "foo/.hidden"],
    "foo**": ["foo", "foo.py", "foobar", "foo*"],
    "**foo": ["foo", "barfoo"],
    "a/**/b": ["a/b", "a/c/b", "a/c/d/b", "a/***/b"],
    "**": [*PATHS],
    "foo/*": ["foo/a.pyc", "foo/a.txt", "foo/", "foo/x", "foo/.hidden"],
    "foo/*/x.py": ["foo/bar/x.py"],
    "{a,b}.py": ["{a,b}.py"],
    "[ab].py": ["[ab].py"],
    "a?b.py": ["a?b.py"],
    "./foo/*": ["./foo/x"],
    "foo": ["foo"],
    "foo/": ["foo/"],
    "*.dist-info/**": ["pkg-1.dist-info/METADATA"],
    "**/tests/**": ["pkg/tests/t.py", "tests/t.py"],
    "**/*.{py,txt}": ["pkg/a.{py,txt}"],
    "***/x": ["foo/x", "x", "y/x", "./foo/x"],
    "a/***/b": ["a/b", "a/c/b", "a/c/d/b", "a/***/b"],
    "**/.*": [".hidden", "foo/.hidden"],
    "!x": ["!x"],
    "/foo": ["/foo"],
    "a+b": ["a+b"],
    "**.py": ["foo.py", "a.py", "{a,b}.py", "[ab].py", "a?b.py", "axb.py"],
    "x/**y": ["x/yy"],
}


@pytest.mark.parametrize("glob", FITS)
def test_a_pattern_fits_what_wrangler_says(glob: str) -> None:
    assert [path for path in PATHS if matches(glob, path)] == FITS[glob]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine under load is no defect
@given(st.text(alphabet="ab/.*?[]{}()|+^$\\", max_size=12), st.text(alphabet="ab/.", max_size=12))
def test_no_pattern_breaks_the_matcher(glob: str, path: str) -> None:
    assert matches(glob, path) in {True, False}
    if "*" not in glob:
        assert matches(glob, path) is (glob == path)


def test_many_wildcards_take_no_time() -> None:
    assert not matches("*a" * 200 + "b", "a" * 400)
    assert not matches("**/a/" * 200 + "b", "a/" * 400)
