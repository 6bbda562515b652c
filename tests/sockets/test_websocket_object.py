"""The WebSocket object: spec/websocket.md, sections 1 and 2."""

from __future__ import annotations

import asyncio

import pytest

from pywrangler.runtime import context
from pywrangler.runtime.js.blob import Blob
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_arrays import ArrayBuffer, Uint8Array
from pywrangler.runtime.sockets import WebSocket, WebSocketPair

NOT_ACCEPTED = "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages."


class Heard:
    """Collects the events of a socket."""

    def __init__(self, socket: WebSocket) -> None:
        self.events: list = []
        for kind in ("open", "message", "close", "error"):
            socket.addEventListener(kind, self.events.append)

    @property
    def data(self) -> list:
        return [event.data for event in self.events if event.type == "message"]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


@pytest.fixture
def socket(link, end) -> WebSocket:
    return WebSocket.of_end(end)


@pytest.fixture
def accepted(socket) -> WebSocket:
    socket.accept()
    return socket


def raised(call, *arguments) -> tuple[str, str]:
    with pytest.raises(JsException) as caught:
        call(*arguments)
    return caught.value.name, caught.value.message


async def until(condition) -> None:
    while not condition():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0)


# ---- pairs


def test_a_pair_unpacks_in_every_form_that_code_uses():
    pair = WebSocketPair.new()
    client, server = pair.object_values()
    assert [client, server] == list(pair)
    assert pair["0"] is client
    assert pair[1] is server
    assert getattr(pair, "0") is client
    assert list(pair.object_keys()) == ["0", "1"]
    assert len(pair) == 2


def test_a_fresh_end_reports_open_and_has_the_constants():
    client, _ = WebSocketPair.new()
    assert (client.readyState, client.url, client.protocol, client.extensions) == (1, jsnull, "", "")
    assert (WebSocket.READY_STATE_CONNECTING, WebSocket.OPEN, client.CLOSING, client.READY_STATE_CLOSED) == (0, 1, 2, 3)
    assert client.onmessage is jsnull


def test_two_ends_in_one_process_talk_to_each_other(run_async):
    async def talk():
        client, server = WebSocketPair.new()
        heard = Heard(client)
        heard_by_server = Heard(server)
        server.accept()
        server.send("before the client listens")
        client.accept()
        client.send("hello")
        server.close(3000, "done")
        await until(lambda: "close" in heard_by_server.types)
        assert heard.data == ["before the client listens"]
        assert heard_by_server.data == ["hello"]
        assert heard.events[-1].code == heard_by_server.events[-1].code == 3000
        assert client.readyState == server.readyState == 3

    run_async(talk())


# ---- accept


@pytest.mark.parametrize("call", [lambda socket: socket.send("x"), lambda socket: socket.close(1000)])
def test_nothing_works_before_accept(socket, call):
    assert raised(call, socket) == ("TypeError", NOT_ACCEPTED)


def test_accepting_twice_does_nothing(accepted):
    accepted.accept()


def test_a_returned_socket_cannot_be_accepted_or_returned_again(socket, link):
    assert socket.release() is link
    assert raised(socket.accept)[0] == "TypeError"
    assert raised(socket.release)[0] == "TypeError"


def test_an_accepted_socket_cannot_be_returned(accepted):
    assert raised(accepted.release)[0] == "TypeError"


# ---- binary type


@pytest.mark.parametrize(("is_new", "name"), [(True, "blob"), (False, "arraybuffer")])
def test_the_default_binary_type_depends_on_the_date(worker, is_new, name):
    with worker(websocket_blob=is_new):
        client, _ = WebSocketPair.new()
    assert client.binaryType == name


def test_other_binary_types_are_ignored(socket):
    socket.binaryType = "arraybuffer"
    socket.binaryType = "buffer"
    assert socket.binaryType == "arraybuffer"


def test_binary_messages_arrive_as_the_binary_type_says(accepted, link):
    heard = Heard(accepted)
    link.receive(b"\x01\x02")
    accepted.binaryType = "arraybuffer"
    link.receive(b"\x03")
    first, second = heard.data
    assert isinstance(first, Blob)
    assert first.size == 2
    assert isinstance(second, ArrayBuffer)
    assert bytes(second.to_bytes()) == b"\x03"


# ---- send


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ("text", "text"),
        ("", ""),
        (b"raw", b"raw"),
        (bytearray(b"raw"), b"raw"),
        (memoryview(b"raw"), b"raw"),
        (b"", b""),
        (5, "5"),
        (1.5, "1.5"),
        (True, "true"),
        (jsnull, "null"),
        (None, "undefined"),
    ],
)
def test_send_takes_text_and_binary_and_stringifies_the_rest(accepted, link, data, sent):
    accepted.send(data)
    assert link.sent == [sent]
    assert type(link.sent[0]) is type(sent)


