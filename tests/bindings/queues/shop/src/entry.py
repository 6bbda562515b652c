"""Sends messages, and consumes some of them."""

import json

from workers import DurableObject, WorkerEntrypoint


class Till(DurableObject):
    async def pay(self, amount):
        self.ctx.storage.kv.put("amount", amount)
        await self.env.ORDERS.send({"paid": amount})


class Default(WorkerEntrypoint):
    async def send(self, binding, body, options=None):
        return await getattr(self.env, binding).send(body, **(options or {}))

    async def send_batch(self, binding, bodies, options=None):
        return await getattr(self.env, binding).sendBatch([{"body": body} for body in bodies], **(options or {}))

    async def forget(self, body):
        self.env.ORDERS.send(body)

    async def waiting(self):
        return await self.env.ORDERS.metrics()

    async def pay(self, amount):
        await self.env.TILL.getByName("main").pay(amount)

    async def queue(self, batch, env, ctx):
        assert (env, ctx) == (None, None)
        print(json.dumps([batch.queue, [[it.body, it.attempts] for it in batch.messages]], default=str))
        for message in batch.messages:
            if message.body == "again":
                message.retry(delaySeconds=10)
            elif message.body == "send on":
                await self.env.LETTERS.send(f"from {batch.queue}")
            elif message.body == "types":
                print(
                    len(message.id),
                    type(message.timestamp).__name__,
                    type(batch.messages).__name__,
                    batch.metadata.metrics,
                )
            elif message.body == "fail":
                raise ValueError("cannot")
