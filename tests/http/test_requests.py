"""What the application sees of a request, and what is refused (spec/cli.md, "Request seen by the Worker")."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pywrangler.host import connection
from pywrangler.host.heads import request_url
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.response import Response


async def echo(request):
    """Answer with the body; the method, URL and headers go into headers."""
    body = await request.arrayBuffer() if request.body is not jsnull else None
    headers = [("x-url", request.url), ("x-method", request.method), ("x-null", str(body is None))]
    headers += [(f"x-{name}", value) for name, value in request.pairs()]
    return Response.from_wire(200, "", headers, bytes(body.to_bytes()) if body is not None else b"")


# ---- URL


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost:8787", "http://localhost:8787/a"),
        ("foo.com", "http://foo.com/a"),
        ("FOO.com:80", "http://foo.com/a"),
        ("[::1]:8787", "http://[::1]:8787/a"),
    ],
)
def test_the_url_begins_with_scheme_and_host(host, url):
    assert request_url("http", host, "/a") == url


@pytest.mark.parametrize("host", ["", "a b", "a/b", "user@h", "h?x", "h, h", "h:99999"])
def test_a_host_that_makes_no_url_is_refused(host):
    with pytest.raises(ValueError):
        request_url("http", host, "/")


def test_the_scheme_is_that_of_the_server(run, serve):
    async def scenario():
        async with serve(echo, scheme="https") as site:
            assert (await site.ask("/a"))["x-url"] == "https://localhost/a"

    run(scenario())


# ---- headers


def test_headers_arrive_in_order_with_those_of_the_platform(run, serve):
    async def scenario():
        async with serve(lambda request: Response.from_wire(200, "", [], repr(request.pairs()).encode())) as site:
            answer = await site.ask("/", "X-A: 1 ", "Accept-Encoding: zstd", "x-a:2", "X-É: ü")
            assert answer.status == 400  # a header name is a token
            answer = await site.ask("/", "X-A: 1 ", "Accept-Encoding: zstd", "x-a:2", "X-B: ü")
            assert eval(answer.body.decode()) == [
                ("host", "localhost"), ("x-a", "1"), ("x-a", "2"), ("x-b", "ü"),
                ("accept-encoding", "br, gzip"), ("cf-connecting-ip", "127.0.0.1"),
            ]  # fmt: skip

    run(scenario())


# Recorded from a Worker in `wrangler dev` (4.164), asked with raw bytes.
@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ([], {"cf-connecting-ip": "127.0.0.1"}),
        (["CF-Connecting-IP: 6.6.6.6"], {"cf-connecting-ip": "6.6.6.6"}),
        (["CF-Connecting-IP: "], {"cf-connecting-ip": "127.0.0.1"}),
        (["CF-Worker: a.com", "CF-Ray: x", "X-Forwarded-For: 1.1.1.1"],
         {"cf-connecting-ip": "127.0.0.1", "cf-worker": "a.com", "cf-ray": "x", "x-forwarded-for": "1.1.1.1"}),
        (["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"],
         {"cf-connecting-ip": "127.0.0.1", "http2-settings": "AA"}),
        (["Upgrade: WebSocket"],
         {"cf-connecting-ip": "127.0.0.1", "connection": "Upgrade", "upgrade": "websocket"}),
        (["Upgrade: websocket", "Connection: close, Upgrade"],
         {"cf-connecting-ip": "127.0.0.1", "connection": "Upgrade", "upgrade": "websocket"}),
        (["Upgrade: h2c, websocket", "Connection: Upgrade"], {"cf-connecting-ip": "127.0.0.1"}),
        (["Upgrade: h2c"], {"cf-connecting-ip": "127.0.0.1"}),
        (["Connection: Upgrade"], {"cf-connecting-ip": "127.0.0.1"}),
        (["Connection: keep-alive", "Keep-Alive: timeout=5", "TE: trailers", "Trailer: X"],
         {"cf-connecting-ip": "127.0.0.1"}),
        (["Connection: x-foo", "X-Foo: 1", "Proxy-Connection: x", "Expect: 100-continue"],
         {"cf-connecting-ip": "127.0.0.1", "x-foo": "1", "proxy-connection": "x", "expect": "100-continue"}),
        (["Origin: https://evil.com", "Sec-Fetch-Site: none"],
         {"cf-connecting-ip": "127.0.0.1", "origin": "https://evil.com", "sec-fetch-site": "none"}),
    ],
)  # fmt: skip
def test_the_worker_sees_the_headers_that_wrangler_shows(run_async, serve, sent, seen):
    async def scenario():
        async with serve(lambda request: Response.from_wire(200, "", [], repr(request.pairs()).encode())) as site:
            pairs = dict(eval((await site.ask("/", *sent)).body.decode()))
            assert pairs == {"host": "localhost", "accept-encoding": "br, gzip", **seen}

    run_async(scenario())


def test_an_address_that_is_sent_twice_is_seen_twice(run_async, serve):
    async def scenario():
        async with serve(lambda request: Response.new(request.headers.get("cf-connecting-ip"))) as site:
            assert (await site.ask("/", "CF-Connecting-IP: a", "CF-Connecting-IP: b")).body == b"a, b"

    run_async(scenario())


# `request.cf` of `wrangler dev` (4.164) without a network, but for `clientAcceptEncoding`.
CF = """{"asOrganization":"","asn":395747,"colo":"DFW","city":"Austin","region":"Texas","regionCode":"TX",
"metroCode":"635","postalCode":"78701","country":"US","continent":"NA","timezone":"America/Chicago",
"latitude":"30.27130","longitude":"-97.74260","clientTcpRtt":0,"httpProtocol":"HTTP/1.1",
"requestPriority":"weight=192;exclusive=0","tlsCipher":"AEAD-AES128-GCM-SHA256","tlsVersion":"TLSv1.3",
"tlsClientAuth":{"certPresented":"0","certVerified":"NONE","certRevoked":"0","certIssuerDN":"","certSubjectDN":"",
"certIssuerDNRFC2253":"","certSubjectDNRFC2253":"","certIssuerDNLegacy":"","certSubjectDNLegacy":"","certSerial":"",
"certIssuerSerial":"","certSKI":"","certIssuerSKI":"","certFingerprintSHA1":"","certFingerprintSHA256":"",
"certNotBefore":"","certNotAfter":"","certRFC9440":"","certRFC9440TooLarge":false,"certChainRFC9440":"",
"certChainRFC9440TooLarge":false},"edgeRequestKeepAliveStatus":0,"clientTrustScore":99,"botManagement":
{"corporateProxy":false,"verifiedBot":false,"ja3Hash":"25b4882c2bcb50cd6b469ff28c596742","staticResource":false,
"detectionIds":[],"score":99}}"""


@pytest.mark.parametrize(
    ("lines", "encodings"),
    [([], ""), (["Accept-Encoding: zstd"], "zstd"), (["Accept-Encoding: a", "Accept-Encoding: b;q=1"], "a, b;q=1")],
)
def test_cf_is_the_sample_with_the_encodings_that_the_client_accepts(run_async, serve, lines, encodings):
    async def scenario():
        async with serve(lambda request: Response.new(json.dumps(request.cf.to_py()))) as site:
            seen = json.loads((await site.ask("/", *lines)).body)
            assert seen == {**json.loads(CF), "clientAcceptEncoding": encodings}
            assert list(seen) == [*json.loads(CF), "clientAcceptEncoding"]

    run_async(scenario())


def test_cf_is_made_anew_for_each_request(run_async, serve):
    def application(request):
        request.cf.botManagement.score += 1
        return Response.new(str(request.cf.botManagement.score))

    async def scenario():
        async with serve(application) as site:
            assert [(await site.ask()).body for _ in range(2)] == [b"100", b"100"]

    run_async(scenario())


# ---- bodies


def test_a_small_body_arrives_as_bytes(run, serve):
    kinds = []

    async def application(request):
        kinds.append(type(request._body))
        return await echo(request)

    async def scenario():
        async with serve(application) as site:
            answer = await site.ask(method="POST", body=b"")
            assert (answer.body, answer["x-null"]) == (b"", "False")
            answer = await site.ask("/", "Content-Length: 0", method="POST")
            assert (answer.body, answer["x-null"]) == (b"", "False")
            answer = await site.ask("/", "Content-Length: 5", method="POST", body=b"hello")
            assert (answer.body, answer["x-null"]) == (b"hello", "False")
            assert kinds == [bytes, bytes, bytes]

    run(scenario())


def test_a_chunked_body_is_joined(run, serve):
    async def scenario():
        async with serve(echo) as site:
            chunked = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n"
            answer = await site.ask("/", "Transfer-Encoding: chunked", method="POST", body=chunked)
            assert answer.body == b"hello world"

    run(scenario())


def test_a_body_that_comes_later_is_a_stream(run, serve):
    async def scenario():
        begun = asyncio.Event()

        async def application(request):
            begun.set()
            return await echo(request)

        async with serve(application) as site:
            client = await site.connect()
            client.get("/", "Content-Length: 10", method="PUT", body=b"01234")
            await begun.wait()
            client.send(b"56789")
            assert (await client.answer()).body == b"0123456789"
            client.get("/next")
            assert (await client.answer())["x-url"] == "http://localhost/next"

    run(scenario())


def test_an_unread_body_pauses_the_client_and_is_thrown_away(run, serve):
    size = 30_000_000

    async def scenario():
        release = asyncio.Event()

        async def application(request):
            if request.method == "POST":
                await release.wait()
            return Response.new("done")

        async with serve(application) as site:
            client = await site.connect()
            client.get("/", f"Content-Length: {size}", method="POST")
            client.send(bytes(size))
            sending = asyncio.ensure_future(client.writer.drain())
            done, _ = await asyncio.wait({sending}, timeout=0.2)
            assert not done  # nobody reads, so the kernel's buffers are full
            release.set()
            assert (await client.answer()).body == b"done"
            await sending
            client.get()
            assert (await client.answer()).body == b"done"

    run(scenario())


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_a_body_that_comes_while_an_earlier_request_runs_is_complete(run, serve, size):
    async def scenario():
        gate = asyncio.Event()

        async def application(request):
            if request.method == "GET":
                await gate.wait()
                return Response.new("first")
            return await echo(request)

        async with serve(application) as site:
            client = await site.connect()
            client.get("/1")
            client.get("/2", f"Content-Length: {size}", method="POST", body=bytes(size // 2))
            await asyncio.sleep(0.02)
            client.send(bytes(size - size // 2))
            gate.set()
            assert (await client.answer()).body == b"first"
            assert (await client.answer()).body == bytes(size)
            client.get("/3")
            assert (await client.answer()).body == b"first"

    run(scenario())


def test_a_large_body_is_read_completely(run, serve):
    data = bytes(range(256)) * 20_000

    async def scenario():
        async with serve(echo) as site:
            assert (await site.ask("/", f"Content-Length: {len(data)}", method="POST", body=data)).body == data

    run(scenario())


@pytest.mark.parametrize("is_read", [True, False])
def test_continue_is_said_when_the_body_is_wanted(run, serve, is_read):
    async def scenario():
        async with serve(echo if is_read else lambda _request: Response.new("no", status=403)) as site:
            client = await site.connect()
            client.get("/", "Content-Length: 5", "Expect: 100-continue", method="POST")
            if is_read:
                assert (await client.head()).status == 100
                client.send(b"hello")
                assert (await client.answer()).body == b"hello"
            else:
                assert (await client.answer()).status == 403
                assert await client.is_closed()  # whether the body will come is unknown

    run(scenario())


def test_a_body_that_is_announced_too_large_is_refused(run, serve):
    async def scenario():
        async with serve(echo) as site:
            answer = await site.ask("/", f"Content-Length: {100 * 1024 * 1024 + 1}", method="POST")
            assert answer.status == 413

    run(scenario())


def test_a_chunked_body_that_grows_too_large_fails(run, serve, monkeypatch):
    monkeypatch.setattr(connection, "BODY_LIMIT_BYTES", 10)

    async def application(request):
        try:
            return await echo(request)
        except Exception as problem:
            return Response.new(str(problem), status=413)

    async def scenario():
        async with serve(application) as site:
            client = await site.connect()
            client.get("/", "Transfer-Encoding: chunked", method="POST", body=b"8\r\n12345678\r\n")
            client.send(b"8\r\n12345678\r\n")
            assert (await client.answer()).status == 413
            assert await client.is_closed()

    run(scenario())


# ---- what is refused


@pytest.mark.parametrize(
    "data",
    [
        b"rubbish\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/3.0\r\nHost: h\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: h\r\n\r\n",
        b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_malformed_request_is_400_and_ends_the_connection(run, serve, data):
    async def scenario():
        async with serve(echo) as site:
            client = await site.connect()
            client.send(data)
            assert (await client.answer()).status == 400
            assert await client.is_closed()

    run(scenario())


def test_requests_before_a_malformed_one_are_answered(run, serve):
    async def scenario():
        async with serve(echo) as site:
            client = await site.connect()
            client.send(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\nrubbish\r\n\r\n")
            assert [(await client.answer()).status for _ in range(3)] == [200, 200, 400]
            assert await client.is_closed()

    run(scenario())


@pytest.mark.parametrize(
    "lines", [["X: " + "a" * 140_000], [f"X-{index}: 1" for index in range(600)], ["X" * 140_000 + ": 1"]]
)
def test_a_head_that_is_too_large_is_431(run, serve, lines):
    async def scenario():
        async with serve(echo) as site:
            client = await site.connect()
            client.get("/", *lines)
            assert (await client.answer()).status == 431

    run(scenario())


def test_a_head_that_never_ends_is_431(run, serve):
    async def scenario():
        async with serve(echo) as site:
            client = await site.connect()
            client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ")
            with contextlib.suppress(ConnectionError, RuntimeError):
                for _ in range(100):
                    client.send(b"a" * 4096)
                    await asyncio.sleep(0)
            assert (await client.answer()).status == 431

    run(scenario())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([b"GET / HTTP/1.1\r\n", b"Host: h\r\n", b"\r\n", b"Content-Length: 3\r\n", b"abc", b"\xff",
                              b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"Upgrade: x\r\n",
                              b"Connection: upgrade\r\n", b"POST /x HTTP/1.0\r\n", b"GE", b"\0"]), max_size=12)
)  # fmt: skip
def test_any_bytes_leave_a_server_that_answers_the_next_client(run_async, serve, pieces):
    async def scenario():
        async with serve(echo) as site:
            client = await site.connect()
            for piece in pieces:
                client.send(piece)
                await asyncio.sleep(0)
            await client.close()
            assert (await site.ask("/after")).status == 200

    run_async(scenario())
