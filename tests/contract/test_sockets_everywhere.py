"""A client's WebSocket behaves the same wherever the object at its other end lives (spec/websocket.md, 1 to 4)."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import WSMsgType

from tests.contract.placements import PLACES, World, start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

pytestmark = pytest.mark.processes

LOST = [1006, "WebSocket disconnected without sending Close frame.", False]


@pytest.fixture(scope="module", params=PLACES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Each placement in turn."""
    made = start(request.param, tmp_path_factory.mktemp("sockets"))
    yield made
    made.project.close()


@pytest.fixture(params=["plain", "hibernatable"])
def kind(request: pytest.FixtureRequest) -> str:
    """How the object accepts the socket."""
    return str(request.param)


class Client:
    """Sockets of one object, and calls of it."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http
        self.name = uuid.uuid4().hex

    async def open(self, kind: str, **options: Any) -> aiohttp.ClientWebSocketResponse:
        """Open a socket and take its welcome."""
        socket = await self._http.ws_connect(
            f"/socket/{kind}?{urlencode({'name': self.name})}", autoclose=False, max_msg_size=0, **options
        )
        assert await socket.receive_str(timeout=5) == f"welcome {kind}"
        return socket

    async def ask(self, socket: aiohttp.ClientWebSocketResponse, text: str) -> str:
        """Send a message and return the answer."""
        await socket.send_str(text)
        return await socket.receive_str(timeout=5)

    async def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object."""
        query = {"name": self.name, "method": method, "arguments": json.dumps(arguments)}
        async with self._http.get(f"/call?{urlencode(query)}") as response:
            return (await response.json())["result"]

    async def closes(self, count: int = 1) -> Any:
        """Return how sockets ended, as the object saw it."""
        async with asyncio.timeout(5):
            while len(seen := await self.call("shared") or []) < count:  # noqa: ASYNC110 - another process knows
                await asyncio.sleep(0.005)
        return seen


def run(world: World, use: Callable[[Client], Awaitable[None]]) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{world.port}") as http:
            await use(Client(http))

    asyncio.run(asyncio.wait_for(main(), 20))


async def end_of(socket: aiohttp.ClientWebSocketResponse) -> tuple[Any, Any]:
    """Return code and reason of the Close that arrives; 1006 if the connection is lost."""
    message = await socket.receive(timeout=5)
    if message.type is WSMsgType.CLOSE:
        return message.data, message.extra
    assert message.type in (WSMsgType.CLOSED, WSMsgType.ERROR), message
    return 1006, ""


