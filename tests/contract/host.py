"""A process that serves the sample Worker on an inherited listener: `host.py <descriptor> [version]`."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path

import uvloop

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "pywrangler" / "modules")]


async def serve(descriptor: int) -> None:
    """Serve until standard input ends; a line there means that the host retires."""
    import pywrangler.bindings.durable_objects
    import pywrangler.bindings.services  # noqa: F401 - both say how bindings that arrive are made
    from pywrangler.runtime.channels.router import ChannelRouter
    from pywrangler.runtime.channels.server import ChannelServer
    from tests.contract.receiver import SampleReceiver

    listener = socket.socket(fileno=descriptor)
    listener.setblocking(False)
    loop = asyncio.get_running_loop()
    receiver = SampleReceiver()
    receiver.router = ChannelRouter("other", receiver, Path("/nowhere"), lambda *_told: None)
    server = ChannelServer(receiver)

    def accept() -> None:
        try:
            connection, _address = listener.accept()
        except BlockingIOError:
            return
        server.adopt(connection)

    loop.add_reader(listener.fileno(), accept)
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("serving", flush=True)
    if await reader.readline():
        loop.remove_reader(listener.fileno())
        server.retire()
        print("retiring", flush=True)
        await server.drain()
    await server.close()


if __name__ == "__main__":
    if len(sys.argv) > 2:
        from pywrangler.protocol import registry

        registry.VERSION = int(sys.argv[2])
    uvloop.run(serve(int(sys.argv[1])))
