"""Tail consumers in other sessions, and mail sent with curl (spec/registry.md, sections 1 and 2; spec/cli.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import eventually, request

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

PRODUCER = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        print("producing")
        return Response("ok")

    async def email(self, message, env, ctx):
        print("mail for", message.to)
        await message.reply(subject="re", text="thanks")
"""
CONSUMER = """
from workers import WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def tail(self, events, env, ctx):
        for item in events:
            print("VERSION 1", item.scriptName, item.outcome, [list(entry.message) for entry in item.logs])
"""
LEGACY = """
async def on_trace(events, env, ctx):
    print("old layout", events[0].scriptName, ctx is not None)
"""
SEES = "VERSION 1 producer ok [['producing']]"
MAIL = b"From: a@b.c\r\nTo: d@e.f\r\nMessage-ID: <m@id>\r\n\r\nhello"


def write(project: Project) -> None:
    project.worker("producer", PRODUCER, tail_consumers=[{"service": "consumer"}])
    project.worker("consumer", CONSUMER)


def test_traces_reach_a_consumer_that_comes_later_reloads_and_goes(project: Project) -> None:
    write(project)
    producer = project.dev(cwd=project.root / "producer").ready()
    assert "is sending Tail events to the following Workers:\n- consumer [not connected]" in producer.output
    assert project.get("producer") == (200, "ok")  # nobody takes its trace
    consumer = project.dev(cwd=project.root / "consumer").ready()
    producer.expect("consumer [connected]")
    assert project.get("producer") == (200, "ok")
    consumer.expect(SEES)
    assert consumer.output.count(SEES) == 1

    source = project.root / "consumer" / "src" / "entry.py"
    source.write_text(CONSUMER.replace("VERSION 1", "VERSION 2"))
    consumer.expect("updated and ready")
    assert project.get("producer") == (200, "ok")
    consumer.expect(SEES.replace("VERSION 1", "VERSION 2"))

    mark = producer.mark()
    consumer.stop()
    producer.expect("consumer [not connected]", after=mark)
    assert project.get("producer") == (200, "ok")
    assert "not found" not in producer.output


def test_both_workers_may_be_in_one_session_and_the_consumer_in_the_old_layout(project: Project) -> None:
    write(project)
    project.worker("consumer", LEGACY, compatibility_date="2025-06-01")
    session = project.dev("-c", "producer/wrangler.jsonc", "-c", "consumer/wrangler.jsonc").ready()
    assert project.get("producer") == (200, "ok")
    session.expect("old layout producer True")


def test_mail_sent_with_curl_runs_the_handler_and_its_reply_is_a_file(project: Project) -> None:
    write(project)
    session = project.dev(cwd=project.root / "producer").ready()
    port = project.port("producer")
    path = "/cdn-cgi/local/email?from=a@b.c&to=d@e.f"
    assert request(port, path, method="POST", body=MAIL) == (200, "Worker successfully processed email")
    session.expect("mail for d@e.f")
    (reply,) = (project.root / "producer" / ".wrangler" / "state" / "v3" / "email" / "reply").iterdir()
    assert b"In-Reply-To: <m@id>" in reply.read_bytes()
    session.expect(str(reply))
    assert request(port, path, method="POST", body=b"no mail")[0] == 400
    assert request(port, path, method="POST", body=MAIL, headers={"Origin": "http://evil.example"})[0] == 403


def test_the_log_has_no_line_for_mail(project: Project) -> None:
    write(project)
    session = project.dev(cwd=project.root / "producer").ready()
    request(project.port("producer"), "/cdn-cgi/handler/email?from=a@b.c&to=d@e.f", method="POST", body=MAIL)
    project.get("producer", "/after")
    assert eventually(lambda: "GET /after" in session.output)
    assert "cdn-cgi" not in session.output