def test_buffers_and_views_are_binary_and_a_blob_is_not(accepted, link):
    accepted.send(ArrayBuffer.from_bytes(b"abc"))
    accepted.send(Uint8Array.from_bytes(b"def"))
    accepted.send(Blob.from_bytes(b"x", ""))
    assert link.sent == [b"abc", b"def", "[object Blob]"]


def test_send_needs_an_argument(accepted):
    assert raised(accepted.send)[0] == "TypeError"


def test_data_is_copied_at_the_call(accepted, link, worker):
    held = []
    token = context.enter(context.EventContext(None, None, None, outputs=_Gate(held)))
    try:
        data = bytearray(b"one")
        accepted.send(data)
        data[:] = b"two"
    finally:
        context.leave(token)
    held[0]()
    assert link.sent == [b"one"]


class _Gate:
    def __init__(self, held: list) -> None:
        self._held = held

    def hold(self, action) -> None:
        self._held.append(action)


def test_what_is_sent_waits_for_the_output_gate_in_order(accepted, link):
    held = []
    token = context.enter(context.EventContext(None, None, None, outputs=_Gate(held)))
    try:
        accepted.send("a")
        accepted.close(1000, "b")
    finally:
        context.leave(token)
    assert link.sent == []
    for action in held:
        action()
    assert link.sent == ["a", ("close", 1000, "b")]


def test_sending_after_close_is_an_error(accepted):
    accepted.close(1000)
    assert raised(accepted.send, "x") == ("TypeError", "Can't call WebSocket send() after close().")


def test_sending_to_a_peer_that_vanished_is_silent(accepted, link):
    link.vanish()
    accepted.send("x")
    accepted.close(1000)
    assert link.sent == []
    assert accepted.readyState == 3


# ---- close


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 5000, 70000])
def test_invalid_close_codes_are_named(accepted, code):
    assert raised(accepted.close, code) == ("InvalidAccessError", f"Invalid WebSocket close code: {code}.")


@pytest.mark.parametrize("code", [1000, 1001, 1012, 2999, 3000, 4999])
def test_valid_close_codes_are_sent(accepted, link, code):
    accepted.close(code, "why")
    assert link.sent == [("close", code, "why")]


def test_a_reason_needs_a_code(accepted):
    assert raised(accepted.close, None, "why")[0] == "InvalidAccessError"


def test_a_close_without_code_has_no_body(accepted, link):
    accepted.close()
    assert link.sent == [("close", None, "")]


def test_reasons_are_limited_by_bytes_on_new_dates_only(accepted, link, worker):
    assert raised(accepted.close, 1000, "é" * 62)[0] == "SyntaxError"
    with worker(websocket_reason_limit=False):
        accepted.close(1000, "é" * 62)
    assert link.sent == [("close", 1000, "é" * 62)]


def test_closing_goes_through_closing_to_closed_and_a_second_close_is_ignored(accepted, link):
    heard = Heard(accepted)
    accepted.close(4001, "bye")
    accepted.close(4002)
    assert accepted.readyState == 2
    link.receive_close(4001, "bye")
    assert accepted.readyState == 3
    assert link.sent == [("close", 4001, "bye")]
    assert [(event.code, event.reason, event.wasClean) for event in heard.events] == [(4001, "bye", True)]


# ---- events


def test_a_message_event_has_the_fields_of_the_platform(accepted, link):
    heard = Heard(accepted)
    link.receive("hi")
    (event,) = heard.events
    assert (event.type, event.data, event.origin, event.lastEventId, event.source) == (
        "message",
        "hi",
        jsnull,
        "",
        jsnull,
    )
    assert len(event.ports) == 0
    assert event.target is accepted


def test_a_handler_that_is_assigned_is_called(accepted, link):
    seen = []
    accepted.onmessage = lambda event: seen.append(event.data)
    link.receive("hi")
    assert seen == ["hi"]


def test_a_close_of_the_peer_is_echoed_before_the_event(accepted, link):
    states = []
    accepted.addEventListener("close", lambda event: states.append((accepted.readyState, event.code, event.reason)))
    link.receive_close(3005, "z")
    assert link.sent == [("close", 3005, "z")]
    assert states == [(3, 3005, "z")]


def test_a_close_without_code_is_1005_and_answered_without_code(accepted, link):
    heard = Heard(accepted)
    link.receive_close()
    assert [(event.code, event.reason, event.wasClean) for event in heard.events] == [(1005, "", True)]
    assert link.sent == [("close", None, "")]


