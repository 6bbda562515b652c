"""How a retiring host (the testator) gives its connections and objects to the next one (the heir).

No connection is closed by a reload: keep-alive connections between two requests, and hibernatable sockets between two
frames, change the process that owns them. An object changes hands when nothing of it runs any more (timers and streams
of it do not count, stubs that others hold for a second only); until then its events wait in the heir.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from pywrangler.host.link import MessageLink
from pywrangler.protocol import handover
from pywrangler.runtime.links import RESTART, RESTART_CODE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from pywrangler.host.http import HttpServer
    from pywrangler.runtime.links import Movable
    from pywrangler.runtime.objects import Key, ObjectHost

STUB_SECONDS = 1.0
"""How long an object stays for those who hold functions or RpcTargets of it: time to end what they are doing."""


class Testator:
    """The sending side."""

    def __init__(self, sock: socket.socket, http: HttpServer, objects: ObjectHost) -> None:
        self._http = http
        self._objects = objects
        self._link = MessageLink(
            sock,
            decode=handover.unpack,
            descriptors_of=handover.descriptors_of,
            received=lambda _message, _descriptors: None,
            closed=lambda: None,
        )

    def announce(self) -> None:
        """Let go of everything that does not run, and say which objects the heir has to wait for.

        From here on no message of a client reaches the old code, except in objects that still run.
        """
        objects = self._objects
        objects.stop()
        _retire_sockets()
        for actor in [actor for actor in objects.actors.values() if not actor.is_running and not actor.stubs]:
            actor.hand_over()
        self._running = tuple(objects.actors)
        self._released = {key: _release(objects, key) for key in list(objects.sockets) if key not in objects.actors}
        self._link.send(handover.Busy((*self._running, *self._released)))

    async def hand_over(self, deadline: float) -> None:
        """Send idle connections now, all others and the objects as they become free; `deadline` is monotonic."""
        for descriptor, state in self._http.handover(self._send_connection):
            self._send_connection(descriptor, state)
        async with asyncio.TaskGroup() as group:
            for key, released in self._released.items():
                group.create_task(self._send_object(key, *released))
            for key in self._running:
                group.create_task(self._free(key))
            group.create_task(self._http.drain(deadline))

    async def end(self) -> None:
        """Say that nothing runs here any more."""
        self._link.send(handover.Done())
        await self._link.drain()

    def _send_connection(self, descriptor: int, state: bytes) -> None:
        self._link.send(handover.Connection(state), [descriptor])

    async def _free(self, key: Key) -> None:
        actor = self._objects.actors.get(key)
        if actor is not None:
            await actor.idle(STUB_SECONDS)
            actor.hand_over()
        await self._send_object(key, *_release(self._objects, key))

    async def _send_object(self, key: Key, shared: bytes | None, sockets: Sequence[tuple[bytes, Movable]]) -> None:
        if shared is not None:
            self._link.send(handover.Sockets(key, shared))
        for record, link in sockets:
            try:
                descriptor, state = await link.detach()
            except ConnectionError:
                continue  # the peer is gone
            self._link.send(handover.Socket(key, record, state), [descriptor])
        self._link.send(handover.Free(key))


def _retire_sockets() -> None:
    """Close the sockets that do not hibernate, if there can be any."""
    websockets = sys.modules.get("pywrangler.runtime.websockets")
    if websockets is not None:
        websockets.retire_sockets(RESTART_CODE, RESTART)


def _release(objects: ObjectHost, key: Key) -> tuple[bytes | None, Sequence[tuple[bytes, Movable]]]:
    """Take the sockets of an object out of this host: what they share, and each with its record."""
    sockets = objects.sockets.pop(key, None)
    return (None, ()) if sockets is None else (sockets.shared(), sockets.export())


class Heir:
    """The receiving side."""

    def __init__(self, sock: socket.socket, http: HttpServer, objects: ObjectHost) -> None:
        self._http = http
        self._objects = objects
        self._announced = False
        self._waiting: list[Callable[[], None]] = []
        self._is_alone = False
        self._awaiting_end: list[Callable[[], None]] = []
        objects.expect_announcement()
        self._link = MessageLink(
            sock,
            decode=handover.unpack,
            descriptors_of=handover.descriptors_of,
            received=self._received,
            closed=self._closed,
        )

    def when_announced(self, callback: Callable[[], None]) -> None:
        """Call back once it is known which objects are busy."""
        if self._announced:
            callback()
        else:
            self._waiting.append(callback)

    def when_gone(self, callback: Callable[[], None]) -> None:
        """Call back once nothing runs in the predecessor any more."""
        if self._is_alone:
            callback()
        else:
            self._awaiting_end.append(callback)

    def _received(self, message: Any, descriptors: list[int]) -> None:
        if isinstance(message, handover.Busy):
            self._announce(message.objects)
        elif isinstance(message, handover.Free):
            self._objects.freed(message.object)
        elif isinstance(message, handover.Connection):
            self._http.adopt(descriptors[0], message.state)
        elif isinstance(message, handover.Sockets):
            self._objects.socket_set(message.object).adopt_shared(message.shared)
        elif isinstance(message, handover.Socket):
            loop = asyncio.get_running_loop()
            link = self._http.adopt_socket(loop, descriptors[0], message.state)
            self._objects.socket_set(message.object).adopt(message.record, link)
        else:
            self._closed()
            self._link.close()

    def _announce(self, busy: tuple[Key, ...]) -> None:
        self._announced = True
        self._objects.expect(busy)
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()

    def _closed(self) -> None:
        """Take the end of the file, too, as leave to go on: the predecessor is gone."""
        if not self._announced:
            self._announce(())
        self._objects.freed_all()
        self._is_alone = True
        waiting, self._awaiting_end = self._awaiting_end, []
        for callback in waiting:
            callback()
