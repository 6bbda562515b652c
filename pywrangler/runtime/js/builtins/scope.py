"""The global scope as an event target, and the classes that only the platform makes instances of.

`error` and `unhandledrejection` are dispatched to listeners that user code adds here. `fetch`, `scheduled` and the like
never are: a Python Worker has handlers instead.
"""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js import events
from pywrangler.runtime.js.builtins.constructor import Constructor
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.events import ErrorEvent, Event, EventTarget
from pywrangler.runtime.js.primitives import to_string

_FOR_HANDLERS = {"fetch", "scheduled", "queue", "email", "tail", "trace", "alarm"}

origin = "null"
"""The origin of a Worker, which has none."""


class ServiceWorkerGlobalScope(EventTarget):
    """The class of `js.self`."""

    def addEventListener(self, type: Any, listener: Any = None, init: Any = None, **named: Any) -> None:
        """Call `listener` for `error`, `unhandledrejection` and events that the Worker dispatches itself."""
        if to_string(type) in _FOR_HANDLERS:
            from pywrangler.runtime.js.advice import warn_once

            warn_once(
                f"A listener for {to_string(type)!r} is never called in a Python Worker: "
                "write a handler in a WorkerEntrypoint class."
            )
        super().addEventListener(type, listener, init, **named)


scope: ServiceWorkerGlobalScope = ServiceWorkerGlobalScope.new()
events.GLOBAL_SCOPE = scope

addEventListener = scope.addEventListener
removeEventListener = scope.removeEventListener
dispatchEvent = scope.dispatchEvent


def reportError(*problem: Any) -> None:
    """Treat a value as an exception that nobody caught: the listeners of `error` hear of it, and it is logged."""
    if not problem:
        raise type_error("Failed to execute 'reportError': 1 argument required, but only 0 present.")
    failure = problem[0]
    event = ErrorEvent.new("error", message=f"Uncaught {to_string(failure)}", error=failure, cancelable=True)
    if scope.dispatchEvent(event):
        if isinstance(failure, BaseException):
            events.report(failure)
        else:
            from pywrangler.runtime import context

            context.log("error", f"Uncaught {to_string(failure)}")


class PlatformClass(Constructor):
    """A constructor that user code may not call."""

    def __init__(self, name: str, is_instance: Any = None) -> None:
        self._name = name
        self._is_instance = is_instance

    def new(self, *_arguments: Any, **_named: Any) -> Any:
        """Instances come from the platform."""
        raise type_error("Illegal constructor")

    def __call__(self, *_arguments: Any, **_named: Any) -> Any:
        raise TypeError(f"Class constructor {self._name} cannot be invoked without 'new'")

    def __instancecheck__(self, value: Any) -> bool:
        return bool(self._is_instance is not None and self._is_instance(value))


def _platform(name: str, is_instance: Any = None) -> PlatformClass:
    made: PlatformClass = object.__new__(PlatformClass)
    made.__init__(name, is_instance)  # type: ignore[misc]
    return made


def _is_scope(value: Any) -> bool:
    return value is scope or getattr(value, "__name__", "") == "js"


def _is_body(value: Any) -> bool:
    from pywrangler.runtime.js.body import Message

    return isinstance(value, Message)


Body = _platform("Body", _is_body)
ExtendableEvent = _platform("ExtendableEvent")
FetchEvent = _platform("FetchEvent")
ScheduledEvent = _platform("ScheduledEvent")
TailEvent = _platform("TailEvent")
TraceEvent = _platform("TraceEvent")
WorkerGlobalScope = _platform("WorkerGlobalScope", _is_scope)
ScopeConstructor = _platform("ServiceWorkerGlobalScope", _is_scope)


class PromiseRejectionEvent(Event):
    """A promise was rejected and nobody listened: `promise` and `reason`."""

    promise: Any
    reason: Any

    def __init__(self, *_arguments: Any) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def of(cls, promise: Any, reason: Any) -> PromiseRejectionEvent:
        """Return the event of a rejection."""
        event = object.__new__(cls)
        Event.__init__(event, "unhandledrejection", cancelable=True)
        event.promise = promise
        event.reason = reason
        return event
