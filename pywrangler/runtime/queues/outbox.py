"""The way of messages to whoever consumes their queue: this Worker, or another one that runs on this machine.

The consumer is looked for anew for each sending. Messages of a queue that nobody consumes wait on disk, in the file of
the Worker that sent them, until somebody does; the first time a queue is concerned, that is said.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.queues.messages import KIND, Metrics, answer_of, payload_of, read_answer, read_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.ports import Router
    from pywrangler.runtime.queues.messages import Queued
    from pywrangler.runtime.queues.store import MessageStore
    from pywrangler.runtime.worker import WorkerRuntime

CHUNK = 100
"""Messages in one event; with 128 KB each they stay well below what a channel takes."""
PAUSES_SECONDS = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Before another try to pass messages on."""
LOOK_SECONDS = 0.5
"""Between two looks whether somebody consumes the queues whose messages wait."""


class Outbox:
    """One per Worker; a companion of it."""

    def __init__(self, worker: WorkerRuntime, router: Router, clock: Clock, store: MessageStore) -> None:
        self.store = store
        self._worker = worker
        self._router = router
        self._clock = clock
        self._consumed = frozenset(consumer.queue for consumer in worker.config.queue_consumers)
        self._warned: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._is_sole = False
        worker.companions.append(self)
        worker.when_sole.append(self._recover)
        worker.take(KIND, self._take)

    @classmethod
    def of(cls, worker: WorkerRuntime, router: Router, clock: Clock, store: Callable[[], MessageStore]) -> Outbox:
        """Return the outbox of a Worker; the first who asks has it made."""
        for companion in worker.companions:
            if isinstance(companion, cls):
                return companion
        return cls(worker, router, clock, store())

    # ---- sending ------------------------------------------------------------------------------------------

    async def send(self, queue: str, messages: Sequence[Queued]) -> Metrics:
        """Deliver messages of a queue, or keep them for later, and return what waited there before them.

        Without messages nothing is delivered, and nobody is warned. JsException if they can neither be delivered nor
        kept. A message may be delivered and kept, if the consumer dies before it answers.
        """
        try:
            return await self._send(queue, messages)
        except JsException:
            return await self._keep(queue, messages)

    async def _send(self, queue: str, messages: Sequence[Queued]) -> Metrics:
        consumer = self._router.consumer(queue)
        if consumer is None:
            if messages:
                self._warn(queue)
            return await self._keep(queue, messages)
        metrics = Metrics()
        for start in range(0, max(len(messages), 1), CHUNK):
            event = Event(KIND, payload_of(queue, messages[start : start + CHUNK]))
            answer = await self._router.channel(consumer).deliver(Target(consumer, "entrypoint"), event)
            if answer is None:  # it left meanwhile
                return await self._keep(queue, messages[start:])
            if not start:
                metrics = read_answer(answer)
        return metrics

    async def pass_on(self, queue: str, messages: Sequence[Queued]) -> None:
        """Deliver messages on behalf of the platform: a broken way is tried again, and then they wait here."""
        for pause in PAUSES_SECONDS:
            try:
                await self._send(queue, messages)
            except JsException:
                await asyncio.sleep(pause)
            else:
                return
        await self._keep(queue, messages)

    async def _take(self, _target: Target, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Take what another session of this Worker sends that does not keep its state."""
        return answer_of(await self.send(*read_payload(payload)))

    # ---- waiting ------------------------------------------------------------------------------------------

    async def _keep(self, queue: str, messages: Sequence[Queued]) -> Metrics:
        owner = self._worker.owner_elsewhere() if messages else None
        if owner is not None:
            own = Target(self._worker.config.name, "entrypoint")
            return read_answer(await owner.deliver(own, Event(KIND, payload_of(queue, messages))))
        if messages and self._is_sole and queue in self._consumed:
            return await self._send(queue, messages)  # this session has just become the owner
        metrics = self.store.metrics(queue, self._clock.now())
        if messages:
            self.store.put(queue, messages)
            self._look_later()
        return metrics

    def _warn(self, queue: str) -> None:
        if queue in self._warned:
            return
        self._warned.add(queue)
        context.log(
            "warn",
            f'Nobody consumes the queue "{queue}", so its messages wait: no running Worker has it in queues.consumers.',
        )

    def _recover(self) -> None:
        """Nobody else has the file any more: what waits in it is for this host to deliver."""
        self._is_sole = True
        self.store.forget_older(self._clock.now())
        self._look()

    def _look_later(self) -> None:
        if self._is_sole and self._timer is None and self._looking is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._is_sole and self.store.queues(self._consumed):
            self._looking = asyncio.get_running_loop().create_task(self._deliver_all())
            self._looking.add_done_callback(self._looked)

    def _looked(self, task: asyncio.Task[None]) -> None:
        self._looking = None
        if not task.cancelled():
            if (problem := task.exception()) is not None:
                self._worker.report(problem)
            if self.store.queues(self._consumed):
                self._look_later()

    async def _deliver_all(self) -> None:
        """Deliver what waits for consumers that have come."""
        for queue in self.store.queues(self._consumed):
            while (consumer := self._router.consumer(queue)) and (messages := self.store.load(queue, CHUNK)):
                event = Event(KIND, payload_of(queue, messages))
                try:
                    answer = await self._router.channel(consumer).deliver(Target(consumer, "entrypoint"), event)
                except JsException:
                    break  # it has just left; they wait for the next one
                if answer is None:
                    break
                self.store.settle(queue, messages, ())

    # ---- Companion ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Nothing to do before the predecessor has gone."""

    def retire(self) -> None:
        """Leave what waits to the successor; what handlers that still run send goes on."""
        self.close()

    def reset(self) -> None:
        """Forget what waits and what was warned of."""
        sole = self._is_sole
        self.close()
        self._is_sole = sole
        self._warned.clear()
        self.store.forget()

    def close(self) -> None:
        """Deliver nothing more."""
        self._is_sole = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._looking is not None:
            self._looking.cancel()
