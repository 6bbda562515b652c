"""`node:events`: `EventEmitter`, which Python classes may inherit from, and what waits for its events.

Listeners are called in order, with the arguments of `emit`. What a coroutine function returns runs as a task.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.builtins.symbols import Symbol
from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.errors import JsException, error
from pywrangler.runtime.js.events import EventTarget, run_detached
from pywrangler.runtime.js.inspect import inspect
from pywrangler.runtime.js.node.arguments import is_number, need_function, out_of_range, wrong_type
from pywrangler.runtime.js.primitives import property_key, to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.js.values import plain
from pywrangler.runtime.sync_bridge import as_callback

errorMonitor = Symbol("events.errorMonitor")
captureRejectionSymbol = Symbol.for_("nodejs.rejection")


class _Listener:
    """A function that was added, perhaps for once."""

    __slots__ = ("function", "once")

    def __init__(self, function: Any, *, once: bool) -> None:
        self.function = function
        self.once = once


class EventEmitter(JsProxy):
    """Calls functions that were added for an event when it is emitted. Subclasses need not call `__init__`."""

    defaultMaxListeners = 10
    _emitted: dict[Any, list[_Listener]] | None = None
    _limit: Any = None

    def __init__(self, *_options: Any, **_named: Any) -> None:
        """The option `captureRejections` has no effect: failures of coroutines are logged."""

    @property
    def _added(self) -> dict[Any, list[_Listener]]:
        if self._emitted is None:
            self._emitted = {}
        return self._emitted

    def _add(self, name: Any, listener: Any, *, first: bool = False, once: bool = False) -> Any:
        need_function("listener", listener)
        key = property_key(name)
        if "newListener" in self._added:
            self.emit("newListener", key, listener)
        found = self._added.setdefault(key, [])
        found.insert(0 if first else len(found), _Listener(listener, once=once))
        return self

    def on(self, name: Any = None, listener: Any = None) -> Any:
        """Call a function at each event of a name; returns the emitter."""
        return self._add(name, listener)

    def addListener(self, name: Any = None, listener: Any = None) -> Any:
        """The same as `on`."""
        return self._add(name, listener)

    def once(self, name: Any = None, listener: Any = None) -> Any:
        """Call a function at the next event of a name."""
        return self._add(name, listener, once=True)

    def prependListener(self, name: Any = None, listener: Any = None) -> Any:
        """Call a function before those added earlier."""
        return self._add(name, listener, first=True)

    def prependOnceListener(self, name: Any = None, listener: Any = None) -> Any:
        """Call a function once, before those added earlier."""
        return self._add(name, listener, first=True, once=True)

    def off(self, name: Any = None, listener: Any = None) -> Any:
        """Undo the last `on` with this function."""
        need_function("listener", listener)
        key = property_key(name)
        found = self._added.get(key, [])
        for place in range(len(found) - 1, -1, -1):
            if found[place].function == listener:
                self._remove(key, found[place])
                break
        return self

    def removeListener(self, name: Any = None, listener: Any = None) -> Any:
        """The same as `off`."""
        return EventEmitter.off(self, name, listener)

    def _remove(self, key: Any, entry: _Listener) -> None:
        remaining = [other for other in self._added.get(key, ()) if other is not entry]
        if remaining:
            self._added[key] = remaining
        else:
            self._added.pop(key, None)
        if "removeListener" in self._added:
            self.emit("removeListener", key, entry.function)

    def removeAllListeners(self, *name: Any) -> Any:
        """Remove the functions of one event, or of all."""
        keys = [property_key(name[0])] if name else [key for key in self._added if key != "removeListener"]
        for key in keys:
            for entry in reversed(self._added.get(key, [])):
                self._remove(key, entry)
        if not name:
            self._added.clear()
        return self

    def emit(self, name: Any = None, *arguments: Any) -> bool:
        """Call the functions of an event; false if there are none. "error" without any raises what it is about."""
        key = property_key(name)
        if key == "error":
            for entry in tuple(self._added.get(errorMonitor, ())):
                self._call(errorMonitor, entry, arguments)
            if key not in self._added:
                raise _unhandled(*arguments)
        entries = tuple(self._added.get(key, ()))
        for entry in entries:
            self._call(key, entry, arguments)
        return bool(entries)

    def _call(self, key: Any, entry: _Listener, arguments: tuple[Any, ...]) -> None:
        if entry.once:
            if entry not in self._added.get(key, ()):
                return
            self._remove(key, entry)
        result = as_callback(entry.function, *arguments)
        if hasattr(result, "__await__"):
            run_detached(result)

    def listeners(self, name: Any = None) -> JsArray:
        """Return the functions of an event."""
        return array([entry.function for entry in self._added.get(property_key(name), ())])

    def rawListeners(self, name: Any = None) -> JsArray:
        """Return the functions of an event."""
        return self.listeners(name)

    def listenerCount(self, name: Any = None, listener: Any = None) -> int:
        """Return how many functions an event has, or how often it has one."""
        entries = self._added.get(property_key(name), ())
        return sum(listener is None or entry.function == listener for entry in entries)

    def eventNames(self) -> JsArray:
        """Return the names of the events that have functions."""
        return array(list(self._added))

    def setMaxListeners(self, n: Any = None) -> Any:
        """Set how many functions of an event are thought to be a mistake (here nobody is warned)."""
        if not is_number(n) or not n >= 0:
            raise out_of_range("n", "a non-negative number", n)
        self._limit = n
        return self

    def getMaxListeners(self) -> Any:
        """Return that number."""
        return EventEmitter.defaultMaxListeners if self._limit is None else self._limit

    def _own_properties(self) -> dict[str, Any]:
        return {name: value for name, value in super()._own_properties().items() if name[:1] != "_"}


def _unhandled(problem: Any = None, *_rest: Any) -> BaseException:
    if isinstance(problem, BaseException):
        return problem
    return error(f"Unhandled error. ({inspect(problem)})", code="ERR_UNHANDLED_ERROR")


def _aborted(signal: Any) -> JsException:
    problem = JsException("AbortError", "The operation was aborted", properties={"code": "ABORT_ERR"})
    return problem.mark(cause=signal.reason)


def _subscribe(emitter: Any, name: Any, listener: Callable[..., Any]) -> Callable[[], None]:
    """Add a listener to an emitter or an event target; returns what removes it."""
    if isinstance(emitter, EventTarget):
        emitter.addEventListener(name, listener)
        return lambda: emitter.removeEventListener(name, listener)
    if hasattr(emitter, "on") and hasattr(emitter, "removeListener"):
        emitter.on(name, listener)
        return lambda: emitter.removeListener(name, listener)
    raise wrong_type("emitter", "an instance of EventEmitter", emitter)


def once(emitter: Any = None, name: Any = None, options: Any = None, **named: Any) -> JsPromise:
    """Return the promise of the arguments of the next event; "error" and the option `signal` reject it."""
    done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def succeed(*given: Any) -> None:
        if not done.done():
            done.set_result(array(list(given)))

    def fail(problem: Any = None) -> None:
        if not done.done():
            done.set_exception(_unhandled(problem))

    ends = _listen(emitter, name, given_options(options, named).get("signal"), succeed, fail)
    done.add_done_callback(lambda _done: [end() for end in ends])
    return JsPromise.new(done)  # type: ignore[no-any-return]


def on(emitter: Any = None, name: Any = None, options: Any = None, **named: Any) -> Events:
    """Return an asynchronous iterator of the arguments of all events; option `signal` ends it by an error."""
    found: Events = Events.new()
    signal = given_options(options, named).get("signal")
    found._ends = _listen(emitter, name, signal, lambda *given: found._push(array(list(given))), found._fail)
    return found


def _listen(emitter: Any, name: Any, signal: Any, succeed: Any, fail: Any) -> list[Callable[[], None]]:
    ends = [_subscribe(emitter, name, succeed)]
    if name != "error" and not isinstance(emitter, EventTarget):
        ends.append(_subscribe(emitter, "error", fail))
    if signal is not None and signal is not jsnull:
        if signal.aborted:
            fail(_aborted(signal))
        else:
            ends.append(_subscribe(signal, "abort", lambda _event: fail(_aborted(signal))))
    return ends


class Events(JsProxy, js_name="AsyncIterator"):
    """The events of an emitter, for `async for`."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._problem: BaseException | None = None
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._ends: list[Callable[[], None]] = []

    def _push(self, item: Any) -> None:
        self._items.append(item)
        self._wake()

    def _fail(self, problem: Any = None) -> None:
        self._problem = _unhandled(problem)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        while not self._items:
            if self._problem is not None:
                problem, self._problem = self._problem, None
                self._end()
                raise problem
            if self._ended:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._items.popleft()

    def next(self) -> JsPromise:
        """Return the promise of `{value, done}`."""

        async def step() -> Any:
            try:
                return plain({"value": await self.__anext__(), "done": False})
            except StopAsyncIteration:
                return plain({"value": None, "done": True})

        return JsPromise.start(step())

    def return_(self, value: Any = None) -> JsPromise:
        """Hear no more events."""
        self._end()
        return JsPromise.resolved(plain({"value": value, "done": True}))

    def _end(self) -> None:
        self._ended = True
        for end in self._ends:
            end()
        self._wake()


