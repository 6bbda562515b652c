"""`pyodide.webloop`: names of Pyodide's event loop; here the loop is asyncio's own, and only tasks have `then`."""

from __future__ import annotations

import asyncio

from pywrangler.runtime.futures import PyodideFuture, PyodideTask

__all__ = ["PyodideFuture", "PyodideTask", "WebLoop", "WebLoopPolicy"]

WebLoop = asyncio.AbstractEventLoop


class WebLoopPolicy(asyncio.DefaultEventLoopPolicy):
    """The policy of the platform."""
