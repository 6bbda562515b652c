"""Workers in the style of the SDK: the shapes that published Workers use most, in one real host."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.processes.dev import eventually
from tests.published.asking import ask as ask_port
from tests.published.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

SOURCE = """
import asyncio
import base64
import hashlib
import hmac
import html
import json
import logging
import random
import re
import secrets
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode, urlparse

import httpx
import jinja2
from js import Date, JSON, Object, URL, Uint8Array, console, crypto, setTimeout
from pydantic import BaseModel, Field, ValidationError
from pyodide.ffi import JsProxy, create_proxy, jsnull, to_js
from pyodide.http import pyfetch
from workers import (
    Blob, DurableObject, File, FormData, Request, Response, WorkerEntrypoint, env, fetch, import_from_javascript,
    wait_until,
)

try:
    from js import AbortController, AbortSignal, TransformStream
except ImportError:
    AbortController = None

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger(__name__)

GREETING = env.GREETING
PAGE = "<h1>{{ title|e }}</h1>{% for x in items %}<li>{{ x }}{% endfor %}"
templates = jinja2.Environment(loader=jinja2.DictLoader({"page": PAGE}))
finished = []
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Authorization",
}


class Item(BaseModel):
    name: str = Field(min_length=2)
    price: float
    tags: list[str] = []


def to_js_object(value):
    return to_js(value, dict_converter=Object.fromEntries)


def native(value):
    return value.to_py() if hasattr(value, "to_py") else value


def json_response(data, status=200):
    return Response(json.dumps(data), status=status, headers={"Content-Type": "application/json", **CORS})


