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
from workers._asgi_scope import request_to_scope
from workers._background import logger, run_in_background
from workers._outgoing import outlive

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from workers._asgi_request import Application


async def process_websocket(app: Application, req: Any, env: Any = None) -> JsResponse:
    """Return the 101 response; the conversation with the application goes on as part of the event."""
    client, server = WebSocketPair.new()
    server.binaryType = "arraybuffer"
    events: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
    events.put_nowait({"type": "websocket.connect"})
    scope = request_to_scope(req, {} if env is None else env, ws=True)

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

    outlive(run_in_background(conversation()), None)
    response: JsResponse = JsResponse.new(None, status=101, webSocket=client)
    return response
