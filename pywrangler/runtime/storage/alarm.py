"""The alarm of one object, as its storage keeps it (spec/durable-objects.md, section 7).

The object's own database is the truth: `_cf_METADATA`, key 1, nanoseconds. The index of the class only says when to
look. So that a crash never loses an alarm, the index never shows a later time than the truth: a new or earlier time is
entered before the commit, a later one or a removal after it.

While the handler runs, the stored time is still the one being delivered, so that a crash delivers it again; user code
sees no alarm then. The end of the handler removes it, unless the handler set another.

The platform sets alarms for classes in Python without asking for a handler; one that is missing is an error when they
are due.
"""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pywrangler.errors import Problem
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.storage.database import OURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from pywrangler.runtime.alarms import AlarmIndex
    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.storage.database import Database
    from pywrangler.runtime.storage.owner import StorageOwner

NANOSECONDS = 1_000_000
"""In a millisecond."""
LATEST = 2**63 - 1 - NANOSECONDS

_GET = "SELECT value FROM _cf_METADATA WHERE key = 1"
_SET = "INSERT INTO _cf_METADATA VALUES (1, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

NOT_POSITIVE = "setAlarm() cannot be called with an alarm time <= 0"
NO_HANDLER = "An object without an alarm() method set an alarm, which will fail when it is due."
NO_HANDLER_REMEDY = "Add `async def alarm(self, info)` to its class."
NOT_A_DATE = "Failed to execute 'setAlarm' on 'DurableObjectStorage': parameter 1 is not of type 'date'."
NOT_VALID = "The value cannot be converted because it is not a valid Date."


def milliseconds(when: Any) -> int:
    """Return the time that user code gave to `setAlarm`; TypeError if it is none."""
    if isinstance(when, datetime):
        value: float = when.timestamp() * 1000
    elif isinstance(when, (int, float)) and not isinstance(when, bool):
        value = when
    elif hasattr(when, "getTime"):
        value = when.getTime()
    else:
        raise type_error(NOT_A_DATE)
    if not math.isfinite(value):
        raise type_error(NOT_VALID)
    if value <= 0:
        raise type_error(NOT_POSITIVE)
    return int(value)


class Alarm:
    """Reads and writes the alarm inside the turn's transaction and keeps the index in step."""

    __slots__ = (
        "_begin_write",
        "_clock",
        "_database",
        "_index",
        "_name",
        "_object_id",
        "_owner",
        "_running",
        "_touched",
    )

    def __init__(
        self,
        database: Database,
        begin_write: Callable[[], None],
        clock: Clock,
        owner: StorageOwner,
        index: AlarmIndex | None,
        object_id: str,
        name: str | None,
    ) -> None:
        self._database = database
        self._begin_write = begin_write
        self._clock = clock
        self._owner = owner
        self._index = index
        self._object_id = object_id
        self._name = name
        self._running: int | None = None
        self._touched = False

    def stored(self) -> int | None:
        """Return the stored time in nanoseconds."""
        run = self._database.run or self._database.open_existing()
        return None if run is None else run(_GET, prepare_flags=OURS).get

    def _store(self, time: int | None) -> None:
        self._begin_write()
        self._touched = True
        self._database.run(_SET, (time,), prepare_flags=OURS)

    # ---- user code ----------------------------------------------------------------------------------------

    def get(self) -> int | None:
        """Return the time in milliseconds; None without one, and for the one whose handler is running."""
        time = self.stored()
        return None if time is None or time == self._running else time // NANOSECONDS

    def set(self, when: Any) -> None:
        """Replace the alarm; a past time means now."""
        value = milliseconds(when)
        if not self._owner.has_alarm_handler():
            self._owner.notice(Problem("alarm-handler", NO_HANDLER, NO_HANDLER_REMEDY, severity="warning"))
        time = min(max(value, math.ceil(self._clock.now() * 1000)) * NANOSECONDS, LATEST)
        if time == self._running:
            time += 1  # set anew within the very millisecond that is being delivered: not the same alarm
        self._store(time)

    def delete(self) -> None:
        """Remove the alarm; a running handler goes on."""
        if self.stored() is not None:
            self._store(None)

    # ---- delivery -----------------------------------------------------------------------------------------

    def begin(self, now: float) -> int | None:
        """Return the stored time if it is due, and treat it as being delivered; else put the index right."""
        time = self.stored()
        if time is None or time > int(now * 1000) * NANOSECONDS + NANOSECONDS - 1:
            self._put_right(time)
            return None
        self._running = time
        return time

    def end(self, *, remove: bool) -> None:
        """The handler ended: `remove` the alarm (it succeeded, or the last attempt failed) unless it was set anew."""
        time, self._running = self._running, None
        if remove and time is not None and self.stored() == time:
            self._store(None)

    def heal(self) -> None:
        """Enter the stored time where the index has none: it was lost, or another tool wrote the file."""
        if self._index is not None and (time := self.stored()) is not None and self._index.get(self._object_id) is None:
            self._index.set(self._object_id, time, self._name)

    # ---- the index ----------------------------------------------------------------------------------------

    def before_commit(self) -> None:
        """Enter a new or earlier time."""
        if not self._touched or self._index is None:
            return
        time, known = self.stored(), self._index.get(self._object_id)
        if time is not None and (known is None or time < known):
            self._index.set(self._object_id, time, self._name)

    def after_commit(self) -> None:
        """Enter a later time, or the removal."""
        if self._touched:
            self._touched = False
            self._put_right(self.stored())

    def _put_right(self, time: int | None) -> None:
        index = self._index
        if index is None or index.get(self._object_id) == time:
            return
        if time is None:
            index.delete(self._object_id)
        else:
            index.set(self._object_id, time, self._name)
