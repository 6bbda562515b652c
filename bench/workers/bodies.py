"""Answers with big bodies in every way there is; clients of the soak break them off."""

import asyncio

import js
from workers import DurableObject, Response, WorkerEntrypoint, asgi, wsgi

MIB = 1 << 20
SIZE = 20 * MIB


def piece():
    return js.Uint8Array.new(MIB)


async def pieces():
    for _ in range(SIZE // MIB):
        await asyncio.sleep(0)
        yield piece()


async def write(writable):
    writer = writable.getWriter()
    async for chunk in pieces():
        await writer.write(chunk)
    await writer.close()


def pulled():
    left = SIZE // MIB

    async def pull(controller):
        nonlocal left
        await asyncio.sleep(0)
        controller.enqueue(piece())
        left -= 1
        if not left:
            controller.close()

    return js.ReadableStream.new(pull=pull)


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        raise RuntimeError
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(SIZE // MIB):
        await send({"type": "http.response.body", "body": bytes(MIB), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def wsgi_application(environ, start_response):
    start_response("200 OK", [])
    for _ in range(SIZE // MIB):
        yield bytes(MIB)


async def answer(path, request, env, ctx):
    match path:
        case "/bytes":
            return Response(bytes(SIZE))
        case "/pull":
            return Response(pulled())
        case "/iterator":
            return Response(js.ReadableStream.from_(pieces()))
        case "/transform":
            stream = js.TransformStream.new()
            asyncio.ensure_future(write(stream.writable))  # noqa: RUF006 - as people write it
            return Response(stream.readable)
        case "/transform-waited":
            stream = js.TransformStream.new()
            ctx.waitUntil(asyncio.ensure_future(write(stream.writable)))
            return Response(stream.readable)
        case "/pipe":
            return Response(pulled().pipeThrough(js.TransformStream.new()))
        case "/tee":
            first, _second = pulled().tee()
            return Response(first)
        case "/before":
            body = bytearray(SIZE)
            await asyncio.Event().wait()
            return Response(bytes(body))
        case "/before-waited":
            body = bytearray(SIZE)
            task = asyncio.create_task(asyncio.sleep(0.2))
            ctx.waitUntil(task)
            await task
            return Response(bytes(body))
        case "/upload":
            return Response(str(len(await request.bytes())))
        case "/upload-ignored":
            await asyncio.Event().wait()
        case "/upload-through":
            return Response(request.js_object.body)
        case "/socket":
            client, server = js.WebSocketPair.new().object_values()
            server.accept()
            for _ in range(SIZE // MIB):
                server.send(piece())
            return Response(None, status=101, web_socket=client)
        case "/asgi":
            return await asgi.fetch(application, request, env, ctx)
        case "/wsgi":
            return await wsgi.fetch(wsgi_application, request, env, ctx)
    return Response("hello")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = "/" + request.url.split("/", 3)[3]
        for prefix, binding in (("/service", "SELF"), ("/remote", "REMOTE")):
            if path.startswith(prefix):
                return await getattr(self.env, binding).fetch("http://x" + path.removeprefix(prefix))
        for prefix, binding in (("/object", "OBJECT"), ("/remote-object", "REMOTE_OBJECT")):
            if path.startswith(prefix):
                stub = getattr(self.env, binding).getByName("one")
                return await stub.fetch("http://x" + path.removeprefix(prefix))
        if path.startswith("/rpc"):
            return Response(await self.env.OBJECT.getByName("one").stream())
        return await answer(path, request, self.env, self.ctx)


class Bodies(DurableObject):
    async def fetch(self, request):
        return await answer("/" + request.url.split("/", 3)[3], request, self.env, self.ctx)

    async def stream(self):
        return pulled()
