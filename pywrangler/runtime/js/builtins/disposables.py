"""`DisposableStack` and `AsyncDisposableStack` (https://tc39.es/proposal-explicit-resource-management/).

What was put on a stack last is disposed of first. Of several failures the last is raised, as SuppressedError that holds
the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pywrangler.runtime.js.builtins.reflection import reflect
from pywrangler.runtime.js.builtins.symbols import Symbol
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import is_primitive, to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull
from pywrangler.runtime.user_code import runs_user_code


class _Stack(JsProxy):
    """What both kinds have in common."""

    _symbols: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._ends: list[Callable[[], Any]] = []
        self._disposed = False

    @property
    def disposed(self) -> bool:
        """Whether it was disposed of, or moved."""
        return self._disposed

    def _open(self, method: str) -> None:
        if self._disposed:
            name = type(self).name
            raise JsException("ReferenceError", f"Cannot call {name}.prototype.{method} on an already-disposed {name}")

    def use(self, value: Any = None) -> Any:
        """Put an object that has the symbol's method on the stack; returns it. Null and undefined are passed."""
        self._open("use")
        if value is None or value is jsnull:
            return value
        for name in self._symbols:
            method = None if is_primitive(value) else reflect.get(value, getattr(Symbol, name))
            if callable(method):
                self._ends.append(method)
                return value
        raise type_error(f"Symbol(Symbol.{self._symbols[0]}) is not a function")

    def adopt(self, value: Any, callback: Any = None) -> Any:
        """Put a value on the stack, with a function that disposes of it; returns the value."""
        self._open("adopt")
        function = _function(callback)
        self._ends.append(lambda: function(value))
        return value

    def defer(self, callback: Any = None) -> None:
        """Put a function on the stack."""
        self._open("defer")
        self._ends.append(_function(callback))

    def move(self) -> Any:
        """Return a new stack with everything that was on this one."""
        self._open("move")
        moved = type(self).new()
        moved._ends, self._ends = self._ends, []
        self._disposed = True
        return moved


class DisposableStack(_Stack):
    """Disposes of resources now."""

    _symbols = ("dispose",)

    def dispose(self) -> None:
        """Dispose of everything, the last first; a second call does nothing."""
        self._disposed = True
        failure: BaseException | None = None
        while self._ends:
            try:
                self._ends.pop()()
            except Exception as problem:
                failure = _joined(problem, failure)
        if failure is not None:
            raise failure


class AsyncDisposableStack(_Stack):
    """Disposes of resources one after the other, waiting for each."""

    _symbols = ("asyncDispose", "dispose")

    def disposeAsync(self) -> JsPromise:
        """Dispose of everything, the last first."""
        self._disposed = True
        ends, self._ends = self._ends, []

        @runs_user_code
        async def run() -> None:
            failure: BaseException | None = None
            while ends:
                try:
                    result = ends.pop()()
                    if hasattr(result, "__await__"):
                        await result
                except Exception as problem:
                    failure = _joined(problem, failure)
            if failure is not None:
                raise failure

        return JsPromise.start(run())


def _function(callback: Any) -> Callable[..., Any]:
    if not callable(callback):
        raise type_error(f"{to_string(callback)} is not a function")
    return callback  # type: ignore[no-any-return]


def _joined(problem: BaseException, earlier: BaseException | None) -> BaseException:
    if earlier is None:
        return problem
    from pywrangler.runtime.js.builtins.faults import SuppressedError

    return SuppressedError.new(problem, earlier, "An error was suppressed during disposal")  # type: ignore[no-any-return]
