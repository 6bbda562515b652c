"""The thread of a database: queries run there in the order of the calls, so that neither a long query nor the lock of
another process keeps the event loop waiting.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

from pywrangler.bindings.d1.file import DatabaseFile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path

    from pywrangler.bindings.d1.file import Outcome, Query
    from pywrangler.errors import Problem

Result = TypeVar("Result")


class DatabaseThread:
    """One database for the event loop. A `runtime.ports.Companion`, so that it ends with the host, or with a test."""

    def __init__(self, path: Path, notice: Callable[[Problem], None]) -> None:
        self.path = path
        self._notice = notice
        self._running: tuple[ThreadPoolExecutor, DatabaseFile, threading.Event] | None = None

    def run(self, queries: Sequence[Query], *, bookmark: bool = False) -> asyncio.Future[tuple[list[Outcome], str]]:
        """Begin now what `DatabaseFile.run` does; the future gets what it gives or raises."""
        return self.call(lambda file: file.run(queries, bookmark=bookmark))

    def call(self, work: Callable[[DatabaseFile], Result]) -> asyncio.Future[Result]:
        """Begin now to do something with the file there."""
        loop = asyncio.get_running_loop()
        executor, file, _ = self._running or self._start(loop)
        return loop.run_in_executor(executor, work, file)

    def _start(self, loop: asyncio.AbstractEventLoop) -> tuple[ThreadPoolExecutor, DatabaseFile, threading.Event]:
        from concurrent.futures import ThreadPoolExecutor

        def tell(problem: Problem) -> None:
            loop.call_soon_threadsafe(self._notice, problem)

        stop = threading.Event()
        file = DatabaseFile(self.path, tell, stop)
        self._running = ThreadPoolExecutor(1, "D1"), file, stop
        return self._running

    # ---- Companion ----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Nothing waits."""

    def retire(self) -> None:
        """What still runs may query on, beside the successor."""

    def reset(self) -> None:
        """Let go of the file, which is about to be deleted."""
        self.close()

    def close(self) -> None:
        """End what runs, and close the file; a later query opens it again."""
        running, self._running = self._running, None
        if running is not None:
            executor, file, stop = running
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)
            file.close()
