"""What the storage tests share: an owner that ends turns when told, a clock that is set by hand, a storage factory."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from pywrangler.config.model import Compat
from pywrangler.runtime.alarms import AlarmIndex
from pywrangler.runtime.ids import id_from_name
from pywrangler.runtime.storage import ObjectStorage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from pywrangler.errors import Problem

OBJECT_ID = id_from_name("shop", "Cart", "anna")


class FakeClock:
    """Stands still until `advance`; timers fire in order, each at its own time."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self._now = now
        self._timers: list[tuple[float, int, FakeTimer]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self._now

    def call_at(self, when: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer(callback)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def next_due(self) -> float | None:
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def fire_until(self, when: float) -> bool:
        """Fire the next timer that is due by `when`; False if there is none (the clock then stands at `when`)."""
        due = self.next_due()
        if due is None or due > when:
            self._now = max(self._now, when)
            return False
        self._now = max(self._now, due)
        callback = heapq.heappop(self._timers)[2].callback
        assert callback is not None
        callback()
        return True


class FakeTimer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Owner:
    """The object around a storage."""

    def __init__(self) -> None:
        self.writes = 0
        self.has_handler = True
        self.problems: list[Problem] = []
        self.exclusive_now = False

    def wrote(self) -> None:
        self.writes += 1

    def has_alarm_handler(self) -> bool:
        return self.has_handler

    async def exclusive(self, function: Callable[[], Awaitable[Any]]) -> Any:
        before, self.exclusive_now = self.exclusive_now, True
        try:
            return await function()
        finally:
            self.exclusive_now = before

    def notice(self, problem: Problem) -> None:
        self.problems.append(problem)


class Shelf:
    """One object's file, opened as often as a test likes."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "do" / "shop-Cart"
        self.path = self.directory / f"{OBJECT_ID}.sqlite"
        self.index = AlarmIndex(self.directory)
        self.owner = Owner()
        self.clock = FakeClock()
        self._opened: list[ObjectStorage] = []

    def open(self, **changes: Any) -> ObjectStorage:
        given: dict[str, Any] = {
            "worker": "shop",
            "class_name": "Cart",
            "object_id": OBJECT_ID,
            "object_name": "anna",
            "sqlite": True,
            "compat": Compat("2026-06-01"),
            "clock": self.clock,
            "outputs": self.owner,
            "alarms": self.index,
        }
        storage = ObjectStorage(self.path, **(given | changes))
        self._opened.append(storage)
        return storage

    def reopen(self, storage: ObjectStorage, **changes: Any) -> ObjectStorage:
        storage.close()
        return self.open(**changes)

    def close(self) -> None:
        for storage in self._opened:
            storage.close()
        self.index.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.close()


@pytest.fixture
def storage(shelf: Shelf) -> ObjectStorage:
    return shelf.open()
