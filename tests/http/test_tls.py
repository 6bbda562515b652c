"""The same server over TLS; such connections end at a reload, as they cannot move."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import time

import pytest

from pywrangler.host.http import HttpServer
from pywrangler.protocol import websocket
from pywrangler.protocol.websocket import Decoder
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.sockets import WebSocketPair

REQUEST = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """Contexts of a server with a self-signed certificate, and of a client that trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    directory = tmp_path_factory.mktemp("tls")
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *kind, *subject, *files], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=str(certificate))


def test_requests_and_sockets_work_over_tls_and_end_at_a_reload(run, contexts):
    async def application(request):
        if request.url.endswith("/a"):
            return Response.new(request.url)
        client, server = WebSocketPair.new()
        server.addEventListener("message", lambda event: server.send(event.data))
        server.accept()
        return Response.new(None, status=101, webSocket=client)

    async def scenario():
        server = HttpServer(application, scheme="https")
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        await server.listen(listener, ssl=contexts[0])
        plain, ws = [
            await asyncio.open_connection("127.0.0.1", port, ssl=contexts[1], server_hostname="localhost") for _ in "12"
        ]
        plain[1].write(REQUEST)
        assert (await plain[0].readuntil(b"/a")).endswith(b"https://localhost/a")
        ws[1].write(UPGRADE)
        await ws[0].readuntil(b"\r\n\r\n")
        decoder = Decoder(from_client=False)
        for size in (5, 300_000):
            ws[1].write(websocket.encode_client_message("x" * size, deflate=False))
            while (event := decoder.next_event()) is None:
                decoder.receive(await ws[0].read(1 << 16))
            assert event == "x" * size
        (link,) = server.links
        with pytest.raises(ConnectionError):
            await link.detach()
        assert list(server.handover(lambda *_given: None)) == []
        assert await plain[0].read() == b""
        for _, writer in (plain, ws):
            writer.close()
        await server.drain(time.monotonic() + 2)
        for link in list(server.links):
            link.abort()
        await asyncio.sleep(0.01)

    run(scenario())
