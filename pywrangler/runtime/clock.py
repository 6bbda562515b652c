"""Time as an argument: whoever needs the time of day or a timer is given a Clock, so tests never wait."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """A call that is still to come."""

    def cancel(self) -> None:
        """Make it not come."""


class Clock(Protocol):
    """Seconds since the epoch, and calls at such times."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call back at `when` (seconds since the epoch), never early."""


class SystemClock:
    """The machine's clock on the running loop."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call back at `when`; a wall clock that was set back delays the call rather than letting it come early."""
        return asyncio.get_running_loop().call_later(max(0.0, when - time.time()), callback)
