"""Module handlers with the decorator that gives them the SDK's request and env."""

import json
from urllib.parse import urlparse

from workers import FetchResponse, Response, fetch, handler


@handler
async def on_fetch(request, env):
    path = urlparse(request.url).path
    if path == "/json":
        data = await request.json()
        return Response.json({"name": data["name"], "method": request.method, "kind": type(request).__name__})
    if path == "/object":
        stub = env.COUNTER.get(env.COUNTER.idFromName("a"))
        result = await stub.count({"by": 2})
        return Response(json.dumps([result["count"], type(result).__name__, hasattr(result, "to_py")]))
    if path == "/fetch":
        response = await fetch(env.ORIGIN + "/hello")
        return Response(f"{isinstance(response, FetchResponse)} {await response.text()}")
    return Response("Hello World!")


@handler
def on_scheduled(controller, env, ctx):
    print("scheduled", controller.cron, env.ORIGIN[:4])


from workers import DurableObject  # noqa: E402 - imported where it is needed, as people do


class Counter(DurableObject):
    async def count(self, options):
        by = options["by"] if isinstance(options, dict) else options.get("by")
        value = (await self.ctx.storage.get("value") or 0) + by
        await self.ctx.storage.put("value", value)
        return {"count": value}
