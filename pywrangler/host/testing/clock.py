"""A clock that tests stop and move.

While it runs it is the machine's. Stopped, it stands still until it is moved: everything due on the way happens, in
order, each at its own time. What a thing starts is given time to end before the next happens, as far as the clock knows
of it: alarm handlers are awaited, everything else gets a few rounds of the loop.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS = 5
"""Of the loop, for what a timer has started."""
FIRINGS_LIMIT = 1000
"""At one and the same time: more are taken for an endless loop."""
HAIR_SECONDS = 1e-6
"""A stopped clock is that much after its time: a float can be a little less than the millisecond that it stands for."""
PATIENCE_SECONDS = 10.0
"""Real time that an alarm handler may take."""

_real_time = time.time


class MovableTimer:
    """A call that is still to come."""

    __slots__ = ("callback", "when")

    def __init__(self, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Make it not come."""
        self.callback = None


class MovableClock:
    """A `runtime.clock.Clock`."""

    def __init__(self) -> None:
        self._stopped_at: float | None = None
        self._queue: list[tuple[float, int, MovableTimer]] = []
        self._numbers = itertools.count()
        self._alarm: asyncio.TimerHandle | None = None
        self.holds_sleeps = False
        """Whether sleeping code waits for this clock."""

    # ---- Clock

    def now(self) -> float:
        """Seconds since the epoch."""
        return _real_time() if self._stopped_at is None else self._stopped_at

    def call_at(self, when: float, callback: Callable[[], None]) -> MovableTimer:
        """Call back at `when`, never early."""
        timer = MovableTimer(when, callback)
        heapq.heappush(self._queue, (when, next(self._numbers), timer))
        if self._stopped_at is None:
            self._set_alarm()
        return timer

    # ---- running

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._stopped_at is None and (due := self.next_due()) is not None:
            self._alarm = asyncio.get_running_loop().call_later(max(0.0, due - _real_time()), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._stopped_at is None:
            self._fire_due(FIRINGS_LIMIT)
            self._set_alarm()

    def run(self) -> None:
        """Be the machine's clock again; what is due by now happens soon."""
        self._stopped_at = None
        self.holds_sleeps = False
        self._set_alarm()

    # ---- stopped

    @property
    def is_stopped(self) -> bool:
        """Whether only tests move it."""
        return self._stopped_at is not None

    def stop(self, at: float) -> None:
        """Stand still at a time."""
        self._stopped_at = at + HAIR_SECONDS
        self._set_alarm()

    def next_due(self) -> float | None:
        """Return when the next call comes."""
        while self._queue and self._queue[0][2].callback is None:
            heapq.heappop(self._queue)
        return self._queue[0][0] if self._queue else None

    def _fire_due(self, limit: int) -> int:
        fired = 0
        while (due := self.next_due()) is not None and due <= self.now() and fired < limit:
            timer = heapq.heappop(self._queue)[2]
            callback, timer.callback = timer.callback, None
            assert callback is not None
            callback()
            fired += 1
        return fired

    async def advance(self, to: float, pending: Callable[[], Iterable[asyncio.Future[object]]]) -> float | None:
        """Move to a time at which something is due at the earliest; return when the next thing is.

        `pending` are the alarm handlers that run. RuntimeError if there is no end to what is due at once, or if a
        handler does not end.
        """
        if self._stopped_at is None:
            raise RuntimeError("The clock runs; it has to be stopped before it can be moved.")
        self._stopped_at = max(self._stopped_at, to + HAIR_SECONDS)
        deadline = time.monotonic() + PATIENCE_SECONDS
        fired = 0
        while True:
            fired += self._fire_due(1)
            if fired >= FIRINGS_LIMIT:
                raise RuntimeError(
                    f"More than {FIRINGS_LIMIT} timers or alarms at the same time: there is no end to it."
                )
            await self._settle(pending, deadline)
            due = self.next_due()
            if due is None or due > self._stopped_at:
                return due

    async def _settle(self, pending: Callable[[], Iterable[asyncio.Future[object]]], deadline: float) -> None:
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
        while running := set(pending()):
            if self.holds_sleeps:
                # It may be asleep until the clock moves on, which nobody can tell from work: a short while must do.
                await asyncio.wait(running, timeout=0.02)
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"An alarm handler did not end within {PATIENCE_SECONDS:g} s.")
            await asyncio.wait(running, timeout=0.1)
