"""Request, Response and their bodies: spec/workers-module.md sections 2 and 3, spec/js-and-ffi.md section 3."""

from __future__ import annotations

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.js.blob import Blob
from pywrangler.runtime.js.convert import from_entries, to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.streams import ReadableStream
from pywrangler.runtime.js.typed_arrays import ArrayBuffer, Uint8Array
from pywrangler.runtime.js.url import URL, URLSearchParams

USED = "Body has already been used"


def options(**fields):
    return to_js(fields, dict_converter=from_entries)


# ---- Response ---------------------------------------------------------------------------------------------


def test_a_plain_response_is_200_text():
    response = Response.new("hi")
    assert (response.status, response.statusText, response.ok, response.url) == (200, "", True, "")
    assert (response.type, response.redirected, response.webSocket, response.bodyUsed) == (
        "default",
        False,
        jsnull,
        False,
    )
    assert response.headers.get("content-type") == "text/plain;charset=UTF-8"
    assert response.status_text_or_default == "OK"
    assert isinstance(response, JsProxy)


@pytest.mark.parametrize(
    ("body", "content_type", "data"),
    [
        ("é\ud800", "text/plain;charset=UTF-8", "é\ufffd".encode()),
        (b"x", jsnull, b"x"),
        (Uint8Array.from_bytes(b"x"), jsnull, b"x"),
        (ArrayBuffer.from_bytes(b"x"), jsnull, b"x"),
        (Blob.new(["x"], type="a/b"), "a/b", b"x"),
        (Blob.new(["x"]), jsnull, b"x"),
        (URLSearchParams.new("a=1"), "application/x-www-form-urlencoded;charset=UTF-8", b"a=1"),
        (5, "text/plain;charset=UTF-8", b"5"),
        (None, jsnull, b""),
        (jsnull, jsnull, b""),
    ],
)
def test_each_kind_of_body_brings_its_content_type(run_async, body, content_type, data):
    async def check():
        response = Response.new(body)
        assert response.headers.get("content-type") == content_type
        assert await response.read_bytes() == data

    run_async(check())


def test_a_given_content_type_wins():
    assert Response.new("x", headers=Headers.new([("Content-Type", "a/b")])).headers.get("content-type") == "a/b"


def test_options_come_as_object_keywords_or_another_response():
    for response in (
        Response.new("x", options(status=404, statusText="No", headers=options(a="1"))),
        Response.new("x", status=404, statusText="No", headers=[("a", "1")]),
        Response.new("x", Response.new("y", status=404, statusText="No", headers=[("a", "1")])),
    ):
        assert (response.status, response.statusText, response.headers.get("a")) == (404, "No", "1")
        assert not response.ok


def test_a_python_dict_of_options_is_lost_with_a_warning():
    lines = []
    context.set_log_sink(lambda level, text: lines.append((level, text)))
    try:
        assert Response.new("x", {"status": 404}).status == 200
    finally:
        context.set_log_sink(lambda _level, _text: None)
    assert [level for level, _ in lines] == ["warn"]
    assert "keyword arguments" in lines[0][1]


@pytest.mark.parametrize("status", [0, 101, 199, 600, jsnull, "abc"])
def test_a_status_out_of_range_is_a_range_error(status):
    with pytest.raises(JsException) as caught:
        Response.new(None, status=status)
    assert caught.value.name == "RangeError"
    assert "in the range 200 to 599, inclusive" in caught.value.message


def test_status_is_converted_like_a_number():
    assert Response.new(None, status="404").status == 404
    assert Response.new(None, status=404.7).status == 404
    assert Response.new(None, status=None).status == 200


@pytest.mark.parametrize("status", [204, 205, 304])
def test_null_body_statuses_refuse_a_body_but_tolerate_an_empty_string(status):
    with pytest.raises(JsException, match="TypeError: Response with null body status"):
        Response.new("x", status=status)
    assert Response.new("", status=status).body is jsnull
    assert Response.new(None, status=status).status == status


def test_a_websocket_needs_101_and_no_body():
    socket = Blob.new([])  # any object stands for one here
    with pytest.raises(JsException, match=r"RangeError: Responses with a WebSocket must have status code 101\."):
        Response.new(None, status=200, webSocket=socket)
    with pytest.raises(JsException, match="null body status"):
        Response.new("x", status=101, webSocket=socket)
    response = Response.new(None, status=101, webSocket=socket)
    assert response.webSocket is socket
    with pytest.raises(JsException, match="TypeError: Cannot clone"):
        response.clone()


