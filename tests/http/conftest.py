"""A server on a real loopback socket, and a client that speaks raw bytes."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.host.http import HttpServer

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Answer:
    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        (value,) = (value for key, value in self.headers if key == name)
        return value

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.headers)


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: str | bytes) -> None:
        self.writer.write(data.encode() if isinstance(data, str) else data)

    def get(self, target: str = "/", *lines: str, method: str = "GET", body: bytes = b"") -> None:
        head = "\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", *lines, "", ""])
        self.send(head.encode() + body)

    async def head(self) -> Answer:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("utf-8").split("\r\n")[:-2]
        _, status, reason = lines[0].split(" ", 2)
        headers = [(name.lower(), value) for name, value in (line.split(": ", 1) for line in lines[1:])]
        return Answer(int(status), reason, headers, b"")

    async def answer(self, *, has_body: bool = True) -> Answer:
        answer = await self.head()
        if not has_body or answer.status in (204, 304, 101) or answer.status < 200:
            return answer
        if "content-length" in answer:
            answer.body = await self.reader.readexactly(int(answer["content-length"]))
        elif "transfer-encoding" in answer:
            answer.body = b"".join([chunk async for chunk in self.chunks()])
        else:
            answer.body = await self.reader.read()
        return answer

    async def chunks(self):
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield await self.reader.readexactly(size)
            assert await self.reader.readexactly(2) == b"\r\n"
        assert await self.reader.readexactly(2) == b"\r\n"

    async def is_closed(self) -> bool:
        """Wait until the server closes; whether it did so without sending anything."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def close(self) -> None:
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class Site:
    """A running server."""

    def __init__(self, server: HttpServer, port: int) -> None:
        self.server = server
        self.port = port
        self.clients: list[Client] = []

    async def connect(self) -> Client:
        self.clients.append(Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)))
        return self.clients[-1]

    async def ask(self, target: str = "/", *lines: str, **options: Any) -> Answer:
        client = await self.connect()
        client.get(target, *lines, **options)
        return await client.answer(has_body=options.get("method") != "HEAD")


async def until(condition: Callable[[], Any]) -> None:
    while not condition():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0)


@asynccontextmanager
async def running(application: Any, **options: Any):
    """Serve `application` (called with the request, maybe a coroutine function) on a free port."""

    async def apply(request: Any) -> Any:
        result = application(request)
        return await result if hasattr(result, "__await__") else result

    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(apply, **options)
    await server.listen(listener)
    site = Site(server, listener.getsockname()[1])
    try:
        yield site
    finally:
        for client in site.clients:
            await client.close()
        server.close_sockets(1001, "")
        await server.drain(0)
        for link in list(server.links):
            link.abort()
        await until(lambda: not server.connections and not server.links)


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine under a deadline, on either loop."""
    uvloop = pytest.importorskip("uvloop")

    def run_it(coroutine, timeout: float = 10):
        async def bounded():
            return await asyncio.wait_for(coroutine, timeout)

        factory = uvloop.new_event_loop if request.param == "uvloop" else None
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(bounded())

    return run_it


@pytest.fixture
def serve():
    return running


@pytest.fixture
def eventually():
    return until
