import asyncio
import contextvars
import io
import time
from urllib.parse import parse_qs, urlsplit

import asgi
import js
from js import Promise, ReadableStream, Uint8Array, crypto, setTimeout
from pyodide.ffi import can_run_sync, create_proxy, run_sync
from workers import DurableObject, Response, WorkerEntrypoint, wait_until, wsgi

variable = contextvars.ContextVar("variable", default="outside")
gates = {}
log = []
module_loop = asyncio.new_event_loop()
refused = []
for attempt in (
    lambda: setTimeout(create_proxy(print), 1),
    lambda: crypto.getRandomValues(Uint8Array.new(1)),
    crypto.randomUUID,
    lambda: js.fetch("http://localhost/"),
    lambda: run_sync(asyncio.sleep(0.001)),
):
    try:
        attempt()
    except Exception as problem:
        refused.append(str(problem))
settled = [run_sync(Promise.resolve("settled")), run_sync(asyncio.sleep(0, "turned"))]
settled.append(setTimeout(create_proxy(lambda: settled.append("called back")), 0))


def gate(name):
    return gates.setdefault(name, asyncio.Event())


async def later(value, seconds=0):
    await asyncio.sleep(seconds)
    return value


async def fail():
    await asyncio.sleep(0)
    raise ValueError("on purpose")


class Other(WorkerEntrypoint):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.constructed = run_sync(later("slowly", 0.001))

    def how_constructed(self):
        return self.constructed

    def add(self, a, b):
        return run_sync(later(a)) + run_sync(later(b))

    def fetch(self, request):
        return Response(run_sync(request.text()).upper())

    async def scheduled(self, controller, env, ctx):
        log.append(run_sync(later("scheduled")))


class Thing(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.order = []
        self.constructed = [can_run_sync(), run_sync(later("slowly", 0.01)), len(self.order)]

    def increment(self):
        value = run_sync(self.ctx.storage.get("value")) or 0
        run_sync(self.ctx.storage.put("value", value + 1))
        return value + 1

    def racy(self):
        value = run_sync(self.ctx.storage.get("racy")) or 0
        run_sync(asyncio.sleep(0.01))
        run_sync(self.ctx.storage.put("racy", value + 1))
        return value + 1

    def how_constructed(self):
        return self.constructed

    def hold(self):
        self.order.append("waits")
        run_sync(gate("object").wait())
        self.order.append("went on")
        return self.order

    def let_go(self):
        self.order.append("another event")
        gate("object").set()

    async def block(self):
        async def inside():
            self.order.append("block begins")
            run_sync(asyncio.sleep(0.05))
            self.order.append("block ends")
            return "blocked"

        self.order.clear()
        return await self.ctx.blockConcurrencyWhile(inside)

    async def note(self):
        self.order.append("note")
        return list(self.order)

    def write_then_wait(self):
        self.ctx.storage.kv.put("kept", 1)
        run_sync(asyncio.sleep(0))
        raise ValueError("after the wait")

    def kept(self):
        return self.ctx.storage.kv.get("kept")

    async def from_task(self):
        async def work():
            return run_sync(self.ctx.storage.get("value"))

        return await asyncio.create_task(work())

    def loop_inside(self):
        async def work():
            await self.ctx.storage.put("loop", 7)
            await asyncio.sleep(0)
            return await self.ctx.storage.get("loop")

        return asyncio.run(work())

    async def alarm(self):
        log.append(run_sync(later("alarm")))

    async def set_alarm(self):
        await self.ctx.storage.setAlarm(1)

    def fetch(self, request):
        return wsgi.fetch(flask_like, request, self.env)


def flask_like(environ, start_response):
    value = run_sync(environ["workers.env"].THING.getByName("wsgi").increment())
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("content-type", "text/plain")])
    yield str(value).encode() + b" "
    yield run_sync(later(body, 0.001))


