"""Answering for a Worker that has no host: 500 with the reason, instead of a request that hangs.

Not a web server: a connection gets one answer after its request head, then it is closed. Bounds: 64 KiB of head,
100 connections, 10 s each.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pywrangler.session.reactor import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pywrangler.session.reactor import Reactor, TimerHandle

HEAD_LIMIT_BYTES = 64 * 1024
CONNECTION_LIMIT = 100
TIMEOUT_SECONDS = 10.0


class StandInServer:
    """Accepts on listening sockets that it does not own, until closed."""

    def __init__(self, reactor: Reactor, listeners: Sequence[socket.socket], text: str) -> None:
        self._reactor = reactor
        self._listeners = tuple(listeners)
        self._answer = answer(text)
        self._visitors: set[_Visitor] = set()
        for listener in self._listeners:
            reactor.watch(listener.fileno(), READ, lambda listener=listener: self._accept(listener))  # type: ignore[misc]

    def close(self) -> None:
        """Stop accepting; visitors that wait for their answer get it."""
        for listener in self._listeners:
            self._reactor.forget(listener.fileno())

    def abort(self) -> None:
        """Stop accepting and drop all visitors."""
        self.close()
        for visitor in tuple(self._visitors):
            visitor.end()

    def _accept(self, listener: socket.socket) -> None:
        if len(self._visitors) >= CONNECTION_LIMIT:
            return
        try:
            connection, _address = listener.accept()
        except OSError:
            return  # The client has gone, or another process was faster.
        self._visitors.add(_Visitor(self._reactor, connection, self._answer, self._visitors))


class _Visitor:
    """One connection: read the head, write the answer, let the client close."""

    def __init__(self, reactor: Reactor, connection: socket.socket, answer: bytes, register: set[_Visitor]) -> None:
        connection.setblocking(False)
        self._reactor = reactor
        self._connection = connection
        self._answer = memoryview(answer)
        self._register = register
        self._head = b""
        self._is_answering = False
        self._deadline: TimerHandle = reactor.call_later(TIMEOUT_SECONDS, self.end)
        reactor.watch(connection.fileno(), READ, self._on_ready)

    def end(self) -> None:
        """Close the connection."""
        if self in self._register:
            self._register.discard(self)
            self._deadline.cancel()
            self._reactor.forget(self._connection.fileno())
            self._connection.close()

    def _on_ready(self) -> None:
        try:
            if self._answer and self._is_answering:
                self._write()
            self._read()
        except BlockingIOError:
            return
        except OSError:
            self.end()

    def _read(self) -> None:
        data = self._connection.recv(HEAD_LIMIT_BYTES)
        if not data:
            self.end()
        elif not self._is_answering:
            self._head += data
            if b"\r\n\r\n" in self._head or len(self._head) > HEAD_LIMIT_BYTES:
                self._is_answering = True
                self._reactor.watch(self._connection.fileno(), READ | WRITE, self._on_ready)
                self._write()

    def _write(self) -> None:
        sent = self._connection.send(self._answer)
        self._answer = self._answer[sent:]
        if not self._answer:
            # Closing with unread bytes would reset the connection and lose the answer: the client closes first.
            self._connection.shutdown(socket.SHUT_WR)
            self._reactor.watch(self._connection.fileno(), READ, self._on_ready)


def answer(text: str) -> bytes:
    """Return the whole HTTP response."""
    body = text.encode()
    head = (
        "HTTP/1.1 500 Internal Server Error\r\n"
        "Content-Type: text/plain;charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode() + body
