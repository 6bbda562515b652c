"""A client that leaves: what ends, and what goes on.

Measured with workerd 2026-10-12 (that of wrangler 4.164.0, `workerd serve`): handlers like those below in JavaScript, a
client that resets the connection (SO_LINGER 0) after 0.3 s.

    the handler awaits a save that takes 1 s                     nothing is saved, the handler does not go on
    ... which was given to `waitUntil`                           saved, the handler goes on
    ... while `waitUntil` has another promise that takes 2 s     saved, the handler goes on
    the handler awaits a method of an object                     that does its work, the handler does not go on
    a stream is read whose source is written in `pull`           cancelled, no further pull

`wrangler dev` 4.164.0 lets every handler go on whose client closes the connection before the response begins (`curl
--max-time 0.3`): its proxy does not pass that on. Here the rule of production holds.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.config.model import Compat, WorkerConfig
from pywrangler.host.application import Application
from pywrangler.runtime import cancellation
from pywrangler.runtime.environment import to_js_value
from pywrangler.runtime.exports import Exports
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.sockets import WebSocketPair
from pywrangler.runtime.tasks import make_task
from pywrangler.runtime.worker import WorkerRuntime
from tests.http.conftest import running, until
from tests.runtime.harness import PlainFace

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Scene:
    """What the handler of a test shares with the test."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.seen: list[str] = []
        self.shared: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def save(self) -> None:
        self.begun.set()
        await self.gate.wait()
        self.seen.append("saved")


async def awaits(scene: Scene, _ctx: Any) -> None:
    await scene.save()


async def awaits_what_goes_on(scene: Scene, ctx: Any) -> None:
    task = asyncio.create_task(scene.save())
    ctx.waitUntil(task)
    await task


async def awaits_while_something_goes_on(scene: Scene, ctx: Any) -> None:
    ctx.waitUntil(scene.save())
    await scene.shared


async def awaits_what_others_await(scene: Scene, _ctx: Any) -> None:
    scene.begun.set()
    await scene.shared


async def awaits_several(scene: Scene, ctx: Any) -> None:
    task = asyncio.create_task(scene.save())
    ctx.waitUntil(task)
    await asyncio.gather(scene.shared, task)


CASES = [
    (awaits, ["left"], []),
    (awaits_what_goes_on, [], ["saved", "went on"]),
    (awaits_while_something_goes_on, [], ["saved", "left"]),
    (awaits_what_others_await, ["left"], []),
    (awaits_several, [], ["saved", "left"]),
]


def application(handle: Callable[[Any], Awaitable[Any]]) -> Application:
    class Default:
        def __init__(self, ctx: Any, _env: Any) -> None:
            self.ctx = ctx

        async def fetch(self, _request: Any) -> Any:
            return await handle(self.ctx)

        async def scheduled(self, _controller: Any, _env: Any, _ctx: Any) -> None:
            await handle(self.ctx)

    config = WorkerConfig("tested", Path("/nowhere/wrangler.jsonc"), Path("/nowhere/entry.py"), Compat("2026-06-10"))
    exports = Exports(entrypoints={"default": Default})
    worker = WorkerRuntime(config, exports, PlainFace(), lambda: None, report=print)  # type: ignore[arg-type, return-value]
    worker.env = to_js_value({})
    asyncio.get_running_loop().set_task_factory(make_task)
    return Application(worker, Path("/nowhere"), print, "tested", state_root=Path("/nowhere"))


@pytest.mark.parametrize(("handle", "at_once", "later"), CASES, ids=[case[0].__name__ for case in CASES])
def test_only_the_handler_ends_and_waits_for_what_it_gave_to_wait_until(
    run: Any, handle: Any, at_once: list[str], later: list[str]
) -> None:
    async def scenario() -> None:
        scene = Scene()

        async def whole(ctx: Any) -> Any:
            try:
                await handle(scene, ctx)
            except asyncio.CancelledError:
                scene.seen.append("left")
                raise
            scene.seen.append("went on")
            return Response.new("x")

        async with running(application(whole)) as site:
            client = await site.connect()
            client.get()
            await scene.begun.wait()
            await client.close()
            await until(lambda: not site.server.connections)
            await until(lambda: len(scene.seen) == len(at_once))
            scene.gate.set()
            await until(lambda: len(scene.seen) == len(at_once + later))
            assert scene.seen == at_once + later
            assert not scene.shared.done()

    run(scenario())


def test_a_handler_does_not_linger_for_ever(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancellation, "LINGER_SECONDS", 0.01)

    async def scenario() -> None:
        scene = Scene()

        async def handle(ctx: Any) -> None:
            ctx.waitUntil(scene.save())
            try:
                await scene.shared
            finally:
                scene.seen.append("left")

        async with running(application(handle)) as site:
            client = await site.connect()
            client.get()
            await scene.begun.wait()
            await client.close()
            await until(lambda: scene.seen)
            scene.gate.set()
            await until(lambda: scene.seen == ["left", "saved"])

    run(scenario())


@pytest.mark.parametrize("kind", ["stream", "socket"])
def test_a_response_that_comes_too_late_is_let_go(run: Any, kind: str) -> None:
    async def scenario() -> None:
        scene = Scene()
        ended = asyncio.Event()

        class Source:
            async def pull(self) -> None:
                pass

            def cancel(self, reason: Any) -> None:
                ended.set()

        async def handle(ctx: Any) -> Any:
            task = asyncio.create_task(scene.save())
            ctx.waitUntil(task)
            await task
            if kind == "stream":
                from pywrangler.runtime.js.readable import ReadableStream

                return Response.from_wire(200, "", [], ReadableStream.from_source(Source()))
            client, server = WebSocketPair.new().object_values()
            server.accept()
            server.addEventListener("close", lambda _event: ended.set())
            return Response.new(None, status=101, webSocket=client)

        async with running(application(handle)) as site:
            client = await site.connect()
            client.get()
            await scene.begun.wait()
            await client.close()
            await until(lambda: not site.server.connections)
            scene.gate.set()
            await ended.wait()

    run(scenario())


def test_a_scheduled_event_goes_on_without_the_client_that_asked_for_it(run: Any) -> None:
    async def scenario() -> None:
        scene = Scene()

        async def handle(_ctx: Any) -> None:
            await scene.save()

        async with running(application(handle)) as site:
            client = await site.connect()
            client.get("/cdn-cgi/local/scheduled")
            await scene.begun.wait()
            await client.close()
            await until(lambda: not site.server.connections)
            scene.gate.set()
            await until(lambda: scene.seen == ["saved"])

    run(scenario())
