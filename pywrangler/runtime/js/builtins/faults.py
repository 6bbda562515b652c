"""`Error` and its kin: constructors of `JsException`, with or without `new`."""

from __future__ import annotations

import traceback
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.builtins.constructor import Constructor
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import DOM_CONSTANTS, JsException, dom_exception
from pywrangler.runtime.js.primitives import to_string


class ErrorConstructor(Constructor):
    """The value of `js.Error`, `js.TypeError`, ...: `Error.new(message, cause=)`."""

    _instances = JsException

    def __init__(self, name: str) -> None:
        self._name = name

    def new(self, message: Any = None, init: Any = None, /, **named: Any) -> JsException:
        """Return an error, ready to raise."""
        text = "" if message is None else to_string(message)
        error = JsException(self._name, text)
        given = options(init, named)
        if "cause" in given:
            error.mark(cause=given["cause"])
        return error

    __call__ = new

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, JsException) and self._name in {"Error", value.name}

    stackTraceLimit = 10

    def isError(self, value: Any = None) -> bool:
        """Tell whether a value is an error."""
        return isinstance(value, BaseException)

    def captureStackTrace(self, target: Any, *_function: Any) -> None:
        """Give an object a property `stack`; errors have theirs already."""
        if not isinstance(target, BaseException):
            target.stack = "".join(traceback.format_stack()[:-1]).rstrip()


class DOMExceptionConstructor(Constructor):
    """The value of `js.DOMException`: `DOMException.new(message, name)`."""

    _name = "DOMException"
    _instances = JsException

    def __getattr__(self, name: str) -> int:
        if name in DOM_CONSTANTS:
            return DOM_CONSTANTS[name]
        raise AttributeError(f"DOMException has no property {name!r}", name=name, obj=self)

    def new(self, message: Any = "", name: Any = "Error") -> JsException:
        """Return an error of that name."""
        return dom_exception(to_string(name), to_string(message))


class AggregateErrorConstructor(Constructor):
    """The value of `js.AggregateError`: `AggregateError.new(errors, message)`."""

    _name = "AggregateError"

    def new(self, errors: Any = (), message: Any = "") -> JsException:
        """Return an error with `errors`."""
        return JsException("AggregateError", to_string(message), properties={"errors": array(errors)})

    __call__ = new


class SuppressedErrorConstructor(Constructor):
    """The value of `js.SuppressedError`: `SuppressedError.new(error, suppressed, message)`."""

    _name = "SuppressedError"

    def new(self, error: Any = None, suppressed: Any = None, message: Any = "") -> JsException:
        """Return an error that hid another one."""
        return JsException("SuppressedError", to_string(message), properties={"error": error, "suppressed": suppressed})

    __call__ = new

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, JsException) and value.name == self._name


def _make(kind: type[Constructor], *arguments: Any) -> Any:
    instance = object.__new__(kind)
    if arguments:
        instance.__init__(*arguments)  # type: ignore[misc]
    return instance


Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError = (
    _make(ErrorConstructor, name)
    for name in ("Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError")
)
DOMException = _make(DOMExceptionConstructor)
AggregateError = _make(AggregateErrorConstructor)
SuppressedError = _make(SuppressedErrorConstructor)
