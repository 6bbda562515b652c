"""Connections change the process that serves them without losing a byte."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time

import pytest

from pywrangler.errors import ProtocolError
from pywrangler.host import wires
from pywrangler.host.http import HttpServer
from pywrangler.host.wires import TcpLink
from pywrangler.protocol import websocket
from pywrangler.protocol.websocket import Close, Decoder
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.sockets import HibernationSet, WebSocketPair

UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def named(name: str):
    async def application(request):
        return Response.new(f"{name} {request.url.rpartition('/')[2]} {await request.text()}".strip())

    return application


# ---- HTTP


def test_an_idle_connection_goes_on_at_the_heir(run, serve):
    async def scenario():
        async with serve(named("old")) as old, serve(named("new")) as new:
            client = await old.connect()
            client.get("/1")
            assert (await client.answer()).body == b"old 1"
            for fd, state in old.server.handover(lambda *_given: None):
                new.server.adopt(fd, state)
            assert not old.server.connections
            for number in (2, 3):
                client.get(f"/{number}")
                assert (await client.answer()).body == f"new {number}".encode()

    run(scenario())


def test_what_the_client_sends_meanwhile_is_answered_by_the_heir(run, serve):
    async def scenario():
        async with serve(named("old")) as old, serve(named("new")) as new:
            client = await old.connect()
            client.get("/1")
            assert (await client.answer()).body == b"old 1"
            ((fd, state),) = old.server.handover(lambda *_given: None)
            client.get("/2")
            client.get("/3", "Content-Length: 5", method="POST", body=b"he")
            await asyncio.sleep(0.01)
            new.server.adopt(fd, state)
            client.send(b"llo")
            assert (await client.answer()).body == b"new 2"
            assert (await client.answer()).body == b"new 3 hello"

    run(scenario())


def test_a_busy_connection_follows_when_its_response_is_written(run, serve):
    async def scenario():
        gate, begun = asyncio.Event(), asyncio.Event()

        async def slow(_request):
            begun.set()
            await gate.wait()
            return Response.new("old")

        async with serve(slow) as old, serve(named("new")) as new:
            client = await old.connect()
            client.get("/1")
            await begun.wait()
            assert list(old.server.handover(new.server.adopt)) == []
            draining = asyncio.ensure_future(old.server.drain(time.monotonic() + 5))
            client.get("/2")
            await asyncio.sleep(0.01)
            gate.set()
            first = await client.answer()
            assert first.body == b"old"
            assert "connection" not in first
            assert (await client.answer()).body == b"new 2"
            client.get("/3")
            assert (await client.answer()).body == b"new 3"
            await draining

    run(scenario())


def test_a_response_that_the_client_reads_slowly_is_finished_first(run, serve):
    size = 20_000_000

    async def scenario():
        async with (
            serve(lambda _request: Response.from_wire(200, "", [], bytes(size))) as old,
            serve(named("new")) as new,
        ):
            client = await old.connect()
            client.reader._limit = 1000
            client.get("/1")
            await client.reader.read(1)
            assert list(old.server.handover(new.server.adopt)) == []
            client.reader._limit = 1 << 24
            received = 1
            while received < size:
                received += len(await client.reader.read(1 << 20))
            client.get("/2")
            rest = await client.reader.readuntil(b"new 2")
            assert received + len(rest) > size

    run(scenario())


def test_a_stream_that_runs_ends_where_it_began(run, serve):
    async def scenario():
        gate = asyncio.Event()

        class Source:
            pieces = [b"a", b"b"]

            async def pull(self):
                await gate.wait()
                return self.pieces.pop(0) if self.pieces else None

            def cancel(self, reason):
                pass

        async with (
            serve(lambda _request: Response.from_wire(200, "", [], ReadableStream.from_source(Source()))) as old,
            serve(named("new")) as new,
        ):
            client = await old.connect()
            client.get("/1")
            assert (await client.head())["transfer-encoding"] == "chunked"
            assert list(old.server.handover(new.server.adopt)) == []
            gate.set()
            assert [piece async for piece in client.chunks()] == [b"a", b"b"]
            client.get("/2")
            assert (await client.answer()).body == b"new 2"

    run(scenario())


def test_requests_that_flow_while_servers_take_turns_are_all_answered(run, serve):
    """Twenty hand-overs under load: every request is answered once, in order."""

    async def load(site, count: int, stop: asyncio.Event) -> int:
        client = await site.connect()
        sent = 0
        while not stop.is_set() or sent % 3:
            client.get(f"/{sent}", "Content-Length: 4", method="POST", body=b"body")
            sent += 1
            if sent % 3 == 0:  # three in flight
                for number in range(sent - 3, sent):
                    assert (await client.answer()).body.endswith(f" {number} body".encode())
        return sent

    async def scenario():
        async with serve(named("first")) as first, serve(named("second")) as second:
            stop = asyncio.Event()
            clients = [asyncio.ensure_future(load(first, 0, stop)) for _ in range(8)]
            giver, taker = first.server, second.server
            for _ in range(20):
                await asyncio.sleep(0.01)
                for fd, state in giver.handover(taker.adopt):
                    taker.adopt(fd, state)
                while giver.connections:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(0)
                giver.on_idle = None
                giver, taker = taker, giver
            stop.set()
            assert all(count > 60 for count in await asyncio.gather(*clients))

    run(scenario(), timeout=30)


HEIR = """
import asyncio, socket, sys
from pywrangler.host.http import HttpServer
from pywrangler.runtime.js.response import Response
from pywrangler.runtime.sockets import WebSocketPair