class Room(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.ctx = ctx
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS lines (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, at REAL)")

    async def fetch(self, request):
        if (request.headers.get("Upgrade") or "").lower() == "websocket":
            from js import WebSocketPair
            client, server = WebSocketPair.new().object_values()
            self.ctx.acceptWebSocket(server)
            server.serializeAttachment(to_js_object({"name": parse_qs(urlparse(request.url).query)["name"][0]}))
            return Response(None, status=101, web_socket=client)
        return Response.json(self.lines())

    def lines(self):
        return [row["text"] for row in self.sql.exec("SELECT text FROM lines ORDER BY id").toArray()]

    async def add(self, text, meta=None):
        self.sql.exec("INSERT INTO lines (text, at) VALUES (?, ?)", text, time.time())
        count = await self.ctx.storage.get("count") or 0
        await self.ctx.storage.put("count", count + 1)
        return {"count": count + 1, "meta": meta, "last": self.sql.exec("SELECT text FROM lines ORDER BY id DESC LIMIT 1").one().text}

    async def webSocketMessage(self, ws, message):
        sender = ws.deserializeAttachment()
        for other in self.ctx.getWebSockets():
            if other != ws:
                other.send(json.dumps({"from": sender.name, "text": message}))
        ws.send("delivered")

    async def webSocketClose(self, ws, code, reason, wasClean):
        ws.close(code, "bye")

    async def remind(self, milliseconds):
        await self.ctx.storage.setAlarm(int(Date.now()) + milliseconds)

    async def alarm(self):
        await self.add("alarm")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlparse(request.url)
        query = parse_qs(url.query)
        if request.method == "OPTIONS":
            return Response("", headers=CORS)
        try:
            handler = getattr(self, "on_" + url.path.strip("/").replace("/", "_"), None)
            if handler is None:
                return json_response({"error": f"Not found: {url.path}"}, status=404)
            return await handler(request, query)
        except ValidationError as error:
            return json_response({"errors": [{"loc": e["loc"][0], "type": e["type"]} for e in error.errors()]}, 422)
        except json.JSONDecodeError as error:
            return json_response({"error": f"Invalid JSON: {error.msg}"}, 400)

    async def scheduled(self, controller, env, ctx):
        finished.append([controller.cron, int(controller.scheduledTime), type(self.env).__name__])

    async def on_(self, request, query):
        return Response(GREETING + ", " + query.get("name", ["World"])[0] + "!")

    async def on_echo(self, request, query):
        return Response.json({
            "method": request.method, "is_post": request.method == "POST", "f": f"{request.method}",
            "agent": request.headers.get("x-agent"), "missing": request.headers.get("nothing"),
            "upper": request.headers["X-AGENT"], "items": sorted(k for k, _ in request.headers.items() if k.startswith("x-")),
            "body": await request.json(), "country": request.cf.country, "cf": type(request.cf.to_py()).__name__,
        })

    async def on_item(self, request, query):
        item = Item(**await request.json())
        return json_response(item.model_dump(), HTTPStatus.CREATED)

    async def on_bytes(self, request, query):
        data = await request.bytes()
        return Response(hashlib.sha256(data).digest() + bytes(await (await fetch("data:,x")).bytes()), headers=[("X-A", "1"), ("X-A", "2")])

    async def on_form(self, request, query):
        form = await request.form_data()
        upload = form["file"]
        answer = FormData({"a": "b"})
        answer.append("file", File(["content"], "out.txt", "text/plain"))
        back = await Response(answer).form_data()
        return Response.json([form["name"], upload.name, await upload.text(), upload.content_type, back["a"], await back["file"].text()])

    async def on_vars(self, request, query):
        return Response.json([
            self.env.GREETING, getattr(self.env, "NOTHING", "default"), hasattr(self.env, "NOTHING"),
            self.env.SETTINGS.nested.deep, self.env.SETTINGS.to_py()["list"], self.env.NUMBER, self.env.FLAG, env.GREETING,
        ])

    async def on_page(self, request, query):
        body = templates.get_template("page").render(title="<hi>", items=[1, 2])
        return Response(body, headers={"content-type": "text/html;charset=UTF-8"})

    async def on_redirect(self, request, query):
        return Response.redirect("https://example.com/", status=301)

    async def on_outbound(self, request, query):
        base = self.env.ORIGIN
        one = await fetch(base + "/hello", headers={"Authorization": "Bearer x"})
        two = await fetch(base + "/take", method="POST", body=json.dumps({"a": 1}), headers={"Content-Type": "application/json"})
        three = await pyfetch(base + "/hello", method="GET")
        async with httpx.AsyncClient(timeout=5) as client:
            four = await client.get(base + "/hello")
            five = await client.post(base + "/take", json={"abc": 1})
        texts = await asyncio.gather(*(self.text_of(base + "/hello") for _ in range(5)))
        request = Request(base + "/take", method="POST", body="12345", headers={"x": "y"})
        six = await fetch(request)
        return Response.json([
            one.status, one.headers["content-type"], await one.text(), await two.json(), await three.string(), four.text, five.text,
            len(set(texts)), await six.text(),
        ])

    async def text_of(self, url):
        response = await fetch(url)
        return await response.text()

    async def on_proxy(self, request, query):
        upstream = await fetch(self.env.ORIGIN + "/hello")
        return Response(upstream.body, status=upstream.status, headers={**dict(upstream.headers.items()), "x-proxy": "1"})

    async def on_through(self, request, query):
        return await fetch(self.env.ORIGIN + "/hello")

    async def on_network_error(self, request, query):
        try:
            await fetch("http://localhost:1/")
        except OSError as error:
            return json_response({"error": type(error).__name__})

    async def on_object(self, request, query):
        room = self.env.ROOM.get(self.env.ROOM.idFromName(query["room"][0]))
        one = await room.add("first", {"nested": [1, 2.5, None, True]})
        two = await self.env.ROOM.getByName(query["room"][0]).add("second")
        listed = await room.fetch("http://room/lines")
        return Response.json([one, two.count, two["last"], await listed.json(), await room.lines()])

    async def on_remind(self, request, query):
        await self.env.ROOM.getByName("alarms").remind(1)
        return Response("set")

    async def on_alarms(self, request, query):
        return Response.json(await self.env.ROOM.getByName("alarms").lines())

    async def on_socket(self, request, query):
        return await self.env.ROOM.getByName("sockets").fetch(request)

    async def on_stream(self, request, query):
        stream = TransformStream.new()
        writer = stream.writable.getWriter()
        async def produce():
            for n in range(3):
                await writer.write(to_js(f"data: {n}\\n\\n".encode()))
                await asyncio.sleep(0.001)
            await writer.close()
        wait_until(produce())
        return Response(stream.readable, headers={"content-type": "text/event-stream"})

    async def on_later(self, request, query):
        async def work(name):
            await asyncio.sleep(0.001)
            finished.append(name)
        self.ctx.waitUntil(work("ctx"))
        self.ctx.waitUntil(asyncio.create_task(work("task")))
        wait_until(create_proxy(asyncio.ensure_future(work("proxy"))))
        return Response("answered")

    async def on_finished(self, request, query):
        seen = list(finished)
        finished.clear()
        return Response.json(seen)

    async def on_timeout(self, request, query):
        controller = AbortController.new()
        timer = setTimeout(create_proxy(lambda: controller.abort()), 20)
        seen = []
        try:
            await fetch(self.env.ORIGIN + "/held", signal=controller.signal)
        except Exception as error:
            seen.append(type(error).__name__)
        try:
            async with asyncio.timeout(0.02):
                await fetch(self.env.ORIGIN + "/held")
        except TimeoutError:
            seen.append("TimeoutError")
        try:
            await fetch(self.env.ORIGIN + "/held", signal=AbortSignal.timeout(20))
        except Exception as error:
            seen.append(type(error).__name__)
        try:
            await asyncio.wait_for(fetch(self.env.ORIGIN + "/held"), 0.02)
        except asyncio.TimeoutError:
            seen.append("wait_for")
        return Response.json(seen)

    async def on_modules(self, request, query):
        workers = import_from_javascript("cloudflare:workers")
        sockets = import_from_javascript("cloudflare:sockets")
        try:
            import_from_javascript("node:fs")
        except ImportError as error:
            missing = "node:fs" in str(error)
        return Response.json([workers.env.GREETING, callable(sockets.connect), missing])

    async def on_standard_library(self, request, query):
        key = b"secret"
        signature = hmac.new(key, b"data", hashlib.sha256).hexdigest()
        return Response.json([
            len(str(uuid.uuid4())), len(secrets.token_urlsafe(16)), 0 <= random.random() < 1, signature[:8],
            base64.b64encode(b"x").decode(), html.escape("<"), re.sub("a", "b", "aa"),
            (datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(days=1)).isoformat(),
        ])

    async def on_fail(self, request, query):
        raise KeyError("nothing here")

    async def on_wrong(self, request, query):
        return {"a": "dict"}
"""

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


def respond(area: Project, path: str, **options: Any) -> tuple[int, Any, bytes]:
    async def main() -> tuple[int, Any, bytes]:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{area.port('sdk')}") as http:
            async with http.request(options.pop("method", "GET"), path, allow_redirects=False, **options) as response:
                return response.status, response.headers, await response.read()

    return asyncio.run(main())


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
    status, headers, body = respond(area, "/bytes", method="POST", data=b"\x00\xff")
    assert (status, len(body), body[-1:]) == (200, 33, b"x")
    assert headers.getall("x-a") == ["1", "2"]


def test_options_redirects_and_pages(area: Project, session: Dev) -> None:
    status, headers, body = respond(area, "/", method="OPTIONS")
    assert (status, body) == (200, b"")
    assert headers["access-control-allow-origin"] == "*"
    status, headers, _ = respond(area, "/redirect")
    assert (status, headers["location"]) == (301, "https://example.com/")
    _, headers, body = respond(area, "/page")
    assert headers["content-type"] == "text/html;charset=UTF-8"
    assert body == b"<h1>&lt;hi&gt;</h1><li>1<li>2"


def test_forms_with_files(area: Project, session: Dev) -> None:
    form = aiohttp.FormData({"name": "value"})
    form.add_field("file", b"inside", filename="in.txt", content_type="text/x-test")
    status, _, body = respond(area, "/form", method="POST", data=form)
    assert (status, body) == (200, b'["value", "in.txt", "inside", "text/x-test", "b", "content"]')


def test_variables_of_all_kinds(ask: Callable[..., Any]) -> None:
    assert ask("/vars") == ["Hello", "default", False, 1, [1, "a"], 5, True, "Hello"]


def test_outbound_requests_by_all_means(ask: Callable[..., Any]) -> None:
    hello = "hello from the origin"
    assert ask("/outbound") == [200, "text/plain", hello, 8, hello, hello, "9", 1, "5"]
    assert ask("/through") == hello
    assert ask("/network_error") == {"error": "OSError"}


def test_a_proxy_passes_a_body_on(area: Project, session: Dev) -> None:
    status, headers, body = respond(area, "/proxy")
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
        async with aiohttp.ClientSession(f"http://127.0.0.1:{area.port('sdk')}") as http:
            async with http.ws_connect("/socket?name=a") as a, http.ws_connect("/socket?name=b") as b:
                await a.send_str("hi")
                seen = [await a.receive_str(timeout=5), await b.receive_json(timeout=5)]
                await a.close(code=4000)
                return [*seen, a.close_code]

    assert asyncio.run(main()) == ["delivered", {"from": "a", "text": "hi"}, 4000]


def test_streams_of_events(area: Project, session: Dev) -> None:
    _, headers, body = respond(area, "/stream")
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


def test_failures_are_reported(ask: Callable[..., Any], session: Dev) -> None:
    assert ask("/fail")[0] == 500
    session.expect("KeyError: 'nothing here'")
    status, text = ask("/wrong")
    assert status == 500
    assert "did not resolve to 'Response'" in text
