"""`WeakRef` and `FinalizationRegistry`: objects that may be gone."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

from pywrangler.runtime.js.advice import warn_borrowed
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.events import report
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue


class WeakRef(JsProxy):
    """`WeakRef.new(object).deref()`."""

    def __init__(self, target: Any) -> None:
        if not isinstance(target, JsValue):
            raise type_error("WeakRef: target must be an object")
        self._target = weakref.ref(target)

    def deref(self) -> Any:
        """Return the object, or undefined when it is gone."""
        return self._target()


class FinalizationRegistry(JsProxy):
    """`FinalizationRegistry.new(callback)`: calls back with what was held for an object some time after it is gone."""

    def __init__(self, callback: Any = None) -> None:
        if not callable(callback):
            raise type_error("FinalizationRegistry: cleanup must be callable")
        warn_borrowed(callback, "FinalizationRegistry")
        self._callback = callback
        self._watched: list[tuple[weakref.finalize[Any, Any], weakref.ref[Any] | None]] = []

    def register(self, target: Any, held: Any = None, token: Any = None) -> None:
        """Watch an object; `token` is for `unregister`."""
        if not isinstance(target, JsValue):
            raise type_error(f"FinalizationRegistry.prototype.register: invalid target: {to_string(target)}")
        if held is target:
            raise type_error("FinalizationRegistry.prototype.register: target and holdings must not be same")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        watch = weakref.finalize(target, self._gone, loop, held)
        watch.atexit = False
        self._watched = [pair for pair in self._watched if pair[0].alive]
        self._watched.append((watch, None if token is None else weakref.ref(token)))

    def unregister(self, token: Any) -> bool:
        """Watch no longer the objects registered with a token; tells whether there were any."""
        found = [watch for watch, known in self._watched if known is not None and known() is token and watch.alive]
        for watch in found:
            watch.detach()
        return bool(found)

    def _gone(self, loop: asyncio.AbstractEventLoop | None, held: Any) -> None:
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._call, held)

    def _call(self, held: Any) -> None:
        try:
            self._callback(held)
        except Exception as problem:
            report(problem)
