"""Tests of Workers with pytest: real Workers, fresh data for each test, a clock and a network that the test holds.

The fixtures come with the plugin, which pytest finds by itself (docs/testing.md). This module has what tests import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pywrangler.testing.asynchronous import AsyncWorkers
    from pywrangler.testing.clock import Clock
    from pywrangler.testing.databases import Database
    from pywrangler.testing.failures import RemoteError, WorkerLostError
    from pywrangler.testing.objects import (
        list_durable_object_ids,
        run_durable_object_alarm,
        run_in_durable_object,
    )
    from pywrangler.testing.outbound import Outbound, OutboundRequest, answer
    from pywrangler.testing.websocket import NotUpgradedError, SocketClosedError
    from pywrangler.testing.workers import QueueMessage, Response, Worker, Workers

_HOMES = {
    "AsyncWorkers": "asynchronous",
    "Clock": "clock",
    "Database": "databases",
    "NotUpgradedError": "websocket",
    "Outbound": "outbound",
    "OutboundRequest": "outbound",
    "QueueMessage": "workers",
    "RemoteError": "failures",
    "Response": "workers",
    "SocketClosedError": "websocket",
    "Worker": "workers",
    "WorkerLostError": "failures",
    "Workers": "workers",
    "answer": "outbound",
    "list_durable_object_ids": "objects",
    "run_durable_object_alarm": "objects",
    "run_in_durable_object": "objects",
}

__all__ = [
    "AsyncWorkers",
    "Clock",
    "Database",
    "NotUpgradedError",
    "Outbound",
    "OutboundRequest",
    "QueueMessage",
    "RemoteError",
    "Response",
    "SocketClosedError",
    "Worker",
    "WorkerLostError",
    "Workers",
    "answer",
    "list_durable_object_ids",
    "run_durable_object_alarm",
    "run_in_durable_object",
]


def __getattr__(name: str) -> Any:
    # Late: the plugin is loaded by every test run, also by those without Workers.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
