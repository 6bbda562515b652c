"""Namespaces and ids (spec/durable-objects.md, section 1)."""

from probe import failure, same
from pyodide.ffi import JsException


async def ids_of_a_name_are_the_same_everywhere(probe):
    name = probe.name()
    object_id = probe.env.THING.idFromName(name)
    same(len(str(object_id)), 64)
    same(object_id.name, name)
    stub = probe.env.THING.getByName(name)
    same(await stub.identity(), [str(object_id), name])
    same((stub.name, str(stub.id)), (name, str(object_id)))
    assert object_id.equals(probe.env.THING.idFromName(name))


async def an_id_from_a_string_reaches_the_same_object_without_a_name(probe):
    name = probe.name()
    digits = str(probe.env.THING.idFromName(name))
    object_id = probe.env.THING.idFromString(digits.upper())
    same((str(object_id), object_id.name), (digits, None))
    stub = probe.env.THING.get(object_id)
    same(await stub.identity(), [digits, None])
    await stub.increment()
    same(await probe.env.THING.getByName(name).increment(), 2)


async def unique_ids_differ_and_work(probe):
    first, second = probe.env.THING.newUniqueId(), probe.env.THING.newUniqueId()
    assert str(first) != str(second)
    same(first.name, None)
    same(await probe.env.THING.get(first).identity(), [str(first), None])
    assert probe.env.THING.idFromString(str(first)).equals(first)


async def names_may_be_any_string(probe):
    for name in ("", "x" * 1024, "ü\U0001f984", " "):
        same((await probe.env.THING.getByName(name).identity())[1], name)
    same((await probe.env.THING.getByName("x" * 5000).identity())[1], None)
    same(str(probe.env.THING.idFromName(5)), str(probe.env.THING.idFromName("5")))


async def raises(function, *arguments, **options):
    async def run():
        return function(*arguments, **options)

    return await failure(run())


async def what_is_no_id_is_refused(probe):
    same(
        str(await raises(probe.env.THING.idFromString, "xyz")),
        "TypeError: Invalid Durable Object ID: must be 64 hex digits",
    )
    foreign = str(probe.env.OLD.newUniqueId())
    same(
        str(await raises(probe.env.THING.idFromString, foreign)),
        "TypeError: Durable Object ID is not valid for this namespace.",
    )
    assert "is not of type 'DurableObjectId'." in str(await raises(probe.env.THING.get, "x"))
    same(
        str(await raises(probe.env.THING.newUniqueId, jurisdiction="eu")),
        "Error: Jurisdiction restrictions are not implemented in workerd.",
    )


async def location_hints_are_accepted(probe):
    object_id = probe.env.THING.newUniqueId()
    same(await probe.env.THING.get(object_id, locationHint="weur").echo(1), 1)
    same(await probe.env.THING.get(object_id, {"locationHint": "weur"}).echo(1), 1)


assert JsException
