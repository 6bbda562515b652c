"""The raw shapes in module handlers, as older compatibility dates call them."""

from js import Response
from raw_javascript import route, seen, to_js
from workers import DurableObject


class Counter(DurableObject):
    def __init__(self, state, env):
        super().__init__(state, env)
        self.storage = state.storage

    async def on_fetch(self, request):
        value = (await self.storage.get("value") or 0) + 1
        await self.storage.put("value", value)
        await self.storage.put(to_js({"many": {"a": [1, None]}}))
        stored = await self.storage.get("many")
        assert stored.a.to_py()[0] == 1, stored
        return Response.new(str(value))


async def on_fetch(request, env, ctx):
    if request.url.endswith("/missing-names"):
        return Response.new(",".join(MISSING))
    return await route(request, env, ctx)


def later_names():
    missing = []
    for name in ("patch_env", "wait_until", "wsgi"):
        try:
            exec(f"from workers import {name}")
        except ImportError:
            missing.append(name)
    return missing


MISSING = later_names()


async def on_scheduled(controller, env, ctx):
    seen.append([controller.cron, env.ORIGIN.startswith("http")])
