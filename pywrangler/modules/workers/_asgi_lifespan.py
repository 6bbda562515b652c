"""The lifespan of an ASGI application: started before a request and shut down after it.

https://asgi.readthedocs.io/en/latest/specs/lifespan.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.user_code import runs_user_code
from workers._asgi_scope import ASGI
from workers._background import logger, run_in_background

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workers._asgi_request import Application, Message


async def start_application(app: Application) -> tuple[Callable[[], Awaitable[None]], dict[str, Any]]:
    """Start an application; returns how to shut it down, and its state.

    RuntimeError if it says that it cannot start; shutting it down raises one if it says that this failed. One that
    knows no lifespan is left alone.
    """
    lifespan = Lifespan(app)
    await lifespan.start()
    return lifespan.shutdown, lifespan.state


class Lifespan:
    """One start and one shutdown."""

    def __init__(self, app: Application) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._inbound: asyncio.Queue[Message] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self._started: asyncio.Future[bool] = loop.create_future()
        self._stopped: asyncio.Future[None] = loop.create_future()

    async def start(self) -> None:
        """Start the application and wait for its answer."""
        self._inbound.put_nowait({"type": "lifespan.startup"})
        run_in_background(self._run())
        await self._started

    async def shutdown(self) -> None:
        """Shut the application down and wait until it has answered."""
        if self._started.done() and not self._started.result():
            return
        self._inbound.put_nowait({"type": "lifespan.shutdown"})
        await self._stopped

    @runs_user_code
    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": ASGI, "state": self.state}
        try:
            await self._app(scope, self._inbound.get, self._send)
        except Exception as problem:
            if not self._started.done():
                # The specification: an exception says that the application has no lifespan.
                logger.debug("ASGI application raised before its startup: taken as without lifespan", exc_info=problem)
            else:
                logger.exception("Exception in ASGI lifespan application")
        finally:
            # An application that ended without an answer gives none any more.
            if not self._started.done():
                self._started.set_result(False)
            elif not self._stopped.done():
                self._stopped.set_result(None)

    async def _send(self, message: Message) -> None:
        phase, _, outcome = message["type"].removeprefix("lifespan.").partition(".")
        if outcome not in ("complete", "failed") or phase not in ("startup", "shutdown"):
            raise RuntimeError(f"Unexpected lifespan event {message['type']}")
        answer: asyncio.Future[Any] = self._started if phase == "startup" else self._stopped
        if answer.done():
            return
        if outcome == "complete":
            answer.set_result(True)
        else:
            answer.set_exception(RuntimeError(message.get("message") or f"ASGI lifespan {phase} failed"))
