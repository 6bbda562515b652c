"""Consumes what another Worker sends."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def queue(self, batch, env, ctx):
        for message in batch.messages:
            body = bytes(message.body) if isinstance(message.body, memoryview) else message.body
            print(batch.queue, repr(body), message.attempts)