def test_half_open_and_old_dates_leave_the_answer_to_the_application(link, socket, worker):
    with worker(websocket_auto_close=False):
        socket.accept()
    heard = Heard(socket)
    link.receive_close(1000)
    assert socket.readyState == 2
    socket.send("still possible")
    socket.close(1000)
    assert link.sent == ["still possible", ("close", 1000, "")]
    assert socket.readyState == 3
    assert heard.types == ["close"]


def test_allow_half_open_is_an_option_of_accept(link, socket):
    socket.accept(allowHalfOpen=True)
    link.receive_close(1000)
    assert link.sent == []


def test_a_peer_that_vanishes_is_1006(accepted, link):
    heard = Heard(accepted)
    link.vanish()
    (event,) = heard.events
    reason = "WebSocket disconnected without sending Close frame."
    assert (event.type, event.code, event.reason, event.wasClean) == ("close", 1006, reason, False)


def test_a_protocol_error_is_an_error_then_a_close(accepted, link):
    heard = Heard(accepted)
    link.events.on_close(1009, "message too big", False)
    assert heard.types == ["error", "close"]
    assert heard.events[1].code == 1006
    assert raised(accepted.send, "x")[0] == "Error"
    assert raised(accepted.close, 1000)[0] == "Error"


def test_an_exception_in_a_listener_brings_the_connection_down(accepted, link, logged):
    def fail(_event):
        raise ValueError("boom")

    heard = Heard(accepted)
    accepted.addEventListener("message", fail)
    link.receive("x")
    assert heard.types == ["message", "error"]
    assert heard.events[1].message == "Uncaught ValueError: boom"
    assert link.sent == ["abort"]
    assert accepted.readyState == 3
    assert logged[-1][0] == "error"
    assert "boom" in logged[-1][1]


def test_an_exception_in_an_async_listener_leaves_the_socket_up(accepted, link, logged, run_async):
    async def fail(_event):
        raise ValueError("boom")

    async def scenario():
        accepted.addEventListener("message", fail)
        link.receive("x")
        await until(lambda: logged)
        assert accepted.readyState == 1
        assert link.sent == []

    run_async(scenario())


def test_events_run_as_code_of_the_event_that_accepted(link, socket, worker):
    with worker(websocket_blob=False):
        socket.accept()
        expected = context.current()
    seen = []
    socket.addEventListener("message", lambda _event: seen.append(context.current()))
    link.receive("x")
    assert seen == [expected]
    assert context.current() is None


# ---- sockets of objects


class FakeActor:
    def __init__(self) -> None:
        self.references = 0
        self.tasks: set = set()
        self.submitted: list = []

    def retain(self) -> None:
        self.references += 1

    def release(self) -> None:
        self.references -= 1

    def submit(self, work):
        self.submitted.append(work)
        future = asyncio.get_running_loop().create_future()
        future.set_result(work(None))
        return future


def accept_in(actor: FakeActor, socket: WebSocket) -> None:
    token = context.enter(context.EventContext(None, None, None, actor=actor))
    try:
        socket.accept()
    finally:
        context.leave(token)


def test_a_plain_socket_keeps_its_object_in_memory_until_it_closes(link, socket, run_async):
    async def scenario():
        actor = FakeActor()
        accept_in(actor, socket)
        assert actor.references == 1
        heard = Heard(socket)
        link.receive("x")
        assert heard.data == ["x"]
        assert len(actor.submitted) == 1
        link.receive_close(1000)
        await asyncio.sleep(0)
        assert actor.references == 0
        assert not actor.tasks

    run_async(scenario())


def test_a_reset_of_the_object_drops_its_plain_sockets(link, socket, run_async):
    async def scenario():
        actor = FakeActor()
        accept_in(actor, socket)
        for task in list(actor.tasks):
            task.cancel()
        await asyncio.sleep(0)
        assert link.sent == ["abort"]
        assert actor.references == 0
        assert socket.readyState == 3

    run_async(scenario())


# ---- attachment


def test_an_attachment_is_copied_when_it_is_given(socket):
    value = ["a"]
    socket.serializeAttachment(value)
    value.append("b")
    first = socket.deserializeAttachment()
    assert list(first) == ["a"]
    assert socket.deserializeAttachment() is not first


def test_no_attachment_is_null(socket):
    assert socket.deserializeAttachment() is jsnull


def test_an_attachment_is_limited_by_its_serialized_size(socket):
    socket.serializeAttachment("x" * 16_000)
    assert raised(socket.serializeAttachment, "x" * 16_384)[0] == "Error"
    assert len(socket.deserializeAttachment()) == 16_000
