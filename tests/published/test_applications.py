"""FastAPI, Starlette, Flask and Django in Workers, each in a real host."""

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

OBJECTS: dict[str, tuple[str, str] | None] = {
    "fastapi_app": ("COUNTER", "Counter"),
    "starlette_app": ("SITE", "Site"),
    "flask_app": ("TODOS", "Todos"),
    "django_app": None,
    "django_object_app": ("SITE", "Site"),
    "django_d1_app": None,
}
OLDER = {"django_object_app": "2025-11-01", "django_d1_app": "2025-11-01"}


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    found = Origin()
    yield found
    found.close()


@pytest.fixture(scope="module")
def sessions(area: Project, origin: Origin) -> dict[str, Dev]:
    started = {}
    for name, exported in OBJECTS.items():
        config: dict[str, Any] = {"vars": {"GREETING": "Hello", "ORIGIN": origin.url}}
        if exported is not None:
            binding, class_name = exported
            config["durable_objects"] = {"bindings": [{"name": binding, "class_name": class_name}]}
            config["migrations"] = [{"tag": "v1", "new_sqlite_classes": [class_name]}]
        if name in OLDER:
            config["compatibility_date"] = OLDER[name]
        if "d1" in name:
            config["d1_databases"] = [{"binding": "DB", "database_id": "site"}]
        directory = area.worker(name, (WORKERS / f"{name}.py").read_text(), **config)
        if "django" in name:
            for part in ("django_settings.py", "django_d1_settings.py", "django_urls.py"):
                shutil.copy(WORKERS / part, directory / "src")
            shutil.copytree(WORKERS / "notes", directory / "src" / "notes")
        started[name] = area.dev(cwd=directory)
    return {name: session.ready() for name, session in started.items()}


@pytest.fixture
def ask(area: Project, sessions: dict[str, Dev]) -> Callable[..., Any]:
    return lambda name, *paths, **options: ask_port(area.port(name + "_app"), *paths, **options)


@pytest.fixture
def get(area: Project, sessions: dict[str, Dev]) -> Callable[..., Any]:
    return lambda name, path, **options: respond(area.port(name + "_app"), path, **options)


# ---- FastAPI ------------------------------------------------------------------------------------------------


def test_fastapi_reaches_bindings_and_lifespan(ask: Callable[..., Any]) -> None:
    assert ask("fastapi", "/") == {"message": "Hello", "state": "yes"}
    assert ask("fastapi", "/env") == ["Hello", "Hello", "Hello"]
    # What is seen: the end of the request before, and the beginning of this one.
    eventually(lambda: ask("fastapi", "/done")[1] == ["shutdown", "startup"])


def test_fastapi_validates_and_documents(ask: Callable[..., Any]) -> None:
    status, text = ask(
        "fastapi", "/api/items", body='{"name": "x", "price": 1}', headers={"content-type": "application/json"}
    )
    assert (status, json.loads(text)) == (201, {"name": "x", "price": 1.0, "tags": []})
    assert (
        ask("fastapi", "/api/items", body='{"name": "x", "price": 0}', headers={"content-type": "application/json"})[0]
        == 422
    )
    assert ask("fastapi", "/openapi.json")["info"]["title"] == "Published"
    assert "swagger" in ask("fastapi", "/docs")


def test_fastapi_endpoints_without_async_wait_for_objects(ask: Callable[..., Any]) -> None:
    assert ask("fastapi", "/sync/5?q=a", headers={"x-agent": "tests"}) == {
        "number": 5, "q": "a", "agent": "tests", "counted": 1,
    }  # fmt: skip
    assert sorted(answer["count"] for answer in ask("fastapi", *["/api/count?name=b"] * 5)) == [1, 2, 3, 4, 5]


def test_fastapi_errors(ask: Callable[..., Any], sessions: dict[str, Dev]) -> None:
    assert ask("fastapi", "/fail") == (418, '{"detail":"teapot"}')
    assert ask("fastapi", "/missing") == (404, '{"missing":"\'it\'"}')
    session = sessions["fastapi_app"]
    mark = session.mark()
    assert ask("fastapi", "/crash")[0] == 500
    session.expect("after response started: ValueError: not handled", after=mark)
    session.expect("at src/entry.py:114", after=mark)
    assert "Traceback" not in session.output[mark:]


