"""Workers in the style of the SDK: the shapes that published Workers use most, in one real host."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.processes.dev import eventually
from tests.published.asking import WORKERS, respond
from tests.published.asking import ask as ask_port
from tests.published.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

SOURCE = (WORKERS / "sdk_style.py").read_text()

CONFIG: dict[str, Any] = {
    "vars": {"GREETING": "Hello", "SETTINGS": {"nested": {"deep": 1}, "list": [1, "a"]}, "NUMBER": 5, "FLAG": True},
    "durable_objects": {"bindings": [{"name": "ROOM", "class_name": "Room"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Room"]}],
    "triggers": {"crons": ["*/5 * * * *"]},
}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    found = Origin()
    yield found
    found.close()


@pytest.fixture(scope="module")
def session(area: Project, origin: Origin) -> Dev:
    config = {**CONFIG, "vars": {**CONFIG["vars"], "ORIGIN": origin.url}}
    return area.dev(cwd=area.worker("sdk", SOURCE, **config)).ready()


@pytest.fixture
def ask(area: Project, session: Dev) -> Callable[..., Any]:
    return lambda *paths, **options: ask_port(area.port("sdk"), *paths, **options)


def test_text_query_and_env_at_module_level(ask: Callable[..., Any]) -> None:
    assert ask("/") == "Hello, World!"
    assert ask("/?name=Bob") == "Hello, Bob!"


def test_requests_are_read(ask: Callable[..., Any]) -> None:
    assert ask("/echo", body='{"a": [1, 2.5, null]}', headers={"x-agent": "tests", "X-Other": "1"}) == {
        "method": "POST", "is_post": True, "f": "POST", "agent": "tests", "missing": None, "upper": "tests",
        "items": ["x-agent", "x-other"], "body": {"a": [1, 2.5, None]}, "country": "US", "cf": "dict",
    }  # fmt: skip


def test_errors_become_json(ask: Callable[..., Any]) -> None:
    assert ask("/echo", body="{")[0] == 400
    status, text = ask("/nowhere")
    assert (status, text) == (404, '{"error": "Not found: /nowhere"}')


def test_pydantic_validates(ask: Callable[..., Any]) -> None:
    status, text = ask("/item", body='{"name": "x", "price": "y"}')
    assert status == 422
    assert "string_too_short" in text
    assert ask("/item", body='{"name": "xy", "price": 1}')[0] == 201


def test_binary_bodies_and_repeated_headers(area: Project, session: Dev) -> None:
    status, headers, body = respond(area.port("sdk"), "/bytes", method="POST", data=b"\x00\xff")
    assert (status, len(body), body[-1:]) == (200, 33, b"x")
    assert headers.getall("x-a") == ["1", "2"]


def test_options_redirects_and_pages(area: Project, session: Dev) -> None:
    status, headers, body = respond(area.port("sdk"), "/", method="OPTIONS")
    assert (status, body) == (200, b"")
    assert headers["access-control-allow-origin"] == "*"
    status, headers, _ = respond(area.port("sdk"), "/redirect")
    assert (status, headers["location"]) == (301, "https://example.com/")
    _, headers, body = respond(area.port("sdk"), "/page")
    assert headers["content-type"] == "text/html;charset=UTF-8"
    assert body == b"<h1>&lt;hi&gt;</h1><li>1<li>2"


def test_forms_with_files(area: Project, session: Dev) -> None:
    form = aiohttp.FormData({"name": "value"})
    form.add_field("file", b"inside", filename="in.txt", content_type="text/x-test")
    status, _, body = respond(area.port("sdk"), "/form", method="POST", data=form)
    assert (status, body) == (200, b'["value", "in.txt", "inside", "text/x-test", "b", "content"]')


def test_variables_of_all_kinds(ask: Callable[..., Any]) -> None:
    assert ask("/vars") == ["Hello", "default", False, 1, [1, "a"], 5, True, "Hello"]


def test_outbound_requests_by_all_means(ask: Callable[..., Any]) -> None:
    hello = "hello from the origin"
    assert ask("/outbound") == [200, "text/plain", hello, 8, hello, hello, "9", 1, "5"]
    assert ask("/through") == hello
    assert ask("/network_error") == {"error": "OSError"}


def test_a_proxy_passes_a_body_on(area: Project, session: Dev) -> None:
    status, headers, body = respond(area.port("sdk"), "/proxy")
    assert (status, headers["x-proxy"], body) == (200, "1", b"hello from the origin")


def test_objects_are_called_and_fetched(ask: Callable[..., Any]) -> None:
    assert ask("/object?room=a") == [
        {"count": 1, "meta": {"nested": [1, 2.5, None, True]}, "last": "first"}, 2, "second",
        ["first", "second"], ["first", "second"],
    ]  # fmt: skip


def test_alarms_and_scheduled_events(ask: Callable[..., Any]) -> None:
    assert ask("/remind") == "set"
    eventually(lambda: ask("/alarms") == ["alarm"])
    ask("/finished")
    assert ask("/cdn-cgi/handler/scheduled?cron=*/5+*+*+*+*&time=1700000000000") == "ok"
    assert ask("/finished") == [["*/5 * * * *", 1700000000000, "_EnvWrapper"]]


def test_hibernatable_sockets_broadcast(area: Project, session: Dev) -> None:
    async def main() -> list[Any]:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{area.port('sdk')}") as http,
            http.ws_connect("/socket?name=a") as a,
            http.ws_connect("/socket?name=b") as b,
        ):
            await a.send_str("hi")
            seen = [await a.receive_str(timeout=5), await b.receive_json(timeout=5)]
            await a.close(code=4000)
            return [*seen, a.close_code]

    assert asyncio.run(main()) == ["delivered", {"from": "a", "text": "hi"}, 4000]


def test_streams_of_events(area: Project, session: Dev) -> None:
    _, headers, body = respond(area.port("sdk"), "/stream")
    assert headers["content-type"] == "text/event-stream"
    assert body == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"


def test_work_goes_on_after_the_response(ask: Callable[..., Any]) -> None:
    ask("/finished")
    assert ask("/later") == "answered"
    seen: list[str] = []
    eventually(lambda: seen.extend(ask("/finished")) or len(seen) == 3)
    assert sorted(seen) == ["ctx", "proxy", "task"]


def test_requests_are_aborted_by_signals_and_timeouts(ask: Callable[..., Any]) -> None:
    assert ask("/timeout") == ["AbortError", "TimeoutError", "OSError", "wait_for"]


def test_javascript_modules_are_imported(ask: Callable[..., Any]) -> None:
    assert ask("/modules") == ["Hello", True, True]


def test_the_standard_library_is_there(ask: Callable[..., Any]) -> None:
    assert ask("/standard_library") == [
        36, 22, True, "1b2c16b7", "eA==", "&lt;", "bb", "2026-01-02T00:00:00+00:00",
    ]  # fmt: skip


def test_the_rest_of_the_ffi(ask: Callable[..., Any]) -> None:
    assert ask("/rest") == [
        "EvalError", [1, True, False, False], [3, True, 2026, "x", None], ["name.txt", "text/plain", 7, "content"], 5,
        [False, False, [1, {"a": 2}], "text"],
    ]  # fmt: skip


def test_html_is_rewritten(ask: Callable[..., Any]) -> None:
    assert ask("/rewritten") == (201, '<a href="/new">x</a><!-- end -->')


def test_sockets_are_opened_by_workers(ask: Callable[..., Any]) -> None:
    assert ask("/client") == ["echo by constructor", 101, "echo by fetch"]


def test_failures_are_reported(ask: Callable[..., Any], session: Dev) -> None:
    assert ask("/fail")[0] == 500
    session.expect("KeyError: 'nothing here'")
    status, text = ask("/wrong")
    assert status == 500
    assert "did not resolve to 'Response'" in text
