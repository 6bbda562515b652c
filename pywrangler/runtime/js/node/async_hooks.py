"""`node:async_hooks`: values that follow the flow of asynchronous code, as context variables do.

A value that `run` sets is seen by the function, by what it calls, and by tasks and promises begun meanwhile. A
coroutine that the function returns has not begun: start it inside (`asyncio.create_task`), or use a context variable.
"""

from __future__ import annotations

import contextvars
from typing import Any

from pywrangler.runtime.js.convert import options as given_options
from pywrangler.runtime.js.errors import error, type_error
from pywrangler.runtime.js.node.arguments import need_function
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsFunction, plain

_UNSET: Any = object()


class AsyncLocalStorage(JsProxy):
    """A value of the current flow; options `defaultValue` and `name`."""

    def __init__(self, options: Any = None, **named: Any) -> None:
        given = given_options(options, named)
        self.name = given.get("name", "")
        self._default = given.get("defaultValue")
        self._value: contextvars.ContextVar[Any] = contextvars.ContextVar("AsyncLocalStorage", default=_UNSET)

    def getStore(self) -> Any:
        """Return the value; undefined outside of `run`."""
        found = self._value.get()
        return self._default if found is _UNSET else found

    def run(self, store: Any = None, callback: Any = None, *arguments: Any) -> Any:
        """Call a function with a value set."""
        return self._with(store, "run", callback, arguments)

    def exit(self, callback: Any = None, *arguments: Any) -> Any:
        """Call a function without any value."""
        return self._with(_UNSET, "exit", callback, arguments)

    def _with(self, store: Any, method: str, callback: Any, arguments: tuple[Any, ...]) -> Any:
        if not callable(callback):
            number = 2 if method == "run" else 1
            raise type_error(
                f"Failed to execute '{method}' on 'AsyncLocalStorage': parameter {number} is not of type 'function'."
            )
        token = self._value.set(store)
        try:
            return callback(*arguments)
        finally:
            self._value.reset(token)

    def enterWith(self, *_store: Any) -> None:
        """The platform has it by name only."""
        raise error("asyncLocalStorage.enterWith() is not implemented")

    def disable(self) -> None:
        """The platform has it by name only."""
        raise error("asyncLocalStorage.disable() is not implemented")

    @staticmethod
    def bind(function: Any = None) -> JsFunction:
        """Return a function that sees the values of now whenever it is called."""
        return _bound(need_function("fn", function))

    @staticmethod
    def snapshot() -> JsFunction:
        """Return a function that calls others with the values of now."""
        return _bound(lambda function, *arguments: function(*arguments))


def _bound(function: Any, context: contextvars.Context | None = None) -> JsFunction:
    seen = contextvars.copy_context() if context is None else context

    def call(*arguments: Any) -> Any:
        # A copy, because a context cannot be entered twice.
        return seen.copy().run(function, *arguments)

    return JsFunction.new(call)  # type: ignore[no-any-return]


class AsyncResource(JsProxy):
    """Keeps the values of when it was made; Python classes may inherit from it."""

    _seen: contextvars.Context | None = None

    def __init__(self, type: Any = "AsyncResource", *_options: Any, **_named: Any) -> None:
        self.type = type
        self._seen = contextvars.copy_context()

    def runInAsyncScope(self, function: Any = None, _this: Any = None, *arguments: Any) -> Any:
        """Call a function with the values of when this was made."""
        return _bound(need_function("fn", function), self._seen)(*arguments)

    def asyncId(self) -> int:
        """The platform does not number resources."""
        return 0

    def triggerAsyncId(self) -> int:
        """The platform does not number resources."""
        return 0

    def emitDestroy(self) -> AsyncResource:
        """Nobody listens."""
        return self

    def _bind(self, function: Any = None, *_this: Any) -> JsFunction:
        return _bound(need_function("fn", function), self._seen)

    def bind(self: Any, function: Any = None, *_this: Any) -> JsFunction:
        """Return a function that sees the values of this resource; `AsyncResource.bind(f)`, those of now."""
        if isinstance(self, AsyncResource):
            return self._bind(function)
        return _bound(need_function("fn", self))


def _zero() -> int:
    return 0


def executionAsyncResource() -> Any:
    """Return an empty object, as the platform does."""
    return plain({})


def createHook(*_callbacks: Any) -> Any:
    """Return a hook that is never called, as the platform does."""
    hook = plain({})
    hook.__dict__.update(enable=lambda: hook, disable=lambda: hook)
    return hook


EXPORTS: dict[str, Any] = {
    "AsyncLocalStorage": AsyncLocalStorage,
    "AsyncResource": AsyncResource,
    "createHook": createHook,
    "executionAsyncId": _zero,
    "executionAsyncResource": executionAsyncResource,
    "triggerAsyncId": _zero,
}
MISSING = {"asyncWrapProviders": "it lists what Node.js has inside"}
