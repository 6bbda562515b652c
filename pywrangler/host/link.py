"""A Unix stream socket that carries messages and descriptors, on the host's loop: to the session and between hosts."""

from __future__ import annotations

import array
import asyncio
import os
import socket
from collections import deque
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ProtocolError
from pywrangler.protocol import control

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

BUFFER_LIMIT_BYTES = 8 * 1024 * 1024
"""Above this, log output is dropped (and said so) rather than kept: the reader may be stopped."""


class MessageLink:
    """Sends and receives messages; what is sent in one turn of the loop goes out in one write."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        decode: Callable[[bytes], Any],
        descriptors_of: Callable[[Any], int],
        received: Callable[[Any, list[int]], None],
        closed: Callable[[], None],
    ) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._unpacker = control.Unpacker(decode)
        self._descriptors_of = descriptors_of
        self._received = received
        self._closed = closed
        self._descriptors: deque[int] = deque()
        self._queue: deque[tuple[bytes, Sequence[int]]] = deque()
        self._pending = bytearray()
        self._unsent: Sequence[int] = ()
        self.buffered_bytes = 0
        self._flushing = False
        self._delayed: asyncio.TimerHandle | None = None
        self._writer = False
        self._drained: list[asyncio.Future[None]] = []
        self.is_open = True
        self._loop.add_reader(sock.fileno(), self._read)

    # ---- receiving ----------------------------------------------------------------------------------------

    def _read(self) -> None:
        try:
            data, ancillary, _flags, _address = self._sock.recvmsg(
                1 << 18, socket.CMSG_SPACE(control.DESCRIPTORS_PER_MESSAGE * array.array("i").itemsize)
            )
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data, ancillary = b"", []
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                self._descriptors.extend(numbers)
        if not data:
            self._end()
            return
        try:
            messages = self._unpacker.feed(data)
        except ProtocolError:
            self._end()
            raise
        for message in messages:
            count = self._descriptors_of(message)
            taken = [self._descriptors.popleft() for _ in range(min(count, len(self._descriptors)))]
            self._received(message, taken)

    def _end(self) -> None:
        if self.is_open:
            self.close()
            self._closed()

    # ---- sending ------------------------------------------------------------------------------------------

    def send(self, message: control.Message, descriptors: Sequence[int] = (), *, delay_seconds: float = 0.0) -> None:
        """Queue a message; its descriptors are closed here once they are sent.

        A message that may be late by `delay_seconds` waits for company: waking the reader for each of ten thousand
        costs more than what they say.
        """
        if not self.is_open:
            for descriptor in descriptors:
                os.close(descriptor)
            return
        packed = control.pack(message)
        self._queue.append((packed, descriptors))
        self.buffered_bytes += len(packed)
        if delay_seconds:
            if not self._flushing and self._delayed is None:
                self._delayed = self._loop.call_later(delay_seconds, self._flush)
        elif not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def tell(self, message: control.Message) -> None:
        """Send a message now: the loop is about to stop for a while."""
        self.send(message)
        self._flush()

    def _flush(self) -> None:
        self._flushing = False
        if self._delayed is not None:
            self._delayed.cancel()
            self._delayed = None
        if self.is_open and not self._writer:
            self._write()

    def _write(self) -> None:
        """Write until done or the socket is full."""
        try:
            while self._pending or self._queue:
                if not self._pending:
                    self._fill()
                if self._unsent:
                    sent = socket.send_fds(self._sock, [self._pending], list(self._unsent))
                    for descriptor in self._unsent:
                        os.close(descriptor)
                    self._unsent = ()
                else:
                    sent = self._sock.send(self._pending)
                del self._pending[:sent]
                self.buffered_bytes -= sent
        except (BlockingIOError, InterruptedError):
            if not self._writer:
                self._writer = True
                self._loop.add_writer(self._sock.fileno(), self._write)
            return
        except OSError:
            self._end()
            return
        if self._writer:
            self._writer = False
            self._loop.remove_writer(self._sock.fileno())
        for waiter in self._drained:
            if not waiter.done():
                waiter.set_result(None)
        self._drained.clear()

    def _fill(self) -> None:
        """Move messages to the output; one with descriptors goes alone, with them."""
        while self._queue:
            packed, descriptors = self._queue[0]
            if descriptors and self._pending:
                return
            self._queue.popleft()
            self._pending += packed
            if descriptors:
                self._unsent = descriptors
                return

    async def drain(self) -> None:
        """Wait until everything queued is written, or the link is closed."""
        self._flush()
        while self.is_open and (self._pending or self._queue):
            waiter = self._loop.create_future()
            self._drained.append(waiter)
            await waiter

    def close(self) -> None:
        """Close the socket and every descriptor that nobody took."""
        if not self.is_open:
            return
        self.is_open = False
        if self._delayed is not None:
            self._delayed.cancel()
            self._delayed = None
        self._loop.remove_reader(self._sock.fileno())
        if self._writer:
            self._loop.remove_writer(self._sock.fileno())
        self._sock.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        for descriptors in (self._unsent, *(descriptors for _packed, descriptors in self._queue)):
            for descriptor in descriptors:
                os.close(descriptor)
        self._unsent = ()
        self._queue.clear()
        for waiter in self._drained:
            if not waiter.done():
                waiter.set_result(None)
        self._drained.clear()
