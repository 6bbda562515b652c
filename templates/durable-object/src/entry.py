"""Counters by name: GET /apples tells the value, POST /apples adds one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from counter import Counter
from workers import Request, Response, WorkerEntrypoint

if TYPE_CHECKING:
    from worker_configuration import Env  # written by `pywrangler types`

__all__ = ["Counter", "Default"]


class Default(WorkerEntrypoint):
    env: Env

    async def fetch(self, request: Request) -> Response:
        name = urlsplit(request.url).path.strip("/") or "main"
        counter = self.env.COUNTER.getByName(name)
        if request.method == "POST":
            return Response.from_json({"name": name, "value": await counter.increment()})
        if request.method == "GET":
            return Response.from_json({"name": name, "value": await counter.value()})
        return Response("Only GET and POST", status=405, headers={"Allow": "GET, POST"})
