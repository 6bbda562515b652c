"""The SDK over the real runtime, within one process: a Worker, its objects, a channel between them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from workers import Blob, DurableObject, Request, Response, WorkerEntrypoint, wait_until
from workers import env as importable_env
from workers._face import FACE, configure

from pywrangler.bindings.durable_objects import DurableObjectNamespace
from pywrangler.bindings.services import Fetcher
from pywrangler.config.model import Compat, DurableObjectClass, WorkerConfig
from pywrangler.runtime.channels.local import LocalChannel
from pywrangler.runtime.clock import SystemClock
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.request import Request as JsRequest
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.objects import ObjectHost
from pywrangler.runtime.ports import Event, Target
from pywrangler.runtime.worker import WorkerRuntime


class Counter(DurableObject):
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, value INTEGER)")
        self.alarms = 0

        @self.ctx.blockConcurrencyWhile
        async def prepare():
            self.prepared = await self.ctx.storage.get("prepared") or "new"

    async def increment(self, by=1):
        row = self.ctx.storage.sql.exec(
            "INSERT INTO counter VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET value = value + ?1 RETURNING value", by
        ).one()
        return row.value

    async def slow_increment(self):
        value = await self.ctx.storage.get("slow") or 0
        await self.ctx.storage.put("slow", value + 1)
        return value + 1

    def describe(self, options, blob=None):
        return {"name": self.ctx.id.name, "greeting": self.env.GREETING, "got": options, "prepared": self.prepared}

    async def echo(self, value):
        return value

    async def read(self, request):
        assert type(request) is Request
        return Response(f"{request.method} {await request.text()}", status=201)

    async def call_back(self, function):
        return await function(20)

    def fail(self):
        raise ValueError("from the object")

    def put_and_abort(self):
        self.ctx.storage.put("lost", 1)
        try:
            self.ctx.abort("because")
        except Exception:
            return "swallowed"

    async def lost(self):
        return await self.ctx.storage.get("lost")

    async def in_transaction(self):
        async def work(txn):
            await txn.put("t", 1)
            await asyncio.sleep(0)
            return await txn.get("t")

        return await self.ctx.storage.transaction(work)

    async def fetch(self, request):
        return Response(f"{request.method} {request.url} {request.headers['x-a']} {await request.text()}")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        assert type(request) is Request
        stub = self.env.COUNTERS.getByName("anna")
        if request.url.endswith("/object"):
            return await stub.fetch(request)
        if request.url.endswith("/bad"):
            return {"not": "a response"}
        if request.url.endswith("/later"):
            wait_until(self.later())
            self.ctx.waitUntil(self.later())
        return Response.json({"value": await stub.increment(), "greeting": importable_env.GREETING})

    async def later(self):
        done.append(self.env.GREETING)

    def add(self, a, b=0):
        return a + b

    async def scheduled(self, controller, env, ctx):
        done.append((controller.cron, env, ctx))


done: list[Any] = []


class Together:
    """One Worker with everything wired as a host does."""

    def __init__(self, root: Path) -> None:
        compat = Compat("2026-06-10")
        config = WorkerConfig(
            name="worker",
            config_path=root / "wrangler.jsonc",
            main=root / "entry.py",
            compat=compat,
            durable_object_classes=(DurableObjectClass("Counter", sqlite=True),),
        )
        exports = Exports(objects={"Counter": Counter}, entrypoints={"default": Default})
        self.reports: list[BaseException] = []
        self.objects = ObjectHost(
            config,
            exports,
            FACE,
            state_root=root,
            clock=SystemClock(),
            notice=self.reports.append,
            report=self.reports.append,
        )
        self.worker = WorkerRuntime(config, exports, FACE, lambda: self.objects, report=self.reports.append)
        self._channel = LocalChannel(self.worker)
        raw = plain(
            {
                "GREETING": "hello",
                "COUNTERS": DurableObjectNamespace.new(self, "worker", "Counter"),
                "SELF": Fetcher.new(self, "worker", "default"),
            }
        )
        self.worker.bind(raw, self)
        configure(compat, raw)

    def channel(self, worker: str) -> LocalChannel:
        assert worker == "worker"
        return self._channel

    async def fetch(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        request = JsRequest.from_wire(method, f"http://localhost{path}", [("x-a", "b")], body)
        return Response(await self.worker.fetch(Target("worker", "entrypoint"), request))

    @property
    def counter(self) -> Any:
        return importable_env.COUNTERS.getByName("anna")

    async def stop(self) -> None:
        await asyncio.gather(*self.worker.pending, return_exceptions=True)
        for actor in list(self.objects.actors.values()):
            actor.evict()
        self.objects.stop()
        self.objects.close()


@pytest.fixture
def together(tmp_path, run_async):
    """Return `run(use)`: gives `use` the Worker."""
    done.clear()

    def run(use):
        async def main():
            worker = Together(tmp_path)
            try:
                return await use(worker)
            finally:
                await worker.stop()

        return run_async(main())

    yield run
    configure(Compat("2026-06-10"))


def test_fetch_counts_in_the_object(together):
    async def use(worker):
        first, second = await worker.fetch("/"), await worker.fetch("/")
        return [await first.json(), await second.json()]

    assert together(use) == [{"value": 1, "greeting": "hello"}, {"value": 2, "greeting": "hello"}]


def test_request_goes_on_to_the_object(together):
    async def use(worker):
        return await (await worker.fetch("/object", "POST", b"body")).text()

    assert together(use) == "POST http://localhost/object b body"


def test_handler_without_response_fails_as_on_the_platform(together):
    async def use(worker):
        with pytest.raises(JsException, match="the Promise did not resolve to 'Response'"):
            await worker.fetch("/bad")

    together(use)


def test_wait_until_outlives_the_handler(together):
    async def use(worker):
        await worker.fetch("/later")
        await worker.stop()

    together(use)
    assert done == ["hello", "hello"]


def test_scheduled_handler_gets_three_arguments(together):
    async def use(worker):
        await worker.worker.deliver(
            Target("worker", "entrypoint"), Event("scheduled", {"cron": "* * * * *", "time": 5})
        )

    together(use)
    assert done == [("* * * * *", None, None)]


def test_methods_of_objects_take_and_give_python_values(together):
    async def use(worker):
        found = await worker.counter.describe({"a": [1, None, {"b": 2.0}]})
        assert found == {"name": "anna", "greeting": "hello", "got": {"a": [1, None, {"b": 2}]}, "prepared": "new"}
        assert found.got.a[2].b == 2

    together(use)


def test_keywords_are_one_dict_for_the_other_side(together):
    async def use(worker):
        return await worker.counter.echo(by=2)

    assert together(use) == {"by": 2}


def test_concurrent_read_modify_write_does_not_lose_updates(together):
    async def use(worker):
        return await asyncio.gather(*(worker.counter.slow_increment() for _ in range(5)))

    assert together(use) == [1, 2, 3, 4, 5]


def test_web_objects_travel(together):
    async def use(worker):
        blob = await worker.counter.echo(Blob("x", content_type="text/x"))
        assert (type(blob), blob.content_type, await blob.text()) == (Blob, "text/x", "x")
        nested = await worker.counter.echo({"list": [Blob("y")]})
        assert await nested.list[0].text() == "y"
        response = await worker.counter.read(Request("http://x.test/", method="PUT", body="data"))
        assert (type(response), response.status, await response.text()) == (Response, 201, "PUT data")

    together(use)


def test_functions_travel_by_reference(together):
    async def use(worker):
        async def double(value):
            return value * 2

        return await worker.counter.call_back(double)

    assert together(use) == 40


def test_tuple_is_refused(together):
    async def use(worker):
        with pytest.raises(TypeError, match="<class 'tuple'> cannot be sent over RPC"):
            await worker.counter.echo((1, 2))

    together(use)


def test_error_of_the_object_arrives_with_its_traceback(together):
    async def use(worker):
        with pytest.raises(JsException) as caught:
            await worker.counter.fail()
        return caught.value

    problem = together(use)
    assert problem.message.rstrip().endswith("ValueError: from the object")
    assert "Traceback (most recent call last):" in problem.message
    assert problem.remote is True


def test_missing_method(together):
    async def use(worker):
        with pytest.raises(JsException, match="Method nope does not exist"):
            await worker.counter.nope()

    together(use)


def test_abort_loses_what_was_not_committed(together):
    async def use(worker):
        with pytest.raises(JsException, match="because") as caught:
            await worker.counter.put_and_abort()
        assert caught.value.durableObjectReset is True
        return await worker.counter.lost()

    assert together(use) is None


def test_transaction_over_several_turns(together):
    async def use(worker):
        return await worker.counter.in_transaction()

    assert together(use) == 1


def test_service_binding_calls_methods(together):
    async def use(worker):
        service = importable_env.SELF
        response = await service.fetch("http://any/object", method="POST", body="b", headers={"x-a": "1"})
        return await service.add(1, 2), await response.text()

    assert together(use) == (3, "POST http://any/object 1 b")
