"""WebSocket frames and handshakes: RFC 6455 and RFC 7692, as far as pywrangler.protocol.websocket promises."""

from __future__ import annotations

import os
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import FrameError, ProtocolError
from pywrangler.protocol import websocket
from pywrangler.protocol.websocket import Close, Decoder, Ping, Pong

MASK = b"\x37\xfa\x21\x3d"


def frame(opcode: int, payload: bytes = b"", *, head: int = 0x80, mask: bytes | None = MASK) -> bytes:
    return websocket.encode_frame(opcode, payload, head=head, mask=mask)


def events_of(data: bytes, **options) -> list:
    decoder = Decoder(**options)
    decoder.receive(data)
    return drain(decoder)


def drain(decoder: Decoder) -> list:
    events = []
    while (event := decoder.next_event()) is not None:
        events.append(event)
    return events


def close_code_of(data: bytes, **options) -> int:
    with pytest.raises(FrameError) as caught:
        events_of(data, **options)
    return caught.value.close_code


# ---- handshake


def test_accept_key_is_the_example_of_the_standard():
    assert websocket.accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("dGhlIHNhbXBsZSBub25jZQ==", True),
        ("", False),
        ("abc", False),
        ("AAAA", False),
        ("dGhlIHNhbXBsZSBub25jZQ", False),
    ],
)
def test_a_key_is_sixteen_bytes_in_base64(key, valid):
    assert websocket.is_key(key) is valid


@pytest.mark.parametrize(
    ("offers", "accepted"),
    [
        ("", False),
        ("permessage-deflate", True),
        ("permessage-deflate; client_max_window_bits", True),
        ("permessage-deflate; client_max_window_bits=10; server_no_context_takeover", True),
        ("foo, permessage-deflate", True),
        ("permessage-deflate; server_max_window_bits=10", False),
        ("permessage-deflate; server_max_window_bits=10, permessage-deflate", True),
        ('permessage-deflate; server_max_window_bits="15"', True),
        ("permessage-deflate; unknown=1", False),
        ("permessage-deflate; client_max_window_bits=99", False),
        ("permessage-deflate; server_no_context_takeover; server_no_context_takeover", False),
        ("x-webkit-deflate-frame", False),
    ],
)
def test_deflate_is_agreed_only_if_frames_stay_independent(offers, accepted):
    assert websocket.accept_deflate(offers) is accepted


# ---- round trips


@given(st.lists(st.one_of(st.text(), st.binary(max_size=5000))), st.booleans(), st.data())
def test_whatever_a_client_sends_arrives_however_the_stream_is_cut(messages, deflate, data):
    stream = b"".join(websocket.encode_client_message(message, deflate=deflate) for message in messages)
    decoder = Decoder(deflate=deflate)
    received = []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        decoder.receive(stream[:cut])
        stream = stream[cut:]
        received += drain(decoder)
    assert received == messages


@given(st.one_of(st.text(), st.binary(max_size=3000)), st.booleans())
def test_whatever_a_server_sends_arrives(message, deflate):
    assert events_of(websocket.encode_message(message, deflate=deflate), from_client=False, deflate=deflate) == [
        message
    ]


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_masking_twice_is_no_masking(payload, mask):
    masked = websocket.apply_mask(payload, mask)
    assert masked == bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    assert websocket.apply_mask(masked, mask) == payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_every_length_form_is_written_and_read(size):
    payload = os.urandom(size)
    assert events_of(websocket.encode_client_message(payload, deflate=False)) == [payload]


def test_small_messages_are_not_compressed_and_large_ones_are():
    assert websocket.encode_message("x" * 100, deflate=True)[0] == 0x81
    large = websocket.encode_message("x" * 10_000, deflate=True)
    assert large[0] == 0xC1
    assert len(large) < 1000


def test_what_compression_would_enlarge_is_sent_plain():
    assert websocket.encode_message(os.urandom(5000), deflate=True)[0] == 0x82


def test_a_lone_surrogate_is_sent_as_the_replacement_character():
    assert events_of(websocket.encode_client_message("a\ud800b", deflate=False)) == ["a\ufffdb"]


def test_sending_the_same_object_again_encodes_once():
    text = "x" * 5000
    assert websocket.encode_message(text, deflate=True) is websocket.encode_message(text, deflate=True)
    assert websocket.encode_message(text, deflate=False) is websocket.encode_message(text, deflate=False)


# ---- fragments and control frames


def test_fragments_make_one_message_with_control_frames_between():
    stream = frame(0x1, b"He", head=0) + frame(0x9, b"?") + frame(0x0, b"l", head=0) + frame(0x0, b"lo")
    assert events_of(stream) == [Ping(b"?"), "Hello"]


def test_a_compressed_message_may_be_fragmented():
    deflater = zlib.compressobj(wbits=-15)
    data = (deflater.compress(b"Hello " * 100) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]
    stream = frame(0x1, data[:5], head=0x40) + frame(0x0, data[5:])
    assert events_of(stream, deflate=True) == ["Hello " * 100]


def test_a_character_may_be_cut_between_fragments():
    euro = "€".encode()
    assert events_of(frame(0x1, euro[:1], head=0) + frame(0x0, euro[1:])) == ["€"]


def test_ping_and_pong_carry_their_payload():
    assert events_of(frame(0x9, b"a" * 125) + frame(0xA, b"")) == [Ping(b"a" * 125), Pong(b"")]


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (b"", Close(1005, "")),
        (b"\x03\xe8", Close(1000, "")),
        (b"\x0f\xa1bye", Close(4001, "bye")),
        (b"\x0b\xbd" + "é".encode(), Close(3005, "é")),
    ],
)
def test_close_gives_code_and_reason(payload, event):
    assert events_of(frame(0x8, payload)) == [event]


