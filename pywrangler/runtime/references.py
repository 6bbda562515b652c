"""What goes by reference between Workers: functions and RpcTargets (spec/durable-objects.md, section 8).

An `Export` is the thing itself with the event it belongs to: calls of it are events there, through the gates of the
object if it is one, which stays in memory while somebody holds the export. An `RpcStub` is what the other side has: it
can be called, every attribute is a method, and it ends with `dispose()` or with the last reference to it. Stubs that
arrive as arguments end with the call; who wants to keep one takes a `dup()`.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.runtime import context
from pywrangler.runtime.clone import freeze
from pywrangler.runtime.js.errors import JsException, error, type_error
from pywrangler.runtime.js.proxy import JsPromise, JsProxy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from pywrangler.runtime.clone import Frozen
    from pywrangler.runtime.context import EventContext
    from pywrangler.runtime.ports import FaceName

DISPOSED = "RPC stub used after being disposed."
RESERVED = frozenset(
    ("alarm", "webSocketMessage", "webSocketClose", "webSocketError", "dup", "constructor", "fetch", "connect")
)
"""Names that cannot be called as methods; `fetch` and `connect` have meanings of their own."""
PROBES = frozenset(("byteLength", "js_object", "js_response", "js_error", "to_bytes", "aborted", "then"))
"""Names by which the runtime recognises objects of other kinds; a stub, which answers to every name, lacks these."""


class RpcTarget:
    """Base of classes whose instances go by reference; their public methods can be called from elsewhere.

    A method `dispose`, if there is one, is called when the last stub is gone.
    """


def context_of(event: EventContext | None) -> contextvars.Context:
    """Return a fresh context in which `event` is the current one."""
    scope = contextvars.Context()
    if event is not None:
        scope.run(context.enter, event)
    return scope


def start(action: Callable[[], Awaitable[Any]]) -> Awaitable[Any]:
    """Start `action` through the output gate and return its result; held actions are dropped if the commit fails."""
    event = context.current()
    if event is None or event.outputs is None:
        return action()
    started: list[Awaitable[Any]] = []
    waiting: asyncio.Future[Any] | None = None

    def go() -> None:
        result = action()
        if waiting is None:
            started.append(result)
        else:
            source = asyncio.ensure_future(result)
            forward(source, waiting)
            waiting.add_done_callback(lambda given_up: source.cancel() if given_up.cancelled() else None)

    event.outputs.hold(go)
    if started:
        return started[0]
    waiting = asyncio.get_running_loop().create_future()
    return waiting


def forward(source: asyncio.Future[Any], sink: asyncio.Future[Any]) -> None:
    """Give `sink` the outcome of `source`, unless nobody waits for it any more."""

    def settled(done: asyncio.Future[Any]) -> None:
        if sink.done():
            if not done.cancelled():
                done.exception()
        elif done.cancelled():
            sink.cancel()
        elif (problem := done.exception()) is not None:
            sink.set_exception(problem)
        else:
            sink.set_result(done.result())

    source.add_done_callback(settled)


class Export:
    """A function or RpcTarget that others hold."""

    __slots__ = ("_holders", "event", "target")

    def __init__(self, target: Any, event: EventContext | None) -> None:
        self.target = target
        self.event = event
        self._holders = 0

    def hold(self) -> None:
        """One more holder; the first keeps the object of the event in memory."""
        self._holders += 1
        if self._holders == 1 and self.event is not None and self.event.actor is not None:
            self.event.actor.retain_stub()

    def release(self, count: int = 1) -> None:
        """So many holders are gone; after the last one the target is told."""
        if not self._holders:
            return
        self._holders = max(0, self._holders - count)
        if self._holders:
            return
        if self.event is not None and self.event.actor is not None:
            self.event.actor.release_stub()
        dispose = getattr(self.target, "dispose", None) if isinstance(self.target, RpcTarget) else None
        if dispose is not None:
            context_of(self.event).run(dispose)

    def run(self, path: Sequence[str], arguments: Sequence[Any]) -> asyncio.Future[Any]:
        """Call the function, or a method of the target, as an event of its owner."""
        scope = context_of(self.event)
        if self.event is not None and self.event.actor is not None:
            submitted: asyncio.Future[Any] = scope.run(
                self.event.actor.submit, lambda _instance: self._invoke(path, arguments)
            )
            return submitted
        return scope.run(asyncio.get_running_loop().create_task, self._task(path, arguments))

    async def _task(self, path: Sequence[str], arguments: Sequence[Any]) -> Any:
        result = self._invoke(path, arguments)
        return await result if hasattr(result, "__await__") else result

    def _invoke(self, path: Sequence[str], arguments: Sequence[Any]) -> Any:
        called = self.target
        for name in path:
            called = _member(called, name)
        return called(*arguments)


def _member(target: Any, name: str) -> Any:
    """Return a method by name; only what the class defines counts, as on the platform."""
    if name in RESERVED and name not in ("fetch", "connect"):
        raise reserved(name)
    if isinstance(target, (RpcTarget, JsProxy)) and not name.startswith("__"):
        found = getattr(target, name, None)
        if callable(found) and (isinstance(target, JsProxy) or callable(getattr(type(target), name, None))):
            return found
    raise type_error(f'The RPC receiver does not implement the method "{name}".')


def reserved(name: str) -> JsException:
    """Return the error for a name that cannot be called."""
    return type_error(f"'{name}' is a reserved method and cannot be called over RPC.")


class Callee(Protocol):
    """The far side of a stub."""

    def invoke(self, path: Sequence[str], arguments: Frozen, face: FaceName) -> Awaitable[Any]:
        """Start a call."""

    def hold(self) -> None:
        """One more stub refers to it."""

    def release(self) -> None:
        """One stub less refers to it."""


class RpcStub(JsProxy):
    """A function or RpcTarget of another Worker."""

    __slots__ = ("_callee", "_is_disposed")

    def __init__(self, callee: Callee) -> None:
        callee.hold()
        self._callee = callee
        self._is_disposed = False

    @property
    def typeof(self) -> str:
        """Stubs are functions, whatever they stand for."""
        return "function"

    def __call__(self, *arguments: Any, **named: Any) -> JsPromise:
        return self._invoke((), _with_options(arguments, named), "js")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in PROBES:
            raise AttributeError(name)
        return RpcMethod.new(self, (name,))

    def _call(self, method: str, arguments: Sequence[Any], face: FaceName = "python") -> JsPromise:
        """Call a method with Python values; starts now."""
        return self._invoke((method,), arguments, face)

    def _invoke(self, path: Sequence[str], arguments: Sequence[Any], face: FaceName) -> JsPromise:
        if self._is_disposed:
            return JsPromise.rejected(error(DISPOSED))
        if path and path[0] in RESERVED and path[0] not in ("fetch", "connect"):
            return JsPromise.rejected(reserved(path[0]))
        try:
            frozen = freeze(list(arguments), script=face == "js")
        except JsException as problem:
            return JsPromise.rejected(problem)
        callee = self._callee
        promise: JsPromise = JsPromise.new(start(lambda: callee.invoke(path, frozen, face)))
        return promise

    def dup(self) -> RpcStub:
        """Return another stub for the same, with a life of its own."""
        if self._is_disposed:
            raise error(DISPOSED)
        copy: RpcStub = RpcStub.new(self._callee)
        return copy

    def dispose(self) -> None:
        """Let go of the far side."""
        if not self._is_disposed:
            self._is_disposed = True
            self._callee.release()

    def __del__(self) -> None:
        if not getattr(self, "_is_disposed", True):
            self.dispose()


class RpcMethod(JsProxy, js_name="RpcProperty"):
    """A method of a stub, or of what such a method would return."""

    __slots__ = ("_path", "_stub")

    def __init__(self, stub: RpcStub, path: tuple[str, ...]) -> None:
        self._stub = stub
        self._path = path

    @property
    def typeof(self) -> str:
        """Methods are functions."""
        return "function"

    def __call__(self, *arguments: Any, **named: Any) -> JsPromise:
        return self._stub._invoke(self._path, _with_options(arguments, named), "js")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in PROBES:
            raise AttributeError(name)
        return RpcMethod.new(self._stub, (*self._path, name))


def _with_options(arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
    if not named:
        return arguments
    from pywrangler.runtime.js.values import plain

    return (*arguments, plain(named))


def is_function(value: Any) -> bool:
    """Whether a value goes by reference because it can be called."""
    return callable(value) and not inspect.isclass(value)
