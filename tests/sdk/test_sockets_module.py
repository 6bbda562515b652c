"""import_from_javascript("cloudflare:sockets").connect"""

from __future__ import annotations

import asyncio

import pytest
from workers import import_from_javascript

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.values import plain


def connect(*args, **options):
    return import_from_javascript("cloudflare:sockets").connect(*args, **options)


async def with_server(handle, use):
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        return await use(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await server.wait_closed()


async def echo(reader, writer):
    while data := await reader.read(100):
        writer.write(data.upper())
    writer.close()


@pytest.mark.parametrize("form", ["text", "object"])
def test_bytes_go_both_ways(form, run_async):
    async def use(port):
        address = f"127.0.0.1:{port}" if form == "text" else plain({"hostname": "127.0.0.1", "port": port})
        socket = connect(address)
        assert (await socket.opened).remoteAddress == f"127.0.0.1:{port}"
        writer = socket.writable.getWriter()
        await writer.write(b"hello")
        chunk = await socket.readable.getReader().read()
        assert chunk.value.to_bytes() == b"HELLO"
        await socket.close()
        await socket.closed

    run_async(with_server(echo, use))


def test_end_of_the_other_side_ends_the_stream(run_async):
    async def once(reader, writer):
        writer.write(b"bye")
        writer.close()

    async def use(port):
        socket = connect(f"127.0.0.1:{port}")
        assert [chunk.to_bytes() async for chunk in socket.readable] == [b"bye"]
        await socket.closed

    run_async(with_server(once, use))


def test_refused_connection_rejects_opened_and_breaks_the_stream(run_async):
    async def free_port():
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return port

    async def use():
        socket = connect(f"127.0.0.1:{await free_port()}")
        with pytest.raises(JsException, match="cannot connect"):
            await socket.opened
        with pytest.raises(JsException, match="cannot connect"):
            await socket.readable.getReader().read()

    run_async(use())


@pytest.mark.parametrize("address", ["", "host", "host:0", "host:99999", ":80", "host:x"])
def test_address_that_is_none(address):
    with pytest.raises(JsException, match="could not be parsed"):
        connect(address)


def test_unknown_kind_of_security(run_async):
    with pytest.raises(JsException, match="Unsupported value in secureTransport"):
        connect("127.0.0.1:80", secureTransport="maybe")


def test_start_tls_needs_to_be_asked_for(run_async):
    async def use(port):
        socket = connect(f"127.0.0.1:{port}")
        with pytest.raises(JsException, match="starttls"):
            socket.startTls()
        await socket.close()

    run_async(with_server(echo, use))
