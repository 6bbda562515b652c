"""Errors on their way to the caller (spec/durable-objects.md, section 8)."""

import js
from probe import failure, same
from pyodide.ffi import JsException


def is_set(error, name):
    return getattr(error, name, None) is True


async def a_python_exception_is_an_error_with_the_traceback(probe):
    thing = probe.thing()
    for call in (thing.fail("value"), thing.fail_sync("value")):
        error = await failure(call)
        same((type(error), error.name), (JsException, "Error"))
        lines = error.message.strip().splitlines()
        same(lines[0], "Traceback (most recent call last):")
        same(lines[-1], "ValueError: text of a ValueError")
        assert "things.py" in error.message
        assert 'raise ValueError("text of a ValueError")' in error.message
        assert "/pywrangler/runtime/" not in error.message, error.message
        assert is_set(error, "remote")
        assert not is_set(error, "durableObjectReset")


async def the_class_of_a_python_exception_is_lost(probe):
    thing = probe.thing()
    for how, last in (
        ("own", "OwnError: own class"),
        ("key", "KeyError: 'missing'"),
        ("nested", "RuntimeError: second"),
        ("empty", "ValueError"),
        ("unicode", "ValueError: üñï \U0001f984"),
    ):
        error = await failure(thing.fail(how))
        assert error.message.strip().splitlines()[-1].endswith(last), error.message


async def javascript_errors_keep_type_and_message(probe):
    thing = probe.thing()
    for how, name in (("type", "TypeError"), ("range", "RangeError"), ("dom", "DataCloneError")):
        error = await failure(thing.fail(how))
        same(error.name, name)
        assert is_set(error, "remote"), error.properties


async def a_missing_method_is_a_type_error(probe):
    thing = probe.thing()
    error = await failure(thing.nope())
    same((error.name, error.message), ("TypeError", "Method nope does not exist"))
    assert is_set(error, "remote")


async def attributes_are_no_methods(probe):
    error = await failure(probe.thing().plain())
    same(error.name, "TypeError")


async def reserved_names_are_refused_before_anything_is_sent(probe):
    thing = probe.thing()
    for name in ("alarm", "webSocketMessage", "webSocketClose", "webSocketError", "dup", "constructor"):
        error = await failure(getattr(thing, name)())
        same(str(error), f"TypeError: '{name}' is a reserved method and cannot be called over RPC.")


async def surplus_and_missing_arguments_are_type_errors(probe):
    thing = probe.thing()
    error = await failure(thing.echo(1, 2))
    assert "TypeError: Thing.echo() takes 2 positional arguments but 3 were given" in error.message, error.message
    error = await failure(thing.echo())
    assert "missing 1 required positional argument: 'value'" in error.message, error.message


async def a_failing_call_disturbs_no_other(probe):
    thing = probe.thing()
    calls = [thing.echo(1), thing.fail("value"), thing.echo(3)]
    same(await calls[0], 1)
    await failure(calls[1])
    same(await calls[2], 3)


async def what_was_written_before_an_exception_stays(probe):
    thing = probe.thing()
    await failure(thing.write_and_fail())
    same(await thing.get("kept"), "written before the exception")


async def an_error_of_an_object_behind_an_object_keeps_its_text(probe):
    thing, other = probe.thing(), probe.thing()
    error = await failure(thing.fail_remotely(other, "value"))
    assert "ValueError: text of a ValueError" in error.message, error.message
    assert is_set(error, "remote")


async def system_exit_fails_the_call_only(probe):
    thing = probe.thing()
    error = await failure(thing.fail("base"))
    assert "SystemExit" in error.message, error.message
    same(await thing.echo(1), 1)


async def raising_what_a_caller_sent(probe):
    error = await failure(probe.thing().raise_given(ValueError("sent")))
    assert "sent" in error.message


async def a_call_that_nobody_awaits_still_runs(probe):
    thing = probe.thing()
    thing.increment()
    same(await thing.increment(), 2)


async def errors_are_new_each_time(probe):
    thing = probe.thing()
    first, second = await failure(thing.fail("value")), await failure(thing.fail("value"))
    assert first is not second


async def a_javascript_error_can_be_raised_on_purpose(probe):
    error = await failure(probe.thing().raise_given(js.Error.new("made here")))
    assert "made here" in error.message
