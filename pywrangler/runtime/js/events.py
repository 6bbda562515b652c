"""Events and event targets (https://dom.spec.whatwg.org/#events), as WebSockets, AbortSignals and user code use them.

- Listeners run in the order they were added, `on<type>` first. A listener is a function or an object with
  `handleEvent`; it receives the event, always (a Python listener without a parameter fails, as in production).
- A listener that is a coroutine function is started on the loop; what it raises is an unhandled rejection and is
  logged. What a synchronous listener raises goes to `EventTarget._listener_failed`, which logs it too; sockets
  override that to fire `error`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.advice import warn_borrowed
from pywrangler.runtime.js.primitives import to_integer, to_string, truthy
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.sync_bridge import as_callback
from pywrangler.runtime.user_code import runs_user_code

_running: set[asyncio.Future[Any]] = set()
"""Started listeners, kept so that the loop does not lose them."""


class Event(JsProxy):
    """An event: `Event.new(type, bubbles=, cancelable=, composed=)`."""

    NONE = 0
    CAPTURING_PHASE = 1
    AT_TARGET = 2
    BUBBLING_PHASE = 3
    isTrusted = False

    def __init__(self, type: Any, init: Any = None, **named: Any) -> None:
        from pywrangler.runtime.js.convert import options

        given = options(init, named)
        self.type = to_string(type)
        self.bubbles = truthy(given.get("bubbles"))
        self.cancelable = truthy(given.get("cancelable"))
        self.composed = truthy(given.get("composed"))
        self.target: Any = jsnull
        self.currentTarget: Any = jsnull
        self.defaultPrevented = False
        self.eventPhase = Event.NONE
        self.timeStamp = int(time.monotonic() * 1000)
        self._stopped = False
        self._propagation_stopped = False
        self._init(given)

    def _init(self, given: Any) -> None:
        """Read what a subclass adds to the options."""

    @property
    def returnValue(self) -> bool:
        """False once the default was prevented."""
        return not self.defaultPrevented

    @property
    def srcElement(self) -> Any:
        """The target, by its old name."""
        return self.target

    @property
    def cancelBubble(self) -> bool:
        """Whether `stopPropagation` was called; setting it true calls it."""
        return self._propagation_stopped

    @cancelBubble.setter
    def cancelBubble(self, value: Any) -> None:
        self._propagation_stopped = self._propagation_stopped or truthy(value)

    def preventDefault(self) -> None:
        """Ask for the default action not to happen; only cancelable events listen."""
        self.defaultPrevented = self.defaultPrevented or self.cancelable

    def stopPropagation(self) -> None:
        """Nothing propagates here; `cancelBubble` tells that it was called."""
        self._propagation_stopped = True

    def stopImmediatePropagation(self) -> None:
        """Call no further listener."""
        self._stopped = self._propagation_stopped = True

    def composedPath(self) -> Any:
        """Return the targets the event passes: one, while it is dispatched."""
        from pywrangler.runtime.js.values import array

        return array(() if self.target is jsnull else (self.target,))


class CustomEvent(Event):
    """An event with `detail`."""

    def _init(self, given: Any) -> None:
        self.detail = given.get("detail", jsnull)


class MessageEvent(Event):
    """A message arrived: `data` is str or binary."""

    def _init(self, given: Any) -> None:
        from pywrangler.runtime.js.values import array

        self.data = given.get("data", jsnull)
        self.origin = given.get("origin", jsnull)
        self.lastEventId = given.get("lastEventId", "")
        self.source = given.get("source", jsnull)
        self.ports = given.get("ports", array())


class CloseEvent(Event):
    """A socket closed: `code`, `reason`, `wasClean`."""

    def _init(self, given: Any) -> None:
        self.code = int(to_integer(given.get("code", 0)))
        self.reason = to_string(given.get("reason", ""))
        self.wasClean = truthy(given.get("wasClean", False))


class ErrorEvent(Event):
    """Something failed: `message`, `error` and where."""

    def _init(self, given: Any) -> None:
        self.message = to_string(given.get("message", ""))
        self.error = given.get("error", None)
        self.filename = to_string(given.get("filename", ""))
        self.lineno = int(to_integer(given.get("lineno", 0)))
        self.colno = int(to_integer(given.get("colno", 0)))


class EventTarget(JsProxy):
    """An object that events are dispatched to. Subclasses need not call `__init__`."""

    _listeners: dict[str, list[tuple[Any, bool]]] | None = None

    def addEventListener(self, type: Any, listener: Any = None, init: Any = None, **named: Any) -> None:
        """Call `listener` for events of a type; options `once` and `signal`. The same listener is added once."""
        if listener is None or listener is jsnull:
            return
        warn_borrowed(listener, "addEventListener")
        name = to_string(type)
        once, signal = False, None
        if (init is not None and not isinstance(init, bool)) or named:
            from pywrangler.runtime.js.convert import options

            given = options(init, named)
            once, signal = truthy(given.get("once")), given.get("signal")
        if signal is not None and signal is not jsnull and signal.aborted:
            return
        if self._listeners is None:
            self._listeners = {}
        found = self._listeners.setdefault(name, [])
        if all(known != listener for known, _ in found):
            found.append((listener, once))
        if signal is not None and signal is not jsnull:
            signal.addEventListener("abort", lambda _event: self.removeEventListener(name, listener))

    def removeEventListener(self, type: Any, listener: Any = None, *_options: Any) -> None:
        """Undo `addEventListener` with the same listener."""
        if self._listeners is not None:
            name = to_string(type)
            self._listeners[name] = [pair for pair in self._listeners.get(name, ()) if pair[0] != listener]

    def dispatchEvent(self, event: Event) -> bool:
        """Call the listeners now; false if one prevented the default."""
        event.target = event.currentTarget = self
        event.eventPhase = Event.AT_TARGET
        event._stopped = False
        handler = getattr(self, f"on{event.type}", None)
        if handler is not None and handler is not jsnull and callable(handler):
            self._call_listener(handler, event)
        for listener, once in tuple((self._listeners or {}).get(event.type, ())):
            if event._stopped:
                break
            if once:
                self.removeEventListener(event.type, listener)
            self._call_listener(getattr(listener, "handleEvent", listener), event)
        event.currentTarget = jsnull
        event.eventPhase = Event.NONE
        return not event.defaultPrevented

    def _has_listener(self, type: str) -> bool:
        """Tell whether anybody would hear an event of the type."""
        handler = getattr(self, f"on{type}", None)
        return (handler is not None and handler is not jsnull) or bool((self._listeners or {}).get(type))

    def _call_listener(self, listener: Any, event: Event) -> None:
        try:
            result = as_callback(listener, event)
        except Exception as error:
            self._listener_failed(error, event)
        else:
            if hasattr(result, "__await__"):
                run_detached(result)

    def _listener_failed(self, error: Exception, event: Event) -> None:  # noqa: ARG002 - for subclasses
        """A synchronous listener raised; the other listeners still run."""
        report(error)


def run_detached(awaitable: Any) -> None:
    """Run what a callback returned as a task of the current event; a failure is logged."""

    @runs_user_code
    async def finish() -> None:
        try:
            await awaitable
        except Exception as error:
            _rejected(error)

    task = asyncio.ensure_future(finish())
    _running.add(task)
    task.add_done_callback(_running.discard)
    if (event := context.current()) is not None:
        event.pending.add(task)
        task.add_done_callback(event.pending.discard)


GLOBAL_SCOPE: Any = None
"""The event target of the global scope (`builtins.scope`), once user code asked for it."""


def _rejected(error: Exception) -> None:
    """Tell the global listeners of `unhandledrejection`, and log unless one of them prevents that."""
    if GLOBAL_SCOPE is not None and GLOBAL_SCOPE._has_listener("unhandledrejection"):
        from pywrangler.runtime.js.builtins.scope import PromiseRejectionEvent

        if not GLOBAL_SCOPE.dispatchEvent(PromiseRejectionEvent.of(JsPromise.rejected(error), error)):
            return
    report(error, "Uncaught (in promise)")


def report(error: BaseException, prefix: str = "Uncaught") -> None:
    """Log an exception that nobody will catch, with its traceback."""
    context.report(error, f"{prefix} ")
