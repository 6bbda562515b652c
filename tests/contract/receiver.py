"""A Worker in the role of the callee: a few methods by name, behind the seam that the real runtime implements."""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException, range_error, type_error
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.references import RpcTarget
from pywrangler.runtime.sockets import WebSocketPair

DATE = datetime(2024, 1, 2, 3, 4, 5, 678000)  # noqa: DTZ001 - dates are naive local time here


class Counter(RpcTarget):
    """Goes by reference."""

    disposed = 0

    def __init__(self) -> None:
        self.count = 0

    def increment(self, by: int = 1) -> int:
        self.count += by
        return self.count

    def dispose(self) -> None:
        Counter.disposed += 1


class Unsendable:
    """Neither data nor a target."""


def _python_error() -> None:
    raise ValueError("text of a ValueError")


class Methods:
    """What calls reach."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.kept: Any = None
        self.gate: asyncio.Event | None = None

    def echo(self, value: Any) -> Any:
        return value

    def kind(self, value: Any) -> str:
        return f"{type(value).__module__}.{type(value).__qualname__}"

    def show(self, value: Any) -> str:
        return repr(value)

    def arguments(self, *values: Any) -> list[Any]:
        return list(values)

    def pid(self) -> int:
        return os.getpid()

    def give(self, what: str) -> Any:
        shared = [1]
        cycle: list[Any] = []
        cycle.append(cycle)
        return {
            "cycle": cycle, "shared": [shared, shared], "set": {1, 2}, "bytes": b"\x00\xff", "big": 2**80,
            "date": DATE, "float": 0.5, "integral": 2.0, "none": [None],
            "error": ValueError("inside"), "tuple": (1, 2), "unsendable": Unsendable(), "intkeys": {1: "a"},
            "surrogate": "\ud800", "target": Counter(), "nested": {"f": lambda x: x + 1},
            "response": Response.new("body"),
        }[what]  # fmt: skip

    def fail(self, how: str) -> None:
        if how == "type":
            raise type_error("wrong type", code="E_CODE")
        if how == "range":
            raise range_error("out of range")
        if how == "reset":
            raise JsException("Error", "gone", properties={"durableObjectReset": True})
        if how == "custom":
            raise JsException("CustomError", "own name")
        _python_error()

    async def ordered(self, number: int) -> list[int]:
        self.started.append(number)
        await asyncio.sleep(0)
        return list(self.started)

    async def wait(self) -> str:
        self.gate = asyncio.Event()
        await self.gate.wait()
        return "waited"

    def open_gate(self) -> None:
        assert self.gate is not None
        self.gate.set()

    async def apply(self, function: Any, value: Any) -> Any:
        return await function(value)

    async def bump(self, counter: Any) -> Any:
        return await counter.increment(3)

    async def keep(self, function: Any) -> str:
        self.kept = function
        return await function("while calling")

    async def use_kept(self) -> Any:
        return await self.kept("afterwards")

    async def keep_dup(self, function: Any) -> None:
        self.kept = function.dup()

    def adder(self, first: int) -> Any:
        return lambda second: first + second

    def counter(self) -> Counter:
        return Counter()

    def disposals(self) -> int:
        return Counter.disposed

    async def collect(self, stream: ReadableStream) -> int:
        total = 0
        async for chunk in stream:
            total += chunk.byteLength
        return total

    def source(self, chunks: int, size: int) -> ReadableStream:
        return ReadableStream.from_source(Chunks(chunks, size))

    async def fill(self, stream: Any) -> None:
        from pywrangler.runtime.js.typed_arrays import Uint8Array

        writer = stream.getWriter()
        for part in (b"first ", b"second"):
            await writer.write(Uint8Array.from_bytes(part))
        await writer.close()

    def pulled(self) -> int:
        return Chunks.given


class Chunks:
    """A stream's source that counts what was taken from it."""

    given = 0
    cancelled = 0

    def __init__(self, count: int, size: int) -> None:
        Chunks.given = 0
        self._count = count
        self._size = size

    async def pull(self) -> bytes | None:
        await asyncio.sleep(0)
        if Chunks.given >= self._count:
            return None
        Chunks.given += 1
        return b"x" * self._size

    def cancel(self, reason: Any) -> None:
        Chunks.cancelled += 1


