"""The door: /rooms/NAME is a WebSocket into that room. The page comes from public/."""

from urllib.parse import urlsplit

from room import Room
from workers import Response, WorkerEntrypoint

__all__ = ["Default", "Room"]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        _, kind, name = [*urlsplit(request.url).path.split("/", 2), "", ""][:3]
        if kind != "rooms" or not name:
            return Response("Not found", status=404)
        if (request.headers.get("upgrade") or "").lower() != "websocket":
            return Response("This address speaks WebSocket only", status=426, headers={"Upgrade": "websocket"})
        return await self.env.ROOM.getByName(name).fetch(request)
