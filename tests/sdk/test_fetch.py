"""workers.fetch: spec/workers-module.md, section 4."""

from __future__ import annotations

import pytest
from workers import FormData, Request, Response, fetch

from pywrangler.runtime.js import fetch as js_fetch_module
from pywrangler.runtime.js.errors import JsException, dom_exception, error
from pywrangler.runtime.js.headers import Headers as JsHeaders
from pywrangler.runtime.js.response import Response as JsResponse


@pytest.fixture
def network(monkeypatch):
    """What `fetch` sent; `network.answer` is what comes back."""

    class Network:
        sent: list = []
        answer: JsResponse | JsException = JsResponse.new("ok", status=404)

    found = Network()
    found.sent = []

    async def answer(request, *_init, **_options):
        found.sent.append(request)
        if isinstance(found.answer, BaseException):
            raise found.answer
        return found.answer

    monkeypatch.setattr(js_fetch_module, "fetch", answer)
    return found


def test_takes_one_positional_argument(run_async):
    with pytest.raises(TypeError, match=r"fetch\(\) takes 1 positional argument but 2 were given"):
        run_async(fetch("http://x.test/", {"method": "POST"}))


def test_status_does_not_raise(network, run_async):
    response = run_async(fetch("http://x.test/a"))
    assert type(response) is Response
    assert response.status == 404
    (request,) = network.sent
    assert (request.method, request.url) == ("GET", "http://x.test/a")


def test_options_become_those_of_the_request(network, run_async):
    run_async(fetch("http://x.test/", method="PUT", headers={"x-n": 5}, body=b"\xff", redirect="manual"))
    (request,) = network.sent
    assert (request.method, request.headers.get("x-n"), request.redirect) == ("PUT", "5", "manual")
    assert run_async(request.read_bytes()) == b"\xff"


def test_headers_may_be_pairs_or_javascript_headers(network, run_async):
    run_async(fetch("http://x.test/", headers=[("a", "1")]))
    run_async(fetch("http://x.test/", headers=JsHeaders.new([["a", "2"]])))
    assert [request.headers.get("a") for request in network.sent] == ["1", "2"]


def test_request_is_sent_as_it_is(network, run_async):
    request = Request("http://x.test/", method="POST", body="x")
    run_async(fetch(request))
    run_async(fetch(request.js_object))
    assert network.sent == [request.js_object] * 2


def test_form_data_is_sent(network, run_async):
    run_async(fetch("http://x.test/", method="POST", body=FormData({"a": "b"})))
    (request,) = network.sent
    assert request.headers.get("content-type").startswith("multipart/form-data")


def test_dict_as_body_is_not_json(network, run_async):
    run_async(fetch("http://x.test/", method="POST", body={"a": 1}))
    assert run_async(network.sent[0].read_bytes()) == b"[object Object]"


def test_failure_of_the_network_is_an_os_error(network, run_async):
    network.answer = error("Network connection lost.")
    with pytest.raises(OSError, match=r"Network connection lost\."):
        run_async(fetch("http://x.test/"))


def test_failure_behind_a_binding_is_an_os_error_caused_by_the_javascript_one(run_async):
    class Service:
        async def _fetch(self, request):
            raise error("boom", remote=True)

    with pytest.raises(OSError, match="boom") as caught:
        run_async(fetch("http://x.test/", fetcher=Service()))
    assert caught.value.__cause__.remote is True


def test_abort_is_an_abort_error(network, run_async):
    from pyodide.http import AbortError

    network.answer = dom_exception("AbortError", "The operation was aborted")
    with pytest.raises(AbortError):
        run_async(fetch("http://x.test/"))


def test_fetcher_routes_to_a_binding(run_async):
    class Service:
        def _fetch(self, request):
            async def answer():
                return JsResponse.new(request.url)

            return answer()

    async def use():
        return await (await fetch("http://x.test/", fetcher=Service())).text()

    assert run_async(use()) == "http://x.test/"
