"""Pyodide's event loop."""

import asyncio

WebLoop = asyncio.AbstractEventLoop
PyodideFuture = asyncio.Future
PyodideTask = asyncio.Task

class WebLoopPolicy(asyncio.DefaultEventLoopPolicy):  # pyright: ignore[reportDeprecated]
    """The policy of the platform."""
