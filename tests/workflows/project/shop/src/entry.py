"""Asks for workflows of other Workers."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        binding = getattr(self.env, request.url.rpartition("/")[2])
        try:
            instance = await binding.create(id="remote", params={"kind": "fatal", "data": bytes(3)})
            return Response.from_json({"id": instance.id, "status": (await instance.status())["status"]})
        except Exception as problem:
            return Response(str(problem), status=500)
