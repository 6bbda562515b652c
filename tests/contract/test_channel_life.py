"""Channels find their Worker whenever and wherever it runs (spec/registry.md, sections 2 and 3)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.protocol import registry
from pywrangler.runtime.channels.server import ChannelServer
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.request import Request
from pywrangler.runtime.ports import Event, Target
from tests.contract.receiver import SampleReceiver
from tests.contract.worlds import TARGET, Host, World, entry, open_descriptors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hosts = Callable[..., Host]

MISSING = 'Worker "other" not found. Make sure it is running locally.'


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A caller whose target is in no process yet."""
    directory = tmp_path / "registry"
    directory.mkdir()
    return World("own", directory)


async def echo(channel: Any, value: Any = "there") -> Any:
    return await channel.call(TARGET, ("echo",), [value], "python")


async def failure(awaitable: Any) -> str:
    with pytest.raises(JsException) as caught:
        await awaitable
    return str(caught.value)


# ---- nobody there ----------------------------------------------------------------------------------------


def test_a_missing_worker_fails_calls_and_answers_requests_with_503(run: Any) -> None:
    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == f"Error: {MISSING}"
        response = await channel.fetch(TARGET, Request.new("https://host/"))
        assert (response.status, await response.text()) == (503, MISSING)
        assert await channel.deliver(TARGET, Event("tail", {"events": []})) is None

    run(test)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"debugPortAddress": "127.0.0.1:1"}', b"x" * 10_000]
)
def test_a_garbage_entry_is_no_entry(run: Any, world: World, content: bytes) -> None:
    (world.directory / "other").write_bytes(content)

    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == f"Error: {MISSING}"

    run(test)


@pytest.mark.parametrize("address", ["", "unix:", "http://x", "tcp:127.0.0.1:nothing", "unix:/nowhere/at/all"])
def test_an_entry_with_an_impossible_address_is_a_lost_connection(run: Any, world: World, address: str) -> None:
    (world.directory / "other").write_bytes(entry(world.directory / "x", address=address))

    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == "Error: Network connection lost."

    run(test)


def test_an_entry_of_a_dead_process_is_a_lost_connection_for_calls_and_requests(
    run: Any, world: World, hosts: Hosts
) -> None:
    host = hosts().ready()
    world.register(host)
    host.close()

    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == "Error: Network connection lost."
        assert await failure(channel.fetch(TARGET, Request.new("https://host/"))) == "Error: Network connection lost."

    run(test)


def test_a_class_that_the_entry_does_not_list_is_named(run: Any, world: World, hosts: Hosts) -> None:
    world.register(hosts().ready(), classes=("A", "B"))

    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == (
            'Error: Durable Object class "Thing" is not exported by Worker "other" (exports: A, B)'
        )
        entrypoint = Target("other", "entrypoint")
        assert await channel.call(entrypoint, ("echo",), [1], "python") == 1

    run(test)


# ---- versions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told_by", ["entry", "greeting"])
def test_another_version_is_named_as_such(run: Any, world: World, hosts: Hosts, told_by: str) -> None:
    host = hosts(version=registry.VERSION + 1).ready()
    world.register(host, **({"version": registry.VERSION + 1} if told_by == "entry" else {}))

    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == (
            'Error: Worker "other" is not compatible with this version of the dev server. '
            "Please update all Worker instances to the same version."
        )

    run(test)


# ---- coming and going ------------------------------------------------------------------------------------


def test_the_target_may_start_later(run: Any, world: World, hosts: Hosts) -> None:
    async def test(channel: Any) -> None:
        assert await failure(echo(channel)) == f"Error: {MISSING}"
        world.register(hosts().ready())
        assert await echo(channel) == "there"
        assert world.connections == [("other", True)]

    run(test)


def test_a_call_waits_for_a_listener_that_nobody_serves_yet(run: Any, world: World, hosts: Hosts) -> None:
    host = hosts()  # starting: its listener exists
    world.register(host)

    async def test(channel: Any) -> None:
        results = await asyncio.gather(*(echo(channel, number) for number in range(5)))
        assert results == [0, 1, 2, 3, 4]

    run(test)


def test_calls_in_flight_fail_when_the_target_is_killed_and_the_next_one_finds_its_successor(
    run: Any, world: World, hosts: Hosts
) -> None:
    first = hosts().ready()
    world.register(first)

    async def test(channel: Any) -> None:
        pid = await channel.call(TARGET, ("pid",), [], "python")
        waiting = channel.call(TARGET, ("wait",), [], "python")
        await echo(channel)
        first.kill()
        with pytest.raises(JsException) as caught:
            await waiting
        assert (str(caught.value), caught.value.retryable) == ("Error: Network connection lost.", True)
        world.register(hosts().ready())
        assert await channel.call(TARGET, ("pid",), [], "python") != pid
        assert world.connections == [("other", True), ("other", False), ("other", True)]

    run(test)


def test_a_call_right_after_the_death_of_the_target_goes_to_its_successor(run: Any, world: World, hosts: Hosts) -> None:
    first, second = hosts().ready(), hosts().ready()
    world.register(first)

    async def test(channel: Any) -> None:
        await echo(channel)
        world.register(second)
        first.kill()  # no turn of the loop between this and the call
        assert await echo(channel) == "there"

    run(test)


