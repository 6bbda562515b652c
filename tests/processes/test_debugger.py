"""`breakpoint()` stops in the user's frame, on the session's terminal, and the session gets its keys back."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.processes.dev import COMMAND, DEADLINE_SECONDS, eventually, request

if TYPE_CHECKING:
    from tests.processes.dev import Project

pytestmark = pytest.mark.processes

SOURCE = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        answer = 41
        breakpoint()
        return Response(str(answer + 1))
"""


class Terminal:
    """A session on a pseudo-terminal."""

    def __init__(self, project: Project, name: str) -> None:
        environment = {**os.environ, "WRANGLER_REGISTRY_PATH": str(project.registry), "TERM": "xterm", "NO_COLOR": "1"}
        for unwanted in ("PYTHONBREAKPOINT", "CI"):  # in CI the session reads no keys
            environment.pop(unwanted, None)
        self.pid, self.master = pty.fork()  # the terminal controls the session, as in a real one
        if self.pid == 0:
            os.chdir(project.root / name)
            os.execve(COMMAND, [COMMAND, "dev"], environment)
        self.text = ""
        self.code: int | None = None

    def expect(self, words: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while words not in self.text:
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{words!r} was not shown:\n{self.text}"
            self.text += os.read(self.master, 65536).decode(errors="replace")

    def type(self, keys: str) -> None:
        self.text = ""
        os.write(self.master, keys.encode())

    def ended(self) -> int | None:
        """The exit code, None while it runs."""
        if self.pid:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if not pid:
                return None
            self.pid, self.code = 0, os.waitstatus_to_exitcode(status)
        return self.code

    def press(self, key: str) -> list[int]:
        """Type a key; the exit code, if that has ended the session."""
        code = self.ended()
        if code is not None:
            return [code]
        os.write(self.master, key.encode())
        while select.select([self.master], [], [], 0)[0]:
            with contextlib.suppress(OSError):  # the other end is closed just now
                self.text += os.read(self.master, 65536).decode(errors="replace")
            if self.ended() is not None:
                break
        return []

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)


def test_a_breakpoint_stops_in_the_users_frame_and_goes_on(project: Project) -> None:
    project.worker("stopped", SOURCE)
    terminal = Terminal(project, "stopped")
    try:
        terminal.expect("Ready on http")
        answers: list[tuple[int, str]] = []
        client = threading.Thread(target=lambda: answers.append(request(project.port("stopped"))))
        client.start()
        terminal.expect("(Pdb)")
        assert "entry.py" in terminal.text
        terminal.type("answer\n")
        terminal.expect("41")
        terminal.type("answer = 99\n")
        terminal.expect("(Pdb)")
        terminal.type("c\n")
        client.join(DEADLINE_SECONDS)
        assert answers == [(200, "100")]
        # The session reads keys again, as soon as it has the terminal back.
        assert eventually(lambda: terminal.press("x")) == [0]
    finally:
        terminal.close()
