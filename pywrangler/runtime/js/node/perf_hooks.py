"""`node:perf_hooks`: the clock and the measures of the global scope."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.builtins import timing

_CLASSES = (
    *("Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver"),
    *("PerformanceObserverEntryList", "PerformanceResourceTiming"),
)
EXPORTS: dict[str, Any] = {name: getattr(timing, name) for name in (*_CLASSES, "performance")}
MISSING = "constants createHistogram eventLoopUtilization monitorEventLoopDelay timerify"
