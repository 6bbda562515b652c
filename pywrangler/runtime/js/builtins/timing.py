"""`performance` (https://w3c.github.io/performance-timeline/): times, marks and measures in milliseconds.

As in Workers the time origin is the epoch, so `now()` is `Date.now()` with a fraction; it goes on during CPU work,
other than in production. Marks and measures are kept until they are cleared.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import dom_exception, type_error
from pywrangler.runtime.js.events import EventTarget, report
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.primitives import crossing, to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import JsFunction, JsObject, plain

_START = time.time_ns() - time.perf_counter_ns()


class PerformanceEntry(JsProxy):
    """Something that was timed."""

    _type = ""

    def __init__(self, *_arguments: Any, **_named: Any) -> None:
        raise type_error("Illegal constructor")

    def _set(self, name: str, start: float, duration: float, detail: Any) -> None:
        self.name = name
        self.entryType = self._type
        self.startTime = start
        self.duration = duration
        if self._type:
            self.detail = jsnull if detail is None else detail

    def toJSON(self, *_key: Any) -> Any:
        """What `JSON.stringify` writes."""
        names = ("name", "entryType", "startTime", "duration")
        return plain({name: getattr(self, name) for name in names})


class PerformanceMark(PerformanceEntry):
    """A point in time: `PerformanceMark.new(name, startTime=, detail=)`."""

    _type = "mark"

    def __init__(self, name: Any, init: Any = None, **named: Any) -> None:
        given = options(init, named)
        start = given.get("startTime")
        self._set(to_string(name), performance.now() if start is None else to_number(start), 0, given.get("detail"))


class PerformanceMeasure(PerformanceEntry):
    """A span of time."""

    _type = "measure"

    @classmethod
    def between(cls, name: str, start: float, end: float, detail: Any) -> PerformanceMeasure:
        """Return the measure from one time to another."""
        measure = object.__new__(cls)
        measure._set(name, start, crossing(end - start), detail)
        return measure


class PerformanceResourceTiming(PerformanceEntry):
    """Times of a request; Workers record none."""

    _type = "resource"


class PerformanceObserverEntryList(JsProxy):
    """What an observer is told of."""

    _entries: list[PerformanceEntry]

    def __init__(self, *_arguments: Any) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of(cls, entries: list[PerformanceEntry]) -> PerformanceObserverEntryList:
        """Return a list of entries."""
        found = object.__new__(cls)
        found._entries = entries
        return found

    def getEntries(self) -> JsArray:
        """All entries, in the order of their start."""
        return array(sorted(self._entries, key=lambda entry: entry.startTime))

    def getEntriesByName(self, name: Any, type: Any = None) -> JsArray:
        """The entries of a name, and of a type if one is given."""
        return array(entry for entry in self.getEntries() if entry.name == name and type in {None, entry.entryType})

    def getEntriesByType(self, type: Any) -> JsArray:
        """The entries of a type."""
        return array(entry for entry in self.getEntries() if entry.entryType == type)


class PerformanceObserver(JsProxy):
    """Is called with the marks and measures made while it observes: `PerformanceObserver.new(callback)`."""

    supportedEntryTypes: Any = array(("mark", "measure", "resource"))

    def __init__(self, callback: Any = None) -> None:
        if not callable(callback):
            raise type_error("Failed to construct 'PerformanceObserver': parameter 1 is not of type 'Function'.")
        self._callback = callback
        self._types: set[str] = set()
        self._records: list[PerformanceEntry] = []

    def observe(self, init: Any = None, **named: Any) -> None:
        """Begin; options `type`, or `entryTypes` and `buffered`."""
        given = options(init, named)
        listed: Iterable[Any] = given.get("entryTypes") or [given.get("type")]
        self._types |= {to_string(kind) for kind in listed}
        performance._observers.add(self)

    def disconnect(self) -> None:
        """End."""
        performance._observers.discard(self)
        self._types.clear()

    def takeRecords(self) -> JsArray:
        """Return what was not told yet, and forget it."""
        taken, self._records = self._records, []
        return array(taken)

    def _take(self, entry: PerformanceEntry) -> None:
        if entry.entryType in self._types:
            self._records.append(entry)
            if len(self._records) == 1:
                asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        taken = list(self.takeRecords())
        if taken:
            try:
                self._callback(PerformanceObserverEntryList.of(taken), self)
            except Exception as problem:
                report(problem)


class Performance(EventTarget):
    """The value of `js.performance`."""

    timeOrigin: int
    _entries: list[PerformanceEntry]
    _observers: set[PerformanceObserver]

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of_worker(cls) -> Performance:
        """Return the one timeline."""
        found = object.__new__(cls)
        found.timeOrigin = 0
        found._entries = []
        found._observers = set()
        return found

    def now(self) -> float:
        """Milliseconds since the epoch."""
        return (_START + time.perf_counter_ns()) / 1e6

    def _add(self, entry: PerformanceEntry) -> None:
        self._entries.append(entry)
        for observer in tuple(self._observers):
            observer._take(entry)

    def mark(self, name: Any, init: Any = None, **named: Any) -> PerformanceMark:
        """Keep a point in time; options `startTime` and `detail`."""
        entry: PerformanceMark = PerformanceMark.new(name, init, **named)
        self._add(entry)
        return entry

    def measure(self, name: Any, init: Any = None, endMark: Any = None, **named: Any) -> PerformanceMeasure:
        """Keep a span between two marks or times; without them it is from the origin until now."""
        given = {"start": init, "end": endMark} if isinstance(init, str) else options(init, named)
        start, end, duration = (given.get(key) for key in ("start", "end", "duration"))
        begin = self._time(start) if start is not None else 0
        if end is not None:
            finish = self._time(end)
        elif duration is not None and start is not None:
            finish = begin + to_number(duration)
        else:
            finish = self.now()
        if start is None and end is not None and duration is not None:
            begin = finish - to_number(duration)
        entry = PerformanceMeasure.between(to_string(name), begin, finish, given.get("detail"))
        self._add(entry)
        return entry

    def _time(self, place: Any) -> float:
        if not isinstance(place, str):
            return to_number(place)
        marks = [entry.startTime for entry in self._entries if entry.entryType == "mark" and entry.name == place]
        if not marks:
            raise dom_exception("SyntaxError", f"The mark '{place}' does not exist.")
        return float(marks[-1])

    def getEntries(self) -> JsArray:
        """All marks and measures, in the order of their start."""
        return PerformanceObserverEntryList.of(self._entries).getEntries()

    def getEntriesByName(self, name: Any, type: Any = None) -> JsArray:
        """The entries of a name, and of a type if one is given."""
        return PerformanceObserverEntryList.of(self._entries).getEntriesByName(name, type)

    def getEntriesByType(self, type: Any) -> JsArray:
        """The entries of a type."""
        return PerformanceObserverEntryList.of(self._entries).getEntriesByType(type)

    def clearMarks(self, name: Any = None) -> None:
        """Forget the marks, or those of a name."""
        self._clear("mark", name)

    def clearMeasures(self, name: Any = None) -> None:
        """Forget the measures, or those of a name."""
        self._clear("measure", name)

    def _clear(self, kind: str, name: Any) -> None:
        self._entries = [
            entry for entry in self._entries if entry.entryType != kind or (name is not None and entry.name != name)
        ]

    def clearResourceTimings(self) -> None:
        """Nothing to forget: Workers record no requests."""

    def setResourceTimingBufferSize(self, *_size: Any) -> None:
        """Nothing to hold: Workers record no requests."""

    def markResourceTiming(self, *_timing: Any) -> None:
        """Does nothing, as in Workers."""

    def timerify(self, function: Any, *_options: Any) -> JsFunction:
        """Return the function: Workers do not time it."""
        return function if isinstance(function, JsFunction) else JsFunction.new(function)

    def eventLoopUtilization(self, *_earlier: Any) -> Any:
        """Zeros, as in Workers."""
        return JsObject.new(idle=0, active=0, utilization=0)

    @property
    def eventCounts(self) -> JsMap:
        """An empty map, as in Workers."""
        empty: JsMap = JsMap.new()
        return empty

    @property
    def nodeTiming(self) -> Any:
        """Zeros, as in Workers."""
        names = (
            "startTime", "duration", "nodeStart", "v8Start", "bootstrapComplete", "environment", "loopStart",
            "loopExit", "idleTime",
        )  # fmt: skip
        metrics = JsObject.new(loopCount=0, events=0, eventsWaiting=0)
        return plain({"name": "node", "entryType": "node", **dict.fromkeys(names, 0), "uvMetricsInfo": metrics})

    def toJSON(self, *_key: Any) -> Any:
        """What `JSON.stringify` writes."""
        return JsObject.new(timeOrigin=self.timeOrigin)


performance: Performance = Performance.of_worker()
