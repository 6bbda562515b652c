"""Frames between hosts: whatever is sent arrives, however it is cut; whatever is malformed is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pywrangler.errors import FrameError, ProtocolError
from pywrangler.protocol import channel
from pywrangler.protocol.channel import (
    FRAME_LIMIT_BYTES,
    HEADER,
    Address,
    Call,
    Close,
    Delivery,
    Event,
    Failure,
    Fetch,
    FrameDecoder,
    Goodbye,
    Hello,
    Kind,
    Release,
    Response,
    Result,
    Taken,
    Welcome,
)

ADDRESS = Address("object", "Counter", "ab" * 32, None, b"")
MESSAGES: list[tuple[Kind, Any]] = [
    (Kind.HELLO, Hello(1, "own", "other", "token")),
    (Kind.WELCOME, Welcome(1, "other", "instance")),
    (Kind.GOODBYE, Goodbye("version", "", 2)),
    (Kind.CALL, Call(ADDRESS, 0, ("method",), "python", b"\x00\x90", (("stub", 3),))),
    (Kind.CALL, Call(None, 9, (), "js", b"\xff\x0f0", ())),
    (Kind.FETCH, Fetch(ADDRESS, "POST", "https://h/", [("a", "b"), ("a", "c")], b"body", 4, b"", "follow")),
    (Kind.FETCH, Fetch(ADDRESS, "GET", "https://h/", [], None, None, b"", "manual")),
    (Kind.EVENT, Event(ADDRESS, "queue", b"\x01\x80")),
    (Kind.RESULT, Result(b"\x00\xc0", ())),
    (Kind.RESPONSE, Response(200, "OK", [("x", "y")], True, None, "", False, False, "")),
    (Kind.ERROR, Failure("TypeError", "wrong", "stack", b"")),
    (Kind.ABORT, Failure("Error", "broken", "", b"")),
    (Kind.CLOSE, Close(None, "")),
    (Kind.CLOSE, Close(4000, "é")),
    (Kind.TAKEN, Taken(True, "key")),
    (Kind.RELEASE, Release(7, 1)),
]
EMPTY = (Kind.END, Kind.CANCEL_BODY, Kind.DROP, Kind.TAKE, Kind.GOAWAY)


def encoded() -> tuple[bytes, list[tuple[Kind, int, Any]]]:
    """Return a stream with every kind of frame, and what it holds."""
    frames = [(kind, number, message) for number, (kind, message) in enumerate(MESSAGES)]
    parts = [channel.frame(*frame) for frame in frames]
    for kind in EMPTY:
        frames.append((kind, 5, None))
        parts.append(channel.raw_frame(kind, 5))
    for kind, payload, content in ((Kind.DATA, b"\x00\xff", b"\x00\xff"), (Kind.TEXT, "é".encode(), "é")):
        frames.append((kind, 6, content))
        parts.append(channel.raw_frame(kind, 6, payload))
    frames.append((Kind.BINARY, 7, b""))
    parts.append(channel.raw_frame(Kind.BINARY, 7))
    frames.append((Kind.CREDIT, 8, 65_536))
    parts.append(channel.credit_frame(8, 65_536))
    return b"".join(parts), frames


def test_every_kind_is_covered() -> None:
    assert {kind for kind, _stream, _content in encoded()[1]} == set(Kind)


@given(st.lists(st.integers(1, 300), min_size=1))
def test_frames_survive_every_way_of_cutting(sizes: list[int]) -> None:
    data, expected = encoded()
    decoder = FrameDecoder()
    found: list[Any] = []
    at = 0
    while at < len(data):
        for size in sizes:
            found += decoder.feed(data[at : at + size])
            at += size
    assert found == expected
    assert decoder.waiting == 0


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_garbage_is_a_frame_error_or_incomplete(data: bytes) -> None:
    try:
        FrameDecoder().feed(data)
    except FrameError:
        return


@settings(max_examples=300)
@given(st.sampled_from(list(Kind)), st.integers(0, 2**32 - 1), st.binary(max_size=200))
def test_garbage_in_a_frame_is_a_frame_error_or_content(kind: Kind, stream: int, payload: bytes) -> None:
    try:
        frames = FrameDecoder().feed(HEADER.pack(len(payload), kind, stream) + payload)
    except FrameError:
        return
    assert [(frame[0], frame[1]) for frame in frames] == [(kind, stream)]


@pytest.mark.parametrize(
    "data",
    [
        HEADER.pack(FRAME_LIMIT_BYTES + 1, Kind.DATA, 1),
        HEADER.pack(0, 0, 1),
        HEADER.pack(0, 200, 1),
        HEADER.pack(1, Kind.END, 1) + b"x",
        HEADER.pack(3, Kind.CREDIT, 1) + b"abc",
        HEADER.pack(1, Kind.TEXT, 1) + b"\xff",
        HEADER.pack(1, Kind.CALL, 1) + b"\xc0",
    ],
    ids=["too long", "kind 0", "unknown kind", "content in END", "short CREDIT", "not UTF-8", "no call"],
)
def test_frames_that_break_a_rule_are_refused(data: bytes) -> None:
    with pytest.raises(FrameError):
        FrameDecoder().feed(data)


def test_an_oversized_frame_is_refused_before_it_arrives() -> None:
    with pytest.raises(FrameError, match="a frame of"):
        FrameDecoder().feed(HEADER.pack(2**32 - 1, Kind.RESULT, 1))


def test_names_of_methods_are_bounded() -> None:
    with pytest.raises(ProtocolError):
        channel.check_call(Call(ADDRESS, 0, ("x" * 5000,), "python", b"", ()))
    with pytest.raises(ProtocolError):
        channel.check_call(Call(ADDRESS, 0, ("x",) * 100, "python", b"", ()))


def test_deliveries_survive() -> None:
    delivery = Delivery("instance", "key", b"state", [(True, b"text"), (False, b"\xff")], Close(1000, "bye"))
    data = channel.pack_delivery(delivery)
    assert channel.delivery_size(data[:4]) == len(data) - 4
    assert channel.unpack_delivery(data[4:]) == delivery


@given(st.binary(max_size=100))
def test_garbage_is_no_delivery(data: bytes) -> None:
    try:
        channel.unpack_delivery(data)
    except ProtocolError:
        return


def test_text_that_is_no_utf8_is_no_delivery() -> None:
    with pytest.raises(ProtocolError):
        channel.unpack_delivery(b"\x95\xa3\x00\x00\x80")
