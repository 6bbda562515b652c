"""The raw shapes in a class, as newer compatibility dates call it."""

from js import Response
from raw_javascript import route
from workers import DurableObject, WorkerEntrypoint


class Counter(DurableObject):
    async def fetch(self, request):
        value = (await self.ctx.storage.get("value") or 0) + 1
        await self.ctx.storage.put("value", value)
        return Response.new(str(value))


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await route(request.js_object, self.env, self.ctx)
