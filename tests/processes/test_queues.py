"""Queues between sessions, whatever the order, through reloads and crashes (spec/registry.md, section 7)."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import eventually, free_port, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes.dev import Dev, Project

pytestmark = pytest.mark.processes

HEAD = """
import asyncio
from urllib.parse import urlsplit
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
"""
SEND = """
    async def fetch(self, request):
        result = await self.env.JOBS.send(urlsplit(request.url).path.strip("/"))
        return Response(str(result["metadata"]["metrics"]["backlogCount"]))
"""
SHOW = """
    async def fetch(self, request):
        return Response("VERSION")
"""
HANDLE = """
    async def queue(self, batch, env, ctx):
        for message in batch.messages:
            if message.body.startswith("slow"):
                print("begun", message.body)
                await asyncio.sleep(0.5)
            if message.body == "fail":
                raise ValueError("on purpose")
            print("got", message.body, message.attempts, "VERSION")
"""
JOBS = {"queue": "jobs", "max_batch_timeout": 0.05}


def producer(project: Project, name: str = "producer") -> Path:
    return project.worker(name, HEAD + SEND, queues={"producers": [{"binding": "JOBS", "queue": "jobs"}]})


def consumer(project: Project, name: str = "consumer", **queue: Any) -> Path:
    return project.worker(name, HEAD + SHOW + HANDLE, queues={"consumers": [{**JOBS, **queue}]})


def got(session: Dev) -> list[str]:
    return re.findall(r"got (\S+)", session.output)


@pytest.mark.parametrize("first", ["producer", "consumer"])
def test_the_order_of_starts_does_not_matter(project: Project, first: str) -> None:
    directories = {"producer": producer(project), "consumer": consumer(project)}
    sessions = {name: project.dev(cwd=directories[name]).ready() for name in sorted(directories, key=first.__ne__)}
    assert project.get("producer", "/a") == (200, "0")
    sessions["consumer"].expect("got a 1")
    sessions["consumer"].expect("[wrangler:info] QUEUE jobs 1/1 (")
    sessions["producer"].expect("[wrangler:info] GET /a 200 OK")
    assert "QUEUE" not in sessions["producer"].output


def test_a_failure_is_shown_with_its_place_and_the_message_ends_in_another_session(project: Project) -> None:
    first = project.dev(cwd=producer(project)).ready()
    second = project.dev(cwd=consumer(project, max_retries=0, dead_letter_queue="dead")).ready()
    third = project.dev(cwd=consumer(project, "undertaker", queue="dead", max_batch_timeout=0, max_retries=0)).ready()
    project.get("producer", "/fail")
    second.expect("QUEUE jobs 0/1")
    second.expect("ValueError: on purpose")
    second.expect("src/entry.py:17 in queue")
    second.expect('to dead letter queue "dead" after 1 failed attempt...')
    third.expect('on queue "dead" after 1 failed attempt!')
    assert "ValueError" not in first.output


def test_without_a_consumer_messages_wait_with_one_warning(project: Project) -> None:
    session = project.dev(cwd=producer(project)).ready()
    for number, name in enumerate("abc"):
        assert project.get("producer", f"/{name}") == (200, str(number))
    session.expect("GET /c 200 OK")
    assert session.output.count('Nobody consumes the queue "jobs"') == 1
    other = project.dev(cwd=consumer(project)).ready()
    project.get("producer", "/d")
    eventually(lambda: sorted(got(other)) == ["a", "b", "c", "d"])
    other.stop()
    assert project.get("producer", "/e") == (200, "0")


def test_a_consumer_that_moves_to_another_worker_is_found(project: Project) -> None:
    project.dev(cwd=producer(project)).ready()
    one = project.dev(cwd=consumer(project, "one")).ready()
    project.get("producer", "/a")
    one.expect("got a")
    one.stop()
    two = project.dev(cwd=consumer(project, "two")).ready()
    project.get("producer", "/b")
    two.expect("got b")


@pytest.mark.parametrize("named", [True, False])
def test_no_message_is_lost_over_reloads(project: Project, named: bool) -> None:
    # A Worker without a name is in no registry, and has a successor all the same.
    queues = {"producers": [{"binding": "JOBS", "queue": "jobs"}], "consumers": [{**JOBS, "max_batch_timeout": 0.2}]}
    directory = project.worker("both", HEAD + SEND + HANDLE, queues=queues, **({} if named else {"name": None}))
    entry = directory / "src" / "entry.py"
    session = project.dev(cwd=directory).ready()
    sent: list[str] = []
    done = threading.Event()

    def send() -> None:
        while not done.wait(0.002):
            name = f"{'slow' if len(sent) % 40 == 5 else 'm'}{len(sent)}"
            if project.get("both", f"/{name}")[0] == 200:
                sent.append(name)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        for number in range(5):
            mark, enough = session.mark(), len(sent) + 20
            eventually(lambda enough=enough: len(sent) > enough)
            entry.write_text(entry.read_text() + f"# {number}\n")
            session.expect("updated and ready", after=mark)
    finally:
        done.set()
        sender.join()
    eventually(lambda: set(sent) <= set(got(session)))
    assert len(got(session)) == len(sent)
    assert "lost" not in session.output


def test_messages_of_another_session_wait_through_a_reload_and_meet_the_new_code(project: Project) -> None:
    directory = consumer(project, max_batch_timeout=30, max_batch_size=4)
    entry = directory / "src" / "entry.py"
    project.dev(cwd=producer(project)).ready()
    session = project.dev(cwd=directory).ready()
    for name in ("a", "b"):
        project.get("producer", f"/{name}")
    entry.write_text(entry.read_text().replace("VERSION", "two"))
    session.expect("updated and ready")
    eventually(lambda: project.get("consumer") == (200, "two"))
    assert got(session) == []
    for name in ("c", "d"):
        project.get("producer", f"/{name}")
    session.expect("QUEUE jobs 4/4")
    assert sorted(re.findall(r"got (\S) 1 two", session.output)) == ["a", "b", "c", "d"]


def test_a_batch_that_runs_ends_in_the_old_code(project: Project) -> None:
    directory = consumer(project)
    entry = directory / "src" / "entry.py"
    project.dev(cwd=producer(project)).ready()
    session = project.dev(cwd=directory).ready()
    project.get("producer", "/slow")
    session.expect("begun slow")
    entry.write_text(entry.read_text().replace("VERSION", "two"))
    session.expect("updated and ready")
    session.expect("got slow 1 VERSION")
    project.get("producer", "/next")
    session.expect("got next 1 two")
    assert got(session) == ["slow", "next"]


def test_a_session_with_a_long_queue_ends_after_the_batch_that_runs(project: Project) -> None:
    project.dev(cwd=producer(project)).ready()
    session = project.dev(cwd=consumer(project, max_batch_size=1)).ready()
    for number in range(60):
        project.get("producer", f"/slow{number}")
    session.expect("begun slow0")
    session.stop()
    assert len(got(session)) < 10


def test_a_queue_that_the_new_config_gives_up_goes_to_another_worker(project: Project) -> None:
    directory = consumer(project, max_batch_timeout=30)
    first = project.dev(cwd=producer(project)).ready()
    session = project.dev(cwd=directory).ready()
    project.get("producer", "/a")
    other = project.dev(cwd=consumer(project, "other")).ready()
    consumer(project, queue="something-else")
    text = (directory / "wrangler.jsonc").read_text()
    (directory / "wrangler.jsonc").write_text(text)
    session.expect("updated and ready")
    other.expect("got a 1")
    project.get("producer", "/b")
    other.expect("got b 1")
    assert "lost" not in session.output + first.output


@pytest.mark.parametrize("victim", ["host", "nursery", "session"])
@pytest.mark.parametrize("side", ["consumer", "producer"])
def test_nothing_that_was_acknowledged_is_lost_by_a_kill(project: Project, side: str, victim: str) -> None:
    # Batches of two that take half a second each in the beginning: most of what is sent waits when the kill comes.
    directories = {"producer": producer(project), "consumer": consumer(project, max_batch_size=2)}
    # Written to a file: what a killed session should have printed is lost with it.
    noted = project.root / "noted"
    entry = directories["consumer"] / "src" / "entry.py"
    note = f'open({str(noted)!r}, "a").write(message.body + "\\n")'
    entry.write_text(
        entry.read_text().replace('print("got", message.body', f'{note}\n            print("got", message.body')
    )
    sessions = {name: project.dev(cwd=directory).ready() for name, directory in directories.items()}
    sent: list[str] = []
    done = threading.Event()

    def send() -> None:
        for number in range(100_000):
            if done.wait(0.005):
                return
            name = f"{'slow' if number == 4 else 'm'}{number}"
            with contextlib.suppress(OSError):
                if project.get("producer", f"/{name}")[0] == 200:
                    sent.append(name)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        eventually(lambda: len(sent) > 20)
        chosen = sessions[side]
        pids = {"host": chosen.hosts, "nursery": lambda: [chosen.nursery()], "session": lambda: [chosen.process.pid]}
        os.kill(pids[victim]()[0], signal.SIGKILL)
        enough = len(sent) + (20 if (side, victim) != ("producer", "session") else 0)
        eventually(lambda: len(sent) >= enough)
    finally:
        done.set()
        sender.join()
    if victim == "session":
        sessions[side].wait()
        sessions[f"second {side}"] = project.dev(cwd=directories[side]).ready()
    eventually(lambda: set(sent) <= set(noted.read_text().split()))


def test_a_session_that_is_killed_leaves_no_consumer_and_messages_wait(project: Project) -> None:
    session = project.dev(cwd=producer(project)).ready()
    other = project.dev(cwd=consumer(project)).ready()
    project.get("producer", "/a")
    other.expect("got a")
    other.stop(signal.SIGKILL)
    assert (project.registry / "consumer").exists()
    assert project.get("producer", "/b") == (200, "0")
    session.expect('Nobody consumes the queue "jobs"')
    project.dev(cwd=project.root / "consumer").ready().expect("got b 1")


def test_two_sessions_of_a_consumer_deliver_each_message_once(project: Project) -> None:
    queues = {"producers": [{"binding": "JOBS", "queue": "jobs"}], "consumers": [JOBS]}
    directory = project.worker("both", HEAD + SEND + HANDLE, queues=queues)
    first = project.dev(cwd=directory).ready()
    port = free_port()
    second = project.dev("--port", str(port), cwd=directory).ready()
    for number in range(10):
        assert request(port if number % 2 else project.port("both"), f"/m{number}")[0] == 200
    eventually(lambda: len(got(first)) == 10)
    assert not got(second)
    request(port, "/slow")
    first.expect("begun slow")
    first.stop(signal.SIGKILL)
    second.expect("got slow 1")
