"""The bridge to WSGI against the released SDK, and the functions that it is made of."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from workers import Request, wsgi

from pywrangler.runtime.js.request import Request as JsRequest
from pywrangler.runtime.sync_bridge import run_in_greenlet
from tests.sdk.wsgi_cases import CASES, observe

EXPECTED = json.loads(Path(__file__).with_name("wsgi_expected.json").read_text())


def request(url="http://localhost/", headers=()):
    return JsRequest.from_wire("POST", url, list(headers), None)


@pytest.mark.parametrize("case", CASES)
def test_the_bridge_does_what_the_released_sdk_does(case):
    assert json.loads(json.dumps(observe(wsgi, case))) == EXPECTED[case]


def test_environ_is_built_for_requests_of_both_kinds():
    made = [wsgi.build_environ(given, "env", b"") for given in (request(), Request(request()))]
    for environ in made:
        del environ["wsgi.input"]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("body", "headers", "length"),
    [
        (b"abc", [], "3"),
        (bytearray(b"abc"), [], "3"),
        (b"", [], None),
        (io.BytesIO(b"abc"), [], None),
        (b"abc", [("content-length", "9")], "9"),
    ],
)
def test_length_is_told_of_a_body_that_is_known(body, headers, length):
    environ = wsgi.build_environ(request(headers=headers), {}, body)
    assert environ.get("CONTENT_LENGTH") == length
    assert environ["wsgi.input"].read() == (body.getvalue() if isinstance(body, io.BytesIO) else body)


def test_a_url_without_a_scheme_has_no_environ():
    class Relative:
        url, method, headers = "/x", "GET", ()

    with pytest.raises(ValueError, match="not absolute: '/x'"):
        wsgi.build_environ(Relative(), {}, b"")


def test_a_request_is_processed_with_a_body_of_its_own(run_async):
    def app(environ, start_response):
        start_response("201 Made", [])
        return [environ["wsgi.input"].read()]

    async def use():
        response = await run_in_greenlet(lambda: wsgi.process_request(app, request(), {}, b"body"))
        return response.status, await response.text()

    assert run_async(use()) == (201, "body")
