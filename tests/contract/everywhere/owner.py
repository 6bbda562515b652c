"""The side of the objects."""

from things import Old, Thing
from workers import Response, WorkerEntrypoint

__all__ = ["Default", "Old", "Thing"]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("objects")
