"""`step` as JavaScript has it: reads what user code gives, and hands it to the run.

Source: spec/workers-module.md, section 10. Each method starts at the call and returns a promise.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options, to_py
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.workflows import texts
from pywrangler.runtime.workflows.durations import milliseconds
from pywrangler.runtime.workflows.policy import Policy, read_policy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pywrangler.runtime.workflows.run import Run

DEFAULT_EVENT_TIMEOUT = "24 hours"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class WorkflowStep(JsProxy):
    """What `run` gets beside the event."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def do(self, name: Any = None, *given: Any) -> JsPromise:
        """Perform a step: `do(name, callback)` or `do(name, config, callback)`."""

        def begin() -> Awaitable[Any]:
            label = _name(name)
            callback = given[-1] if given else None
            if not callable(callback):
                raise texts.no_callback(label)
            return self._run.do(label, _policy(label, given[:-1]), callback)

        return _started(begin)

    def sleep(self, name: Any = None, duration: Any = None) -> JsPromise:
        """Sleep for milliseconds or a text such as "1 minute"."""

        def begin() -> Awaitable[Any]:
            label = _name(name)
            return self._run.sleep(label, _duration(label, duration) / 1000)

        return _started(begin)

    def sleepUntil(self, name: Any = None, time: Any = None) -> JsPromise:
        """Sleep until a date, or milliseconds since the epoch."""

        def begin() -> Awaitable[Any]:
            label = _name(name)
            return self._run.sleep_until(label, _time(label, time))

        return _started(begin)

    def waitForEvent(self, name: Any = None, init: Any = None, **named: Any) -> JsPromise:
        """Wait for an event: `type`, and `timeout` as a duration."""

        def begin() -> Awaitable[Any]:
            label = _name(name)
            given = options(init, named)
            kind = given.get("type")
            if not isinstance(kind, str) or not kind:
                raise texts.bad_event_type(label)
            timeout = given.get("timeout")
            chosen = DEFAULT_EVENT_TIMEOUT if timeout is None or timeout is jsnull else timeout
            return self._run.wait_for_event(label, kind, _duration(label, chosen))

        return _started(begin)


def _started(begin: Callable[[], Awaitable[Any]]) -> JsPromise:
    try:
        return JsPromise.start(begin())
    except JsException as problem:
        return JsPromise.rejected(problem)


def _name(name: Any) -> str:
    text = to_string(name)
    if len(text) > texts.NAME_LIMIT or _CONTROL.search(text):
        raise texts.bad_name(text)
    return text


def _policy(name: str, given: tuple[Any, ...]) -> Policy:
    config = given[0] if given else None
    policy = Policy() if config is None or config is jsnull else read_policy(to_py(config))
    if policy is None:
        raise texts.bad_config(name)
    return policy


def _duration(name: str, given: Any) -> float:
    found = milliseconds(given)
    if found is None:
        raise texts.bad_duration(name, None if given is None else to_py(given))
    return found


def _time(name: str, given: Any) -> float:
    if isinstance(given, datetime):
        return given.timestamp()
    date = given if isinstance(given, JsDate) else JsDate.new(given)
    moment = float(date.getTime())
    if math.isnan(moment) or given is None:
        raise texts.bad_time(name)
    return moment / 1000
