"""Streams in arguments and results, both ways (spec/durable-objects.md, section 8)."""

import js
from probe import failure, same
from pyodide.ffi import to_js


def stream_of(*parts):
    encode = js.TextEncoder.new().encode
    waiting = list(parts)

    def pull(controller):
        if waiting:
            controller.enqueue(encode(waiting.pop(0)))
        else:
            controller.close()

    return js.ReadableStream.new(to_js({"pull": pull}, dict_converter=js.Object.fromEntries))


async def text_of(stream):
    return await js.Response.new(stream).text()


async def a_stream_is_an_argument(probe):
    same(bytes(await probe.thing().collect(stream_of("a", "b" * 300_000, "c"))), b"a" + b"b" * 300_000 + b"c")


async def a_stream_is_a_result(probe):
    stream = await probe.thing().source(3)
    same(await text_of(stream), "chunk 0 chunk 1 chunk 2 ")


async def a_stream_can_be_passed_on(probe):
    first, second = probe.thing(), probe.thing()
    same(bytes(await second.collect(await first.source(2))), b"chunk 0 chunk 1 ")


async def a_writable_stream_is_an_argument(probe):
    transform = js.TransformStream.new()
    reading = js.Response.new(transform.readable).text()
    await probe.thing().fill(transform.writable)
    same(await reading, "first second")


async def a_stream_that_breaks_breaks_its_reader(probe):
    def pull(controller):
        controller.error(js.Error.new("broken source"))

    stream = js.ReadableStream.new(to_js({"pull": pull}, dict_converter=js.Object.fromEntries))
    error = await failure(probe.thing().collect(stream))
    assert "broken source" in error.message, error.message


async def a_request_body_is_echoed_as_it_comes(probe):
    response = await probe.thing().fetch("https://host/echo", method="POST", body=stream_of("one ", "two"))
    same(await response.text(), "one two")


async def a_sent_stream_is_locked(probe):
    stream = stream_of("x")
    await probe.thing().collect(stream)
    assert stream.locked
