"""Emails and traces, given and received by real Workers (docs/email.md, docs/tail.md)."""

from __future__ import annotations

import email
import json
from email.message import EmailMessage
from typing import Any

import pytest

from pywrangler.testing import RemoteError, SocketClosedError

pytestmark = pytest.mark.workers("mail_and_tail/producer/wrangler.jsonc", "mail_and_tail/consumer/wrangler.jsonc")


@pytest.fixture
def producer(workers):
    return workers["producer"]


@pytest.fixture
def traces(workers):
    """Return `traces(count)`: so many traces, which the consumer has received."""

    workers["consumer"].get("/?0")  # what an earlier test left

    def take(count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = workers["consumer"].get(f"/?{count}").json()
        return found

    return take


def mail(subject: str = "question", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = "Me <a@b.c>", "d@e.f", subject, "<m@id>"
    made.set_content("hello", cte="7bit")
    return made


# ---- mail


def test_a_handler_gets_the_mail_and_its_reply_comes_back(producer):
    result = producer.email(mail())
    assert (result.rejection, result.forwards) == (None, ())
    (reply,) = result.replies
    answer = email.message_from_bytes(reply.raw)
    assert (answer["From"], answer["To"], answer["In-Reply-To"]) == ("d@e.f", "a@b.c", "<m@id>")
    assert answer.get_payload().strip() == "HELLO"
    assert producer.logs[0].text == f"mail a@b.c d@e.f {len(mail().as_bytes())} None None"


def test_a_rejection_comes_back_with_its_reason(producer):
    assert producer.email(mail("spam")).rejection == "no spam"


def test_a_forward_comes_back_with_its_headers(producer):
    (forward,) = producer.email(mail("forward").as_bytes()).forwards
    assert (forward.recipient, forward.headers) == ("boss@example.com", (("x-why", "urgent"),))


def test_a_failure_of_the_handler_is_raised(producer):
    with pytest.raises(RemoteError, match="cannot read"):
        producer.email(mail("fail").as_string())


def test_the_envelope_may_differ_from_the_headers(producer):
    producer.email("Message-ID: <m@id>\r\nSubject: spam\r\n\r\n", sender="x@y.z", recipient="r@s.t")
    assert producer.logs[0].text.startswith("mail x@y.z r@s.t")
    with pytest.raises(ValueError, match="no address in To"):
        producer.email("Subject: x\r\n\r\n", sender="x@y.z")


def test_sent_mail_becomes_files_that_the_next_test_does_not_have(producer):
    first, second = producer.get("/send").json()
    assert first.endswith("@b.c>")
    told = "\n".join(line.text for line in producer.logs)
    assert first.strip("<>") in told
    assert f"{second.strip('<>')}.txt" in told


# ---- traces of a producer


def test_a_request_leaves_a_trace(producer, traces):
    producer.get("/log", headers={"Authorization": "Bearer secret"})
    (item,) = traces(1)
    assert (item["scriptName"], item["outcome"], item["executionModel"]) == ("producer", "ok", "stateless")
    request = item["event"]["request"]
    assert (request["method"], request["headers"]["authorization"]) == ("GET", "REDACTED")
    assert request["url"].endswith("/log")
    assert request["cf"]["colo"]
    assert item["event"]["response"] == {"status": 201}
    assert [(entry["level"], entry["message"]) for entry in item["logs"]] == [
        ("log", ["printed"]),
        ("log", ["lines"]),
        ("warn", ["a", 1, {"b": [None]}]),
    ]
    assert abs(item["logs"][0]["timestamp"] - item["eventTimestamp"]) < 10_000


def test_an_exception_is_in_the_trace(producer, traces):
    producer.get("/fail")
    (item,) = traces(1)
    (problem,) = item["exceptions"]
    assert (item["outcome"], problem["name"], "response" in item["event"]) == ("exception", "PythonError", False)
    assert problem["message"].endswith("ValueError: on purpose\n")
    assert problem["stack"].count("File ") == 1
    assert "entry.py" in problem["stack"]


def test_a_trace_waits_for_what_waits_until(producer, traces):
    producer.get("/later")
    (item,) = traces(1)
    assert (item["outcome"], item["logs"][0]["message"]) == ("ok", ["later"])
    assert "too late" in item["exceptions"][0]["message"]


def test_what_a_streamed_body_prints_is_in_the_trace(producer, traces):
    assert producer.get("/stream").text == "ab"
    (item,) = traces(1)
    assert [entry["message"] for entry in item["logs"]] == [["part a"], ["part b"]]


def test_objects_leave_traces_of_their_own(producer, traces):
    producer.get("/object")
    items = traces(4)
    by_event = {next(iter(item["event"].values())) if "request" not in item["event"] else "": item for item in items}
    added = by_event["add"]
    assert (added["entrypoint"], added["executionModel"], added["logs"][0]["message"]) == (
        "Obj", "durableObject", ["adding"],
    )  # fmt: skip
    assert len(added["durableObjectId"]) == 64
    assert by_event["set_alarm"]["logs"] == by_event[""]["logs"] == []
    (alarm,) = (item for item in items if "scheduledTime" in item["event"])
    assert (alarm["event"]["scheduledTime"][-1], alarm["logs"][0]["message"]) == ("Z", ["alarm"])


def test_a_failed_call_of_an_object_is_ok_and_a_failed_request_is_not(producer, traces):
    producer.get("/object-fails")
    items = traces(3)
    assert [(item["outcome"], len(item["exceptions"])) for item in items] == [
        ("ok", 0), ("exception", 1), ("exception", 1),
    ]  # fmt: skip
    assert items[0]["event"] == {"rpcMethod": "fail"}
    assert items[1]["event"]["request"] == {"url": "http://object/", "method": "GET", "headers": {}}


def test_a_named_entrypoint_is_named(producer, traces):
    producer.get("/named")
    items = traces(2)
    assert [(item.get("entrypoint"), item["event"].get("rpcMethod")) for item in items] == [
        ("Named", "hello"), (None, None),
    ]  # fmt: skip


def test_hibernatable_sockets_leave_traces(producer, traces):
    with producer.ws("/socket") as socket:
        socket.send("x")
        with pytest.raises(SocketClosedError):
            socket.receive()
        items = traces(4)
    events = [item["event"].get("getWebSocketEvent") for item in items]
    closed = {"webSocketEventType": "close", "code": 1000, "wasClean": True}
    assert [event for event in events if event] == [{"webSocketEventType": "message"}, closed]
    assert items[-1]["logs"][0]["message"] == ["closed"]
    assert [sorted(item["event"]) for item in items[:2]] == [["request"], ["request"]]  # no response: it is a socket


def test_other_events_leave_traces(producer, traces):
    with pytest.raises(RemoteError, match="not today"):
        producer.scheduled("0 0 * * *", 1_700_000_000)
    producer.queue("jobs", ["a", "b"])
    producer.email(mail("spam"))
    events = [(item["outcome"], item["event"]) for item in traces(3)]
    size = len(mail("spam").as_bytes())
    assert events == [
        ("exception", {"cron": "0 0 * * *", "scheduledTime": 1_700_000_000_000}),
        ("ok", {"queue": "jobs", "batchSize": 2}),
        ("ok", {"mailFrom": "a@b.c", "rcptTo": "d@e.f", "rawSize": size}),
    ]


# ---- traces given by a test


def test_a_test_may_give_the_traces(workers, traces):
    event = {"request": {"url": "http://x/", "method": "GET", "headers": {"x-token": "1"}}}
    workers["consumer"].tail([{"scriptName": "a", "event": event}, {"scriptName": "b"}])
    first, second = traces(2)
    assert (first["scriptName"], second["scriptName"], second["event"]) == ("a", "b", None)
    assert first["event"]["request"]["headers"] == {"x-token": "REDACTED"}
    assert json.loads(json.dumps(second))["outcome"] == "ok"


def test_a_failure_of_the_tail_handler_is_raised(workers):
    with pytest.raises(RemoteError, match="told to"):
        workers["consumer"].tail([{"scriptName": "fail"}])
