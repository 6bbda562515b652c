"""Workflows as users write them."""

import asyncio
from urllib.parse import parse_qs, urlsplit

from pyodide.ffi import run_sync
from workers import DurableObject, Response, WorkerEntrypoint, WorkflowEntrypoint
from workers.workflows import NonRetryableError


class Orders(WorkflowEntrypoint):
    async def run(self, event, step):
        return await getattr(self, event.payload["kind"])(event, step)

    async def order(self, event, step):
        @step.do("reserve")
        async def reserve(ctx):
            return {"items": event.payload["items"], "attempt": ctx["attempt"]}

        @step.do("charge")
        async def charge(reserve):
            return reserve["items"] * 10

        @step.do("pack")
        async def pack(reserve):
            return f"{reserve['items']} packed"

        @step.do("ship", concurrent=True)
        async def ship(charge, pack):
            return [charge, pack]

        result = await ship()
        await step.sleep("in transit", "2 days")
        arrival = await step.wait_for_event("arrival", "arrived", timeout="1 week")
        return {"result": result, "by": arrival.payload["by"], "at": arrival.timestamp.year, "id": event.instanceId}

    async def bindings(self, _event, step):
        @step.do()
        async def count():
            return await self.env.DESK.getByName("x").count()

        @step.do()
        def count_synchronously():
            return run_sync(self.env.DESK.getByName("x").count())

        return [await count(), await count_synchronously(), run_sync(self.env.DESK.getByName("x").count())]

    async def flaky(self, _event, step):
        @step.do(config={"retries": {"limit": 2, "delay": "1 hour", "backoff": "linear"}})
        async def flaky(ctx):
            if ctx["attempt"] < 3:
                raise ValueError(f"attempt {ctx['attempt']}")
            return ctx["attempt"]

        return await flaky()

    async def fatal(self, _event, step):
        @step.do()
        async def hopeless():
            raise NonRetryableError("no such item")

        try:
            await hopeless()
        except NonRetryableError as problem:
            return str(problem)

    async def endless(self, _event, step):
        @step.do(config={"retries": {"limit": 0, "delay": 0}, "timeout": "1 minute"})
        async def endless():
            await asyncio.Event().wait()

        await endless()

    async def broken(self, _event, _step):
        raise RuntimeError("broken by design")


class Desk(DurableObject):
    async def count(self):
        number = (await self.ctx.storage.get("number") or 0) + 1
        await self.ctx.storage.put("number", number)
        return number

    async def order(self, items):
        await self.ctx.storage.put("items", items)
        instance = await self.env.ORDERS.create(id="from-object", params={"kind": "order", "items": items})
        return instance.id


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/object":
            return Response(await self.env.DESK.getByName("desk").order(3))
        if url.path == "/create":
            instance = await self.env.ORDERS.create(id=query["id"], params={"kind": "order", "items": 2})
            return Response.from_json({"id": instance.id, "status": (await instance.status())["status"]})
        if url.path == "/batch":
            created = await self.env.ORDERS.create_batch([{"id": "b1", "params": {"kind": "fatal"}}, {"id": "b2"}])
            return Response.from_json([instance.id for instance in created])
        instance = await self.env.ORDERS.get(query["id"])
        if url.path == "/arrived":
            await instance.send_event({"type": "arrived", "payload": {"by": query["by"]}})
        return Response.from_json(await instance.status())
