"""The backend: holds the data. Other Workers reach it through bindings, nobody through the web."""

from guestbook import Guestbook
from workers import Response, WorkerEntrypoint

__all__ = ["Default", "Guestbook"]


class Default(WorkerEntrypoint):
    async def health(self):
        """For other Workers: a service binding calls methods like this one."""
        return {"ok": True}

    async def fetch(self, request):
        return Response("The pages are at the frontend.", status=404)
