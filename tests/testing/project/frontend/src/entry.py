"""A Worker that asks another one."""

import asyncio

from workers import Response, WorkerEntrypoint, wait_until


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        stub = self.env.COUNTER.getByName("main")
        if request.url.endswith("/flood"):
            wait_until(self.flood())
            return Response("flooding")
        if request.url.endswith("/service"):
            return await self.env.BACKEND.fetch("http://backend/word")
        return Response(str(await stub.increment()))

    async def flood(self):
        while True:
            await asyncio.gather(*(self.env.COUNTER.getByName("main").increment() for _ in range(20)))
