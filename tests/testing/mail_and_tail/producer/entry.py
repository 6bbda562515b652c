import asyncio
import time
from urllib.parse import urlsplit

import js
from workers import DurableObject, Response, WorkerEntrypoint, import_from_javascript

EmailMessage = import_from_javascript("cloudflare:email").EmailMessage


class Obj(DurableObject):
    async def add(self, a, b):
        print("adding")
        return a + b

    async def fail(self):
        raise ValueError("in the object")

    async def set_alarm(self):
        await self.ctx.storage.setAlarm(time.time() * 1000)

    async def alarm(self, info=None):
        print("alarm")

    async def fetch(self, request):
        if request.headers.get("upgrade") is None:
            raise ValueError("no socket")
        client, server = js.WebSocketPair.new().object_values()
        self.ctx.acceptWebSocket(server)
        return Response(None, status=101, web_socket=client)

    async def webSocketMessage(self, ws, message):
        ws.close(1000, "bye")

    async def webSocketClose(self, ws, code, reason, was_clean):
        print("closed")


class Named(WorkerEntrypoint):
    async def hello(self):
        return "hello"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlsplit(request.url).path
        obj = self.env.OBJ.getByName("one")
        if path == "/log":
            print("printed\nlines")
            js.console.warn("a", 1, js.JSON.parse('{"b": [null]}'))
            return Response("x", status=201)
        if path == "/fail":
            raise ValueError("on purpose")
        if path == "/later":
            self.ctx.waitUntil(self.later())
        if path == "/stream":
            return Response(js.ReadableStream.from_(self.parts()))
        if path == "/object":
            await obj.add(1, 2)
            await obj.set_alarm()
        if path == "/object-fails":
            try:
                await obj.fail()
            except Exception:
                await obj.fetch("http://object/")
        if path == "/named":
            return Response(await self.env.SELF.hello())
        if path == "/socket":
            return await obj.fetch(request)
        if path == "/send":
            raw = "From: a@b.c\r\nMessage-ID: <x@y>\r\n\r\nbody"
            sent = await self.env.MAIL.send(EmailMessage.new("a@b.c", "d@e.f", raw))
            again = await self.env.MAIL.send(**{"from": "a@b.c", "to": "d@e.f", "subject": "S", "text": "T"})
            return Response.from_json([sent.messageId, again.messageId])
        return Response("ok")

    async def later(self):
        await asyncio.sleep(0.01)
        print("later")
        raise ValueError("too late")

    async def parts(self):
        for part in "ab":
            print("part", part)
            yield js.TextEncoder.new().encode(part)

    async def scheduled(self, controller, env, ctx):
        raise ValueError("not today")

    async def queue(self, batch, env, ctx):
        pass

    async def email(self, message, env, ctx):
        subject = message.headers.get("subject")
        print("mail", getattr(message, "from"), message.to, message.rawSize, env, ctx)
        if subject == "spam":
            message.setReject("no spam")
        elif subject == "forward":
            await message.forward("boss@example.com", js.Headers.new([["X-Why", "urgent"]]))
        elif subject == "fail":
            raise ValueError("cannot read")
        else:
            body = await js.Response.new(message.raw).text()
            await message.reply(subject="re", text=body.replace("\r", "").rpartition("\n\n")[2].upper())
