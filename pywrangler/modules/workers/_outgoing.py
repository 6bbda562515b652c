"""What the bridges to ASGI and WSGI share: a streamed response body, and work that outlives its response."""

from __future__ import annotations

import asyncio
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.proxy import jsnull

_running: set[asyncio.Future[Any]] = set()


class BodySource:
    """Chunks on their way from an application to whoever reads the response; one waits at a time."""

    def __init__(self) -> None:
        self.is_open = True
        """Whether somebody may still read."""
        self._chunk: bytes | None = None
        self._is_finished = False
        self._readable = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    async def put(self, data: bytes) -> None:
        """Hand over a chunk; waits while the one before it was not taken. Dropped once nobody reads any more."""
        while self.is_open and data:
            await self._writable.wait()
            if self._chunk is None:
                self._chunk = data
                self._writable.clear()
                self._readable.set()
                return

    def finish(self) -> None:
        """Say that no more chunks come."""
        self._is_finished = True
        self._readable.set()

    async def pull(self) -> bytes | None:
        """Return the next chunk, None at the end."""
        while True:
            if self._chunk is not None:
                data, self._chunk = self._chunk, None
                self._writable.set()
                return data
            if self._is_finished or not self.is_open:
                return None
            self._readable.clear()
            await self._readable.wait()

    def cancel(self, reason: Any) -> None:  # noqa: ARG002 - the platform's signature
        """Nobody reads any more."""
        self.is_open = False
        self._chunk = None
        self._writable.set()
        self._readable.set()


def outlive(task: asyncio.Future[Any], ctx: Any) -> None:
    """Let `task` go on after the response: by `ctx.waitUntil`, or that of the running event."""
    owner = getattr(ctx, "js_object", ctx)
    if owner is None or owner is jsnull:
        event = context.current()
        owner = event.ctx if event is not None else None
    if owner is not None:
        owner.waitUntil(task)
        return
    _running.add(task)
    task.add_done_callback(_running.discard)
