"""Running the build command of a Worker (`build.command`) beside the session's loop."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from pywrangler.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.config.model import Build
    from pywrangler.session.reactor import Reactor


class BuildRun:
    """One run of a build command; its output goes to the terminal."""

    def __init__(self, reactor: Reactor, build: Build, on_end: Callable[[Problem | None], None]) -> None:
        self._reactor = reactor
        self._build = build
        self._on_end: Callable[[Problem | None], None] | None = on_end
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", build.command], cwd=build.cwd, stdin=subprocess.DEVNULL, process_group=0
            )
        except OSError as error:
            problem = Problem("build-failed", f"The build command could not be started: {error}.")
            reactor.post(lambda: self._end(problem))
        else:
            threading.Thread(target=self._wait, args=(self._process,), daemon=True, name="build").start()

    def abort(self) -> None:
        """Kill the command; `on_end` is not called any more."""
        self._on_end = None
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        problem = None
        if status:
            what = f'The build command "{self._build.command}" exited with code {status}.'
            problem = Problem("build-failed", what, "Its output is above.")
        self._reactor.post(lambda: self._end(problem))

    def _end(self, problem: Problem | None) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(problem)
