"""The door: /rooms/NAME is a WebSocket into that room. The page comes from public/."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from room import Room
from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`

__all__ = ["Default", "Room"]


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        _, kind, name = [*urlsplit(request.url).path.split("/", 2), "", ""][:3]
        if kind != "rooms" or not name:
            return Response("Not found", status=404)
        if (request.headers.get("upgrade") or "").lower() != "websocket":
            return Response("This address speaks WebSocket only", status=426, headers={"Upgrade": "websocket"})
        return await self.env.ROOM.getByName(name).fetch(request)
