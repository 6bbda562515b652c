"""Work that nobody waits for: by the clock, and from a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs import BadJob, clean_up, perform
from workers import Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`

NIGHTLY = "0 3 * * *"


class Default(WorkerEntrypoint):
    env: Env

    async def scheduled(self, controller, env, ctx):
        if controller.cron == NIGHTLY:
            print(clean_up(controller.scheduledTime / 1000, self.env.KEPT_DAYS))
        else:
            print("Nothing to do right now.")

    async def queue(self, batch, env, ctx):
        for message in batch.messages:
            try:
                print(perform(message.body))
            except BadJob as problem:
                print(f"Dropped: {problem}")
                message.ack()  # it would fail again
            except Exception as problem:
                print(f"Later: {problem}")
                message.retry()
            else:
                message.ack()

    async def fetch(self, request):
        return Response("This Worker has no pages: it works by the clock and from a queue.")
