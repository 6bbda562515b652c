"""What copying makes of values: into storage, and with either face (spec/workers-module.md, section 9)."""

from __future__ import annotations

import enum
import http
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import CloneError
from pywrangler.runtime.clone import deserialize, freeze, serialize, unpack
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.regexp import JsRegExp
from pywrangler.runtime.js.typed_arrays import ArrayBuffer, Float64Array, Uint8Array
from pywrangler.runtime.js.values import JsArray, JsBigInt, JsMap, JsObject, JsSet

NAIVE = datetime(2020, 5, 6, 7, 8, 9, 123000)  # noqa: DTZ001 - dates are naive local time here
IMPORTER: Any = None


class Custom:
    """A class of user code."""


class Color(enum.IntEnum):
    """An int to everybody but Python."""

    RED = 3


def there_and_back(value: Any) -> Any:
    return deserialize(serialize(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None), (jsnull, None), (2.0, 2), (2**60, 2**60), (Color.RED, 3), (http.HTTPMethod.GET, "GET"),
        ({1: {None: 2}}, {"1": {"undefined": 2}}), (NAIVE, NAIVE),
        (datetime(2020, 1, 1, tzinfo=UTC), datetime.fromtimestamp(1577836800)),  # noqa: DTZ006 - likewise
        (JsObject.new(a=None, b=jsnull), {"a": None, "b": None}), (JsArray.new(1, "x"), [1, "x"]),
        (JsMap.new([JsArray.new("k", 1)]), {"k": 1}), (JsSet.new([1, 2]), {1, 2}), (JsBigInt(5), 5),
        (JsDate.new(1000), datetime.fromtimestamp(1)),  # noqa: DTZ006 - likewise
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_values_come_back_with_pythons_face(value: Any, expected: Any) -> None:
    result = there_and_back(value)
    assert result == expected
    assert type(result) is (JsDict if type(expected) is dict else type(expected))


def test_buffers_come_back_as_memoryviews_of_their_kind() -> None:
    doubles = Float64Array.new(JsArray.new(1.5, 2.5))
    assert list(there_and_back(doubles)) == [1.5, 2.5]
    assert bytes(there_and_back(ArrayBuffer.from_bytes(b"ab"))) == b"ab"
    result = there_and_back([b"ab", memoryview(b"cd")])
    assert [bytes(part) for part in result] == [b"ab", b"cd"]
    result[0][0] = 0x7A  # the copy is the receiver's own
    assert bytes(result[0]) == b"zb"


def test_errors_come_back_as_exceptions() -> None:
    result = there_and_back([ValueError("py"), JsException("TypeError", "js")])
    assert [(type(error), str(error)) for error in result] == [(Exception, "Error: py"), (Exception, "TypeError: js")]


def test_javascripts_face_has_javascripts_classes() -> None:
    data = serialize({
        "list": [None], "set": {1}, "map": JsMap.new([JsArray.new(JsObject.new(), 1)]), "date": NAIVE, "big": 2**70,
        "bytes": b"xy", "error": JsException("RangeError", "r", "", {"code": 1}), "re": JsRegExp.new("a", "g"),
    })  # fmt: skip
    value = deserialize(data, "js")
    assert type(value) is JsObject
    assert type(value.list) is JsArray
    assert value.list[0] is jsnull
    assert isinstance(value.set, JsSet)
    assert value.map.size == 1
    assert isinstance(value.date, JsDate)
    assert type(value.big) is JsBigInt
    assert (type(value.bytes), value.bytes.to_bytes()) == (Uint8Array, b"xy")
    assert (value.error.name, value.error.message, value.error.code) == ("RangeError", "r", 1)
    assert (value.re.source, value.re.flags) == ("a", "g")


@pytest.mark.parametrize("value", [Custom(), 1j, range(3), object(), len, lambda: None, Custom, JsProxy.new()])
def test_what_cannot_be_cloned_is_a_data_clone_error(value: Any) -> None:
    with pytest.raises(JsException) as caught:
        serialize({"nested": [value]})
    assert caught.value.name == "DataCloneError"
    assert caught.value.message.endswith("This type does not support serialization.")


def test_the_class_is_named_in_the_error() -> None:
    with pytest.raises(JsException, match=r'^DataCloneError: Could not serialize object of type "Custom"\.'):
        serialize(Custom())


async def _coroutine() -> None: ...


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: (1,), "<class 'tuple'>"),
        (lambda: bytearray(b"x"), "<class 'bytearray'>"),
        (_coroutine, "Awaitable <class 'coroutine'>"),
    ],
)
def test_what_the_sdk_refuses_is_a_type_error(make: Any, name: str) -> None:
    value = make()
    with pytest.raises(TypeError) as caught:
        serialize([value])
    assert str(caught.value) == f"{name} cannot be sent over RPC."
    if hasattr(value, "close"):
        value.close()


