"""The event loop and what stands directly on it: control connections and the stand-in server."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import suppress

import pytest

from pywrangler.protocol import control
from pywrangler.session.link import ControlLink
from pywrangler.session.reactor import READ, Reactor
from pywrangler.session.stand_in import StandInServer

from .pump import pump


@pytest.fixture
def reactor():
    made = Reactor()
    yield made
    made.close()


# ---- reactor


def test_timers_fire_in_order_and_never_early(reactor):
    fired = []
    started = time.monotonic()
    reactor.call_later(0.02, lambda: fired.append(("late", time.monotonic() - started)))
    reactor.call_later(0.01, lambda: fired.append(("early", time.monotonic() - started)))
    pump(reactor, lambda: len(fired) == 2)
    assert [name for name, _ in fired] == ["early", "late"]
    assert fired[0][1] >= 0.01
    assert fired[1][1] >= 0.02


def test_a_cancelled_timer_does_not_fire(reactor):
    fired = []
    reactor.call_later(0.001, lambda: fired.append(1)).cancel()
    done = []
    reactor.call_later(0.01, lambda: done.append(1))
    pump(reactor, lambda: done)
    assert fired == []


def test_other_threads_can_post(reactor):
    seen = []
    thread = threading.Thread(target=lambda: reactor.post(lambda: seen.append(threading.current_thread())))
    thread.start()
    pump(reactor, lambda: seen)
    thread.join()
    assert seen == [threading.current_thread()]


def test_signals_become_calls(reactor):
    seen = []
    before = signal.getsignal(signal.SIGUSR1)
    reactor.on_signals([signal.SIGUSR1], seen.append)
    os.kill(os.getpid(), signal.SIGUSR1)
    pump(reactor, lambda: seen == [signal.SIGUSR1])
    reactor.close()
    assert signal.getsignal(signal.SIGUSR1) == before


def test_a_callback_may_forget_a_descriptor_that_is_ready(reactor):
    pairs = [socket.socketpair() for _ in range(2)]
    seen = []

    def forget_all() -> None:
        seen.append(1)
        for ours, _ in pairs:
            reactor.forget(ours.fileno())

    for ours, theirs in pairs:
        theirs.send(b"x")
        reactor.watch(ours.fileno(), READ, forget_all)
    done = []
    reactor.call_later(0.01, lambda: done.append(1))
    pump(reactor, lambda: done)
    assert seen == [1]
    for pair in pairs:
        for end in pair:
            end.close()


# ---- control connections


class Ends:
    def __init__(self, reactor: Reactor) -> None:
        ours, self.theirs = socket.socketpair()
        self.messages = []
        self.lost = []
        self.link = ControlLink(reactor, ours, self.messages.append, self.lost.append)


@pytest.fixture
def ends(reactor):
    made = Ends(reactor)
    yield made
    made.link.close()
    made.theirs.close()


def test_messages_arrive_whole_however_they_are_cut(reactor, ends):
    data = control.pack(control.Serving()) + control.pack(control.Log("log", "x" * 1000))
    for start in range(0, len(data), 7):
        ends.theirs.send(data[start : start + 7])
    pump(reactor, lambda: len(ends.messages) == 2)
    assert ends.messages[0] == control.Serving()
    assert ends.messages[1].text == "x" * 1000


def test_descriptors_travel_with_their_message_in_order(ends):
    read_end, write_end = os.pipe()
    ends.link.send(control.Retire(1.0), [write_end])
    header, received, _, _ = socket.recv_fds(ends.theirs, 4, 5)
    assert len(received) == 1
    os.write(received[0], b"hello")
    assert os.read(read_end, 10) == b"hello"
    for descriptor in (received[0], read_end):
        os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(write_end)  # taken over and closed
    assert len(ends.theirs.recv(control.HEADER.unpack(header)[0])) == control.HEADER.unpack(header)[0]


def test_a_process_that_does_not_read_does_not_block(reactor, ends):
    big = control.Log("log", "y" * 3_000_000)
    ends.link.send(big)
    ends.link.send(control.Serving())
    unpacker = control.Unpacker()
    found = []
    ends.theirs.setblocking(False)

    def read() -> bool:
        with suppress(BlockingIOError):
            found.extend(unpacker.feed(ends.theirs.recv(100_000)))
        return len(found) == 2

    pump(reactor, read)
    assert found == [big, control.Serving()]


def test_last_words_are_heard_although_the_connection_broke(reactor, ends):
    ends.theirs.send(control.pack(control.Serving()))
    ends.theirs.close()
    ends.link.send(control.Stop(1.0))
    pump(reactor, lambda: ends.lost)
    assert ends.messages == [control.Serving()]
    assert len(ends.lost) == 1


def test_nonsense_ends_the_connection(reactor, ends):
    ends.theirs.send(b"\xff\xff\xff\xff")
    pump(reactor, lambda: ends.lost)
    assert "bytes" in ends.lost[0]


def test_a_closed_link_takes_descriptors_without_leaking(ends):
    ends.link.close()
    read_end, write_end = os.pipe()
    ends.link.send(control.Retire(1.0), [write_end])
    assert os.read(read_end, 1) == b""
    os.close(read_end)
    assert ends.lost == []


# ---- stand-in


@pytest.fixture
def stand_in(reactor):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        server = StandInServer(reactor, [listener], "invalid syntax\n")
        server.address = listener.getsockname()
        yield server
        server.abort()


def ask(reactor, address, data: bytes) -> bytes:
    with socket.create_connection(address) as client:
        client.send(data)
        client.setblocking(False)
        parts = []

        def read() -> bool:
            try:
                parts.append(client.recv(65536))
            except BlockingIOError:
                return False
            return parts[-1] == b""

        pump(reactor, read)
    return b"".join(parts)


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", b"x" * 70_000],
)
def test_every_request_is_answered_with_the_reason(reactor, stand_in, data):
    answer = ask(reactor, stand_in.address, data)
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert answer.endswith(b"\r\n\r\ninvalid syntax\n")


def test_a_closed_stand_in_leaves_connections_in_the_backlog(reactor, stand_in):
    stand_in.close()
    with socket.create_connection(stand_in.address) as client:
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        done = []
        reactor.call_later(0.02, lambda: done.append(1))
        pump(reactor, lambda: done)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
