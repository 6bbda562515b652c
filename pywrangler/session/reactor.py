"""Waiting for descriptors, timers and signals, in one thread: the whole event loop of a session.

Rules: callbacks run one after another in the thread that called `run`; a timer never fires early; `post` is the only
method that other threads may call. A signal handler only writes to the wake-up descriptor, so no callback is ever
interrupted and no KeyboardInterrupt exists.
"""

from __future__ import annotations

import heapq
import itertools
import selectors
import signal
import socket
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

READ = selectors.EVENT_READ
WRITE = selectors.EVENT_WRITE


class TimerHandle:
    """A call that is still to come."""

    __slots__ = ("_callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Make it not come."""
        self._callback = None

    def fire(self) -> None:
        """Call it, unless cancelled; at most once."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


class Reactor:
    """One event loop; close it when done."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, TimerHandle]] = []
        self._order = itertools.count()
        self._posted: deque[Callable[[], None]] = deque()
        self._running = False
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)
        self._on_signal: Callable[[int], None] | None = None
        self._old_handlers: dict[int, object] = {}
        self._old_wakeup_fd: int | None = None
        self._selector.register(self._woken, READ, self._drain_woken)

    # ---- descriptors

    def watch(self, descriptor: int, events: int, callback: Callable[[], None]) -> None:
        """Call back whenever the descriptor is ready for `events` (READ, WRITE or both); replaces an earlier watch."""
        if descriptor in self._selector.get_map():
            self._selector.modify(descriptor, events, callback)
        else:
            self._selector.register(descriptor, events, callback)

    def forget(self, descriptor: int) -> None:
        """Stop watching; harmless if it was not watched."""
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    # ---- timers and other threads

    def now(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> TimerHandle:
        """Call back once after `seconds`."""
        timer = TimerHandle(callback)
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), timer))
        return timer

    def post(self, callback: Callable[[], None]) -> None:
        """Call back soon, in the reactor's thread; may be called from any thread."""
        self._posted.append(callback)
        with suppress(BlockingIOError):  # full of wake-ups already
            self._waker.send(b"\0")

    # ---- signals

    def on_signals(self, numbers: Iterable[int], callback: Callable[[int], None]) -> None:
        """Call back with the number of each of these signals instead of what they do by default."""
        self._on_signal = callback
        for number in numbers:
            self._old_handlers[number] = signal.signal(number, _ignore)
        self._old_wakeup_fd = signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)

    def _drain_woken(self) -> None:
        try:
            numbers = self._woken.recv(4096)
        except BlockingIOError:
            return
        for number in numbers:
            if number and self._on_signal is not None and number in self._old_handlers:
                self._on_signal(number)

    # ---- running

    def run(self) -> None:
        """Run until `stop`."""
        self._running = True
        while self._running:
            for key, _events in self._selector.select(self._patience()):
                if key.fd in self._selector.get_map():  # an earlier callback may have forgotten it
                    key.data()
            for _ in range(len(self._posted)):
                self._posted.popleft()()
            now = time.monotonic()
            while self._timers and self._timers[0][0] <= now:
                heapq.heappop(self._timers)[2].fire()

    def stop(self) -> None:
        """Make `run` return after the current round."""
        self._running = False

    def close(self) -> None:
        """Give back descriptors and signal handlers; harmless the second time."""
        if self._old_wakeup_fd is not None:
            signal.set_wakeup_fd(self._old_wakeup_fd)
            self._old_wakeup_fd = None
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._old_handlers.clear()
        self._selector.close()
        self._waker.close()
        self._woken.close()

    def _patience(self) -> float | None:
        if self._posted:
            return 0
        return max(0.0, self._timers[0][0] - time.monotonic()) if self._timers else None


def _ignore(_number: int, _frame: object) -> None:
    """Stand in for a handler: the wake-up descriptor carries the number."""
