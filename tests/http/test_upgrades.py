"""WebSockets over real connections: the handshake (spec/websocket.md, section 3), frames, and how they end."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress

import pytest

from pywrangler.host import wires
from pywrangler.protocol import websocket
from pywrangler.protocol.websocket import Close, Decoder, Pong
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.sockets import HibernationSet, WebSocket, WebSocketPair

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ("Connection: Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"


class SocketClient:
    """A WebSocket client on a raw connection."""

    def __init__(self, client, *lines: str) -> None:
        self.client = client
        self.lines = lines
        self.deflate = False
        self.answer = None

    async def open(self) -> SocketClient:
        self.client.get("/ws", *UPGRADE, *self.lines)
        self.answer = await self.client.head()
        assert self.answer.status == 101, self.answer
        self.deflate = "sec-websocket-extensions" in self.answer
        self.decoder = Decoder(from_client=False, deflate=self.deflate)
        return self

    def send(self, data) -> None:
        self.client.send(websocket.encode_client_message(data, deflate=self.deflate))

    def close(self, code=None, reason="") -> None:
        self.client.send(websocket.encode_close(code, reason, mask=os.urandom(4)))

    def raw(self, opcode: int, payload: bytes = b"", head: int = 0x80) -> None:
        self.client.send(websocket.encode_frame(opcode, payload, head=head, mask=b"abcd"))

    async def receive(self):
        """The next event, or None when the connection is closed."""
        while (event := self.decoder.next_event()) is None:
            data = await self.client.reader.read(1 << 20)
            if not data:
                return None
            self.decoder.receive(data)
        return event


class Echo:
    """A Worker that accepts sockets and echoes; keeps what it heard."""

    def __init__(self, headers=None, half_open: bool = False) -> None:
        self.headers = headers or {}
        self.half_open = half_open
        self.closed: asyncio.Queue = asyncio.Queue()
        self.sockets: list = []

    def __call__(self, request):
        client, server = WebSocketPair.new()
        server.binaryType = "arraybuffer"
        server.accept(allowHalfOpen=self.half_open)
        server.addEventListener("message", lambda event: server.send(event.data))
        server.addEventListener(
            "close", lambda event: self.closed.put_nowait((event.code, event.reason, event.wasClean))
        )
        self.sockets.append(server)
        response = Response.new(None, status=101, webSocket=client)
        for name, value in self.headers.items():
            response.headers.append(name, value)
        return response


async def connected(site, *lines: str) -> SocketClient:
    return await SocketClient(await site.connect(), *lines).open()


# ---- handshake


def test_the_handshake_is_answered_with_the_headers_of_the_worker(run, serve):
    headers = {"Sec-WebSocket-Protocol": "chat", "Set-Cookie": "a=b", "Sec-WebSocket-Accept": "x", "Upgrade": "y"}

    async def scenario():
        async with serve(Echo(headers)) as site:
            answer = (await connected(site)).answer
            assert (answer.status, answer.reason) == (101, "Switching Protocols")
            assert answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
            assert (answer["upgrade"], answer["connection"]) == ("websocket", "Upgrade")
            assert (answer["sec-websocket-protocol"], answer["set-cookie"]) == ("chat", "a=b")
            assert "sec-websocket-extensions" not in answer
            assert "content-length" not in answer

    run(scenario())


@pytest.mark.parametrize("lines", [(), (DEFLATE,)])
def test_messages_of_every_size_are_echoed(run, serve, lines):
    messages = ["", b"", "héllo", b"\x00\xff", "x" * 5000, os.urandom(70_000), "y" * 1_000_000, os.urandom(3_000_000)]

    async def scenario():
        async with serve(Echo()) as site:
            client = await connected(site, *lines)
            assert client.deflate is bool(lines)
            for message in messages:
                client.send(message)
                assert await client.receive() == message

    run(scenario())


def test_a_browser_that_lists_keep_alive_too_is_upgraded(run, serve):
    async def scenario():
        async with serve(Echo()) as site:
            client = await site.connect()
            client.get("/ws", "Connection: keep-alive, Upgrade", *UPGRADE[1:])
            assert (await client.head()).status == 101

    run(scenario())


def test_frames_that_follow_the_handshake_at_once_are_not_lost(run, serve):
    async def scenario():
        async with serve(Echo()) as site:
            client = await site.connect()
            frames = b"".join(websocket.encode_client_message(str(index), deflate=False) for index in range(3))
            client.get("/ws", *UPGRADE, body=frames)
            assert (await client.head()).status == 101
            decoder = Decoder(from_client=False)
            received = []
            while len(received) < 3:
                decoder.receive(await client.reader.read(1 << 16))
                while (event := decoder.next_event()) is not None:
                    received.append(event)
            assert received == ["0", "1", "2"]

    run(scenario())


@pytest.mark.parametrize(
    "lines",
    [
        UPGRADE[:2],
        (*UPGRADE[:2], "Sec-WebSocket-Version: 8", f"Sec-WebSocket-Key: {KEY}"),
        (*UPGRADE[:3], "Sec-WebSocket-Key: short"),
    ],
)
def test_a_malformed_handshake_is_no_upgrade(run, serve, lines):
    async def scenario():
        async with serve(Echo()) as site:
            assert (await site.ask("/", *lines)).status == 500

    run(scenario())


def test_a_socket_for_a_plain_request_is_a_type_error(run, serve):
    message = (
        "TypeError: Worker tried to return a WebSocket in a response to a request which did not contain the header "
        '"Upgrade: websocket".'
    )

    async def scenario():
        async with serve(Echo()) as site:
            client = await site.connect()
            for _ in range(2):
                client.get()
                answer = await client.answer()
                assert (answer.status, answer.body.decode()) == (500, message)

    run(scenario())


def test_a_socket_that_was_accepted_cannot_be_returned(run, serve):
    def application(_request):
        client, _ = WebSocketPair.new()
        client.accept()
        return Response.new(None, status=101, webSocket=client)

    async def scenario():
        async with serve(application) as site:
            answer = await site.ask("/", *UPGRADE)
            assert answer.status == 500
            assert answer.body.startswith(b"TypeError")

    run(scenario())


def test_a_declined_upgrade_leaves_the_connection_usable(run, serve):
    async def scenario():
        async with serve(lambda request: Response.new(request.url, status=426)) as site:
            client = await site.connect()
            client.get("/a", *UPGRADE)
            client.get("/b", "Connection: Upgrade", "Upgrade: h2c")
            client.get("/c")
            bodies = [(await client.answer()).body for _ in range(3)]
            assert bodies == [b"http://localhost/a", b"http://localhost/b", b"http://localhost/c"]

    run(scenario())


# ---- how connections end


def test_a_close_of_the_client_is_echoed_and_the_server_closes_first(run, serve):
    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            client.close(3005, "z")
            assert await client.receive() == Close(3005, "z")
            assert await client.client.reader.read() == b""
            assert await worker.closed.get() == (3005, "z", True)

    run(scenario())


def test_a_close_of_the_worker_waits_for_the_answer(run, serve):
    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            worker.sockets[0].close(4001, "bye")
            assert await client.receive() == Close(4001, "bye")
            client.close(4001, "bye")
            assert await worker.closed.get() == (4001, "bye", True)
            assert await client.client.reader.read() == b""
            assert worker.sockets[0].readyState == 3

    run(scenario())


def test_a_client_that_never_answers_a_close_is_dropped(run, serve, monkeypatch):
    monkeypatch.setattr(wires, "CLOSE_SECONDS", 0.05)

    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            worker.sockets[0].close(1000)
            assert await client.receive() == Close(1000, "")
            with suppress(ConnectionError):
                assert await client.client.reader.read() == b""
            assert (await worker.closed.get())[0] == 1006

    run(scenario())


def test_a_client_that_vanishes_is_1006(run, serve):
    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            client.client.writer.transport.abort()
            reason = "WebSocket disconnected without sending Close frame."
            assert await worker.closed.get() == (1006, reason, False)

    run(scenario())


def test_half_open_leaves_the_client_closing_until_the_worker_closes(run, serve):
    async def scenario():
        async with serve(worker := Echo(half_open=True)) as site:
            client = await connected(site)
            client.close(1000)
            assert (await worker.closed.get())[0] == 1000
            worker.sockets[0].send("more")
            worker.sockets[0].close(4000, "now")
            assert [await client.receive(), await client.receive()] == ["more", Close(4000, "now")]

    run(scenario())


def test_pings_are_answered_with_their_payload(run, serve):
    async def scenario():
        async with serve(Echo()) as site:
            client = await connected(site)
            client.raw(0x9, b"payload")
            assert await client.receive() == Pong(b"payload")

    run(scenario())


@pytest.mark.parametrize(
    ("frame", "code"),
    [((0x3,), 1002), ((0x1, b"\xff"), 1007), ((0x1, b"x", 0xC0), 1002)],
)
def test_a_client_that_breaks_the_protocol_is_told_the_code(run, serve, frame, code):
    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            errors = []
            worker.sockets[0].addEventListener("error", errors.append)
            client.raw(*frame)
            event = await client.receive()
            assert event.code == code
            assert await client.receive() is None
            assert (await worker.closed.get())[0] == 1006
            assert len(errors) == 1

    run(scenario())


def test_a_message_beyond_the_limit_is_1009_although_the_client_is_still_sending(run, serve):
    async def scenario():
        async with serve(Echo()) as site:
            client = await connected(site)
            size = 32 * 1024 * 1024 + 1
            client.client.send(b"\x82\xff" + size.to_bytes(8, "big") + b"abcd" + bytes(1_000_000))
            assert (await client.receive()).code == 1009

    run(scenario())


def test_a_client_that_reads_nothing_is_dropped(run, serve, monkeypatch):
    monkeypatch.setattr(wires, "WRITE_LIMIT_BYTES", 1_000_000)

    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            client.client.reader._limit = 1
            for _ in range(200):
                worker.sockets[0].send(bytes(100_000))
            assert (await worker.closed.get())[0] == 1006

    run(scenario())


def test_messages_wait_while_nobody_accepts(run, serve, eventually):
    async def scenario():
        servers = []

        def application(_request):
            client, server = WebSocketPair.new()
            servers.append(server)
            return Response.new(None, status=101, webSocket=client)

        async with serve(application) as site:
            client = await connected(site)
            client.send("a")
            client.send("b")
            client.close(1000)
            for _ in range(20):
                await asyncio.sleep(0)
            heard = []
            servers[0].addEventListener("message", lambda event: heard.append(event.data))
            servers[0].addEventListener("close", lambda event: heard.append(event.code))
            servers[0].accept()
            await eventually(lambda: len(heard) == 3)
            assert heard == ["a", "b", 1000]

    run(scenario())


def test_a_restart_closes_plain_sockets_and_tells_the_worker_at_once(run, serve):
    async def scenario():
        async with serve(worker := Echo()) as site:
            client = await connected(site)
            site.server.close_sockets(1012, "Service restart")
            assert worker.closed.get_nowait() == (1012, "Service restart", True)
            assert await client.receive() == Close(1012, "Service restart")
            client.close(1012)
            assert await client.receive() is None

    run(scenario())


# ---- hibernation and sockets in other hosts


def test_a_hibernatable_socket_works_over_the_wire(run, serve):
    async def scenario():
        events: asyncio.Queue = asyncio.Queue()
        sockets = HibernationSet(lambda end, kind, arguments: events.put_nowait((end, kind, arguments)))

        def application(_request):
            client, server = WebSocketPair.new()
            sockets.accept(server, ["tag"])
            server.send("welcome")
            return Response.new(None, status=101, webSocket=client)

        async with serve(application) as site:
            client = await connected(site)
            assert await client.receive() == "welcome"
            client.send("hello")
            end, kind, arguments = await events.get()
            assert (kind, arguments) == ("message", ("hello",))
            sockets.instance_gone()
            sockets.object_of(end).send("after sleep")
            assert await client.receive() == "after sleep"
            (link,) = site.server.links
            assert link.is_hibernatable

    run(scenario())


class RemoteLink:
    """A link to a socket in another host, which can take the connection."""

    def __init__(self) -> None:
        self.taken: asyncio.Queue = asyncio.Queue()

    def take_over(self, fd: int, state: bytes) -> None:
        self.taken.put_nowait((fd, state))


def test_a_socket_of_another_host_takes_the_connection(run, serve):
    async def scenario():
        remote = RemoteLink()

        def application(_request):
            return Response.new(None, status=101, webSocket=WebSocket.from_link(remote))

        async with serve(application) as site, serve(Echo()) as other:
            client = await site.connect()
            frame = websocket.encode_client_message("early", deflate=True)
            client.get("/ws", *UPGRADE, DEFLATE, body=frame)
            fd, state = await remote.taken.get()
            _, server = WebSocketPair.new()
            server.relink(other.server.adopt_socket(asyncio.get_running_loop(), fd, state))
            server.addEventListener("message", lambda event: server.send(event.data * 2))
            server.accept()
            socket = SocketClient(client)
            answer = await client.head()
            assert (answer.status, "sec-websocket-extensions" in answer) == (101, True)
            socket.decoder = Decoder(from_client=False, deflate=True)
            assert await socket.receive() == "earlyearly"
            socket.send("later")
            assert await socket.receive() == "laterlater"
            assert not site.server.links
            assert len(other.server.links) == 1

    run(scenario())


# ---- outgoing sockets


def test_new_websocket_connects_and_fires_open(run, serve, eventually):
    async def scenario():
        async with serve(Echo({"Sec-WebSocket-Protocol": "chat"})) as site:
            socket = WebSocket.new(f"ws://user:pass@localhost:{site.port}/ws", ["chat", "other"])
            assert (socket.readyState, socket.url) == (0, f"ws://localhost:{site.port}/ws")
            heard = []
            for kind in ("open", "message", "close"):
                socket.addEventListener(kind, heard.append)
            with pytest.raises(JsException):
                socket.send("too early")
            await eventually(lambda: heard)
            assert (heard[0].type, socket.readyState, socket.protocol) == ("open", 1, "chat")
            socket.send("hello")
            await eventually(lambda: len(heard) == 2)
            assert heard[1].data == "hello"
            socket.close(4000, "x")
            await eventually(lambda: len(heard) == 3)
            assert (heard[2].code, heard[2].reason, socket.readyState) == (4000, "x", 3)
            with pytest.raises(JsException):
                socket.release()
        from pywrangler.runtime.js.fetch import close_clients

        await close_clients()

    run(scenario())


def test_new_websocket_without_a_server_that_agrees_is_an_error_and_1006(run, serve, eventually):
    async def scenario():
        async with serve(lambda _request: Response.new(status=404)) as site:
            socket = WebSocket.new(f"ws://localhost:{site.port}/")
            heard = []
            socket.addEventListener("error", heard.append)
            socket.addEventListener("close", heard.append)
            await eventually(lambda: len(heard) == 2)
            assert heard[0].message.endswith(
                "expected server to reply with HTTP status code 101 (switching protocols), but received 404 instead."
            )
            assert (heard[1].code, heard[1].reason, heard[1].wasClean) == (
                1006,
                "Failed to establish websocket connection",
                False,
            )
            assert socket.readyState == 3
        from pywrangler.runtime.js.fetch import close_clients

        await close_clients()

    run(scenario())


def test_closing_a_socket_that_connects_gives_up(run, serve, eventually):
    async def scenario():
        async with serve(lambda _request: asyncio.Event().wait()) as site:
            socket = WebSocket.new(f"ws://localhost:{site.port}/")
            heard = []
            socket.addEventListener("close", heard.append)
            socket.close(1000)
            assert socket.readyState == 2
            await eventually(lambda: heard)
            assert (heard[0].code, socket.readyState) == (1006, 3)
        from pywrangler.runtime.js.fetch import close_clients

        await close_clients()

    run(scenario())


@pytest.mark.parametrize(
    ("url", "protocols"),
    [
        ("http://localhost/", None),
        ("nonsense", None),
        ("ws://localhost/#fragment", None),
        ("ws://localhost/", "not a token"),
        ("ws://localhost/", ["a", "A"]),
    ],
)
def test_what_cannot_be_connected_to_is_a_syntax_error(url, protocols):
    with pytest.raises(JsException) as caught:
        WebSocket.new(url, protocols or jsnull)
    assert caught.value.name == "SyntaxError"