def test_json_on_the_class_makes_and_on_an_object_reads(run_async):
    async def check():
        response = Response.json(options(a=1, b=[1, "é"]), status=201)
        assert (response.status, response.headers.get("content-type")) == (201, "application/json")
        again = response.clone()
        assert await response.text() == '{"a":1,"b":[1,"é"]}'
        parsed = await again.json()
        assert parsed.b.to_py() == [1, "é"]
        assert Response.json(1, headers=[("content-type", "a/b")]).headers.get("content-type") == "a/b"

    run_async(check())


def test_invalid_json_is_a_syntax_error(run_async):
    async def check():
        with pytest.raises(JsException) as caught:
            await Response.new("{").json()
        assert caught.value.name == "SyntaxError"

    run_async(check())


def test_redirect_checks_the_status_first_then_the_url():
    response = Response.redirect("http://a/b")
    assert (response.status, response.headers.get("location")) == (302, "http://a/b")
    assert Response.redirect("http://a", 308).headers.get("location") == "http://a/"
    with pytest.raises(JsException, match="RangeError"):
        Response.redirect("/x", 200)
    with pytest.raises(JsException, match="TypeError: Unable to parse URL: /x"):
        Response.redirect("/x")


def test_an_error_response_has_no_status():
    assert (Response.error().status, Response.error().type) == (0, "error")


def test_headers_of_a_received_response_are_immutable_a_copy_is_not():
    response = Response.from_wire(200, "OK", [("a", "1")], b"x", url="http://a/")
    with pytest.raises(JsException, match="immutable"):
        response.headers.set("a", "2")
    copy = Response.new(response.body, response)
    copy.headers.set("a", "2")
    assert (copy.pairs(), response.pairs()) == ([("a", "2")], [("a", "1")])


def test_changes_to_headers_show_on_the_wire():
    response = Response.new("x")
    response.headers.append("Set-Cookie", "a=1")
    response.headers.append("Set-Cookie", "b=2")
    assert response.pairs()[1:] == [("set-cookie", "a=1"), ("set-cookie", "b=2")]


# ---- bodies -----------------------------------------------------------------------------------------------


def streamed():
    return Response.new(ReadableStream.of_bytes(b"abc"))


@pytest.mark.parametrize("make", [lambda: Response.new("abc"), streamed])
@pytest.mark.parametrize("method", ["text", "bytes", "arrayBuffer", "blob", "formData", "json"])
def test_a_body_is_read_once(run_async, make, method):
    async def check():
        response = make()
        assert await response.text() == "abc"
        assert response.bodyUsed
        with pytest.raises(JsException, match=f"TypeError: {USED}"):
            await getattr(response, method)()
        with pytest.raises(JsException, match=USED):
            response.clone()

    run_async(check())


def test_a_null_body_can_be_read_again(run_async):
    async def check():
        response = Response.new(None)
        assert response.body is jsnull
        assert await response.text() == await response.text() == ""
        assert not response.bodyUsed

    run_async(check())


def test_reading_a_body_in_memory_never_suspends():
    def drive(coroutine):
        with pytest.raises(StopIteration) as stopped:
            coroutine.send(None)
        return stopped.value.value

    async def text():
        return await Response.new("abc").text()

    async def data():
        return await Request.new("http://a/", method="POST", body="abc").read_bytes()

    assert drive(text()) == "abc"
    assert drive(data()) == b"abc"


def test_text_drops_a_byte_order_mark_and_replaces_what_is_malformed(run_async):
    async def check():
        assert await Response.new(b"\xef\xbb\xbfa\xff").text() == "a\ufffd"

    run_async(check())


def test_asking_for_the_stream_does_not_use_the_body_reading_it_does(run_async):
    async def check():
        response = Response.new("abc")
        assert response.body is response.body
        assert not response.bodyUsed
        reader = response.body.getReader()
        with pytest.raises(JsException, match="locked"):
            await response.text()
        assert (await reader.read()).value.to_bytes() == b"abc"
        assert response.bodyUsed

    run_async(check())


@pytest.mark.parametrize("make", [lambda: Response.new("abc"), streamed])
def test_both_halves_of_a_clone_can_be_read(run_async, make):
    async def check():
        first = make()
        second = first.clone()
        third = second.clone()
        assert [await part.text() for part in (first, second, third)] == ["abc"] * 3

    run_async(check())


def test_a_used_or_locked_stream_is_no_body(run_async):
    async def check():
        stream = ReadableStream.of_bytes(b"a")
        stream.getReader()
        with pytest.raises(JsException, match="locked"):
            Response.new(stream)
        response = streamed()
        await response.text()
        with pytest.raises(JsException, match="disturbed"):
            Response.new(response.body)

    run_async(check())


