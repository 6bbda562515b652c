"""What stands behind a service binding: assets, the Worker, and its `scheduled` and `queue` handlers.

The tables were recorded with wrangler 4.164.0 from Workers in JavaScript that do the same, all three in one session.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

CALLER = """
import json
from datetime import datetime, UTC
from urllib.parse import parse_qs, urlsplit
from workers import Request, Response, WorkerEntrypoint

def message(id, body, attempts=1):
    return {"id": id, "timestamp": datetime.fromtimestamp(1, UTC), "body": body, "attempts": attempts}

BATCHES = {
    "empty": [],
    "one": [message("1", {"x": 1})],
    "each": [message("1", "ack"), message("2", "retry", 3), message("3", "nothing", 2)],
    "ackAll": [message("1", "ackAll")],
    "retryAll": [message("1", "retryAll")],
    "throw": [message("1", "throw")],
    "no time": [{"id": "1", "body": "x", "attempts": 1}],
    "no body": [{"id": "1", "timestamp": 5, "attempts": 1}],
    "no attempts": [{"id": "1", "timestamp": 5, "body": "x"}],
}

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        target = getattr(self.env, query.get("to", "B"))
        try:
            if url.path == "/scheduled":
                cron = query.get("cron")
                result = await (target.scheduled() if cron is None else target.scheduled(cron=cron, scheduledTime=5000))
                return Response(json.dumps(result))
            if url.path == "/queue":
                return Response(json.dumps(await target.queue("q", BATCHES[query["batch"]])))
            headers = {"sec-fetch-mode": "navigate"} if "navigate" in query else {}
            method = query.get("m", "GET")
            response = await target.fetch(f"http://b{url.path}", method=method, headers=headers, redirect="manual")
            shown = [response.headers.get(name) for name in ("content-type", "location")]
            return Response(json.dumps([response.status, *shown, await response.text()]))
        except Exception as error:
            return Response(json.dumps(str(error).strip().rpartition("\\n")[2]))
"""

TARGET = """
from urllib.parse import urlsplit
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("worker " + urlsplit(request.url).path)

    async def scheduled(self, controller, *_):
        print("scheduled", controller.cron, controller.scheduledTime)
        if controller.cron == "noRetry":
            controller.noRetry()
        if controller.cron == "throw":
            raise TypeError("bad")

    async def queue(self, batch, *_):
        for message in batch.messages:
            print("message", batch.queue, message.id, message.timestamp, message.body, message.attempts)
            if message.body == "ack":
                message.ack()
            if message.body == "retry":
                message.retry(delaySeconds=7)
            if message.body == "ackAll":
                batch.ackAll()
            if message.body == "retryAll":
                batch.retryAll(delaySeconds=5)
            if message.body == "throw":
                raise ValueError("bad")

