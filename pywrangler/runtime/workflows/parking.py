"""Where the code of a run waits: for the clock, for an event, for the end of a pause.

A run is *parked* where something of it waits and no attempt of a step is under way. Only then it is stopped by a
reload; and a clock that tests move goes on only then, or when code has had its time: it may wait for the clock itself.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.workflows.timers import Timers

    Place = tuple[str, str]
    """What waiters wait for together: the end of a pause, or an event of a type."""

PATIENCE_SECONDS = 1.0
"""How long a clock that tests move waits for code that runs."""


class Parking:
    """The waiters of one run. `busy(future)` is told when code begins to run, `parked()` when the run is parked."""

    def __init__(
        self, timers: Timers, busy: Callable[[asyncio.Future[None]], None], parked: Callable[[], None]
    ) -> None:
        self._timers = timers
        self._on_busy = busy
        self._on_parked = parked
        self._waiters: dict[asyncio.Future[None], tuple[Place | None, str]] = {}
        self._rest: asyncio.Future[None] | None = None
        self.executing = 0
        """Attempts of steps that are under way."""
        self._is_busy()

    @property
    def is_parked(self) -> bool:
        """Whether no code runs, as far as that can be told."""
        return not self.executing and bool(self._waiters)

    @property
    def reason(self) -> str:
        """What a parked run waits for, in words; empty for one that is not parked."""
        return next((why for _place, why in self._waiters.values()), "") if self.is_parked else ""

    # ---- attempts -----------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Say that an attempt of a step begins."""
        self.executing += 1
        self._is_busy()

    def end(self) -> None:
        """Say that an attempt has ended."""
        self.executing -= 1

    def _is_busy(self) -> None:
        if self._rest is None or self._rest.done():
            loop = asyncio.get_running_loop()
            rest = self._rest = loop.create_future()
            patience = loop.call_later(PATIENCE_SECONDS, settle, rest)
            rest.add_done_callback(lambda _rest: patience.cancel())
            self._on_busy(rest)

    def rest(self) -> None:
        """Say that no code runs."""
        if self._rest is not None:
            settle(self._rest)

    # ---- waiting ------------------------------------------------------------------------------------------

    async def on(self, place: Place, why: str) -> None:
        """Wait until the place is woken."""
        await self._wait(asyncio.get_running_loop().create_future(), place, why)

    async def until(self, when: float, why: str, place: Place | None = None) -> None:
        """Wait until a time (seconds since the epoch), or until the place is woken."""
        if when <= self._timers.clock.now():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        wake = self._timers.call_at(when, lambda: self._wake(waiter))
        try:
            await self._wait(waiter, place, f"{why} until {moment(when)}")
        finally:
            wake.cancel()

    async def _wait(self, waiter: asyncio.Future[None], place: Place | None, why: str) -> None:
        self._waiters[waiter] = (place, why)
        if self.is_parked:
            self.rest()
            self._on_parked()
        try:
            await waiter
        finally:
            self._waiters.pop(waiter, None)

    def wake(self, place: Place) -> None:
        """Wake who waits at the place, in the order in which they came."""
        for waiter in [waiter for waiter, (at, _why) in self._waiters.items() if at == place]:
            self._wake(waiter)

    def _wake(self, waiter: asyncio.Future[None]) -> None:
        self._waiters.pop(waiter, None)
        self._is_busy()
        settle(waiter)

    def cancel(self) -> None:
        """End all waiting by a cancellation."""
        for waiter in list(self._waiters):
            waiter.cancel()


def settle(future: asyncio.Future[None]) -> None:
    """Make a future done, if it is not."""
    if not future.done():
        future.set_result(None)


def moment(when: float) -> str:
    """Return a time for people."""
    return f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M:%S} UTC"
