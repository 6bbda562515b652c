"""Makes the time of day that user code sees that of a clock: `time.time()`, `datetime.now()`, SQL's `'now'`.

What measures durations stays real: `time.monotonic()`, `time.perf_counter()`, the loop's own time. So does a name that
was imported before (`from time import time` in a package that the nursery has preloaded).

The classes of `datetime` cannot be assigned to, so their methods are replaced in the dictionaries of the types. That is
no business of a program that somebody relies on; this is done in the processes of tests only.
"""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import datetime as dt
import gc
import time
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.runtime import context
from pywrangler.runtime.js import timers

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.host.testing.clock import MovableClock

_UNIX_EPOCH_MS = 210_866_760_000_000
"""As a Julian day number in milliseconds, which is how SQLite counts."""


def install(clock: MovableClock) -> None:
    """Show `clock` to everything that asks for the time of day from now on."""
    _replace_time(clock)
    _replace_datetime(clock)
    _replace_sleep(clock)
    _replace_timers(clock)
    apsw_vfs.append(_ClockVfs(clock))


def _replace_time(clock: MovableClock) -> None:
    gmtime, localtime, strftime = time.gmtime, time.localtime, time.strftime
    replaced: Any = time
    replaced.time = clock.now
    replaced.time_ns = lambda: int(clock.now() * 1_000_000) * 1000
    replaced.gmtime = lambda seconds=None: gmtime(clock.now() if seconds is None else seconds)
    replaced.localtime = lambda seconds=None: localtime(clock.now() if seconds is None else seconds)
    replaced.ctime = lambda seconds=None: time.asctime(replaced.localtime(seconds))
    replaced.strftime = lambda form, moment=None: strftime(form, replaced.localtime() if moment is None else moment)


def _replace_datetime(clock: MovableClock) -> None:
    def now(cls: Any, tz: Any = None) -> Any:
        return cls.fromtimestamp(clock.now(), tz)

    def utcnow(cls: Any) -> Any:
        return cls.fromtimestamp(clock.now(), dt.UTC).replace(tzinfo=None)

    def today(cls: Any) -> Any:
        return cls.fromtimestamp(clock.now())

    for kind, name, method in (
        (dt.datetime, "now", now),
        (dt.datetime, "utcnow", utcnow),
        (dt.date, "today", today),
    ):
        namespace: Any = gc.get_referents(kind.__dict__)[0]
        namespace[name] = classmethod(method)
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _replace_sleep(clock: MovableClock) -> None:
    sleep = asyncio.sleep

    async def sleep_on_clock(delay: float, result: Any = None) -> Any:
        if delay <= 0 or not _is_held(clock):
            return await sleep(delay, result)
        awake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = clock.call_at(clock.now() + delay, lambda: None if awake.done() else awake.set_result(None))
        try:
            await awake
        finally:
            timer.cancel()
        return result

    sleep_on_clock.__name__ = sleep_on_clock.__qualname__ = "sleep"
    replaced: Any = asyncio
    replaced.sleep = replaced.tasks.sleep = sleep_on_clock


def _is_held(clock: MovableClock) -> bool:
    """Whether what runs has to sleep by the clock: code of an event, while the test holds the clock."""
    return clock.holds_sleeps and clock.is_stopped and context.current() is not None


class _ClockLoop:
    """The running loop for the timers of JavaScript."""

    def __init__(self, clock: MovableClock, loop: asyncio.AbstractEventLoop) -> None:
        self._clock = clock
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Any:
        if not _is_held(self._clock):
            return self._loop.call_later(seconds, callback)
        # A timer runs in the event that set it, as the loop would have it.
        scope = contextvars.copy_context()
        return self._clock.call_at(self._clock.now() + seconds, lambda: scope.run(callback))


def _replace_timers(clock: MovableClock) -> None:
    running_loop = timers.running_loop
    replaced: Any = timers
    replaced.running_loop = lambda: _ClockLoop(clock, running_loop())


class _ClockVfs(apsw.VFS):
    """SQLite's files as they are, and its idea of now."""

    def __init__(self, clock: MovableClock) -> None:
        self._clock = clock
        super().__init__("pywrangler-testing", base="", makedefault=True)

    def xCurrentTimeInt64(self) -> int:
        """Return the time as SQLite counts it."""
        return _UNIX_EPOCH_MS + int(self._clock.now() * 1000)

    def xCurrentTime(self) -> float:
        """Return the time as a Julian day number."""
        return (_UNIX_EPOCH_MS + self._clock.now() * 1000) / 86_400_000


apsw_vfs: list[apsw.VFS] = []
"""Kept alive for as long as the process."""
