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
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlparse

import httpx
import jinja2
from js import Date, Object, setTimeout
from pydantic import BaseModel, Field, ValidationError
from pyodide.ffi import create_proxy, to_js
from pyodide.http import pyfetch
from workers import (
    DurableObject,
    File,
    FormData,
    Request,
    Response,
    WorkerEntrypoint,
    env,
    fetch,
    import_from_javascript,
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
        return {
            "count": count + 1,
            "meta": meta,
            "last": self.sql.exec("SELECT text FROM lines ORDER BY id DESC LIMIT 1").one().text,
        }

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
        return Response.json(
            {
                "method": request.method,
                "is_post": request.method == "POST",
                "f": f"{request.method}",
                "agent": request.headers.get("x-agent"),
                "missing": request.headers.get("nothing"),
                "upper": request.headers["X-AGENT"],
                "items": sorted(k for k, _ in request.headers.items() if k.startswith("x-")),
                "body": await request.json(),
                "country": request.cf.country,
                "cf": type(request.cf.to_py()).__name__,
            }
        )

    async def on_item(self, request, query):
        item = Item(**await request.json())
        return json_response(item.model_dump(), HTTPStatus.CREATED)

    async def on_bytes(self, request, query):
        data = await request.bytes()
        return Response(
            hashlib.sha256(data).digest() + bytes(await (await fetch("data:,x")).bytes()),
            headers=[("X-A", "1"), ("X-A", "2")],
        )

    async def on_form(self, request, query):
        form = await request.form_data()
        upload = form["file"]
        answer = FormData({"a": "b"})
        answer.append("file", File(["content"], "out.txt", "text/plain"))
        back = await Response(answer).form_data()
        return Response.json(
            [form["name"], upload.name, await upload.text(), upload.content_type, back["a"], await back["file"].text()]
        )

    async def on_vars(self, request, query):
        return Response.json(
            [
                self.env.GREETING,
                getattr(self.env, "NOTHING", "default"),
                hasattr(self.env, "NOTHING"),
                self.env.SETTINGS.nested.deep,
                self.env.SETTINGS.to_py()["list"],
                self.env.NUMBER,
                self.env.FLAG,
                env.GREETING,
            ]
        )

    async def on_page(self, request, query):
        body = templates.get_template("page").render(title="<hi>", items=[1, 2])
        return Response(body, headers={"content-type": "text/html;charset=UTF-8"})

    async def on_redirect(self, request, query):
        return Response.redirect("https://example.com/", status=301)

    async def on_outbound(self, request, query):
        base = self.env.ORIGIN
        one = await fetch(base + "/hello", headers={"Authorization": "Bearer x"})
        two = await fetch(
            base + "/take", method="POST", body=json.dumps({"a": 1}), headers={"Content-Type": "application/json"}
        )
        three = await pyfetch(base + "/hello", method="GET")
        async with httpx.AsyncClient(timeout=5) as client:
            four = await client.get(base + "/hello")
            five = await client.post(base + "/take", json={"abc": 1})
        texts = await asyncio.gather(*(self.text_of(base + "/hello") for _ in range(5)))
        request = Request(base + "/take", method="POST", body="12345", headers={"x": "y"})
        six = await fetch(request)
        return Response.json(
            [
                one.status,
                one.headers["content-type"],
                await one.text(),
                await two.json(),
                await three.string(),
                four.text,
                five.text,
                len(set(texts)),
                await six.text(),
            ]
        )

    async def text_of(self, url):
        response = await fetch(url)
        return await response.text()

    async def on_proxy(self, request, query):
        upstream = await fetch(self.env.ORIGIN + "/hello")
        return Response(
            upstream.body, status=upstream.status, headers={**dict(upstream.headers.items()), "x-proxy": "1"}
        )

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
                await writer.write(to_js(f"data: {n}\n\n".encode()))
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
        setTimeout(create_proxy(controller.abort), 20)
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
        except TimeoutError:
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
        return Response.json(
            [
                len(str(uuid.uuid4())),
                len(secrets.token_urlsafe(16)),
                0 <= random.random() < 1,
                signature[:8],
                base64.b64encode(b"x").decode(),
                html.escape("<"),
                re.sub("a", "b", "aa"),
                (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1)).isoformat(),
            ]
        )

    async def on_rest(self, request, query):
        from js import Array
        from js import File as JsFile
        from js import eval as js_eval
        from pyodide.ffi import JsProxy, create_once_callable, destroy_proxies, jsnull
        from workers import python_from_rpc, python_to_rpc

        seen = []
        try:
            js_eval("1 + 1")
        except Exception as error:
            seen.append(error.name)
        proxies = Array.new()
        converted = to_js({"f": print}, pyproxies=proxies, dict_converter=Object.fromEntries)
        seen.append([len(proxies), isinstance(converted, JsProxy), isinstance({}, JsProxy), hasattr([], "to_py")])
        destroy_proxies(proxies)
        there = python_to_rpc({"a": [1, None, {"b": True}], "when": datetime(2026, 1, 1), "data": b"x"})  # noqa: DTZ001
        back = python_from_rpc(there)
        seen.append([there.a.length, back.a[2].b, back["when"].year, bytes(back.data).decode(), back.a[1]])
        file = JsFile.new(to_js(["content"]), "name.txt", to_js_object({"type": "text/plain"}))
        seen.append([file.name, file.type, file.size, await file.text()])
        once = create_once_callable(lambda: 5)
        seen.append(once())
        seen.append([bool(jsnull), jsnull is None, native(to_js([1, {"a": 2}])), native("text")])
        return Response.json(seen)

    async def on_rewritten(self, request, query):
        from workers.htmlrewriter import HTMLRewriter

        class Links:
            def element(self, element):
                element.setAttribute("href", "/new")

        class Ends:
            def end(self, end):
                end.append("<!-- end -->", html=True)

        page = Response("<a href='/old'>x</a>", status=201, headers={"content-type": "text/html"})
        return HTMLRewriter().on("a", Links()).on_document(Ends()).transform(page)

    async def on_client(self, request, query):
        """A WebSocket to the Worker itself, by the client's constructor and by `fetch`."""
        from js import Headers as JsHeaders
        from js import WebSocket
        from js import fetch as js_fetch

        url = f"http://{request.headers['host']}/echo_socket"
        answers = asyncio.Queue()
        socket = WebSocket.new(url.replace("http", "ws"))
        socket.addEventListener("open", create_proxy(lambda event: socket.send("by constructor")))
        socket.addEventListener("message", create_proxy(lambda event: answers.put_nowait(event.data)))
        first = await asyncio.wait_for(answers.get(), 5)
        socket.close(1000, "done")
        response = await js_fetch(url, headers=JsHeaders.new({"Upgrade": "websocket"}.items()))
        other = response.webSocket
        other.accept()
        other.addEventListener("message", create_proxy(lambda event: answers.put_nowait(event.data)))
        other.send("by fetch")
        second = await asyncio.wait_for(answers.get(), 5)
        other.close()
        return Response.json([first, response.status, second])

    async def on_echo_socket(self, request, query):
        from js import WebSocketPair

        client, server = WebSocketPair.new().object_values()
        server.accept()
        server.addEventListener("message", create_proxy(lambda event: server.send("echo " + event.data)))
        return Response(None, status=101, web_socket=client)

    async def on_fail(self, request, query):
        raise KeyError("nothing here")

    async def on_wrong(self, request, query):
        return {"a": "dict"}