async def application(request):
    return Response.new("heir " + request.url.rpartition("/")[2])

async def main():
    channel = socket.socket(fileno=int(sys.argv[1]))
    server = HttpServer(application)
    loop = asyncio.get_running_loop()
    count, = channel.recv(1)
    for _ in range(count):
        data, descriptors, _, _ = socket.recv_fds(channel, 65536, 1)
        if data[:1] == b"h":
            server.adopt(descriptors[0], data[1:])
        else:
            pair = WebSocketPair.new()
            server_end = pair[1]
            server_end.relink(server.adopt_socket(loop, descriptors[0], data[1:]))
            server_end.addEventListener("message", lambda event, end=server_end: end.send("heir " + event.data))
            server_end.accept()
    await loop.run_in_executor(None, channel.recv, 1)

asyncio.run(main())
"""


@pytest.mark.processes
def test_connections_go_on_in_another_process(serve, run_async):
    async def scenario():
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        heir = await asyncio.create_subprocess_exec(
            sys.executable, "-c", HEIR, str(theirs.fileno()), pass_fds=[theirs.fileno()]
        )
        theirs.close()

        def application(request):
            if "upgrade" not in dict(request.pairs()):
                return Response.new("first")
            client, server = WebSocketPair.new()
            server.accept()
            return Response.new(None, status=101, webSocket=client)

        async with serve(application) as site:
            plain = await site.connect()
            plain.get("/1")
            assert (await plain.answer()).body == b"first"
            ws = await site.connect()
            ws.get("/ws", *UPGRADE)
            assert (await ws.head()).status == 101
            half = websocket.encode_client_message("half and half", deflate=False)
            (link,) = site.server.links
            link.hold()
            ws.send(half[:7])
            ours.send(b"\x02")
            fd, state = await link.detach()
            socket.send_fds(ours, [b"w" + state], [fd])
            os.close(fd)
            for fd, state in site.server.handover(lambda *_given: None):
                socket.send_fds(ours, [b"h" + state], [fd])
                os.close(fd)
            plain.get("/2")
            ws.send(half[7:])
            decoder = Decoder(from_client=False)
            while (event := decoder.next_event()) is None:
                decoder.receive(await ws.reader.read(1000))
            assert event == "heir half and half"
            assert (await plain.answer()).body == b"heir 2"
        ours.close()
        assert await heir.wait() == 0

    run_async(scenario(), timeout=20)


# ---- WebSockets


class Recorder:
    """What a link reports."""

    def __init__(self) -> None:
        self.got: asyncio.Queue = asyncio.Queue()

    def on_message(self, data) -> None:
        self.got.put_nowait(data)

    def on_close(self, code, reason, was_clean) -> None:
        self.got.put_nowait((code, reason, was_clean))


async def linked() -> tuple[TcpLink, asyncio.StreamReader, asyncio.StreamWriter]:
    """A link over one side of a socket pair, and streams for the other side."""
    left, right = socket.socketpair()
    loop = asyncio.get_running_loop()
    state = wires.handed_over(deflate=True, received=b"", output=b"")
    link = TcpLink.adopt(loop, left.detach(), state)
    reader, writer = await asyncio.open_connection(sock=right)
    return link, reader, writer


def test_a_link_moves_in_the_middle_of_a_message(run):
    async def scenario():
        link, _, writer = await linked()
        recorder = Recorder()
        link.attach(recorder)
        message = "x" * 5000
        frame = websocket.encode_client_message(message, deflate=True)
        cuts = [frame[index : index + 7] for index in range(0, len(frame), 7)]
        for index, piece in enumerate(cuts):
            writer.write(piece)
            await asyncio.sleep(0)
            if index % 3 == 0:
                fd, state = await link.detach()
                link = TcpLink.adopt(asyncio.get_running_loop(), fd, state)
                link.attach(recorder)
        assert await recorder.got.get() == message
        writer.close()
        assert (await recorder.got.get())[0] == 1006

    run(scenario())


def test_what_is_sent_while_a_link_is_adopted_leaves_in_order(run):
    async def scenario():
        link, reader, writer = await linked()
        link.send("1")
        fd, state = await link.detach()
        link = TcpLink.adopt(asyncio.get_running_loop(), fd, state)
        link.send("2")
        link.close(1000, "3")
        decoder = Decoder(from_client=False, deflate=True)
        events = []
        while len(events) < 3:
            decoder.receive(await reader.read(1000))
            while (event := decoder.next_event()) is not None:
                events.append(event)
        assert events == ["1", "2", Close(1000, "3")]
        link.abort()
        writer.close()

    run(scenario())


def test_everything_sent_is_written_before_a_link_moves(run):
    async def scenario():
        link, reader, writer = await linked()
        await asyncio.sleep(0.01)
        data = os.urandom(5_000_000)
        link.send(data)
        moving = asyncio.ensure_future(link.detach())
        decoder = Decoder(from_client=False, deflate=True)
        while (event := decoder.next_event()) is None:
            decoder.receive(await reader.read(1 << 20))
        assert event == data
        fd, _ = await moving
        os.close(fd)
        writer.close()

    run(scenario())


def test_a_peer_that_reads_nothing_does_not_hold_up_the_move(run, monkeypatch):
    monkeypatch.setattr(wires, "FLUSH_SECONDS", 0.05)

    async def scenario():
        link, reader, writer = await linked()
        await asyncio.sleep(0.01)
        reader._limit = 1
        link.send(os.urandom(30_000_000))
        with pytest.raises(ConnectionError):
            await link.detach()
        writer.close()

    run(scenario())


def test_a_peer_that_left_cannot_move(run):
    async def scenario():
        link, _, writer = await linked()
        recorder = Recorder()
        link.attach(recorder)
        writer.close()
        assert (await recorder.got.get())[0] == 1006
        with pytest.raises(ConnectionError):
            await link.detach()

    run(scenario())


def test_a_closing_link_goes_on_closing(run):
    async def scenario():
        link, reader, writer = await linked()
        link.close(4000, "bye")
        fd, state = await link.detach()
        link = TcpLink.adopt(asyncio.get_running_loop(), fd, state)
        recorder = Recorder()
        link.attach(recorder)
        link.send("too late")
        writer.write(websocket.encode_close(4000, "bye", mask=b"abcd"))
        assert await recorder.got.get() == (4000, "bye", True)
        rest = await reader.read()
        assert b"too late" not in rest
        writer.close()

    run(scenario())


def test_a_malformed_state_is_refused_and_the_descriptor_closed(run):
    async def scenario():
        left, right = socket.socketpair()
        with pytest.raises(ProtocolError):
            TcpLink.adopt(asyncio.get_running_loop(), left.detach(), b"rubbish")
        assert right.recv(1) == b""
        right.close()

    run(scenario())


def test_hibernatable_sockets_move_with_their_records_and_plain_ones_restart(run, serve):
    async def scenario():
        events: asyncio.Queue = asyncio.Queue()
        old_set = HibernationSet(lambda *_event: None)
        new_set = HibernationSet(lambda end, kind, arguments: events.put_nowait((end, kind, arguments)))

        def application(request):
            client, server = WebSocketPair.new()
            if request.url.endswith("/plain"):
                server.accept()
            else:
                old_set.accept(server, ["moved"])
                server.serializeAttachment(request.url)
            return Response.new(None, status=101, webSocket=client)

        async with serve(application) as old, serve(named("new")) as new:
            clients = [await old.connect() for _ in range(3)]
            for client, target in zip(clients, ["/a", "/b", "/plain"], strict=True):
                client.get(target, *UPGRADE)
                assert (await client.head()).status == 101
            assert list(old.server.handover(new.server.adopt)) == []
            decoder = Decoder(from_client=False)
            decoder.receive(await clients[2].reader.read(1000))
            assert decoder.next_event() == Close(1012, "Service restart")

            exported = old_set.export()
            clients[0].send(websocket.encode_client_message("on the way", deflate=False))
            await asyncio.sleep(0.01)
            for record, link in exported:
                fd, state = await link.detach()
                new_set.adopt(record, new.server.adopt_socket(asyncio.get_running_loop(), fd, state))
            end, kind, arguments = await events.get()
            assert (kind, arguments) == ("message", ("on the way",))
            moved = new_set.object_of(end)
            assert moved.deserializeAttachment() == "http://localhost/a"
            assert new_set.tags(moved) == ["moved"]
            moved.send("hello")
            decoder = Decoder(from_client=False)
            decoder.receive(await clients[0].reader.read(1000))
            assert decoder.next_event() == "hello"
            assert len(new_set) == len(new.server.links) == 2

    run(scenario())


def test_listening_goes_on_for_whoever_shares_the_socket(run, serve):
    async def scenario():
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        shared = listener.dup()
        old, new = HttpServer(named("old")), HttpServer(named("new"))
        await old.listen(listener)
        old.stop_accepting()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)  # waits in the backlog
        writer.write(b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\n")
        await new.listen(shared)
        assert await reader.readuntil(b"new 1")
        writer.close()
        await writer.wait_closed()
        await new.drain(time.monotonic() + 5)

    run(scenario())
