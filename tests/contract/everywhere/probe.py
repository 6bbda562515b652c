"""Runs cases: coroutine functions that get a `Probe` and fail like tests do."""

import asyncio
import importlib
import json
import time
import traceback
import uuid
from urllib.parse import parse_qs, urlsplit

from pyodide.ffi import JsException
from workers import Response


class Probe:
    """What a case has: the environment, and new objects that nobody else knows."""

    def __init__(self, env, name):
        self.env = env
        self._name = name

    def name(self, prefix=""):
        """A name that was never used."""
        return f"{prefix}{self._name} {uuid.uuid4().hex}"

    def thing(self, prefix=""):
        """The stub of a new object."""
        return self.env.THING.getByName(self.name(prefix))

    def again(self, stub):
        """Another stub of the same object."""
        return self.env.THING.get(stub.id)

    def old(self):
        """The stub of a new object without SQL."""
        return self.env.OLD.getByName(self.name())


async def failure(awaitable, kind=JsException):
    """The exception that awaiting raises; it has to be of `kind`."""
    try:
        result = await awaitable
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__}, but {result!r}")


def same(got, wanted):
    """Compare, and say both."""
    assert got == wanted, f"got {got!r}, not {wanted!r}"
    assert type(got) is type(wanted) or isinstance(got, type(wanted)), f"got a {type(got)}, not a {type(wanted)}"


async def eventually(ask, seconds=5):
    """The first true result of `ask()`."""
    deadline = time.monotonic() + seconds
    while True:
        result = await ask()
        if result:
            return result
        assert time.monotonic() < deadline, f"still {result!r}"
        await asyncio.sleep(0.005)


async def run_case(env, request):
    """Run the case that the path names: /case/<module>/<function>."""
    _, _, module, name = urlsplit(request.url).path.split("/")
    try:
        await getattr(importlib.import_module(module), name)(Probe(env, name))
    except BaseException:
        return Response(traceback.format_exc(), status=500)
    return Response("passed")


async def answer(env, request):
    """Answer requests of the tests."""
    url = urlsplit(request.url)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    if url.path.startswith("/case/"):
        if "asker" in query:
            return await env.ASKER.getByName("asker").fetch(request)
        return await run_case(env, request)
    stub = env.THING.getByName(query["name"])
    if url.path == "/call":
        try:
            return Response.json({"result": await getattr(stub, query["method"])(*json.loads(query["arguments"]))})
        except Exception as error:
            return Response.json({"error": str(error)})
    return await stub.fetch(request)
