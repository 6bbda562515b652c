"""Functions, RpcTargets and stubs by reference (spec/durable-objects.md, section 8)."""

import asyncio

from probe import eventually, failure, same
from workers import import_from_javascript

RpcTarget = import_from_javascript("cloudflare:workers").RpcTarget


class Counter(RpcTarget):
    def __init__(self):
        self.count = 0
        self.attribute = lambda: "an attribute"

    async def add(self, by):
        self.count += by
        return self.count

    async def fail(self):
        raise ValueError("from the target")


async def functions_are_called_back(probe):
    thing = probe.thing()
    seen = []

    async def function(value):
        seen.append(value)
        return ["back", value]

    same(await thing.apply(function, {"a": 1}), ["back", {"a": 1}])
    same(await thing.apply(lambda value: value + 1, 1), 2)
    same(seen, [{"a": 1}])
    same(await thing.apply_all([lambda value: value, lambda value: value * 10]), [0, 10])


async def an_error_of_a_callback_comes_home(probe):
    async def fails(_value):
        raise ValueError("in the callback")

    error = await failure(probe.thing().apply(fails, 1))
    assert "in the callback" in error.message


async def targets_keep_their_state_with_their_owner(probe):
    counter = Counter()
    same(await probe.thing().bump(counter, 3), 6)
    same(counter.count, 6)


async def only_methods_of_the_class_can_be_called(probe):
    thing = probe.thing()
    for name in ("attribute", "missing"):
        error = await failure(thing.call_stub(Counter(), name))
        same(str(error), f'TypeError: The RPC receiver does not implement the method "{name}".')


async def arguments_end_with_the_call_unless_duplicated(probe):
    thing = probe.thing()
    await thing.keep(lambda: "kept")
    error = await failure(thing.use_kept())
    assert "RPC stub used after being disposed." in error.message, error.message
    await thing.keep_dup(lambda: "kept")
    same(await thing.use_kept(), "kept")
    same(await thing.use_kept(), "kept")
    await thing.release_kept()
    await failure(thing.use_kept())


async def returned_functions_are_called(probe):
    add = await probe.thing().adder(40)
    same(await add(2), 42)
    same(await add(3), 43)


async def returned_targets_keep_their_state(probe):
    counter = await probe.thing().counter()
    same(await counter.add(2), 2)
    same(await counter.add(2), 4)
    error = await failure(counter.fail())
    assert "ValueError: from the target" in error.message
    copy = counter.dup()
    counter.dispose()
    same(str(await failure(_add(counter))), "Error: RPC stub used after being disposed.")
    same(await copy.add(1), 5)


async def _add(counter):
    return await counter.add(1)


async def objects_of_functions_are_returned(probe):
    methods = await probe.thing().methods()
    same(methods["plain"], 5)
    same(await methods["double"](4), 8)


async def a_returned_function_runs_in_its_object(probe):
    thing = probe.thing()
    write = await thing.writer()
    same(await write([1]), [1])
    same(await thing.get("through the function"), [1])


async def a_function_can_be_passed_on(probe):
    first, second = probe.thing(), probe.thing()
    add = await first.adder(1)
    same(await second.apply(add, 2), 3)


async def stubs_are_values(probe):
    thing, other = probe.thing(), probe.thing()
    same(await thing.name_of_stub(other), [other.name, str(other.id)])
    same(await thing.call_stub(other, "increment"), 1)
    same(await other.increment(), 2)
    given = await thing.echo(other)
    same(await given.increment(), 3)


async def an_object_can_be_given_its_own_stub(probe):
    thing = probe.thing()
    same(await thing.call_stub(thing, "echo", "to itself"), "to itself")


async def a_callback_runs_while_its_owner_waits(probe):
    thing = probe.thing()
    started = asyncio.Event()

    async def function(value):
        started.set()
        return await thing.echo(value)

    same(await thing.apply(function, "round and round"), "round and round")
    assert started.is_set()


async def a_broken_owner_breaks_its_references(probe):
    thing = probe.thing()
    counter = await thing.counter()
    await failure(probe.again(thing).abort("reset"))

    async def is_broken():
        try:
            await counter.add(1)
        except Exception as error:
            return str(error)

    assert await eventually(is_broken)
