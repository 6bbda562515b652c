"""A command that is run while a session serves: the guest of `pywrangler run`.

Rules
- The command starts when every Worker answers; its environment names their URLs (`PYWRANGLER_URL_<NAME>`, and
  `PYWRANGLER_URL` for the first). When it ends, so does the session, with its exit status, 128 plus the signal that
  killed it, 127 if there is no such command, 126 if it cannot be executed.
- The timeout bounds everything from the start of the session on; the status is 124 then.
- When the session has to end first, the command gets SIGTERM, and SIGKILL a second later. With a terminal it stays in
  the foreground group, where Ctrl+C reaches it by itself; otherwise it has a group of its own, all of which is told.
- Nothing that the command has started outlives it, and nothing outlives the session, also if that is killed (`guard`).
"""

from __future__ import annotations

import re
import sys
import threading
from typing import TYPE_CHECKING

from pywrangler.errors import Problem
from pywrangler.session.guard import Guarded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pywrangler.protocol import control
    from pywrangler.session.runner import Runner

TIMED_OUT = 124
NOT_EXECUTABLE = 126
NOT_FOUND = 127
GRACE_SECONDS = 1.0
_OTHER = re.compile(r"[^A-Z0-9]")


def url_variables(urls: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables that name these URLs, the first Worker's twice."""
    named = {f"PYWRANGLER_URL_{_OTHER.sub('_', name.upper())}": url for name, url in urls.items()}
    return {"PYWRANGLER_URL": next(iter(urls.values())), **named}


class Errand:
    """Runs one command; `problem` says afterwards why it could not be run or was ended."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], timeout_seconds: float | None = None
    ) -> None:
        self._command = list(command)
        self._environment = environment
        self._timeout_seconds = timeout_seconds
        self._session: Runner | None = None
        self._running: Guarded | None = None
        self._has_left = False
        self.problem: Problem | None = None
        self.status: int | None = None
        """Of the command, if it ended by itself."""

    # ---- Guest

    def arrive(self, session: Runner) -> None:
        """Remember the session, and let the time run."""
        self._session = session
        if self._timeout_seconds is not None:
            session.call_later(self._timeout_seconds, self._expire)

    def begin(self, urls: Mapping[str, str]) -> None:
        """Start the command."""
        try:
            self._running = Guarded(
                self._command,
                environment={**self._environment, **url_variables(urls)},
                own_group=not sys.stdin.isatty(),
            )
        except OSError as error:
            self._failed(error)
        else:
            threading.Thread(target=self._wait, args=(self._running,), name="errand", daemon=True).start()

    def answered(self, worker: int, message: control.Message) -> None:
        """Ignore it: nothing was asked."""

    def lost(self, worker: int) -> None:
        """Ignore it: the session starts another host."""

    def leave(self) -> None:
        """End the command if it still runs."""
        if not self._has_left and self._running is not None:
            self._has_left = True
            self._running.end(GRACE_SECONDS)

    # ---- the end

    def _wait(self, running: Guarded) -> None:
        assert self._session is not None
        try:
            status = running.wait()
        except OSError as error:
            problem = error
            self._session.post(lambda: self._failed(problem))
        else:
            self._session.post(lambda: self._ended(status))

    def _failed(self, error: OSError) -> None:
        self.problem = Problem("command", f"{self._command[0]} cannot be run: {error.strerror or error}.")
        self._end(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE)

    def _ended(self, status: int) -> None:
        if not self._has_left:
            self.status = 128 - status if status < 0 else status
            self._end(self.status)

    def _expire(self) -> None:
        what = f"Not done after {self._timeout_seconds:g} s."
        if self._running is None:
            what += " The Workers were not ready, so the command was not started."
        self.problem = Problem("timeout", what)
        self.leave()
        self._end(TIMED_OUT)

    def _end(self, code: int) -> None:
        assert self._session is not None
        self._session.end(code)
