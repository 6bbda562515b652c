"""The Worker is called by the host name of its config, and its client does not notice.

The tables were recorded from `wrangler dev --host dev.example.com` (4.164.0), asked as localhost:8787.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.host.application import Application
from pywrangler.host.renaming import Renaming
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def renamed(host: str, *pairs: tuple[str, str]) -> Request:
    request = Request.from_wire("GET", "http://localhost:8787/a?b", [("host", "localhost:8787"), *pairs])
    Renaming(request, host)
    return request


@pytest.mark.parametrize("host", ["dev.example.com", "DEV.example.com:81", "[::1]:80"])
def test_url_and_host_are_those_of_the_config(host: str) -> None:
    request = renamed(host)
    assert request.url == f"http://{host.lower().removesuffix(':80')}/a?b"
    assert request.pairs() == [("host", host.lower().removesuffix(":80"))]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("http://localhost:8787", "http://dev.example.com"),
        ("https://localhost:8787", "http://dev.example.com"),
        ("http://localhost:8787/a?b", "http://dev.example.com/a?b"),
        (
            "<http://localhost:8787/a>, <http://localhost:8787/b>",
            "<http://dev.example.com/a>, <http://dev.example.com/b>",
        ),
        ("http://localhost", "http://localhost"),
        ("http://localhost:1", "http://localhost:1"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://localhost:8787.evil.com", "http://localhost:8787.evil.com"),
        ("https://evil.com", "https://evil.com"),
        ("null", "null"),
        ("a=localhost:8787", "a=localhost:8787"),
    ],
)
@pytest.mark.parametrize("name", ["origin", "referer", "x-any"])
def test_headers_that_name_the_host_are_renamed(name: str, sent: str, seen: str) -> None:
    assert renamed("dev.example.com", (name, sent)).pairs()[1] == (name, seen)


@pytest.mark.parametrize(
    ("name", "said", "received"),
    [
        ("location", "http://dev.example.com/login?x", "http://localhost:8787/login?x"),
        ("location", "https://dev.example.com/login", "http://localhost:8787/login"),
        ("location", "/login", "/login"),
        ("location", "http://other.example.com/", "http://other.example.com/"),
        ("access-control-allow-origin", "http://dev.example.com", "http://localhost:8787"),
        ("set-cookie", "a=1; Domain=dev.example.com; Path=/", "a=1; Domain=localhost; Path=/"),
        (
            "set-cookie",
            "a=http://dev.example.com/; Domain=example.com",
            "a=http://dev.example.com/; Domain=example.com",
        ),
        ("x-any", "dev.example.com", "dev.example.com"),
    ],
)
def test_the_response_is_renamed_back(name: str, said: str, received: str) -> None:
    request = Request.from_wire("GET", "http://localhost:8787/", [("host", "localhost:8787")])
    renaming = Renaming(request, "dev.example.com")
    response = renaming.undo(Response.from_wire(200, "", [(name, said)]))
    assert response.pairs() == [(name, received)]


@given(st.text(alphabet="htps:/localhost8787.devexamplecom,;<> '\"?", max_size=60))
def test_what_a_client_sends_comes_back_to_it(value: str) -> None:
    request = Request.from_wire("GET", "http://localhost:8787/", [("x", value)])
    renaming = Renaming(request, "dev.example.com")
    (back,) = renaming.undo(Response.from_wire(200, "", request.pairs())).pairs()
    if "https" not in value.lower() and "dev.example.com" not in value.lower():
        assert back[1].lower() == value.lower()


def test_a_host_of_the_config_that_is_none_is_said(run_async: Callable[..., Any], tmp_path: Path) -> None:
    worker: Any = SimpleNamespace()
    application = Application(worker, tmp_path, lambda _problem: None, "w", state_root=tmp_path, host="a b")

    async def main() -> tuple[int, bytes]:
        response = await application(Request.from_wire("GET", "http://localhost/", []))
        return response.status, await response.read_bytes()

    assert run_async(main()) == (400, b"Bad Request: Host 'a b'")
