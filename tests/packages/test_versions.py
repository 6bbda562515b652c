"""Ranges of versions, as PEP 440 says what lies in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.packages.versions import clauses, release_of, satisfies


@pytest.mark.parametrize(
    ("range_", "version", "holds"),
    [
        (">=3.11", (3, 11, 0), True),
        (">=3.13", (3, 11, 9), False),
        (">=3.11,<3.14", (3, 14, 0), False),
        (">3.10", (3, 11, 0), True),
        ("==3.11.*", (3, 11, 7), True),
        ("!=3.11.*", (3, 11, 7), False),
        ("~=3.11", (3, 13, 1), True),
        ("~=3.11", (4, 0, 0), False),
        ("~=3.11.2", (3, 11, 9), True),
        ("~=3.11.2", (3, 12, 0), False),
        ("<4", (3, 11, 0), True),
        ("==3.11", (3, 11, 0), True),
        ("!=3.11.3", (3, 11, 3), False),
        ("", (3, 11, 0), True),
        (">=3.12.0rc1", (3, 12, 0), True),
        ("==2.50.5", (2, 50, 5), True),
        ("==2.50.5", (2, 50), False),
        ("==1.0", (1,), True),
        ("==1.0", (1, 0, 0, 0), True),
        (">=1.2.3.4", (1, 2, 3), False),
        ("===1.0", (1, 0, 1), False),
        (">=1!2.0", (2, 1), True),
        ("<2,>=1.4,!=1.5.*", (1, 5, 2), False),
        ("nonsense", (1, 0), True),
        (">=1", (), True),
    ],
)
def test_ranges_of_versions(range_, version, holds):
    assert satisfies(range_, version) is holds


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_range_breaks_the_reader(text):
    assert satisfies(text, (3, 11, 4)) in {True, False}


@pytest.mark.parametrize(
    ("version", "release"),
    [("1.2.3", (1, 2, 3)), ("1.2rc1", (1, 2)), ("v1", (1,)), ("1!2.3+local.4", (2, 3)), ("2024a1", (2024,)), ("x", ())],
)
def test_the_release_of_a_version(version, release):
    assert release_of(version) == release


@pytest.mark.parametrize(
    ("text", "is_range"), [("", True), (">=1, <2", True), ("1.2", False), (">=", False), (",", False)]
)
def test_what_is_a_range(text, is_range):
    assert (clauses(text) is not None) is is_range
