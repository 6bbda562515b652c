"""One end of a control connection: messages out with descriptors, messages in, never blocking.

A message that does not fit into the socket's buffer waits here, so a stopped or slow process cannot stop the session.
Descriptors travel with the first byte of their message and are closed here as soon as they are sent (or will never be).
"""

from __future__ import annotations

import array
import os
import socket
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ProtocolError
from pywrangler.protocol import control
from pywrangler.session.reactor import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pywrangler.session.reactor import Reactor

RECEIVE_BYTES = 256 * 1024
READS_PER_TURN = 4
READS_AFTER_THE_END = 64


@dataclass(slots=True)
class _Outgoing:
    data: memoryview
    descriptors: tuple[int, ...]


class ControlLink:
    """A connection to a nursery or a host; `on_message` gets what arrives, `on_lost` is called once at its end."""

    def __init__(
        self,
        reactor: Reactor,
        connection: socket.socket,
        on_message: Callable[[Any], None],
        on_lost: Callable[[str], None],
    ) -> None:
        connection.setblocking(False)
        self._reactor = reactor
        self._socket = connection
        self._on_message = on_message
        self._on_lost = on_lost
        self._unpacker = control.Unpacker()
        self._queue: deque[_Outgoing] = deque()
        self._open = True
        reactor.watch(connection.fileno(), READ, self._on_ready)

    def send(self, message: control.Message, descriptors: Sequence[int] = ()) -> None:
        """Send a message; takes over the descriptors. Ignored after the end."""
        if not self._open:
            _close_all(descriptors)
            return
        self._queue.append(_Outgoing(memoryview(control.pack(message)), tuple(descriptors)))
        self._flush()

    def read_last_words(self) -> None:
        """Deliver now what waits to be read, because the process at the far side has ended.

        A bound remains: a process that it left behind may hold the connection and go on writing.
        """
        self._receive(READS_AFTER_THE_END)

    def close(self) -> None:
        """End the connection without a call of `on_lost`."""
        if not self._open:
            return
        self._open = False
        self._reactor.forget(self._socket.fileno())
        with suppress(OSError):
            # What was never read would turn the peer's end of file into a connection reset.
            self._socket.recv(RECEIVE_BYTES)
        self._socket.close()
        self._drop_queue()

    def _drop_queue(self) -> None:
        while self._queue:
            _close_all(self._queue.popleft().descriptors)

    def _flush(self) -> None:
        while self._queue and self._open:
            item = self._queue[0]
            ancillary = (
                [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", item.descriptors))] if item.descriptors else []
            )
            try:
                sent = self._socket.sendmsg([item.data], ancillary)
            except BlockingIOError:
                break
            except OSError:
                # The far side is gone; its last words may still wait to be read, so only the reading end decides.
                self._drop_queue()
                break
            _close_all(item.descriptors)
            item.descriptors = ()
            item.data = item.data[sent:]
            if not item.data:
                self._queue.popleft()
        if self._open:
            self._reactor.watch(self._socket.fileno(), READ | WRITE if self._queue else READ, self._on_ready)

    def _on_ready(self) -> None:
        if self._queue:
            self._flush()
        self._receive(READS_PER_TURN)  # a chatty host must not keep signals and the others waiting

    def _receive(self, reads: int) -> None:
        for _ in range(reads):
            if not self._open:
                return
            try:
                data = self._socket.recv(RECEIVE_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                self._lose(error.strerror or str(error))
                return
            if not data:
                self._lose("")
                return
            try:
                messages = self._unpacker.feed(data)
            except ProtocolError as error:
                self._lose(str(error))
                return
            for message in messages:
                self._on_message(message)

    def _lose(self, why: str) -> None:
        if self._open:
            self.close()
            self._on_lost(why)


def _close_all(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
