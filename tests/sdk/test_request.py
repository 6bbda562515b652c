"""spec/workers-module.md, section 3."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPMethod

import pytest
from werkzeug.datastructures import Headers as WerkzeugHeaders
from workers import FormData, Request
from workers._face import FACE

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import Request as JsRequest
from pywrangler.runtime.js.typed_arrays import ArrayBuffer
from pywrangler.runtime.js.values import JsObject


def incoming(method="POST", body=b"x", headers=(), **more) -> Request:
    return FACE.request(JsRequest.from_wire(method, "http://127.0.0.1:8787/a?b=1", [*headers], body, **more))


def test_method_is_an_enum_equal_to_its_name():
    request = incoming("PATCH")
    assert request.method is HTTPMethod.PATCH
    assert request.method == "PATCH"
    assert f"{request.method}" == "PATCH"


def test_method_outside_of_the_enum_is_a_key_error():
    with pytest.raises(KeyError):
        _ = incoming("PROPFIND").method


def test_lower_case_patch_is_normalised():
    assert Request("https://x.test/", method="patch").method == "PATCH"


def test_method_may_be_an_enum():
    assert Request("https://x.test/", method=HTTPMethod.PUT).method == "PUT"


def test_unknown_method_is_refused_by_javascript():
    with pytest.raises(JsException, match="Invalid HTTP method string"):
        Request("https://x.test/", method="NOPE")


def test_url_is_absolute_with_default_path():
    assert Request("https://test.com").url == "https://test.com/"
    assert incoming().url == "http://127.0.0.1:8787/a?b=1"


def test_repr_shows_method_and_url():
    assert repr(Request("https://test.com", method="POST")) == "Request(method='POST', url='https://test.com/')"


def test_wraps_javascript_request_without_options():
    raw = JsRequest.new("https://x.test/")
    assert Request(raw).js_object is raw
    with pytest.raises(ValueError, match="options"):
        Request(raw, method="POST")


def test_copies_sdk_request_with_options():
    request = Request(Request("https://x.test/", headers={"a": "b"}), method="DELETE")
    assert (request.method, request.headers["A"]) == ("DELETE", "b")


def test_headers_are_a_mapping_to_those_who_ask():
    headers = Request("https://x.test/", headers={"A": "b"}).headers
    assert isinstance(headers, Mapping)
    assert dict(headers) == {"a": "b"}
    assert WerkzeugHeaders(headers)["A"] == "b"


@pytest.mark.parametrize("headers", [None, (("a", "b"),), "a"])
def test_headers_of_other_types_are_refused_none_included(headers):
    with pytest.raises(TypeError, match="Received unexpected type for headers argument"):
        Request("https://x.test/", headers=headers)


def test_redirect_error_is_refused():
    with pytest.raises(JsException):
        Request("https://x.test/", redirect="error")


def test_incoming_redirect_is_manual():
    assert incoming().redirect == "manual"


def test_headers_combine_and_cookies_stay_apart():
    headers = incoming(
        headers=[("x", "1"), ("x", "2"), ("set-cookie", "a=1, b"), ("set-cookie", "c"), ("accept", " text/html ")]
    ).headers
    assert headers["X"] == "1, 2"
    assert headers.get_all("Set-Cookie") == ["a=1, b", "c"]
    assert headers["missing"] is None


def test_body_is_stream_or_falsy():
    assert isinstance(incoming().body, ReadableStream)
    assert not incoming("GET", None).body


def test_reads_text_json_bytes_and_buffer(run_async):
    async def read():
        assert await incoming(body="é".encode()).text() == "é"
        assert await incoming(body=b'{"a": 1.0}').json(parse_float=str) == {"a": "1.0"}
        assert await incoming(body=b"\xff").bytes() == b"\xff"
        assert isinstance(await incoming().buffer(), ArrayBuffer)
        assert await (await incoming().blob()).bytes() == b"x"

    run_async(read())


def test_invalid_json_is_pythons_error(run_async):
    with pytest.raises(json.JSONDecodeError):
        run_async(incoming(body=b"{").json())


def test_json_is_plain_data(run_async):
    assert type(run_async(incoming(body=b"{}").json())) is dict


def test_form_data_needs_the_type_of_a_form(run_async):
    form = incoming(body=b"a=1", headers=[("content-type", "application/x-www-form-urlencoded")])
    assert run_async(form.form_data())["a"] == "1"
    with pytest.raises(TypeError):
        run_async(incoming().form_data())


@pytest.mark.parametrize("read", ["text", "json", "bytes", "buffer", "form_data", "blob"])
def test_second_read_is_an_os_error(read, run_async):
    async def twice():
        request = incoming()
        await request.text()
        assert request.body_used
        with pytest.raises(OSError, match=r"^Body already used$"):
            await getattr(request, read)()

    run_async(twice())


def test_clone_after_use_is_an_os_error(run_async):
    async def use():
        request = incoming()
        copy = request.clone()
        assert await request.text() == await copy.text()
        with pytest.raises(OSError, match="Body already used"):
            request.clone()

    run_async(use())


def test_form_data_as_body(run_async):
    request = Request("https://x.test/", method="POST", body=FormData({"a": "b"}))
    assert run_async(request.form_data())["a"] == "b"


def test_cf_is_javascript_object_or_none():
    assert incoming(cf=JsObject.new(country="US")).cf.country == "US"
    assert Request("https://x.test/").cf is None
    assert Request("https://x.test/", cf={"cacheTtl": 5}).cf.cacheTtl == 5


@pytest.mark.parametrize("name", ["formData", "arrayBuffer", "signal", "nope"])
def test_javascript_names_are_not_passed_through(name):
    with pytest.raises(AttributeError):
        getattr(incoming(), name)


@pytest.mark.parametrize("name", ["credentials", "mode", "destination", "referrer", "referrer_policy"])
def test_what_the_platform_lacks_is_lacking(name):
    assert getattr(incoming(), name, None) is None
