"""Work beside a request, for the bridge to ASGI."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from workers._reports import reporting

if TYPE_CHECKING:
    from collections.abc import Awaitable

logger = reporting("asgi")

background_tasks: set[asyncio.Future[Any]] = set()


def run_in_background(coro: Awaitable[Any]) -> asyncio.Future[Any]:
    """Let work go on by itself; its failure is logged."""
    future = asyncio.ensure_future(coro)
    background_tasks.add(future)
    future.add_done_callback(_ended)
    return future


def _ended(future: asyncio.Future[Any]) -> None:
    background_tasks.discard(future)
    problem = None if future.cancelled() else future.exception()
    if problem is not None:
        logger.error("Unhandled exception in background task", exc_info=problem)


async def close_stream_quietly(writer: Any) -> None:
    """Close a writer of a stream; what goes wrong is a message for debugging only."""
    try:
        await writer.close()
    except Exception:
        logger.debug("Closing the response stream failed", exc_info=True)
