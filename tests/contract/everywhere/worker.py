"""Both sides in one Worker."""

from probe import answer
from things import Asker, Named, Old, Thing
from workers import WorkerEntrypoint

__all__ = ["Asker", "Default", "Named", "Old", "Thing"]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await answer(self.env, request)
