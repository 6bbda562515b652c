"""What a process says before it ends is heard before its end is, however the two reports race."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from pywrangler.config.resolve import resolve
from pywrangler.errors import Place, Problem
from pywrangler.protocol import control
from pywrangler.session import events as on
from pywrangler.session.processes import Processes
from pywrangler.session.reactor import Reactor

from .pump import pump

FAILED = control.Failed(Problem("syntax", "invalid syntax", "", Place(Path("entry.py"), 1, 3)))


class Session:
    """The processes of a session whose nursery and host are the test."""

    def __init__(self, reactor: Reactor, settings: control.HostSettings) -> None:
        self.reactor = reactor
        self.events: list[object] = []
        ours, self.nursery = socket.socketpair()
        process = SimpleNamespace(connection=ours, reap=lambda _seconds: None)
        self.processes = Processes(
            reactor, self.events.append, self.printed, lambda: process, lambda _worker, message: message.problem
        )
        self.processes.start_nursery(1)
        self.processes.fork(1, 7, 0, settings, [])
        _, (descriptor, *_), _, _ = socket.recv_fds(self.nursery, 65536, 10)
        self.host = socket.socket(fileno=descriptor)

    def printed(self, _worker: int, message: control.Message) -> None:
        self.events.append(message)


@pytest.fixture
def session(tmp_path):
    (tmp_path / "entry.py").write_text("")
    path = tmp_path / "wrangler.jsonc"
    flags = ["python_workers"]
    text = {"name": "a", "main": "entry.py", "compatibility_date": "2026-01-01", "compatibility_flags": flags}
    path.write_text(json.dumps(text))
    (found,) = resolve([path], cwd=tmp_path, environment="", process_environment={}).workers
    reactor = Reactor()
    made = Session(reactor, control.HostSettings(found.worker, {}, tmp_path, tmp_path, "http://localhost"))
    yield made
    made.host.close()
    made.nursery.close()
    made.processes.close()
    reactor.close()


@pytest.mark.parametrize("host_closes", [True, False], ids=["closed", "held open by a process left behind"])
@pytest.mark.parametrize(
    "last_words",
    [[FAILED], [control.Log("log", "x" * 50_000), control.Log("log", "y"), FAILED]],
    ids=["a failure", "output and a failure"],
)
def test_the_end_of_a_host_never_overtakes_what_it_said(session, last_words, host_closes):
    session.nursery.sendall(control.pack(control.Exited(7, 70, 3)))  # ready first, so it is read first
    for message in last_words:
        session.host.sendall(control.pack(message))
    if host_closes:
        session.host.close()
    pump(session.reactor, lambda: on.Exited(7, 3) in session.events)
    heard = [event for event in session.events if not isinstance(event, on.HostLost)]
    assert heard == [*last_words[:-1], on.Failed(7, FAILED.problem), on.Exited(7, 3)]
