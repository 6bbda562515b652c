"""TextEncoder, TextDecoder, atob, btoa, URI escapes."""

from __future__ import annotations

import base64
import contextlib

import js
import pytest
from hypothesis import given
from hypothesis import strategies as st
from js import TextDecoder, TextEncoder, atob, btoa
from pyodide.ffi import JsException, to_js


def decode(data, *arguments, **named):
    return TextDecoder.new(*arguments, **named).decode(to_js(data))


def test_encode_is_utf8():
    assert TextEncoder.new().encode("é").to_bytes() == b"\xc3\xa9"


def test_encode_replaces_lone_surrogates_and_joins_pairs():
    assert TextEncoder.new().encode("\ud800").to_bytes() == b"\xef\xbf\xbd"
    assert TextEncoder.new().encode("\ud83d\ude00").to_bytes() == "😀".encode()


def test_encode_into_writes_whole_characters():
    target = js.Uint8Array.new(3)
    result = TextEncoder.new().encodeInto("aéé", target)
    assert (result.read, result.written, target.to_bytes()) == (2, 3, b"a\xc3\xa9")


def test_decode_takes_buffers_and_views():
    assert TextDecoder.new().decode(js.Uint8Array.new(b"ab").buffer) == "ab"


def test_decode_replaces_malformed_bytes():
    assert decode(b"a\xff\xe2\x82") == "a\ufffd\ufffd"


def test_fatal_decode_is_a_type_error():
    with pytest.raises(JsException, match="TypeError"):
        decode(b"\xff", "utf-8", fatal=True)


def test_byte_order_mark_is_removed_unless_asked_for():
    assert decode(b"\xef\xbb\xbfa") == "a"
    assert decode(b"\xef\xbb\xbfa", "utf-8", ignoreBOM=True) == "\ufeffa"


def test_stream_keeps_incomplete_characters():
    decoder = TextDecoder.new()
    parts = [
        decoder.decode(to_js(b"\xe2\x82"), stream=True),
        decoder.decode(to_js(b"\xac"), stream=True),
        decoder.decode(),
    ]
    assert parts == ["", "€", ""]


@pytest.mark.parametrize(
    ("label", "name"),
    [("utf8", "utf-8"), (" Latin1\n", "windows-1252"), ("ascii", "windows-1252"), ("UTF-16", "utf-16le")],
)
def test_labels(label, name):
    assert TextDecoder.new(label).encoding == name


def test_unknown_label():
    with pytest.raises(JsException, match="RangeError"):
        TextDecoder.new("klingon")


@given(st.binary(max_size=40))
def test_latin1_is_windows_1252_and_knows_every_byte(data):
    text = decode(data, "latin1")
    assert len(text) == len(data)
    assert "\ufffd" not in text


@given(st.binary(max_size=60), st.lists(st.integers(0, 60)))
def test_decoding_in_pieces_is_decoding_at_once(data, cuts):
    decoder, cuts = TextDecoder.new(), sorted(cut for cut in cuts if cut <= len(data))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    text = "".join(decoder.decode(to_js(piece), stream=True) for piece in pieces) + decoder.decode()
    assert text == decode(data)


@given(st.text())
def test_decode_undoes_encode(text):
    assert TextDecoder.new("utf-8", ignoreBOM=True).decode(TextEncoder.new().encode(text)) == text


@given(st.binary())
def test_atob_undoes_btoa(data):
    text = data.decode("latin-1")
    assert atob(btoa(text)) == text
    assert btoa(text) == base64.b64encode(data).decode()


def test_atob_ignores_spaces_and_missing_padding():
    assert atob(" Y Q\n") == "a"


@pytest.mark.parametrize("text", ["a", "a=", "ab=c", "====", "Y Q===", "é", "a-_b", "YQ=\u00a0="])
def test_atob_refuses(text):
    with pytest.raises(JsException) as raised:
        atob(text)
    assert raised.value.name == "InvalidCharacterError"


@given(st.text(alphabet="ABab01+/= \n-_é", max_size=12))
def test_atob_gives_bytes_or_invalid_character_error(text):
    with contextlib.suppress(JsException):
        result = atob(text)
        assert btoa(result).rstrip("=")[:-1] == "".join(text.split()).rstrip("=")[: len(btoa(result).rstrip("=")) - 1]


def test_btoa_refuses_what_is_no_byte():
    with pytest.raises(JsException, match="InvalidCharacterError"):
        btoa("€")


@given(st.text())
def test_decode_uri_component_undoes_encode(text):
    assert js.decodeURIComponent(js.encodeURIComponent(text)) == text


def test_encode_uri_keeps_reserved_characters():
    assert js.encodeURI("http://a/b c?d=é#f") == "http://a/b%20c?d=%C3%A9#f"
    assert js.encodeURIComponent("a/b&c!") == "a%2Fb%26c!"


def test_decode_uri_keeps_reserved_escapes():
    assert js.decodeURI("%2F%20") == "%2F "


@pytest.mark.parametrize("text", ["%", "%zz", "%ff", "100%"])
def test_malformed_escape_is_a_uri_error(text):
    with pytest.raises(JsException, match="URIError: URI malformed"):
        js.decodeURIComponent(text)
