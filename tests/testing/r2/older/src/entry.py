"""A raw bucket, as the older SDK leaves it."""

import json

from js import JSON, Object
from pyodide.ffi import JsException, to_js
from workers import Response, WorkerEntrypoint


def options(value):
    return to_js(value, dict_converter=Object.fromEntries)


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        bucket = self.env.BUCKET
        refused = []
        for value in (b"python bytes", [1]):
            try:
                await bucket.put("k", value)
            except JsException as problem:
                refused.append(str(problem))
        await bucket.put("raw", to_js(b"raw bytes"), options({"customMetadata": {"by": "options"}}))
        await bucket.put("named", "text", customMetadata=options({"by": "name"}))
        found = await bucket.get("raw", options({"range": {"offset": 4}}))
        page = await bucket.list()
        shown = [
            refused,
            await found.text(),
            JSON.stringify((await bucket.head("named")).customMetadata),
            [item.key for item in page.objects],
            page.objects[0].customMetadata.to_py(),
            not await bucket.get("none"),
            page.truncated,
        ]
        await bucket.delete(to_js(["raw", "named"]))
        return Response(json.dumps(shown))
