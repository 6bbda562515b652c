"""The backend: two Durable Objects, and a direct WebSocket door to one of them for development."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from message_coordinator import MessageCoordinator
from test_durable_object import TestDurableObject
from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`

__all__ = ["Default", "MessageCoordinator", "TestDurableObject"]


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        node_env = getattr(self.env, "NODE_ENV", "production")
        if path == "/":
            return Response.from_json({"name": "backend", "NODE_ENV": node_env})
        if path == "/ws/connect":
            # In production the only way in is through the frontend, which checks who is asking.
            if node_env not in ("development", "test"):
                return Response("Unauthorized", status=401)
            if (request.headers.get("upgrade") or "").lower() != "websocket":
                return Response("This address speaks WebSocket only", status=426, headers={"Upgrade": "websocket"})
            coordinator = self.env.MESSAGE_COORDINATOR.getByName("main")
            return await coordinator.fetch(request)
        return Response("Not found", status=404)