def test_fastapi_responses(get: Callable[..., Any]) -> None:
    status, headers, body = get("fastapi", "/page", headers={"origin": "https://example.com"})
    assert (status, body) == (200, b"<p>templated</p>")
    assert headers["x-middleware"] == "passed"
    assert headers["access-control-allow-origin"] == "https://example.com"
    status, headers, _ = get("fastapi", "/redirect")
    assert (status, headers["location"]) == (303, "/")
    assert [cookie.partition(";")[0] for cookie in headers.getall("set-cookie")] == ["a=1", "b=2"]
    assert get("fastapi", "/stream")[2] == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"
    assert get("fastapi", "/stream-sync")[2] == b"0,1,2,"
    preflight = {"origin": "https://example.com", "access-control-request-method": "POST"}
    assert get("fastapi", "/", method="OPTIONS", headers=preflight)[0] == 200


def test_fastapi_forms_and_bodies(get: Callable[..., Any], ask: Callable[..., Any]) -> None:
    form = aiohttp.FormData({"name": "n"})
    form.add_field("file", b"x" * 1000, filename="f.bin")
    assert json.loads(get("fastapi", "/upload", method="POST", data=form)[2]) == ["f.bin", 1000, "n"]
    assert ask("fastapi", "/body?a=1", body=b"y" * 300_000, headers={"content-type": "x/y"}) == [
        300_000, "x/y", "/body", {"a": "1"},
    ]  # fmt: skip


def test_fastapi_background_tasks_run_after_the_response(ask: Callable[..., Any]) -> None:
    ask("fastapi", "/done")
    assert ask("fastapi", "/background") == "accepted"
    seen: list[str] = []
    eventually(lambda: seen.extend(ask("fastapi", "/done")[0]) or len(seen) == 2)
    assert seen == ["async", "sync"]


def test_fastapi_calls_out(ask: Callable[..., Any]) -> None:
    assert ask("fastapi", "/outbound") == ["hello from the origin"] * 2


def test_fastapi_sockets(area: Project, ask: Callable[..., Any]) -> None:
    async def main() -> list[Any]:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{area.port('fastapi_app')}") as http:
            seen: list[Any] = []
            for word in ("close", "end"):
                async with http.ws_connect("/ws/a") as socket:
                    seen.append(await socket.receive_json(timeout=5))
                    await socket.send_str("x")
                    seen.append(await socket.receive_str(timeout=5))
                    await socket.send_str(word)
                    seen.append((await socket.receive(timeout=5)).data)
            async with http.ws_connect("/ws/b") as socket:
                await socket.receive(timeout=5)
                await socket.close(code=4003)
            return seen

    ask("fastapi", "/done")
    greeting = {"room": "a", "greeting": "Hello"}
    assert asyncio.run(main()) == [greeting, "echo x", 4002, greeting, "echo x", 1000]
    eventually(lambda: ask("fastapi", "/done")[0] == ["disconnected 4003"])


# ---- Starlette ----------------------------------------------------------------------------------------------


def test_starlette_serves_beside_and_inside_of_an_object(get: Callable[..., Any], ask: Callable[..., Any]) -> None:
    assert ask("starlette", "/own") == "own"
    assert ask("starlette", "/") == "starlette Hello"
    assert ask("starlette", "/echo/n?a=1&a=2", body="x" * 100_000) == {
        "size": 100_000, "path": {"name": "n"}, "query": [["a", "1"], ["a", "2"]],
    }  # fmt: skip
    assert ask("starlette", "/sub/plain", headers={"cookie": "a=1"}) == {"method": "GET", "cookies": {"a": "1"}}
    visits = [get("starlette", "/object/")[1]["x-visits"] for _ in range(2)]
    assert visits == ["1", "2"]


def test_starlette_streams_as_long_as_somebody_reads(area: Project, ask: Callable[..., Any]) -> None:
    async def main() -> bytes:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{area.port('starlette_app')}") as http,
            http.get("/endless") as response,
        ):
            return await response.content.readexactly(4000)

    assert asyncio.run(main()).startswith(b"0\n1\n2\n")
    assert ask("starlette", "/") == "starlette Hello"


def test_starlette_sockets_carry_bytes(area: Project, ask: Callable[..., Any]) -> None:
    async def main() -> bytes:
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{area.port('starlette_app')}") as http,
            http.ws_connect("/ws") as socket,
        ):
            await socket.send_bytes(b"abc")
            return await socket.receive_bytes(timeout=5)

    assert asyncio.run(main()) == b"cba"


# ---- Flask --------------------------------------------------------------------------------------------------


