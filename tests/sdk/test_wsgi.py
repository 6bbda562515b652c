"""spec/workers-module.md, section 13."""

from __future__ import annotations

import asyncio
import io
from wsgiref.validate import validator

import flask
import pytest
from workers import wsgi

from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request as JsRequest


def request(path="/", method="GET", body=None, headers=(), origin="http://localhost:8787"):
    return JsRequest.from_wire(method, f"{origin}{path}", [("host", "localhost:8787"), *headers], body)


def environ_of(js_request, run_async, env=None):
    seen = {}

    def app(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [])
        return []

    run_async(wsgi.fetch(app, js_request, env))
    return seen


def test_environ_describes_the_request(run_async):
    headers = [("x-a", "1"), ("x-a", "2"), ("content-type", "text/x"), ("content-length", "5")]
    environ = environ_of(request("/a%20b/%C3%A9?x=%20", "POST", b"12345", headers), run_async, "the env")
    assert {key: value for key, value in environ.items() if isinstance(value, (str, bool, tuple))} == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/Ã©",
        "QUERY_STRING": "x=%20",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8787",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "text/x",
        "CONTENT_LENGTH": "5",
        "HTTP_HOST": "localhost:8787",
        "HTTP_X_A": "1, 2",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "workers.env": "the env",
    }


@pytest.mark.parametrize(("origin", "port"), [("http://x.test", "80"), ("https://x.test", "443")])
def test_port_comes_from_the_url(origin, port, run_async):
    assert environ_of(request(origin=origin), run_async)["SERVER_PORT"] == port


