from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.config.suggest import distance, misspelt, nearest

KEYS = ("name", "main", "compatibility_date", "compatibility_flags", "vars", "services", "kv_namespaces")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("compatability_date", "compatibility_date"),
        ("compatibilityDate", "compatibility_date"),
        ("mian", "main"),
        ("kv_namespace", "kv_namespaces"),
        ("Services", "services"),
        ("zebra", None),
        ("x", None),
        ("a" * 10_000, None),
    ],
)
def test_the_nearest_key_is_found(typed: str, meant: str | None) -> None:
    assert nearest(typed, KEYS) == meant


@pytest.mark.parametrize(
    ("typed", "other", "is_misspelt"),
    [
        ("bakend", "backend", True),
        ("back-end", "backend", True),
        ("Backend", "backend", True),
        ("message-coordnator", "message-coordinator", True),
        ("worker-a", "worker-b", False),
        ("api-v1", "api-v2", False),
        ("worker1", "worker2", False),
        ("backend", "frontend", False),
        ("backend", "backend-staging", False),
    ],
)
def test_names_that_differ_on_purpose_are_not_misspellings(typed: str, other: str, is_misspelt: bool) -> None:
    assert (misspelt(typed, [other]) == other) is is_misspelt


@given(st.text(max_size=8), st.text(max_size=8))
def test_distance_is_symmetric_and_zero_only_for_equals(left: str, right: str) -> None:
    assert distance(left, right, 8) == distance(right, left, 8)
    assert (distance(left, right, 8) == 0) == (left == right)
