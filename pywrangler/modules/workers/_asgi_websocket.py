"""A WebSocket as an ASGI application sees it (contract: spec/websocket.md, section 6).

The platform answers 101 before the application is asked, so a handshake cannot be refused and sub-protocols that the
application chooses are not sent. A socket that the application leaves open when it ends is closed: with 1000, or with
1011 if it failed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.user_code import runs_user_code
from pywrangler.runtime.websockets import WebSocketPair
from workers._reports import reporting

if TYPE_CHECKING:
    from collections.abc import Coroutine, MutableMapping

logger = reporting("asgi")


def accept(app: Any, scope: dict[str, Any]) -> tuple[JsResponse, Coroutine[Any, Any, None]]:
    """Return the 101 response, and the conversation with the application, to be run."""
    client, server = WebSocketPair.new()
    server.binaryType = "arraybuffer"
    events: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    events.put_nowait({"type": "websocket.connect"})

    def on_message(event: Any) -> None:
        data = event.data
        field = "text" if isinstance(data, str) else "bytes"
        events.put_nowait({"type": "websocket.receive", field: data if field == "text" else data.to_bytes()})

    def on_close(event: Any) -> None:
        events.put_nowait({"type": "websocket.disconnect", "code": event.code, "reason": event.reason})

    closed: list[bool] = []

    server.addEventListener("message", on_message)
    server.addEventListener("close", on_close)
    server.accept()

    async def send(message: MutableMapping[str, Any]) -> None:
        kind = message["type"]
        if kind == "websocket.send":
            for field in ("bytes", "text"):
                if (data := message.get(field)) is not None:
                    server.send(data)
        elif kind == "websocket.close":
            closed.append(True)
            server.close(message.get("code", 1000), message.get("reason") or "")
        elif kind != "websocket.accept":
            logger.warning("ASGI message %r has no meaning here and is ignored", kind)

    @runs_user_code
    async def conversation() -> None:
        code = 1011
        try:
            await app(scope, events.get, send)
            code = 1000
        finally:
            if not closed:
                server.close(code, "")

    return JsResponse.new(None, status=101, webSocket=client), conversation()
