"""spec/workers-module.md, section 2."""

from __future__ import annotations

from http import HTTPStatus

import pytest
import workers
from workers import Blob, FormData, Response
from workers._face import FACE

from pywrangler.runtime.js.blob import Blob as JsBlob
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.headers import Headers as JsHeaders
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.js.search_params import URLSearchParams
from pywrangler.runtime.js.typed_arrays import ArrayBuffer, Uint8Array
from pywrangler.runtime.js.values import JsMap, JsObject, array


def test_default_status_is_200():
    assert Response("x").status == 200
    assert Response("x", 0).status == 200


def test_arguments_may_be_positional():
    response = Response("no", 404, "Nope", {"x-a": "1"})
    assert (response.status, response.status_text, response.headers["X-A"]) == (404, "Nope", "1")


def test_status_may_be_http_status():
    assert Response("x", status=HTTPStatus.IM_A_TEAPOT).status == 418


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("text", "text/plain;charset=UTF-8"),
        (b"bytes", None),
        (None, None),
        (Uint8Array.from_bytes(b"x"), None),
        (ArrayBuffer.from_bytes(b"x"), None),
        (URLSearchParams.new("a=1"), "application/x-www-form-urlencoded;charset=UTF-8"),
        (JsBlob.new(["x"], type="image/png"), "image/png"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_content_type_comes_from_body(body, content_type):
    assert Response(body).headers["content-type"] == content_type


def test_form_data_body_is_multipart():
    assert Response(FormData({"a": "b"})).headers["content-type"].startswith("multipart/form-data; boundary=")


def test_given_content_type_wins():
    assert Response("{}", headers={"Content-Type": "application/json"}).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "dict"),
        ([], "list"),
        (1, "int"),
        (bytearray(), "bytearray"),
        (memoryview(b""), "memoryview"),
        (Blob("x"), "Blob"),
        (JsObject.new(), "Object"),
        (JsMap.new(), "Map"),
        (array(()), "Array"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_bodies_are_refused_by_name(body, name):
    with pytest.raises(TypeError, match=f"^Unsupported type in Response: {name}$"):
        Response(body)


def test_generator_is_refused():
    with pytest.raises(TypeError, match="Unsupported type in Response: generator"):
        Response(x for x in "ab")


def test_javascript_response_is_adopted_as_it_is():
    inner = JsResponse.new("x", status=201)
    assert Response(inner).js_object is inner


@pytest.mark.parametrize("more", [{"status": 200}, {"status_text": "x"}, {"headers": {}}])
def test_javascript_response_excludes_other_arguments(more):
    with pytest.raises(ValueError, match="cannot be combined"):
        Response(JsResponse.new("x"), **more)


@pytest.mark.parametrize("status", [99, 100, 101, 600])
def test_status_out_of_range_is_a_javascript_error(status):
    with pytest.raises(JsException) as caught:
        Response("x", status=status)
    assert caught.value.name == "RangeError"


@pytest.mark.parametrize("status", [204, 205, 304])
def test_null_body_status_refuses_a_body(status):
    with pytest.raises(JsException) as caught:
        Response("x", status=status)
    assert caught.value.name == "TypeError"
    assert Response("", status=status).status == status


def test_headers_from_dict_may_be_numbers():
    assert Response("", headers={"x-count": 5}).headers["x-count"] == "5"


def test_headers_from_list_are_appended():
    response = Response("", headers=[("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x", "1"), ("x", "2")])
    assert response.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert response.headers["x"] == "1, 2"


def test_headers_may_be_javascript_headers():
    assert Response("", headers=JsHeaders.new([["a", "b"]])).headers["a"] == "b"


@pytest.mark.parametrize("headers", [(("a", "b"),), "a: b", 5, {"a"}])
def test_other_types_of_headers_are_refused(headers):
    with pytest.raises(TypeError, match="Received unexpected type for headers argument"):
        Response("", headers=headers)


def test_headers_are_a_copy_found_in_any_case():
    response = Response("x")
    response.headers["x-new"] = "1"
    assert response.headers["x-new"] is None
    assert response.headers.get("CONTENT-TYPE") == "text/plain;charset=UTF-8"
    assert [*response.headers.items()] == [("content-type", "text/plain;charset=UTF-8")]


def test_body_reads_once(run_async):
    async def read():
        response = Response("hé")
        assert not response.body_used
        assert await response.text() == "hé"
        assert response.body_used
        with pytest.raises(OSError):
            await response.text()

    run_async(read())


def test_reads_as_bytes_json_blob_and_form(run_async):
    async def read():
        assert await Response("hé").bytes() == "hé".encode()
        assert await Response('{"a": [1]}').json() == {"a": [1]}
        blob = await Response("x", headers={"content-type": "text/x"}).blob()
        assert (blob.size, blob.content_type, await blob.text()) == (1, "text/x", "x")
        form = await Response(URLSearchParams.new("a=1&a=2")).form_data()
        assert form.get_all("a") == ["1", "2"]
        with pytest.raises(TypeError):
            await Response("x").formData()

    run_async(read())


def test_body_is_stream_or_none():
    assert isinstance(Response("x").body, ReadableStream)
    assert Response(None).body is None


def test_clone_reads_twice(run_async):
    async def read():
        response = Response("x", 201)
        copy = response.clone()
        assert (await response.text(), await copy.text(), copy.status) == ("x", "x", 201)

    run_async(read())


def test_replace_body_keeps_status_and_headers(run_async):
    response = Response("x", 404, "Gone away", {"x-a": "1"}).replace_body("y")
    assert (response.status, response.status_text, response.headers["x-a"]) == (404, "Gone away", "1")
    assert run_async(response.text()) == "y"


def test_repr_leaves_out_what_is_absent():
    text = repr(Response("x", headers={"content-type": "text/plain"}))
    assert text.startswith("Response(status=200, status_text='OK', content_type='text/plain'")
    assert "url" not in text
    assert "type='" not in text.replace("content_type='", "")


def test_json_from_python_has_default_separators(run_async):
    response = Response.from_json({"a": 1, "b": ["é"]})
    assert response.headers["content-type"] == "application/json"
    assert run_async(response.text()) == '{"a": 1, "b": ["\\u00e9"]}'


def test_json_from_javascript_is_compact(run_async):
    assert run_async(Response.from_json(JsObject.new(a=1, b="é")).text()) == '{"a":1,"b":"é"}'


def test_json_on_the_class_makes_a_response_and_on_an_instance_parses(run_async):
    response = Response.json({"a": 1}, status=201, headers={"x": "y"})
    assert (response.status, response.headers["x"]) == (201, "y")
    assert run_async(response.json()) == {"a": 1}


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
def test_json_keeps_given_content_type(name):
    assert Response.json(1, headers={name: "application/problem+json"}).headers.get_all("content-type") == [
        "application/problem+json"
    ]


def test_json_of_what_json_lacks_is_pythons_error():
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        Response.json({1})


def test_json_with_bad_status_is_a_python_error():
    with pytest.raises(ValueError, match="200 to 599"):
        Response.json({}, status=999)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_a_raw_javascript_response(status):
    response = Response.redirect("https://example.com/x", status)
    assert isinstance(response, JsResponse)
    assert (response.status, response.headers.get("location")) == (status, "https://example.com/x")


def test_redirect_default_is_302():
    assert Response.redirect("https://example.com/").status == 302


def test_redirect_checks_status_before_url():
    with pytest.raises(ValueError):
        Response.redirect("/x", 200)


@pytest.mark.parametrize("url", ["", "/x"])
def test_redirect_needs_an_absolute_url(url):
    with pytest.raises(TypeError, match=f"Unable to parse URL: {url}"):
        Response.redirect(url)


def test_there_is_no_response_error():
    assert not hasattr(Response, "error")


def test_handler_may_return_sdk_or_javascript_response():
    inner = JsResponse.new("x")
    assert FACE.response(inner) is inner
    assert FACE.response(Response(inner)) is inner
    assert FACE.response(workers.FetchResponse("", inner)) is inner


@pytest.mark.parametrize("result", [None, "text", {"a": 1}, 5])
def test_anything_else_a_handler_returns_is_the_platforms_type_error(result):
    with pytest.raises(JsException) as caught:
        FACE.response(result)
    assert str(caught.value) == ("TypeError: Incorrect type for Promise: the Promise did not resolve to 'Response'.")
