"""Objects and bindings that write in every way there is, for the crash driver (bench/crash.py)."""

import asyncio
import json
import time
from urllib.parse import parse_qs, urlsplit

from workers import DurableObject, Response, WorkerEntrypoint, WorkflowEntrypoint

VERSION = 0


class Ledger(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.storage = ctx.storage
        self.storage.sql.exec("CREATE TABLE IF NOT EXISTS entry (writer, slot, n, PRIMARY KEY (writer, slot))")

    def _insert(self, writer, n):
        self.storage.sql.exec("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", writer, n % 5, n)

    async def apply(self, writer, n, kind):
        if kind == "put":
            await self.storage.put(f"{writer}.last", n)
            await self.storage.put(f"{writer}.slot{n % 7}", {"n": n, "pad": "x" * (n * 37 % 3000)})
        elif kind == "many":
            self.storage.put({f"{writer}.many{index}": n for index in range(4)})
        elif kind == "mixed":
            self.storage.put(f"{writer}.before", n)
            self._insert(writer, n)
            self.storage.kv.put(f"{writer}.after", n)
        elif kind == "transaction":

            async def work(txn):
                await txn.put(f"{writer}.first", n)
                await asyncio.sleep(0)
                self._insert(writer, n)
                await asyncio.sleep(0)
                await txn.put(f"{writer}.second", n)

            await self.storage.transaction(work)
        elif kind == "delete":
            await self.storage.delete([f"{writer}.many{index}" for index in range(4)])
        elif kind == "alarm":
            await self.storage.put(f"{writer}.alarm", n)
            await self.storage.setAlarm(time.time() * 1000 + n % 3 * 5)
        return n

    async def alarm(self):
        for key, n in (await self.storage.list()).items():
            if key.endswith(".alarm"):
                await self.storage.put(key + " done", n)

    async def state(self):
        keys = {
            key: value["n"] if isinstance(value, dict) else value for key, value in (await self.storage.list()).items()
        }
        for row in self.storage.sql.exec("SELECT writer, slot, n FROM entry"):
            keys[f"{row.writer}.row{row.slot}"] = row.n
        return json.dumps(keys)


class Sink(DurableObject):
    """What has come out of a queue or a workflow."""

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.storage = ctx.storage
        self.storage.sql.exec("CREATE TABLE IF NOT EXISTS came (writer, n, PRIMARY KEY (writer, n))")

    async def add(self, items):
        for writer, n in items:
            self.storage.sql.exec("INSERT OR IGNORE INTO came VALUES (?, ?)", writer, n)

    async def state(self):
        return json.dumps({f"{row.writer}.m{int(row.n)}": row.n for row in self.storage.sql.exec("SELECT * FROM came")})


class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        writer, n = event["payload"]["writer"], event["payload"]["n"]

        @step.do("first")
        async def first():
            return n * 2

        doubled = await first()

        @step.do("second")
        async def second():
            await self.env.SINK.getByName("workflow").add([[writer, doubled // 2]])

        await second()


def body_of(writer, n):
    return f"{writer} {n} ".encode() + bytes([n % 256]) * (n * 997 % 60_000)


def number_of(writer, body):
    """The number that a body was written for; -1 if it is not whole."""
    n = int(body[: body.index(b" ", len(writer) + 1)].split()[1])
    return n if body == body_of(writer, n) else -1


class Kv:
    def __init__(self, env):
        self.kv = env.KV

    async def apply(self, writer, n, kind):
        if kind == "put":
            await self.kv.put(f"{writer}.slot{n % 7}", body_of(writer, n).decode("latin-1"))
        else:
            await self.kv.delete(f"{writer}.slot{n % 3}")

    async def state(self):
        found = {}
        for key in (await self.kv.list())["keys"]:
            text = await self.kv.get(key["name"])
            found[key["name"]] = number_of(key["name"].split(".")[0], text.encode("latin-1"))
        return found


class D1:
    def __init__(self, env):
        self.db = env.DB

    def put(self, key, n):
        return self.db.prepare("INSERT OR REPLACE INTO entry VALUES (?, ?)").bind(key, n)

    async def apply(self, writer, n, kind):
        if kind == "batch":
            await self.db.batch([self.put(f"{writer}.{key}", n) for key in ("before", f"row{n % 5}", "after")])
        else:
            await self.put(f"{writer}.last", n).run()

    async def state(self):
        return {row["key"]: row["n"] for row in (await self.db.prepare("SELECT * FROM entry").run()).results}


class R2:
    def __init__(self, env):
        self.bucket = env.BUCKET

    async def apply(self, writer, n, kind):
        if kind == "put":
            await self.bucket.put(f"{writer}.blob{n % 4}", body_of(writer, n))
        elif kind == "multipart":
            body = body_of(writer, n)
            upload = await self.bucket.createMultipartUpload(f"{writer}.parts")
            await upload.complete([await upload.uploadPart(1, body)])
        else:
            await self.bucket.delete(f"{writer}.blob{n % 2}")

    async def state(self):
        found = {}
        for item in (await self.bucket.list()).objects:
            body = await (await self.bucket.get(item.key)).bytes()
            found[item.key] = number_of(item.key.split(".")[0], bytes(body))
        return found


class Queue:
    def __init__(self, env):
        self.env = env

    async def apply(self, writer, n, kind):
        delay = {"delayed": 1}.get(kind, 0)
        await self.env.QUEUE.send([writer, n, kind], delaySeconds=delay)

    async def state(self):
        return json.loads(await self.env.SINK.getByName("queue").state())


class Workflow:
    def __init__(self, env):
        self.env = env

    async def apply(self, writer, n, kind):
        await self.env.FLOW.create(id=f"{writer}-{n}", params={"writer": writer, "n": n})

    async def state(self):
        return json.loads(await self.env.SINK.getByName("workflow").state())


STORES = {"kv": Kv, "d1": D1, "r2": R2, "queue": Queue, "workflow": Workflow}


class Default(WorkerEntrypoint):
    async def queue(self, batch, env, ctx):
        sink = self.env.SINK.getByName("queue")
        for message in batch.messages:
            writer, n, kind = message.body
            if kind == "retried" and message.attempts == 1:
                message.retry()
            elif kind == "dead" and batch.queue == "jobs":
                message.retry()  # until it is moved
            else:
                await sink.add([[writer, n]])

    async def fetch(self, request):
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if "object" not in query:
            await self.env.DB.exec("CREATE TABLE IF NOT EXISTS entry (key PRIMARY KEY, n)")
            return Response("ready")
        if query["object"] in STORES:
            store = STORES[query["object"]](self.env)
            if url.path == "/state":
                return Response.json(await store.state())
            await store.apply(query["writer"], int(query["n"]), query["kind"])
            return Response(query["n"])
        stub = self.env.LEDGER.getByName(query["object"])
        if url.path == "/state":
            return Response(await stub.state())
        return Response(str(await stub.apply(query["writer"], int(query["n"]), query["kind"])))
