"""A Worker with tail consumers: `WorkerRuntime` whose invocations leave traces (see `traces.invocations`)."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.stream_controller import ControlledSource
from pywrangler.runtime.js.stream_sources import IteratorSource
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.traces.invocations import Trace, current, record
from pywrangler.runtime.worker import WorkerRuntime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.runtime.clock import Clock


class TracedWorker(WorkerRuntime):
    """Sends a trace of every invocation to each Worker in `tail_consumers`; one that does not run gets none."""

    clock: Clock

    def trace_to_consumers(self, clock: Clock) -> None:
        """Begin to record; `clock` gives the times in traces."""
        self.clock = clock
        context.set_recorder(record)

    def begin_trace(self, event: dict[str, Any], entrypoint: str, object_id: str = "") -> Trace:
        """Return the trace of an invocation that begins now."""
        about: dict[str, Any] = {
            "scriptName": self.config.name,
            "executionModel": "durableObject" if object_id else "stateless",
        }
        if entrypoint != "default":
            about["entrypoint"] = entrypoint
        if object_id:
            about["durableObjectId"] = object_id
        return Trace(event, about, self.face, self.clock, self._send)

    def _send(self, item: dict[str, Any]) -> None:
        assert self.router is not None
        for name in self.config.tail_consumers:
            if name == self.config.name and "consumedEvents" in item["event"]:
                continue  # a Worker that tails itself would never come to an end
            target = Target(name, "entrypoint")
            self._pass_on(self.router.channel(name).deliver(target, Event("tail", {"events": [item]})))

    def _pass_on(self, delivery: Any) -> None:
        future = asyncio.ensure_future(delivery)
        self.pending.add(future)
        future.add_done_callback(self._passed_on)

    def _passed_on(self, future: asyncio.Future[Any]) -> None:
        """Forget a delivery; the consumer has reported what went wrong there."""
        self.pending.discard(future)
        if not future.cancelled():
            future.exception()

    # ---- invocations --------------------------------------------------------------------------------------

    async def fetch_entrypoint(self, target: Target, request: Any) -> Any:
        """Run a fetch handler."""
        trace = self.begin_trace(fetch_event(request), target.name)
        try:
            with trace.active():
                response = await super().fetch_entrypoint(target, request)
                keep_scope(response)
        except BaseException as problem:
            trace.fail(problem)
            raise
        trace.answered(response)
        return response

    async def _call_entrypoint(self, target: Target, path: Sequence[str], arguments: Sequence[Any]) -> Any:
        trace = self.begin_trace({"rpcMethod": ".".join(path)}, target.name)
        try:
            with trace.active():
                return await super()._call_entrypoint(target, path, arguments)
        finally:
            trace.end()

    async def handle(self, target: Target, kind: str, arguments: Sequence[Any], *more: Any, **named: Any) -> Any:
        """Run the handler of another event."""
        trace = self.begin_trace(handler_event(kind, arguments), target.name)
        try:
            with trace.active():
                result = await super().handle(target, kind, arguments, *more, **named)
        except BaseException as problem:
            trace.fail(problem)
            raise
        trace.end()
        return result

    def wait_until(self, future: asyncio.Future[Any]) -> None:
        """Let `future` go on after its handler."""
        trace = current()
        if trace is not None:
            trace.hold(future)
        super().wait_until(future)


class _Scoped:
    """A stream's source that reads another stream, as part of the invocation which that one belongs to."""

    __slots__ = ("_scope", "_stream")

    def __init__(self, stream: ReadableStream) -> None:
        self._stream = stream
        self._scope = contextvars.copy_context()

    async def pull(self) -> Any:
        """Return the next chunk."""
        return await asyncio.get_running_loop().create_task(self._stream.take(), context=self._scope.copy())

    def cancel(self, reason: Any) -> Any:
        """Cancel the other stream."""
        return self._scope.copy().run(self._stream.stop, reason)


def keep_scope(response: Any) -> None:
    """Let what user code does while its body is read belong to the invocation that is running."""
    body = response._body
    if isinstance(body, ReadableStream) and isinstance(body._source, ControlledSource | IteratorSource):
        response._body = ReadableStream.from_source(_Scoped(body), body.known_length)


def fetch_event(request: Any) -> dict[str, Any]:
    """Return what a trace says of a request; nothing is redacted yet."""
    headers: dict[str, str] = {}
    for name, value in request.pairs():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    shown: dict[str, Any] = {"url": request.url, "method": request.method, "headers": dict(sorted(headers.items()))}
    cf = request.cf
    if cf is not None:
        shown["cf"] = cf.to_py()
    return {"request": shown}


def handler_event(kind: str, arguments: Sequence[Any]) -> dict[str, Any]:
    """Return what a trace says of an event that a handler other than `fetch` is given."""
    if kind == "scheduled":
        return {"cron": arguments[0].cron, "scheduledTime": arguments[0].scheduledTime}
    if kind == "queue":
        return {"queue": arguments[0].queue, "batchSize": len(arguments[0].messages)}
    if kind == "email":
        message = arguments[0]
        return {"mailFrom": message.from_, "rcptTo": message.to, "rawSize": message.rawSize}
    if kind in ("tail", "trace"):
        return {"consumedEvents": [{"scriptName": item.scriptName} for item in arguments[0]]}
    return {}
