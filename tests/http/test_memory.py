"""What a request used goes away with it, however it ends."""

from __future__ import annotations

import asyncio
import gc
import mmap
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from pywrangler.host import connection, memory
from pywrangler.host.memory import GROWTH_BYTES, QUIET_SECONDS, Memory
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.js.transforms import TransformStream
from pywrangler.runtime.js.typed_arrays import Uint8Array
from tests.http.conftest import running, until
from tests.http.test_departures import application

if TYPE_CHECKING:
    from collections.abc import Callable

ENDLESS = 1 << 30


async def pieces() -> Any:
    while True:
        await asyncio.sleep(0)
        yield Uint8Array.new(1 << 16)


async def write(writable: Any) -> None:
    writer = writable.getWriter()
    async for piece in pieces():
        await writer.write(piece)


def pulled() -> ReadableStream:
    async def pull(controller: Any) -> None:
        await asyncio.sleep(0)
        controller.enqueue(Uint8Array.new(1 << 16))

    stream: ReadableStream = ReadableStream.new(pull=pull)
    return stream


def whole(_ctx: Any, _request: Any) -> Response:
    return Response.from_wire(200, "", [], bytes(1 << 24))


def iterated(_ctx: Any, _request: Any) -> Response:
    return Response.from_wire(200, "", [], ReadableStream.from_(pieces()))


def pulled_from(_ctx: Any, _request: Any) -> Response:
    return Response.from_wire(200, "", [], pulled())


def written(ctx: Any, _request: Any) -> Response:
    stream = TransformStream.new()

    async def quietly() -> None:
        with suppress(JsException):
            await write(stream.writable)

    ctx.waitUntil(asyncio.ensure_future(quietly()))
    return Response.from_wire(200, "", [], stream.readable)


def piped(_ctx: Any, _request: Any) -> Response:
    return Response.from_wire(200, "", [], pulled().pipeThrough(TransformStream.new()))


def passed_on(_ctx: Any, request: Any) -> Response:
    return Response.from_wire(200, "", [], request.body)


async def read(_ctx: Any, request: Any) -> Response:
    await request.arrayBuffer()
    raise AssertionError


async def not_answered(_ctx: Any, _request: Any) -> Any:
    body = bytearray(1 << 20)
    await asyncio.Event().wait()
    return body


async def answered_too_late(ctx: Any, _request: Any) -> Response:
    task = asyncio.create_task(asyncio.sleep(0.005))
    ctx.waitUntil(task)
    await task
    return Response.from_wire(200, "", [], pulled())


DOWNLOADS = [whole, iterated, pulled_from, written, piped]
UPLOADS = [passed_on, read, not_answered]
UNANSWERED = [not_answered, answered_too_late]


def garbage_of(handle: Callable[..., Any], *, sends: bool, receives: bool) -> list[Any]:
    """Break a request off and return what only the collector would have found."""

    async def scenario() -> list[Any]:
        begun = asyncio.Event()
        requests: list[Any] = []

        async def handler(ctx: Any) -> Any:
            begun.set()
            result = handle(ctx, requests.pop())
            return await result if hasattr(result, "__await__") else result

        app = application(handler)

        async def serve(request: Any) -> Any:
            requests.append(request)
            return await app(request)

        async with running(serve) as site:

            async def break_off() -> None:
                begun.clear()
                client = await site.connect()
                client.reader._limit = 1000  # type: ignore[attr-defined] - so that most of the body is not read
                if sends:
                    client.get("/", f"Content-Length: {ENDLESS >> 5}", method="POST", body=bytes(1 << 20))
                else:
                    client.get()
                await begun.wait()
                if receives:
                    await client.head()
                client.writer.transport.abort()
                site.clients.clear()
                await until(lambda: not site.server.connections)
                for _ in range(10):
                    await asyncio.sleep(0.002)

            await break_off()  # what is made once and kept
            gc.collect()
            gc.disable()
            gc.set_debug(gc.DEBUG_SAVEALL)
            try:
                await break_off()
                gc.collect()
                return [*gc.garbage]
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
                gc.enable()

    return uvloop.run(scenario())


CASES = [
    *((handle, False, True) for handle in DOWNLOADS),
    *((handle, True, False) for handle in UPLOADS),
    *((handle, False, False) for handle in UNANSWERED),
]


@pytest.mark.parametrize(
    ("handle", "sends", "receives"), CASES, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_a_request_that_was_broken_off_needs_no_collector(
    monkeypatch: pytest.MonkeyPatch, handle: Any, sends: bool, receives: bool
) -> None:
    monkeypatch.setattr(connection, "LOOK_SECONDS", 0.01)
    assert garbage_of(handle, sends=sends, receives=receives) == []


# ---- the collector --------------------------------------------------------------------------------------


class Loop:
    """A loop whose time is moved by hand."""

    def __init__(self) -> None:
        self.timers: list[tuple[Any, ...]] = []

    def call_later(self, seconds: float, callback: Any, *arguments: Any) -> None:
        assert seconds == QUIET_SECONDS
        self.timers.append((callback, *arguments))

    def ring(self) -> None:
        callback, *arguments = self.timers.pop()
        callback(*arguments)


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sizes = [0]
    monkeypatch.setattr(memory, "size_bytes", lambda: sizes[0])
    return sizes


def test_a_host_collects_once_it_is_quiet_and_then_has_no_timer(sizes: list[int]) -> None:
    loop = Loop()
    watched = Memory(loop)  # type: ignore[arg-type]
    make = watched.counting(lambda *_arguments, **_options: None)  # type: ignore[arg-type, return-value]
    assert not loop.timers
    for _ in range(3):
        make(loop, None)
        assert len(loop.timers) == 1
        loop.ring()
    assert watched.looks == 3
    make(loop, None)
    make(loop, None)
    loop.ring()
    assert (watched.looks, len(loop.timers)) == (3, 1)
    loop.ring()
    assert (watched.looks, len(loop.timers)) == (4, 0)


def test_a_busy_host_collects_when_it_has_grown(sizes: list[int]) -> None:
    loop = Loop()
    watched = Memory(loop)  # type: ignore[arg-type]
    make = watched.counting(lambda *_arguments, **_options: None)  # type: ignore[arg-type, return-value]
    looks = []
    for size in (0, GROWTH_BYTES - 1, GROWTH_BYTES, GROWTH_BYTES, 2 * GROWTH_BYTES):
        make(loop, None)
        make(loop, None)
        sizes[0] = size
        loop.ring()
        looks.append(watched.looks)
    assert looks == [0, 0, 1, 1, 2]


def test_the_size_is_that_of_the_process() -> None:
    before = memory.size_bytes()
    with mmap.mmap(-1, 1 << 25) as pages:  # the allocator might have room for as much
        for start in range(0, len(pages), mmap.PAGESIZE):
            pages[start] = 1
        assert memory.size_bytes() > before + len(pages) // 2
    memory.give_back()
