"""Requests to the world: what the test says comes back, everything else is refused."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from pywrangler.protocol.testing import Incoming, Outgoing
from pywrangler.testing import answer
from pywrangler.testing.outbound import Outbound


def ask(outbound, url, method="GET", headers=(), body=b""):
    return outbound.answer("w", Outgoing(method, url, tuple(headers), body))


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        ("https://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "https://a.example/x?q=1", True),
        ("https://a.example/x?q=1", "https://a.example/x?q=1", True),
        ("https://a.example/x?q=1", "https://a.example/x?q=2", False),
        ("https://a.example/x", "https://a.example/xy", False),
        ("https://a.example/x", "https://a-example/x", False),
        ("https://a.example/*", "https://a.example/deep/down", True),
        ("*", "https://anywhere.example/", True),
        (re.compile(r"https://[ab]\.example/\d+"), "https://b.example/12", True),
        (re.compile(r"https://[ab]\.example/\d+"), "https://b.example/12/more", False),
    ],
)
def test_urls_are_text_wildcards_or_expressions(pattern, url, matches):
    outbound = Outbound()
    outbound.get(pattern).respond(204)
    reply = ask(outbound, url).reply
    assert (reply is not None) is matches


def test_methods_are_told_apart():
    outbound = Outbound()
    outbound.post("https://a.example/").respond(201)
    outbound.any("https://b.example/").respond(202)
    assert ask(outbound, "https://a.example/").refused
    assert ask(outbound, "https://a.example/", "POST").reply.status == 201
    assert ask(outbound, "https://b.example/", "PURGE").reply.status == 202


def test_later_routes_go_first_and_responses_follow_each_other():
    outbound = Outbound()
    outbound.get("https://a.example/*").respond(200)
    route = outbound.get("https://a.example/x").respond(500).respond(503).respond(201)
    assert [ask(outbound, "https://a.example/x").reply.status for _ in range(4)] == [500, 503, 201, 201]
    assert ask(outbound, "https://a.example/y").reply.status == 200
    assert len(route.requests) == 4
    assert [request.url for request in outbound.requests[-2:]] == ["https://a.example/x", "https://a.example/y"]


def test_bodies_have_their_content_types():
    outbound = Outbound()
    outbound.get("https://a/j").respond(json={"a": None})
    outbound.get("https://a/t").respond(418, text="ä", headers={"X-Y": "z"})
    outbound.get("https://a/b").respond(body=b"\0")
    replies = [ask(outbound, f"https://a/{kind}").reply for kind in "jtb"]
    assert [reply.body for reply in replies] == [b'{"a": null}', "ä".encode(), b"\0"]
    assert dict(replies[0].headers)["content-type"] == "application/json"
    assert (dict(replies[1].headers)["x-y"], replies[1].reason) == ("z", "I'm a Teapot")
    assert replies[2].headers == ()
    with pytest.raises(TypeError, match="one body"):
        answer(json=1, text="1")


def test_functions_make_answers_of_requests():
    outbound = Outbound()
    outbound.post("https://a/").respond(lambda request: answer(json={"got": request.json(), "from": request.worker}))
    assert ask(outbound, "https://a/", "POST", body=b"[1]")().reply.body == b'{"got": [1], "from": "w"}'
    outbound.post("https://b/").respond(lambda request: 1 / 0)
    assert "ZeroDivisionError" in ask(outbound, "https://b/", "POST")().refused


def test_what_nobody_answers_is_refused_unless_it_is_allowed():
    outbound = Outbound(lambda: {"me": "http://localhost:1234"})
    assert 'outbound.route("GET", "https://a.example/x").respond' in ask(outbound, "https://a.example/x").refused
    assert 'outbound.allow("https://a.example")' in ask(outbound, "https://a.example/x").refused
    outbound.allow("https://a.example")
    assert ask(outbound, "https://a.example/x") == Incoming()
    assert ask(outbound, "http://localhost:1234/") == Incoming()


# ---- in a Worker


def test_a_worker_gets_the_answer(workers, outbound):
    route = outbound.post("https://api.example.com/x").respond(201, json={"a": 1})
    got = workers["backend"].get(f"/fetch?method=POST&body=hello&url={quote('https://api.example.com/x?y=1')}")
    assert (got.status, got.json(), got.headers["x-type"]) == (201, {"a": 1}, "application/json")
    (request,) = route.requests
    assert (request.method, request.url, request.text) == ("POST", "https://api.example.com/x?y=1", "hello")
    assert (request.worker, request.headers["x-from"]) == ("backend", "worker")


def test_a_function_may_ask_the_workers(workers, outbound):
    stub = workers["backend"].object("COUNTER", "x")
    outbound.get("https://a.example/").respond(lambda request: answer(text=str(stub.increment(5))))
    assert [workers["backend"].get("/fetch?url=https://a.example/").text for _ in range(2)] == ["5", "10"]


def test_a_refused_request_names_its_url(workers):
    got = workers["backend"].get("/fetch?url=https://api.example.com/x")
    assert got.status == 500
    assert "GET https://api.example.com/x was refused" in got.text


def test_redirects_are_answered_like_all_others(workers, outbound):
    outbound.get("https://a.example/").respond(302, headers={"Location": "https://b.example/"})
    outbound.get("https://b.example/").respond(text="there")
    assert workers["backend"].get("/fetch?url=https://a.example/").text == "there"


def test_failures_of_the_network_are_what_a_worker_catches(workers, outbound):
    outbound.get("https://a.example/").fail()
    assert "Network connection lost." in workers["backend"].get("/fetch?url=https://a.example/").text


def test_sockets_are_refused_too(workers):
    assert "was refused" in workers["backend"].get("/connect?url=wss://a.example/").text


def test_what_is_allowed_goes_out(workers, outbound):
    frontend = workers["frontend"].url
    assert workers["backend"].get(f"/fetch?url={frontend}/service").text == "one"
    assert [request.url for request in outbound.requests] == [f"{frontend}/service"]
