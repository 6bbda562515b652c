"""What waits in one queue, and when it is time for a batch. Pure: the time is an argument, in seconds.

A batch is due when as many messages wait as fit into one, else `timeout` seconds after the first of them came. A
delayed message comes when its delay is over; a message that is sent again comes last.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import TYPE_CHECKING

import msgspec

from pywrangler.runtime.queues.messages import Metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pywrangler.runtime.queues.messages import Queued


class Backlog:
    """The messages of one queue."""

    def __init__(self, size: int, timeout: float) -> None:
        self._size = size
        self._timeout = timeout
        self._ready: deque[tuple[float, Queued]] = deque()
        """With the time at which each came."""
        self._bytes = 0
        self._oldest: float | None = None
        """Found when it is asked for, and known until a batch is taken."""
        self._delayed: list[tuple[float, int, Queued]] = []
        self._numbers = itertools.count()

    def add(self, messages: Iterable[Queued], now: float) -> None:
        """Take messages."""
        for message in messages:
            if message.due > now:
                heapq.heappush(self._delayed, (message.due, next(self._numbers), message))
            else:
                self._came(message.due or now, message)

    def take(self, now: float) -> list[Queued]:
        """Remove and return the batch that is due; nothing if none is."""
        self._ripen(now)
        if not self._ready or (len(self._ready) < self._size and now < self._ready[0][0] + self._timeout):
            return []
        batch = [self._ready.popleft()[1] for _ in range(min(self._size, len(self._ready)))]
        self._bytes -= sum(len(message.body) for message in batch)
        self._oldest = None
        return batch

    def take_all(self, now: float) -> list[Queued]:
        """Remove and return everything; each message knows when it came, or is to come."""
        self._ripen(now)
        everything = [msgspec.structs.replace(message, due=came) for came, message in self._ready]
        everything += [message for _due, _number, message in sorted(self._delayed)]
        self._ready.clear()
        self._bytes = 0
        self._oldest = None
        self._delayed.clear()
        return everything

    def next_due(self) -> float | None:
        """Return when to look again, if nothing comes meanwhile."""
        times = [self._delayed[0][0]] if self._delayed else []
        if self._ready:
            times.append(self._ready[0][0] + self._timeout)
        return min(times, default=None)

    def metrics(self, now: float) -> Metrics:
        """Return what waits by now."""
        self._ripen(now)
        if self._oldest is None:
            self._oldest = min((message.milliseconds for _came, message in self._ready), default=None)
        return Metrics(len(self._ready), self._bytes, self._oldest)

    def _ripen(self, now: float) -> None:
        while self._delayed and self._delayed[0][0] <= now:
            due, _number, message = heapq.heappop(self._delayed)
            self._came(due, message)

    def _came(self, moment: float, message: Queued) -> None:
        self._ready.append((moment, message))
        self._bytes += len(message.body)
        if self._oldest is not None:
            self._oldest = min(self._oldest, message.milliseconds)
