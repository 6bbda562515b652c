"""Handlers that another Worker runs through a service binding: `scheduled` and `queue`.

The caller learns the outcome only. What the handler raised is reported where it ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.execution import ScheduledController
from pywrangler.runtime.ports import Event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.runtime.ports import Target
    from pywrangler.runtime.queues.batch import MessageBatch
    from pywrangler.runtime.queues.messages import Queued
    from pywrangler.runtime.worker import WorkerRuntime

KIND = "invoke"


def scheduled_event(cron: str, milliseconds: float) -> Event:
    """Return the event that runs a `scheduled` handler."""
    return Event(KIND, {"cron": cron, "time": milliseconds})


def queue_event(queue: str, messages: Sequence[Queued]) -> Event:
    """Return the event that runs a `queue` handler on one batch, whoever consumes the queue."""
    from pywrangler.runtime.queues.messages import payload_of

    return Event(KIND, payload_of(queue, messages))


async def run(worker: WorkerRuntime, target: Target, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Run the handler that an event asks for; returns what its caller is told."""
    if "cron" in payload:
        return await _run_scheduled(worker, target, str(payload["cron"]), float(payload["time"]))
    return await _run_queue(worker, target, payload)


async def _run_scheduled(worker: WorkerRuntime, target: Target, cron: str, milliseconds: float) -> dict[str, Any]:
    controller = ScheduledController.new(cron, int(milliseconds) if milliseconds.is_integer() else milliseconds)
    outcome = "ok"
    try:
        await worker.handle(target, "scheduled", (controller,))
    except Exception as problem:
        worker.report(problem)
        outcome = "exception"
    return {"outcome": outcome, "noRetry": controller.no_retry}


async def _run_queue(worker: WorkerRuntime, target: Target, payload: Mapping[str, Any]) -> dict[str, Any]:
    from pywrangler.runtime.queues.batch import Message, MessageBatch, run_batch
    from pywrangler.runtime.queues.messages import read_body, read_payload

    queue, messages = read_payload(payload)
    batch: MessageBatch = MessageBatch.new(
        queue, [Message.new(it.id, it.milliseconds, read_body(it), it.attempts) for it in messages]
    )
    failure = await run_batch(worker, target, batch)
    if failure is not None:
        worker.report(failure)
    return {"outcome": "ok" if failure is None else "exception", **batch.decisions()}
