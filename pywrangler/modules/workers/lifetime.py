"""Work that outlives a handler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context

if TYPE_CHECKING:
    from collections.abc import Awaitable


def wait_until(awaitable: Awaitable[Any]) -> None:
    """Let `awaitable` go on after the response of the running event; RuntimeError outside of an event."""
    event = context.current()
    if event is None:
        raise RuntimeError("wait_until() works while an event is handled only")
    event.ctx.waitUntil(awaitable)