class Named(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("named " + urlsplit(request.url).path)
"""

FETCHES = [
    ("/example.txt", [200, "text/plain; charset=utf-8", None, "hello file\n"]),
    ("/sub", [307, None, "/sub/", ""]),
    ("/sub/", [200, "text/html; charset=utf-8", None, "<p>idx</p>\n"]),
    ("/nothing", [200, "text/plain;charset=UTF-8", None, "worker /nothing"]),
    ("/nothing?navigate=1", [200, "text/plain;charset=UTF-8", None, "worker /nothing"]),
    ("/example.txt?m=POST", [405, None, None, ""]),
    ("/example.txt?to=NAMED", [200, "text/plain;charset=UTF-8", None, "named /example.txt"]),
    ("/c.txt?to=C", [200, "text/plain; charset=utf-8", None, "c file\n"]),
    ("/?to=C", [200, "text/html; charset=utf-8", None, "<p>c</p>\n"]),
    ("/nothing?to=C", [404, None, None, ""]),
    ("/c.txt?to=C&m=POST", [405, None, None, ""]),
]
NOTHING_DECIDED = {"ackAll": False, "retryBatch": {"retry": False}, "explicitAcks": [], "retryMessages": []}
NO_TIMESTAMP = (
    "TypeError: Incorrect type for the 'timestamp' field on 'ServiceBindingQueueMessage': "
    "the provided value is not of type 'date'."
)
EVENTS: list[tuple[str, Any]] = [
    ("/scheduled", {"outcome": "ok", "noRetry": False}),
    ("/scheduled?cron=*", {"outcome": "ok", "noRetry": False}),
    ("/scheduled?cron=noRetry", {"outcome": "ok", "noRetry": True}),
    ("/scheduled?cron=throw", {"outcome": "exception", "noRetry": False}),
    ("/queue?batch=empty", {"outcome": "ok", **NOTHING_DECIDED}),
    ("/queue?batch=one", {"outcome": "ok", **NOTHING_DECIDED}),
    (
        "/queue?batch=each",
        {
            "outcome": "ok",
            **NOTHING_DECIDED,
            "explicitAcks": ["1"],
            "retryMessages": [{"msgId": "2", "delaySeconds": 7}],
        },
    ),
    ("/queue?batch=ackAll", {"outcome": "ok", **NOTHING_DECIDED, "ackAll": True}),
    ("/queue?batch=retryAll", {"outcome": "ok", **NOTHING_DECIDED, "retryBatch": {"retry": True, "delaySeconds": 5}}),
    ("/queue?batch=throw", {"outcome": "exception", **NOTHING_DECIDED}),
    (
        "/queue?batch=no time",
        NO_TIMESTAMP,
    ),
    ("/queue?batch=no body", "TypeError: Expected one of body or serializedBody for each message"),
    ("/queue?batch=no attempts", "TypeError: The value cannot be converted because it is not an integer."),
]


def write(project: Project, *flags: str) -> None:
    project.worker(
        "a",
        CALLER,
        compatibility_flags=["python_workers", *flags],
        services=[
            {"binding": "B", "service": "b"},
            {"binding": "NAMED", "service": "b", "entrypoint": "Named"},
            {"binding": "C", "service": "c"},
        ],
    )
    b = project.worker("b", TARGET, assets={"directory": "public"})
    (b / "public" / "sub").mkdir(parents=True)
    (b / "public" / "example.txt").write_text("hello file\n")
    (b / "public" / "sub" / "index.html").write_text("<p>idx</p>\n")
    c = project.worker("c", "", main=None, compatibility_flags=None, assets={"directory": "public"})
    (c / "public").mkdir()
    (c / "public" / "c.txt").write_text("c file\n")
    (c / "public" / "index.html").write_text("<p>c</p>\n")


def ask(project: Project, path: str) -> Any:
    return json.loads(project.get("a", path.replace(" ", "%20"))[1])


@pytest.mark.parametrize("sessions", [1, 3])
def test_a_service_has_its_assets_and_handlers(project: Project, sessions: int) -> None:
    write(project, "service_binding_extra_handlers")
    if sessions == 1:
        project.dev(*(word for name in "abc" for word in ("-c", f"{name}/wrangler.jsonc"))).ready()
        for name in "bc":
            project.get(name, "/example.txt")
    else:
        for name in "cba":
            project.dev(cwd=project.root / name).ready()
    assert {path: ask(project, path) for path, _ in (*FETCHES, *EVENTS)} == dict((*FETCHES, *EVENTS))
    output = "".join(session.output for session in project.sessions)
    for line in ("scheduled * 5000", "message q 1 ", "TypeError: bad", "ValueError: bad"):
        assert line in output


def test_without_the_flag_scheduled_and_queue_are_methods_like_others(project: Project) -> None:
    write(project)
    project.dev("-c", "a/wrangler.jsonc", "-c", "b/wrangler.jsonc").ready()
    assert "takes" in ask(project, "/scheduled") or "missing" in ask(project, "/scheduled")
    assert "has no attribute" in ask(project, "/queue?batch=one")
