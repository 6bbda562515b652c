"""The objects that the cases call."""

# ruff: noqa: DTZ001 - naive local time is what is tested

import asyncio
import os
from datetime import datetime

import js
from js import ReadableStream, WebSocketPair
from pyodide.ffi import to_js
from workers import Blob, DurableObject, File, Request, Response, WorkerEntrypoint, import_from_javascript

STARTS = {}
"""How often each object was constructed in this process, by id."""
SHARED = {}
"""What objects leave for those who look later, by id: it survives their instances."""


class Unsendable:
    pass


def make_error(how):
    if how == "value":
        raise ValueError("text of a ValueError")
    if how == "own":

        class OwnError(Exception):
            pass

        raise OwnError("own class")
    if how == "key":
        return {}["missing"]
    if how == "base":
        raise SystemExit(3)
    if how == "nested":
        try:
            raise KeyError("first")
        except KeyError as error:
            raise RuntimeError("second") from error
    if how == "empty":
        raise ValueError
    if how == "unicode":
        raise ValueError("üñï \U0001f984")
    if how == "type":
        return js.URL.new("no url")
    if how == "range":
        return js.Response.new("x", status=99)
    if how == "dom":
        return js.structuredClone(lambda: None)
    raise AssertionError(how)


class Thing(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.plain = "an attribute"
        self.function_attribute = lambda: "called"
        self.seen = []
        self.kept = None
        identity = str(ctx.id)
        STARTS[identity] = STARTS.get(identity, 0) + 1
        self.start = STARTS[identity]
        name = ctx.id.name or ""
        if name.startswith("constructor fails") and self.start == 1:
            ctx.storage.kv.put("written", "by the constructor")
            raise ValueError("ctor bad")
        if name.startswith("block fails") and self.start == 1:

            @ctx.blockConcurrencyWhile
            async def prepare():
                await asyncio.sleep(0.01)
                raise ValueError("block bad")

        if name.startswith("block slow"):
            self.prepared = False

            @ctx.blockConcurrencyWhile
            async def prepare_slowly():
                await asyncio.sleep(0.03)
                self.prepared = True

    # ---- values ----

    async def echo(self, value):
        return value

    def echo_sync(self, value):
        return value

    async def nothing(self):
        pass

    async def kind(self, value):
        return type(value).__name__

    async def describe(self, value):
        return repr(value)

    async def arguments(self, *values):
        return list(values)

    async def two(self, first, second="default"):
        return [first, second]

    async def mutate(self, value):
        value.append("changed by the callee")
        self.kept = value
        return value

    async def read_kept(self):
        return self.kept

    async def same_twice(self, first, second):
        return first is second

    async def cycle_is_whole(self, value):
        return value[0] is value

    async def formatted(self, view):
        return [view.format, view.itemsize, view.tolist()]

    async def give(self, what):
        cycle = []
        cycle.append(cycle)
        shared = [1]
        return {
            "cycle": lambda: cycle,
            "shared": lambda: [shared, shared],
            "tuple": lambda: (1, 2),
            "bytearray": lambda: bytearray(b"x"),
            "unsendable": Unsendable,
            "set": lambda: {1, 2},
            "date": lambda: datetime(2024, 1, 2, 3, 4, 5, 678000),
            "error": lambda: ValueError("inside"),
            "response": lambda: Response("body", status=201, headers={"x-a": "b"}),
            "request": lambda: Request("https://host/path", method="PUT", body="sent", headers={"x-a": "b"}),
            "headers": lambda: js.Headers.new(to_js([["x-a", "b"]])),
            "blob": lambda: Blob("content", content_type="text/x-blob"),
            "file": lambda: File("content", "name.txt", content_type="text/x-file"),
            "nested response": lambda: {"inside": Response("nested body"), "list": [Response("second")]},
            "raw object": lambda: to_js({"a": [1, None]}, dict_converter=js.Object.fromEntries),
            "map": lambda: js.Map.new(to_js([["k", 1]])),
            "large": lambda: "x" * (33 * 1024 * 1024),
            "32": lambda: "x" * (32 * 1024 * 1024 - 1000),
            "function": lambda: lambda value: ["called with", value],
            "generator": lambda: (item for item in ()),
        }[what]()

    async def length(self, value):
        return len(value)

    # ---- errors ----

    async def fail(self, how):
        return make_error(how)

    def fail_sync(self, how):
        return make_error(how)

    async def raise_given(self, error):
        raise error

    async def fail_remotely(self, stub, how):
        return await stub.fail(how)

    async def write_and_fail(self):
        self.ctx.storage.put("kept", "written before the exception")
        raise ValueError("after the write")

    # ---- order and gates ----

    async def note(self, number):
        self.seen.append(number)
        await asyncio.sleep(0)
        return number

    async def noted(self):
        return self.seen

    async def increment(self, key="n"):
        value = (await self.ctx.storage.get(key) or 0) + 1
        await self.ctx.storage.put(key, value)
        return value

    async def increment_sql(self):
        self.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, n INTEGER)")
        self.ctx.storage.sql.exec("INSERT OR IGNORE INTO counter VALUES (1, 0)")
        return self.ctx.storage.sql.exec("UPDATE counter SET n = n + 1 RETURNING n").one().n

    async def increment_with_pause(self, seconds):
        value = (await self.ctx.storage.get("n") or 0) + 1
        await asyncio.sleep(seconds)
        await self.ctx.storage.put("n", value)
        return value

    async def steps(self, name):
        self.seen.append(f"s{name}")
        await self.ctx.storage.get("x")
        self.seen.append(f"m{name}")
        await self.ctx.storage.put("x", name)
        self.seen.append(f"e{name}")

    async def block(self, seconds):
        async def work():
            self.seen.append("enter")
            await asyncio.sleep(seconds)
            self.seen.append("leave")
            return "value of the block"

        return await self.ctx.blockConcurrencyWhile(work)

    async def block_and_fail(self):
        await self.ctx.storage.put("k", "before the block")

        async def work():
            raise ValueError("inside the block")

        try:
            await self.ctx.blockConcurrencyWhile(work)
        except Exception:
            return "caught inside"

    async def transact(self, fails, seconds):
        async def work(txn):
            self.seen.append("enter")
            await txn.put("t", "inside")
            await asyncio.sleep(seconds)
            await txn.put("u", "inside")
            self.seen.append("leave")
            if fails:
                raise ValueError("rolls back")
            return "value of the transaction"

        return await self.ctx.storage.transaction(work)

    async def is_prepared(self):
        return self.prepared

    async def start_timer(self, milliseconds):
        js.setTimeout(lambda: self.seen.append("timer"), milliseconds)

    async def which_start(self):
        return self.start

    async def process(self):
        return os.getpid()

    async def wait_for_ever(self):
        SHARED[str(self.ctx.id)] = "waiting"
        await asyncio.get_running_loop().create_future()

    async def shared(self):
        return SHARED.get(str(self.ctx.id))

    async def abort(self, reason=None):
        await self.ctx.storage.put("k", "lost")
        if reason is None:
            self.ctx.abort()
        self.ctx.abort(reason)

    async def abort_in_except(self):
        try:
            self.ctx.abort("cannot be swallowed")
        except Exception:
            return "swallowed"

    async def abort_later(self):
        await self.ctx.storage.put("k", "committed")
        asyncio.get_running_loop().call_later(0.02, lambda: self.ctx.js_object.abort("later"))

    # ---- storage through results ----

    async def get(self, key):
        return await self.ctx.storage.get(key)

    async def put(self, key, value):
        await self.ctx.storage.put(key, value)

    async def list_all(self, options=None):
        return await self.ctx.storage.list(options or {})

    async def delete_everything(self):
        await self.ctx.storage.deleteAll()

    async def query(self, sql, *bindings):
        return self.ctx.storage.sql.exec(sql, *bindings).toArray()

    async def storage_error(self, what):
        storage = self.ctx.storage
        if what == "undefined":
            return await storage.put("k")
        if what == "alarm":
            return await storage.setAlarm(-1)
        if what == "start and after":
            return await storage.list(start="a", startAfter="b")
        if what == "limit":
            return await storage.list(limit=0)
        if what == "recovery":
            return await storage.getBookmarkForTime(0)
        if what == "syntax":
            return storage.sql.exec("selec 1")
        if what == "reserved":
            return storage.sql.exec("SELECT * FROM _cf_KV")
        if what == "function":
            return await storage.put("k", lambda: None)
        raise AssertionError(what)

    # ---- alarms ----

    async def set_alarm(self, milliseconds, fails=0):
        await self.ctx.storage.put("fails", fails)
        SHARED[str(self.ctx.id)] = []
        await self.ctx.storage.setAlarm(js.Date.now() + milliseconds)
        return await self.ctx.storage.getAlarm()

    async def get_alarm(self):
        return await self.ctx.storage.getAlarm()

    async def delete_alarm(self):
        await self.ctx.storage.deleteAlarm()

    async def alarm(self, info):
        SHARED.setdefault(str(self.ctx.id), []).append(
            [info.retryCount, info.isRetry, info.scheduledTime, await self.ctx.storage.getAlarm(), self.ctx.id.name]
        )
        if info.retryCount < (await self.ctx.storage.get("fails") or 0):
            raise ValueError("the alarm fails")

    # ---- references ----

    async def apply(self, function, value):
        return await function(value)

    async def apply_all(self, functions):
        return [await function(number) for number, function in enumerate(functions)]

    async def keep(self, function):
        self.kept = function

    async def keep_dup(self, function):
        self.kept = function.dup()

    async def use_kept(self, *values):
        return await self.kept(*values)

    async def release_kept(self):
        self.kept.dispose()

    async def bump(self, counter, by):
        await counter.add(by)
        return await counter.add(by)

    async def adder(self, first):
        return lambda second: first + second

    async def writer(self):
        async def write(value):
            await self.ctx.storage.put("through the function", value)
            return value

        return write

    async def methods(self):
        return {"double": lambda value: value * 2, "plain": 5}

    async def counter(self):
        class Counter(import_from_javascript("cloudflare:workers").RpcTarget):
            def __init__(self):
                self.count = 0

            async def add(self, by):
                self.count += by
                return self.count

            async def fail(self):
                raise ValueError("from the target")

        return Counter()

    async def call_stub(self, stub, method, *values):
        return await getattr(stub, method)(*values)

    async def name_of_stub(self, stub):
        return [stub.name, str(stub.id)]

    # ---- streams ----

    async def collect(self, stream):
        return bytes((await js.Response.new(stream).bytes()).to_bytes())

    async def source(self, chunks):
        def pull(controller):
            for number in range(chunks):
                controller.enqueue(js.TextEncoder.new().encode(f"chunk {number} "))
            controller.close()

        return ReadableStream.new(to_js({"pull": pull}, dict_converter=js.Object.fromEntries))

    async def fill(self, stream):
        writer = stream.getWriter()
        for part in ("first ", "second"):
            await writer.write(js.TextEncoder.new().encode(part))
        await writer.close()

    async def response_text(self, response):
        return [response.status, response.headers.get("x-a"), await response.text()]

    async def request_text(self, request):
        return [request.method, request.url, request.headers.get("x-a"), await request.text()]

    async def header_pairs(self, headers):
        return [list(pair) for pair in headers]

    async def blob_text(self, blob):
        return [type(blob).__name__, blob.content_type, await blob.text()]

    # ---- identity ----

    async def identity(self):
        return [str(self.ctx.id), self.ctx.id.name]

    async def properties(self):
        return [type(self.ctx.props).__name__, hasattr(self.ctx, "exports")]

    # ---- fetch ----

    async def fetch(self, request):
        path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
        if path == "describe":
            return Response(f"{request.method} {request.url} {request.headers.get('x-a')} {await request.text()}")
        if path == "status":
            return Response(b"teapot", status=418, headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")])
        if path == "throw":
            raise ValueError("in the object's fetch")
        if path == "none":
            return None
        if path == "redirect":
            return Response.redirect("https://other.host/describe")
        if path == "echo":
            return Response(request.js_object.body)
        if path == "cf":
            return Response(str(request.cf is not None and request.cf.colo))
        if path == "abort":
            self.ctx.abort("aborted in fetch")
        if path == "empty":
            return Response(None, status=204)
        if path == "later":

            async def later():
                await asyncio.sleep(0.01)
                await self.ctx.storage.put("later", "done")

            self.ctx.waitUntil(later())
            return Response("at once")
        if path in ("hang", "drip"):
            self._signal = request.js_object.signal
            if path == "drip":
                return Response(self._stream("endless"))
            left = asyncio.Event()
            self._signal.addEventListener("abort", lambda _event: left.set())
            await left.wait()
            return Response("too late")
        if path in ("endless", "breaking"):
            return Response(self._stream(path))
        if path.startswith("socket"):
            return self._socket(path.partition("/")[2])
        return Response("not found", status=404)

    async def give_up_on(self, name):
        controller = js.AbortController.new()
        writing = self.ctx.storage.put("n", 1)  # the request waits for the write
        fetching = self.env.THING.getByName(name).js_object.fetch("https://any.host/hang", signal=controller.signal)
        await writing
        await asyncio.sleep(0.01)
        controller.abort()
        try:
            await fetching
        except Exception as problem:
            return str(problem)

    async def reason_of_signal(self):
        signal = getattr(self, "_signal", None)
        return "" if signal is None else str(signal.reason) if signal.aborted else "none"

    def _stream(self, kind):
        count = 0

        async def pull(controller):
            nonlocal count
            count += 1
            if kind == "breaking" and count > 1:
                raise ValueError("broke on the way")
            await asyncio.sleep(0.001)
            controller.enqueue(js.TextEncoder.new().encode("x" * 100))

        def cancel(_reason):
            SHARED[str(self.ctx.id)] = "cancelled"

        return ReadableStream.new(to_js({"pull": pull, "cancel": cancel}, dict_converter=js.Object.fromEntries))

    # ---- sockets ----

    def _socket(self, kind):
        client, server = WebSocketPair.new().object_values()
        if kind == "plain":
            server.accept()
            server.binaryType = "arraybuffer"

            async def received(event):
                await self._said(server, event.data)

            server.addEventListener("message", received)
            server.addEventListener(
                "close", lambda event: self._note_close(event.code, event.reason, event.wasClean, server.readyState)
            )
        else:
            self.ctx.acceptWebSocket(server, to_js([kind, "all"]))
            server.serializeAttachment(to_js({"kind": kind, "start": self.start}, dict_converter=js.Object.fromEntries))
        server.send(f"welcome {kind}")
        return Response(None, status=101, web_socket=client)

    def _note_close(self, *how):
        SHARED.setdefault(str(self.ctx.id), []).append(list(how))

    async def _said(self, ws, message):
        if not isinstance(message, str):
            ws.send(to_js(bytes(message.to_bytes())[::-1]))
        elif message == "close":
            ws.close(4001, "as asked")
        elif message == "close without code":
            ws.close()
        elif message == "abort":
            self.ctx.abort("from a message")
        elif message == "throw":
            raise ValueError("in a message handler")
        elif message == "tags":
            ws.send(",".join(self.ctx.getTags(ws)))
        elif message == "attachment":
            ws.send(js.JSON.stringify(ws.deserializeAttachment()))
        elif message == "count":
            ws.send(f"{len(self.ctx.getWebSockets())} {len(self.ctx.getWebSockets('all'))} {self.start}")
        elif message == "broadcast":
            for socket in self.ctx.getWebSockets():
                socket.send("to all")
        elif message == "slow":
            await asyncio.sleep(0.05)
            ws.send("slow")
        elif message == "storage":
            await self.ctx.storage.put("from the socket", 1)
            ws.send(str(await self.ctx.storage.get("from the socket")))
        elif message == "auto":
            self.ctx.setWebSocketAutoResponse(js.WebSocketRequestResponsePair.new("ping", "pong"))
            ws.send("auto set")
        elif message == "timestamp":
            ws.send(str(bool(self.ctx.getWebSocketAutoResponseTimestamp(ws))))
        else:
            ws.send(f"echo {message}")

    async def webSocketMessage(self, ws, message):
        await self._said(ws, message)

    async def webSocketClose(self, ws, code, reason, was_clean):
        self._note_close(code, reason, was_clean, ws.readyState, len(self.ctx.getWebSockets()))
        if code == 4444:
            return
        if ws.readyState == 2:
            ws.send("goodbye")
            ws.close(1000 if code in (1005, 1006) else code, reason)

    async def socket_count(self):
        return len(self.ctx.getWebSockets())


class Named(WorkerEntrypoint):
    """An entrypoint, for service bindings."""

    instances = 0

    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        Named.instances += 1
        self.calls = 0

    async def add(self, a, b=1):
        self.calls += 1
        return [a + b, self.calls]

    async def props(self):
        return self.ctx.props.to_py()

    async def fail(self, how):
        return make_error(how)

    async def with_props(self):
        return await self.ctx.exports.Named(props={"added": [1]}).props()

    async def exports(self):
        return sorted(self.ctx.exports.object_keys())

    async def later(self, stub):
        async def work():
            await asyncio.sleep(0.01)
            await kept.put("from waitUntil", 1)

        kept = stub
        self.ctx.waitUntil(work())
        return "at once"

    async def fetch(self, request):
        return Response(f"{request.method} {request.url}")


class Old(DurableObject):
    """Its class is migrated with new_classes: no SQL."""

    async def increment(self):
        value = (await self.ctx.storage.get("n") or 0) + 1
        await self.ctx.storage.put("n", value)
        return value

    async def use(self, what):
        if what == "sql":
            return self.ctx.storage.sql.exec("SELECT 1")
        if what == "kv":
            return self.ctx.storage.kv.get("x")
        return self.ctx.storage.transactionSync(lambda: "transacted")

    async def set_alarm(self):
        await self.ctx.storage.setAlarm(js.Date.now() + 600_000)


class Asker(DurableObject):
    """Runs cases inside an object."""

    async def fetch(self, request):
        from probe import run_case

        return await run_case(self.env, request)
