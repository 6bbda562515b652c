"""How ends of sockets are joined."""

from __future__ import annotations

import asyncio

import pytest

from pywrangler.runtime.sockets import PairLink, WebSocket, WebSocketPair, couple

from .conftest import FakeLink


class Events:
    def __init__(self) -> None:
        self.got: list = []

    def on_message(self, data) -> None:
        self.got.append(data)

    def on_close(self, code, reason, was_clean) -> None:
        self.got.append((code, reason, was_clean))


def test_an_end_that_is_returned_leaves_no_detour():
    client, server = WebSocketPair.new()
    link = FakeLink()
    couple(client.release(), link)
    assert server.end.link is link
    server.accept()
    assert link.events is server.end


def test_messages_wait_for_the_server_to_accept():
    client, server = WebSocketPair.new()
    link = FakeLink()
    couple(client.release(), link)
    assert link.events is None
    server.accept()
    assert link.events is not None


@pytest.mark.parametrize("index", [0, 1])
def test_either_end_can_be_returned(index):
    pair = WebSocketPair.new()
    link = FakeLink()
    couple(pair[index].release(), link)
    other = pair[1 - index]
    other.accept()
    other.send("x")
    assert link.sent == ["x"]


def test_everything_sent_before_the_response_goes_out_in_order():
    client, server = WebSocketPair.new()
    server.accept()
    server.send("a")
    server.send(b"b")
    server.close(4000, "c")
    link = FakeLink()
    couple(client.release(), link)
    assert link.sent == ["a", b"b", ("close", 4000, "c")]


def test_a_socket_from_elsewhere_is_passed_through_both_ways():
    near, wire = FakeLink(), FakeLink()
    couple(WebSocket.from_link(near, "chat").release(), wire)
    near.receive("out")
    wire.receive(b"in")
    near.receive_close(3000, "z")
    wire.receive_close()
    assert wire.sent == ["out", ("close", 3000, "z")]
    assert near.sent == [b"in", ("close", None, "")]


def test_a_loss_is_passed_through_as_a_loss():
    near, wire = FakeLink(), FakeLink()
    couple(near, wire)
    wire.vanish()
    assert near.sent == ["abort"]


def test_both_ends_of_a_pair_may_be_returned(run_async):
    async def scenario():
        client, server = WebSocketPair.new()
        first, second = FakeLink(), FakeLink()
        couple(client.release(), first)
        couple(server.release(), second)
        first.receive("x")
        second.receive("y")
        await asyncio.sleep(0)
        assert second.sent == ["x"]
        assert first.sent == ["y"]

    run_async(scenario())


def test_an_end_passed_on_within_a_process_is_still_short_circuited():
    client, server = WebSocketPair.new()
    passed_on = WebSocket.from_link(client.release())
    link = FakeLink()
    couple(passed_on.release(), link)
    assert server.end.link is link


def test_a_pair_never_calls_back_from_within_a_call(run_async):
    async def scenario():
        left, right = PairLink.pair()
        events = Events()
        left.send("early")
        right.attach(events)
        left.send("late")
        left.close(None, "")
        assert events.got == []
        await asyncio.sleep(0)
        assert events.got == ["early", "late", (1005, "", True)]

    run_async(scenario())


def test_an_aborted_end_is_lost_for_the_other(run_async):
    async def scenario():
        left, right = PairLink.pair()
        events = Events()
        right.attach(events)
        left.abort()
        await asyncio.sleep(0)
        assert events.got == [(1006, "WebSocket disconnected without sending Close frame.", False)]

    run_async(scenario())
