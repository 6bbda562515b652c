"""Every channel carries requests and responses, with bodies of every size and WebSockets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.request import PlaceholderCf, Request
from pywrangler.runtime.js.values import JsObject
from tests.contract.receiver import Chunks
from tests.contract.worlds import TARGET

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


def request(path: str, **options: Any) -> Request:
    return Request.new(f"https://host/{path}", JsObject.new(**options))


def upgrade(path: str = "socket") -> Request:
    return request(path, headers=JsObject.new(upgrade="websocket"))


def test_a_request_arrives_whole(run: Run) -> None:
    async def test(channel: Any) -> None:
        sent = request("describe?q=1", method="POST", headers=JsObject.new(**{"X-A": "é"}), body="text")
        response = await channel.fetch(TARGET, sent)
        assert await response.text() == "POST https://host/describe?q=1 é none text"
        assert sent.bodyUsed

    run(test)


def test_cf_travels(run: Run) -> None:
    async def test(channel: Any) -> None:
        sent = request("describe", cf=JsObject.new(colo="ABC", nested=JsObject.new(x=1)))
        assert "ABC" in await (await channel.fetch(TARGET, sent)).text()
        local = Request.from_wire("GET", "https://host/describe", [], None, PlaceholderCf("zst&d"))
        assert "DFWzst&d" in await (await channel.fetch(TARGET, local)).text()

    run(test)


def test_a_response_arrives_whole(run: Run) -> None:
    async def test(channel: Any) -> None:
        response = await channel.fetch(TARGET, request("status"))
        assert (response.status, response.statusText) == (418, "Short And Stout")
        assert list(response.headers.getSetCookie()) == ["a=1", "b=2"]
        with pytest.raises(JsException, match="immutable"):
            response.headers.set("x", "y")
        empty = await channel.fetch(TARGET, request("empty"))
        assert (empty.status, empty.body) == (204, jsnull)

    run(test)


def test_bodies_of_3_mb_pass_both_ways(run: Run) -> None:
    async def test(channel: Any) -> None:
        body = b"z" * 3_000_000
        assert await (await channel.fetch(TARGET, request("length", method="POST", body=body))).text() == "3000000"
        response = await channel.fetch(TARGET, request("large"))
        assert await response.read_bytes() == b"y" * 3_000_000
        echoed = await channel.fetch(TARGET, request("echo", method="POST", body=body))
        assert await echoed.read_bytes() == body

    run(test)


def test_a_streaming_body_is_echoed_chunk_by_chunk(run: Run) -> None:
    class Live:
        """Gives the next chunk when the test says so."""

        def __init__(self) -> None:
            self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()

        async def pull(self) -> bytes | None:
            return await self.queue.get()

        def cancel(self, reason: Any) -> None: ...

    async def test(channel: Any) -> None:
        live = Live()
        stream = ReadableStream.from_source(live)
        response = await channel.fetch(TARGET, request("echo", method="POST", body=stream))
        reader = response.body.getReader()
        for part in (b"one", b"two"):
            live.queue.put_nowait(part)
            assert (await reader.read()).value.to_bytes() == part
        live.queue.put_nowait(None)
        assert (await reader.read()).done

    run(test)


def test_an_endless_response_is_only_produced_as_fast_as_it_is_read(run: Run) -> None:
    async def test(channel: Any) -> None:
        response = await channel.fetch(TARGET, request("endless"))
        reader = response.body.getReader()
        await reader.read()
        for _ in range(30):
            await channel.call(TARGET, ("echo",), [0], "python")
        assert await channel.call(TARGET, ("pulled",), [], "python") <= 20
        await reader.cancel()

    run(test)


def test_a_request_body_that_nobody_reads_does_not_hold_up_the_channel(run: Run) -> None:
    async def test(channel: Any) -> None:
        cancelled = Chunks.cancelled
        stream = ReadableStream.from_source(Chunks(100_000, 65_536))
        response = await channel.fetch(TARGET, request("unread", method="POST", body=stream))
        assert await response.text() == "not interested"
        assert await channel.call(TARGET, ("echo",), [1], "python") == 1
        assert Chunks.given <= 20
        del stream
        assert Chunks.cancelled in (cancelled, cancelled + 1)

    run(test)


def test_a_body_that_breaks_breaks_at_the_reader(run: Run) -> None:
    async def test(channel: Any) -> None:
        response = await channel.fetch(TARGET, request("breaking"))
        with pytest.raises(JsException, match="the stream broke"):
            await response.text()

    run(test)


def test_the_error_of_a_fetch_handler_is_raised(run: Run) -> None:
    async def test(channel: Any) -> None:
        with pytest.raises(JsException) as caught:
            await channel.fetch(TARGET, request("throw"))
        assert (str(caught.value), caught.value.remote) == ("TypeError: no response", True)

    run(test)


def test_a_used_body_cannot_be_sent(run: Run) -> None:
    async def test(channel: Any) -> None:
        sent = request("echo", method="POST", body="x")
        await sent.text()
        with pytest.raises(JsException, match="already been used"):
            await channel.fetch(TARGET, sent)

    run(test)


# ---- WebSockets ------------------------------------------------------------------------------------------


class Listener:
    """What a client socket hears."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        socket.binaryType = "arraybuffer"
        socket.addEventListener("message", lambda event: self.heard.put_nowait(self._plain(event.data)))
        socket.addEventListener(
            "close", lambda event: self.heard.put_nowait((event.code, event.reason, event.wasClean))
        )
        socket.accept()

    def _closed(self, event: Any) -> None:
        self.heard.put_nowait((event.code, event.reason, event.wasClean))

    @staticmethod
    def _plain(data: Any) -> Any:
        return data if isinstance(data, str) else data.to_bytes()

    async def next(self) -> Any:
        return await self.heard.get()


async def connect(channel: Any) -> Listener:
    response = await channel.fetch(TARGET, upgrade())
    assert response.status == 101
    return Listener(response.webSocket)


def test_messages_pass_both_ways_in_order(run: Run) -> None:
    async def test(channel: Any) -> None:
        client = await connect(channel)
        assert await client.next() == "welcome"
        for number in range(50):
            client.socket.send(f"é {number}")
        assert [await client.next() for _ in range(50)] == [f"echo é {number}" for number in range(50)]
        client.socket.send(b"\x00\xff" * 100_000)
        assert await client.next() == b"\x00\xff" * 100_000
        client.socket.send("")
        assert await client.next() == "echo "

    run(test)


def test_a_close_of_either_side_arrives_with_code_and_reason(run: Run) -> None:
    async def test(channel: Any) -> None:
        client = await connect(channel)
        await client.next()
        client.socket.send("close")
        assert await client.next() == (4001, "as asked", True)
        client = await connect(channel)
        await client.next()
        client.socket.close(4002, "enough")
        assert await client.next() == (4002, "enough", True)
        closes = await (await channel.fetch(TARGET, request("closes"))).text()
        assert "(4002, 'enough', True)" in closes

    run(test)


def test_a_socket_without_an_upgrade_is_refused(run: Run) -> None:
    async def test(channel: Any) -> None:
        with pytest.raises(JsException, match='did not contain the header "Upgrade: websocket"'):
            await channel.fetch(TARGET, request("socket"))

    run(test)
