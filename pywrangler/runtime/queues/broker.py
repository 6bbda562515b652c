"""The broker of the queues that this Worker consumes: keeps their messages, delivers them in batches, sends again.

- A message is on disk (`store`) from before its sender hears that it was taken until it is acknowledged. What waits is
  in memory, too: it is read from disk once, when no predecessor runs any more. In a reload the successor is told.
- Batches of one queue run one after another, or as many at once as `max_concurrency` says.
- A message that is to be sent again goes to the end of its queue after its delay. One that was delivered `max_retries`
  times again is moved to the dead letter queue, with the same id and its attempts counted anew, or dropped.
- A handler that fails has all messages sent again that it has not decided about (production's rule).
- Time is the clock's, so tests can move it. A full batch needs no time to pass.

Source: spec/bindings.md, section 4.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from typing import TYPE_CHECKING, Any

import msgspec

from pywrangler.errors import CloneError
from pywrangler.runtime import context
from pywrangler.runtime.cancellation import interrupt
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.ports import Target
from pywrangler.runtime.queues.backlog import Backlog
from pywrangler.runtime.queues.batch import Message, MessageBatch, run_batch
from pywrangler.runtime.queues.messages import KIND, Metrics, answer_of, read_body, read_payload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pywrangler.config.model import QueueConsumer
    from pywrangler.runtime.clock import Clock, Timer
    from pywrangler.runtime.queues.messages import Queued
    from pywrangler.runtime.queues.outbox import Outbox
    from pywrangler.runtime.worker import WorkerRuntime

    OnBatch = Callable[[str, int, int, float], None]

LONGEST_WAIT_SECONDS = 60.0
"""Timers may run on a clock that stops while the machine sleeps: the wall clock is looked at this often."""
SURRENDER_SECONDS = 0.5
"""Before a retired host ends, messages of batches that still run are given to the successor."""


class _Consumer:
    """One queue."""

    def __init__(self, broker: QueueBroker, config: QueueConsumer) -> None:
        self._broker = broker
        self._config = config
        self._backlog = Backlog(config.max_batch_size, config.max_batch_timeout)
        self._concurrency = config.max_concurrency or 1
        self._ids: set[str] = set()
        """Of the messages that wait or are being delivered here."""
        self._timer: Timer | None = None
        self._timer_due = 0.0
        self._running: dict[asyncio.Task[None], Sequence[Queued]] = {}
        self._surrender: asyncio.TimerHandle | None = None

    # ---- waiting ------------------------------------------------------------------------------------------

    def add(self, messages: Sequence[Queued]) -> Metrics:
        """Take messages; returns what waited before. JavaScript Error, and nothing is taken, if they cannot be kept."""
        metrics = self._backlog.metrics(self._broker.clock.now())
        fresh = [message for message in messages if message.id not in self._ids]
        if fresh:
            self._broker.store.put(self._config.queue, fresh)
            self._enter(fresh)
        return metrics

    def recover(self) -> None:
        """Take what a host has left that ended before it could deliver or pass on."""
        left = [message for message in self._broker.store.load(self._config.queue) if message.id not in self._ids]
        self._enter(left)

    def _enter(self, messages: Sequence[Queued]) -> None:
        self._ids.update(message.id for message in messages)
        self._backlog.add(messages, self._broker.clock.now())
        self.pump()

    def pump(self) -> None:
        """Begin every batch that is due, and look again when the next one is."""
        if not self._broker.is_serving or self._broker.worker.is_ending:
            return
        now = self._broker.clock.now()
        while len(self._running) < self._concurrency:
            messages = self._backlog.take(now)
            if not messages:
                self._wait(now)
                return
            self._begin(messages, self._backlog.metrics(now))
        self._stop_waiting()  # the end of a batch looks again

    def _wait(self, now: float) -> None:
        due = self._backlog.next_due()
        if due is None:
            self._stop_waiting()
            return
        due = min(due, now + LONGEST_WAIT_SECONDS)
        if self._timer is not None and self._timer_due == due:
            return
        self._stop_waiting()
        self._timer_due = due
        self._timer = self._broker.clock.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.pump()

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ---- running ------------------------------------------------------------------------------------------

    def _begin(self, messages: Sequence[Queued], metrics: Metrics) -> None:
        loop = asyncio.get_running_loop()
        # In a context of its own: the batch is no part of the event that completed it.
        task: asyncio.Task[None] = loop.create_task(self._run(messages, metrics), context=contextvars.Context())
        worker = self._broker.worker
        self._running[task] = messages
        for tasks in (worker.pending, worker.driven):
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if task.cancelled():
            return
        problem = task.exception()
        if problem is not None:
            # Not user code's failure: a defect of ours, and no reason to stand still.
            details = {"message": "a batch of messages could not be delivered", "exception": problem}
            asyncio.get_running_loop().call_exception_handler(details)
        self.pump()

    async def _run(self, messages: Sequence[Queued], metrics: Metrics) -> None:
        broker, queue = self._broker, self._config.queue
        batch = _batch(queue, messages)
        read = {message.id for message in batch.values()}
        unreadable = [message for message in messages if message.id not in read]
        if not batch:
            self._settle(unreadable, ())
            return
        dead: Sequence[Queued] = ()
        began = time.perf_counter()
        failure = await run_batch(broker.worker, broker.target, MessageBatch.new(queue, list(batch), metrics))
        milliseconds = (time.perf_counter() - began) * 1000
        if failure is not None:
            broker.worker.report(failure)
        again = [(it, message.delay) for message, it in batch.items() if message.decision == "retry"]
        task = asyncio.current_task()
        assert task is not None
        is_ours = task in self._running  # else the successor has the messages, whatever was decided here
        if is_ours:
            self._running[task] = ()
            done = [it for message, it in batch.items() if message.decision != "retry"]
            dead = self._send_again(again, [*done, *unreadable])
        broker.on_batch(queue, len(batch) - len(again), len(batch), milliseconds)
        if is_ours:
            await self._leave(dead)

    def _settle(self, done: Sequence[Queued], again: Sequence[Queued]) -> None:
        self._ids.difference_update(message.id for message in done)
        self._broker.store.settle(self._config.queue, done, again)

    def _send_again(self, messages: Sequence[tuple[Queued, float | None]], done: Sequence[Queued] = ()) -> list[Queued]:
        """Put failed messages back, each with its delay if it has one; return those that failed too often.

        Those that are `done` are forgotten; without a dead letter queue so are those that failed too often.
        """
        config, now = self._config, self._broker.clock.now()
        dead: list[Queued] = []
        back: list[Queued] = []
        for message, delay in messages:
            if message.attempts > config.max_retries:
                self._tell_end(message)
                dead.append(message)
                continue
            seconds = config.retry_delay if delay is None else delay
            due = now + seconds if seconds > 0 else 0.0
            back.append(msgspec.structs.replace(message, attempts=message.attempts + 1, due=due))
        self._settle([*done, *(dead if config.dead_letter_queue is None else ())], back)
        self._backlog.add(back, now)
        return dead

    def _tell_end(self, message: Queued) -> None:
        count, grave = message.attempts, self._config.dead_letter_queue
        about = f'message "{message.id}" on queue "{self._config.queue}"'
        after = f"after {count} failed attempt{'s' if count > 1 else ''}"
        if grave is None:
            context.log("warn", f"Dropped {about} {after}!")
        else:
            context.log("warn", f'Moving {about} to dead letter queue "{grave}" {after}...')

    async def _leave(self, dead: Sequence[Queued]) -> None:
        """Send what leaves this host: to the successor, and to the dead letter queue."""
        config = self._config
        if self._broker.is_retired:
            # They stay on disk: the file is the successor's, too.
            await self._broker.pass_on(config.queue, self._backlog.take_all(self._broker.clock.now()))
        if dead and config.dead_letter_queue is not None:
            anew = [msgspec.structs.replace(message, attempts=1, due=0.0) for message in dead]
            self._ids.difference_update(message.id for message in dead)
            await self._broker.pass_on(config.dead_letter_queue, anew)
            if config.dead_letter_queue != config.queue:
                self._broker.store.settle(config.queue, dead, ())

    # ---- leaving ------------------------------------------------------------------------------------------

    def retire(self) -> None:
        """Give what waits to the successor now, and what still runs shortly before this host ends."""
        self._stop_waiting()
        self._broker.worker.wait_until(asyncio.ensure_future(self._leave(())))
        leaves_at = self._broker.worker.leaves_at
        if self._running and leaves_at is not None:
            loop = asyncio.get_running_loop()
            self._surrender = loop.call_at(leaves_at - SURRENDER_SECONDS, self._give_up)

    def _give_up(self) -> None:
        unfinished = [(message, None) for messages in self._running.values() for message in messages]
        self._running.clear()
        dead = self._send_again(unfinished)
        self._broker.worker.wait_until(asyncio.ensure_future(self._leave(dead)))

    def close(self) -> None:
        """End at once."""
        self._stop_waiting()
        if self._surrender is not None:
            self._surrender.cancel()
        for task in self._running:
            task.remove_done_callback(self._ended)
            interrupt(task)
        self._running.clear()


def _batch(queue: str, messages: Sequence[Queued]) -> dict[Message, Queued]:
    """Return the messages as user code gets them; one that cannot be read is told of and left out."""
    readable: dict[Message, Queued] = {}
    for it in messages:
        try:
            body = read_body(it)
        except (CloneError, JsException) as problem:
            context.log("error", f'Dropped message "{it.id}" on queue "{queue}": its body cannot be read: {problem}')
            continue
        readable[Message.new(it.id, it.milliseconds, body, it.attempts)] = it
    return readable


class QueueBroker:
    """All queues that the Worker consumes; a companion of it.

    `on_batch(queue, acknowledged, total, milliseconds)` hears of every delivery.
    """

    def __init__(self, worker: WorkerRuntime, outbox: Outbox, clock: Clock, on_batch: OnBatch) -> None:
        self.worker = worker
        self.clock = clock
        self.on_batch = on_batch
        self.target = Target(worker.config.name, "entrypoint")
        self.is_serving = False
        self.is_retired = False
        self.store = outbox.store
        self._outbox = outbox
        self._consumers = self._fresh()
        worker.companions.append(self)
        worker.when_sole.append(self._recover)
        worker.take(KIND, self._take)

    def _fresh(self) -> dict[str, _Consumer]:
        return {config.queue: _Consumer(self, config) for config in self.worker.config.queue_consumers}

    async def _take(self, _target: Target, payload: Mapping[str, Any]) -> dict[str, Any]:
        queue, messages = read_payload(payload)
        consumer = self._consumers.get(queue)
        if consumer is None or self.is_retired:
            # Sent to an earlier version of this Worker, or for the next one.
            return answer_of(await self._outbox.send(queue, messages))
        return answer_of(consumer.add(messages))

    async def pass_on(self, queue: str, messages: Sequence[Queued]) -> None:
        """Deliver messages to whoever consumes a queue: a dead letter queue, or this one in the successor."""
        if messages:
            await self._outbox.pass_on(queue, messages)

    def _recover(self) -> None:
        for consumer in self._consumers.values():
            consumer.recover()

    # ---- Companion ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Deliver what came so far."""
        self.is_serving = True
        for consumer in self._consumers.values():
            consumer.pump()

    def retire(self) -> None:
        """Give what waits to the successor; batches that run may end."""
        self.is_serving = False
        self.is_retired = True
        for consumer in self._consumers.values():
            consumer.retire()

    def reset(self) -> None:
        """Forget every message."""
        self.close()
        self._consumers = self._fresh()

    def close(self) -> None:
        """End at once; what waits is on disk."""
        for consumer in self._consumers.values():
            consumer.close()
