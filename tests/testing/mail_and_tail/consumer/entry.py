import asyncio

from js import JSON
from workers import Response, WorkerEntrypoint

SEEN = []
CHANGED = asyncio.Condition()


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        """Answer when so many events have come as the query says, with all of them, and begin anew."""
        count = int(request.url.partition("?")[2])
        async with CHANGED:
            await CHANGED.wait_for(lambda: len(SEEN) >= count)
            shown, SEEN[:] = list(SEEN), []
        return Response(f"[{','.join(shown)}]")

    async def tail(self, events, env, ctx):
        assert (env, ctx) == (None, None)
        if events[0].scriptName == "fail":
            raise ValueError("told to")
        async with CHANGED:
            SEEN.extend(JSON.stringify(event) for event in events)
            CHANGED.notify_all()
