"""What the decoder makes of a client's bytes: where requests end, what is refused, and that pieces change nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import RequestError
from pywrangler.protocol import http1
from pywrangler.protocol.http1 import END, Head, RequestDecoder

HOST = b"Host: h\r\n"
NEXT = b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
FRAMINGS = [
    (b"", b"", b""),
    (b"Content-Length: 0\r\n", b"", b""),
    (b"Content-Length: 7\r\n", b"a\r\n\r\nbc", b"a\r\n\r\nbc"),
    (b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b""),
    (b"Transfer-Encoding: Chunked\r\n", b"3\r\na\r\n\r\n004 ;x=y\r\n\nbcd\r\n0\r\n\r\n", b"a\r\n\nbcd"),
    (b"Transfer-Encoding: chunked\r\n", b"2\r\nhi\r\n0\r\nHost: evil\r\nX: 1\r\n\r\n", b"hi"),
]


def read(*pieces: bytes, decoder: RequestDecoder | None = None) -> list[tuple[Head, bytes, bool]]:
    """Decode everything: heads, bodies, and whether each has ended."""
    decoder = decoder or RequestDecoder()
    found: list[tuple[Head, bytes, bool]] = []
    for piece in pieces:
        decoder.receive(piece)
        while (event := decoder.next_event()) is not None:
            if isinstance(event, Head):
                found.append((event, b"", False))
                continue
            head, body, has_ended = found[-1]
            assert not has_ended
            assert event
            found[-1] = (head, body, True) if event is END else (head, body + event, False)
    return found


def refusal(data: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        read(data)
    return caught.value


# ---- where a request ends


@pytest.mark.parametrize("upgrade", [b"", b"h2c", b"websocket", b"TLS/1.0", b"a, b"])
@pytest.mark.parametrize("method", [b"GET", b"POST", b"CONNECT", b"BAN", b"get"])
@pytest.mark.parametrize(("framing", "sent", "body"), FRAMINGS)
def test_a_request_ends_where_its_framing_says_whatever_it_asks_for(
    upgrade: bytes, method: bytes, framing: bytes, sent: bytes, body: bytes
) -> None:
    lines = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + upgrade + b"\r\n" if upgrade else b""
    first, second = read(method + b" / HTTP/1.1\r\n" + HOST + lines + framing + b"\r\n" + sent + NEXT)
    assert first[0].upgrade == upgrade.decode().lower()
    assert (first[1], first[2]) == (body, True)
    assert (second[0].target, second[0].pairs) == ("/next", [("host", "h")])


@pytest.mark.parametrize(("framing", "sent", "body"), FRAMINGS)
def test_the_bytes_may_arrive_in_any_two_pieces(framing: bytes, sent: bytes, body: bytes) -> None:
    data = "POST /ö HTTP/1.1\r\nX: ü\r\n".encode() + HOST + framing + b"\r\n" + sent + NEXT
    whole = read(data)
    assert whole[0][1] == body
    for at in range(1, len(data)):
        assert read(data[:at], data[at:]) == whole
    assert read(*(data[at : at + 1] for at in range(len(data)))) == whole


@given(
    st.lists(st.tuples(st.sampled_from(FRAMINGS), st.sampled_from([b"\r\n", b"\n"]), st.booleans()), max_size=5),
    st.lists(st.integers(0, 600)),
)
def test_any_requests_in_any_pieces_are_the_same_requests(requests: list[Any], cuts: list[int]) -> None:
    data = b""
    for (framing, sent, _), newline, has_blank_line in requests:
        head = b"POST / HTTP/1.1\r\n" + HOST + framing + b"\r\n"
        data += (newline if has_blank_line else b"") + head.replace(b"\r\n", newline) + sent
    found = read(*(data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)]) if a < b))
    assert [(body, has_ended) for _, body, has_ended in found] == [(body, True) for (*_, body), *_ in requests]


@given(st.lists(st.binary(max_size=40) | st.sampled_from([HOST, NEXT, b"\r\n", b"POST / HTTP/1.1\r\n", b"0\r\n\r\n",
       b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Upgrade: x\r\n"]), max_size=12))  # fmt: skip
def test_any_bytes_are_decoded_or_refused_the_same_way_in_one_piece_and_in_many(pieces: list[bytes]) -> None:
    def outcome(*given: bytes) -> Any:
        try:
            return read(*given)
        except RequestError as problem:
            return problem.status

    data = b"".join(pieces)
    assert outcome(*(data[at : at + 1] for at in range(len(data)))) == (outcome(data) if data else [])


def test_what_follows_a_request_stays_in_rest() -> None:
    decoder = RequestDecoder()
    decoder.receive(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n\x81\x80frame")
    assert isinstance(decoder.next_event(), Head)
    assert decoder.next_event() is END
    assert (decoder.rest, decoder.size) == (b"\x81\x80frame", 7)
    assert not decoder.is_between_requests
    decoder.receive(b"more")
    assert decoder.rest == b"\x81\x80framemore"


def test_a_body_that_arrives_alone_is_not_copied() -> None:
    decoder = RequestDecoder()
    decoder.receive(b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
    assert isinstance(decoder.next_event(), Head)
    piece = bytes(600)
    decoder.receive(piece)
    assert decoder.next_event() is piece


# ---- heads


def test_headers_keep_their_order_and_those_with_a_meaning_are_joined() -> None:
    ((head, _, _),) = read(b"GET / HTTP/1.1\r\nHost: a\r\nX-A:1\r\nhost:\t b \r\nx-a:\r\n\r\n")
    assert head.pairs == [("host", "a"), ("x-a", "1"), ("host", "b"), ("x-a", "")]
    assert head.named == {"host": "a, b"}


def test_a_value_is_utf_8_or_else_latin_1() -> None:
    ((head, _, _),) = read(b"GET / HTTP/1.1\r\nA: \xc3\xbc\r\nB: \xfc\r\nC: a\x01\x7f\tb\r\n\r\n")
    assert head.pairs == [("a", "ü"), ("b", "ü"), ("c", "a\x01\x7f\tb")]


@pytest.mark.parametrize(
    ("line", "keep_alive"),
    [
        (b"HTTP/1.1\r\n", True),
        (b"HTTP/1.1\r\nConnection: close\r\n", False),
        (b"HTTP/1.1\r\nConnection: foo, CLOSE\r\n", False),
        (b"HTTP/1.1\r\nConnection: foo\r\nConnection: close\r\n", False),
        (b"HTTP/1.1\r\nConnection: close-not\r\n", True),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: Keep-Alive\r\n", True),
        (b"HTTP/1.0\r\nConnection: keep-alive, close\r\n", False),
    ],
)
def test_the_connection_header_says_whether_another_request_may_follow(line: bytes, keep_alive: bool) -> None:
    ((head, _, _),) = read(b"GET / " + line + b"\r\n")
    assert head.keep_alive is keep_alive


@pytest.mark.parametrize("lines", [b"Upgrade: h2c\r\n", b"Connection: upgrade\r\n"])
def test_an_upgrade_needs_both_headers(lines: bytes) -> None:
    assert read(b"GET / HTTP/1.1\r\n" + lines + b"\r\n")[0][0].upgrade == ""
    assert read(b"GET / HTTP/1.0\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n")[0][0].upgrade == ""


# Status of `wrangler dev` (4.164) for the same bytes: 200 for all of these.
@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\n",
        b"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length:  0 \r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n000;x\r\nConnection: close\r\n\r\n",
    ],
)
def test_what_clients_write_unusually_is_understood(data: bytes) -> None:
    assert [has_ended for *_, has_ended in read(data)] == [True]


# `wrangler dev` (4.164) answers 400 or 500, except where a line says otherwise.
@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.2\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / http/1.1\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET\t/ HTTP/1.1\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"Q\xc3 / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX : a\r\n\r\n",
        b"GET / HTTP/1.1\r\n: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nabc\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"GET /\xf6 HTTP/1.1\r\n\r\n",
        b"GET /#\xf6 HTTP/1.1\r\n\r\n",
        b"GET /\xc0\xaf HTTP/1.1\r\n\r\n",
        b"GET /\xed\xa0\x80 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"\0",
        b"A" * 40,
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked;q=1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",  # 200 there, then closed
        b"POST / HTTP/1.1\r\nContent-Length: +2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 0x2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: \r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: \xb2\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ],
)
def test_a_malformed_head_is_refused(data: bytes) -> None:
    assert refusal(data).status == 400


# ---- chunks and trailers

CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"2\nhi\n0\n\n",
        b"0x2\r\nhi\r\n0\r\n\r\n",
        b"+2\r\nhi\r\n0\r\n\r\n",
        b"-2\r\nhi\r\n0\r\n\r\n",
        b"1_0\r\nhi\r\n0\r\n\r\n",
        b"\r\nhi\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nhi",
        b"2\r\nhi0\r\n\r\n",
        b"2\r\nhix\r\n0\r\n\r\n",
        b"2;a\rb\r\nhi\r\n0\r\n\r\n",
        b"2;" + b"x" * 20_000 + b"\r\nhi\r\n0\r\n\r\n",
        b"2;" + b"x" * 20_000,
        b"0\r\nbad name: x\r\n\r\n",
        b"0\r\nnocolon\r\n\r\n",
        b"0\r\nX: y\r\n folded\r\n\r\n",
        b"0\r\nX: y\n\r\n\r\n",
    ],
)
def test_malformed_chunks_and_trailers_are_refused(body: bytes) -> None:
    assert refusal(CHUNKED + body).status == 400


@pytest.mark.parametrize("size", [1, 1000, 16_000])
def test_trailers_are_dropped(size: int) -> None:
    first, second = read(CHUNKED + b"2\r\nhi\r\n0\r\nX: " + b"a" * size + b"\r\n\r\n" + NEXT)
    assert [name for name, _ in first[0].pairs] == ["transfer-encoding"]
    assert second[0].pairs == [("host", "h")]


@pytest.mark.parametrize(
    "trailers",
    [b"X: " + b"a" * 17_000 + b"\r\n\r\n", b"X: y\r\n" * 3000 + b"\r\n", b"X: " + b"a" * 17_000, b"\r" * 17_000],
)
def test_trailers_are_limited_whether_they_end_or_not(trailers: bytes) -> None:
    assert refusal(CHUNKED + b"2\r\nhi\r\n0\r\n" + trailers).status == 431


@pytest.mark.parametrize(
    "lines",
    [
        b"X: " + b"a" * http1.HEAD_LIMIT_BYTES + b"\r\n\r\n",
        b"X: " + b"a" * http1.HEAD_LIMIT_BYTES,
        b"X: 1\r\n" * (http1.HEADER_COUNT_LIMIT + 1) + b"\r\n",
    ],
)
def test_heads_are_limited_whether_they_end_or_not(lines: bytes) -> None:
    assert refusal(b"GET / HTTP/1.1\r\n" + lines).status == 431
