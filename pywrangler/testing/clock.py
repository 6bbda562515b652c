"""The clock of all Workers of a session, moved by the test."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pywrangler.protocol import testing as protocol

if TYPE_CHECKING:
    from pywrangler.testing.session import TestSession

STEPS_LIMIT = 100_000
NEAR_SECONDS = 0.0015
"""What is due so soon after the goal happens, too: an alarm for now is set for the next millisecond."""


class Clock:
    """Stands still until it is moved.

    What Workers see follows it: `time.time()`, `datetime.now()`, `Date.now()`, SQL's `now`; alarms and their retries,
    the eviction of idle objects, limits and what expires.
    """

    def __init__(self, session: TestSession) -> None:
        self._session = session
        self._now = round(time.time(), 3)  # a whole millisecond, as JavaScript counts
        session.ask_all(protocol.Freeze(self._now))

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now

    def utc(self) -> datetime:
        """Return the time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self._now, UTC)

    def advance(self, seconds: float | timedelta) -> None:
        """Move on; everything due on the way happens in all Workers, each thing at its own time, in order."""
        self.advance_to(self._now + (seconds.total_seconds() if isinstance(seconds, timedelta) else seconds))

    def advance_to(self, moment: float | datetime) -> None:
        """Move on to a time: seconds since the epoch, or a datetime (naive means local time)."""
        goal = round(moment.timestamp() if isinstance(moment, datetime) else float(moment), 3)
        if goal < self._now:
            raise ValueError("The clock cannot go back.")
        for _ in range(STEPS_LIMIT):
            answers = self._session.ask_all(protocol.Advance(self._now))
            dues = [due for due in (protocol.unpack(item, float | None) for item in answers) if due is not None]
            step = max(min(dues, default=math.inf), self._now)
            if step > goal + NEAR_SECONDS:
                break
            self._now = step
        else:
            raise RuntimeError(f"More than {STEPS_LIMIT} things happen before the clock gets there.")
        self._now = max(self._now, goal)
        self._session.ask_all(protocol.Advance(self._now))

    def hold_sleeps(self) -> None:
        """From now on `asyncio.sleep`, `setTimeout` and their kin in Workers wait for this clock, too."""
        self._session.ask_all(protocol.HoldSleeps())
