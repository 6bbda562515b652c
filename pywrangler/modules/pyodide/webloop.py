"""`pyodide.webloop`: names of Pyodide's event loop; here the loop is asyncio's own."""

from __future__ import annotations

import asyncio

__all__ = ["PyodideFuture", "PyodideTask", "WebLoop", "WebLoopPolicy"]

WebLoop = asyncio.AbstractEventLoop
PyodideFuture = asyncio.Future
PyodideTask = asyncio.Task


class WebLoopPolicy(asyncio.DefaultEventLoopPolicy):
    """The policy of the platform."""