def test_a_text_chunk_in_a_body_is_a_type_error(run_async):
    async def check():
        with pytest.raises(JsException, match="TypeError: This ReadableStream did not return bytes"):
            await Response.new(ReadableStream.from_(["text"])).text()

    run_async(check())


# ---- Request ----------------------------------------------------------------------------------------------


def test_a_request_has_a_normal_url_and_an_upper_case_method():
    request = Request.new("http://Example.com")
    assert (request.url, request.method, request.redirect) == ("http://example.com/", "GET", "follow")
    assert Request.new(URL.new("http://a/b#c")).url == "http://a/b#c"
    assert Request.new("http://a:80/x/../y", method="patch").url == "http://a/y"
    assert Request.new("http://a", method="patch").method == "PATCH"
    for name in ("credentials", "mode", "destination", "referrer"):
        assert not hasattr(request, name)


@pytest.mark.parametrize("url", ["/x", "", "x", "//a/b"])
def test_a_relative_url_is_a_type_error(url):
    with pytest.raises(JsException, match=f"TypeError: Invalid URL: {url}"):
        Request.new(url)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"method": "FOO"}, "Invalid HTTP method string: FOO"),
        ({"method": "GET", "body": "x"}, "GET or HEAD method cannot have a body"),
        ({"method": "HEAD", "body": ""}, "GET or HEAD method cannot have a body"),
        ({"body": "x"}, "GET or HEAD method cannot have a body"),
        ({"redirect": "error"}, "Invalid redirect value"),
        ({"cache": "default"}, "Unsupported cache mode: default"),
        ({"signal": "x"}, "AbortSignal"),
    ],
)
def test_bad_options_are_type_errors(given, message):
    with pytest.raises(JsException, match=f"TypeError: .*{message}"):
        Request.new("http://a/", **given)


def test_options_of_a_request(run_async):
    async def check():
        request = Request.new("http://a/", options(method="POST", body="x", headers=options(A="1")), cf=options(z=1))
        assert (request.headers.get("a"), request.headers.get("content-type")) == ("1", "text/plain;charset=UTF-8")
        assert request.cf.z == 1
        assert Request.new("http://a/").cf is None
        assert Request.new("http://a/", cache="no-store").cache == "no-store"
        assert await request.text() == "x"

    run_async(check())


def test_a_request_made_of_another_takes_its_body(run_async):
    async def check():
        first = Request.new("http://a/", method="POST", body="x", headers=[("a", "1")])
        second = Request.new(first, headers=[("b", "2")])
        assert first.bodyUsed
        assert (second.method, second.url, second.headers.get("a"), second.headers.get("b")) == (
            "POST",
            "http://a/",
            jsnull,
            "2",
        )
        assert await second.text() == "x"
        with pytest.raises(JsException, match=USED):
            Request.new(second)

    run_async(check())


def test_a_request_can_be_the_options_of_another(run_async):
    async def check():
        first = Request.new("http://a/", method="POST", body="x", headers=[("a", "1")])
        second = Request.new("http://b/c", first)
        assert (second.url, second.method, second.headers.get("a")) == ("http://b/c", "POST", "1")
        assert await second.text() == "x"

    run_async(check())


def test_an_incoming_request_is_immutable_and_lazy(run_async):
    made = []

    def cf():
        made.append(1)
        return options(colo="DFW")

    async def check():
        request = Request.from_wire("POST", "http://a/", [("x", "1")], b"data", cf)
        assert not made
        assert request.cf.colo == request.cf.colo == "DFW"
        assert made == [1]
        with pytest.raises(JsException, match="immutable"):
            request.headers.set("x", "2")
        assert request.redirect == "manual"
        copy = Request.new(request)
        copy.headers.set("x", "2")
        assert await copy.text() == "data"

    run_async(check())


def test_both_halves_of_a_cloned_request_can_be_read(run_async):
    async def check():
        request = Request.from_wire("POST", "http://a/", [], ReadableStream.of_bytes(b"data"), None)
        copy = request.clone()
        assert await request.text() == await copy.text() == "data"
        with pytest.raises(JsException, match=USED):
            request.clone()

    run_async(check())


def test_every_request_has_a_signal():
    request = Request.new("http://a/")
    assert request.signal.aborted is False
    assert request.signal is request.signal


def test_classes_cannot_be_called_without_new():
    for kind in (Request, Response, Headers, URL):
        with pytest.raises(TypeError):
            kind("x")
