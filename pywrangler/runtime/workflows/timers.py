"""Waiting until a time, however long: a clock of the machine may stand still while the machine sleeps.

The clock is asked for each call, and the time of day is looked at once a minute besides.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.clock import Clock, Timer

LOOK_SECONDS = 60.0


class Wake:
    """One call that is still to come."""

    __slots__ = ("_callback", "_timer", "_timers", "when")

    def __init__(self, timers: Timers, when: float, callback: Callable[[], None]) -> None:
        self.when = when
        self._timers = timers
        self._callback = callback
        self._timer: Timer | None = timers.clock.call_at(when, self.fire)

    def fire(self) -> None:
        """Make the call, once."""
        if self._timer is not None:
            self.cancel()
            self._callback()

    def cancel(self) -> None:
        """Make it not come."""
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._timers.drop(self)


class Timers:
    """The calls of one host."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._wakes: set[Wake] = set()
        self._look: asyncio.TimerHandle | None = None

    def call_at(self, when: float, callback: Callable[[], None]) -> Wake:
        """Call back at `when`, seconds since the epoch."""
        wake = Wake(self, when, callback)
        self._wakes.add(wake)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_at_clock)
        return wake

    def drop(self, wake: Wake) -> None:
        """Forget a call that came or is not to come."""
        self._wakes.discard(wake)
        if not self._wakes and self._look is not None:
            self._look.cancel()
            self._look = None

    def _look_at_clock(self) -> None:
        self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_at_clock)
        now = self.clock.now()
        for wake in [wake for wake in self._wakes if wake.when <= now]:
            wake.fire()