def test_nothing_after_close_is_decoded():
    decoder = Decoder()
    decoder.receive(frame(0x8) + frame(0x1, b"late"))
    assert drain(decoder) == [Close(1005, "")]
    decoder.receive(b"rubbish")
    assert drain(decoder) == []
    assert decoder.unread == 0


@pytest.mark.parametrize(
    ("code", "reason", "payload"),
    [
        (None, "", b""),
        (1000, "", b"\x03\xe8"),
        (4000, "x" * 200, b"\x0f\xa0" + b"x" * 123),
        (4000, "é" * 100, b"\x0f\xa0" + "é".encode() * 61),
    ],
)
def test_close_frames_never_exceed_a_control_frame(code, reason, payload):
    assert websocket.encode_close(code, reason) == frame(0x8, payload, mask=None)


@pytest.mark.parametrize(
    ("code", "valid"),
    [(999, False), (1000, True), (1003, True), (1004, False), (1005, False), (1006, False), (1007, True), (1012, True),
     (1015, False), (2999, True), (3000, True), (4999, True), (5000, False), (0, False)],
)  # fmt: skip
def test_close_codes_follow_the_platform(code, valid):
    assert websocket.is_close_code(code) is valid


# ---- what is refused


@pytest.mark.parametrize(
    ("data", "options", "code"),
    [
        (frame(0x1, b"x", mask=None), {}, 1002),
        (frame(0x1, b"x"), {"from_client": False}, 1002),
        (frame(0x3), {}, 1002),
        (frame(0xB), {}, 1002),
        (frame(0x1, b"x", head=0xC0), {}, 1002),
        (frame(0x1, b"x", head=0xA0), {"deflate": True}, 1002),
        (frame(0x9, b"x", head=0xC0), {"deflate": True}, 1002),
        (frame(0x9, b"x", head=0), {}, 1002),
        (frame(0x9, b"x" * 126), {}, 1002),
        (frame(0x0, b"x"), {}, 1002),
        (frame(0x1, b"x", head=0) + frame(0x1, b"y"), {}, 1002),
        (frame(0x1, b"x", head=0) + frame(0x0, b"y", head=0xC0), {"deflate": True}, 1002),
        (b"\x82\xfe\x00\x05" + MASK + b"hello", {}, 1002),
        (b"\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00" + MASK, {}, 1002),
        (frame(0x8, b"\x03"), {}, 1002),
        (frame(0x8, b"\x03\xed"), {}, 1002),
        (frame(0x8, b"\x03\xe8\xff"), {}, 1007),
        (frame(0x1, b"\xff\xfe"), {}, 1007),
        (frame(0x1, b"not deflated at all", head=0xC0), {"deflate": True}, 1007),
        (b"\x82\xff" + (32 * 1024 * 1024 + 1).to_bytes(8, "big") + MASK, {}, 1009),
    ],
)
def test_a_broken_rule_has_its_close_code(data, options, code):
    assert close_code_of(data, **options) == code


def test_a_message_that_grows_beyond_the_limit_when_decompressed_is_refused():
    deflater = zlib.compressobj(wbits=-15)
    bomb = deflater.compress(bytes(33 * 1024 * 1024)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    assert len(bomb) < 100_000
    assert close_code_of(frame(0x2, bomb[:-4], head=0xC0), deflate=True) == 1009


def test_fragments_together_obey_the_limit(monkeypatch):
    monkeypatch.setattr(websocket, "MESSAGE_LIMIT_BYTES", 10)
    assert close_code_of(frame(0x2, b"123456", head=0) + frame(0x0, b"123456")) == 1009


def test_events_before_a_broken_frame_are_delivered():
    decoder = Decoder()
    decoder.receive(frame(0x1, b"good") + frame(0x3))
    assert decoder.next_event() == "good"
    with pytest.raises(FrameError):
        decoder.next_event()
    assert decoder.next_event() is None


@given(st.binary(max_size=200), st.booleans(), st.booleans())
def test_any_bytes_are_decoded_or_refused(data, deflate, from_client):
    try:
        events = events_of(data, deflate=deflate, from_client=from_client)
    except FrameError as problem:
        assert problem.close_code in {1002, 1007, 1009}  # noqa: PT017 - or none
    else:
        assert all(isinstance(event, (str, bytes, Ping, Pong, Close)) for event in events)


# ---- moving to another process


@given(st.lists(st.text(max_size=20), min_size=1), st.booleans(), st.data())
def test_a_decoder_goes_on_from_its_exported_state(messages, deflate, data):
    parts = []
    for message in messages:
        payload = message.encode()
        cut = data.draw(st.integers(0, len(payload)))
        parts += [frame(0x1, payload[:cut], head=0), frame(0x0, payload[cut:])]
    stream = b"".join(parts)
    cut = data.draw(st.integers(0, len(stream)))
    first = Decoder(deflate=deflate)
    first.receive(stream[:cut])
    taken = data.draw(st.integers(0, len(messages)))
    received = []
    while len(received) < taken and (event := first.next_event()) is not None:
        received.append(event)
    second = Decoder.from_state(first.export_state())
    received += drain(second)
    second.receive(stream[cut:])
    assert received + drain(second) == messages


@given(st.binary(max_size=60))
def test_a_malformed_state_is_a_protocol_error(state):
    with suppress(ProtocolError):
        Decoder.from_state(state)
