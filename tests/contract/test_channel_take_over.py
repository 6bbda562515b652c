"""A proxied WebSocket becomes the connection of the host that has its other end."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any, Self

import pytest

from pywrangler.host.wires import TcpLink, handed_over
from pywrangler.protocol import websocket
from pywrangler.runtime.channels.router import ChannelRouter
from pywrangler.runtime.channels.server import ChannelServer
from pywrangler.runtime.js.request import Request
from tests.contract.receiver import SampleReceiver
from tests.contract.worlds import TARGET, entry, open_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def masked(text: str) -> bytes:
    """Return a client's frame of a short message; a mask of zeros changes nothing."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text.encode()


class Pair:
    """A serving host and a calling one, in one process but over a real connection."""

    def __init__(self, directory: Path, *, server_adopts: bool = True) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        path = directory / f"{os.urandom(4).hex()}.sock"
        self.listener.bind(str(path))
        self.listener.listen(8)
        self.listener.setblocking(False)
        (directory / "other").write_bytes(entry(path))
        self.receiver = SampleReceiver()
        self.server = ChannelServer(self.receiver, TcpLink.adopt if server_adopts else None)
        self.router = ChannelRouter("own", SampleReceiver(), directory, lambda *_told: None, adopt_wire=TcpLink.adopt)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        loop.add_reader(self.listener.fileno(), lambda: self.server.adopt(self.listener.accept()[0]))
        return self

    async def __aexit__(self, *_error: object) -> None:
        asyncio.get_running_loop().remove_reader(self.listener.fileno())
        self.listener.close()
        self.router.close()
        await self.server.close()

    async def upgrade(self) -> Any:
        """Return the link of the response to an upgrade."""
        request = Request.from_wire("GET", "https://host/socket", [("upgrade", "websocket")])
        response = await self.router.channel("other").fetch(TARGET, request)
        return response.webSocket.release()


class Client:
    """The client's side of a TCP connection."""

    def __init__(self) -> None:
        self.sock, server = socket.socketpair()
        self.sock.setblocking(False)
        self.fd = server.detach()
        self.decoder = websocket.Decoder(from_client=False)

    async def read_head(self) -> None:
        """Read the answer to the handshake."""
        data = b""
        while len(data) < len(HEAD):
            data += await asyncio.get_running_loop().sock_recv(self.sock, len(HEAD) - len(data))
        assert data == HEAD

    async def event(self) -> Any:
        """Return the next message or Close."""
        while (event := self.decoder.next_event()) is None:
            data = await asyncio.get_running_loop().sock_recv(self.sock, 65_536)
            assert data, "the connection ended"
            self.decoder.receive(data)
        return event

    async def send(self, text: str) -> None:
        """Send a message."""
        await asyncio.get_running_loop().sock_sendall(self.sock, masked(text))


@pytest.fixture
def over(run_async: Callable[..., Any], tmp_path: Path) -> Callable[..., None]:
    """Return `over(test, ...)`: runs `await test(pair, client)`."""

    def run(test: Callable[[Pair, Client], Any], **options: Any) -> None:
        async def inside() -> None:
            client = Client()
            async with Pair(tmp_path, **options) as pair:
                await test(pair, client)
            client.sock.close()

        run_async(inside())

    return run


def test_the_socket_goes_on_without_the_host_in_between(over: Callable[..., None]) -> None:
    async def test(pair: Pair, client: Client) -> None:
        link = await pair.upgrade()
        link.take_over(client.fd, handed_over(deflate=False, received=b"", output=HEAD))
        await client.read_head()
        assert await client.event() == "welcome"
        pair.router.close()
        for number in range(3):
            await client.send(str(number))
            assert await client.event() == f"echo {number}"
        await client.send("close")
        assert (await client.event()).code == 4001

    over(test)


def test_messages_sent_meanwhile_keep_their_order(over: Callable[..., None]) -> None:
    async def test(pair: Pair, client: Client) -> None:
        link = await pair.upgrade()
        for number in range(200):
            link.send(str(number))
        link.take_over(client.fd, handed_over(deflate=False, received=b"", output=HEAD))
        await client.read_head()
        assert [await client.event() for _ in range(201)] == ["welcome", *(f"echo {number}" for number in range(200))]

    over(test)


def test_what_the_client_sent_with_its_handshake_is_not_lost(over: Callable[..., None]) -> None:
    async def test(pair: Pair, client: Client) -> None:
        early = masked("early")
        link = await pair.upgrade()
        link.take_over(client.fd, handed_over(deflate=False, received=early, output=HEAD))
        await client.read_head()
        assert [await client.event(), await client.event()] == ["welcome", "echo early"]

    over(test)


def test_a_host_that_cannot_take_it_is_served_through_the_channel(over: Callable[..., None]) -> None:
    async def test(pair: Pair, client: Client) -> None:
        link = await pair.upgrade()
        link.take_over(client.fd, handed_over(deflate=False, received=b"", output=HEAD))
        await client.read_head()
        assert await client.event() == "welcome"
        await client.send("x")
        assert await client.event() == "echo x"

    over(test, server_adopts=False)


def test_a_socket_that_closed_first_tells_the_client(over: Callable[..., None]) -> None:
    async def test(pair: Pair, client: Client) -> None:
        link = await pair.upgrade()
        link.send("close")
        channel = pair.router.channel("other")
        await channel.call(TARGET, ("echo",), [0], "python")
        link.take_over(client.fd, handed_over(deflate=False, received=b"", output=HEAD))
        await client.read_head()
        assert await client.event() == "welcome"
        close = await client.event()
        assert (close.code, close.reason) == (4001, "as asked")

    over(test)


def test_no_descriptor_leaks(over: Callable[..., None]) -> None:
    async def test(pair: Pair, client: Client) -> None:
        link = await pair.upgrade()
        link.take_over(client.fd, handed_over(deflate=False, received=b"", output=HEAD))
        await client.read_head()
        await client.event()
        client.sock.close()
        while not pair.receiver.sockets:  # noqa: ASYNC110 - what a listener over there heard, nobody signals here
            await asyncio.sleep(0.001)

    over(test)  # the first loop of a process opens descriptors of its own, for good
    before = open_descriptors()
    rounds = 5
    for _ in range(rounds):
        over(test)
    assert open_descriptors() < before + rounds  # others of this process may open some
