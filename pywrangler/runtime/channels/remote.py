"""The channel to a Worker of another host: finds it through the registry, connects when there is something to say.

- One connection per Worker, kept while it lives; calls made while it is being established wait in it, in order.
- A connection whose other side is going (GOAWAY) takes no new calls; those that did not begin go on a new one.
- Where connecting fails, the entry is read again: the Worker may have come back somewhere else meanwhile.
- Nothing is remembered of a Worker that is gone (spec/registry.md, sections 2 and 3).
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ProtocolError
from pywrangler.files import read_regular
from pywrangler.protocol import registry
from pywrangler.protocol.channel import CHANNEL, DELIVERY, Hello, Kind, frame, pack_delivery
from pywrangler.runtime.channels.connection import Connection
from pywrangler.runtime.channels.failures import lost
from pywrangler.runtime.channels.incoming import Incoming
from pywrangler.runtime.channels.pending import PendingCall, PendingEvent, PendingFetch
from pywrangler.runtime.clone import Frozen, freeze
from pywrangler.runtime.js.errors import JsException, error

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from pywrangler.protocol.channel import Delivery, Goodbye, Welcome
    from pywrangler.protocol.registry import Entry
    from pywrangler.runtime.channels.failures import ErrorText
    from pywrangler.runtime.channels.link import ChannelLink
    from pywrangler.runtime.channels.pending import Pending
    from pywrangler.runtime.ports import Event, FaceName, Link, Router, Target

BACKLOG_SECONDS = 0.02
"""Pause before another try when the backlog of the target is full."""


class RemoteChannel:
    """The way to one Worker in another host."""

    def __init__(
        self,
        worker: str,
        directory: Path,
        *,
        own_worker: str,
        router: Router,
        error_text: ErrorText,
        on_connection: Callable[[str, bool], None],
        wire: Callable[[int, bytes], Link | None],
        find: Callable[[], Entry | None] | None = None,
    ) -> None:
        """Make the channel; `find` tells where the Worker is, instead of the registry."""
        self._worker = worker
        self._find = find or self._find_in_registry
        self._directory = directory
        self._own_worker = own_worker
        self.router: Router | None = router
        self.error_text = error_text
        self._on_connection = on_connection
        self._wire = wire
        self._connection: Connection | None = None
        self._socket: socket.socket | None = None
        self._entry: Entry | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._all: set[Connection] = set()

    # ---- Channel ------------------------------------------------------------------------------------------

    def fetch(self, target: Target, request: Any) -> Awaitable[Any]:
        """Send a request."""
        return self._submit(PendingFetch(target, request), target)

    def call(
        self, target: Target, path: Sequence[str], arguments: Sequence[Any] | Frozen, face: FaceName
    ) -> Awaitable[Any]:
        """Call a method."""
        frozen = arguments if isinstance(arguments, Frozen) else freeze(list(arguments), script=face == "js")
        return self._submit(PendingCall(target, 0, tuple(path), frozen, face), target)

    def deliver(self, target: Target, event: Event) -> Awaitable[Any]:
        """Deliver another event."""
        return self._submit(PendingEvent(target, event.kind, event.payload), target)

    def _submit(self, call: Pending, target: Target) -> Awaitable[Any]:
        connection = self._usable()
        if connection is None:
            entry = self._find()
            if entry is None:
                call.absent(f'Worker "{self._worker}" not found. Make sure it is running locally.')
                return call.future
            if entry.version != registry.VERSION:
                call.absent(self._incompatible())
                return call.future
            if target.kind == "object" and entry.classes and target.name not in entry.classes:
                call.fail(no_such_class(target.name, self._worker, entry.classes))
                return call.future
            connection = self._connect(entry)
        connection.submit(call)
        return call.future

    def _incompatible(self) -> str:
        return (
            f'Worker "{self._worker}" is not compatible with this version of the dev server. '
            "Please update all Worker instances to the same version."
        )

    # ---- the connection -----------------------------------------------------------------------------------

    def _usable(self) -> Connection | None:
        """Return the connection, unless it is gone or going."""
        connection = self._connection
        if connection is None or connection.is_closed or connection.is_going:
            return None
        if connection.is_idle and self._socket is not None and _is_dead(self._socket):
            # The other side died since the loop last looked; a call sent now would be lost.
            self._connection = None
            return None
        return connection

    @property
    def is_connected(self) -> bool:
        """Whether calls have a connection to go on."""
        return self._usable() is not None

    def _find_in_registry(self) -> Entry | None:
        try:
            content = read_regular(self._directory / self._worker)
        except (OSError, ValueError):
            return None
        return registry.decode(content)

    def _connect(self, entry: Entry) -> Connection:
        connection = Connection(self, 1)
        self._connection = connection
        self._all.add(connection)
        self._socket = None
        self._entry = entry
        token = entry.address.partition("#")[2]
        hello = Hello(registry.VERSION, self._own_worker, self._worker, token)
        connection.send(CHANNEL + frame(Kind.HELLO, 0, hello))
        self._run(self._dial(connection, entry))
        return connection

    async def _dial(self, connection: Connection, entry: Entry) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                sock = await open_socket(entry.address)
                break
            except (OSError, ValueError):
                again = self._find()
                if again is None or (again.address, again.instance, again.pid) == (
                    entry.address, entry.instance, entry.pid,
                ):  # fmt: skip
                    connection.end(lost)
                    return
                self._entry = entry = again
        if connection is self._connection:
            self._socket = sock
        if sock.family is socket.AF_UNIX:
            await loop.create_unix_connection(lambda: connection, sock=sock)
        else:
            await loop.create_connection(lambda: connection, sock=sock)

    def _run(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End every connection."""
        for task in list(self._tasks):
            task.cancel()
        for connection in list(self._all):
            connection.close()

    # ---- Owner of connections -----------------------------------------------------------------------------

    def incoming(self, connection: Connection) -> Incoming:
        """Return what answers calls of our references; calls of the Worker come to the listener only."""
        return Incoming(connection, None, self._own_worker)

    def adopt_wire(self, fd: int, state: bytes) -> Link | None:
        """Return a link over a client's TCP connection."""
        return self._wire(fd, state)

    def greeted(self, connection: Connection, hello: Hello) -> None:  # noqa: ARG002
        """Refuse a HELLO of the side that accepted."""
        raise ProtocolError("HELLO from the side that accepted")

    def welcomed(self, connection: Connection, welcome: Welcome) -> None:  # noqa: ARG002
        """Report that the Worker is connected."""
        self._on_connection(self._worker, True)

    def refused(self, connection: Connection, goodbye: Goodbye) -> None:
        """Tell every caller why."""
        if goodbye.reason == "version":
            text = self._incompatible()
        elif goodbye.reason == "token":
            text = f'Worker "{self._worker}" does not let this session in.'
        else:
            return
        waiting, connection.pending = connection.pending, {}
        for call in waiting.values():
            call.absent(text)

    def send_again(self, connection: Connection, calls: list[Pending]) -> None:
        """Send calls that did not begin on a new connection, before any later one."""
        if connection is self._connection:
            self._connection = None
        if not calls:
            return
        usable = self._usable()
        if usable is None:
            entry = self._find() or self._entry
            assert entry is not None
            usable = self._connect(entry)
        for call in calls:
            usable.submit(call)

    def ended(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._all.discard(connection)
        if connection is self._connection:
            self._connection = None
            self._socket = None
        if connection.peer_instance and self._connection is None:
            self._on_connection(self._worker, False)

    def deliver_descriptor(self, connection: Connection, stream: int, fd: int, delivery: Delivery) -> None:  # noqa: ARG002
        """Give a client's connection to the other host."""
        assert self._entry is not None
        self._run(deliver(self._entry.address, fd, delivery))

    def expect_descriptor(self, link: ChannelLink) -> str | None:  # noqa: ARG002
        """Take no descriptors on this side: clients' connections go to where the socket's end lives."""
        return None


def no_such_class(class_name: str, worker: str, classes: Sequence[str]) -> JsException:
    """Return the error for a Durable Object class that the target does not export."""
    return error(
        f'Durable Object class "{class_name}" is not exported by Worker "{worker}" (exports: {", ".join(classes)})'
    )


def parse_address(address: str) -> str | tuple[str, int]:
    """Return where a listener is, a path or host and port; ValueError if the address is malformed.

    Addresses are `unix:<absolute path>` and `tcp:<host>:<port>#<token>`.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "unix" and rest:
        return rest
    if scheme == "tcp":
        host, _, port = rest.partition("#")[0].rpartition(":")
        return host, int(port)
    raise ValueError(f"{address!r} is no address")


async def open_socket(address: str) -> socket.socket:
    """Connect to a listener; OSError if nobody is there. A listener that nobody serves right now is waited for."""
    place = parse_address(address)
    family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
    while True:
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            if isinstance(place, str):
                # A Unix socket connects at once or not at all, whoever accepts it and whenever.
                sock.connect(place)
            else:
                await asyncio.get_running_loop().sock_connect(sock, place)
        except OSError as problem:
            sock.close()
            if problem.errno != errno.EAGAIN:
                raise
            await asyncio.sleep(BACKLOG_SECONDS)
        else:
            return sock


def _is_dead(sock: socket.socket) -> bool:
    """Whether the other side has closed, as far as the kernel knows."""
    try:
        return sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except (BlockingIOError, InterruptedError):
        return False
    except OSError:
        return True


async def deliver(address: str, fd: int, delivery: Delivery) -> None:
    """Send a descriptor to a process; what nobody takes is closed."""
    try:
        sock = await open_socket(address)
    except (OSError, ValueError):
        os.close(fd)
        return
    loop = asyncio.get_running_loop()
    with sock:
        try:
            socket.send_fds(sock, [DELIVERY], [fd])
            await loop.sock_sendall(sock, pack_delivery(delivery))
            await loop.sock_recv(sock, 1)
        except OSError:
            return  # the process is gone; the client sees its connection close
        finally:
            os.close(fd)
