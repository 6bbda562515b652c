"""`node:timers/promises`: timers to wait for."""

from __future__ import annotations

import asyncio
from typing import Any

from pywrangler.runtime.js import timers
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.node.events import Events, _aborted
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull


def setTimeout(milliseconds: Any = 1, value: Any = None, options: Any = None, **named: Any) -> JsPromise:
    """Return the promise of `value` after a delay; option `signal` rejects it with an AbortError."""
    done: asyncio.Future[Any] = timers.running_loop().create_future()
    signal = given_options(options, named).get("signal")

    def abort(_event: Any = None) -> None:
        if not done.done():
            done.set_exception(_aborted(signal))

    if signal is not None and signal is not jsnull:
        if signal.aborted:
            return JsPromise.rejected(_aborted(signal))
        signal.addEventListener("abort", abort)
    timer = timers.setTimeout(lambda: None if done.done() else done.set_result(value), milliseconds)
    done.add_done_callback(lambda _done: timers.clearTimeout(timer))
    return JsPromise.new(done)  # type: ignore[no-any-return]


def setImmediate(value: Any = None, options: Any = None, **named: Any) -> JsPromise:
    """Return the promise of `value` in the next turn."""
    return setTimeout(0, value, options, **named)


def setInterval(milliseconds: Any = 1, value: Any = None, options: Any = None, **named: Any) -> Events:
    """Return an asynchronous iterator that gives `value` again and again; option `signal` ends it by an error."""
    found: Events = Events.new()
    timer = timers.setInterval(lambda: found._push(value), milliseconds)
    found._ends = [lambda: timers.clearInterval(timer)]
    signal = given_options(options, named).get("signal")
    if signal is not None and signal is not jsnull:
        if signal.aborted:
            found._fail(_aborted(signal))
        else:
            signal.addEventListener("abort", lambda _event: found._fail(_aborted(signal)))
    return found


class Scheduler(JsProxy):
    """The namespace `scheduler`."""

    def wait(self, milliseconds: Any = 1, options: Any = None, **named: Any) -> JsPromise:
        """Return the promise of undefined after a delay."""
        return setTimeout(milliseconds, None, options, **named)

    def yield_(self) -> JsPromise:
        """Return the promise of the next turn."""
        return setTimeout(0)


EXPORTS: dict[str, Any] = {
    "scheduler": Scheduler.new(),
    "setImmediate": setImmediate,
    "setInterval": setInterval,
    "setTimeout": setTimeout,
}
