"""KV in the style of the oldest Workers: `on_fetch`, and `js` everywhere."""

from js import JSON, Object, Response
from pyodide.ffi import to_js


async def on_fetch(request, env):
    kv = env.KV
    if request.method == "PUT":
        await kv.put("streamed", request.body)
        await kv.put("json", JSON.stringify(to_js({"a": [1, None]}, dict_converter=Object.fromEntries)))
    found = await kv.get("json", "json")
    missing = await kv.get("none")
    return Response.json(to_js([await kv.get("streamed"), found.a.to_py(), missing is None]))
