"""Objects that write in every way there is, for the crash driver (bench/crash.py)."""

import asyncio
import json
import time
from urllib.parse import parse_qs, urlsplit

from workers import DurableObject, Response, WorkerEntrypoint

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


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if "object" not in query:
            return Response("ready")
        stub = self.env.LEDGER.getByName(query["object"])
        if url.path == "/state":
            return Response(await stub.state())
        return Response(str(await stub.apply(query["writer"], int(query["n"]), query["kind"])))