def test_text_and_binary_arrive_whole(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        for text in ("hi", "", "ü\U0001f984", "x" * 300_000):
            assert await client.ask(socket, text) == f"echo {text}"
        for data in (b"", b"\x00\x01\x02", bytes(range(256)) * 2000):
            await socket.send_bytes(data)
            assert await socket.receive_bytes(timeout=5) == data[::-1]

    run(world, use)


def test_messages_keep_their_order(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        for number in range(300):
            await socket.send_str(str(number))
        assert [await socket.receive_str(timeout=5) for _ in range(300)] == [f"echo {number}" for number in range(300)]

    run(world, use)


def test_a_handler_that_waits_lets_others_run_but_storage_does_not(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        for text in ("slow", "storage", "after"):
            await socket.send_str(text)
        assert [await socket.receive_str(timeout=5) for _ in range(3)] == ["1", "echo after", "slow"]

    run(world, use)


def test_tags_and_attachments_stay_with_the_socket(world: World) -> None:
    async def use(client: Client) -> None:
        one, two = await client.open("red"), await client.open("blue")
        assert await client.ask(one, "tags") == "red,all"
        assert await client.ask(two, "tags") == "blue,all"
        assert json.loads(await client.ask(one, "attachment")) == {"kind": "red", "start": 1}
        assert await client.ask(two, "count") == "2 2 1"
        assert await client.call("socket_count") == 2

    run(world, use)


def test_a_broadcast_reaches_everybody(world: World) -> None:
    async def use(client: Client) -> None:
        sockets = [await client.open("red") for _ in range(5)]
        await sockets[2].send_str("broadcast")
        assert [await socket.receive_str(timeout=5) for socket in sockets] == ["to all"] * 5

    run(world, use)


def test_an_automatic_response_bypasses_the_handler(world: World) -> None:
    async def use(client: Client) -> None:
        socket = await client.open("red")
        assert await client.ask(socket, "ping") == "echo ping"
        assert await client.ask(socket, "timestamp") == "False"
        assert await client.ask(socket, "auto") == "auto set"
        assert await client.ask(socket, "ping") == "pong"
        assert await client.ask(socket, "timestamp") == "True"
        other = await client.open("blue")
        assert await client.ask(other, "ping") == "pong"

    run(world, use)


def test_the_object_closes_with_code_and_reason(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        await socket.send_str("close")
        assert await end_of(socket) == (4001, "as asked")
        await socket.close(code=4001, message=b"as asked")
        (seen,) = await client.closes()
        assert seen[:4] == [4001, "as asked", True, 3]

    run(world, use)


def test_the_object_closes_without_a_code(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        await socket.send_str("close without code")
        message = await socket.receive(timeout=5)
        assert (message.type, message.data or 1005) == (WSMsgType.CLOSE, 1005)

    run(world, use)


def test_the_client_closes_and_the_handler_answers(world: World) -> None:
    async def use(client: Client) -> None:
        socket = await client.open("red")
        other = await client.open("blue")
        await _send_close(socket, b"\x0f\xa2see you")
        assert await socket.receive_str(timeout=5) == "goodbye"
        assert await end_of(socket) == (4002, "see you")
        assert await client.closes() == [[4002, "see you", True, 2, 2]]
        assert await client.ask(other, "count") == "1 1 1"

    run(world, use)


def test_the_client_closes_without_a_code(world: World) -> None:
    async def use(client: Client) -> None:
        socket = await client.open("red")
        await _send_close(socket, b"")
        assert await socket.receive_str(timeout=5) == "goodbye"
        assert await end_of(socket) == (1000, "")
        assert await client.closes() == [[1005, "", True, 2, 1]]

    run(world, use)


def test_nobody_answers_a_close_for_the_handler(world: World) -> None:
    async def use(client: Client) -> None:
        socket = await client.open("red")
        await _send_close(socket, b"\x11\x5c")
        assert await client.closes() == [[4444, "", True, 2, 1]]
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.1)

    run(world, use)


def test_the_runtime_answers_a_close_of_a_plain_socket(world: World) -> None:
    async def use(client: Client) -> None:
        socket = await client.open("plain")
        await _send_close(socket, b"\x0b\xbdz")
        assert await end_of(socket) == (3005, "z")
        assert await client.closes() == [[3005, "z", True, 3]]

    run(world, use)


def test_a_client_that_vanishes_is_1006(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        _transport(socket).abort()
        (seen,) = await client.closes()
        assert seen[:3] == LOST

    run(world, use)


def test_an_abort_drops_every_socket_and_runs_no_close_handler(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        sockets = [await client.open(kind) for _ in range(3)]
        await sockets[0].send_str("abort")
        for socket in sockets:
            assert await end_of(socket) == (1006, "")
        assert await client.call("which_start") == 2
        assert await client.call("shared") is None
        assert await client.call("socket_count") == 0

    run(world, use)


def test_an_abort_by_a_call_drops_them_too(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        await client.call("abort_later")
        assert await end_of(socket) == (1006, "")

    run(world, use)


def test_an_exception_in_a_handler_leaves_socket_and_instance(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        await socket.send_str("throw")
        assert await client.ask(socket, "still there") == "echo still there"
        assert await client.call("which_start") == 1

    run(world, use)


def test_sockets_survive_the_failure_of_a_call(world: World, kind: str) -> None:
    async def use(client: Client) -> None:
        socket = await client.open(kind)
        with pytest.raises(KeyError, match="result"):
            await client.call("fail", "value")
        assert await client.ask(socket, "hi") == "echo hi"

    run(world, use)


def _transport(socket: aiohttp.ClientWebSocketResponse) -> Any:
    return socket._response.connection.transport  # type: ignore[union-attr]


async def _send_close(socket: aiohttp.ClientWebSocketResponse, payload: bytes) -> None:
    """Send a Close and go on reading, which aiohttp's own `close` does not."""
    await socket._writer.send_frame(payload, WSMsgType.CLOSE)
