"""The load client of the benchmarks: HTTP/1.1 and WebSocket on bare asyncio protocols, cheap enough not to be measured.

Every function takes a deadline or a count, so nothing runs for ever; only loopback addresses are accepted.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
import time
from dataclasses import dataclass, field


@dataclass
class Load:
    """What a load gave: requests per second, latencies in seconds (sorted), failures with their reasons."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        if not self.latencies:
            return float("nan")
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


class _Connection(asyncio.Protocol):
    """Sends the same request again and again on one connection, one at a time."""

    def __init__(self, request: bytes, load: Load, until: float, done: asyncio.Future) -> None:
        self._request = request
        self._load = load
        self._until = until
        self._done = done
        self._buffer = bytearray()
        self._need = -1
        self._sent = 0.0
        self._stopping = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._need < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._buffer[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                self._load.failures.append(head[:60].decode("latin-1"))
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self._need = end + 4 + length
        if len(self._buffer) < self._need:
            return
        now = time.perf_counter()
        self._load.latencies.append(now - self._sent)
        self._buffer.clear()
        self._need = -1
        if now < self._until:
            self._send()
        else:
            self._stopping = True
            self._transport.close()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self._stopping:
            self._load.failures.append(f"connection lost: {problem}")
        if not self._done.done():
            self._done.set_result(None)


def request_bytes(port: int, path: str = "/", method: str = "GET", headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def http_load(port: int, path: str = "/", *, connections: int = 64, seconds: float = 4.0) -> Load:
    """Load one address with keep-alive connections for some seconds."""
    loop = asyncio.get_running_loop()
    load = Load(seconds)
    until = time.perf_counter() + seconds
    waits = []
    for _ in range(connections):
        done = loop.create_future()
        waits.append(done)
        await loop.create_connection(
            lambda done=done: _Connection(request_bytes(port, path), load, until, done), "127.0.0.1", port
        )
    await asyncio.wait_for(asyncio.gather(*waits), seconds + 30)
    load.latencies.sort()
    return load


async def get(port: int, path: str = "/", *, timeout: float = 10.0) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body."""

    async def once() -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(request_bytes(port, path, headers={"Connection": "close"}))
            data = await reader.read()
        finally:
            writer.close()
        head, _, body = data.partition(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1]), body

    return await asyncio.wait_for(once(), timeout)


class Socket(asyncio.Protocol):
    """A WebSocket client that hands every message to a callback with its arrival time."""

    def __init__(self, port: int, path: str, received, lost=None) -> None:
        self._port, self._path, self._received, self._lost = port, path, received, lost
        self._buffer = bytearray()
        self._open = False
        self.opened = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            request_bytes(
                self._port,
                self._path,
                headers={
                    "Upgrade": "websocket",
                    "Connection": "Upgrade",
                    "Sec-WebSocket-Key": key,
                    "Sec-WebSocket-Version": "13",
                },
            )
        )

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            status = bytes(buffer[:end]).split(b" ", 2)[1]
            del buffer[: end + 4]
            self._open = True
            if not self.opened.done():
                if status == b"101":
                    self.opened.set_result(None)
                else:
                    self.opened.set_exception(ConnectionError(f"status {status.decode()}"))
        now = time.perf_counter()
        while len(buffer) >= 2:
            length, start = buffer[1] & 127, 2
            if length == 126:
                if len(buffer) < 4:
                    return
                (length,), start = struct.unpack_from("!H", buffer, 2), 4
            elif length == 127:
                if len(buffer) < 10:
                    return
                (length,), start = struct.unpack_from("!Q", buffer, 2), 10
            if len(buffer) < start + length:
                return
            opcode = buffer[0] & 15
            payload = bytes(buffer[start : start + length])
            del buffer[: start + length]
            if opcode in (1, 2):
                self._received(self, payload, now)

    def send(self, text: bytes) -> None:
        length = len(text)
        head = bytes((0x81, 0x80 | length)) if length < 126 else struct.pack("!BBH", 0x81, 0x80 | 126, length)
        self.transport.write(head + b"\0\0\0\0" + text)  # a mask of zeros is a mask

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(str(problem)))
        if self._lost is not None:
            self._lost(self, problem)


async def open_socket(port: int, path: str, received, lost=None) -> Socket:
    """Open a WebSocket and wait for the 101."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(port, path, received, lost), "127.0.0.1", port)
    await asyncio.wait_for(socket.opened, 15)
    return socket
