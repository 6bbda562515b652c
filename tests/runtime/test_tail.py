"""Tail events as a handler gets them; the shapes are those of wrangler 4.164 with both Workers in one session."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywrangler.runtime import context
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.ports import Target
from pywrangler.runtime.traces.tail import TailReceiver, TraceItem, deliver, redacted_headers, redacted_url

if TYPE_CHECKING:
    from collections.abc import Callable

HEX = "0123456789abcdef" * 2
TARGET = Target("consumer", "entrypoint")
REQUEST = {
    "url": f"http://x/{HEX}",
    "method": "POST",
    "headers": {"accept": "*/*", "authorization": "Bearer x"},
    "cf": {"colo": "DFW"},
}
ITEM = {
    "wallTime": 3,
    "outcome": "exception",
    "scriptName": "producer",
    "executionModel": "durableObject",
    "durableObjectId": "ab",
    "entrypoint": "Obj",
    "eventTimestamp": 1_700_000_000_000,
    "logs": [{"timestamp": 1, "level": "log", "message": ["a", 1, {"b": [None]}]}],
    "exceptions": [{"timestamp": 2, "name": "Error", "message": "x", "stack": "at y"}],
    "event": {"request": REQUEST, "response": {"status": 201}},
}


# ---- what is hidden


@pytest.mark.parametrize(
    "name",
    ["Authorization", "cookie", "Set-Cookie", "x-api-key", "sec-websocket-key", "X-JWT", "my-token", "secretary"],
)
def test_headers_that_sound_like_secrets_are_hidden(name: str) -> None:
    assert redacted_headers({name: "value"}) == {name: "REDACTED"}


@pytest.mark.parametrize("name", ["accept", "host", "user-agent", "cookies", "x-other"])
def test_other_headers_are_shown(name: str) -> None:
    assert redacted_headers({name: HEX}) == {name: HEX}


@pytest.mark.parametrize(
    "text",
    [HEX, HEX.upper(), "01234567-89ab-cdef-0123-456789abcdef", "ABcdefghijklmnopqrs12", "x_Yz-A1b2cccccccccccccccc"],
)
def test_identifiers_in_urls_are_hidden(text: str) -> None:
    assert redacted_url(f"http://x.y/a/{text}/b?c={text}#d") == "http://x.y/a/REDACTED/b?c=REDACTED#d"


@pytest.mark.parametrize(
    "text", [HEX[1:], "abcdefghijklmnopqrstuvwxyz", "Abcdefghijklmnopqrs12", "AB12cdef", HEX[:27] + "-----"]
)
def test_other_parts_of_urls_are_shown(text: str) -> None:
    assert redacted_url(f"http://x.y/{text}") == f"http://x.y/{text}"


@given(st.text())
def test_what_is_hidden_in_a_url_stays_hidden(url: str) -> None:
    assert redacted_url(redacted_url(url)) == redacted_url(url)


# ---- items


def test_an_item_shows_what_the_platform_shows() -> None:
    item = TraceItem.new(ITEM)
    request = item.event.request
    assert (item.scriptName, item.outcome, item.entrypoint, item.eventTimestamp) == (
        "producer", "exception", "Obj", 1_700_000_000_000,
    )  # fmt: skip
    assert (request.method, request.url, request.headers.authorization) == ("POST", "http://x/REDACTED", "REDACTED")
    assert (request.cf.colo, item.event.response.status) == ("DFW", 201)
    assert (item.logs[0].level, item.logs[0].message[0], item.logs[0].message[2].b[0]) == ("log", "a", jsnull)
    assert (item.exceptions[0].name, item.exceptions[0].stack, item.logs[0].errorInfo) == ("Error", "at y", None)
    assert (item.dispatchNamespace, item.scriptVersion, len(item.diagnosticsChannelEvents)) == (None, None, 0)


def test_a_request_can_be_seen_as_it_was() -> None:
    request = TraceItem.new(ITEM).event.request.getUnredacted()
    assert (request.url, request.headers.authorization) == (REQUEST["url"], "Bearer x")


def test_an_item_is_json_in_the_order_of_the_platform() -> None:
    told = json.loads(str(stringify(TraceItem.new(ITEM))))
    assert list(told) == [
        "wallTime", "cpuTime", "truncated", "executionModel", "outcome", "durableObjectId", "entrypoint", "scriptName",
        "diagnosticsChannelEvents", "exceptions", "logs", "eventTimestamp", "event",
    ]  # fmt: skip
    assert list(told["event"]["request"]) == ["url", "method", "headers", "cf"]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"request": {"url": "http://x"}}, "FetchEventInfo"),
        ({"rpcMethod": "add"}, "JsRpcEventInfo"),
        ({"cron": "* * * * *", "scheduledTime": 5}, "ScheduledEventInfo"),
        ({"queue": "q", "batchSize": 2}, "QueueEventInfo"),
        ({"mailFrom": "a", "rcptTo": "b", "rawSize": 1}, "EmailEventInfo"),
        ({"consumedEvents": [{"scriptName": "x"}]}, "TailEventInfo"),
        ({"getWebSocketEvent": {"webSocketEventType": "message"}}, "HibernatableWebSocketEventInfo"),
        ({}, "CustomEventInfo"),
    ],
)
def test_each_kind_of_event_has_its_class_and_properties(event: dict[str, Any], kind: str) -> None:
    info = TraceItem.new({"event": event}).event
    assert info.constructor.name == kind
    if "request" not in event:
        assert json.loads(str(stringify(info))) == event


def test_the_time_of_an_alarm_is_a_date() -> None:
    info = TraceItem.new({"event": {"scheduledTime": 5}}).event
    assert info.constructor.name == "AlarmEventInfo"
    assert isinstance(info.scheduledTime, JsDate)
    assert info.scheduledTime.getTime() == 5


def test_a_request_without_an_answer_has_none() -> None:
    info = TraceItem.new({"event": {"request": {"url": "http://x"}}}).event
    assert (info.response, info.request.cf) == (None, None)


def test_what_is_not_said_has_a_default() -> None:
    item = TraceItem.new({})
    assert (item.outcome, item.scriptName, item.event, len(item.logs)) == ("ok", jsnull, jsnull, 0)


# ---- delivery


class Consumer:
    """A Worker that keeps what its handler was given."""

    def __init__(self, *handlers: str, fails: bool = False) -> None:
        self.exports = SimpleNamespace(default_handlers=handlers)
        self.seen: list[tuple[str, Any]] = []
        self._fails = fails

    async def handle(self, _target: Target, kind: str, arguments: Any) -> None:
        self.seen.append((kind, arguments[0]))
        if self._fails:
            raise ValueError("boom")


@pytest.mark.parametrize(
    ("handlers", "kind"), [(("fetch", "tail"), "tail"), (("trace",), "trace"), (("tail", "trace"), "tail")]
)
def test_the_newer_handler_is_preferred(run_async: Callable[..., Any], handlers: tuple[str, ...], kind: str) -> None:
    consumer: Any = Consumer(*handlers)
    run_async(deliver(consumer, TARGET, [ITEM, {}]))
    ((seen, items),) = consumer.seen
    assert (seen, len(items), items[0].scriptName) == (kind, 2, "producer")


def test_a_failure_of_the_handler_is_reported_where_it_happens(run_async: Callable[..., Any]) -> None:
    reported: list[BaseException] = []
    consumer: Any = Consumer("tail", fails=True)
    run_async(TailReceiver(consumer, reported.append).take(TARGET, {"events": [ITEM]}))
    assert [str(problem) for problem in reported] == ["boom"]


def test_a_worker_without_the_handler_complains_once(
    run_async: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(context, "_sink", lambda _level, text: said.append(text))
    consumer: Any = Consumer("fetch")
    receiver = TailReceiver(consumer, pytest.fail)
    for _ in range(3):
        run_async(receiver.take(TARGET, {"events": [ITEM]}))
    assert len(said) == 1
    assert "exports no tail() handler" in said[0]
    assert consumer.seen == []
