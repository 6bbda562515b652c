"""When alarms run (spec/durable-objects.md, section 7).

`AlarmIndex` is the table of all alarms of one class, in wrangler's layout, shared by storage (which keeps it in step
with each object's own database) and the scheduler. It may show an alarm too early, never too late; the object is asked
at delivery.

`AlarmScheduler` delivers: never early, never twice at a time for one object, at least once. A handler that fails is
tried again after 2, 4, 8, ... 64 seconds plus up to a quarter of that; six failures of user code are retried, the
seventh drops the alarm. Failures of the platform do not count. A new alarm set by the failing handler replaces the
retry. Retry counts are not persisted.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import random
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import apsw

from pywrangler.errors import Place, Problem
from pywrangler.files import require_regular
from pywrangler.runtime.cancellation import Limit, interrupt
from pywrangler.runtime.ids import HEX_DIGITS
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.storage.database import CORRUPT, OURS, connect, error_text, set_aside

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from pywrangler.runtime.clock import Clock, Timer
    from pywrangler.runtime.storage import ObjectStorage

COUNTED_RETRIES = 6
FIRST_RETRY_SECONDS = 2.0
BACKOFF_STEPS = 5
JITTER = 0.25
LONGEST_WAIT_SECONDS = 60.0
"""Timers may run on a clock that stops while the machine sleeps: the wall clock is looked at this often."""

LIMIT_SECONDS = 15 * 60.0
TOO_LONG = "Alarm exceeded its allowed execution time"

_TABLE = (
    "CREATE TABLE IF NOT EXISTS _cf_ALARM (actor_id TEXT PRIMARY KEY, scheduled_time INTEGER, actor_name TEXT)"
    " WITHOUT ROWID"
)
_SET = (
    "INSERT INTO _cf_ALARM (actor_id, scheduled_time, actor_name) VALUES (?, ?, ?) ON CONFLICT (actor_id) DO UPDATE"
    " SET scheduled_time = excluded.scheduled_time, actor_name = coalesce(excluded.actor_name, actor_name)"
)


class AlarmOutcome(Enum):
    """How a delivery ended."""

    DONE = "done"
    FAILED = "failed"
    """User code raised: tried again, and counted."""
    UNAVAILABLE = "unavailable"
    """The platform failed: tried again, not counted."""
    ABANDONED = "abandoned"
    """Not to be tried again (`ctx.abort(reason, {"retryAlarm": False})`)."""
    STALE = "stale"
    """The object has no alarm that is due; the index was put right."""


@dataclass(frozen=True, slots=True)
class AlarmInfo:
    """One attempt to deliver an alarm."""

    scheduled_ms: int
    retry_count: int = 0
    """Failures of user code so far."""
    is_retry: bool = False
    is_last: bool = False
    """Whether a failure of this attempt drops the alarm."""


@dataclass(frozen=True, slots=True)
class AlarmEntry:
    """One row of the index; `time` in nanoseconds since the epoch."""

    object_id: str
    time: int
    name: str | None


def _entry(row: tuple[Any, ...]) -> AlarmEntry:
    object_id, time, name = row
    return AlarmEntry(object_id, time, name)


def _stored_alarm(path: Path) -> int | None:
    """Return the alarm in an object's file; None as well if the file cannot be read: the object will set it aside."""
    try:
        require_regular(path)
        with closing(apsw.Connection(os.fspath(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            time: int | None = connection.execute("SELECT value FROM _cf_METADATA WHERE key = 1").get
            return time
    except (apsw.Error, OSError):
        return None


def forget_stored_alarm(path: Path, time: int) -> None:
    """Remove the alarm of `time` from the file of an object that nobody has open; a file that is broken stays so."""
    try:
        require_regular(path)
        with closing(apsw.Connection(os.fspath(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.set_busy_timeout(1000)
            connection.execute("UPDATE _cf_METADATA SET value = NULL WHERE key = 1 AND value = ?", (time,))
    except (apsw.Error, OSError):
        return  # the object finds out when it opens its file


class AlarmIndex:
    """The alarms of one class: `<directory>/metadata.sqlite`, made when the first alarm is set.

    A corrupt index is set aside and made again from the files of the objects; `notice` is told.
    """

    def __init__(self, directory: Path, notice: Callable[[Problem], None] | None = None) -> None:
        self.path = directory / "metadata.sqlite"
        self.on_change: Callable[[str], None] | None = None
        """Called with an object's id after its entry changed in this process."""
        self._notice = notice
        self._connection: apsw.Connection | None = None

    def _open(self, *, create: bool) -> apsw.Connection | None:
        if self._connection is None:
            if not create and not self.path.exists():
                return None
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    self._connection = connect(self.path, (_TABLE,))
                except CORRUPT as problem:
                    self._connection = self._make_again(problem)
            except (apsw.Error, OSError) as problem:
                text = error_text(problem) if isinstance(problem, apsw.Error) else str(problem)
                raise error(f"The alarms at {self.path} cannot be opened: {text}") from problem
        return self._connection

    def _make_again(self, problem: apsw.Error) -> apsw.Connection:
        kept = set_aside(self.path)
        connection = connect(self.path, (_TABLE,))
        for path in self.path.parent.glob("*.sqlite"):
            if len(path.stem) == HEX_DIGITS and (time := _stored_alarm(path)) is not None:
                connection.execute(_SET, (path.stem, time, None))
        if self._notice is not None:
            self._notice(
                Problem(
                    "corrupt-alarms",
                    f"The list of alarms is corrupt ({problem}); it was made again from the objects' own files.",
                    f"The file was kept as {kept}.",
                    Place(self.path),
                    severity="warning",
                )
            )
        return connection

    def get(self, object_id: str) -> int | None:
        """Return the time entered for an object, in nanoseconds."""
        entry = self.entry(object_id)
        return None if entry is None else entry.time

    def entry(self, object_id: str) -> AlarmEntry | None:
        """Return what is entered for an object."""
        connection = self._open(create=False)
        if connection is None:
            return None
        query = "SELECT actor_id, scheduled_time, actor_name FROM _cf_ALARM WHERE actor_id = ?"
        row = connection.execute(query, (object_id,), prepare_flags=OURS).fetchone()
        return None if row is None else _entry(row)

    def entries(self) -> list[AlarmEntry]:
        """Return everything that is entered."""
        connection = self._open(create=False)
        if connection is None:
            return []
        rows = connection.execute("SELECT actor_id, scheduled_time, actor_name FROM _cf_ALARM").fetchall()
        return list(map(_entry, rows))

    def set(self, object_id: str, time: int, name: str | None) -> None:
        """Enter a time in nanoseconds, and the object's name where it is known."""
        connection = self._open(create=True)
        assert connection is not None
        connection.execute(_SET, (object_id, time, name), prepare_flags=OURS)
        if self.on_change is not None:
            self.on_change(object_id)

    def delete(self, object_id: str) -> None:
        """Remove an object's entry."""
        connection = self._open(create=False)
        if connection is None:
            return
        connection.execute("DELETE FROM _cf_ALARM WHERE actor_id = ?", (object_id,), prepare_flags=OURS)
        if self.on_change is not None:
            self.on_change(object_id)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close(True)
            self._connection = None


async def run_alarm(
    storage: ObjectStorage,
    info: AlarmInfo,
    handler: Callable[[AlarmInfo], Any],
    report: Callable[[BaseException], None],
    now: float,
) -> AlarmOutcome:
    """Run `handler(info)` as the alarm event of an object, if its alarm is due, and keep its stored alarm in step.

    To be called inside the event. A failure of the handler, or that it takes too long, goes to `report`.
    """
    if storage.alarm.begin(now) is None:
        return AlarmOutcome.STALE
    try:
        result = handler(info)
        if hasattr(result, "__await__"):
            with Limit.of(LIMIT_SECONDS) as limit:
                await result
    except Exception as problem:
        report(error(TOO_LONG) if isinstance(problem, TimeoutError) and limit.is_over else problem)
        storage.alarm.end(remove=info.is_last)
        return AlarmOutcome.FAILED
    except BaseException:
        storage.alarm.end(remove=False)
        raise
    storage.alarm.end(remove=True)
    return AlarmOutcome.DONE


@dataclass(slots=True)
class _Alarm:
    """What the scheduler knows of one object."""

    entry: AlarmEntry
    due: float
    counted: int = 0
    attempts: int = 0
    steps: int = 0
    task: asyncio.Task[None] | None = None


class AlarmScheduler:
    """Delivers the alarms of one class.

    `deliver(object_id, name, info)` runs the handler in the object; an exception from it counts as a failure of user
    code if it is a JavaScript error (the object was reset), else as one of the platform. `drop(object_id, time)`
    removes from the object's own storage an alarm that is not tried again.
    """

    def __init__(
        self,
        index: AlarmIndex,
        clock: Clock,
        deliver: Callable[[str, str | None, AlarmInfo], Awaitable[AlarmOutcome]],
        *,
        drop: Callable[[str, int], None] | None = None,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._index = index
        self._clock = clock
        self._deliver = deliver
        self._drop = drop
        self._uniform = uniform
        self._alarms: dict[str, _Alarm] = {}
        self._queue: list[tuple[float, int, str]] = []
        self._numbers = itertools.count()
        self._timer: Timer | None = None
        self._timer_due = 0.0
        self._running = False
        self._tasks: set[asyncio.Task[None]] = set()

    # ---- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Schedule everything that is entered; what is overdue runs at once."""
        self._running = True
        self._index.on_change = self.refresh
        for entry in self._index.entries():
            self._schedule(entry)

    def stop(self) -> None:
        """Deliver nothing more; deliveries that run go on, what is entered stays."""
        self._running = False
        if self._index.on_change == self.refresh:
            self._index.on_change = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()
        self._alarms.clear()

    async def close(self) -> None:
        """Stop, and cancel the deliveries that run."""
        self.stop()
        tasks = list(self._tasks)
        for task in tasks:
            interrupt(task)
        await asyncio.gather(*tasks, return_exceptions=True)

    def refresh(self, object_id: str) -> None:
        """Look at an object's entry again: it changed, here or in a process that had the object before."""
        if not self._running:
            return
        alarm = self._alarms.get(object_id)
        if alarm is not None and alarm.task is not None:
            return  # the end of the delivery looks
        entry = self._index.entry(object_id)
        if entry is None:
            self._alarms.pop(object_id, None)
        elif alarm is None or alarm.entry.time != entry.time:
            self._schedule(entry)

    @property
    def running(self) -> frozenset[asyncio.Task[None]]:
        """The deliveries that run."""
        return frozenset(self._tasks)

    # ---- waiting ------------------------------------------------------------------------------------------

    def _schedule(self, entry: AlarmEntry) -> None:
        """Wait for a new alarm, with no retries behind it."""
        self._wait(_Alarm(entry, entry.time / 1e9))

    def _wait(self, alarm: _Alarm) -> None:
        self._alarms[alarm.entry.object_id] = alarm
        heapq.heappush(self._queue, (alarm.due, next(self._numbers), alarm.entry.object_id))
        self._set_timer()

    def _set_timer(self) -> None:
        if not self._queue:
            return
        due = min(self._queue[0][0], self._clock.now() + LONGEST_WAIT_SECONDS)
        if self._timer is not None:
            if self._timer_due <= due:
                return
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._clock.call_at(due, self._wake)

    def _wake(self) -> None:
        self._timer = None
        while self._queue and self._queue[0][0] <= self._clock.now():
            due, _number, object_id = heapq.heappop(self._queue)
            alarm = self._alarms.get(object_id)
            if alarm is not None and alarm.task is None and alarm.due == due:
                alarm.task = asyncio.get_running_loop().create_task(self._run(alarm))
                self._tasks.add(alarm.task)
                alarm.task.add_done_callback(self._tasks.discard)
        self._set_timer()

    # ---- delivering ---------------------------------------------------------------------------------------

    async def _run(self, alarm: _Alarm) -> None:
        entry = alarm.entry
        info = AlarmInfo(entry.time // 1_000_000, alarm.counted, alarm.attempts > 0, alarm.counted >= COUNTED_RETRIES)
        try:
            outcome = await self._deliver(entry.object_id, entry.name, info)
        except JsException:
            outcome = AlarmOutcome.FAILED
        except Exception as problem:
            # Not user code's failure: not counted, and shown, for it may be a defect of ours.
            details = {"message": "an alarm could not be delivered", "exception": problem}
            asyncio.get_running_loop().call_exception_handler(details)
            outcome = AlarmOutcome.UNAVAILABLE
        if self._running:
            alarm.task = None
            self._ended(alarm, outcome)

    def _ended(self, alarm: _Alarm, outcome: AlarmOutcome) -> None:
        object_id = alarm.entry.object_id
        del self._alarms[object_id]
        entry = self._index.entry(object_id)
        if entry is None:
            return
        if entry.time != alarm.entry.time or outcome in {AlarmOutcome.DONE, AlarmOutcome.STALE}:
            self._schedule(entry)
            return
        if outcome is AlarmOutcome.ABANDONED or (outcome is AlarmOutcome.FAILED and alarm.counted >= COUNTED_RETRIES):
            if self._drop is not None:
                self._drop(object_id, entry.time)
            self._index.delete(object_id)
            return
        self._retry(alarm, counts=outcome is AlarmOutcome.FAILED)

    def _retry(self, alarm: _Alarm, *, counts: bool) -> None:
        delay = FIRST_RETRY_SECONDS * 2 ** min(alarm.steps, BACKOFF_STEPS)
        alarm.due = self._clock.now() + delay + self._uniform(0.0, JITTER * delay)
        alarm.steps += 1
        alarm.attempts += 1
        alarm.counted += counts
        self._wait(alarm)
