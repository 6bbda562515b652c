"""Questions on a real terminal: echo, pastes, Ctrl+C."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import time
from pathlib import Path

import pytest

from tests.processes.dev import COMMAND, DEADLINE_SECONDS

pytestmark = pytest.mark.processes


class Terminal:
    """A command with a terminal of its own."""

    def __init__(self, words: list[str], cwd: Path) -> None:
        self.leader, self.follower = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        # A session leader that opens a terminal gets it as its own, so that Ctrl+C works as it does for people.
        self.process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(self.follower), *words],
            cwd=cwd,
            start_new_session=True,
            env={**environment, "NO_COLOR": "1", "GIT_CEILING_DIRECTORIES": str(cwd.parent)},
        )
        self.shown = ""

    def expect(self, text: str) -> None:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while text not in self.shown:
            ready, _, _ = select.select([self.leader], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} was not shown: {self.shown}"
            self.shown += os.read(self.leader, 65536).decode()

    def type(self, keys: str) -> None:
        os.write(self.leader, keys.encode())

    def end(self) -> int:
        status = self.process.wait(DEADLINE_SECONDS)
        while select.select([self.leader], [], [], 0)[0]:
            self.shown += os.read(self.leader, 65536).decode()
        return status

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.follower)[3] & termios.ECHO)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.leader)
        os.close(self.follower)


@pytest.fixture
def app(tmp_path):
    (tmp_path / "wrangler.jsonc").write_text('{"name": "app", "main": "e.py", "compatibility_date": "2026-05-01"}')
    opened = []

    def start(*words: str) -> Terminal:
        opened.append(Terminal([COMMAND, *words], tmp_path))
        return opened[-1]

    start.directory = tmp_path
    yield start
    for terminal in opened:
        terminal.close()


def test_a_secret_is_asked_for_without_showing_it(app):
    terminal = app("secret", "put", "TOKEN")
    terminal.expect("Enter a secret value:")
    terminal.type("hunterx\x7f2é ☃\x15hunter3é\x7f!")
    terminal.expect("*")
    assert not terminal.echoes()
    terminal.type("\n")
    assert terminal.end() == 0
    assert terminal.echoes()
    assert "hunter" not in terminal.shown
    assert (app.directory / ".dev.vars").read_text() == 'TOKEN="hunter3!"\n'


def test_a_paste_of_several_lines_is_refused_and_does_not_reach_the_shell(app):
    terminal = app("secret", "put", "TOKEN")
    terminal.expect("Enter a secret value:")
    terminal.type("one\ntwo\n")
    assert terminal.end() == 1
    assert "several lines" in terminal.shown
    assert "Nothing was changed" in terminal.shown
    assert not (app.directory / ".dev.vars").exists()
    assert not select.select([terminal.follower], [], [], 0)[0]


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_leaving_a_prompt_gives_1_and_the_terminal_back(app, key):
    terminal = app("secret", "put", "TOKEN")
    terminal.expect("Enter a secret value:")
    terminal.type(key)
    assert terminal.end() == 1
    assert terminal.echoes()
    assert "Traceback" not in terminal.shown
    assert not (app.directory / ".dev.vars").exists()


@pytest.mark.parametrize(("answer", "is_there"), [("n\n", True), ("\n", False), ("what\nYES\n", False)])
def test_a_deletion_is_asked_about(app, answer, is_there):
    (app.directory / ".dev.vars").write_text("TOKEN=1\n")
    terminal = app("secret", "delete", "TOKEN")
    terminal.expect("(Y/n)")
    terminal.type(answer)
    assert terminal.end() == 0
    assert ("TOKEN" in (app.directory / ".dev.vars").read_text()) is is_there