def getEventListeners(emitter: Any = None, name: Any = None) -> JsArray:
    """Return the functions of an event, also of an EventTarget."""
    if isinstance(emitter, EventTarget):
        return array([listener for listener, _once in (emitter._listeners or {}).get(to_string(name), ())])
    if isinstance(emitter, EventEmitter):
        return emitter.listeners(name)
    raise wrong_type("emitter", "an instance of EventEmitter or EventTarget", emitter)


def listenerCount(emitter: Any = None, name: Any = None) -> int:
    """Return how many functions an event has."""
    return len(getEventListeners(emitter, name))


def getMaxListeners(emitter: Any = None) -> Any:
    """Return how many functions of an event are not thought to be a mistake."""
    return emitter.getMaxListeners() if isinstance(emitter, EventEmitter) else EventEmitter.defaultMaxListeners


def setMaxListeners(n: Any = 10, *emitters: Any) -> None:
    """Set that number, for emitters or for all."""
    if not emitters:
        EventEmitter.defaultMaxListeners = n
    for emitter in emitters:
        if isinstance(emitter, EventEmitter):
            emitter.setMaxListeners(n)


def addAbortListener(signal: Any = None, listener: Any = None) -> Any:
    """Call a function when a signal is aborted, at once if it is already; returns `{dispose}`."""
    need_function("listener", listener)
    if getattr(signal, "aborted", None) is None:
        raise wrong_type("signal", "an instance of AbortSignal", signal)
    if signal.aborted:
        listener(jsnull)
        return plain({"dispose": lambda: None})
    signal.addEventListener("abort", listener)
    return plain({"dispose": lambda: signal.removeEventListener("abort", listener)})


EXPORTS: dict[str, Any] = {
    "EventEmitter": EventEmitter,
    "addAbortListener": addAbortListener,
    "captureRejectionSymbol": captureRejectionSymbol,
    "captureRejections": False,
    "defaultMaxListeners": 10,
    "errorMonitor": errorMonitor,
    "getEventListeners": getEventListeners,
    "getMaxListeners": getMaxListeners,
    "listenerCount": listenerCount,
    "on": on,
    "once": once,
    "setMaxListeners": setMaxListeners,
    "usingDomains": False,
}
MISSING = {"EventEmitterAsyncResource": "use EventEmitter with AsyncResource of node:async_hooks"}
DEFAULT = EventEmitter
