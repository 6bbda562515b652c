"""The gates of a Durable Object, alone: turns, held outputs, blocks and their order."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from pywrangler.runtime import gates


class Turns:
    """A storage that only counts commits."""

    def __init__(self, *, fails: bool = False) -> None:
        self.commits = 0
        self.problems: list[BaseException] = []
        self.fails = fails
        self.outputs = gates.OutputGate(self.commit, self.problems.append)
        self.inputs = gates.InputGate()

    def commit(self) -> None:
        if self.fails:
            raise OSError("disk full")
        self.commits += 1

    async def run(self, coroutine: Any) -> Any:
        result = await gates.drive(coroutine, self.inputs, self.outputs)
        self.outputs.end_turn()
        return result


def test_output_leaves_at_once_when_nothing_was_written() -> None:
    turns, sent = Turns(), []
    turns.outputs.hold(lambda: sent.append(1))
    assert sent == [1]


def test_output_after_a_write_waits_for_the_commit_and_keeps_its_order(run_async: Any) -> None:
    turns, sent = Turns(), []

    async def handler() -> None:
        turns.outputs.wrote()
        turns.outputs.hold(lambda: sent.append(("a", turns.commits)))
        turns.outputs.hold(lambda: sent.append(("b", turns.commits)))
        assert sent == []

    run_async(turns.run(handler()))
    assert sent == [("a", 1), ("b", 1)]


def test_a_failed_commit_sends_nothing(run_async: Any) -> None:
    turns, sent = Turns(fails=True), []

    async def handler() -> None:
        turns.outputs.wrote()
        turns.outputs.hold(lambda: sent.append(1))

    run_async(turns.run(handler()))
    assert sent == []
    assert [str(problem) for problem in turns.problems] == ["disk full"]


def test_writes_without_suspension_are_one_commit_and_a_suspension_ends_the_turn(run_async: Any) -> None:
    turns = Turns()

    async def handler() -> None:
        turns.outputs.wrote()
        turns.outputs.wrote()
        assert turns.commits == 0
        await asyncio.sleep(0)
        assert turns.commits == 1
        turns.outputs.wrote()

    run_async(turns.run(handler()))
    assert turns.commits == 2


def test_a_write_outside_a_task_is_committed_in_the_next_round_of_the_loop(run_async: Any) -> None:
    turns = Turns()

    async def main() -> None:
        turns.outputs.wrote()
        assert turns.commits == 0
        await asyncio.sleep(0)
        assert turns.commits == 1

    run_async(main())


def test_driving_passes_results_exceptions_and_cancellation(run_async: Any) -> None:
    turns = Turns()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("mine")

    async def gives() -> int:
        await asyncio.sleep(0)
        return 7

    async def waits() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            return "cancelled"
        return "done"

    async def main() -> None:
        assert await turns.run(gives()) == 7
        with pytest.raises(ValueError, match="mine"):
            await turns.run(fails())
        task = asyncio.create_task(turns.run(waits()))
        await asyncio.sleep(0)
        task.cancel()
        assert await task == "cancelled"

    run_async(main())


def test_a_block_holds_back_continuations_of_others_but_not_its_own(run_async: Any) -> None:
    turns, seen = Turns(), []

    async def other() -> None:
        seen.append("other 1")
        await asyncio.sleep(0)
        seen.append("other 2")

    async def main() -> None:
        task = asyncio.create_task(turns.run(other()))
        await asyncio.sleep(0)
        token = turns.inputs.block()

        async def own() -> None:
            for step in range(5):
                await asyncio.sleep(0)
                seen.append(f"own {step}")

        undo = gates.hold_tokens(gates.holding(token))
        await turns.run(own())
        gates.drop_tokens(undo)
        turns.inputs.release(token)
        await task

    run_async(main())
    assert seen == ["other 1", "own 0", "own 1", "own 2", "own 3", "own 4", "other 2"]


def test_those_who_wait_go_on_in_the_order_in_which_they_came(run_async: Any) -> None:
    turns, seen = Turns(), []

    async def event(number: int) -> None:
        await turns.inputs.admission()
        seen.append(number)

    async def main() -> None:
        token = turns.inputs.block()
        tasks = [asyncio.create_task(event(number)) for number in range(20)]
        await asyncio.sleep(0)
        turns.inputs.release(token)
        await asyncio.gather(*tasks)

    run_async(main())
    assert seen == list(range(20))


def test_nesting_is_limited_to_64() -> None:
    turns = Turns()
    for _ in range(64):
        turns.inputs.block()
    with pytest.raises(Exception, match="nested too deeply"):
        turns.inputs.block()


@pytest.mark.parametrize("seed", range(20))
def test_random_events_never_run_inside_a_block_of_another(seed: int, run_async: Any) -> None:
    """Model: while a block is held, steps of nobody else are recorded."""
    chance = random.Random(seed)
    turns, trace = Turns(), []

    async def event(name: int) -> None:
        await turns.inputs.admission()
        await gates.drive(steps(name), turns.inputs, turns.outputs)

    async def steps(name: int) -> None:
        for _ in range(chance.randint(1, 4)):
            trace.append(("step", name))
            if chance.random() < 0.4:
                token = turns.inputs.block()
                undo = gates.hold_tokens(gates.holding(token))
                trace.append(("enter", name))
                for _ in range(chance.randint(1, 3)):
                    await asyncio.sleep(0)
                    trace.append(("step", name))
                trace.append(("leave", name))
                gates.drop_tokens(undo)
                turns.inputs.release(token)
            else:
                await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(event(number) for number in range(8)))

    run_async(main())
    holder = None
    for kind, name in trace:
        if kind == "enter":
            assert holder is None
            holder = name
        elif kind == "leave":
            assert holder == name
            holder = None
        else:
            assert holder in (None, name)


def test_nobody_overtakes_those_who_waited(run_async: Any) -> None:
    """An event that arrives in the very round in which the gate opens comes after those who waited."""
    turns, seen = Turns(), []

    async def event(name: str) -> None:
        if turns.inputs.is_closed:
            await turns.inputs.admission()
        seen.append(name)

    async def main() -> None:
        token = turns.inputs.block()
        tasks = [asyncio.create_task(event(f"waited {number}")) for number in range(3)]
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(turns.inputs.release, token)
        tasks.append(asyncio.create_task(event("came later")))
        await asyncio.gather(*tasks)

    run_async(main())
    assert seen == ["waited 0", "waited 1", "waited 2", "came later"]


def test_those_who_have_to_wait_again_keep_their_place(run_async: Any) -> None:
    turns, seen = Turns(), []

    async def event(name: str, *, blocks: bool = False) -> None:
        if turns.inputs.is_closed:
            await turns.inputs.admission()
        seen.append(name)
        if blocks:
            token = turns.inputs.block()
            later.append(asyncio.create_task(event("d")))
            await asyncio.sleep(0.001)
            turns.inputs.release(token)

    later: list[Any] = []

    async def main() -> None:
        token = turns.inputs.block()
        tasks = [asyncio.create_task(event(name, blocks=name == "a")) for name in "abc"]
        await asyncio.sleep(0)
        turns.inputs.release(token)
        await asyncio.gather(*tasks)
        await asyncio.gather(*later)

    run_async(main())
    assert seen == ["a", "b", "c", "d"]


def test_one_who_gives_up_waiting_blocks_nobody(run_async: Any) -> None:
    turns, seen = Turns(), []

    async def event(name: str) -> None:
        if turns.inputs.is_closed:
            await turns.inputs.admission()
        seen.append(name)

    async def main() -> None:
        token = turns.inputs.block()
        tasks = [asyncio.create_task(event(name)) for name in "abc"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        turns.inputs.release(token)
        tasks[1].cancel()
        await asyncio.wait(tasks)
        assert not turns.inputs.is_closed
        await event("d")

    run_async(main())
    assert seen == ["c", "d"]


@pytest.mark.parametrize("end", ["exception", "timeout"])
def test_a_continuation_with_an_exception_waits_for_the_block_of_another(run_async: Any, end: str) -> None:
    turns, seen = Turns(), []

    async def other(failing: asyncio.Future[None]) -> None:
        try:
            async with asyncio.timeout(0.002 if end == "timeout" else None):
                await failing
        except (ValueError, TimeoutError):
            seen.append("exception arrived")

    async def main() -> None:
        failing = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(turns.run(other(failing)))
        await asyncio.sleep(0)
        token = turns.inputs.block()
        if end == "exception":
            failing.set_exception(ValueError("it"))
        await asyncio.sleep(0.01)
        seen.append("end of the block")
        turns.inputs.release(token)
        await task

    run_async(main())
    assert seen == ["end of the block", "exception arrived"]
