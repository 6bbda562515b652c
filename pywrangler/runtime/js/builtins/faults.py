"""`Error` and its kin: constructors of `JsException`, with or without `new`."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.builtins.constructor import Constructor
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.primitives import to_string


class ErrorConstructor(Constructor):
    """The value of `js.Error`, `js.TypeError`, ...: `Error.new(message, cause=)`."""

    _instances = JsException

    def __init__(self, name: str) -> None:
        self._name = name

    def new(self, message: Any = None, init: Any = None, **named: Any) -> JsException:
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

    def captureStackTrace(self, *_arguments: Any) -> None:
        """Errors have their stack already."""


class DOMExceptionConstructor(Constructor):
    """The value of `js.DOMException`: `DOMException.new(message, name)`."""

    _name = "DOMException"
    _instances = JsException

    def new(self, message: Any = "", name: Any = "Error") -> JsException:
        """Return an error of that name."""
        return JsException(to_string(name), to_string(message))


class AggregateErrorConstructor(Constructor):
    """The value of `js.AggregateError`: `AggregateError.new(errors, message)`."""

    _name = "AggregateError"

    def new(self, errors: Any = (), message: Any = "") -> JsException:
        """Return an error with `errors`."""
        return JsException("AggregateError", to_string(message), properties={"errors": array(errors)})

    __call__ = new


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
