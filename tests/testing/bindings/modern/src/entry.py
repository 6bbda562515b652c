"""KV and the small bindings with the SDK that wraps them."""

import time

from pyodide.ffi import JsException
from workers import DurableObject, Response, WorkerEntrypoint


class Keeper(DurableObject):
    async def keep(self, key, value):
        await self.ctx.storage.put("kept", key)
        self.env.KV.put(key, value)  # not awaited: it happens all the same
        return await self.env.KV.get(key)

    async def remind(self):
        await self.ctx.storage.setAlarm(time.time() * 1000 + 60_000)

    async def alarm(self, info=None):
        await self.env.KV.put("alarm", b"rang", {"metadata": {"by": "alarm"}})


class Store(WorkerEntrypoint):
    async def call(self, name, method, *arguments):
        return await getattr(getattr(self.env, name), method)(*arguments)

    async def put(self, key, value, options):
        await self.env.KV.put(key, value, **options)

    async def names(self):
        return [key.name for key in (await self.env.KV.list())["keys"]]

    async def limited(self, key):
        return (await self.env.LIMIT.limit(key=key)).success

    async def messages(self):
        shown = []
        for call in (
            lambda: self.env.KV.put("k", {"a": 1}),
            lambda: self.env.KV.put("k", "v", expirationTtl=59),
            lambda: self.env.KV.get("k" * 513),
            lambda: self.env.KV.get([]),
            lambda: self.env.LIMIT.limit({"kez": 1}),
            self.env.SECRET.get,
        ):
            try:
                await call()
            except JsException as problem:
                shown.append(str(problem))
        return shown

    async def small(self):
        self.env.POINTS.writeDataPoint({"blobs": ["a"], "doubles": [1.5], "indexes": ["i"]})
        database = self.env.DB
        try:
            wasm = self.env.WASM.exports
        except JsException as problem:
            wasm = str(problem)
        return {
            "version": [len(self.env.VERSION.id), self.env.VERSION.tag, self.env.VERSION.timestamp[-1]],
            "database": [database.connectionString, database.host, database.port, database.user, database.password],
            "text": self.env.TEXT,
            "data": self.env.DATA.to_bytes(),
            "wasm": wasm,
        }


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.method == "PUT":
            await self.env.KV.put("body", request.body)
            return Response(None, status=204)
        return Response(await self.env.KV.get("body", type="stream"))
