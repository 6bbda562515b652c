"""Prints and fails in every way."""

import asyncio
import logging
import sys
import warnings
from urllib.parse import urlsplit

from js import Promise, console, setTimeout
from pyodide.ffi import create_proxy
from workers import DurableObject, Response, WorkerEntrypoint, wait_until

logging.basicConfig(level=logging.INFO, format="%(levelname)s:%(name)s:%(message)s")
logger = logging.getLogger("mine")
print("printed at import")


def helper():
    raise LookupError("in helper")


class Thing(DurableObject):
    async def fail(self):
        helper()


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        await getattr(self, urlsplit(request.url).path[1:])()
        return Response("done")

    async def order(self):
        print("1 print")
        console.log("2 console.log")
        logger.info("3 logging")
        print("4 stderr", file=sys.stderr)
        console.error("5 console.error")
        print("6 flushed", end="", flush=True)
        print("7 two\nlines")
        warnings.warn("8 warning", stacklevel=1)
        console.warn("9 console.warn")
        print("10 in", end="")
        print(" parts")

    async def task(self):
        async def work():
            helper()

        self.kept = asyncio.create_task(work())
        await asyncio.wait([self.kept])
        del self.kept

    async def waited(self):
        async def work():
            helper()

        wait_until(work())

    async def callback(self):
        done, resolve, _ = Promise.withResolvers().object_values()

        def fire():
            resolve(None)
            helper()

        setTimeout(create_proxy(fire), 0)
        await done

    async def remote(self):
        await self.env.THING.getByName("a").fail()

    async def loop(self):
        async def work():
            helper()

        asyncio.run(work())
