"""Running the build command of a Worker (`build.command`) beside the session's loop."""

from __future__ import annotations

import subprocess
import threading
from typing import TYPE_CHECKING

from pywrangler.errors import Problem
from pywrangler.session.guard import Guarded

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
        self._running: Guarded | None = None
        try:
            self._running = Guarded(
                ("/bin/sh", "-c", build.command), own_group=True, directory=build.cwd, stdin=subprocess.DEVNULL
            )
        except OSError as error:
            problem = Problem("build-failed", f"The build command could not be started: {error}.")
            reactor.post(lambda: self._end(problem))
        else:
            threading.Thread(target=self._wait, args=(self._running,), daemon=True, name="build").start()

    def abort(self) -> None:
        """Kill the command; `on_end` is not called any more."""
        self._on_end = None
        if self._running is not None:
            self._running.end(0.0)

    def _wait(self, running: Guarded) -> None:
        status = running.wait()
        problem = None
        if status:
            what = f'The build command "{self._build.command}" exited with code {status}.'
            problem = Problem("build-failed", what, "Its output is above.")
        self._reactor.post(lambda: self._end(problem))

    def _end(self, problem: Problem | None) -> None:
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(problem)
