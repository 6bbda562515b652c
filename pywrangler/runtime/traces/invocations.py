"""What is remembered of one invocation for tail consumers: its event, logs, exceptions and outcome.

Source: https://developers.cloudflare.com/workers/runtime-apis/handlers/tail/, and wrangler 4.164 beside it. Only
Workers with `tail_consumers` import this part; nothing of it runs for others.

- A trace is sent when the handler has ended and all that `waitUntil` was given, and a response's body has been read.
- An invocation is an event of its own: what it calls, in the same host too, has other traces.
- Logged are `console.log`, `debug`, `info`, `warn`, `error` with their arguments, and each printed line. Arguments that
  JSON can say are kept as JSON, everything else as a string.
- A failed RPC call is its caller's matter: the outcome is "ok", and there is no exception (as in workerd).
"""

from __future__ import annotations

import asyncio
import json
import math
import time
import traceback
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pywrangler
from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.json import stringify
from pywrangler.runtime.js.primitives import JsBigInt, to_string
from pywrangler.runtime.js.proxy import JsValue, jsnull
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.values import JsObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pywrangler.runtime.clock import Clock
    from pywrangler.runtime.ports import Face

LIMIT_BYTES = 256 * 1024
"""Of logs and exceptions in one trace."""
LIMIT_REACHED = "Log size limit exceeded: an invocation can log 256 KiB. What follows is not recorded."
LEVELS = frozenset(("log", "debug", "info", "warn", "error"))
OK, EXCEPTION, CANCELED = "ok", "exception", "canceled"

_OURS = str(Path(pywrangler.__file__).parent)
_MOST_SAFE = 2**53 - 1

_current: ContextVar[Trace | None] = ContextVar("pywrangler_trace", default=None)


def current() -> Trace | None:
    """Return the trace of the invocation that is running."""
    return _current.get()


def record(level: str, values: Sequence[Any]) -> None:
    """Add a line of output to the current trace, if there is one; for `context.set_recorder`."""
    trace = _current.get()
    if trace is not None:
        trace.log(level, values)


class Trace:
    """One invocation; `send(item)` is called once, with plain data."""

    __slots__ = ("_clock", "_face", "_item", "_open", "_send", "_size", "_started", "event")

    def __init__(
        self,
        event: dict[str, Any],
        about: Mapping[str, Any],
        face: Face,
        clock: Clock,
        send: Callable[[dict[str, Any]], None],
    ) -> None:
        self.event = event
        self._face = face
        self._clock = clock
        self._send = send
        self._started = time.monotonic()
        self._size = 0
        self._open = 1
        self._item: dict[str, Any] = {
            "event": event,
            "eventTimestamp": self._now(),
            "outcome": OK,
            "truncated": False,
            "logs": [],
            "exceptions": [],
            **about,
        }

    def _now(self) -> int:
        return int(self._clock.now() * 1000)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let what begins here belong to this invocation."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    # ---- what happens -------------------------------------------------------------------------------------

    def log(self, level: str, values: Sequence[Any]) -> None:
        """Record one call of `console`, or one printed line; nothing once the trace is sent."""
        if level == "stderr":
            level = "error"
        if not self._open or self._item["truncated"] or level not in LEVELS:
            return
        message = [as_data(item) for item in values]
        entry: dict[str, Any] = {"timestamp": self._now(), "level": level, "message": message}
        if any(isinstance(item, BaseException) for item in values):
            entry["errorInfo"] = [self._error(item) if isinstance(item, BaseException) else None for item in values]
        if self._fits(entry):
            self._item["logs"].append(entry)

    def note(self, problem: BaseException) -> None:
        """Record an exception that nobody caught."""
        if self._open and not self._item["truncated"]:
            entry = {"timestamp": self._now(), **self._error(problem)}
            if self._fits(entry):
                self._item["exceptions"].append(entry)

    def _fits(self, entry: dict[str, Any]) -> bool:
        self._size += len(json.dumps(entry))
        if self._size <= LIMIT_BYTES:
            return True
        self._item["truncated"] = True
        self._item["logs"].append({"timestamp": self._now(), "level": "warn", "message": [LIMIT_REACHED]})
        return False

    def _error(self, problem: BaseException) -> dict[str, Any]:
        theirs = [item for item in traceback.extract_tb(problem.__traceback__) if not item.filename.startswith(_OURS)]
        frames = "".join(traceback.StackSummary.from_list(theirs).format()).rstrip("\n")
        if isinstance(problem, JsException):
            stack = problem.stack.removeprefix(str(problem)).lstrip("\n")
            return {"name": problem.name, "message": problem.message, "stack": stack or frames}
        return {"name": "PythonError", "message": self._face.error_text(problem), "stack": frames}

    # ---- how it ends --------------------------------------------------------------------------------------

    def hold(self, future: asyncio.Future[Any], *, notes: bool = True) -> None:
        """Go on until `future` is done; its failure is an exception of this invocation if `notes`."""

        def done(future: asyncio.Future[Any]) -> None:
            problem = None if future.cancelled() else future.exception()
            if problem is not None and notes:
                self.note(problem)
            self._release()

        self._open += 1
        future.add_done_callback(done)

    def end(self, outcome: str = OK) -> None:
        """The handler has ended."""
        self._item["outcome"] = outcome
        self._release()

    def fail(self, problem: BaseException) -> None:
        """The handler has ended with an exception, or was cancelled."""
        if isinstance(problem, asyncio.CancelledError | GeneratorExit):
            self.end(CANCELED)
        else:
            self.note(problem)
            self.end(EXCEPTION)

    def follow(self, future: asyncio.Future[Any], *, is_rpc: bool = False) -> None:
        """End as `future`, the handler, does."""

        def done(future: asyncio.Future[Any]) -> None:
            if future.cancelled():
                self.end(CANCELED)
            elif (problem := future.exception()) is None:
                self.answered(future.result())
            elif is_rpc:
                self.end()
            else:
                self.fail(problem)

        future.add_done_callback(done)

    def answered(self, response: Any) -> None:
        """The handler has ended and gave `response`; for a request, the trace goes on until its body is read."""
        request = self.event.get("request")
        if request is not None and getattr(response, "webSocket", None) in (None, jsnull):
            self.event["response"] = {"status": response.status}
            body = response._body
            if isinstance(body, ReadableStream) and (end := body.closed_promise()._future) is not None:
                self.hold(end, notes=False)
        self.end()

    def _release(self) -> None:
        self._open -= 1
        if not self._open:
            self._item["wallTime"] = int((time.monotonic() - self._started) * 1000)
            self._send(self._item)


def as_data(value: Any) -> Any:
    """Return an argument of `console` as a trace holds it: what JSON can say as that, everything else as a string."""
    if isinstance(value, str | bool) or value is None:
        return str.__str__(value) if isinstance(value, str) else value
    if value is jsnull:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return str(int(value)) if isinstance(value, JsBigInt) or abs(value) > _MOST_SAFE else value
    if isinstance(value, JsValue) and (type(value) is JsObject or isinstance(value, JsArray) or _has_json(value)):
        try:
            text = stringify(value)
        except JsException:  # a cycle, or a big integer in it
            return to_string(value)
        return None if text is None else json.loads(text)
    return to_string(value)


def _has_json(value: Any) -> bool:
    return callable(getattr(type(value), "toJSON", None))
