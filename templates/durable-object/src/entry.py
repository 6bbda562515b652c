"""Counters by name: GET /apples tells the value, POST /apples adds one."""

from urllib.parse import urlsplit

from counter import Counter
from workers import Response, WorkerEntrypoint

__all__ = ["Counter", "Default"]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = urlsplit(request.url).path.strip("/") or "main"
        counter = self.env.COUNTER.getByName(name)
        if request.method == "POST":
            return Response.from_json({"name": name, "value": await counter.increment()})
        if request.method == "GET":
            return Response.from_json({"name": name, "value": await counter.value()})
        return Response("Only GET and POST", status=405, headers={"Allow": "GET, POST"})
