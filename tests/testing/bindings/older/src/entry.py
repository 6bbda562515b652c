"""KV as raw JavaScript objects, in a class: what a Worker has between 2025-08-14 and 2026-04-21."""

from js import JSON, Object
from pyodide.ffi import JsException, to_js
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        kv = self.env.KV
        if request.method == "PUT":
            options = to_js({"metadata": {"from": "older"}, "expirationTtl": 60}, dict_converter=Object.fromEntries)
            await kv.put("raw", to_js(b"\xe2\x82\xac"), options)
            await kv.put("named", "value", metadata=to_js({"by": "name"}, dict_converter=Object.fromEntries))
            try:
                await kv.put("bytes", b"Python's own")
            except JsException as problem:
                return Response(problem.message)
        found = await kv.getWithMetadata("raw")
        several = await kv.get(to_js(["raw", "none"]))
        listed = await kv.list(prefix="r")
        missing = await kv.get("none")
        shown = [
            found.value,
            getattr(found.metadata, "from"),
            several.get("raw"),
            missing is None,
            [key.name for key in listed.keys],
            (await kv.get("raw", "arrayBuffer")).byteLength,
            JSON.stringify(await kv.getWithMetadata("named")),
        ]
        return Response.from_json(shown)
