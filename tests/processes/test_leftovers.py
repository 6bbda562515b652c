"""Nothing that a Worker or a command has started outlives the session, whatever ends whom."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes.dev import COMMAND, Dev, Project, eventually, is_alive, request

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who inherits orphans")

CHILDREN = """
import os, signal, subprocess, sys

def begin(seconds):
    sleep = ["sleep", seconds]
    started = [
        subprocess.Popen(sleep),
        subprocess.Popen(sleep, start_new_session=True),
        subprocess.Popen(["sh", "-c", f"trap '' TERM INT HUP; sleep {seconds}; true"], process_group=0),
    ]
    forked = os.fork()
    if not forked:
        while True:
            signal.pause()
    taking, giving = os.pipe()
    between = os.fork()
    if not between:
        os.setsid()
        if not os.fork():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.write(giving, str(os.getpid()).encode())
            os.execvp("sleep", sleep)
        os._exit(0)
    os.waitpid(between, 0)
    daemon = int(os.read(taking, 20))
    return [*(process.pid for process in started), forked, daemon]
"""
WORKER = f"""
import json
from workers import Response, WorkerEntrypoint
{CHILDREN}
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        seconds = request.url.partition("?")[2]
        return Response(json.dumps(begin(seconds) if seconds else []))
"""
SCRIPT = f"""{CHILDREN}
import json, sys, time
print(json.dumps([os.getpid(), *begin(sys.argv[1])]), flush=True)
time.sleep(float(sys.argv[2]))
"""
_numbers = itertools.count()


@pytest.fixture
def seconds() -> Iterator[str]:
    """A time to sleep that no other process sleeps; whoever still does is ended."""
    text = f"300.{os.getpid()}{next(_numbers):03}"
    yield text
    for pid in sleepers(text):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def sleepers(text: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and text.encode() in (entry / "cmdline").read_bytes() and is_alive(int(entry.name)):
                found.append(int(entry.name))
    return found


def started(project: Project, seconds: str, session: Dev) -> list[int]:
    session.ready()
    pids: list[int] = json.loads(request(project.port("kids"), f"/?{seconds}")[1])
    assert all(map(is_alive, pids))
    eventually(lambda: len(sleepers(seconds)) == 5)
    return pids


def assert_gone(pids: list[int], seconds: str) -> None:
    eventually(lambda: not [pid for pid in pids if is_alive(pid)] and not sleepers(seconds), 5)


def end(project: Project, session: Dev, whom: str, number: int) -> None:
    if whom == "session":
        session.process.send_signal(number)
    elif whom == "group":
        os.killpg(session.process.pid, number)
    elif whom == "nursery":
        os.kill(session.nursery(), number)
    elif whom == "host":
        os.kill(session.hosts()[0], number)
    else:
        entry = project.root / "kids" / "src" / "entry.py"
        entry.write_text(entry.read_text() + "\n")


ENDINGS = [
    *(("session", number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)),
    *(("group", number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)),
    *(("nursery", number) for number in (signal.SIGTERM, signal.SIGKILL)),
    *(("host", number) for number in (signal.SIGTERM, signal.SIGKILL)),
    ("reload", 0),
]


@pytest.mark.parametrize(("whom", "number"), ENDINGS, ids=lambda value: getattr(value, "name", str(value)))
def test_what_a_worker_started_ends_with_its_host(project: Project, seconds: str, whom: str, number: int) -> None:
    cwd = project.worker("kids", WORKER)
    session = project.dev(cwd=cwd, leads_group=True)
    pids = started(project, seconds, session)
    end(project, session, whom, number)
    assert_gone(pids, seconds)
    if whom in ("session", "group"):
        assert session.wait() == (-number if number == signal.SIGKILL else 128 + number)
    else:
        eventually(lambda: _answers(project))
        assert session.process.poll() is None


def _answers(project: Project) -> bool:
    with suppress(OSError):
        return request(project.port("kids"))[0] == 200
    return False


def test_a_signal_for_the_group_is_answered_by_the_session_alone(project: Project) -> None:
    session = project.dev(cwd=project.worker("kids", WORKER), leads_group=True).ready()
    (host,) = session.hosts()
    assert os.getpgid(host) == session.process.pid  # the debugger reads the terminal
    assert os.getpgid(session.nursery()) == session.nursery()
    at = session.mark()
    os.killpg(session.process.pid, signal.SIGTERM)
    assert session.wait() == 128 + signal.SIGTERM
    assert session.output[at:].strip() == ""


def running(project: Project, *words: str) -> tuple[subprocess.Popen[str], list[int]]:
    process = subprocess.Popen(
        [COMMAND, "run", "-c", str(project.worker("kids", WORKER) / "wrangler.jsonc"), *words],
        cwd=project.root,
        env={**os.environ, "WRANGLER_REGISTRY_PATH": str(project.registry), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


RUN_ENDINGS: list[tuple[str, Any]] = [
    *(("run", number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)),
    ("group", signal.SIGKILL),
    ("command", signal.SIGKILL),
    ("command", 0),
    ("timeout", 0),
]


@pytest.mark.parametrize(("whom", "number"), RUN_ENDINGS, ids=lambda value: getattr(value, "name", str(value)))
def test_what_a_command_started_ends_with_it(project: Project, seconds: str, whom: str, number: int) -> None:
    limit = ("--timeout", "3") if whom == "timeout" else ()
    script = ("--", sys.executable, "-c", SCRIPT, seconds, "0" if (whom, number) == ("command", 0) else "60")
    process, pids = running(project, *limit, *script)
    try:
        if whom == "run":
            process.send_signal(number)
        elif whom == "group":
            os.killpg(process.pid, number)
        elif whom == "command" and number:
            os.kill(pids[0], number)
        expected = {"timeout": 124, "command": 128 + number if number else 0}.get(whom, 128 + number)
        status = process.wait(15)
        assert status == (-number if number == signal.SIGKILL and whom in ("run", "group") else expected)
        assert_gone(pids, seconds)
    finally:
        process.kill()
        process.communicate()


def test_a_build_ends_with_a_killed_session(project: Project, seconds: str) -> None:
    cwd = project.worker("kids", WORKER, build={"command": f"sleep {seconds} & setsid sleep {seconds} & wait"})
    session = project.dev(cwd=cwd)
    eventually(lambda: len(sleepers(seconds)) >= 2)
    session.stop(signal.SIGKILL)
    assert_gone([], seconds)
