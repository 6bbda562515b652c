"""Workers written against the raw JavaScript API, as a class and, with an older compatibility date, as `on_fetch`."""

from __future__ import annotations

import asyncio
import json
import shutil
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


OBJECTS: dict[str, Any] = {
    "durable_objects": {"bindings": [{"name": "COUNTER", "class_name": "Counter"}]},
    "migrations": [{"tag": "v1", "new_sqlite_classes": ["Counter"]}],
}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    found = Origin()
    yield found
    found.close()


@pytest.fixture(scope="module")
def sessions(area: Project, origin: Origin) -> dict[str, Dev]:
    variables = {"ORIGIN": origin.url}
    started = {}
    for name, more in (("modern", {}), ("legacy", {"compatibility_date": "2024-11-01"})):
        directory = area.worker(name, (WORKERS / f"raw_{name}.py").read_text(), vars=variables, **OBJECTS, **more)
        shutil.copy(WORKERS / "raw_javascript.py", directory / "src")
        started[name] = area.dev(cwd=directory)
    directory = area.worker(
        "decorated",
        (WORKERS / "decorated.py").read_text(),
        vars=variables,
        compatibility_date="2025-06-01",
        **OBJECTS,
    )
    started["decorated"] = area.dev(cwd=directory)
    return {name: session.ready() for name, session in started.items()}


@pytest.fixture(params=["modern", "legacy"])
def layout(request: pytest.FixtureRequest, sessions: dict[str, Dev]) -> str:
    return str(request.param)


@pytest.fixture
def ask(area: Project, layout: str) -> Callable[..., Any]:
    return lambda *paths, **options: ask_port(area.port(layout), *paths, **options)


def test_responses_of_every_shape(area: Project, layout: str) -> None:
    status, headers, body = respond(area.port(layout), "/text?name=J%C3%B6")
    assert (status, headers["x-a"], body.decode()) == (200, "b", "Hello Jö")
    status, headers, body = respond(area.port(layout), "/status")
    assert (status, headers["x-status"], body) == (410, "410", b"gone")
    assert respond(area.port(layout), "/json")[2].decode() == '{"a":[1,2.5,null,true],"b":{"c":"ü"}}'
    status, headers, _ = respond(area.port(layout), "/options")
    assert (status, headers["access-control-allow-methods"]) == (204, "GET")
    status, headers, _ = respond(area.port(layout), "/redirect")
    assert (status, headers["location"]) == (307, "https://example.com/next")
    assert respond(area.port(layout), "/nowhere")[0] == 404


def test_requests_are_raw(ask: Callable[..., Any]) -> None:
    assert ask("/dumps", headers={"x-agent": "tests"}) == {"method": "GET", "agent": "tests"}
    assert ask("/iterate", headers={"x-agent": "tests", "x-b": "1"}) == [["x-agent", "x-b"], "tests", True]
    assert ask("/post", body='{"name": "n", "list": [1, "a"]}') == [
        True, "n", "n", [1, "a"], [1, "a"], '{"name":"n","list":[1,"a"]}',
    ]  # fmt: skip
    assert ask("/reader", body="streamed") == "streamed"
    assert ask("/cf") == ["US", "DFW"]


def test_null_is_none_for_older_dates_only(ask: Callable[..., Any], layout: str) -> None:
    kind = "NoneType" if layout == "legacy" else "JsNull"
    assert ask("/missing") == [layout == "legacy", False, kind, layout == "legacy"]


def test_forms_and_buffers(area: Project, layout: str) -> None:
    form = aiohttp.FormData({"name": "value"})
    form.add_field("file", b"inside", filename="in.txt")
    assert respond(area.port(layout), "/form", method="POST", data=form)[2] == b'["value", "in.txt", "inside", "value"]'
    assert respond(area.port(layout), "/buffer", method="POST", data=b"\x00\x01\x02")[2] == b"\x01\x02"


def test_fetch_with_options_requests_and_responses(ask: Callable[..., Any], area: Project, layout: str) -> None:
    hello = "hello from the origin"
    assert ask("/fetch") == [200, True, "text/plain", hello, "5", "8", hello]
    status, headers, body = respond(area.port(layout), "/through")
    assert (status, headers["x-changed"], body.decode()) == (200, "1", hello)
    assert ask("/error") == ["Error", "Network connection lost.", "JsException"]


def test_crypto(ask: Callable[..., Any]) -> None:
    assert ask("/hmac") == ["1b2c16b7", True, "3a6eb079", 36, 8]


