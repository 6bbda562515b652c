"""`node:timers`: timers that are objects."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js import timers
from pywrangler.runtime.js.node.arguments import need_function
from pywrangler.runtime.js.proxy import JsProxy


class Timeout(JsProxy):
    """A timer; the global `clearTimeout` takes it too."""

    def __init__(self, callback: Any, milliseconds: Any, arguments: tuple[Any, ...], *, repeats: bool) -> None:
        self._call = (need_function("callback", callback), milliseconds, arguments, repeats)
        self._timer_id = 0
        self.refresh()

    def refresh(self) -> Timeout:
        """Begin anew."""
        callback, milliseconds, arguments, repeats = self._call
        self.close()
        begin = timers.setInterval if repeats else timers.setTimeout
        self._timer_id = begin(callback, milliseconds, *arguments)
        return self

    def close(self) -> Timeout:
        """Forget the timer."""
        timers.clearTimeout(self._timer_id)
        return self

    def ref(self) -> Timeout:
        """Nothing ends while a timer waits, so that this changes nothing."""
        return self

    def unref(self) -> Timeout:
        """The same."""
        return self

    def hasRef(self) -> bool:
        """Always."""
        return True

    def valueOf(self) -> int:
        """Return the number of the timer."""
        return self._timer_id


def setTimeout(callback: Any = None, milliseconds: Any = 0, *arguments: Any) -> Timeout:
    """Call back once after a delay."""
    return Timeout.new(callback, milliseconds, arguments, repeats=False)  # type: ignore[no-any-return]


def setInterval(callback: Any = None, milliseconds: Any = 0, *arguments: Any) -> Timeout:
    """Call back again and again."""
    return Timeout.new(callback, milliseconds, arguments, repeats=True)  # type: ignore[no-any-return]


EXPORTS: dict[str, Any] = {
    "Timeout": Timeout,
    "clearImmediate": timers.clearImmediate,
    "clearInterval": timers.clearInterval,
    "clearTimeout": timers.clearTimeout,
    "setImmediate": timers.setImmediate,
    "setInterval": setInterval,
    "setTimeout": setTimeout,
}
MISSING = "active enroll unenroll"


def complete(exports: dict[str, Any]) -> None:
    """Add the promises."""
    from pywrangler.runtime.js.node import load_module

    exports["promises"] = exports["default"].promises = load_module("node:timers/promises")
