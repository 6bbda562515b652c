"""Who may use what lies below /cdn-cgi/."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.host.application import Application
from pywrangler.host.heads import request_url
from pywrangler.host.visitors import refusal
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.url_parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE = {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1"}

# Host, other headers, whether the request passes. Measured with `wrangler dev --ip 127.0.0.1` (4.164.0), also with
# `--host` and with a route, whose hosts are refused as well. It differs for the lines marked with !, and looks at
# `Sec-Fetch-Site` never.
CASES: list[tuple[str, dict[str, str], bool]] = [
    ("localhost:8787", {}, True),
    ("LOCALHOST", {}, True),
    ("127.0.0.1:8787", {}, True),
    ("[::1]:8787", {}, True),
    ("app.localhost:8787", {}, True),  # !
    ("localhost.", {}, True),  # !
    ("127.1", {}, True),
    ("evil.com", {}, False),
    ("localhost.evil.com", {}, False),
    ("evillocalhost", {}, False),
    ("127.0.0.1.nip.io", {}, False),
    ("192.168.1.5:8787", {}, False),
    ("localhost", {"origin": "http://localhost:9999"}, True),
    ("localhost", {"origin": "http://127.0.0.1:5173"}, True),
    ("localhost", {"origin": "https://evil.com"}, False),
    ("localhost", {"origin": "https://localhost.evil.com"}, False),
    ("localhost", {"origin": "https://evil.com/localhost"}, False),
    ("localhost", {"origin": "null"}, False),
    ("localhost", {"origin": ""}, False),  # !
    ("localhost", {"origin": "http://[::"}, False),
    ("localhost", {"sec-fetch-site": "cross-site", **PAGE}, False),
    ("localhost", {"sec-fetch-site": "cross-site", **NAVIGATION}, False),
    ("localhost", {"sec-fetch-site": "Cross-Site"}, False),
    ("localhost", {"sec-fetch-site": "none, cross-site"}, False),
    ("localhost", {"sec-fetch-site": "cross-site", "origin": "https://evil.com"}, False),
    ("localhost", {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:5173"}, True),
    ("localhost", {"sec-fetch-site": "none", **NAVIGATION}, True),
    ("localhost", {"sec-fetch-site": "same-origin", **PAGE}, True),
    ("localhost", {"sec-fetch-site": "same-site", **PAGE}, True),
]


@pytest.mark.parametrize(("host", "headers", "passes"), CASES)
def test_only_this_machine_and_its_own_pages_pass(host: str, headers: dict[str, str], passes: bool) -> None:
    url = request_url("http", host, "/cdn-cgi/local/scheduled")
    assert (refusal(url, list(headers.items())) is None) == passes


def test_a_second_origin_does_not_hide_the_first() -> None:
    pairs = [("origin", "https://evil.com"), ("origin", "http://localhost")]
    assert refusal("http://localhost/cdn-cgi/x", pairs) is not None


@given(st.text() | st.builds("http://{}".format, st.text(alphabet="localhst.:[]@/?#\\evi1270%\0 ", max_size=20)))
def test_any_origin_passes_only_if_a_browser_would_call_it_local(origin: str) -> None:
    passes = refusal("http://localhost/cdn-cgi/x", [("origin", origin)]) is None
    parsed = parse(origin)
    name = parsed.host if parsed is not None else ""
    is_local = re.fullmatch(r"(.*\.)?localhost\.?|127\.[0-9.]+|\[::1\]|\[::ffff:7f.*\]", name or "") is not None
    assert is_local or not passes


@pytest.fixture
def ask(run_async: Callable[..., Any], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Send a request to an application whose Worker says what it sees, or that it was scheduled."""

    async def fetch(_target: Any, request: Any) -> Response:
        seen = dict(request.pairs())
        return Response.new(f"{request.url} {seen['host']}")

    async def deliver(_target: Any, event: Any) -> dict[str, Any]:
        return {"outcome": "ok", "noRetry": False}

    worker: Any = SimpleNamespace(answer=fetch, deliver=deliver)

    def ask_it(url: str, host: str | None = None, **headers: str) -> tuple[int, str]:
        application = Application(
            worker, tmp_path, lambda _problem: None, "w", state_root=tmp_path, test_scheduled=True, host=host
        )
        pairs = [("host", url.split("/")[2]), *((name.replace("_", "-"), value) for name, value in headers.items())]

        async def main() -> tuple[int, str]:
            response = await application(Request.from_wire("GET", url, pairs))
            return response.status, (await response.read_bytes()).decode()

        status, text = run_async(main())
        return int(status), str(text)

    return ask_it


PATHS = [
    "/cdn-cgi/local/scheduled",
    "/cdn-cgi/handler/scheduled",
    "/cdn-cgi/mf/scheduled",
    "/cdn-cgi/local/email",
    "/cdn-cgi/handler/email",
    "/cdn-cgi/anything",
    "/__scheduled",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("configured", [None, "localhost", "dev.example.com"])
def test_everything_that_acts_refuses_strangers(ask: Callable[..., Any], path: str, configured: str | None) -> None:
    assert ask(f"http://evil.com{path}", configured)[0] == 403
    assert ask(f"http://dev.example.com{path}", configured)[0] == 403
    assert ask(f"http://localhost{path}", configured, origin="https://evil.com")[0] == 403
    assert ask(f"http://localhost{path}", configured, sec_fetch_site="cross-site")[0] == 403
    assert ask(f"http://localhost{path}", configured)[0] != 403
    assert ask(f"http://localhost{path}", configured, sec_fetch_site="none")[0] != 403


@pytest.mark.parametrize("path", ["/", "/cdn-cgi", "/x/cdn-cgi/local/scheduled", "/cdn-cgi-x/"])
def test_other_paths_are_the_workers_own_and_open_to_all(ask: Callable[..., Any], path: str) -> None:
    assert ask(f"http://evil.com{path}", sec_fetch_site="cross-site", origin="null")[0] == 200
