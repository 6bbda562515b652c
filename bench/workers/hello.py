from workers import Response, WorkerEntrypoint

VERSION = 0


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.url.endswith("/version"):
            return Response(str(VERSION))
        return Response("hello")
