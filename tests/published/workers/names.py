import asyncio

import _cloudflare_compat_flags as flags
import js
import pyodide_js
from js import Buffer, Intl, MessageChannel, process
from pyodide.console import Console
from pyodide.ffi import create_proxy, run_sync
from workers import Response, WorkerEntrypoint, import_from_javascript

crypto = import_from_javascript("node:crypto")
hooks = import_from_javascript("node:async_hooks")
platform = import_from_javascript("cloudflare:workers")
metrics = import_from_javascript("cloudflare:vectorize").DistanceMetric
request_id = hooks.AsyncLocalStorage.new()
at_start = [process.env.GREETING, Buffer.from_("start").toString("base64"), len(platform.exports.object_keys())]
try:
    crypto.randomBytes(2)
except Exception as problem:
    at_start.append("global scope" in str(problem))


class Emitter(import_from_javascript("node:events").EventEmitter):
    pass


class Default(WorkerEntrypoint):
    def greet(self, name):
        return f"hello {name}"

    async def fetch(self, request):
        found = getattr(self, "do_" + request.url.rpartition("/")[2])(request)
        return Response.json(await found if hasattr(found, "__await__") else found)

    def do_start(self, request):
        return [*at_start, metrics.COSINE, bool(flags.nodejs_compat), pyodide_js.runPython("6 * 7")]

    def do_digest(self, request):
        key = crypto.scryptSync("password", "salt", 16)
        made = crypto.createHmac("sha256", key).update("message").digest("hex")
        return [made, len(crypto.randomBytes(4)), crypto.timingSafeEqual(Buffer.from_("a"), Buffer.from_("a"))]

    def do_written(self, request):
        money = Intl.NumberFormat.new("de-DE", style="currency", currency="EUR").format(1234.5)
        day = js.Date.new(0).toLocaleDateString("en-US", timeZone="UTC")
        return [money, day, js.RegExp.new(r"\p{Lu}+", "u").exec("abcÄÖx")[0]]

    async def do_flow(self, request):
        async def read():
            await asyncio.sleep(0.001)
            return request_id.getStore()

        tasks = [request_id.run(n, lambda: asyncio.create_task(read())) for n in range(3)]
        return await asyncio.gather(*tasks)

    async def do_messages(self, request):
        channel, (promise, resolve) = MessageChannel.new(), _promise()
        channel.port1.onmessage = create_proxy(lambda event: resolve(event.data))
        channel.port2.postMessage(js.Object.new(a=1))
        emitter = Emitter.new()
        once = import_from_javascript("node:events").once(emitter, "ping")
        emitter.emit("ping", "pong")
        return [(await promise).to_py(), list(await once)]

    async def do_platform(self, request):
        changed = platform.withEnv(js.Object.new(GREETING="changed"), lambda: platform.env.GREETING)
        return [changed, platform.env.GREETING, await platform.exports.default.greet("me")]

    async def do_console(self, request):
        shown = []
        console = Console(stdout_callback=shown.append)
        await console.push("from pyodide.ffi import run_sync; import asyncio")
        await console.push("print(await asyncio.sleep(0.001, 'awaited'), run_sync(asyncio.sleep(0.001, 'waited')))")
        return "".join(shown)

    def do_log(self, request):
        js.console.log("numbers", js.Array.of(1, 2, 3, 4, 5, 6, 7), Buffer.from_("hi"))
        return run_sync(import_from_javascript("node:timers/promises").setTimeout(1, "logged"))

    def do_exit(self, request):
        process.exit(3)


def _promise():
    parts = js.Promise.withResolvers()
    return parts.promise, parts.resolve
