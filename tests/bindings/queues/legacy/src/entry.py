"""A Worker of the old layout: handlers of the module, raw JavaScript values."""

from js import Object
from pyodide.ffi import to_js


async def on_fetch(request, env):
    raise NotImplementedError


async def on_queue(batch, env, ctx):
    for message in batch.messages:
        print(batch.queue, message.body.to_py(), message.attempts)
        await env.LETTERS.send(to_js({"seen": message.body.to_py()}, dict_converter=Object.fromEntries))
        ctx.waitUntil(env.LETTERS.send("text", contentType="text"))
        message.ack()
