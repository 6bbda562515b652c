"""Types that follow the code: `dev --types` and `dev.generate_types` (spec/types.md, section 4, rule 8).

A screen in front of the terminal, which hears when new code answers. Then, not before, a thread of its own writes what
`pywrangler types` would: a reload waits for nothing. A file whose text is the same is not touched.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Self

from pywrangler.session import reports as say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pywrangler.session.runner import Screen

END_SECONDS = 2.0


class FreshTypes:
    """Passes all reports on, and keeps the types of the Workers that want it up to date."""

    def __init__(self, screen: Screen, *, always: bool, process_environment: Mapping[str, str]) -> None:
        """`always`: for every Worker of the session, whatever its config says."""
        self._screen = screen
        self._always = always
        self._process_environment = process_environment
        self._wanted: dict[Path, bool] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_stale = False
        self._told: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        thread = self._thread
        if thread is not None:
            thread.join(END_SECONDS)

    def show(self, report: say.Report) -> None:
        """Show a report; write types if it says that code or settings have changed."""
        self._screen.show(report)
        if isinstance(report, say.Bindings):
            worker = report.resolved.worker
            self._wanted[worker.config_path] = self._always or worker.dev.generate_types
        elif isinstance(report, say.Ready | say.Updated) and any(self._wanted.values()):
            self._begin()

    def _begin(self) -> None:
        with self._lock:
            self._is_stale = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="types", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._is_stale:
                    self._thread = None
                    return
                self._is_stale = False
            self._write()

    def _write(self) -> None:
        from pywrangler.errors import ConfigError, StartError
        from pywrangler.typegen.generate import generate, write_if_changed
        from pywrangler.typegen.header import Options

        configs = list(self._wanted)
        for config in [config for config in configs if self._wanted[config]]:
            try:
                generated = generate(
                    config,
                    [other for other in configs if other != config],
                    Options(),
                    directory=config.parent,
                    process_environment=self._process_environment,
                    remember=True,
                )
                if write_if_changed(generated):
                    self._tell(say.Note("", f"✨ Types written to {os.path.relpath(generated.path)}"))
            except ConfigError:
                continue  # The session shows what is wrong with a config.
            except StartError as error:
                # Once: it would be the same after every save.
                if str(error) not in self._told:
                    self._told.add(str(error))
                    self._tell(say.Trouble("", error.problem))

    def _tell(self, report: say.Report) -> None:
        try:
            self._screen.show(report)
        except BrokenPipeError:
            return  # Nobody reads any more: the session ends by itself.
