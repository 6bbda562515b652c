"""A Durable Object host without processes: user classes, a temporary state directory, a clock that the test moves."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

from pywrangler.config.model import Compat, DurableObjectClass, WorkerConfig
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.objects import ObjectHost
from pywrangler.runtime.ports import Target
from pywrangler.runtime.worker import WorkerRuntime

ID = "ab" * 32


class ManualClock:
    """Time stands still until `advance`."""

    def __init__(self) -> None:
        self.time = 1_000_000.0
        self._timers: list[list[Any]] = []

    def now(self) -> float:
        return self.time

    def call_at(self, when: float, callback: Any) -> Any:
        entry = [when, callback, True]
        self._timers.append(entry)

        class Timer:
            def cancel(self) -> None:
                entry[2] = False

        return Timer()

    async def advance(self, seconds: float) -> None:
        until = self.time + seconds
        while True:
            due = sorted(
                (timer for timer in self._timers if timer[2] and timer[0] <= until), key=lambda timer: timer[0]
            )
            if not due:
                break
            timer = due[0]
            self._timers.remove(timer)
            self.time = max(self.time, timer[0])
            timer[1]()
            await settle()
        self.time = until
        await settle()


async def settle() -> None:
    """Let everything that is ready run."""
    for _ in range(20):
        await asyncio.sleep(0)


class PlainFace:
    """User code sees what the runtime has."""

    def request(self, request: Any) -> Any:
        return request

    def response(self, result: Any) -> Any:
        return result

    def call(self, method: Any, arguments: Any, *, relaxed: bool) -> Any:
        if relaxed:
            count = len(inspect.signature(method).parameters)
            return method(*arguments[:count])
        return method(*arguments)

    def error_text(self, error: BaseException) -> str:
        return f"{type(error).__name__}: {error}"


class Objects:
    """The host of some classes; `call` delivers RPC events."""

    def __init__(self, root: Path, *classes: type, compat: Compat | None = None) -> None:
        self.clock = ManualClock()
        self.reports: list[BaseException] = []
        self.notices: list[Any] = []
        config = WorkerConfig(
            name="tested",
            config_path=root / "wrangler.jsonc",
            main=root / "entry.py",
            compat=compat or Compat("2026-06-10"),
            durable_object_classes=tuple(DurableObjectClass(item.__name__, sqlite=True) for item in classes),
        )
        exports = Exports(objects={item.__name__: item for item in classes})
        host = ObjectHost(
            config,
            exports,
            PlainFace(),
            state_root=root / "state" / "v3",
            clock=self.clock,
            notice=self.notices.append,
            report=self.reports.append,
        )
        self.worker = WorkerRuntime(config, exports, PlainFace(), lambda: host, report=self.reports.append)
        self.worker.env = to_js_value({})
        self.host = self.worker.objects

    def call(self, class_name: str, method: str, *arguments: Any, object_id: str = ID) -> asyncio.Future[Any]:
        return self.host.call(Target("tested", "object", class_name, object_id), (method,), arguments)

    def actor(self, class_name: str, object_id: str = ID) -> Any:
        return self.host.actors.get((class_name, object_id))
