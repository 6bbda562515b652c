"""A Worker that can do what tests want to see."""

import asyncio
import json
import time
from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

from js import Date, WebSocket, WebSocketPair, caches, setTimeout
from js import Response as JsResponse
from pyodide.ffi import create_proxy
from workers import DurableObject, Response, WorkerEntrypoint, fetch, wait_until


class Counter(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.since = time.time()
        self.rang = []

    async def increment(self, by=1):
        value = (await self.ctx.storage.get("value") or 0) + by
        await self.ctx.storage.put("value", value)
        return value

    async def get(self):
        return await self.ctx.storage.get("value")

    async def echo(self, value):
        return value

    async def options(self, *arguments):
        return list(arguments)

    async def fail(self):
        raise ValueError("not today")

    async def function(self):
        return lambda: None

    async def word(self):
        return self.env.WORD

    async def age(self):
        return time.time() - self.since

    # ---- alarms

    async def ring_in(self, seconds, times=1, failures=0):
        await self.ctx.storage.put({"left": times, "gap": seconds, "failures": failures})
        await self.ctx.storage.setAlarm(time.time() * 1000 + seconds * 1000)

    async def alarm(self, info=None):
        self.rang.append(time.time())
        failures = await self.ctx.storage.get("failures")
        if failures:
            self.ctx.storage.kv.put("failures", failures - 1)
            raise RuntimeError("the alarm fails")
        left = await self.ctx.storage.get("left") - 1
        await self.ctx.storage.put("left", left)
        if left:
            await self.ctx.storage.setAlarm(time.time() * 1000 + await self.ctx.storage.get("gap") * 1000)

    async def times(self):
        return self.rang

    # ---- time

    async def clocks(self):
        row = self.ctx.storage.sql.exec("SELECT unixepoch('now') AS now, date('now') AS day").one()
        return {
            "time": time.time(),
            "time_ns": time.time_ns() / 1e9,
            "gmtime": time.strftime("%Y-%m-%d", time.gmtime()),
            "now": datetime.now(UTC).timestamp(),
            "local": datetime.now().timestamp(),  # noqa: DTZ005 - it has to follow as well
            "today": str(date.today()),  # noqa: DTZ011
            "Date": Date.now() / 1000,
            "sql": row["now"],
            "sql day": row["day"],
        }

    async def sleep(self, seconds):
        began = time.time()
        await asyncio.sleep(seconds)
        return time.time() - began

    async def timeout(self, seconds):
        done = asyncio.get_running_loop().create_future()
        setTimeout(create_proxy(lambda: done.set_result(time.time())), seconds * 1000)
        return await done

    async def block(self, seconds):
        async def wait():
            await asyncio.sleep(seconds)

        await self.ctx.blockConcurrencyWhile(wait)

    # ---- requests and sockets

    async def fetch(self, request):
        if (request.headers.get("upgrade") or "") == "websocket":
            client, server = WebSocketPair.new().object_values()
            self.ctx.acceptWebSocket(server)
            return Response(None, status=101, web_socket=client)
        return Response(f"object got {request.method} {await request.text()}", headers={"x-url": request.url})

    async def webSocketMessage(self, ws, message):
        if message == "bye":
            ws.close(4001, "as you wish")
        else:
            ws.send(message)

    async def webSocketClose(self, ws, code, reason, was_clean):
        ws.close(1000, "")

    async def sockets(self):
        return len(self.ctx.getWebSockets())


class Named(WorkerEntrypoint):
    async def add(self, a, b):
        return a + b


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlsplit(request.url)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        answer = getattr(self, f"on_{url.path.strip('/') or 'root'}", None)
        if answer is None:
            return Response("Not found", status=404)
        return await answer(request, query)

    async def on_root(self, request, query):
        return Response("one")

    async def on_echo(self, request, query):
        shown = {
            "method": request.method,
            "url": request.url,
            "body": await request.text(),
            "type": request.headers.get("content-type"),
        }
        return Response.from_json(shown, headers={"x-answer": "yes"})

    async def on_cookies(self, request, query):
        response = JsResponse.new("two")
        response.headers.append("set-cookie", "a=1")
        response.headers.append("set-cookie", "b=2")
        return response

    async def on_away(self, request, query):
        return Response(None, status=303, headers={"location": "/"})

    async def on_word(self, request, query):
        return Response(self.env.WORD)

    async def on_boom(self, request, query):
        raise RuntimeError("boom")

    async def on_say(self, request, query):
        print(query["text"])
        print("unfinished", end="")
        return Response("said")

    async def on_count(self, request, query):
        return Response(str(await self.env.COUNTER.getByName(query.get("name", "main")).increment()))

    async def on_socket(self, request, query):
        return await self.env.COUNTER.getByName(query.get("name", "main")).fetch(request)

    async def on_fetch(self, request, query):
        options = {"method": query.get("method", "GET"), "headers": {"x-from": "worker"}}
        if "body" in query:
            options["body"] = query["body"]
        response = await fetch(query["url"], **options)
        return Response(
            await response.text(),
            status=response.status,
            headers={"x-type": response.headers.get("content-type") or ""},
        )

    async def on_connect(self, request, query):
        socket = WebSocket.new(query["url"])
        failed = asyncio.get_running_loop().create_future()
        socket.addEventListener("error", create_proxy(lambda event: failed.set_result(event.message)))
        return Response(await failed)

    async def on_later(self, request, query):
        async def increment():
            await asyncio.sleep(float(query["seconds"]))
            await self.env.COUNTER.getByName("main").increment()
            print("later")

        wait_until(increment())
        return Response("soon")

    async def on_cached(self, request, query):
        found = await caches.default.match("http://cache/x")
        if found is None:
            response = JsResponse.new("x")
            response.headers.set("cache-control", "max-age=60")
            await caches.default.put("http://cache/x", response)
        return Response("hit" if found is not None else "miss")

    async def scheduled(self, controller, env, ctx):
        print(json.dumps([controller.cron, controller.scheduledTime]))
        if controller.cron == "fail":
            raise RuntimeError("no time")

    async def queue(self, batch, env, ctx):
        for message in batch.messages:
            print(json.dumps([batch.queue, message.id, message.attempts, message.body]))
            if message.body == "again":
                message.retry(delaySeconds=3)
            elif message.body == "fail":
                raise RuntimeError("cannot")