class SampleReceiver:
    """Delivers to `Methods`, and answers requests by path."""

    def __init__(self) -> None:
        self.methods = Methods()
        self.router: Any = None
        self.sockets: list[Any] = []

    def call(self, target: Any, path: Any, arguments: Any) -> Any:
        return asyncio.get_running_loop().create_task(self._call(target, path, arguments))

    async def _call(self, target: Any, path: Any, arguments: Any) -> Any:
        context.enter(context.EventContext(self, None, None))
        if path[0] == "target":
            return [target.worker, target.kind, target.name, target.object_id, target.object_name, dict(target.props)]
        method = getattr(self.methods, path[0], None)
        if method is None:
            raise type_error(f"Method {path[0]} does not exist")
        result = method(*arguments)
        return await result if hasattr(result, "__await__") else result

    def deliver(self, target: Any, event: Any) -> Any:
        async def run() -> Any:
            return {"kind": event.kind, "payload": dict(event.payload), "name": target.name}

        return asyncio.get_running_loop().create_task(run())

    def holds(self, target: Any) -> bool:
        return target.name == "Held"

    def fetch(self, target: Any, request: Any) -> Any:
        return asyncio.get_running_loop().create_task(self._fetch(request))

    async def _fetch(self, request: Any) -> Any:
        context.enter(context.EventContext(self, None, None))
        path = request.url.partition("://")[2].partition("/")[2].partition("?")[0]
        return await getattr(self, f"_{path}")(request)

    async def _describe(self, request: Any) -> Any:
        cf = request.cf
        colo = "none" if cf is None else f"{cf.colo}{getattr(cf, 'clientAcceptEncoding', '')}"
        return Response.new(
            f"{request.method} {request.url} {request.headers.get('x-a')} {colo} {await request.text()}"
        )

    async def _status(self, _request: Any) -> Any:
        response = Response.new(b"teapot", status=418, statusText="Short And Stout")
        response.headers.append("set-cookie", "a=1")
        response.headers.append("set-cookie", "b=2")
        return response

    async def _empty(self, _request: Any) -> Any:
        return Response.new(None, status=204)

    async def _echo(self, request: Any) -> Any:
        return Response.new(request.body)

    async def _length(self, request: Any) -> Any:
        return Response.new(str(len(await request.read_bytes())))

    async def _large(self, _request: Any) -> Any:
        return Response.new(b"y" * 3_000_000)

    async def _endless(self, _request: Any) -> Any:
        return Response.new(ReadableStream.from_source(Chunks(100_000, 65_536)))

    async def _breaking(self, _request: Any) -> Any:
        class Breaking(Chunks):
            async def pull(self) -> bytes | None:
                if Chunks.given == 1:
                    raise type_error("the stream broke")
                return await super().pull()

        return Response.new(ReadableStream.from_source(Breaking(2, 3)))

    async def _unread(self, _request: Any) -> Any:
        return Response.new("not interested")

    async def _throw(self, _request: Any) -> Any:
        raise type_error("no response")

    async def _redirect(self, _request: Any) -> Any:
        return Response.redirect("https://host/describe")

    async def _socket(self, _request: Any) -> Any:
        client, server = WebSocketPair.new()
        server.accept()

        def message(event: Any) -> None:
            if event.data == "close":
                server.close(4001, "as asked")
            else:
                server.send(f"echo {event.data}" if isinstance(event.data, str) else event.data.content)

        server.addEventListener("message", message)
        server.addEventListener("close", lambda event: self.sockets.append((event.code, event.reason, event.wasClean)))
        server.send("welcome")
        return Response.new(None, status=101, webSocket=client)

    async def _closes(self, _request: Any) -> Any:
        return Response.new(repr(self.sockets))
