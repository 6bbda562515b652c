"""The side of channels that is called: takes connections from the private listener and delivers what they bring.

The first byte of a connection says what it is for: calls, or the descriptor of a client's connection that a proxied
WebSocket goes on with (`channels.link`).
"""

from __future__ import annotations

import asyncio
import hmac
import os
import secrets
import socket
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ProtocolError
from pywrangler.protocol import registry
from pywrangler.protocol.channel import (
    CHANNEL,
    DELIVERY,
    Goodbye,
    Kind,
    Welcome,
    delivery_size,
    frame,
    raw_frame,
    unpack_delivery,
)
from pywrangler.runtime.channels.connection import Connection
from pywrangler.runtime.channels.failures import python_traceback
from pywrangler.runtime.channels.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.protocol.channel import Delivery, Hello
    from pywrangler.runtime.channels.failures import ErrorText
    from pywrangler.runtime.channels.link import ChannelLink
    from pywrangler.runtime.channels.pending import Pending
    from pywrangler.runtime.ports import Link, Receiver, Router

    AdoptWire = Callable[[asyncio.AbstractEventLoop, int, bytes], Link]

GREETING_SECONDS = 10.0
"""A connection that does not say what it is for within this time is dropped."""


class ChannelServer:
    """Serves one Worker to other hosts.

    `adopt_wire(loop, fd, state)` makes a link of a client's connection; without it, proxied sockets stay proxied.
    `token` is what callers must know where the listener is not a Unix socket.
    """

    def __init__(
        self,
        receiver: Receiver,
        adopt_wire: AdoptWire | None = None,
        *,
        worker: str = "",
        error_text: ErrorText | None = None,
        token: str = "",
    ) -> None:
        self._receiver = receiver
        self._adopt_wire = adopt_wire
        self._worker = worker
        face = getattr(receiver, "face", None)
        self.error_text: ErrorText = error_text or (python_traceback if face is None else face.error_text)
        self._token = token
        self.instance = secrets.token_hex(8)
        self._connections: dict[Connection, Incoming] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._expected: dict[str, ChannelLink] = {}
        self._is_retiring = False

    # ---- taking connections -------------------------------------------------------------------------------

    def adopt(self, sock: socket.socket) -> None:
        """Serve an accepted connection; owns `sock`."""
        sock.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._serve(sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                purpose, descriptors = await _first_byte(loop, sock)
            if purpose == CHANNEL and not descriptors:
                connection = Connection(self, 2)
                await loop.connect_accepted_socket(lambda: connection, sock)
                return
            if purpose == DELIVERY and len(descriptors) == 1:
                async with asyncio.timeout(GREETING_SECONDS):
                    await self._receive(loop, sock, descriptors.pop())
        except (OSError, ProtocolError, TimeoutError):
            pass  # whoever it was is gone or speaks something else
        else:
            for descriptor in descriptors:
                os.close(descriptor)
        sock.close()

    async def _receive(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, fd: int) -> None:
        try:
            size = delivery_size(await _exactly(loop, sock, 4))
            delivery = unpack_delivery(await _exactly(loop, sock, size))
        except BaseException:
            os.close(fd)
            raise
        accepted = self._go_on(loop, fd, delivery)
        await loop.sock_sendall(sock, b"Y" if accepted else b"N")

    def _go_on(self, loop: asyncio.AbstractEventLoop, fd: int, delivery: Delivery) -> bool:
        link = self._expected.pop(delivery.key, None) if delivery.instance == self.instance else None
        if link is None or self._adopt_wire is None:
            os.close(fd)
            return False
        link.go_on(self._adopt_wire(loop, fd, delivery.state), delivery)
        return True

    # ---- leaving ------------------------------------------------------------------------------------------

    def retire(self) -> None:
        """Begin no further calls: callers are told to send them elsewhere."""
        self._is_retiring = True
        for connection in self._connections:
            self._send_away(connection)

    def _send_away(self, connection: Connection) -> None:
        connection.is_retiring = True
        connection.send(raw_frame(Kind.GOAWAY, connection.last_stream))
        connection.flush()

    async def drain(self) -> None:
        """Wait until every call that began is answered."""
        for incoming in list(self._connections.values()):
            await incoming.idle()

    async def close(self) -> None:
        """End every connection."""
        for connection in list(self._connections):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # ---- Owner of connections -----------------------------------------------------------------------------

    @property
    def router(self) -> Router | None:
        """Where bindings that arrive lead."""
        router: Router | None = getattr(self._receiver, "router", None)
        return router

    def incoming(self, connection: Connection) -> Incoming:
        """Return what answers calls."""
        return self._connections[connection]

    def adopt_wire(self, fd: int, state: bytes) -> Link | None:
        """Return a link over a client's TCP connection."""
        return None if self._adopt_wire is None else self._adopt_wire(asyncio.get_running_loop(), fd, state)

    def greeted(self, connection: Connection, hello: Hello) -> None:
        """Welcome a caller that speaks our version."""
        if hello.version != registry.VERSION:
            connection.close(frame(Kind.GOODBYE, 0, Goodbye("version", "", registry.VERSION)))
            return
        if self._token and not hmac.compare_digest(self._token.encode(), hello.token.encode()):
            connection.close(frame(Kind.GOODBYE, 0, Goodbye("token")))
            return
        self._connections[connection] = Incoming(connection, self._receiver, hello.wanted)
        connection.send(frame(Kind.WELCOME, 0, Welcome(registry.VERSION, self._worker or hello.wanted, self.instance)))
        if self._is_retiring:
            self._send_away(connection)

    def welcomed(self, connection: Connection, welcome: Welcome) -> None:  # noqa: ARG002
        """Refuse a WELCOME of the side that connected."""
        raise ProtocolError("WELCOME from the side that connected")

    def refused(self, connection: Connection, goodbye: Goodbye) -> None:
        """Take note: the connection ends."""

    def send_again(self, connection: Connection, calls: list[Pending]) -> None:  # noqa: ARG002
        """Fail calls of references: they cannot go anywhere else."""
        raise ProtocolError("GOAWAY from the side that connected")

    def ended(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._connections.pop(connection, None)

    def deliver_descriptor(self, connection: Connection, stream: int, fd: int, delivery: Delivery) -> None:  # noqa: ARG002
        """Give nothing to callers: clients' connections go to where the socket's end lives."""
        os.close(fd)

    def expect_descriptor(self, link: ChannelLink) -> str | None:
        """Return the key for a socket that can go on over the client's own connection."""
        if self._adopt_wire is None or not link.hold():
            return None
        key = secrets.token_hex(16)
        self._expected[key] = link
        return key


async def _first_byte(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> tuple[bytes, list[int]]:
    """Return the first byte and what descriptors came with it."""
    readable: asyncio.Future[None] = loop.create_future()

    def is_there() -> None:
        if not readable.done():
            readable.set_result(None)

    loop.add_reader(sock.fileno(), is_there)
    try:
        await readable
    finally:
        loop.remove_reader(sock.fileno())
    if sock.family is not socket.AF_UNIX:
        return sock.recv(1), []
    data, descriptors, _flags, _address = socket.recv_fds(sock, 1, 4, socket.MSG_CMSG_CLOEXEC)
    return data, list(descriptors)


async def _exactly(loop: asyncio.AbstractEventLoop, sock: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part: Any = await loop.sock_recv(sock, min(size, 1 << 16))
        if not part:
            raise ProtocolError("a delivery ended early")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
