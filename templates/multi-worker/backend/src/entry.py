"""The backend: holds the data. Other Workers reach it through bindings, nobody through the web."""

from guestbook import Guestbook
from workers import Request, Response, WorkerEntrypoint

__all__ = ["Backend", "Default", "Guestbook"]


class Backend(WorkerEntrypoint):
    """For other Workers: a service binding with this `entrypoint` calls its methods."""

    async def health(self) -> dict[str, bool]:
        """Tell that the backend is there."""
        return {"ok": True}


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        return Response("The pages are at the frontend.", status=404)