def test_keeps_to_pep_3333(run_async):
    @validator
    def app(environ, start_response):
        environ["wsgi.input"].read(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    async def use():
        return await (await wsgi.fetch(app, request(method="POST", body=b"x"), None)).text()

    assert run_async(use()) == "ok"


def test_status_reason_and_repeated_headers(run_async):
    def app(environ, start_response):
        start_response("404 Not Here", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"a", b"b"]

    async def use():
        response = await wsgi.fetch(app, request(), None)
        assert (response.status, response.statusText) == (404, "Not Here")
        assert response.pairs() == [("set-cookie", "a=1"), ("set-cookie", "b=2")]
        assert response._body == b"ab"

    run_async(use())


def test_body_of_the_request_is_read_when_asked_for(run_async):
    gate = asyncio.Event()
    order = []

    async def parts():
        order.append("first asked")
        yield b"one\ntw"
        await gate.wait()
        yield b"o\nthree"

    def app(environ, start_response):
        order.append("app")
        body = environ["wsgi.input"]
        start_response("200 OK", [])
        return [b"|".join([body.readline(), body.readline(), body.read(2), body.read(), body.read()])]

    async def use():
        task = asyncio.ensure_future(wsgi.fetch(app, request(method="POST", body=ReadableStream.from_(parts())), None))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not task.done()  # the loop went on while the application waits
        gate.set()
        return await (await task).text()

    assert run_async(use()) == "one\n|two\n|th|ree|"
    assert order == ["app", "first asked"]


class Parts:
    """An iterable that notes when it is asked and closed."""

    def __init__(self, *parts: bytes | Exception) -> None:
        self.waiting = list(parts)
        self.asked = 0
        self.closed = 0

    def __iter__(self):
        return self

    def __next__(self):
        if not self.waiting:
            raise StopIteration
        self.asked += 1
        part = self.waiting.pop(0)
        if isinstance(part, Exception):
            raise part
        return part

    def close(self):
        self.closed += 1


def starting(parts, headers=()):
    def app(environ, start_response):
        start_response("200 OK", list(headers))
        return parts

    return app


def test_response_is_streamed_at_the_pace_of_its_reader_and_closed_once(run_async):
    parts = Parts(b"", b"a", b"b", b"c", b"d")

    async def use():
        response = await wsgi.fetch(starting(parts), request(), None)
        for _ in range(20):
            await asyncio.sleep(0)
        assert parts.asked < 5
        assert parts.closed == 0
        assert await response.text() == "abcd"

    run_async(use())
    assert parts.closed == 1


def test_announced_length_makes_the_response_whole(run_async):
    parts = Parts(b"abc")

    async def use():
        assert (await wsgi.fetch(starting(parts, [("Content-Length", "3")]), request(), None))._body == b"abc"

    run_async(use())
    assert parts.closed == 1


def test_response_that_nobody_reads_is_closed(run_async):
    parts = Parts(*[b"x"] * 1000)

    async def use():
        response = await wsgi.fetch(starting(parts), request(), None)
        await response.body.cancel()
        for _ in range(20):
            await asyncio.sleep(0)

    run_async(use())
    assert parts.closed == 1
    assert parts.asked < 10


def test_error_before_the_response_propagates(run_async):
    def app(environ, start_response):
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        run_async(wsgi.fetch(app, request(), None))


def test_error_in_the_first_part_propagates_and_closes(run_async):
    parts = Parts(ValueError("boom"))
    with pytest.raises(ValueError, match="boom"):
        run_async(wsgi.fetch(starting(parts), request(), None))
    assert parts.closed == 1


def test_error_after_the_response_began_is_logged_and_ends_the_stream(run_async, caplog):
    async def use():
        return await (await wsgi.fetch(starting(Parts(b"part", ValueError("boom"))), request(), None)).text()

    assert run_async(use()) == "part"
    assert caplog.records[0].exc_info[1].args == ("boom",)


@pytest.mark.parametrize("result", [[b"x"], (part for part in [b"x"])])
def test_missing_start_response_is_a_runtime_error(result, run_async):
    with pytest.raises(RuntimeError, match="start_response"):
        run_async(wsgi.fetch(lambda *_: result, request(), None))


def test_start_response_may_come_with_the_first_part(run_async):
    def app(environ, start_response):
        start_response("201 Created", [])
        yield b"x"

    async def use():
        response = await wsgi.fetch(app, request(), None)
        return response.status, await response.text()

    assert run_async(use()) == (201, "x")


def test_write_comes_before_what_is_returned(run_async):
    def app(environ, start_response):
        write = start_response("200 OK", [])
        write(b"a")
        write(b"b")
        return [b"c"]

    async def use():
        return await (await wsgi.fetch(app, request(), None)).text()

    assert run_async(use()) == "abc"


def test_flask(run_async):
    app = flask.Flask("tests")

    @app.post("/echo")
    def echo():
        return {"got": flask.request.get_json(), "env": flask.request.environ["workers.env"]}

    @app.get("/stream")
    def stream():
        return flask.Response(flask.stream_with_context(f"{n}{flask.request.path}\n" for n in range(3)))

    async def use():
        headers = [("content-type", "application/json"), ("content-length", "8")]
        body = request("/echo", "POST", b'{"a": 1}', headers)
        response = await wsgi.fetch(app, body, "e")
        assert await response.text() == '{"env":"e","got":{"a":1}}\n'
        assert isinstance(response._body, bytes)
        return await (await wsgi.fetch(app, request("/stream"), None)).text()

    assert run_async(use()) == "0/stream\n1/stream\n2/stream\n"


def test_errors_go_to_standard_error(run_async, capsys):
    def app(environ, start_response):
        assert isinstance(environ["wsgi.errors"], io.TextIOBase)
        environ["wsgi.errors"].write("oops\n")
        start_response("200 OK", [])
        return []

    run_async(wsgi.fetch(app, request(), None))
    assert "oops" in capsys.readouterr().err


def test_a_body_that_is_encoded_already_is_said_to_be(run_async):
    def app(environ, start_response):
        start_response("200 OK", [("content-encoding", "gzip")])
        return [b"zipped"]

    async def encoding():
        default = wsgi.entrypoint(app, options=wsgi.Options(encode_body="manual"))
        instance = default.__new__(default)
        instance.env = instance.ctx = None
        response = await instance.fetch(request())
        return response.encodeBody, (await wsgi.fetch(app, request(), None)).encodeBody

    assert run_async(encoding()) == ("manual", "automatic")
