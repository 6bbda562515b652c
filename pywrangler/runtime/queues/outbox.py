"""The way of messages to whoever consumes their queue: this Worker, or another one that runs on this machine.

The consumer is looked for anew for each sending. Messages that nobody consumes are dropped, as there is no place where
they could wait (spec/registry.md, section 2); the first time a queue is concerned, that is said.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.queues.messages import KIND, Metrics, payload_of, read_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.runtime.ports import Router
    from pywrangler.runtime.queues.messages import Queued
    from pywrangler.runtime.worker import WorkerRuntime

CHUNK = 100
"""Messages in one event; with 128 KB each they stay well below what a channel takes."""
PAUSES_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Before another try to pass messages on."""


class Outbox:
    """One per Worker. A companion only to forget, between two tests, what it has warned of."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._warned: set[str] = set()

    @classmethod
    def of(cls, worker: WorkerRuntime, router: Router) -> Outbox:
        """Return the outbox of a Worker; the first who asks has it made."""
        for companion in worker.companions:
            if isinstance(companion, cls):
                return companion
        made = cls(router)
        worker.companions.append(made)
        return made

    async def send(self, queue: str, messages: Sequence[Queued]) -> Metrics:
        """Deliver messages of a queue, and return what waited there before them; JsException if the way breaks.

        Without messages nothing is delivered, and nobody is warned.
        """
        consumer = self._router.consumer(queue)
        if consumer is None:
            return self._drop(queue, messages)
        metrics = Metrics()
        for start in range(0, max(len(messages), 1), CHUNK):
            event = Event(KIND, payload_of(queue, messages[start : start + CHUNK]))
            answer = await self._router.channel(consumer).deliver(Target(consumer, "entrypoint"), event)
            if answer is None:  # it left meanwhile
                return self._drop(queue, messages[start:])
            if not start:
                metrics = read_answer(answer)
        return metrics

    async def pass_on(self, queue: str, messages: Sequence[Queued]) -> None:
        """Deliver messages on behalf of the platform: a broken way is tried again, and losses are told."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                await self.send(queue, messages)
            except JsException as problem:
                if pause is None:
                    lost = f"{len(messages)} messages of the queue" if len(messages) > 1 else "A message of the queue"
                    context.log("error", f'{lost} "{queue}" got lost on the way to another process: {problem.message}')
                    return
                await asyncio.sleep(pause)
            else:
                return

    def _drop(self, queue: str, messages: Sequence[Queued]) -> Metrics:
        if messages and queue not in self._warned:
            self._warned.add(queue)
            context.log(
                "warn",
                f'Nobody consumes the queue "{queue}", so its messages are dropped: '
                "no running Worker has it in queues.consumers.",
            )
        return Metrics()

    # ---- Companion ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Nothing waits here."""

    def retire(self) -> None:
        """Nothing waits here; what handlers that still run send goes on."""

    def reset(self) -> None:
        """Forget what was warned of."""
        self._warned.clear()

    def close(self) -> None:
        """Nothing is open here."""