def test_too_deep_a_value_is_the_platforms_range_error() -> None:
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    for copy in (serialize, freeze):
        with pytest.raises(JsException, match="RangeError: Maximum call stack size exceeded"):
            copy(value)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\x0fD\x00\x00\x00\x00\x00\x00\xf0\x7f", b"\xff\x0f;o{\x00I\x02:\x02", b"\xff\x0f'A\x00$\x00\x00,\x01"],
)
def test_what_python_cannot_hold_is_a_clone_error(data: bytes) -> None:
    with pytest.raises(CloneError):
        deserialize(data)


# ---- plain trees take the short way ----------------------------------------------------------------------

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text() | st.floats(allow_nan=False),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


@given(plain)
def test_both_ways_agree(value: Any) -> None:
    frozen = freeze([value])
    assert not frozen.externals
    travelled = unpack(frozen.wire(), "python", IMPORTER)
    assert travelled == there_and_back([value]) == freeze([value]).thaw("python", IMPORTER)
    assert _types(travelled) == _types(there_and_back([value])) == _types(freeze([value]).thaw("python", IMPORTER))


def _types(value: Any) -> Any:
    if isinstance(value, list):
        return [_types(item) for item in value]
    if isinstance(value, dict):
        return (type(value), {key: _types(item) for key, item in value.items()})
    return type(value)


def test_plain_trees_travel_as_messagepack_and_others_as_v8() -> None:
    assert freeze([1, "a"]).wire()[0] == 0
    assert freeze([{"a": 1}]).wire()[0] == 1
    shared = [1]
    for value in ([shared, shared], {1: 2}, [b"x"], [2**60], ["\ud800"]):
        assert freeze(value).wire()[:2] == b"\xff\x0f"


def test_none_means_undefined_in_javascripts_values() -> None:
    assert unpack(freeze([None], script=True).wire(), "js", IMPORTER)[0] is None
    assert unpack(freeze([None]).wire(), "js", IMPORTER)[0] is jsnull


@given(st.binary(max_size=100))
def test_garbage_on_the_wire_is_a_clone_error(data: bytes) -> None:
    for first in (b"\x00", b"\x01", b"\xff\x0f", b""):
        try:
            unpack(first + data, "python", IMPORTER)
        except CloneError:
            continue


@given(st.integers(0, 4_102_444_800_000))
def test_a_date_keeps_its_milliseconds(milliseconds: int) -> None:
    when = datetime.fromtimestamp(milliseconds / 1000)  # noqa: DTZ006 - naive is local time, as the platform has it
    read = deserialize(serialize(when))
    assert round(read.timestamp() * 1000) == milliseconds


@pytest.mark.parametrize(("name", "value"), [("Number", 5), ("Number", -0.5), ("String", "é"), ("Boolean", False)])
def test_objects_that_stand_for_primitives_are_copied_as_such(name: str, value: Any) -> None:
    import js

    copy = deserialize(serialize(getattr(js, name).new(value)), "js")
    assert isinstance(copy, JsProxy)
    assert (type(copy).name, copy.valueOf()) == (name, value)
    assert deserialize(serialize(copy)) == value
    assert type(deserialize(serialize(copy))) is type(value)
