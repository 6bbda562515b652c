"""Service bindings to an entrypoint (spec/workers-module.md, section 6): the same wherever it runs."""

import asyncio

from probe import eventually, failure, same


async def methods_are_called(probe):
    same(await probe.env.SVC.add(2, 3), [5, 1])
    same(await probe.env.SVC.add(2), [3, 1])


async def each_call_has_an_instance_of_its_own(probe):
    results = await asyncio.gather(*(probe.env.SVC.add(number, 0) for number in range(10)))
    same(results, [[number, 1] for number in range(10)])


async def errors_arrive(probe):
    error = await failure(probe.env.SVC.fail("value"))
    assert error.message.strip().endswith("ValueError: text of a ValueError"), error.message
    same((await failure(probe.env.SVC.missing())).message, "Method missing does not exist")
    same((await failure(probe.env.SVC.fail("type"))).name, "TypeError")


async def props_come_from_the_binding(probe):
    same(await probe.env.SVC.props(), {"given": "by the config"})
    same(await probe.env.SVC.with_props(), {"added": [1]})


async def exports_are_named(probe):
    names = await probe.env.SVC.exports()
    assert {"Named", "Thing", "default"} <= set(names), names


async def requests_are_answered(probe):
    response = await probe.env.SVC.fetch("https://any.host/path", method="PUT")
    same((await response.text(), response.url), ("PUT https://any.host/path", "https://any.host/path"))


async def work_goes_on_after_the_answer(probe):
    thing = probe.thing()
    same(await probe.env.SVC.later(thing), "at once")

    async def is_done():
        return await thing.get("from waitUntil")

    await eventually(is_done)
