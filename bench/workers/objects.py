"""A counter and a room: the Durable Objects of the benchmarks."""

from urllib.parse import parse_qs, urlsplit

from js import WebSocketPair
from workers import DurableObject, Response, WorkerEntrypoint

VERSION = 0


class Counter(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.sql = ctx.storage.sql
        self.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER)")
        self.sql.exec("INSERT OR IGNORE INTO counter VALUES (1, 0)")

    async def increment(self):
        return self.sql.exec("UPDATE counter SET value = value + 1 WHERE id = 1 RETURNING value").one()["value"]

    async def storage(self, kind, count):
        import time

        started = time.perf_counter()
        for number in range(count):
            if kind == "put":
                await self.ctx.storage.put(f"key {number % 100}", {"number": number})
            elif kind == "get":
                await self.ctx.storage.get(f"key {number % 100}")
            else:
                self.sql.exec("SELECT value FROM counter WHERE id = ?", 1).one()
        return time.perf_counter() - started


class Room(DurableObject):
    async def fetch(self, request):
        client, server = WebSocketPair.new().object_values()
        self.ctx.acceptWebSocket(server)
        return Response(None, status=101, web_socket=client)

    async def webSocketMessage(self, ws, message):
        if message == "all":
            for socket in self.ctx.getWebSockets():
                socket.send("to everybody")
        elif message == "version":
            ws.send(str(VERSION))
        else:
            ws.send(message)

    async def webSocketClose(self, ws, code, reason, was_clean):
        ws.close(1000, "")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlsplit(request.url)
        name = parse_qs(url.query).get("name", ["main"])[0]
        if url.path == "/room":
            return await self.env.ROOM.getByName(name).fetch(request)
        if url.path == "/storage":
            kind, count = parse_qs(url.query)["kind"][0], int(parse_qs(url.query)["count"][0])
            return Response(str(await self.env.COUNTER.getByName(name).storage(kind, count)))
        if url.path == "/version":
            return Response(str(VERSION))
        return Response(str(await self.env.COUNTER.getByName(name).increment()))