def test_a_restart_on_the_same_listener_needs_no_new_entry(run: Any, world: World, hosts: Hosts) -> None:
    first = hosts().ready()
    world.register(first)

    async def test(channel: Any) -> None:
        await echo(channel)
        first.kill()
        calls = [echo(channel, number) for number in range(3)]
        gathered = asyncio.gather(*calls)
        successor = hosts(listener=first.listener.dup())
        successor.path = first.path
        assert await gathered == [0, 1, 2]

    run(test)


def test_a_body_and_a_socket_end_with_the_target(run: Any, world: World, hosts: Hosts) -> None:
    host = hosts().ready()
    world.register(host)

    async def test(channel: Any) -> None:
        response = await channel.fetch(TARGET, Request.new("https://host/endless"))
        upgrade = Request.from_wire("GET", "https://host/socket", [("upgrade", "websocket")])
        client = (await channel.fetch(TARGET, upgrade)).webSocket
        closed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        client.addEventListener("close", lambda event: closed.set_result((event.code, event.wasClean)))
        client.accept()
        host.kill()
        with pytest.raises(JsException, match="Network connection lost"):
            await response.read_bytes()
        assert await closed == (1006, False)

    run(test)


# ---- retiring --------------------------------------------------------------------------------------------


def test_a_retiring_host_finishes_what_it_began_and_its_successor_gets_the_rest_in_order(
    run: Any, world: World, hosts: Hosts
) -> None:
    first = hosts().ready()
    world.register(first)

    async def test(channel: Any) -> None:
        pid = await channel.call(TARGET, ("pid",), [], "python")
        waiting = channel.call(TARGET, ("wait",), [], "python")
        await echo(channel)
        first.retire()
        successor = hosts(listener=first.listener.dup())
        # The goodbye is in our buffer, unread: these go out on the old connection first.
        calls = [channel.call(TARGET, ("ordered",), [number], "python") for number in range(5)]
        upload = channel.fetch(TARGET, Request.new("https://host/length", method="POST", body=b"x" * 500_000))
        assert (await asyncio.gather(*calls))[-1] == [0, 1, 2, 3, 4]
        assert await (await upload).text() == "500000"
        assert await channel.call(TARGET, ("pid",), [], "python") == successor.process.pid != pid
        del waiting

    run(test)


def test_a_callback_into_a_finishing_call_still_works(run: Any, world: World, hosts: Hosts) -> None:
    first = hosts().ready()
    world.register(first)

    async def test(channel: Any) -> None:
        called, go = asyncio.Event(), asyncio.Event()

        async def slow(value: int) -> int:
            called.set()
            await go.wait()
            return value + 1

        pending = channel.call(TARGET, ("apply",), [slow, 1], "python")
        await called.wait()
        first.retire()
        go.set()
        assert await pending == 2

    run(test)


# ---- loopback TCP ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_a_tcp_listener_asks_for_its_token(run: Any, world: World, known: bool) -> None:
    async def test(channel: Any) -> None:
        loop = asyncio.get_running_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        server = ChannelServer(SampleReceiver(), token="secret")
        loop.add_reader(listener.fileno(), lambda: server.adopt(listener.accept()[0]))
        address = f"tcp:127.0.0.1:{listener.getsockname()[1]}#{'secret' if known else 'guess'}"
        (world.directory / "other").write_bytes(entry(world.directory / "x", address=address))
        try:
            if known:
                assert await echo(channel) == "there"
            else:
                assert await failure(echo(channel)) == 'Error: Worker "other" does not let this session in.'
        finally:
            loop.remove_reader(listener.fileno())
            listener.close()
            await server.close()

    run(test)


# ---- strangers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b"X", b"C", b"GET / HTTP/1.1\r\n\r\n", b"C" + b"\xff" * 100, b"C" + bytes(9), b"D" + bytes(20), b"D"]
)
def test_strangers_are_dropped_and_harm_nobody(run_async: Any, tmp_path: Path, data: bytes) -> None:
    async def test() -> None:
        server = ChannelServer(SampleReceiver())
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        server.adopt(ours)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(theirs, data)
        theirs.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):  # what it did not read
            while await loop.sock_recv(theirs, 4096):
                pass
        theirs.close()
        await server.close()

    run_async(test())  # the first loop of a process keeps some
    before = open_descriptors()
    rounds = 5
    for _ in range(rounds):
        run_async(test())
    assert open_descriptors() < before + rounds  # others of this process may open some


# ---- a host that retires ---------------------------------------------------------------------------------


def test_a_retired_host_calls_the_objects_that_stay_and_its_successor_for_all_else(
    hosts: Hosts, tmp_path: Path, run_async: Any
) -> None:
    """An object that still runs here may be waiting for the very caller."""
    host = hosts().ready()
    world = World("other", tmp_path)
    world.register(host)
    held = Target("other", "object", "Held", "ab" * 32)

    async def main() -> None:
        channel = world.open()
        here = await channel.call(held, ("pid",), [], "python")
        world.router.retire()
        again = world.router.channel("other")
        assert await again.call(held, ("pid",), [], "python") == here
        assert await again.call(TARGET, ("pid",), [], "python") == host.process.pid
        response = await again.fetch(held, Request.new("https://host/describe"))
        assert response.status == 200
        assert (await again.deliver(TARGET, Event("tail", {})))["kind"] == "tail"
        world.router.close()

    run_async(main())
