"""A Worker with queues that it consumes, without processes: a clock that tests move, other Workers that take notes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.config.model import Compat, QueueConsumer, WorkerConfig
from pywrangler.runtime.channels.local import failed
from pywrangler.runtime.channels.router import ChannelRouter
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.queues.broker import QueueBroker
from pywrangler.runtime.queues.messages import Metrics, Queued, read_payload
from pywrangler.runtime.queues.outbox import Outbox
from pywrangler.runtime.queues.store import TABLES, MessageStore
from pywrangler.runtime.worker import WorkerRuntime
from tests.runtime.harness import ManualClock, PlainFace, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.ports import Event, Target


class Memory:
    """A database that is nowhere on disk; it outlives the Worker that uses it."""

    path = Path("/")

    def __init__(self) -> None:
        self.connection = apsw.Connection(":memory:")
        for table in TABLES:
            self.connection.execute(table)


class Elsewhere:
    """The channel to other Workers: takes down what is delivered; `broken` deliveries fail first."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, list[Queued]]] = []
        self.broken = 0
        self.delivered = asyncio.Event()

    def deliver(self, target: Target, event: Event) -> Any:
        if self.broken:
            self.broken -= 1
            return failed(error("Network connection lost."))
        self.taken.append((target.worker, *read_payload(event.payload)))
        self.delivered.set()
        future = asyncio.get_running_loop().create_future()
        future.set_result({"waiting": 0, "size": 0, "oldest": None})
        return future


class FakeRouter(ChannelRouter):
    """Leads to `elsewhere` for other Workers, and for the own one once it is retired."""

    def __init__(self, worker: WorkerRuntime, queues: set[str], others: dict[str, str]) -> None:
        super().__init__("tested", worker, Path("/nowhere"), lambda *_told: None, queues=queues)
        self.elsewhere = Elsewhere()
        self.others = others

    def consumer(self, queue: str) -> str | None:
        return self.others.get(queue) or super().consumer(queue)

    def channel(self, worker: str) -> Any:
        return self.elsewhere if worker != "tested" or self._is_retired else super().channel(worker)


class World:
    """A Worker with consumers, and what happens to its messages."""

    def __init__(
        self, handler: Callable[[Any], Any], *consumers: QueueConsumer, store: Memory | None = None, **others: str
    ) -> None:
        self.clock = ManualClock()
        self.batches: list[list[Any]] = []
        self.reported: list[BaseException] = []
        self.lines: list[tuple[str, int, int]] = []
        world = self

        class Default:
            def __init__(self, ctx: Any, env: Any) -> None:
                pass

            async def queue(self, batch: Any, env: Any, ctx: Any) -> None:
                world.batches.append([(message.body, message.attempts) for message in batch.messages])
                result = handler(batch)
                if result is not None:
                    await result

        config = WorkerConfig(
            "tested", Path("/nowhere/wrangler.jsonc"), None, Compat("2026-06-10"), queue_consumers=consumers
        )
        self.worker = WorkerRuntime(
            config,
            Exports(entrypoints={"default": Default}),
            PlainFace(),
            lambda: None,  # type: ignore[arg-type, return-value]
            report=self.reported.append,
        )
        self.worker.env = to_js_value({})
        self.router = FakeRouter(self.worker, {consumer.queue for consumer in consumers}, others)
        self.store = MessageStore(store or Memory())
        self.outbox = Outbox.of(self.worker, self.router, self.clock, lambda: self.store)
        self.broker = QueueBroker(
            self.worker,
            self.outbox,
            self.clock,
            lambda queue, acked, total, _ms: self.lines.append((queue, acked, total)),
        )

    async def send(self, *bodies: str, queue: str = "q", delay: float = 0.0) -> Metrics:
        due = self.clock.now() + delay if delay else 0.0
        messages = [Queued(body, self.clock.now() * 1000, "text", body.encode(), due=due) for body in bodies]
        metrics = await self.outbox.send(queue, messages)
        await settle()
        return metrics

    @property
    def got(self) -> list[str]:
        """The batches, each in one text: body and number of the attempt."""
        return [" ".join(f"{body}{attempts}" for body, attempts in batch) for batch in self.batches]

    def started(self) -> World:
        self.broker.begin()
        for callback in self.worker.when_sole:
            callback()
        return self

    def stored(self, queue: str = "q") -> str:
        """What is on disk: bodies with attempts."""
        return " ".join(f"{message.body.decode()}{message.attempts}" for message in self.store.load(queue))

    @property
    def passed_on(self) -> list[tuple[str, str, str]]:
        """What left for other hosts: Worker, queue, and bodies with attempts."""
        return [
            (worker, queue, " ".join(f"{message.body.decode()}{message.attempts}" for message in messages))
            for worker, queue, messages in self.router.elsewhere.taken
        ]


def fine(_batch: Any) -> None:
    pass


def fail(_batch: Any) -> None:
    raise ValueError("boom")
