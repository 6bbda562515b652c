"""Order, gates and transactions (spec/durable-objects.md, section 3)."""

import asyncio
import time

from probe import failure, same


async def concurrent_calls_start_in_order(probe):
    thing = probe.thing()
    same(await asyncio.gather(*(thing.note(number) for number in range(20))), list(range(20)))
    same(await thing.noted(), list(range(20)))


async def calls_of_two_stubs_start_in_order(probe):
    first = probe.thing()
    second = probe.again(first)
    calls = [(first, second)[number % 2].note(number) for number in range(20)]
    await asyncio.gather(*calls)
    same(await first.noted(), list(range(20)))


async def fetches_and_calls_start_in_order(probe):
    thing = probe.thing()
    calls = [thing.note(1), thing.fetch("https://host/describe"), thing.note(2)]
    await asyncio.gather(*calls)
    same(await thing.noted(), [1, 2])


async def increments_with_storage_awaits_are_atomic(probe):
    thing = probe.thing()
    same(await asyncio.gather(*(thing.increment() for _ in range(20))), list(range(1, 21)))
    same(await asyncio.gather(*(thing.increment_sql() for _ in range(20))), list(range(1, 21)))


async def other_awaits_let_events_in(probe):
    thing = probe.thing()
    same(await asyncio.gather(*(thing.increment_with_pause(0.02) for _ in range(3))), [1, 1, 1])


async def storage_awaits_do_not_interleave(probe):
    thing = probe.thing()
    await asyncio.gather(thing.steps("1"), thing.steps("2"))
    same(await thing.noted(), ["s1", "m1", "e1", "s2", "m2", "e2"])


async def a_block_holds_everybody_else_back(probe):
    thing = probe.thing()
    clock = asyncio.get_running_loop().time  # what the block sleeps by
    started = clock()
    results = await asyncio.gather(thing.block(0.05), thing.note(1), thing.fetch("https://host/describe"))
    same(results[0], "value of the block")
    same(await thing.noted(), ["enter", "leave", 1])
    assert round(clock() - started, 3) >= 0.05


async def a_transaction_holds_everybody_else_back_and_commits(probe):
    thing = probe.thing()
    results = await asyncio.gather(thing.transact(False, 0.02), thing.note(1))
    same(results, ["value of the transaction", 1])
    same(await thing.noted(), ["enter", "leave", 1])
    same(await thing.list_all(), {"t": "inside", "u": "inside"})


async def a_failing_transaction_rolls_back_and_resets_nothing(probe):
    thing = probe.thing()
    error = await failure(thing.transact(True, 0.01))
    assert "ValueError: rolls back" in error.message
    same(await thing.list_all(), {})
    same(await thing.which_start(), 1)


async def objects_do_not_wait_for_each_other(probe):
    first, second = probe.thing(), probe.thing()
    blocked = first.block(0.1)
    started = time.monotonic()
    await second.note(1)
    assert time.monotonic() - started < 0.1
    await blocked


async def a_slow_constructor_holds_every_event_back(probe):
    thing = probe.thing("block slow")
    same(await asyncio.gather(*(thing.is_prepared() for _ in range(5))), [True] * 5)