def test_html_is_rewritten(ask: Callable[..., Any]) -> None:
    assert ask("/rewrite") == '<a href="https://x/">link<b>!</b></a><p>text</p>'


def test_streams(ask: Callable[..., Any]) -> None:
    assert ask("/transform") == "one two"
    assert ask("/readable") == "ab"


def test_aborts_timers_and_promises(ask: Callable[..., Any]) -> None:
    assert ask("/abort") == ["AbortError", True]
    assert ask("/timers") == [["microtask", "timer", 5, 20], "resolved", [1, 2]]


def test_values_and_names(ask: Callable[..., Any]) -> None:
    assert ask("/values") == [
        "x", "y", 1, '{"name":"x","nested":{"a":1}}', ["name", "nested"],
        [["name", "x"], ["nested", {"a": 1}]], 1, 1, [1, 2], "1970-01-01T00:00:00.000Z",
        True, 2.5, "a%20b", "x", False, None, 3, True, 12, 9007199254740991,
    ]  # fmt: skip
    assert ask("/url") == [
        "https://user:pw@example.com:8443/p?q=1&r=a+b#h", "example.com:8443", "#h", ["1", "2"], "a=1&a=2&b=4",
        [["a", "1"], ["a", "2"], ["b", "4"]],
    ]  # fmt: skip


def test_the_cache(ask: Callable[..., Any]) -> None:
    assert ask("/cache") == [False, "kept", True]


def test_sockets(area: Project, layout: str, ask: Callable[..., Any]) -> None:
    async def main() -> list[Any]:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{area.port(layout)}") as http:
            async with http.ws_connect("/socket") as socket:
                await socket.send_str("hi")
                seen = [await socket.receive_str(timeout=5)]
            async with http.ws_connect("/socket-by-index") as socket:
                seen.append(await socket.receive_str(timeout=5))
                await socket.close(code=4001)
            return seen

    ask("/seen")
    assert asyncio.run(main()) == ["echo: hi", "first"]
    eventually(lambda: ask("/seen") == [4001])


def test_work_goes_on_after_the_response(ask: Callable[..., Any]) -> None:
    ask("/seen")
    assert ask("/later") == "ok"
    eventually(lambda: ask("/seen") == ["later"])


def test_output_and_waiting(ask: Callable[..., Any], sessions: dict[str, Dev], layout: str) -> None:
    session = sessions[layout]
    mark = session.mark()
    assert ask("/console") == "ok"
    session.expect("printed", after=mark)
    assert "logged { a: [ 1, 2 ] } 5" in session.output[mark:]
    assert "an error" in session.output[mark:]
    # Pyodide 0.26, of older dates, has no run_sync.
    assert ask("/wait") == "waited" if layout == "modern" else "cannot import name 'run_sync'" in ask("/wait")[1]


def test_the_sdk_works_beside_it(ask: Callable[..., Any]) -> None:
    assert ask("/sdk") == "from the SDK"
    first = int(ask("/object"))
    assert int(ask("/object")) == first + 1


def test_failures_are_reported(ask: Callable[..., Any]) -> None:
    status, text = ask("/fail")
    assert status == 500
    assert "RuntimeError: raw failure" in text


def test_scheduled_events_reach_module_handlers(area: Project, sessions: dict[str, Dev]) -> None:
    ask_port(area.port("legacy"), "/seen")
    assert ask_port(area.port("legacy"), "/cdn-cgi/handler/scheduled?cron=*+*+*+*+*") == "ok"
    assert ask_port(area.port("legacy"), "/seen") == [["* * * * *", True]]


def test_names_that_came_later_are_missing(area: Project, sessions: dict[str, Dev]) -> None:
    assert ask_port(area.port("legacy"), "/missing-names") == "wait_until,wsgi"


def test_decorated_handlers_get_the_request_and_env_of_the_sdk(area: Project, sessions: dict[str, Dev]) -> None:
    port = area.port("decorated")
    assert ask_port(port, "/") == "Hello World!"
    assert ask_port(port, "/json", body='{"name": "n"}') == {"name": "n", "method": "POST", "kind": "Request"}
    count, kind, converts = json.loads(ask_port(port, "/object"))
    assert (count, kind, converts) == (2, "JsDict", True)
    assert ask_port(port, "/fetch") == "True hello from the origin"
    assert ask_port(port, "/cdn-cgi/handler/scheduled?cron=0+0+*+*+*") == "ok"
    sessions["decorated"].expect("scheduled 0 0 * * * http")