async def application(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("http only")
    value = run_sync(scope["env"].OTHER.add(3, 4))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % value, "more_body": True})
    await send({"type": "http.response.body", "body": b"%d" % run_sync(later(8, 0.001))})
    log.append(run_sync(later("after the response")))


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        parts = urlsplit(request.url)
        name = parts.path[1:]
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        result = getattr(self, "do_" + name)(request, **query)
        if hasattr(result, "__await__"):
            result = await result
        return result if hasattr(result, "js_object") or hasattr(result, "headers") else Response.json(result)

    def do_refused(self, request):
        return refused

    def do_plain(self, request):
        return [can_run_sync(), run_sync(later(5)), run_sync(request.text())]

    async def do_nested(self, request):
        def deep(n):
            return run_sync(middle(n - 1)) if n else [can_run_sync()]

        async def middle(n):
            await asyncio.sleep(0)
            return [*deep(n), n]

        return deep(3)

    def do_hold(self, request, name):
        gate(name + " arrived").set()
        run_sync(gate(name).wait())
        return "went on"

    async def do_arrived(self, request, name):
        await gate(name + " arrived").wait()
        return "arrived"

    def do_let_go(self, request, name):
        gate(name).set()
        return "let go"

    async def do_error(self, request):
        try:
            run_sync(fail())
        except ValueError as error:
            return [str(error), type(error.__traceback__).__name__]

    def do_uncaught(self, request):
        run_sync(fail())

    async def do_context(self, request):
        variable.set("handler")
        seen = [run_sync(self.read())]
        seen.append(await asyncio.create_task(self.read_in_task()))
        return seen

    async def read(self):
        await asyncio.sleep(0)
        return variable.get()

    async def read_in_task(self):
        variable.set("task")
        run_sync(asyncio.sleep(0))
        return variable.get()

    async def do_timeout(self, request):
        seen = []

        async def work():
            try:
                run_sync(asyncio.Event().wait())
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise
            finally:
                run_sync(later(None))
                seen.append("cleaned")

        try:
            async with asyncio.timeout(0.01):
                await work()
        except TimeoutError:
            seen.append("timeout")
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return [*seen, task.cancelled()]

    async def do_tasks(self, request):
        async def work(n):
            return run_sync(later(n, 0.001)) + 1

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work(n)) for n in range(3)]
        return [task.result() for task in tasks] + await asyncio.gather(work(10), work(20))

    async def do_outlive(self, request):
        async def work():
            log.append(run_sync(later("waited until")))

        wait_until(work())
        self.ctx.waitUntil(work())
        return "answered"

    async def do_log(self, request):
        seen = list(log)
        log.clear()
        return seen

    async def do_rpc(self, request):
        stub = self.env.OTHER
        response = run_sync(stub.fetch("http://other/", method="POST", body="text"))
        return [run_sync(stub.add(1, 2)), run_sync(response.text())]

    async def do_asgi(self, request):
        return await asgi.fetch(application, request, self.env, self.ctx)

    async def do_wsgi(self, request):
        return await wsgi.fetch(flask_like, request, self.env)

    async def do_wsgi_object(self, request):
        return await self.env.THING.getByName("app").fetch(request)

    async def do_object(self, request, method, name="main"):
        return await getattr(self.env.THING.getByName(name), method)()

    def do_settled(self, request):
        return settled

    async def do_constructed(self, request):
        things = [self.env.THING.getByName("constructed") for _ in range(3)]
        answers = await asyncio.gather(*(thing.how_constructed() for thing in things))
        return [*answers, await self.env.OTHER.how_constructed()]

    async def do_chained(self, request):
        def reaction(value):
            return run_sync(later(value + 1))

        return await asyncio.ensure_future(later(1)).then(reaction).finally_(lambda: later(None, 0.001))

    async def do_synchronous_callbacks(self, request):
        seen = []
        promise, resolve, _ = Promise.withResolvers().object_values()

        def attempt(*_):
            try:
                run_sync(later(1))
            except RuntimeError as problem:
                seen.extend([can_run_sync(), str(problem)])

        target = js.EventTarget.new()
        target.addEventListener("ping", create_proxy(attempt))
        target.dispatchEvent(js.Event.new("ping"))
        setTimeout(create_proxy(lambda: (attempt(), resolve(None))), 1)
        await promise
        return [*seen, can_run_sync()]

    async def do_callbacks(self, request):
        seen = []
        promise, resolve, _ = Promise.withResolvers().object_values()

        async def timer():
            seen.append(run_sync(later("timer")))
            resolve(None)

        setTimeout(create_proxy(timer), 1)
        await promise

        async def reaction(value):
            return run_sync(later(value + 1))

        seen.append(await Promise.resolve(1).then(reaction))
        parts = iter([b"a", b"b"])

        async def pull(controller):
            part = run_sync(later(next(parts, None)))
            if part is None:
                controller.close()
            else:
                from js import Uint8Array

                controller.enqueue(Uint8Array.new(list(part)))

        stream = ReadableStream.new(pull=create_proxy(pull))
        from js import Response as JsResponse

        seen.append(await JsResponse.new(stream).text())
        return seen

    # ---- loops ----

    def do_run(self, request):
        async def work():
            stub = self.env.OTHER
            return [await stub.add(1, 2), await later(3, 0.001), run_sync(stub.add(2, 2))]

        return asyncio.run(work())

    def do_runner(self, request):
        with asyncio.Runner(debug=True) as runner:
            first = runner.run(later(1))
            second = runner.run(later(2, 0.001))
            same = runner.get_loop() is asyncio.new_event_loop()
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            third = runner.run(later(3))
        return [first, second, third, same, asyncio.get_event_loop().get_debug()]

    def do_loops(self, request):
        seen = []
        for loop in (asyncio.new_event_loop(), asyncio.get_event_loop(), module_loop, asyncio.SelectorEventLoop()):
            asyncio.set_event_loop(loop)
            seen.append(loop.run_until_complete(later(len(seen), 0.001)))
            if loop is not module_loop:
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.stop()
                loop.close()
        asyncio.set_event_loop(None)
        seen.append(asyncio.get_event_loop().run_until_complete(later("last")))
        loop = asyncio.get_event_loop()
        seen.append(loop.run_until_complete(asyncio.gather(later(8), later(9))))
        return seen

    async def do_left_over(self, request):
        """What asyncio's own runner does when it closes, which other runners copy."""
        mine = asyncio.create_task(later("mine", 0.05))
        left = []

        async def work():
            left.append(asyncio.create_task(later("left", 60)))
            return [task in left for task in asyncio.all_tasks() - {asyncio.current_task()}]

        def run():
            loop = asyncio.new_event_loop()
            seen = loop.run_until_complete(work())
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            return [seen, tasks == set(left), left[0].cancelled(), mine in asyncio.all_tasks()]

        return [*run(), await mine, asyncio.all_tasks() & {mine, *left} == set()]

    def do_run_fails(self, request):
        try:
            asyncio.run(fail())
        except ValueError as error:
            return str(error)

    def do_run_context(self, request):
        variable.set("handler")

        async def work():
            seen = variable.get()
            variable.set("inside")
            return seen

        return [asyncio.run(work()), variable.get()]

    async def do_run_below_await(self, request):
        await asyncio.sleep(0)

        def sync():
            async def inner():
                return asyncio.run(later("deep"))

            return asyncio.run(inner())

        return sync()

    async def do_thread(self, request):
        def work():
            return [can_run_sync(), asyncio.run(later("thread", 0.001))]

        return await asyncio.to_thread(work)

    def do_sleep(self, request):
        begun = time.monotonic()
        time.sleep(0.2)
        return time.monotonic() - begun

    def do_pytest(self, request):
        import contextlib

        import pytest

        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "src/checks.py"])
        return [int(status), out.getvalue()]
