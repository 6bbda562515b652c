"""Starlette inside of a Durable Object and beside handlers of its own."""

import json

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from workers import DurableObject, Response, WorkerEntrypoint


def storage(request):
    return request.scope["env"]


async def home(request):
    return PlainTextResponse("starlette " + request.scope["env"].GREETING)


async def echo(request):
    parts = [part async for part in request.stream()]
    return JSONResponse(
        {"size": len(b"".join(parts)), "path": request.path_params, "query": request.query_params.multi_items()}
    )


def plain(request):
    return JSONResponse({"method": request.method, "cookies": request.cookies})


async def endless(request):
    async def numbers():
        n = 0
        while True:
            yield b"%d\n" % n
            n += 1

    return StreamingResponse(numbers())


async def socket(websocket):
    await websocket.accept()
    async for message in websocket.iter_bytes():
        await websocket.send_bytes(message[::-1])


app = Starlette(
    routes=[
        Route("/", home),
        Route("/echo/{name}", echo, methods=["POST"]),
        Mount("/sub", routes=[Route("/plain", plain)]),
        Route("/endless", endless),
        WebSocketRoute("/ws", socket),
    ]
)


class Site(DurableObject):
    async def fetch(self, request):
        import asgi

        self.ctx.storage.kv.put("visits", (self.ctx.storage.kv.get("visits") or 0) + 1)
        response = await asgi.fetch(app, request, self.env, self.ctx)
        response.headers.set("x-visits", str(self.ctx.storage.kv.get("visits")))
        return response


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        import asgi

        if request.url.endswith("/own"):
            return Response(json.dumps("own"), headers={"content-type": "application/json"})
        if (request.headers.get("upgrade") or "").lower() == "websocket":
            return await asgi.websocket(app, request.js_object, self.env)
        if "/object/" in request.url:
            inner = request.js_object
            from js import Request

            return await self.env.SITE.getByName("main").fetch(Request.new(inner.url.replace("/object/", "/"), inner))
        return await asgi.fetch(app, request.js_object, self.env)
