"""AbortController and AbortSignal (https://dom.spec.whatwg.org/#aborting-ongoing-activities)."""

from __future__ import annotations

import asyncio
from contextvars import Context, copy_context
from typing import Any, Self

from pywrangler.runtime.js.errors import dom_exception, type_error
from pywrangler.runtime.js.events import Event, EventTarget
from pywrangler.runtime.js.primitives import to_number
from pywrangler.runtime.js.proxy import jsnull


class AbortSignal(EventTarget):
    """Tells that something should stop: `aborted`, `reason`, the event `abort`."""

    __slots__ = ("_reason",)

    onabort: Any = jsnull
    _reason: Any

    def __init__(self) -> None:
        raise type_error("Illegal constructor")

    @classmethod
    def never(cls) -> Self:
        """Return a signal that nothing has aborted yet."""
        signal = object.__new__(cls)
        signal._reason = None
        return signal

    @classmethod
    def abort(cls, reason: Any = None) -> AbortSignal:
        """Return a signal that is aborted already."""
        signal = cls.never()
        signal._reason = _reason(reason)
        return signal

    @classmethod
    def timeout(cls, milliseconds: Any) -> AbortSignal:
        """Return a signal that aborts after a time, with a TimeoutError."""
        signal = cls.never()
        error = dom_exception("TimeoutError", "The operation was aborted due to timeout")
        asyncio.get_running_loop().call_later(max(0.0, to_number(milliseconds)) / 1000, signal._abort, error)
        return signal

    @classmethod
    def any(cls, signals: Any) -> AbortSignal:
        """Return a signal that aborts with the first of several."""
        signal = cls.never()
        sources = list(signals)
        for source in sources:
            if source.aborted:
                signal._reason = source.reason
                return signal
        for source in sources:
            source.addEventListener("abort", lambda event: signal._abort(event.target.reason))
        return signal

    @property
    def aborted(self) -> bool:
        """Whether it happened."""
        return self._reason is not None

    @property
    def reason(self) -> Any:
        """Why it happened; undefined before."""
        return self._reason

    def throwIfAborted(self) -> None:
        """Raise the reason if it happened."""
        if self._reason is not None:
            raise self.exception

    @property
    def exception(self) -> BaseException:
        """The reason as something Python can raise; an AbortError if it is no exception."""
        if isinstance(self._reason, BaseException):
            return self._reason
        return dom_exception("AbortError", str(self._reason))

    def _abort(self, reason: Any) -> None:
        if self._reason is None:
            self._reason = reason
            self.dispatchEvent(Event.new("abort"))


class ClientSignal(AbortSignal, js_name="AbortSignal"):
    """The signal of an incoming request: it aborts when whoever sent the request leaves before the response is whole.

    `is_passed_on` says whether it also aborts requests that it is given to.
    """

    __slots__ = ("_scope", "is_passed_on")

    _scope: Context
    is_passed_on: bool

    @classmethod
    def of_event(cls, *, is_passed_on: bool) -> ClientSignal:
        """Return the signal of the event that is being handled; its listeners will run as a part of that."""
        signal = cls.never()
        signal._scope = copy_context()
        signal.is_passed_on = is_passed_on
        return signal

    def client_left(self) -> None:
        """Abort."""
        self._scope.run(self._abort, dom_exception("AbortError", "The client has disconnected"))


class AbortController(EventTarget):
    """Owns a signal and aborts it: `AbortController.new()`."""

    __slots__ = ("signal",)

    def __init__(self) -> None:
        self.signal = AbortSignal.never()

    def abort(self, reason: Any = None) -> None:
        """Abort; only the first call counts."""
        self.signal._abort(_reason(reason))


def _reason(reason: Any) -> Any:
    return dom_exception("AbortError", "The operation was aborted") if reason is None else reason
