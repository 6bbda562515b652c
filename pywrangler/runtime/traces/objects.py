"""Durable Objects of a Worker with tail consumers: each event of one leaves a trace (see `traces.invocations`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.actor import Actor
from pywrangler.runtime.alarms import AlarmOutcome
from pywrangler.runtime.objects import ObjectHost
from pywrangler.runtime.traces.invocations import OK, Trace, current
from pywrangler.runtime.traces.worker import fetch_event, keep_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pywrangler.runtime.alarms import AlarmInfo
    from pywrangler.runtime.objects import Key
    from pywrangler.runtime.ports import Target


class TracedActor(Actor):
    """An object whose alarms are traced, and whose traces go on while `waitUntil` does."""

    __slots__ = ()

    def wait_until(self, awaitable: Awaitable[Any]) -> None:
        """Keep the object alive until `awaitable` is done."""
        task = asyncio.ensure_future(awaitable)
        trace = current()
        if trace is not None:
            trace.hold(task)
        super().wait_until(task)

    def run_alarm(
        self, info: AlarmInfo, *, now: float | None = None, report: Callable[[BaseException], None] | None = None
    ) -> asyncio.Future[Any]:
        """Deliver the alarm if it is due."""
        event = {"scheduledTime": info.scheduled_ms}
        trace = self.host.worker.begin_trace(event, self.class_name, self.object_id)
        problems: list[BaseException] = []

        def noted(problem: BaseException) -> None:
            problems.append(problem)
            (report or self.host.report)(problem)

        def done(future: asyncio.Future[Any]) -> None:
            failure = asyncio.CancelledError() if future.cancelled() else future.exception()
            if failure is not None or problems:
                trace.fail(failure or problems[0])
            elif future.result() is not AlarmOutcome.STALE:
                trace.end(OK)

        with trace.active():
            future = super().run_alarm(info, now=now, report=noted)
        future.add_done_callback(done)
        return future


class TracedObjectHost(ObjectHost):
    """The objects."""

    actor_class = TracedActor

    def _trace(self, event: dict[str, Any], class_name: str, object_id: str) -> Trace:
        trace: Trace = self.worker.begin_trace(event, class_name, object_id)
        return trace

    def fetch(self, target: Target, request: Any) -> asyncio.Future[Any]:
        """Deliver a fetch event."""
        trace = self._trace(fetch_event(request), target.name, target.object_id)
        with trace.active():
            future = super().fetch(target, request)
        trace.follow(future)
        return future

    async def _fetch(self, instance: Any, request: Any) -> Any:
        response = await super()._fetch(instance, request)
        keep_scope(response)
        return response

    def call(self, target: Target, path: Sequence[str], arguments: Sequence[Any]) -> asyncio.Future[Any]:
        """Deliver an RPC call."""
        trace = self._trace({"rpcMethod": ".".join(path)}, target.name, target.object_id)
        with trace.active():
            future = super().call(target, path, arguments)
        trace.follow(future, is_rpc=True)
        return future

    def _deliver_socket_event(
        self, key: Key, socket: Any, kind: str, arguments: Sequence[Any]
    ) -> asyncio.Future[Any] | None:
        event: dict[str, Any] = {"webSocketEventType": kind}
        if kind == "close":
            event |= {"code": arguments[0], "wasClean": arguments[2]}
        trace = self._trace({"getWebSocketEvent": event}, *key)
        with trace.active():
            future = super()._deliver_socket_event(key, socket, kind, arguments)
        if future is not None:
            trace.follow(future)
        return future
