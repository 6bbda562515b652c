"""Durable Objects in one host: lifecycle, concurrency, resets (spec/durable-objects.md, sections 2 and 3)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pyodide.ffi import run_sync

from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.ports import Target
from tests.runtime.harness import Objects, settle

if TYPE_CHECKING:
    from pathlib import Path


class Base:
    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.env = env
        self.storage = ctx.storage


def test_there_is_one_instance_per_id(tmp_path: Path, run_async: Any) -> None:
    made: list[str] = []

    class Thing(Base):
        def __init__(self, ctx: Any, env: Any) -> None:
            super().__init__(ctx, env)
            made.append(str(ctx.id))

        async def who(self) -> int:
            await asyncio.sleep(0)
            return id(self)

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        same = await asyncio.gather(*(objects.call("Thing", "who") for _ in range(10)))
        other = await objects.call("Thing", "who", object_id="cd" * 32)
        assert len(set(same)) == 1
        assert other not in same
        assert made == ["ab" * 32, "cd" * 32]

    run_async(main())


def test_events_start_in_the_order_of_the_calls(tmp_path: Path, run_async: Any) -> None:
    seen: list[int] = []

    class Thing(Base):
        async def note(self, number: int) -> None:
            seen.append(number)
            await asyncio.sleep(0)

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        await asyncio.gather(*(objects.call("Thing", "note", number) for number in range(20)))

    run_async(main())
    assert seen == list(range(20))


def test_increments_with_storage_awaits_are_atomic(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def increment(self) -> int:
            value = (await self.storage.get("n") or 0) + 1
            await self.storage.put("n", value)
            return value

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        assert await asyncio.gather(*(objects.call("Thing", "increment") for _ in range(5))) == [1, 2, 3, 4, 5]

    run_async(main())


def test_other_awaits_let_events_in(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def increment(self) -> int:
            value = (await self.storage.get("n") or 0) + 1
            await asyncio.sleep(0)
            await self.storage.put("n", value)
            return value

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        assert await asyncio.gather(*(objects.call("Thing", "increment") for _ in range(3))) == [1, 1, 1]

    run_async(main())


def test_a_failing_constructor_fails_its_caller_and_the_next_event_constructs_anew(
    tmp_path: Path, run_async: Any
) -> None:
    attempts: list[int] = []

    class Thing(Base):
        def __init__(self, ctx: Any, env: Any) -> None:
            attempts.append(1)
            if len(attempts) == 1:
                raise ValueError("ctor bad")
            super().__init__(ctx, env)

        async def hi(self) -> str:
            return "hi"

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        with pytest.raises(JsException, match="ctor bad") as caught:
            await objects.call("Thing", "hi")
        assert caught.value.durableObjectReset is True
        assert await objects.call("Thing", "hi") == "hi"

    run_async(main())


def test_blocking_in_the_constructor_holds_back_every_event(tmp_path: Path, run_async: Any) -> None:
    seen: list[str] = []

    class Thing(Base):
        def __init__(self, ctx: Any, env: Any) -> None:
            super().__init__(ctx, env)

            @ctx.blockConcurrencyWhile
            async def prepare() -> None:
                for _ in range(5):
                    await asyncio.sleep(0)
                seen.append("prepared")

        async def note(self, number: int) -> None:
            seen.append(f"event {number}")

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        await asyncio.gather(*(objects.call("Thing", "note", number) for number in range(3)))

    run_async(main())
    assert seen == ["prepared", "event 0", "event 1", "event 2"]


def test_events_keep_their_order_while_the_constructor_waits(tmp_path: Path, run_async: Any) -> None:
    seen: list[str] = []

    class Thing(Base):
        def __init__(self, ctx: Any, env: Any) -> None:
            super().__init__(ctx, env)
            seen.append("constructed")
            run_sync(asyncio.sleep(0.001))
            run_sync(ctx.storage.put("k", 1))
            seen.append("waited")
            if blocks:

                @ctx.blockConcurrencyWhile
                async def prepare() -> None:
                    await asyncio.sleep(0)
                    seen.append("prepared")

        async def note(self, number: int) -> None:
            seen.append(f"event {number}")

    async def main() -> None:
        objects = Objects(tmp_path / str(blocks), Thing)
        await asyncio.gather(*(objects.call("Thing", "note", number) for number in range(3)))

    for blocks in (False, True):
        seen.clear()
        run_async(main())
        prepared = ["prepared"] if blocks else []
        assert seen == ["constructed", "waited", *prepared, "event 0", "event 1", "event 2"]


def test_a_failure_inside_block_concurrency_while_resets_the_object(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def bad(self) -> str:
            async def fails() -> None:
                raise ValueError("inside")

            await self.storage.put("k", 1)
            await self.ctx.blockConcurrencyWhile(fails)
            return "not reached"

        async def get(self) -> Any:
            return await self.storage.get("k")

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        with pytest.raises(JsException, match="inside") as caught:
            await objects.call("Thing", "bad")
        assert caught.value.durableObjectReset is True
        await settle()
        assert objects.actor("Thing") is None
        await objects.call("Thing", "get")
        assert objects.actor("Thing") is not None

    run_async(main())


def test_block_concurrency_while_returns_the_value_and_keeps_others_out(tmp_path: Path, run_async: Any) -> None:
    seen: list[str] = []

    class Thing(Base):
        async def slow(self) -> int:
            async def inside() -> int:
                seen.append("enter")
                for _ in range(5):
                    await asyncio.sleep(0)
                seen.append("leave")
                return 42

            return await self.ctx.blockConcurrencyWhile(inside)

        async def note(self) -> None:
            seen.append("other")

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        first = objects.call("Thing", "slow")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await objects.call("Thing", "note")
        assert await first == 42

    run_async(main())
    assert seen == ["enter", "leave", "other"]


def test_an_exception_in_a_handler_keeps_what_was_written(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def write_and_fail(self) -> None:
            self.storage.put("k", "kept")
            raise ValueError("after the write")

        async def get(self) -> Any:
            return await self.storage.get("k")

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        with pytest.raises(ValueError, match="after the write"):
            await objects.call("Thing", "write_and_fail")
        assert await objects.call("Thing", "get") == "kept"

    run_async(main())


def test_abort_loses_the_writes_of_the_turn_and_fails_everything_in_flight(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def wait(self) -> None:
            await asyncio.get_running_loop().create_future()

        async def die(self) -> None:
            await self.storage.put("k", "lost")
            self.ctx.abort("enough")

        async def get(self) -> Any:
            return await self.storage.get("k")

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        waiting = objects.call("Thing", "wait")
        await asyncio.sleep(0)
        with pytest.raises(JsException, match="enough"):
            await objects.call("Thing", "die")
        with pytest.raises(JsException, match="enough") as caught:
            await waiting
        assert caught.value.durableObjectReset is True
        assert await objects.call("Thing", "get") is None

    run_async(main())


def test_an_idle_object_is_evicted_after_ten_seconds_and_keeps_its_storage(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        def __init__(self, ctx: Any, env: Any) -> None:
            super().__init__(ctx, env)
            self.calls = 0

        async def count(self) -> tuple[int, Any]:
            self.calls += 1
            await self.storage.put("total", (await self.storage.get("total") or 0) + 1)
            return self.calls, await self.storage.get("total")

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        assert await objects.call("Thing", "count") == (1, 1)
        await objects.clock.advance(9)
        assert await objects.call("Thing", "count") == (2, 2)
        await objects.clock.advance(12)
        assert objects.actor("Thing") is None
        assert await objects.call("Thing", "count") == (1, 3)

    run_async(main())


def test_wait_until_keeps_the_object_in_memory_and_its_failure_is_reported(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def start(self, gate: asyncio.Event) -> None:
            async def later() -> None:
                await gate.wait()
                raise ValueError("later")

            self.ctx.waitUntil(later())

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        gate = asyncio.Event()
        await objects.call("Thing", "start", gate)
        await objects.clock.advance(30)
        assert objects.actor("Thing") is not None
        gate.set()
        await settle()
        await objects.clock.advance(30)
        assert objects.actor("Thing") is None
        assert [str(problem) for problem in objects.reports] == ["later"]

    run_async(main())


def test_what_is_sent_after_a_write_leaves_after_the_commit(tmp_path: Path, run_async: Any) -> None:
    seen: list[bool] = []

    class Thing(Base):
        async def write_and_send(self) -> None:
            actor = context.current().actor  # type: ignore[union-attr]
            self.storage.put("k", 1)
            context.output(lambda: seen.append(actor.storage.dirty))
            assert seen == []
            await asyncio.sleep(0)
            assert seen == [False]

    run_async(_call(tmp_path, Thing, "write_and_send"))
    assert seen == [False]


async def _call(root: Path, cls: type, method: str) -> Any:
    return await Objects(root, cls).call(cls.__name__, method)


def test_a_missing_method_is_the_platforms_type_error(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        plain = 5

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        with pytest.raises(JsException, match="Method nope does not exist"):
            await objects.call("Thing", "nope")

    run_async(main())


def test_a_class_that_is_not_exported_is_named_with_those_that_are(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        pass

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        with pytest.raises(JsException, match=r'"Other" is not exported by Worker "tested" \(exports: Thing\)'):
            objects.call("Other", "x")

    run_async(main())


def test_events_wait_for_an_object_that_the_predecessor_still_runs(tmp_path: Path, run_async: Any) -> None:
    class Thing(Base):
        async def hi(self) -> str:
            return "hi"

    async def main() -> None:
        objects = Objects(tmp_path, Thing)
        objects.host.expect_announcement()
        early = objects.call("Thing", "hi", object_id="01" * 32)
        busy = objects.call("Thing", "hi")
        await settle()
        assert not early.done()
        objects.host.expect([("Thing", "ab" * 32)])
        assert await early == "hi"
        await settle()
        assert not busy.done()
        objects.host.freed(("Thing", "ab" * 32))
        assert await busy == "hi"

    run_async(main())


def test_alarms_run_at_their_time_in_order_with_retries(tmp_path: Path, run_async: Any) -> None:
    seen: list[tuple[float, int]] = []

    class Thing(Base):
        async def start(self, when: float) -> None:
            await self.storage.setAlarm(when)

        async def alarm(self, info: Any) -> None:
            seen.append((objects.clock.now(), info.retryCount))
            if len(seen) < 3:
                raise ValueError("not yet")

    async def main() -> None:
        nonlocal objects
        objects = Objects(tmp_path, Thing)
        objects.host.start_alarms()
        await objects.call("Thing", "start", (objects.clock.now() + 5) * 1000)
        await objects.clock.advance(4.9)
        assert seen == []
        await objects.clock.advance(20)
        assert [count for _, count in seen] == [0, 1, 2]
        assert seen[0][0] == pytest.approx(1_000_005.0, abs=0.01)
        assert 2 <= seen[1][0] - seen[0][0] <= 2.6
        assert 4 <= seen[2][0] - seen[1][0] <= 5.1
        objects.host.stop()

    objects: Any = None
    run_async(main())


@pytest.mark.parametrize(
    ("character", "longest"),
    [("x", 1024), ("ö", 512), ("€", 341), ("😀", 256), ("\ud800", 341)],
)
def test_an_object_does_not_know_its_name_beyond_1024_bytes(
    tmp_path: Path, run_async: Any, character: str, longest: int
) -> None:
    """As wrangler 4.164 with `idFromName` and `getByName`; the id of the caller keeps the name."""

    class Named:
        def __init__(self, state: Any, env: Any) -> None:
            self.state = state

        def name(self) -> Any:
            return self.state.id.name

    async def main() -> list[Any]:
        objects = Objects(tmp_path, Named)
        names = [character * longest, character * (longest + 1)]
        return [
            await objects.host.call(Target("tested", "object", "Named", f"{number}" * 64, name), ("name",), ())
            for number, name in enumerate(names)
        ]

    assert run_async(main()) == [character * longest, None]
