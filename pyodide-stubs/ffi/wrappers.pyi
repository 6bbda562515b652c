"""Listeners and timers with plain Python functions, kept alive as long as needed."""

from collections.abc import Callable
from typing import Any

import js

def add_event_listener(elt: js.EventTarget, event: str, listener: Callable[[Any], Any]) -> None:
    """Call `listener` for events of `elt` until `remove_event_listener`."""

def remove_event_listener(elt: js.EventTarget, event: str, listener: Callable[[Any], Any]) -> None:
    """Undo `add_event_listener`; KeyError if there was none."""

def set_timeout(callback: Callable[[], Any], timeout: int) -> int:
    """Call back once after `timeout` milliseconds; returns an id."""

def clear_timeout(timeout_retval: int) -> None:
    """Undo `set_timeout`."""

def set_interval(callback: Callable[[], Any], interval: int) -> int:
    """Call back every `interval` milliseconds; returns an id."""

def clear_interval(interval_retval: int) -> None:
    """Undo `set_interval`."""
