"""The side of the objects."""

from things import Named, Old, Thing
from workers import Response, WorkerEntrypoint

__all__ = ["Default", "Named", "Old", "Thing"]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("objects")
