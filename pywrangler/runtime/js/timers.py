"""setTimeout and its kin, queueMicrotask, scheduler.

A timer runs in the event that set it and keeps that event alive until it fired or was cleared. One that an object set
is an event of the object: it passes the gates, keeps the object in memory, and is gone when the object is reset. What a
callback raises is logged; a coroutine that it returns is run.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from typing import Any

from pywrangler.runtime import context
from pywrangler.runtime.js.advice import warn_borrowed
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.events import report, run_detached
from pywrangler.runtime.js.primitives import is_primitive, to_integer, to_number, to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.sync_bridge import as_callback

LONGEST_MS = 2**31 - 1
"""A longer delay is 1 ms, as in JavaScript."""

_ids = itertools.count(1)
_timers: dict[int, _Timer] = {}

_GLOBAL_SCOPE = (
    "Disallowed operation called within global scope. Asynchronous I/O (ex: fetch() or connect()), setting a timeout, "
    "and generating random values are not allowed within global scope. To fix this error, perform this operation "
    "within a handler."
)


class _Timer:
    """One pending timeout or interval."""

    def __init__(self, callback: Any, milliseconds: Any, arguments: tuple[Any, ...], *, repeats: bool) -> None:
        if not callable(callback):
            raise type_error(f"Failed to execute 'setTimeout': {to_string(callback)} is not a function.")
        refuse_in_global_scope()
        self.loop = running_loop()
        warn_borrowed(callback, "setInterval" if repeats else "setTimeout")
        self.callback = callback
        self.arguments = arguments
        delay = to_number(milliseconds)
        delay = 0 if math.isnan(delay) or delay < 0 else delay
        self.seconds = (1 if delay > LONGEST_MS else int(delay)) / 1000
        self.repeats = repeats
        self.id = next(_ids)
        self.done: asyncio.Future[None] = self.loop.create_future()
        self.actor: Any = None
        if (event := context.current()) is not None:
            event.pending.add(self.done)
            self.done.add_done_callback(event.pending.discard)
            if event.actor is not None:
                self.actor = event.actor
                self.actor.adopt(self.done)
                self.done.add_done_callback(self._ended)
        _timers[self.id] = self
        self.handle = self.loop.call_later(self.seconds, self.fire)

    def fire(self) -> None:
        if self.repeats:
            self.handle = self.loop.call_later(max(self.seconds, 0.001), self.fire)
        if self.actor is not None:
            self.actor.perform(lambda: as_callback(self.callback, *self.arguments), report)
        else:
            try:
                result = self.callback(*self.arguments)
            except Exception as problem:
                report(problem)
            else:
                if hasattr(result, "__await__"):
                    run_detached(result)
        if not self.repeats:
            self.finish()

    def _ended(self, done: asyncio.Future[None]) -> None:
        """The object was reset: its timers never fire."""
        if done.cancelled():
            self.finish()

    def finish(self) -> None:
        self.handle.cancel()
        _timers.pop(self.id, None)
        if not self.done.done() and not self.loop.is_closed():
            self.done.set_result(None)


def refuse_in_global_scope() -> None:
    """Raise the platform's Error at module level, where no I/O, no timers and no random values are allowed."""
    if context.in_global_scope():
        raise error(_GLOBAL_SCOPE)


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the loop; the platform's Error at module level, where no I/O is allowed."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise error(_GLOBAL_SCOPE) from None


def setTimeout(callback: Any = None, milliseconds: Any = 0, *arguments: Any) -> int:
    """Call back once after a delay; returns an id for `clearTimeout`.

    At module level only without a delay: the platform makes that a microtask (and its id 0), which asyncio needs there.
    """
    if context.in_global_scope() and callable(callback) and not to_integer(milliseconds):
        queueMicrotask(callback if not arguments else lambda: callback(*arguments))
        return 0
    return _Timer(callback, milliseconds, arguments, repeats=False).id


def setInterval(callback: Any = None, milliseconds: Any = 0, *arguments: Any) -> int:
    """Call back again and again; returns an id for `clearInterval`."""
    return _Timer(callback, milliseconds, arguments, repeats=True).id


def setImmediate(callback: Any = None, *arguments: Any) -> int:
    """Call back in the next turn."""
    return _Timer(callback, 0, arguments, repeats=False).id


def clearTimeout(identifier: Any = None) -> None:
    """Forget a timer; unknown ids are ignored."""
    identifier = getattr(identifier, "_timer_id", identifier)
    timer = _timers.get(identifier) if is_primitive(identifier) and identifier is not jsnull else None
    if timer is not None:
        timer.finish()


clearInterval = clearTimeout
clearImmediate = clearTimeout


def queueMicrotask(callback: Any = None) -> None:
    """Call back as soon as the code that runs now has ended."""
    if not callable(callback):
        raise type_error("Failed to execute 'queueMicrotask': parameter 1 is not of type 'Function'.")
    warn_borrowed(callback, "queueMicrotask")
    running_loop().call_soon(_run, callback)


def _run(callback: Any) -> None:
    try:
        result = callback()
    except Exception as problem:
        report(problem)
    else:
        if hasattr(result, "__await__"):
            run_detached(result)


class Scheduler(JsProxy):
    """The namespace `scheduler`."""

    def wait(self, milliseconds: Any = 0, init: Any = None, **named: Any) -> JsPromise:
        """Promise that is fulfilled after a delay; option `signal` rejects it earlier."""
        from pywrangler.runtime.js.convert import options

        signal = options(init, named).get("signal")
        finished: asyncio.Future[None] = running_loop().create_future()
        if signal is not None and signal is not jsnull:
            if signal.aborted:
                return JsPromise.rejected(signal.exception)
            signal.addEventListener("abort", lambda _event: _reject(finished, signal.exception))
        timer = setTimeout(lambda: None if finished.done() else finished.set_result(None), milliseconds)
        finished.add_done_callback(lambda _finished: clearTimeout(timer))
        promise: JsPromise = JsPromise.new(finished)
        return promise


def _reject(future: asyncio.Future[None], exception: BaseException) -> None:
    if not future.done():
        future.set_exception(exception)
