"""Hibernatable sockets of an object: spec/websocket.md, section 4."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.errors import ProtocolError
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_arrays import ArrayBuffer
from pywrangler.runtime.sockets import (
    HibernationSet,
    WebSocket,
    WebSocketPair,
    WebSocketRequestResponsePair,
    couple,
)

from .conftest import FakeLink


class Object:
    """Stands for the host: owns the set, and records what is delivered to handlers that end when told."""

    def __init__(self, *, has_handlers: bool = True) -> None:
        self.set = HibernationSet(self.deliver)
        self.events: list = []
        self.running: list[asyncio.Future] = []
        self.has_handlers = has_handlers

    def deliver(self, end, kind, arguments):
        self.events.append((end, kind, tuple(arguments)))
        if not self.has_handlers:
            return None
        self.running.append(asyncio.get_running_loop().create_future())
        return self.running[-1]

    async def finish(self) -> None:
        for handler in self.running:
            handler.set_result(None)
        self.running.clear()
        await asyncio.sleep(0)

    def connect(self, tags=None) -> tuple[WebSocket, FakeLink]:
        """A socket as in a fetch handler: made, accepted, and the other end returned in the response."""
        client, server = WebSocketPair.new()
        self.set.accept(server, tags)
        link = FakeLink()
        couple(client.release(), link)
        return server, link

    @property
    def calls(self) -> list:
        return [(kind, arguments) for _, kind, arguments in self.events]


@pytest.fixture
def host():
    return Object()


def refused(call, *arguments) -> tuple[str, str]:
    with pytest.raises(JsException) as caught:
        call(*arguments)
    return caught.value.name, caught.value.message


# ---- accepting


def test_a_socket_is_accepted_once_and_in_one_way(host):
    text = "Cannot call `acceptWebSocket()` if the WebSocket was already accepted via `accept()`"
    _, server = WebSocketPair.new()
    host.set.accept(server)
    assert refused(host.set.accept, server) == ("Error", text)
    assert refused(server.accept) == ("TypeError", "Can't accept() WebSocket after enabling hibernation.")
    _, plain = WebSocketPair.new()
    plain.accept()
    assert refused(host.set.accept, plain) == ("Error", text)
    assert refused(server.release)[0] == "TypeError"


def test_the_other_end_must_be_unused(host):
    client, server = WebSocketPair.new()
    client.release()
    assert refused(host.set.accept, server)[0] == "Error"
    client, server = WebSocketPair.new()
    client.accept()
    assert refused(host.set.accept, server)[0] == "Error"


def test_outgoing_sockets_cannot_hibernate(host):
    assert refused(host.set.accept, WebSocket.from_link(FakeLink()))[0] == "Error"


def test_ten_distinct_tags_are_the_limit(host):
    _, server = WebSocketPair.new()
    message = "a Hibernatable WebSocket cannot have more than 10 tags"
    assert refused(host.set.accept, server, [str(index) for index in range(11)]) == ("Error", message)
    host.set.accept(server, [str(index % 10) for index in range(20)])
    assert host.set.tags(server) == [str(index) for index in range(10)]


def test_a_tag_is_limited_in_bytes_and_may_be_empty(host):
    _, server = WebSocketPair.new()
    name, message = refused(host.set.accept, server, ["é" * 129])
    assert name == "Error"
    assert "é" * 129 in message
    host.set.accept(server, ["", "é" * 128, 5])
    assert host.set.tags(server) == ["", "é" * 128, "5"]


@pytest.mark.parametrize("tags", ["abc", 5])
def test_tags_are_a_sequence(host, tags):
    _, server = WebSocketPair.new()
    assert refused(host.set.accept, server, tags)[0] == "TypeError"


def test_what_is_no_socket_is_a_type_error(host):
    assert refused(host.set.accept, "x")[0] == "TypeError"
    assert refused(host.set.tags, None)[0] == "TypeError"


def test_tags_of_a_plain_socket_are_an_error(host):
    _, server = WebSocketPair.new()
    assert refused(host.set.tags, server)[0] == "Error"


# ---- listing


def test_sockets_are_listed_newest_first_and_by_tag_in_order(host):
    first, _ = host.connect(["a"])
    second, _ = host.connect(["a", "b"])
    third, _ = host.connect()
    assert host.set.sockets() == [third, second, first]
    assert host.set.sockets("a") == [first, second]
    assert host.set.sockets("b") == [second]
    assert host.set.sockets("none") == []


def test_a_socket_is_one_object_within_an_instance_and_a_new_one_after(host):
    server, link = host.connect(["a"])
    assert host.set.sockets()[0] is host.set.sockets("a")[0] is server
    server.serializeAttachment("kept")
    host.set.instance_gone()
    again = host.set.sockets()[0]
    assert again is not server
    assert again is host.set.sockets("a")[0]
    assert again.deserializeAttachment() == "kept"
    assert host.set.tags(again) == ["a"]
    again.send("hi")
    assert link.sent == ["hi"]


# ---- messages


def test_text_is_str_and_binary_is_always_an_array_buffer(host, run_async):
    async def scenario():
        server, link = host.connect()
        link.receive("text")
        link.receive(b"\x01")
        assert server.binaryType == "blob"
        assert host.calls[0] == ("message", ("text",))
        (buffer,) = host.calls[1][1]
        assert isinstance(buffer, ArrayBuffer)
        assert bytes(buffer.to_bytes()) == b"\x01"
        assert host.set.object_of(host.events[0][0]) is server

    run_async(scenario())


def test_what_was_sent_before_the_response_arrives_with_it(host):
    client, server = WebSocketPair.new()
    host.set.accept(server)
    server.send("early")
    link = FakeLink()
    couple(client.release(), link)
    server.send("late")
    assert link.sent == ["early", "late"]


# ---- automatic responses


def test_an_exact_match_is_answered_without_the_object(host):
    server, link = host.connect()
    host.set.set_auto_response(WebSocketRequestResponsePair.new("ping", "pong"))
    assert host.set.auto_response_timestamp(server) is jsnull
    link.receive("ping")
    assert link.sent == ["pong"]
    assert host.events == []
    assert host.set.auto_response_timestamp(server).getTime() > 1_600_000_000_000


def test_the_pair_survives_hibernation_but_not_a_reset(host):
    host.set.set_auto_response(WebSocketRequestResponsePair.new("ping", "pong"))
    host.set.instance_gone()
    pair = host.set.auto_response()
    assert (pair.request, pair.response) == ("ping", "pong")
    assert not host.set.is_empty
    host.set.drop_all()
    assert host.set.auto_response() is jsnull
    assert host.set.is_empty


def test_no_argument_unsets_the_pair(host, run_async):
    async def scenario():
        _, link = host.connect()
        host.set.set_auto_response(WebSocketRequestResponsePair.new("ping", "pong"))
        host.set.set_auto_response()
        link.receive("ping")
        assert host.calls == [("message", ("ping",))]

    run_async(scenario())


def test_automatic_responses_are_limited_in_bytes(host):
    host.set.set_auto_response(WebSocketRequestResponsePair.new("x" * 2048, "é" * 1024))
    assert refused(host.set.set_auto_response, WebSocketRequestResponsePair.new("x" * 2049, ""))[0] == "RangeError"
    assert refused(host.set.set_auto_response, WebSocketRequestResponsePair.new("", "é" * 1025))[0] == "RangeError"
    assert refused(host.set.set_auto_response, "ping")[0] == "TypeError"


def test_the_event_timeout_is_kept_within_bounds(host):
    assert host.set.event_timeout() is jsnull
    host.set.set_event_timeout(604_800_000)
    assert host.set.event_timeout() == 604_800_000
    assert refused(host.set.set_event_timeout, 604_800_001)[0] == "Error"
    host.set.set_event_timeout(0)
    assert host.set.event_timeout() is jsnull


# ---- closing


def test_a_close_of_the_client_waits_for_the_handler_to_answer(host, run_async):
    async def scenario():
        server, link = host.connect(["a"])
        link.receive_close(3000, "z")
        assert host.calls == [("close", (3000, "z", True))]
        assert server.readyState == 2
        assert host.set.sockets() == [server]
        assert host.set.tags(server) == ["a"]
        server.send("still possible")
        server.close(3000, "z")
        assert link.sent == ["still possible", ("close", 3000, "z")]
        assert server.readyState == 3
        await host.finish()
        assert host.set.sockets() == host.set.sockets("a") == []
        assert host.set.is_empty

    run_async(scenario())


def test_a_client_that_nobody_answers_is_dropped_at_the_eviction(host, run_async):
    async def scenario():
        _, link = host.connect()
        link.receive_close(1000)
        await host.finish()
        assert link.sent == []
        assert len(host.set) == 0
        host.set.instance_gone()
        assert link.sent == ["abort"]

    run_async(scenario())


def test_later_code_may_still_answer(host, run_async):
    async def scenario():
        server, link = host.connect()
        link.receive_close(1000)
        await host.finish()
        server.close(1000)
        host.set.instance_gone()
        assert link.sent == [("close", 1000, "")]

    run_async(scenario())


def test_the_object_closes_first(host, run_async):
    async def scenario():
        server, link = host.connect()
        server.close(4001, "bye")
        assert host.set.sockets() == [server]
        link.receive_close(4001, "bye")
        assert host.calls == [("close", (4001, "bye", True))]
        assert server.readyState == 3
        with pytest.raises(JsException):
            server.send("x")
        server.close(4001)
        assert link.sent == [("close", 4001, "bye")]

    run_async(scenario())


def test_a_lost_connection_is_a_close_with_1006(host, run_async):
    async def scenario():
        server, link = host.connect()
        link.vanish()
        reason = "WebSocket disconnected without sending Close frame."
        assert host.calls == [("close", (1006, reason, False))]
        assert refused(server.close, 1006)[0] == "InvalidAccessError"
        await host.finish()
        host.set.instance_gone()
        assert link.sent == []

    run_async(scenario())


def test_a_protocol_error_is_an_error(host, run_async):
    async def scenario():
        server, link = host.connect()
        link.events.on_close(1002, "reserved bits are set", False)
        ((kind, (problem,)),) = host.calls
        assert kind == "error"
        assert isinstance(problem, JsException)
        await host.finish()
        assert host.set.sockets() == []
        assert server.readyState == 3

    run_async(scenario())


def test_without_a_handler_the_socket_is_forgotten_at_once():
    host = Object(has_handlers=False)
    _, link = host.connect()
    link.vanish()
    assert host.set.is_empty


def test_a_reset_drops_every_socket_without_a_handler(host):
    (_, first), (_, second) = host.connect(), host.connect()
    host.set.drop_all()
    assert first.sent == second.sent == ["abort"]
    assert host.events == []
    assert host.set.is_empty


# ---- moving to another process


class MovableLink(FakeLink):
    """A link that can be detached."""

    is_held = False

    def hold(self) -> None:
        self.is_held = True

    async def detach(self) -> tuple[int, bytes]:
        return 0, b""


def test_sockets_move_with_tags_attachment_and_timestamp(host):
    sockets = []
    for index in range(3):
        client, server = WebSocketPair.new()
        host.set.accept(server, ["all", str(index)])
        couple(client.release(), link := MovableLink())
        server.serializeAttachment(index)
        sockets.append((server, link))
    host.set.set_auto_response(WebSocketRequestResponsePair.new("ping", "pong"))
    host.set.set_event_timeout(5)
    sockets[1][1].receive("ping")
    answered = host.set.auto_response_timestamp(sockets[1][0]).getTime()

    shared, records = host.set.shared(), host.set.export()
    assert [link for _, link in records] == [link for _, link in sockets]
    assert all(link.is_held for _, link in sockets)
    sockets[0][0].send("from old code")
    assert sockets[0][1].sent == []

    heir = Object()
    heir.set.adopt_shared(shared)
    for record, _ in records:
        heir.set.adopt(record, MovableLink())
    assert [socket.deserializeAttachment() for socket in heir.set.sockets()] == [2, 1, 0]
    assert [heir.set.tags(socket) for socket in heir.set.sockets("all")] == [["all", str(i)] for i in range(3)]
    assert heir.set.auto_response_timestamp(heir.set.sockets("1")[0]).getTime() == answered
    assert heir.set.auto_response_timestamp(heir.set.sockets("0")[0]) is jsnull
    assert heir.set.auto_response().response == "pong"
    assert heir.set.event_timeout() == 5


def test_a_socket_that_closes_moves_as_closing(host):
    client, server = WebSocketPair.new()
    host.set.accept(server)
    couple(client.release(), MovableLink())
    server.close(4000)
    ((record, _),) = host.set.export()
    heir = Object()
    heir.set.adopt(record, MovableLink())
    (moved,) = heir.set.sockets()
    assert moved.readyState == 2


def test_a_socket_that_cannot_move_closes_for_a_restart(host):
    _, link = host.connect()
    assert host.set.export() == []
    assert link.sent == [("close", 1012, "Service restart")]


@given(st.binary(max_size=80))
def test_a_malformed_record_is_a_protocol_error(data):
    target = HibernationSet(lambda *_event: None)
    for read in (target.adopt_shared, lambda state: target.adopt(state, FakeLink())):
        with suppress(ProtocolError):
            read(data)
