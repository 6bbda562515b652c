"""The event that is being handled, carried by a context variable into every task user code starts.

The rest of the runtime asks here for three things: who is running (`current`), where console output goes (`log`),
and when something may leave (`output`): the output gate of spec/durable-objects.md, section 3.
"""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Iterator, Sequence


class Outputs(Protocol):
    """The output gate of an object."""

    def hold(self, action: Callable[[], None]) -> None:
        """Run `action` now if nothing awaits its commit, else right after the commit, in order; drop it on failure."""


@dataclass(slots=True)
class EventContext:
    """One event. `env` and `ctx` are raw JavaScript values; wrappers are made by the SDK."""

    worker: Any
    """The `runtime.worker.WorkerRuntime`."""
    env: Any
    ctx: Any
    outputs: Outputs | None = None
    """The gate of the object that handles the event; None in a stateless entrypoint."""
    actor: Any = None
    """The `runtime.objects.Actor`, for objects."""
    waited: Collection[asyncio.Future[Any]] = ()
    """What the handler of a client's request gave to `waitUntil` and is not done yet."""
    pending: set[asyncio.Future[Any]] = field(default_factory=set)
    """Timers and callbacks that are under way."""


@dataclass(slots=True)
class Witness:
    """What is seen of an event by whoever delivers it."""

    event: EventContext | None = None
    called: Any = None
    """The method of user code that takes a call."""


_current: ContextVar[EventContext | None] = ContextVar("pywrangler_event", default=None)
_witness: ContextVar[Witness | None] = ContextVar("pywrangler_event_witness", default=None)


def current() -> EventContext | None:
    """Return the event being handled, or None (module level, or a task that outlived its host)."""
    return _current.get()


def enter(event: EventContext) -> Any:
    """Make `event` current in this task and those it starts; give the result to `leave`."""
    witness = _witness.get()
    if witness is not None and witness.event is None:
        witness.event = event
    return _current.set(event)


def observe() -> Witness:
    """Return what tells of the first event that tasks of this context enter: who delivers one sees which."""
    seen = Witness()
    _witness.set(seen)
    return seen


def note_called(method: Any) -> None:
    """Tell who delivers the event which method takes it."""
    witness = _witness.get()
    if witness is not None:
        witness.called = method


def leave(token: Any) -> None:
    """Undo `enter`."""
    _current.reset(token)


_in_global_scope = False


@contextmanager
def global_scope() -> Iterator[None]:
    """Run the Worker's modules: no event is handled yet, and what needs one is refused (`in_global_scope`)."""
    global _in_global_scope
    _in_global_scope = True
    try:
        yield
    finally:
        _in_global_scope = False


def in_global_scope() -> bool:
    """Tell whether code at module level of the Worker is running."""
    return _in_global_scope


def output(action: Callable[[], None]) -> None:
    """Run `action` (a send, a call, the start of a request) once all writes issued before it are durable."""
    event = _current.get()
    if event is None or event.outputs is None:
        action()
    else:
        event.outputs.hold(action)


_sink: Callable[[str, str], None] | None = None


def set_log_sink(sink: Callable[[str, str], None]) -> None:
    """Send log output to `sink(level, text)`; levels are debug, log, info, warn, error."""
    global _sink
    _sink = sink


_recorder: Callable[[str, Sequence[Any]], None] | None = None


def set_recorder(recorder: Callable[[str, Sequence[Any]], None]) -> None:
    """Tell `recorder(level, values)` what user code says, value by value, besides what goes to the log."""
    global _recorder
    _recorder = recorder


def record(level: str, values: Sequence[Any]) -> None:
    """Tell the recorder, if there is one, of a call of `console`."""
    if _recorder is not None:
        _recorder(level, values)


def record_lines(level: str, text: str) -> None:
    """Tell the recorder, if there is one, of each line that was printed."""
    if _recorder is not None:
        for line in text.split("\n"):
            _recorder(level, (line,))


_reporter: Callable[[BaseException, str], None] | None = None


def set_reporter(reporter: Callable[[BaseException, str], None]) -> None:
    """Show exceptions that nobody catches by `reporter(exception, prefix)`."""
    global _reporter
    _reporter = reporter


def report(problem: BaseException, prefix: str) -> None:
    """Show an exception that nobody will catch; the prefix says how that came."""
    if _reporter is not None:
        _reporter(problem, prefix)
    else:
        log("error", f"{prefix}{''.join(traceback.format_exception(problem)).rstrip()}")


_SHOWN = "_pywrangler_is_shown"


def report_early(problem: BaseException, prefix: str) -> None:
    """Show an exception that goes on to whoever called; if nobody catches it, it is not shown again."""
    report(problem, prefix)
    problem.__dict__[_SHOWN] = True


def was_shown(problem: BaseException) -> bool:
    """Say whether an exception that nobody caught was shown on its way; asked once."""
    return bool(problem.__dict__.pop(_SHOWN, False))


def log(level: str, text: str) -> None:
    """Report one piece of output of user code; without a sink (plain tests) it is dropped."""
    if _sink is not None:
        _sink(level, text)
