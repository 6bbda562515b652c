"""What keeps an object in memory, and what ends with it (spec/durable-objects.md, sections 2 and 3)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime.clone_hosts import Outgoing
from pywrangler.runtime.context import EventContext
from pywrangler.runtime.js import timers
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.references import Export
from pywrangler.runtime.tasks import make_task
from tests.runtime.harness import Objects, settle

if TYPE_CHECKING:
    from pathlib import Path


class Base:
    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.storage = ctx.storage
        self.seen: list[Any] = []

    async def events(self) -> list[Any]:
        return self.seen


def objects_of(root: Path, *classes: type) -> Objects:
    asyncio.get_running_loop().set_task_factory(make_task)
    return Objects(root, *classes)


# ---- timers ----------------------------------------------------------------------------------------------


class Timed(Base):
    async def start(self, milliseconds: float) -> int:
        return timers.setTimeout(lambda: self.seen.append("fired"), milliseconds)

    async def start_writing(self) -> None:
        async def write() -> None:
            await self.storage.put("k", "written by a timer")

        timers.setTimeout(write, 0)

    async def stop(self, timer: int) -> None:
        timers.clearTimeout(timer)

    async def repeat(self) -> int:
        return timers.setInterval(lambda: self.seen.append("tick"), 1)

    async def block(self) -> None:
        async def work() -> None:
            await asyncio.sleep(0.02)
            self.seen.append("end of the block")

        await self.ctx.blockConcurrencyWhile(work)

    async def block_with_timer(self) -> None:
        async def work() -> None:
            fired = asyncio.get_running_loop().create_future()
            timers.setTimeout(lambda: fired.set_result(None), 0)
            await fired
            self.seen.append("own timer")

        await self.ctx.blockConcurrencyWhile(work)

    async def get(self) -> Any:
        return await self.storage.get("k")

    async def die(self) -> None:
        self.ctx.abort("enough")


def test_a_pending_timer_keeps_the_object_in_memory(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Timed)
        timer = await objects.call("Timed", "start", 60_000)
        await objects.clock.advance(30)
        assert objects.actor("Timed") is not None
        await objects.call("Timed", "stop", timer)
        await objects.clock.advance(12)
        assert objects.actor("Timed") is None

    run_async(main())


def test_an_interval_keeps_the_object_in_memory_until_it_is_cleared(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Timed)
        timer = await objects.call("Timed", "repeat")
        await asyncio.sleep(0.01)
        await objects.clock.advance(30)
        assert "tick" in await objects.call("Timed", "events")
        await objects.call("Timed", "stop", timer)
        await objects.clock.advance(12)
        assert objects.actor("Timed") is None

    run_async(main())


def test_a_timer_that_fires_is_an_event_with_a_turn_of_its_own(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Timed)
        await objects.call("Timed", "start_writing")
        await asyncio.sleep(0.005)
        actor = objects.actor("Timed")
        assert not actor.storage.dirty
        actor.reset_by(JsException("Error", "afterwards"))
        assert await objects.call("Timed", "get") == "written by a timer"

    run_async(main())


def test_timers_wait_while_a_block_is_held(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Timed)
        await objects.call("Timed", "start", 1)
        await objects.call("Timed", "block")
        assert await objects.call("Timed", "events") == ["end of the block", "fired"]

    run_async(main())


def test_a_timer_of_the_block_itself_fires_in_it(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Timed)
        await objects.call("Timed", "block_with_timer")
        assert await objects.call("Timed", "events") == ["own timer"]

    run_async(main())


def test_timers_are_gone_after_a_reset(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Timed)
        await objects.call("Timed", "start", 1)
        instance = objects.actor("Timed").instance
        with pytest.raises(JsException, match="enough"):
            await objects.call("Timed", "die")
        await asyncio.sleep(0.01)
        assert instance.seen == []

    run_async(main())


# ---- tasks, streams, stubs -------------------------------------------------------------------------------


class Busy(Base):
    async def begin(self, gate: asyncio.Event) -> None:
        async def later() -> None:
            await gate.wait()
            self.seen.append("done")
            await self.storage.put("k", "from the task")

        self.task = asyncio.create_task(later())

    async def get(self) -> Any:
        return await self.storage.get("k")

    async def die(self) -> None:
        self.ctx.abort("enough")

    async def wait(self, gate: asyncio.Event) -> None:
        await gate.wait()


def test_a_task_keeps_the_object_in_memory_and_passes_its_gates(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects, gate = objects_of(tmp_path, Busy), asyncio.Event()
        await objects.call("Busy", "begin", gate)
        await objects.clock.advance(30)
        assert objects.actor("Busy") is not None
        gate.set()
        await settle()
        assert not objects.actor("Busy").storage.dirty
        await objects.clock.advance(12)
        assert objects.actor("Busy") is None
        assert await objects.call("Busy", "get") == "from the task"

    run_async(main())


def test_a_reset_cancels_tasks(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects, gate = objects_of(tmp_path, Busy), asyncio.Event()
        await objects.call("Busy", "begin", gate)
        instance = objects.actor("Busy").instance
        with pytest.raises(JsException, match="enough"):
            await objects.call("Busy", "die")
        await settle()
        assert instance.task.cancelled()

    run_async(main())


def event_of(objects: Objects, class_name: str) -> EventContext:
    actor = objects.actor(class_name)
    return EventContext(objects.worker, None, actor.state, actor.outputs, actor)


class Endless:
    """The source of a stream that gives one chunk and then waits."""

    def __init__(self) -> None:
        self.given = False

    async def pull(self) -> bytes:
        if self.given:
            await asyncio.get_running_loop().create_future()
        self.given = True
        return b"chunk"

    def cancel(self, reason: Any) -> None: ...


def test_a_stream_that_is_read_keeps_the_object_in_memory_and_breaks_with_it(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Busy)
        await objects.call("Busy", "get")
        outgoing = Outgoing(ReadableStream.from_source(Endless()), event_of(objects, "Busy"))
        assert await outgoing.take() == b"chunk"
        await objects.clock.advance(30)
        assert objects.actor("Busy") is not None
        reading = asyncio.create_task(outgoing.take())
        await settle()
        with pytest.raises(JsException, match="enough"):
            await objects.call("Busy", "die")
        with pytest.raises(JsException, match="enough") as caught:
            await reading
        assert caught.value.durableObjectReset is True

    run_async(main())


@pytest.mark.parametrize("end", ["read", "stopped", "forgotten"])
def test_a_stream_that_ended_keeps_nothing(tmp_path: Path, run_async: Any, end: str) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Busy)
        await objects.call("Busy", "get")
        outgoing = Outgoing(ReadableStream.of_bytes(b"x"), event_of(objects, "Busy"))
        if end == "read":
            assert [await outgoing.take(), await outgoing.take()] == [b"x", None]
        elif end == "stopped":
            outgoing.stop()
        del outgoing
        await objects.clock.advance(12)
        assert objects.actor("Busy") is None

    run_async(main())


def test_a_chunk_leaves_after_what_was_written_before_it(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Busy)
        await objects.call("Busy", "get")
        actor = objects.actor("Busy")

        class Writing(Endless):
            async def pull(self) -> bytes:
                actor.storage.put("k", 1)
                return b"chunk"

        outgoing = Outgoing(ReadableStream.from_source(Writing()), event_of(objects, "Busy"))
        assert await outgoing.take() == b"chunk"
        assert not actor.storage.dirty
        outgoing.stop()

    run_async(main())


# ---- handing over ----------------------------------------------------------------------------------------


def test_handing_over_waits_for_events_only(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects, gate = objects_of(tmp_path, Busy), asyncio.Event()
        await objects.call("Busy", "begin", gate)
        actor = objects.actor("Busy")
        export = Export(lambda: None, event_of(objects, "Busy"))
        export.hold()
        event = asyncio.Event()
        waiting = objects.call("Busy", "wait", event)
        await settle()
        idle = asyncio.create_task(actor.idle(0.01))
        await settle()
        assert not idle.done()
        event.set()
        await waiting
        await idle
        instance = actor.instance
        actor.hand_over()
        await settle()
        assert objects.actor("Busy") is None
        assert instance.task.cancelled()
        with pytest.raises(JsException, match="because its code was updated"):
            await export.run((), ())

    run_async(main())


def test_handing_over_waits_a_little_for_those_who_hold_stubs(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = objects_of(tmp_path, Busy)
        await objects.call("Busy", "get")
        actor = objects.actor("Busy")
        export = Export(lambda: "called", event_of(objects, "Busy"))
        export.hold()
        idle = asyncio.create_task(actor.idle(10))
        await settle()
        assert not idle.done()
        assert await export.run((), ()) == "called"
        await settle()
        assert not idle.done()
        export.release()
        await idle

    run_async(main())


def test_what_an_object_still_sends_goes_on_after_it_was_handed_over(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects, gate = objects_of(tmp_path, Busy), asyncio.Event()
        await objects.call("Busy", "begin", gate)
        actor = objects.actor("Busy")
        instance = actor.instance
        outgoing = Outgoing(ReadableStream.of_bytes(b"rest"), event_of(objects, "Busy"))
        actor.hand_over()
        assert await outgoing.take() == b"rest"
        await settle()
        assert not instance.task.done()
        instance.task.cancel()
        await asyncio.wait([instance.task])

    run_async(main())
