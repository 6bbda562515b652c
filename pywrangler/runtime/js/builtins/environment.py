"""`navigator`, `performance`, `scheduler`, and what Workers forbid: `eval` and `Function`."""

from __future__ import annotations

import time
from typing import Any

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.timers import Scheduler
from pywrangler.runtime.js.values import JsObject


class Navigator(JsProxy):
    """The value of `js.navigator`."""

    userAgent = "Cloudflare-Workers"
    language = "en"
    languages = ("en",)
    platform = "Linux"
    hardwareConcurrency = 1


class Performance(JsProxy):
    """The value of `js.performance`: milliseconds since this host started."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.timeOrigin = time.time_ns() // 1_000_000

    def now(self) -> int | float:
        """Milliseconds since `timeOrigin`; goes on during CPU work, other than in production."""
        return (time.perf_counter() - self._start) * 1000

    def toJSON(self, *_key: Any) -> Any:
        """What `JSON.stringify` writes."""
        return JsObject.new(timeOrigin=self.timeOrigin)


def eval(*_arguments: Any) -> Any:
    """Workers run no code from strings."""
    raise JsException("EvalError", "Code generation from strings disallowed for this context")


class FunctionConstructor(JsProxy, js_name="Function"):
    """The value of `js.Function`: Workers run no code from strings."""

    name = "Function"

    @property
    def typeof(self) -> str:
        """Constructors are functions."""
        return "function"

    def __call__(self, *_arguments: Any) -> Any:
        return eval()

    new = __call__


navigator: Navigator = Navigator.new()
performance: Performance = Performance.new()
scheduler: Scheduler = Scheduler.new()
Function: FunctionConstructor = object.__new__(FunctionConstructor)
