"""What a call on a binding returns: the work began at the call, the result is taken by awaiting, once.

These are coroutines to everything that looks (`asyncio.create_task`, `asyncio.gather`, `inspect.isawaitable`), but
dropping one is fine: `self.ctx.storage.put(...)` without `await` is common and must write (spec/workers-module.md,
section 8). An error that nobody awaited is reported to the log, where production loses it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import TYPE_CHECKING, Any

from pywrangler.runtime import context
from pywrangler.runtime.js.errors import JsException

if TYPE_CHECKING:
    from types import TracebackType

REUSED = "cannot reuse already awaited coroutine"


class _Once(Coroutine[Any, Any, Any]):
    """The coroutine protocol over `__await__`."""

    __slots__ = ("_iterator",)

    _iterator: Generator[Any, None, Any] | None

    def send(self, value: Any) -> Any:
        if self._iterator is None:
            self._iterator = self.__await__()
        return self._iterator.send(value)

    def throw(self, typ: Any, val: BaseException | object = None, tb: TracebackType | None = None, /) -> Any:  # noqa: ARG002 - the protocol's signature
        if self._iterator is None:
            self._iterator = self.__await__()
        problem: Any = typ if val is None else val
        return self._iterator.throw(problem)

    def close(self) -> None:
        if self._iterator is not None:
            self._iterator.close()


class Started(_Once):
    """Work under way; awaiting gives its result, converted, and raises its JavaScript error, translated."""

    __slots__ = ("_convert", "_promise", "_translate")

    def __init__(
        self,
        promise: Awaitable[Any],
        convert: Callable[[Any], Any],
        translate: Callable[[JsException], Exception] | None = None,
    ) -> None:
        self._iterator = None
        self._translate = translate
        self._promise: Awaitable[Any] | None = promise
        self._convert = convert

    def __await__(self) -> Generator[Any, None, Any]:
        promise = self._promise
        if promise is None:
            raise RuntimeError(REUSED)
        self._promise = None
        try:
            result = yield from promise.__await__()
        except JsException as error:
            if self._translate is None:
                raise
            raise self._translate(error) from error
        return self._convert(result)


class Settled(_Once):
    """Work that is done; awaiting never yields to the event loop."""

    __slots__ = ("_taken", "_value")

    def __init__(self, value: Any) -> None:
        self._iterator = None
        self._value = value
        self._taken = False

    def __await__(self) -> Generator[Any, None, Any]:
        if self._taken:
            raise RuntimeError(REUSED)
        self._taken = True
        return self._value
        yield


class Failed(_Once):
    """Work that failed; awaiting raises why."""

    __slots__ = ("_error",)

    def __init__(self, error: BaseException) -> None:
        self._iterator = None
        self._error: BaseException | None = error

    def __await__(self) -> Generator[Any, None, Any]:
        error = self._error
        if error is None:
            raise RuntimeError(REUSED)
        self._error = None
        raise error
        yield

    def __del__(self) -> None:
        if self._error is not None:
            context.log("error", f"An operation that was never awaited failed: {self._error}")
