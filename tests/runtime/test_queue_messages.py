"""Bodies of messages, and how messages travel (spec/bindings.md, section 4)."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import CloneError, ProtocolError
from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.primitives import JsBigInt
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_arrays import DataView, Uint8Array, Uint16Array
from pywrangler.runtime.js.values import JsFunction, plain
from pywrangler.runtime.queues.messages import (
    Metrics,
    Queued,
    answer_of,
    content_type_of,
    payload_of,
    read_answer,
    read_body,
    read_payload,
    write_body,
)


def queued(body: bytes, content_type: Any = "text", **fields: Any) -> Queued:
    return Queued("a" * 32, 5.0, content_type, body, **fields)


def through(value: Any, content_type: Any) -> Any:
    return read_body(queued(write_body(value, content_type), content_type))


def cycle() -> Any:
    value = plain({})
    value.self = value
    return value


FUNCTION = JsFunction.new(lambda: 1)


# ---- bodies


def test_json_leaves_out_what_json_has_no_word_for():
    value = plain({"a": 1, "u": None, "n": jsnull, "d": JsDate.new(0), "m": JsMap.new(array([array([1, 2])]))})
    assert stringify(through(value, "json")) == '{"a":1,"n":null,"d":"1970-01-01T00:00:00.000Z","m":{}}'
    assert through(jsnull, "json") is jsnull


def test_text_is_text_lone_surrogates_replaced():
    assert through("Grüße \U0001f600", "text") == "Grüße \U0001f600"
    assert through("a\ud800b", "text") == "a\ufffdb"


def test_bytes_of_a_view_arrive_as_a_buffer():
    shared = Uint8Array.from_bytes(b"abcdef").buffer
    arrived = through(Uint8Array.new(shared, 1, 3), "bytes")
    assert type(arrived) is ArrayBuffer
    assert arrived.to_bytes() == b"bcd"
    assert through(Uint16Array.new(array([1, 2])), "bytes").byteLength == 4
    assert through(DataView.new(shared), "bytes").to_bytes() == b"abcdef"


def test_structured_clones_keep_maps_and_dates():
    arrived = through(JsMap.new(array([array(["when", JsDate.new(7)])])), "v8")
    assert isinstance(arrived, JsMap)
    assert arrived.get("when").getTime() == 7


def test_each_reading_gives_a_new_value():
    message = queued(write_body(plain({"a": 1}), "json"), "json")
    assert read_body(message) is not read_body(message)


@pytest.mark.parametrize(
    ("value", "content_type", "problem"),
    [
        (5, "text", 'TypeError: Content Type "text" requires a value of type string, but received: number'),
        (True, "text", 'TypeError: Content Type "text" requires a value of type string, but received: boolean'),
        (jsnull, "text", 'TypeError: Content Type "text" requires a value of type string, but received: object'),
        (plain({}), "text", 'TypeError: Content Type "text" requires a value of type string, but received: object'),
        (FUNCTION, "text", 'TypeError: Content Type "text" requires a value of type string, but received: function'),
        (
            "x",
            "bytes",
            'TypeError: Content Type "bytes" requires a value of type ArrayBufferView, but received: string',
        ),
        (
            ArrayBuffer.from_bytes(b"x"),
            "bytes",
            'TypeError: Content Type "bytes" requires a value of type ArrayBufferView, but received: object',
        ),
        (None, "json", "TypeError: Message body cannot be undefined"),
        (None, "v8", "TypeError: Message body cannot be undefined"),
        (FUNCTION, "json", "Error: Unknown Internal Error (15000)"),
        (cycle(), "json", "TypeError: Converting circular structure to JSON"),
        (JsBigInt(5), "json", "TypeError: Do not know how to serialize a BigInt"),
    ],
)
def test_what_a_content_type_cannot_hold_is_refused(value, content_type, problem):
    with pytest.raises(JsException) as caught:
        write_body(value, content_type)
    assert str(caught.value).startswith(problem)


def test_functions_have_no_structured_clone():
    with pytest.raises(JsException) as caught:
        write_body(FUNCTION, "v8")
    assert caught.value.name == "DataCloneError"


@pytest.mark.parametrize(("given", "known"), [("json", "json"), ("TEXT", "text"), ("Bytes", "bytes"), ("v8", "v8")])
def test_content_types_have_any_case(given, known):
    assert content_type_of(given) == known


@pytest.mark.parametrize(("given", "shown"), [("zz", "zz"), ("", ""), (jsnull, "null"), (5, "5")])
def test_other_content_types_are_unsupported(given, shown):
    with pytest.raises(JsException) as caught:
        content_type_of(given)
    assert str(caught.value) == f"TypeError: Unsupported queue message content type: {shown}"


@given(st.sampled_from(["json", "text", "bytes", "v8"]), st.binary(max_size=200))
def test_a_body_of_any_bytes_is_read_or_refused(content_type, body):
    with contextlib.suppress(CloneError, JsException):
        read_body(queued(body, content_type))


# ---- between hosts


MESSAGES = st.builds(
    Queued,
    st.text(max_size=40),
    st.floats(0, 1e14),
    st.sampled_from(["json", "text", "bytes", "v8"]),
    st.binary(max_size=50),
    st.integers(1, 100),
    st.floats(0, 1e12),
)


@given(st.text(max_size=20), st.lists(MESSAGES, max_size=5))
def test_messages_arrive_as_they_were_sent(queue, messages):
    assert read_payload(payload_of(queue, messages)) == (queue, messages)
    packed = payload_of(queue, messages)
    assert read_payload({**packed, "messages": memoryview(packed["messages"])}) == (queue, messages)


@given(st.binary(max_size=200))
def test_payloads_of_any_bytes_are_read_or_refused(packed):
    try:
        _queue, messages = read_payload({"queue": "q", "messages": packed})
    except ProtocolError:
        return
    assert all(isinstance(message, Queued) for message in messages)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"queue": 5, "messages": b"\x90"},
        {"queue": "q", "messages": "text"},
        {"queue": "q", "messages": msgspec.msgpack.encode([queued(b"", due=float("nan"))])},
        {"queue": "q", "messages": msgspec.msgpack.encode([queued(b"", attempts=0)])},
        {"queue": "q", "messages": msgspec.msgpack.encode([["id", 1.0, "other type", b""]])},
    ],
)
def test_malformed_payloads_are_refused(payload):
    with pytest.raises(ProtocolError):
        read_payload(payload)


def test_metrics_travel_and_nobody_has_none():
    assert read_answer(answer_of(Metrics(2, 9, 5.0))) == Metrics(2, 9, 5.0)
    assert read_answer(None) == Metrics(0, 0, None)


def test_metrics_tell_of_the_oldest_message_if_there_is_one():
    assert stringify(Metrics(0, 0).to_js()) == '{"backlogCount":0,"backlogBytes":0}'
    shown = Metrics(2, 9, 5.0).to_js()
    assert (shown.backlogCount, shown.backlogBytes, shown.oldestMessageTimestamp.getTime()) == (2, 9, 5)
