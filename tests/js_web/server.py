"""A small HTTP server for tests of the client: each path does one thing, every request is remembered."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from dataclasses import dataclass, field

from pywrangler.protocol.websocket import Close, Decoder, Ping, accept_key, encode_close, encode_frame, encode_message


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""

    def header(self, name):
        return next((value for key, value in self.headers if key == name), None)


@dataclass
class Server:
    """Listens on a free port while the `async with` lasts."""

    requests: list[Seen] = field(default_factory=list)
    frames: list[object] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self):
        self._tasks = set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_exception):
        from pywrangler.runtime.js.fetch import close_clients

        await close_clients()
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _connected(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            self.closed.set()
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:-2])]
        seen = Seen(method, target, headers)
        self.requests.append(seen)
        self.asked.set()
        if seen.header("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                seen.body += await reader.readexactly(size)
                await reader.readexactly(2)
            await reader.readexactly(2)
        elif seen.header("content-length"):
            seen.body = await reader.readexactly(int(seen.header("content-length")))
        path = target.partition("?")[0]
        return await getattr(self, "do_" + path.strip("/").replace("-", "_"), self.do_)(seen, reader, writer)

    @staticmethod
    async def answer(writer, status, headers, body=b""):
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        writer.write(("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        await writer.drain()
        return True

    async def do_(self, _seen, _reader, writer):
        return await self.answer(
            writer, "404 Not Here", [("X", "1"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")], b"no"
        )

    async def do_echo(self, seen, _reader, writer):
        return await self.answer(writer, "200 OK", [("Content-Type", "text/plain")], seen.body)

    async def do_gzip(self, _seen, _reader, writer):
        return await self.answer(writer, "200 OK", [("Content-Encoding", "gzip")], gzip.compress(b"unpacked"))

    async def do_status(self, seen, _reader, writer):
        status, _, location = seen.target.partition("?")[2].partition("=")
        return await self.answer(writer, f"{status} Moved", [("Location", location)], b"moved")

    async def do_empty(self, _seen, _reader, writer):
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        return True

    async def do_cut(self, _seen, _reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
        return False

    async def do_drop(self, _seen, _reader, _writer):
        return False

    async def do_slow(self, _seen, reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst")
        await reader.read(1)
        return False

    async def do_never(self, _seen, reader, _writer):
        await reader.read(1)
        return False

    async def do_socket(self, seen, reader, writer):
        protocol = seen.header("sec-websocket-protocol")
        lines = [
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Accept: " + accept_key(seen.header("sec-websocket-key")),
            *([f"Sec-WebSocket-Protocol: {protocol.split(',')[-1].strip()}"] if protocol else []),
        ]
        # The first message comes in the same packet as the head.
        writer.write("\r\n".join([*lines, "", ""]).encode() + encode_message("welcome", deflate=False))
        decoder = Decoder()
        while data := await reader.read(65536):
            decoder.receive(data)
            while (event := decoder.next_event()) is not None:
                self.frames.append(event)
                if isinstance(event, (str, bytes)):
                    self.on_message(event, writer)
                elif isinstance(event, Close):
                    writer.write(encode_close(event.code if event.code != 1005 else None, event.reason))
                    return False
                elif isinstance(event, Ping):
                    pass
        return False

    def on_message(self, data, writer):
        if data == "ping me":
            writer.write(encode_frame(0x9, b"payload"))
        elif data == "close":
            writer.write(encode_close(4001, "bye"))
        elif data == "vanish":
            writer.transport.abort()
        elif data == "nonsense":
            writer.write(b"\xff\xff\xff")
        else:
            writer.write(encode_message(data, deflate=False))

    async def do_bad_socket(self, _seen, _reader, writer):
        writer.write(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n")
        return False
