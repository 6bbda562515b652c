"""Copies between tests and Workers, and the messages that carry them."""

from __future__ import annotations

import contextlib
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import CloneError, ProtocolError
from pywrangler.protocol import testing as protocol
from pywrangler.runtime.clone import deserialize, serialize
from pywrangler.testing import functions
from pywrangler.testing.failures import RemoteError, remote_error
from pywrangler.testing.values import decode, encode

moments = st.integers(10**11, 7 * 10**12).map(lambda ms: datetime.fromtimestamp(ms / 1000))  # noqa: DTZ006 - naive
leaves = (
    st.none() | st.booleans() | st.integers() | st.text() | st.binary()
    | st.floats(allow_nan=False).filter(lambda number: not number.is_integer())
)  # fmt: skip


def trees(leaves):
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)


@given(trees(leaves | moments))
def test_what_is_decoded_is_what_was_encoded(value):
    assert decode(encode(value)) == value


@given(trees(leaves))
def test_workers_read_and_write_the_same_values(value):
    assert decode(serialize(deserialize(encode(value)))) == value


@given(st.binary())
def test_garbage_is_no_value(data):
    with contextlib.suppress(CloneError):
        decode(data)


@given(st.binary())
def test_garbage_is_no_task(data):
    for read in (protocol.unpack_task, lambda data: protocol.unpack(data, protocol.Outgoing)):
        try:
            read(data)
        except ProtocolError:
            continue


@pytest.mark.parametrize(
    "task",
    [
        protocol.Call(protocol.Address("object", "C", None, "x"), ("a",), b"1"),
        protocol.Fetch(protocol.Address("entrypoint"), "GET", "/", (("a", "b"),), None),
        protocol.Run(
            protocol.Address("object", "C", "0"),
            protocol.Function("f", 1, "g", "m", True, {"x": protocol.Value(b""), "y": protocol.Named("json", "dumps")}),
            b"",
        ),
        protocol.Queue("q", (protocol.Message("1", b""),)),
        protocol.Reset(),
    ],
)
def test_tasks_come_back_as_they_were(task):
    assert protocol.unpack_task(protocol.pack(task)) == task


@pytest.mark.parametrize(
    ("kind", "builtin"), [("ValueError", ValueError), ("AssertionError", AssertionError), ("OSError", OSError)]
)
def test_an_exception_is_one_of_the_class_that_was_raised(kind, builtin):
    made = remote_error(protocol.Failure(kind, "text", "where"))
    assert isinstance(made, builtin)
    assert isinstance(made, RemoteError)
    assert str(made) == f"{kind}: text"


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "Error", "print", "__import__"])
def test_only_harmless_classes_are_made(kind):
    assert type(remote_error(protocol.Failure(kind, "", ""))) is RemoteError


def test_a_function_is_named_not_sent():
    named = functions.reference(test_a_function_is_named_not_sent)
    assert named.file == __file__
    assert named.name == "test_a_function_is_named_not_sent"
    assert named.needs_module
    assert not functions.reference(lambda instance, state: instance.value).needs_module


def test_a_function_that_uses_itself_is_refused():
    def again(instance, state):
        return again

    with pytest.raises(TypeError, match="uses itself"):
        functions.reference(again)
