"""A bucket with the SDK that wraps it."""

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from js import Headers
from pyodide.ffi import JsException
from workers import Blob, DurableObject, Response, WorkerEntrypoint


class Keeper(DurableObject):
    async def keep(self, key, value):
        await self.ctx.storage.put("kept", key)
        self.env.BUCKET.put(key, value)  # not awaited: it happens all the same
        return await (await self.env.BUCKET.get(key)).text()

    async def keep_and_fail(self, key):
        self.ctx.storage.put("kept", key)
        self.env.BUCKET.put(key, "x")  # held back until what was written before it is safe, and dropped with it
        self.ctx.abort("on purpose")


class Files(WorkerEntrypoint):
    async def keys(self):
        return [item.key for item in (await self.env.BUCKET.list()).objects]

    async def put(self, key, value, options):
        return (await self.env.BUCKET.put(key, value, **options)).size

    async def describe(self, key):
        item = await self.env.BUCKET.head(key)
        return {
            "key": [item.key, item["key"]],
            "type": item.httpMetadata.contentType,
            "language": item.httpMetadata.contentLanguage,
            "expiry": item.httpMetadata.cacheExpiry,
            "custom": item.customMetadata,
            "md5": bytes(item.checksums.md5),
            "checksums": item.checksums.toJSON(),
            "range": item.range,
            "uploaded": item.uploaded,
            "body": hasattr(item, "body"),
        }

    async def read(self):
        bucket = self.env.BUCKET
        await bucket.put("k", '{"a": [1, null]}', httpMetadata={"contentType": "application/json"})
        item = await bucket.get("k")
        before, stale = item["bodyUsed"], item.bodyUsed
        parsed = await item.json()
        blob = await (await bucket.get("k")).blob()
        return {
            "parsed": parsed,
            "used": [before, stale, item["bodyUsed"], item.bodyUsed],
            "bytes": bytes(await (await bucket.get("k")).bytes())[:4],
            "buffer": type(await (await bucket.get("k")).arrayBuffer()).__name__,
            "blob": [blob.content_type, blob.size],
            "part": await (await bucket.get("k", range={"offset": 1, "length": 3})).text(),
            "missing": await bucket.get("none"),
            "failed": [hasattr(await bucket.get("k", onlyIf={"etagMatches": "x"}), "body")],
            "refused": await bucket.put("k", "x", onlyIf={"uploadedBefore": datetime(2000, 1, 1, tzinfo=UTC)}),
        }

    async def values(self):
        bucket = self.env.BUCKET
        values = ("text", b"bytes", memoryview(b"view"), Blob(["a", b"bc"]), None)
        return [(await bucket.put("k", value)).size for value in values]

    async def refused(self):
        shown = []
        for call in (
            lambda: self.env.BUCKET.put("k", {"a": 1}),
            lambda: self.env.BUCKET.put("k", "v", md5=None),
            lambda: self.env.BUCKET.get("k" * 1025),
            lambda: self.env.BUCKET.list(limit=0),
            lambda: self.env.BUCKET.list(prefix=None),
        ):
            try:
                await call()
            except JsException as problem:
                shown.append(str(problem))
        return shown

    async def listed(self):
        found = await self.env.BUCKET.list(prefix="d/", delimiter="/", include=["customMetadata"])
        first = found.objects[0]
        return {
            "keys": [item.key for item in found.objects],
            "prefixes": found.delimitedPrefixes,
            "rest": [found.truncated, found.cursor],
            "custom": first.customMetadata.to_py(),
        }

    async def upload(self, size, count):
        upload = await self.env.BUCKET.createMultipartUpload("parts", customMetadata={"of": "parts"})
        resumed = self.env.BUCKET.resumeMultipartUpload(upload.key, upload.uploadId)
        parts = [await resumed.uploadPart(number + 1, b"%d" % number * size) for number in range(count)]
        item = await upload.complete(parts)
        tail = await (await self.env.BUCKET.get("parts", range={"suffix": 3})).text()
        return {"size": item.size, "etag": item.etag, "custom": item.customMetadata, "tail": tail}


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        bucket = self.env.BUCKET
        key = unquote(urlsplit(request.url).path[1:])
        if request.method == "PUT":
            stored = await bucket.put(key, request.js_object.body, httpMetadata=request.js_object.headers)
            return Response(None, status=204, headers={"etag": stored.httpEtag})
        if request.method == "DELETE":
            await bucket.delete([key])
            return Response(None, status=204)
        found = await bucket.get(key, range=request.js_object.headers, onlyIf=request.js_object.headers)
        if found is None:
            return Response("no such object", status=404)
        headers = Headers.new()
        found.writeHttpMetadata(headers)
        headers.set("etag", found.httpEtag)
        if not hasattr(found, "body"):
            return Response(None, status=304, headers=headers)
        status = 206 if found.range.length < found.size else 200
        return Response(found.body, status=status, headers=headers)
