"""The HTTP/1.1 server of a host (`protocol.http1` says where a request ends).

- Requests of a connection are answered one at a time, in order; the next ones wait, and reading stops meanwhile.
- A request whose body arrived with its head carries bytes; a longer body is a stream that reads the socket on demand.
- A client that goes away ends its request, once what that gave to `waitUntil` is done (`runtime.cancellation`).
- A connection between two requests can be given to another process (`handover`, `adopt`) without losing a byte: it is
  duplicated and dropped here, while what the client sends waits in the kernel. Encrypted connections cannot move; they
  end after the current response.
- A 101 response couples the connection with the response's WebSocket (spec/websocket.md, section 3).
- An exception of the application is a bug of ours: 500, and the traceback goes to stderr.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

from pywrangler.host.connection import Connection
from pywrangler.host.wires import TcpLink
from pywrangler.protocol import descriptors
from pywrangler.runtime.cancellation import leave
from pywrangler.runtime.links import RESTART, RESTART_CODE

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterator

    from pywrangler.runtime.context import EventContext
    from pywrangler.runtime.js.request import Request
    from pywrangler.runtime.js.response import Response

BACKLOG = 2048
FEWEST_CONNECTIONS = 4


class HttpServer:
    """Serves `application` on listening sockets that somebody else bound.

    `on_request(method, path, status, reason, milliseconds)` is called when the head of a response is written, except
    for paths below `/cdn-cgi/` (spec/cli.md, "Request log").
    """

    def __init__(
        self,
        application: Callable[[Request], Awaitable[Response]],
        *,
        on_request: Callable[[str, str, int, str, float], None] | None = None,
        scheme: str = "http",
    ) -> None:
        self.application = application
        self.on_request = on_request
        self.scheme = scheme
        self.connections: set[Connection] = set()
        """HTTP connections; upgraded ones are in `links`."""
        self.links: set[TcpLink] = set()
        """Open WebSockets that came in here or by `adopt_socket`."""
        self.is_draining = False
        self.on_idle: Callable[[int, bytes], None] | None = None
        self._listeners: list[asyncio.AbstractServer] = []
        self._adopting: set[asyncio.Future[Any]] = set()
        self._lingering: set[asyncio.Task[None]] = set()
        self._empty: asyncio.Future[None] | None = None
        self._most = max(FEWEST_CONNECTIONS, descriptors.limit() - descriptors.in_use() - 2 * descriptors.RESERVE)
        self._is_full = False
        self.on_full: Callable[[str], None] = lambda text: print(text, file=sys.__stderr__)
        """Told once that connections had to be refused, and why."""

    # ---- accepting ----------------------------------------------------------------------------------------

    def has_room(self, newcomer: Connection) -> bool:
        """Say whether there are descriptors for one more connection; idle ones of others are closed for it."""
        if len(self.connections) + len(self.links) <= self._most:
            return True
        idle = next((it for it in self.connections if it is not newcomer and it.close_if_idle()), None)
        if idle is None and not self._is_full:
            self._is_full = True
            text = f"Clients get 503, as {descriptors.told()}. {descriptors.REMEDY}"
            self.on_full(text)
        return idle is not None

    async def listen(self, sock: socket.socket, ssl: ssl.SSLContext | None = None) -> None:
        """Accept connections on a bound socket, which is closed in this process by `stop_accepting`."""
        loop = asyncio.get_running_loop()
        self._listeners.append(await loop.create_server(lambda: Connection(self), sock=sock, backlog=BACKLOG, ssl=ssl))

    def stop_accepting(self) -> None:
        """Accept nothing more; whoever shares the listening sockets goes on."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()

    # ---- hand-over ----------------------------------------------------------------------------------------

    def handover(self, on_idle: Callable[[int, bytes], None]) -> Iterator[tuple[int, bytes]]:
        """Give away every connection that is between two requests: yields descriptors with states for `adopt`.

        From now on a connection whose last response is written is given to `on_idle(fd, state)`. The receiver owns
        the descriptors. WebSockets that do not hibernate close with 1012, as they belong to code that goes.
        """
        self.on_idle = on_idle
        for link in list(self.links):
            if not link.is_hibernatable:
                link.retire(RESTART_CODE, RESTART)
        for connection in list(self.connections):
            given = connection.give_away()
            if given is not None:
                yield given

    def adopt(self, fd: int, state: bytes) -> None:
        """Serve a connection that another process gave away; owns `fd`."""
        sock = socket.socket(fileno=fd)
        sock.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._adopt(sock, state))
        self._adopting.add(task)
        task.add_done_callback(self._adopting.discard)

    async def _adopt(self, sock: socket.socket, state: bytes) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: Connection(self, state), sock)
        except OSError:
            sock.close()  # the client left on the way

    def adopt_socket(self, loop: asyncio.AbstractEventLoop, fd: int, state: bytes) -> TcpLink:
        """Go on with a WebSocket that another process gave away; owns `fd`."""
        return TcpLink.adopt(loop, fd, state, self.links)

    # ---- ending -------------------------------------------------------------------------------------------

    async def drain(self, deadline: float) -> None:
        """Finish what is running, then close every connection; at `deadline` (`time.monotonic`) drop what is left.

        WebSockets stay: see `close_sockets`.
        """
        self.is_draining = True
        self.stop_accepting()
        for connection in list(self.connections):
            connection.close_if_idle()
        while self.connections or self._adopting:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            self._empty = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._empty, *self._adopting], timeout=remaining, return_when="FIRST_COMPLETED")
        for connection in list(self.connections):
            connection.abort()

    def close_sockets(self, code: int, reason: str, *, report: bool = True) -> None:
        """Close every WebSocket; `report` tells user code at once."""
        for link in list(self.links):
            link.retire(code, reason, report=report)

    # ---- for connections ----------------------------------------------------------------------------------

    def lost(self, connection: Connection) -> None:
        """A connection is no longer ours."""
        self.connections.discard(connection)
        if not self.connections and self._empty is not None and not self._empty.done():
            self._empty.set_result(None)

    def let_linger(self, handler: asyncio.Task[Any], event: EventContext) -> None:
        """Let a handler whose client is gone run on while something is under way that it gave to `waitUntil`."""
        waiting = asyncio.get_running_loop().create_task(leave(handler, event.waited))
        self._lingering.add(waiting)
        waiting.add_done_callback(self._lingering.discard)

    @staticmethod
    def report_bug(problem: BaseException) -> None:
        """Show an exception that should not have reached the server."""
        traceback.print_exception(problem, file=sys.stderr)

    @staticmethod
    def duplicate(transport: asyncio.BaseTransport) -> int:
        """Return a descriptor of the same connection that outlives the transport."""
        return os.dup(transport.get_extra_info("socket").fileno())
