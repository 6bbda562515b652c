"""Socket events of whole objects (spec/websocket.md, section 4)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.values import array
from pywrangler.runtime.websockets import WebSocketPair, retire_sockets
from tests.runtime.harness import ID, Objects, settle

if TYPE_CHECKING:
    from pathlib import Path


class Room:
    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.seen: list[Any] = []

    async def open(self, kind: str) -> Any:
        client, server = WebSocketPair.new()
        if kind == "plain":
            server.accept()
            server.onmessage = lambda event: self.seen.append(event.data)
            server.onclose = lambda event: self.seen.append(("closed", event.code))
        else:
            self.ctx.acceptWebSocket(server, array([kind]))
        self.server = server
        return client

    async def limit(self, milliseconds: int) -> None:
        self.ctx.setHibernatableWebSocketEventTimeout(milliseconds)

    async def events(self) -> list[Any]:
        return self.seen

    async def webSocketMessage(self, ws: Any, message: Any) -> None:
        if message == "wait":
            await asyncio.get_running_loop().create_future()
        self.seen.append(message)

    async def webSocketClose(self, ws: Any, code: int) -> None:
        self.seen.append(("closed", code))


async def opened(objects: Objects, kind: str) -> Any:
    client = await objects.call("Room", "open", kind)
    client.accept()
    return client


def test_a_handler_is_ended_when_it_runs_longer_than_the_object_allows(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = Objects(tmp_path, Room)
        client = await opened(objects, "red")
        await objects.call("Room", "limit", 10)
        client.send("wait")
        client.send("after")
        await asyncio.sleep(0.03)
        assert await objects.call("Room", "events") == ["after"]
        (problem,) = objects.reports
        assert "webSocketMessage was ended" in str(problem)
        client.send("still there")
        await settle()
        assert await objects.call("Room", "events") == ["after", "still there"]

    run_async(main())


def test_retiring_closes_plain_sockets_and_tells_their_listeners(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = Objects(tmp_path, Room)
        plain, hibernating = await opened(objects, "plain"), await opened(objects, "red")
        codes: list[int] = []
        plain.onclose = lambda event: codes.append(event.code)
        hibernating.onclose = lambda event: codes.append(event.code)
        server = objects.actor("Room").instance.server
        retire_sockets(1012, "Service restart")
        await settle()
        # The client's end is a plain socket of this process, too; a hibernatable one is not closed.
        assert ("closed", 1012) in await objects.call("Room", "events")
        assert 1012 in codes
        assert server.readyState < 3

    run_async(main())


def test_a_hibernated_object_wakes_for_a_message_with_new_socket_objects(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = Objects(tmp_path, Room)
        client = await opened(objects, "red")
        first = objects.actor("Room").instance
        await objects.clock.advance(12)
        assert objects.actor("Room") is None
        assert len(objects.host.sockets[("Room", ID)]) == 1
        client.send("wake up")
        await settle()
        second = objects.actor("Room").instance
        assert second is not first
        assert second.seen == ["wake up"]
        assert not first.seen

    run_async(main())


def test_a_plain_socket_keeps_its_object_from_hibernating(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = Objects(tmp_path, Room)
        client = await opened(objects, "plain")
        await objects.clock.advance(60)
        assert objects.actor("Room") is not None
        client.close(1000)
        await settle()
        await objects.clock.advance(12)
        assert objects.actor("Room") is None

    run_async(main())


def test_a_close_that_nobody_answered_becomes_1006_with_the_eviction(tmp_path: Path, run_async: Any) -> None:
    async def main() -> None:
        objects = Objects(tmp_path, Room)
        client = await opened(objects, "red")
        codes: list[int] = []
        client.onclose = lambda event: codes.append(event.code)
        client.close(4000, "bye")
        await settle()
        assert await objects.call("Room", "events") == [("closed", 4000)]
        assert codes == []
        await objects.clock.advance(12)
        assert codes == [1006]

    run_async(main())
