"""The caller's side, with an object that can be the caller."""

from probe import answer
from things import Asker
from workers import WorkerEntrypoint

__all__ = ["Asker", "Default"]


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await answer(self.env, request)
