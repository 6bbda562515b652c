"""Connects all open pages: messages and a countdown go to every one of them.

Sockets are accepted with hibernation, and the countdown lives in storage and ticks by alarms: both go on while the
object sleeps, while its code is replaced, and (the countdown) across a restart.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any, TypedDict
from urllib.parse import urlsplit

from js import WebSocketPair, WebSocketRequestResponsePair
from pyodide.ffi import to_js
from workers import DurableObject, Request, Response

if TYPE_CHECKING:
    import js

LONGEST_COUNTDOWN = 3600
SHORTEST_INTERVAL_MS = 50
LONGEST_INTERVAL_MS = 60_000
LONGEST_MESSAGE = 2000


class BadRequest(Exception):
    """What the caller sent makes no sense; the text says why."""


class Stats(TypedDict):
    clients: int
    countdown: int | None


class MessageCoordinator(DurableObject):
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        # Answered without waking the object.
        self.ctx.setWebSocketAutoResponse(WebSocketRequestResponsePair.new("ping", "pong"))

    # ---- HTTP -----------------------------------------------------------------------------------

    async def fetch(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        try:
            if path.endswith("/ws/connect"):
                return await self.connect(request)
            if path == "/stats" and request.method == "GET":
                return Response.from_json(await self.stats())
            if path == "/message" and request.method == "POST":
                return Response.from_json({"delivered": await self.broadcast(await read_json(request))})
            if path == "/countdown" and request.method == "POST":
                body = await read_json(request)
                started = await self.start_countdown(body.get("from", 10), body.get("interval_ms", 1000))
                return Response.from_json(started)
        except BadRequest as problem:
            return Response.from_json({"error": str(problem)}, status=400)
        return Response("Not found", status=404)

    async def connect(self, request: Request) -> Response:
        if (request.headers.get("upgrade") or "").lower() != "websocket":
            return Response("This address speaks WebSocket only", status=426, headers={"Upgrade": "websocket"})
        client, server = WebSocketPair.new().object_values()
        name = uuid.uuid4().hex[:8]
        self.ctx.acceptWebSocket(server, to_js(["page", f"page:{name}"]))
        server.serializeAttachment(name)
        countdown = await self.ctx.storage.get("countdown")
        welcome = {
            "type": "welcome",
            "name": name,
            "clients": len(self.ctx.getWebSockets()),
            "countdown": countdown["value"] if countdown else None,
        }
        server.send(json.dumps(welcome))
        return Response(None, status=101, web_socket=client)

    # ---- the same as RPC ------------------------------------------------------------------------

    async def broadcast(self, message: dict[str, Any]) -> int:
        """Send `message` (a dict with a `text`) to every page; return how many got it."""
        text = message.get("text") if isinstance(message, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise BadRequest("a message needs a `text` that is not empty")
        if len(text) > LONGEST_MESSAGE:
            raise BadRequest(f"a message may have {LONGEST_MESSAGE} characters, this one has {len(text)}")
        return self._send_to_all({"type": "message", "text": text, "from": message.get("from") or "server"})

    async def start_countdown(self, start: int = 10, interval_ms: int = 1000) -> dict[str, int]:
        """Count down from `start` to 0, one step every `interval_ms`; replaces a countdown that runs."""
        whole_number("from", start, 0, LONGEST_COUNTDOWN)
        whole_number("interval_ms", interval_ms, SHORTEST_INTERVAL_MS, LONGEST_INTERVAL_MS)
        due = time.time() * 1000 + interval_ms
        await self.ctx.storage.put("countdown", {"value": start, "interval_ms": interval_ms, "due": due})
        await self.ctx.storage.setAlarm(due)
        delivered = self._send_to_all({"type": "countdown", "value": start})
        return {"from": start, "interval_ms": interval_ms, "delivered": delivered}

    async def stats(self) -> Stats:
        """Return how many pages are connected and where the countdown is."""
        countdown = await self.ctx.storage.get("countdown")
        return {
            "clients": len(self.ctx.getWebSockets()),
            "countdown": countdown["value"] if countdown else None,
        }

    # ---- events ---------------------------------------------------------------------------------

    async def alarm(self, alarm_info: Any = None) -> None:
        countdown = await self.ctx.storage.get("countdown")
        if not countdown:
            return
        value = countdown["value"] - 1
        self._send_to_all({"type": "countdown", "value": max(value, 0)})
        if value <= 0:
            await self.ctx.storage.delete("countdown")
            self._send_to_all({"type": "done"})
            return
        # Due times follow from the one before, so small delays don't add up; after a long pause (nothing ran)
        # the count goes on at its pace instead of catching up in a burst.
        interval_ms = countdown["interval_ms"]
        now = time.time() * 1000
        due = countdown["due"] + interval_ms
        if due < now:
            due = now + interval_ms
        await self.ctx.storage.put("countdown", {"value": value, "interval_ms": interval_ms, "due": due})
        await self.ctx.storage.setAlarm(due)

    async def webSocketMessage(self, ws: js.WebSocket, message: str | js.ArrayBuffer) -> None:
        if not isinstance(message, str):
            return
        try:
            data = json.loads(message)
            if isinstance(data, dict) and data.get("type") == "message":
                await self.broadcast({"text": data.get("text"), "from": ws.deserializeAttachment()})
        except (ValueError, BadRequest) as problem:
            ws.send(json.dumps({"type": "error", "error": str(problem)}))

    async def webSocketClose(self, ws: js.WebSocket, code: int, reason: str, was_clean: bool) -> None:
        # 1005 and 1006 say that there was no code; they must not be sent.
        ws.close(1000 if code in (1005, 1006) else code, reason)

    def _send_to_all(self, message: dict[str, Any]) -> int:
        text = json.dumps(message)
        delivered = 0
        for socket in self.ctx.getWebSockets():
            try:
                socket.send(text)
                delivered += 1
            except Exception as problem:  # a socket that is closing just now
                print(f"not delivered to one page: {problem}")
        return delivered


async def read_json(request: Request) -> dict[str, Any]:
    """Return the object in the request's body."""
    try:
        body = json.loads(await request.text())
    except ValueError as problem:
        raise BadRequest(f"the body is not JSON: {problem}") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def whole_number(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadRequest(f"`{name}` must be a whole number")
    if not least <= value <= most:
        raise BadRequest(f"`{name}` must be between {least} and {most}")
