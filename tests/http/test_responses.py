"""How responses are written: framing, order, streams, and clients that leave."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from pywrangler.host.heads import response_head
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response


class Source:
    """A stream that a test controls."""

    def __init__(self, *chunks: bytes, error: Exception | None = None, gate: asyncio.Event | None = None) -> None:
        self.chunks = list(chunks)
        self.error = error
        self.gate = gate
        self.cancelled = asyncio.Event()
        self.pulled = 0

    async def pull(self):
        self.pulled += 1
        if self.chunks:
            return self.chunks.pop(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return None

    def cancel(self, reason) -> None:
        self.cancelled.set()


def streamed(source: Source, length: int | None = None, status: int = 200, headers=()) -> Response:
    return Response.from_wire(status, "", list(headers), ReadableStream.from_source(source, length))


# ---- framing


def test_a_response_has_length_type_and_reason(run, serve):
    async def scenario():
        async with serve(lambda _request: Response.new("héllo", status=201)) as site:
            answer = await site.ask()
            assert (answer.status, answer.reason, answer.body) == (201, "Created", "héllo".encode())
            assert answer.headers == [("content-type", "text/plain;charset=UTF-8"), ("content-length", "6")]

    run(scenario())


def test_framing_headers_of_the_application_are_dropped(run, serve):
    headers = [
        ("content-length", "99"),
        ("transfer-encoding", "chunked"),
        ("connection", "x"),
        ("x-a", "1"),
        ("x-a", "2"),
    ]

    async def scenario():
        async with serve(lambda _request: Response.from_wire(200, "", list(headers), b"abc")) as site:
            answer = await site.ask()
            assert answer.headers == [("x-a", "1"), ("x-a", "2"), ("content-length", "3")]
            assert answer.body == b"abc"

    run(scenario())


@pytest.mark.parametrize(
    ("status", "method", "headers", "length"),
    [
        (204, "GET", [], None),
        (304, "GET", [], None),
        (304, "GET", [("content-length", "7")], "7"),
        (200, "HEAD", [], None),
        (200, "HEAD", [("content-length", "7")], "7"),
    ],
)
def test_a_response_without_body_may_only_say_how_long_it_would_be(run, serve, status, method, headers, length):
    async def scenario():
        async with serve(lambda _request: Response.from_wire(status, "", list(headers))) as site:
            client = await site.connect()
            for _ in range(2):
                client.get(method=method)
                answer = await client.answer(has_body=False)
                assert answer.status == status
                assert [value for name, value in answer.headers if name == "content-length"] == (
                    [length] if length else []
                )

    run(scenario())


def test_head_gives_the_length_of_the_body_that_get_would_have(run, serve):
    async def scenario():
        source = Source(b"abc")
        bodies = [Response.new("four"), streamed(source, 3)]
        async with serve(lambda _request: bodies.pop(0)) as site:
            client = await site.connect()
            for length in ("4", "3"):
                client.get(method="HEAD")
                assert (await client.answer(has_body=False))["content-length"] == length
            assert source.cancelled.is_set()
            assert source.pulled == 0

    run(scenario())


def test_no_body_has_length_zero(run, serve):
    async def scenario():
        async with serve(lambda _request: Response.new()) as site:
            assert (await site.ask())["content-length"] == "0"

    run(scenario())


@pytest.mark.parametrize("size", [0, 1, 70_000, 3_000_000])
def test_bytes_and_views_of_any_size_arrive(run, serve, size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    async def scenario():
        answers = [Response.from_wire(200, "", [], memoryview(data)), Response.from_wire(200, "", [], data)]
        async with serve(lambda _request: answers.pop(0)) as site:
            client = await site.connect()
            for _ in range(2):
                client.get()
                assert (await client.answer()).body == data

    run(scenario())


@pytest.mark.parametrize(
    ("reason", "pairs"),
    [
        ("", [("x", "a\r\nset-cookie: b")]),
        ("", [("x", "a\nb")]),
        ("", [("x\r\ny", "b")]),
        ("O\r\nK", []),
        ("", [("x", "\0")]),
    ],
)
def test_a_header_that_breaks_out_of_its_line_is_refused(run, serve, reason, pairs):
    with pytest.raises(ValueError, match="line break"):
        response_head(200, reason, pairs, "")

    async def scenario():
        async with serve(lambda _request: Response.from_wire(200, reason, pairs, b"")) as site:
            answer = await site.ask()
            assert answer.status == 500
            assert "set-cookie" not in answer

    run(scenario())


def test_headers_beyond_ascii_are_sent_as_utf_8(run, serve):
    async def scenario():
        async with serve(lambda _request: Response.from_wire(200, "", [("x", "ü")])) as site:
            assert (await site.ask())["x"] == "ü"

    run(scenario())


# ---- content-encoding


@pytest.mark.parametrize("is_stream", [False, True])
@pytest.mark.parametrize(("accepts", "encoding"), [("gzip, br", "gzip"), ("br", None), (None, None)])
def test_a_body_is_compressed_as_its_headers_say_if_the_client_can_read_it(run, serve, is_stream, accepts, encoding):
    headers = [("content-encoding", "gzip")]

    def application(_request):
        if is_stream:
            return streamed(Source(b"hello ", b"world"), 11, headers=headers)
        return Response.from_wire(200, "", list(headers), b"hello world")

    async def scenario():
        async with serve(application) as site:
            answer = await site.ask("/", *([f"Accept-Encoding: {accepts}"] if accepts else []))
            assert ("content-encoding" in answer) is (encoding is not None)
            assert (gzip.decompress(answer.body) if encoding else answer.body) == b"hello world"

    run(scenario())


def test_an_encoded_body_is_left_alone_if_the_worker_says_so(run, serve):
    data = gzip.compress(b"x")

    async def scenario():
        response = Response.new(data, headers=[("content-encoding", "gzip")], encodeBody="manual")
        async with serve(lambda _request: response) as site:
            answer = await site.ask()
            assert (answer["content-encoding"], answer.body) == ("gzip", data)

    run(scenario())


# ---- streams


def test_a_stream_is_chunked_unless_its_length_is_known(run, serve):
    async def scenario():
        answers = [streamed(Source(b"abc", b"", b"def")), streamed(Source(b"abc", b"def"), 6)]
        async with serve(lambda _request: answers.pop(0)) as site:
            client = await site.connect()
            client.get()
            answer = await client.answer()
            assert (answer["transfer-encoding"], answer.body) == ("chunked", b"abcdef")
            client.get()
            answer = await client.answer()
            assert (answer["content-length"], answer.body) == ("6", b"abcdef")

    run(scenario())


def test_chunks_leave_when_they_are_written(run, serve):
    async def scenario():
        gate = asyncio.Event()
        async with serve(lambda _request: streamed(Source(b"first", gate=gate))) as site:
            client = await site.connect()
            client.get()
            assert (await client.head()).status == 200
            pieces = client.chunks()
            assert await anext(pieces) == b"first"
            gate.set()
            assert [piece async for piece in pieces] == []

    run(scenario())


def test_http_1_0_gets_a_stream_until_the_end_of_the_connection(run, serve):
    async def scenario():
        async with serve(lambda _request: streamed(Source(b"abc", b"def"))) as site:
            client = await site.connect()
            client.send("GET / HTTP/1.0\r\n\r\n")
            answer = await client.answer()
            assert (answer["connection"], answer.body) == ("close", b"abcdef")

    run(scenario())


def test_a_client_that_reads_slowly_holds_the_stream_back(run, serve):
    async def scenario():
        source = Source(*[bytes(100_000)] * 500)
        async with serve(lambda _request: streamed(source)) as site:
            client = await site.connect()
            client.reader._limit = 1000  # so that the client stops reading
            client.get()
            await client.reader.read(1)
            await asyncio.sleep(0.1)
            assert source.pulled < 200
            client.reader._limit = 1 << 24
            size = 1
            while size < 50_000_000:
                size += len(await client.reader.read(1 << 20))
            assert source.pulled > 499

    run(scenario())


@pytest.mark.parametrize(
    "source", [Source(b"abc", error=JsException("Error", "boom")), Source(b"abc"), Source(b"too long for it")]
)
def test_a_stream_that_breaks_its_promise_cuts_the_connection(run, serve, source):
    async def scenario():
        async with serve(lambda _request: streamed(source, 10)) as site:
            client = await site.connect()
            client.get()
            assert (await client.head())["content-length"] == "10"
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await client.reader.readexactly(10)

    run(scenario())


# ---- order and ends


def test_pipelined_requests_are_answered_in_order(run, serve):
    async def application(request):
        if request.url.endswith("/slow"):
            await asyncio.sleep(0.02)
        return Response.new(request.url)

    async def scenario():
        async with serve(application) as site:
            client = await site.connect()
            targets = ["/slow", "/a", "/slow", "/b"] * 5
            for target in targets:
                client.get(target)
            answers = [(await client.answer()).body.decode() for _ in targets]
            assert answers == [f"http://localhost{target}" for target in targets]

    run(scenario())


@pytest.mark.parametrize(
    ("head", "connection"),
    [
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "close"),
        ("GET / HTTP/1.0\r\nHost: h\r\n\r\n", "close"),
        ("GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", "keep-alive"),
    ],
)
def test_the_client_decides_whether_the_connection_stays(run, serve, head, connection):
    async def scenario():
        async with serve(lambda _request: Response.new("x")) as site:
            client = await site.connect()
            client.send(head)
            assert (await client.answer())["connection"] == connection
            if connection == "close":
                assert await client.is_closed()
            else:
                client.get()
                assert (await client.answer()).status == 200

    run(scenario())


def test_a_client_that_leaves_cancels_its_request(run, serve):
    async def scenario():
        begun, cancelled = asyncio.Event(), asyncio.Event()

        async def application(_request):
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        async with serve(application) as site:
            client = await site.connect()
            client.get()
            await begun.wait()
            await client.close()
            await cancelled.wait()

    run(scenario())


def test_a_client_that_leaves_cancels_the_stream_it_was_reading(run, serve):
    async def scenario():
        source = Source(b"abc", gate=asyncio.Event())
        async with serve(lambda _request: streamed(source)) as site:
            client = await site.connect()
            client.get()
            await client.head()
            await client.close()
            await source.cancelled.wait()

    run(scenario())


def test_a_client_that_leaves_fails_the_body_it_was_sending(run, serve):
    async def scenario():
        failures = asyncio.Queue()

        async def application(request):
            try:
                await request.text()
            except BaseException as problem:
                failures.put_nowait(problem)
                raise

        async with serve(application) as site:
            client = await site.connect()
            client.get("/", "Content-Length: 10", method="POST", body=b"abc")
            await asyncio.sleep(0.01)
            await client.close()
            assert isinstance(await failures.get(), (JsException, asyncio.CancelledError))

    run(scenario())


def test_a_bug_of_the_application_is_500_and_shown(run, serve, capsys):
    def application(_request):
        raise RuntimeError("our bug")

    async def scenario():
        async with serve(application) as site:
            client = await site.connect()
            for _ in range(2):
                client.get()
                assert (await client.answer()).status == 500

    run(scenario())
    assert "our bug" in capsys.readouterr().err


def test_a_handler_that_awaits_something_cancelled_is_500(run, serve, capsys):
    async def application(_request):
        raise asyncio.CancelledError

    async def scenario():
        async with serve(application) as site:
            assert (await site.ask()).status == 500

    run(scenario())
    assert "CancelledError" in capsys.readouterr().err


def test_a_response_whose_body_was_used_is_500(run, serve):
    async def application(_request):
        response = Response.new("x")
        await response.text()
        return response

    async def scenario():
        async with serve(application) as site:
            answer = await site.ask()
            assert answer.status == 500
            assert answer.body.startswith(b"TypeError: Body has already been used.")

    run(scenario())


def test_every_request_is_logged_but_those_of_the_platform(run, serve):
    lines = []

    async def scenario():
        async with serve(
            lambda _request: Response.new(status=404), on_request=lambda *line: lines.append(line)
        ) as site:
            await site.ask("/a%20b?secret=1")
            await site.ask("/cdn-cgi/local/scheduled")
            await site.ask("/c", method="POST")

    run(scenario())
    assert [line[:4] for line in lines] == [("GET", "/a%20b", 404, "Not Found"), ("POST", "/c", 404, "Not Found")]
    assert all(0 <= line[4] < 5000 for line in lines)


def test_draining_finishes_what_runs_and_closes_the_rest(run, serve, eventually):
    async def scenario():
        gate = asyncio.Event()

        async def application(request):
            if request.url.endswith("/wait"):
                await gate.wait()
            return Response.new("x")

        async with serve(application) as site:
            idle, busy = await site.connect(), await site.connect()
            idle.get()
            await idle.answer()
            busy.get("/wait")
            await eventually(lambda: any(connection.current for connection in site.server.connections))
            draining = asyncio.ensure_future(site.server.drain(asyncio.get_running_loop().time() + 5))
            assert await idle.is_closed()
            gate.set()
            assert (await busy.answer())["connection"] == "close"
            await draining
            with pytest.raises(ConnectionError):
                await site.connect()

    run(scenario())


def test_draining_ends_at_its_deadline(run, serve, eventually):
    async def scenario():
        async with serve(lambda _request: asyncio.Event().wait()) as site:
            client = await site.connect()
            client.get()
            await eventually(lambda: any(connection.current for connection in site.server.connections))
            await site.server.drain(asyncio.get_running_loop().time() + 0.05)
            assert await client.is_closed()

    run(scenario())