def test_flask_pages_errors_and_hooks(
    get: Callable[..., Any], ask: Callable[..., Any], sessions: dict[str, Dev]
) -> None:
    status, headers, body = get("flask", "/")
    assert (status, headers["x-served"], body) == (200, "flask", b"<h1>Hello</h1>")
    assert ask("flask", "/nowhere") == (404, '{"error":"not found"}\n')
    assert ask("flask", "/forbidden")[0] == 403
    assert get("flask", "/go")[1]["location"] == "/"
    assert ask("flask", "/crash")[0] == 500
    sessions["flask_app"].expect("RuntimeError: flask crashed")


def test_flask_waits_for_objects(ask: Callable[..., Any]) -> None:
    json_type = {"content-type": "application/json"}
    ask("flask", "/api/todos", body='{"title": "one"}', headers=json_type)
    ask("flask", "/api/todos", body='{"title": "two"}', headers=json_type)
    assert ask("flask", "/api/todos") == [{"id": 1, "title": "one", "done": 0}, {"id": 2, "title": "two", "done": 0}]


def test_flask_forms_sessions_and_streams(get: Callable[..., Any], ask: Callable[..., Any]) -> None:
    form = aiohttp.FormData({"name": "n"})
    form.add_field("file", b"content", filename="f.txt")
    assert json.loads(get("flask", "/form?q=1", method="POST", data=form)[2]) == ["n", "f.txt", "content", "1"]
    _, headers, body = get("flask", "/session")
    cookie = headers["set-cookie"].partition(";")[0]
    assert (body, get("flask", "/session", headers={"cookie": cookie})[2]) == (b"1", b"2")
    assert ask("flask", "/stream") == "0\n1\n2\n"
    assert ask("flask", "/size", body=b"z" * 900_000) == "900000"
    assert ask("flask", "/outbound") == "hello from the origin"


# ---- Django -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["django_object", "django_d1"])
def migrated(area: Project, sessions: dict[str, Dev], request: pytest.FixtureRequest) -> str:
    assert ask_port(area.port(f"{request.param}_app"), "/migrate") == "migrated"
    return str(request.param)


def test_django_keeps_models_in_an_object_and_in_d1(ask: Callable[..., Any], migrated: str) -> None:
    made = [ask(migrated, "/notes", body=json.dumps(data)) for data in (
        {"title": "First", "stars": 3, "tags": ["a", "b"]}, {"title": "Second", "tags": ["b"]},
    )]  # fmt: skip
    assert [status for status, _ in made] == [201, 201]
    first, second = (json.loads(text) for _, text in made)
    assert first == {"id": first["id"], "title": "First", "stars": 3, "tags": ["a", "b"]}
    assert ask(migrated, "/notes?q=sec") == {"notes": [second]}
    assert ask(migrated, f"/notes/{second['id']}", method="PUT", body='{"title": "Changed"}')["title"] == "Changed"
    totals = ask(migrated, "/totals")  # this release of django-cf gives rows in reverse order
    assert sorted(totals.pop("tags")) == [["a", 1], ["b", 2]]
    assert totals == {"id__count": 2, "stars__max": 3, "stars__avg": 1.5}
    assert ask(migrated, f"/notes/{second['id']}", method="DELETE")[0] == 204
    assert ask(migrated, f"/notes/{second['id']}")[0] == 404
    assert [note["title"] for note in ask(migrated, "/notes")["notes"]] == ["First"]


def test_django_serves_pages_by_wsgi(
    get: Callable[..., Any], ask: Callable[..., Any], sessions: dict[str, Dev]
) -> None:
    status, headers, body = get("django", "/wsgi/page")
    assert (status, body) == (200, b"<h1>Django</h1>1;2;")
    assert "sessionid=" in headers["set-cookie"]
    assert get("django", "/wsgi/go")[1]["location"] == "/wsgi/page"
    assert ask("django", "/wsgi/inside") == {"value": 5}
    assert ask("django", "/wsgi/crash")[0] == 500
    sessions["django_app"].expect("RuntimeError: django crashed")


def test_django_serves_asynchronous_views(ask: Callable[..., Any]) -> None:
    assert ask("django", "/async/view") == {"results": [1, 2], "value": 0, "method": "GET"}
    assert ask("django", "/async/stream") == "0;1;2;"
    assert ask("django", "/async/page") == "<h1>Django</h1>1;2;"
    assert ask("django", "/async/inside") == {"value": 5}
