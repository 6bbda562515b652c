"""Messages and descriptors over a Unix stream socket."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Any

import pytest

from pywrangler.host.link import MessageLink
from pywrangler.protocol import control, handover


class End:
    """One side of a link that records what it gets."""

    def __init__(self, sock: socket.socket, module: Any = handover) -> None:
        self.messages: list[tuple[Any, list[int]]] = []
        self.closed = asyncio.Event()
        self.arrived = asyncio.Event()
        self.link = MessageLink(
            sock,
            decode=module.unpack,
            descriptors_of=getattr(module, "descriptors_of", lambda _message: 0),
            received=self._received,
            closed=self.closed.set,
        )

    def _received(self, message: Any, descriptors: list[int]) -> None:
        self.messages.append((message, descriptors))
        self.arrived.set()

    async def wait_for(self, count: int) -> None:
        while len(self.messages) < count:
            self.arrived.clear()
            await self.arrived.wait()


def pair() -> tuple[End, End]:
    first, second = socket.socketpair()
    return End(first), End(second)


def test_messages_arrive_in_order(run_async: Any) -> None:
    async def main() -> None:
        one, two = pair()
        for number in range(500):
            one.link.send(handover.Connection(str(number).encode()), [os.dup(0)] if number % 3 == 0 else [])
        one.link.send(handover.Done())
        await two.wait_for(501)
        assert [message.state for message, _ in two.messages[:-1]] == [str(number).encode() for number in range(500)]
        for _, descriptors in two.messages:
            for descriptor in descriptors:
                os.close(descriptor)
        one.link.close()
        await two.closed.wait()

    run_async(main())


def test_every_message_gets_its_own_descriptors(run_async: Any) -> None:
    async def main() -> None:
        one, two = pair()
        pipes = [os.pipe() for _ in range(50)]
        for number, (_read, write) in enumerate(pipes):
            one.link.send(handover.Busy((("Class", str(number)),)))
            one.link.send(handover.Socket(("Class", str(number)), b"", b"x" * (number * 977)), [write])
        await two.wait_for(100)
        for (read, _), (message, descriptors) in zip(pipes, two.messages[1::2], strict=True):
            os.write(descriptors[0], message.object[1].encode())
            os.close(descriptors[0])
            assert os.read(read, 10) == message.object[1].encode()
            os.close(read)
        one.link.close()
        two.link.close()

    run_async(main())


def test_a_message_larger_than_the_buffers_arrives_whole(run_async: Any) -> None:
    async def main() -> None:
        one, two = pair()
        state = os.urandom(5_000_000)
        one.link.send(handover.Connection(state), [os.dup(0)])
        await two.wait_for(1)
        message, (descriptor,) = two.messages[0]
        assert message.state == state
        os.close(descriptor)
        await one.link.drain()
        assert one.link.buffered_bytes == 0
        one.link.close()
        two.link.close()

    run_async(main())


def test_the_end_of_the_file_is_reported_once_and_sending_afterwards_leaks_nothing(run_async: Any) -> None:
    async def main() -> None:
        one, two = pair()
        one.link.close()
        await two.closed.wait()
        read, write = os.pipe()
        two.link.send(handover.Connection(b""), [write])
        assert os.read(read, 1) == b""  # the other end of the pipe is closed: nobody holds it any more
        os.close(read)

    run_async(main())


def test_drain_returns_when_the_reader_is_gone(run_async: Any) -> None:
    async def main() -> None:
        first, second = socket.socketpair()
        one = End(first)
        one.link.send(handover.Connection(b"x" * 5_000_000), [os.dup(0)])
        waiting = asyncio.create_task(one.link.drain())
        await asyncio.sleep(0)
        second.close()
        await waiting
        assert not one.link.is_open

    run_async(main())


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc"])
def test_garbage_ends_the_link(garbage: bytes, run_async: Any) -> None:
    async def main() -> None:
        first, second = socket.socketpair()
        problems: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, details: problems.append(details["exception"]))
        end = End(first, control)
        second.send(garbage)
        await end.closed.wait()
        assert [type(problem).__name__ for problem in problems] == ["ProtocolError"]
        second.close()

    run_async(main())
