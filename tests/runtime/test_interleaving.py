"""Random events of one object, with real storage, against a model of what the gates promise.

Every step of every event goes into one trace. What has to hold whatever the interleaving (spec/durable-objects.md,
section 3): events start in order; nothing comes between two steps of an event with only storage awaits between them;
nothing of others comes between begin and end of a block or a transaction; a read sees the last write that was not
rolled back; what leaves does so in order, and what was written before it survives a reset; so does what a completed
event wrote.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.js import timers
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.tasks import make_task
from tests.runtime.harness import Objects, settle

if TYPE_CHECKING:
    from pathlib import Path

KEYS = ("a", "b", "c")
STEPS = ("read", "read", "write", "write", "write", "pause", "pause", "send", "block", "transaction", "timer", "task")


class RolledBack(Exception):
    """Ends a transaction on purpose."""


class Recorder:
    """What happened, in order, across instances."""

    def __init__(self) -> None:
        self.trace: list[tuple[Any, ...]] = []
        self.sent: list[tuple[int, dict[str, Any]]] = []
        self.numbers = iter(range(1, 10**9))


RECORDER = Recorder()


class Subject:
    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.storage = ctx.storage

    def note(self, *what: Any) -> None:
        RECORDER.trace.append(what)

    async def run(self, event: Any, chance: random.Random, count: int) -> Any:
        self.note("start", event)
        await self.steps(event, chance, count, STEPS)
        self.note("end", event)
        return event

    async def steps(self, event: Any, chance: random.Random, count: int, kinds: tuple[str, ...]) -> None:
        for _ in range(count):
            await getattr(self, chance.choice(kinds))(event, chance)

    async def read(self, event: Any, chance: random.Random) -> None:
        key = chance.choice(KEYS)
        self.note("read", event, key, await self.storage.get(key))

    async def write(self, event: Any, chance: random.Random) -> None:
        key, number = chance.choice(KEYS), next(RECORDER.numbers)
        self.note("write", event, key, number)
        await self.storage.put(key, number)

    async def pause(self, event: Any, chance: random.Random) -> None:
        self.note("pause", event)
        await asyncio.sleep(chance.choice((0, 0, 0.0005)))
        self.note("on", event)

    async def send(self, event: Any, chance: random.Random) -> None:
        number = next(RECORDER.numbers)
        seen = {key: self.storage._native.get(key) for key in KEYS}
        self.note("send", event, number)
        context.output(lambda: RECORDER.sent.append((number, seen)))

    async def block(self, event: Any, chance: random.Random) -> None:
        async def work() -> None:
            self.note("enter", event)
            await self.steps(event, chance, chance.randint(1, 4), ("read", "write", "pause"))
            self.note("leave", event)

        self.note("pause", event)
        await self.ctx.blockConcurrencyWhile(work)
        self.note("on", event)

    async def transaction(self, event: Any, chance: random.Random) -> None:
        keeps = chance.random() < 0.6

        async def work(_txn: Any) -> None:
            self.note("enter", event)
            self.note("begin", event)
            await self.steps(event, chance, chance.randint(1, 4), ("read", "write", "pause"))
            self.note("commit" if keeps else "rollback", event)
            self.note("leave", event)
            if not keeps:
                raise RolledBack

        self.note("pause", event)
        try:
            await self.storage.transaction(work)
        except RolledBack:
            assert not keeps
        self.note("on", event)

    async def timer(self, event: Any, chance: random.Random) -> None:
        inner = f"timer of {event} {next(RECORDER.numbers)}"
        timers.setTimeout(lambda: self.apart(inner, chance.randint(0, 3), chance.random()), chance.choice((0, 1)))

    async def task(self, event: Any, chance: random.Random) -> None:
        inner = f"task of {event} {next(RECORDER.numbers)}"
        asyncio.create_task(self.apart(inner, chance.randint(0, 3), chance.random()))  # noqa: RUF006 - the object has it

    async def apart(self, event: str, count: int, seed: float) -> None:
        await self.steps(event, random.Random(seed), count, ("read", "write", "pause"))

    async def die(self) -> None:
        self.ctx.abort("reset")

    async def everything(self) -> dict[str, Any]:
        return {key: self.storage._native.get(key) for key in KEYS}


def check_trace(trace: list[tuple[Any, ...]]) -> dict[str, Any]:
    """Replay the trace against the model; returns what storage has to hold at its end."""
    values: dict[str, Any] = {}
    saved: list[dict[str, Any]] = []
    running: Any = None
    holder: Any = None
    for number, (kind, event, *rest) in enumerate(trace):
        # An event that runs goes on until it pauses or ends; events that are apart end silently.
        if running is not None and event != running:
            previous = trace[number - 1]
            is_apart = isinstance(running, str)
            assert previous[0] in {"pause", "end", "leave"} or is_apart, (previous, trace[number])
        running = None if kind in {"pause", "end"} else event
        assert holder is None or event == holder or kind == "pause", (holder, trace[number])
        if kind == "enter":
            holder = event
        elif kind == "leave":
            holder = None
        elif kind == "begin":
            saved.append(dict(values))
        elif kind == "commit":
            saved.pop()
        elif kind == "rollback":
            values = saved.pop()
        elif kind == "write":
            values[rest[0]] = rest[1]
        elif kind == "read":
            assert rest[1] == values.get(rest[0]), trace[number]
    return values


@pytest.mark.parametrize("seed", range(12))
def test_random_events_keep_what_the_gates_promise(seed: int, tmp_path: Path, run_async: Any) -> None:
    chance = random.Random(seed)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(make_task)
        RECORDER.__init__()  # type: ignore[misc]
        objects = Objects(tmp_path, Subject)
        futures = []
        for event in range(25):
            futures.append(
                objects.call("Subject", "run", event, random.Random(f"{seed} {event}"), chance.randint(1, 6))
            )
            for _ in range(chance.choice((0, 0, 1, 3))):
                await asyncio.sleep(0)
        assert await asyncio.gather(*futures) == list(range(25))
        actor = objects.actor("Subject")
        async with asyncio.timeout(5):
            while not actor.is_idle:  # noqa: ASYNC110 - timers and tasks of the object
                await asyncio.sleep(0.001)
        assert [event for kind, event, *_ in RECORDER.trace if kind == "start"] == list(range(25))
        values = check_trace(RECORDER.trace)
        assert await objects.call("Subject", "everything") == {key: values.get(key) for key in KEYS}
        issued = [number for kind, _event, *rest in RECORDER.trace if kind == "send" for number in rest]
        assert [number for number, _ in RECORDER.sent] == issued
        assert objects.reports == []

    run_async(main())


@pytest.mark.parametrize("seed", range(12))
def test_a_reset_at_any_moment_loses_nothing_that_left_or_was_answered(
    seed: int, tmp_path: Path, run_async: Any
) -> None:
    chance = random.Random(seed)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(make_task)
        RECORDER.__init__()  # type: ignore[misc]
        objects = Objects(tmp_path, Subject)
        answered: list[int] = []
        futures = []
        for event in range(12):
            future = objects.call("Subject", "run", event, random.Random(f"{seed} {event}"), chance.randint(1, 5))
            future.add_done_callback(
                lambda done: answered.append(done.result()) if not done.cancelled() and not done.exception() else None
            )
            futures.append(future)
        for _ in range(chance.randint(1, 12)):
            await asyncio.sleep(0)
        with pytest.raises(JsException, match="reset"):
            await objects.call("Subject", "die")
        done_before, sent_before = list(answered), list(RECORDER.sent)
        trace = list(RECORDER.trace)
        await settle()
        await asyncio.gather(*futures, return_exceptions=True)
        assert answered == done_before, "an event was answered after the reset"
        stored = await objects.call("Subject", "everything")
        assert RECORDER.sent == sent_before, "something left after the reset"
        for key in KEYS:
            # In the order of the trace: what is stored is the newest durable write, or a newer one that was committed.
            writes = [rest[1] for kind, _event, *rest in trace if kind == "write" and rest[0] == key]
            assert stored[key] is None or stored[key] in writes
            promised = [seen[key] for _number, seen in sent_before if seen[key] is not None]
            if promised:
                assert writes.index(stored[key]) >= writes.index(promised[-1]) or _was_undone(trace, key)
        ends = [event for kind, event, *_ in trace if kind == "end" and event in done_before]
        assert sorted(ends) == sorted(done_before)
        for event in done_before:
            for key in KEYS:
                own = [rest[1] for kind, who, *rest in trace if kind == "write" and who == event and rest[0] == key]
                if own and not _was_undone(trace, key):
                    assert stored[key] is not None
                    assert stored[key] >= own[-1], (key, own[-1], stored)

    run_async(main())


def _was_undone(trace: list[tuple[Any, ...]], key: str) -> bool:
    """Whether a rollback may have taken a write of `key` back, so that an older one counts."""
    inside = False
    for kind, _event, *rest in trace:
        if kind == "begin":
            inside = True
        elif kind in {"commit", "rollback"}:
            inside = False
        elif kind == "write" and inside and rest[0] == key:
            return True
    return False
