"""Consumers of queues in a config; producers are bindings like others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.config.model import QueueConsumer

if TYPE_CHECKING:
    from pywrangler.config.diagnostics import Node


def read_consumers(node: Node) -> tuple[QueueConsumer, ...]:
    """Read `queues.consumers`; missing numbers are the local defaults."""
    consumers = []
    seen: set[str] = set()
    for item in node.objects():
        item.known((
            "queue", "type", "max_batch_size", "max_batch_timeout", "max_retries", "dead_letter_queue",
            "max_concurrency", "retry_delay", "visibility_timeout_ms",
        ))  # fmt: skip
        queue = item.text("queue", required=True)
        item.choice("type", ("worker",))
        most = item.whole("max_concurrency", 1, 250)
        item.number("visibility_timeout_ms")
        numbers = {
            "max_batch_size": item.whole("max_batch_size", 1, 100),
            "max_batch_timeout": item.number("max_batch_timeout", 0, 60),
            "max_retries": item.whole("max_retries", 0, 100),
            "retry_delay": item.number("retry_delay", 0, 86400),
        }
        dead_letter_queue = item.text("dead_letter_queue") or None
        if queue is None:
            continue
        if queue in seen:
            item.child("queue").error("duplicate-consumer", f'The queue "{queue}" has two consumers here.')
            continue
        seen.add(queue)
        given: dict[str, Any] = {key: number for key, number in numbers.items() if number is not None}
        consumers.append(QueueConsumer(queue, dead_letter_queue=dead_letter_queue, max_concurrency=most, **given))
    return tuple(consumers)
