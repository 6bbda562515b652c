"""`ctx` of a stateless entrypoint, and the controller of scheduled events, as raw JavaScript sees them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.proxy import JsProxy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pywrangler.runtime.worker import WorkerRuntime


class ExecutionContext(JsProxy):
    """One invocation (spec/workers-module.md, section 6)."""

    __slots__ = ("_all_waited", "_props", "_waited", "_worker")

    def __init__(
        self, worker: WorkerRuntime, props: Mapping[str, Any], waited: list[asyncio.Future[Any]] | None = None
    ) -> None:
        self._worker = worker
        self._props = props
        self._all_waited = waited
        self._waited: set[asyncio.Future[Any]] = set()

    @property
    def props(self) -> Any:
        """The properties that the service binding of the caller carries."""
        return self._worker.to_js(dict(self._props))

    @property
    def exports(self) -> Any:
        """Loopback bindings for everything this Worker exports."""
        return self._worker.loopbacks()

    def waitUntil(self, awaitable: Any) -> None:
        """Let `awaitable` go on after the response; its failure is logged."""
        future = asyncio.ensure_future(awaitable)
        self._worker.wait_until(future)
        if not future.done():
            self._waited.add(future)
            future.add_done_callback(self._waited.discard)
        if self._all_waited is not None:
            self._all_waited.append(future)

    def passThroughOnException(self) -> None:
        """There is no origin behind a local Worker, so an error stays an error."""

    def abort(self, reason: Any = None) -> None:
        """Fail this invocation with `reason`."""
        raise error("The execution context was aborted." if reason is None else str(reason))


class ScheduledController(JsProxy):
    """What a `scheduled` handler gets: `cron`, `scheduledTime` in milliseconds, `noRetry()`."""

    __slots__ = ("cron", "no_retry", "scheduledTime")

    type = "scheduled"

    def __init__(self, cron: str, scheduled_time: float) -> None:
        self.cron = cron
        self.scheduledTime = scheduled_time
        self.no_retry = False

    def noRetry(self) -> None:
        """Ask not to be run again after a failure."""
        self.no_retry = True
