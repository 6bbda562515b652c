"""Hibernation, eviction and alarms, wherever the object lives; the test moves the clock (spec/websocket.md, 4)."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from pywrangler.protocol.websocket import encode_close
from pywrangler.testing.clock import Clock
from pywrangler.testing.session import Choice, TestSession
from pywrangler.testing.websocket import SocketClosedError, WebSocket
from pywrangler.testing.workers import Worker
from tests.contract.placements import write
from tests.processes.dev import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes


class World:
    """The caller of an object that nobody else knows."""

    def __init__(self, caller: Worker, clock: Clock) -> None:
        self.clock = clock
        self._caller = caller
        self.name = uuid.uuid4().hex
        self.sockets: list[WebSocket] = []

    def open(self, kind: str) -> WebSocket:
        """Open a socket and take its welcome."""
        socket = self._caller.ws(f"/socket/{kind}?{urlencode({'name': self.name})}")
        self.sockets.append(socket)
        assert socket.receive() == f"welcome {kind}"
        return socket

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the object."""
        query = {"name": self.name, "method": method, "arguments": json.dumps(arguments)}
        return self._caller.get(f"/call?{urlencode(query)}").json()["result"]


def ask(socket: WebSocket, text: str) -> str | bytes:
    """Send a message and return the answer."""
    socket.send(text)
    return socket.receive()


@pytest.fixture(scope="module", params=["same host", "other host"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Worker, Clock]]:
    """A session whose clock stands still, and its first Worker."""
    root = tmp_path_factory.mktemp("time")
    directories = write(request.param, Project(root))
    started = TestSession(Choice(root, tuple(directory / "wrangler.jsonc" for directory in directories))).start()
    yield Worker(started, directories[0].name), Clock(started)
    started.close()


@pytest.fixture
def world(session: tuple[Worker, Clock]) -> Iterator[World]:
    """A new object."""
    made = World(*session)
    yield made
    for socket in made.sockets:
        socket.close()


def test_an_idle_object_is_evicted_after_ten_seconds_and_keeps_what_is_stored(world: World) -> None:
    assert [world.call("increment"), world.call("which_start")] == [1, 1]
    world.clock.advance(9)
    assert world.call("which_start") == 1
    world.clock.advance(12)
    assert [world.call("increment"), world.call("which_start")] == [2, 2]


def test_hibernated_sockets_wake_a_new_instance_with_tags_and_attachments(world: World) -> None:
    socket, other = world.open("red"), world.open("blue")
    assert ask(socket, "count") == "2 2 1"
    world.clock.advance(60)
    assert ask(socket, "count") == "2 2 2"
    assert ask(socket, "tags") == "red,all"
    assert json.loads(ask(other, "attachment")) == {"kind": "blue", "start": 1}
    socket.send("broadcast")
    assert [socket.receive(), other.receive()] == ["to all", "to all"]


def test_an_automatic_response_wakes_nobody_and_delays_no_eviction(world: World) -> None:
    socket = world.open("red")
    assert ask(socket, "auto") == "auto set"
    for _ in range(4):
        world.clock.advance(6)
        assert ask(socket, "ping") == "pong"
    assert ask(socket, "count") == "1 1 2"
    assert ask(socket, "timestamp") == "True"
    world.clock.advance(60)
    assert ask(socket, "ping") == "pong"


def test_a_plain_socket_keeps_its_object_in_memory(world: World) -> None:
    socket = world.open("plain")
    world.clock.advance(120)
    assert world.call("which_start") == 1
    assert ask(socket, "hi") == "echo hi"
    socket.close()
    world.clock.advance(12)
    assert world.call("which_start") == 2


def test_a_pending_timer_keeps_its_object_in_memory(world: World) -> None:
    world.call("start_timer", 1_000_000)
    world.clock.advance(120)
    assert world.call("which_start") == 1


def test_a_close_that_nobody_answers_is_1006_when_the_object_is_evicted(world: World) -> None:
    socket = world.open("red")
    socket._socket.sendall(encode_close(4444, "", mask=b"abcd"))
    with pytest.raises(TimeoutError):
        socket.receive(timeout=0.05)
    world.clock.advance(12)
    with pytest.raises(SocketClosedError) as caught:
        socket.receive()
    assert caught.value.code == 1006


def test_an_alarm_wakes_an_object_that_is_gone_and_knows_its_name(world: World) -> None:
    due = world.call("set_alarm", 3_600_000)
    world.clock.advance(60)
    assert world.call("which_start") == 2
    assert world.call("get_alarm") == due
    world.clock.advance(3_539)
    assert world.call("shared") == []
    world.clock.advance(2)
    assert world.call("shared") == [[0, False, due, None, world.name]]
    assert world.call("get_alarm") is None


def test_a_failing_alarm_is_retried_across_evictions_and_then_dropped(world: World) -> None:
    due = world.call("set_alarm", 1_000, 100)
    world.clock.advance(400)
    runs = world.call("shared")
    assert [run[0] for run in runs] == [0, 1, 2, 3, 4, 5, 6]
    assert [run[1] for run in runs] == [False] + [True] * 6
    assert {run[2] for run in runs} == {due}
    assert world.call("get_alarm") is None
    world.clock.advance(1_000)
    assert len(world.call("shared")) == 7


def test_an_alarm_that_recovers_ends(world: World) -> None:
    world.call("set_alarm", 1_000, 2)
    world.clock.advance(400)
    assert [run[0] for run in world.call("shared")] == [0, 1, 2]
    assert world.call("get_alarm") is None
