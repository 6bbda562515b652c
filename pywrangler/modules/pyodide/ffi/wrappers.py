"""`pyodide.ffi.wrappers`: listeners and timers with plain Python functions, kept alive as long as needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywrangler.runtime.js import timers
from pywrangler.runtime.js.values import JsDoubleProxy

__all__ = [
    "add_event_listener",
    "clear_interval",
    "clear_timeout",
    "remove_event_listener",
    "set_interval",
    "set_timeout",
]

_listeners: dict[tuple[int, str, Callable[[Any], None]], Any] = {}


def add_event_listener(elt: Any, event: str, listener: Callable[[Any], None]) -> None:
    """Call `listener` for events of `elt` until `remove_event_listener`."""
    proxy = JsDoubleProxy.new(listener)
    _listeners[elt.js_id, event, listener] = proxy
    elt.addEventListener(event, proxy)


def remove_event_listener(elt: Any, event: str, listener: Callable[[Any], None]) -> None:
    """Undo `add_event_listener`; KeyError if there was none."""
    proxy = _listeners.pop((elt.js_id, event, listener))
    elt.removeEventListener(event, proxy)
    proxy.destroy()


def set_timeout(callback: Callable[[], None], timeout: int) -> int:
    """Call back once after `timeout` milliseconds; returns an id."""
    return timers.setTimeout(JsDoubleProxy.new(callback), timeout)


def clear_timeout(timeout_retval: int) -> None:
    """Undo `set_timeout`."""
    timers.clearTimeout(timeout_retval)


def set_interval(callback: Callable[[], None], interval: int) -> int:
    """Call back every `interval` milliseconds; returns an id."""
    return timers.setInterval(JsDoubleProxy.new(callback), interval)


def clear_interval(interval_retval: int) -> None:
    """Undo `set_interval`."""
    timers.clearInterval(interval_retval)
