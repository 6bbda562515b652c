"""Instances: made, reset, aborted (spec/durable-objects.md, section 2)."""

import asyncio

from probe import eventually, failure, same

RESET = "durableObjectReset"


async def there_is_one_instance_per_id(probe):
    thing = probe.thing()
    await asyncio.gather(*(thing.note(number) for number in range(5)), probe.again(thing).note(5))
    same(sorted(await thing.noted()), [0, 1, 2, 3, 4, 5])
    same(await thing.which_start(), 1)


async def making_a_stub_constructs_nothing(probe):
    stub = probe.thing()
    probe.again(stub)
    await asyncio.sleep(0.01)
    same(await stub.which_start(), 1)


async def a_failing_constructor_fails_its_caller_and_the_next_event_constructs_anew(probe):
    thing = probe.thing("constructor fails ")
    error = await failure(thing.echo(1))
    assert "ValueError: ctor bad" in error.message
    assert getattr(error, RESET) is True
    assert not hasattr(error, "remote")
    new = probe.again(thing)
    same(await new.which_start(), 2)
    same(await new.get("written"), None)


async def every_call_that_waited_for_a_failing_constructor_fails(probe):
    thing = probe.thing("block fails ")
    results = await asyncio.gather(thing.echo(1), thing.echo(2), return_exceptions=True)
    for error in results:
        assert "block bad" in str(error), results
        assert getattr(error, RESET) is True
    same(await probe.again(thing).which_start(), 2)


async def a_failure_inside_a_block_resets_the_object(probe):
    thing = probe.thing()
    await thing.put("committed", 1)
    error = await failure(thing.block_and_fail())
    assert "ValueError: inside the block" in error.message
    assert getattr(error, RESET) is True
    new = probe.again(thing)
    same(await new.which_start(), 2)
    same(await new.get("committed"), 1)


async def abort_loses_the_writes_of_the_turn_and_fails_the_caller(probe):
    thing = probe.thing()
    error = await failure(thing.abort("my reason"))
    same(str(error), "Error: my reason")
    assert getattr(error, RESET) is True
    assert not hasattr(error, "remote")
    same(await probe.again(thing).get("k"), None)


async def abort_without_a_reason_has_the_platforms_text(probe):
    error = await failure(probe.thing().abort())
    same(str(error), "Error: Application called abort() to reset Durable Object.")


async def abort_cannot_be_swallowed(probe):
    thing = probe.thing()
    same(str(await failure(thing.abort_in_except())), "Error: cannot be swallowed")
    same(await probe.again(thing).which_start(), 2)


async def abort_fails_everything_in_flight(probe):
    thing = probe.thing()
    waiting = asyncio.ensure_future(_wait(thing))
    fetching = asyncio.ensure_future(_fetch(probe.again(thing)))
    await eventually(lambda: probe.again(thing).shared())
    await failure(probe.again(thing).abort("enough"))
    for task in (waiting, fetching):
        error = await task
        same(str(error), "Error: enough")
        assert getattr(error, RESET) is True


async def _wait(thing):
    return await failure(thing.wait_for_ever())


async def _fetch(thing):
    waiting = thing.wait_for_ever()
    return await failure(waiting)


async def abort_in_fetch_rejects_the_fetch(probe):
    thing = probe.thing()
    error = await failure(thing.fetch("https://host/abort"), Exception)
    assert "aborted in fetch" in str(error), error
    same((await (await probe.again(thing).fetch("https://host/describe")).text())[:3], "GET")


async def a_stub_that_saw_a_reset_stays_broken_and_a_new_one_works(probe):
    thing = probe.thing()
    await failure(thing.abort("gone"))
    for _ in range(2):
        error = await failure(thing.echo(1))
        same(str(error), "Error: gone")
    assert "gone" in str(await failure(thing.fetch("https://host/describe"), Exception))
    same(await probe.again(thing).echo(1), 1)


async def a_stub_that_saw_nothing_of_the_reset_works(probe):
    thing = probe.thing()
    other = probe.again(thing)
    await failure(thing.abort("gone"))
    same(await other.echo(1), 1)


async def what_was_committed_before_an_abort_stays(probe):
    thing = probe.thing()
    await thing.abort_later()

    async def is_new():
        try:
            return await probe.again(thing).which_start() == 2
        except Exception:
            return False

    await eventually(is_new)
    same(await probe.again(thing).get("k"), "committed")


async def props_and_exports_are_there(probe):
    same(await probe.thing().properties(), ["JsObject", True])
