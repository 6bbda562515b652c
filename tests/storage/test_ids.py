"""Ids: spec/durable-objects.md, section 1; spec/interop.md, section 6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime.ids import DurableObjectId, check, id_from_name, id_from_string, new_unique_id, unique_key
from pywrangler.runtime.js.errors import JsException

ALICE = "3f1109f46595dd6ceb79fb05a5104089569d8b35e9b7fa6dc0e85a8cde74909a"


def test_a_name_gives_the_id_that_wrangler_derives() -> None:
    assert id_from_name("backend", "PyDO", "alice") == ALICE


def test_the_unique_key_is_worker_and_class() -> None:
    assert unique_key("backend", "PyDO") == "backend-PyDO"


@pytest.mark.parametrize("name", ["", "x" * 5000, "ünï🦄", "\ud800"])
def test_any_string_is_a_name(name: str) -> None:
    found = id_from_name("w", "C", name)
    assert found == id_from_name("w", "C", name) == id_from_string("w", "C", found)


@given(st.text(), st.text())
def test_different_names_give_different_ids(first: str, second: str) -> None:
    assert (id_from_name("w", "C", first) == id_from_name("w", "C", second)) == (first == second)


def test_unique_ids_are_valid_and_differ() -> None:
    ids = {new_unique_id("w", "C") for _ in range(100)}
    assert len(ids) == 100
    assert all(id_from_string("w", "C", found) == found for found in ids)


def test_upper_case_is_normalised() -> None:
    assert id_from_string("backend", "PyDO", ALICE.upper()) == check(ALICE.upper()) == ALICE


@pytest.mark.parametrize("text", ["", "xyz", ALICE[:-1], ALICE + "0", "g" * 64, "\uff10" * 64, " " * 64])
def test_what_is_not_64_hex_digits_is_a_type_error(text: str) -> None:
    with pytest.raises(JsException) as caught:
        id_from_string("backend", "PyDO", text)
    assert str(caught.value) == "TypeError: Invalid Durable Object ID: must be 64 hex digits"


@pytest.mark.parametrize(("worker", "class_name"), [("backend", "Other"), ("other", "PyDO")])
def test_an_id_of_another_namespace_is_a_type_error(worker: str, class_name: str) -> None:
    with pytest.raises(JsException) as caught:
        id_from_string(worker, class_name, ALICE)
    assert str(caught.value) == "TypeError: Durable Object ID is not valid for this namespace."


def test_ids_compare_by_value_with_equals_only() -> None:
    named, parsed = DurableObjectId.new(ALICE, "alice"), DurableObjectId.new(ALICE)
    assert named.equals(parsed)
    assert not named.equals(DurableObjectId.new("0" * 64))
    assert named != parsed
    assert (named.name, parsed.name, parsed.jurisdiction) == ("alice", None, None)
    assert str(named) == named.toString() == ALICE
    with pytest.raises(JsException, match="not of type 'DurableObjectId'"):
        named.equals(ALICE)
