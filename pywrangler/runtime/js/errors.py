"""JavaScript errors as Python sees them, and the constructors the runtime raises them with.

`str(error)` is "Name: message", as in Pyodide. `properties` holds own extra properties of the JavaScript error,
readable as attributes: `remote`, `retryable`, `overloaded`, `durableObjectReset` and whatever user code set.
"""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.proxy import JsValue


class ConversionError(Exception):
    """A value has no equivalent on the other side (https://pyodide.org: `pyodide.ffi.ConversionError`)."""

    __module__ = "pyodide.ffi"


class JsException(Exception, JsValue):
    """A JavaScript error: thrown and caught, or passed around (https://pyodide.org: `pyodide.ffi.JsException`)."""

    def __init__(self, name: str, message: str, stack: str = "", properties: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.stack = stack or f"{name}: {message}"
        self.properties = properties or {}

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"

    def __getattr__(self, attribute: str) -> Any:
        properties = self.__dict__.get("properties")
        if properties and attribute in properties:
            return properties[attribute]
        raise AttributeError(attribute)

    def toString(self) -> str:
        """What `String(error)` gives."""
        return str(self)

    def to_py(self, **_options: Any) -> JsException:
        """Errors have no Python equivalent but themselves."""
        return self

    @property
    def js_error(self) -> JsException:
        """The error object itself."""
        return self

    def mark(self, **properties: Any) -> JsException:
        """Set properties such as `remote=True` and return the error, ready to raise."""
        self.properties.update(properties)
        return self

    def copy(self) -> JsException:
        """Return the same error without its traceback, to be raised once more."""
        again = JsException(self.name, self.message, self.stack, dict(self.properties))
        again.__cause__ = self.__cause__
        return again

    def with_cause(self, cause: BaseException) -> JsException:
        """Remember the Python exception that this error stands for, so that a traceback can show it."""
        self.__cause__ = cause
        return self


JsException.__module__ = "pyodide.ffi"  # where users know it from, as tracebacks say


def fresh(problem: BaseException) -> BaseException:
    """Return an exception that is kept, to be raised once more: a JavaScript error without its traceback.

    The frames in it would keep everything that they refer to, and what keeps the exception, too.
    """
    return problem.copy() if isinstance(problem, JsException) else problem


def error(message: str, **properties: Any) -> JsException:
    """Return a JavaScript `Error`."""
    return JsException("Error", message, properties=properties)


def type_error(message: str, **properties: Any) -> JsException:
    """Return a JavaScript `TypeError`."""
    return JsException("TypeError", message, properties=properties)


def range_error(message: str, **properties: Any) -> JsException:
    """Return a JavaScript `RangeError`."""
    return JsException("RangeError", message, properties=properties)


_STEMS = [
    "INDEX_SIZE",
    "DOMSTRING_SIZE",
    "HIERARCHY_REQUEST",
    "WRONG_DOCUMENT",
    "INVALID_CHARACTER",
    "NO_DATA_ALLOWED",
    "NO_MODIFICATION_ALLOWED",
    "NOT_FOUND",
    "NOT_SUPPORTED",
    "INUSE_ATTRIBUTE",
    "INVALID_STATE",
    "SYNTAX",
    "INVALID_MODIFICATION",
    "NAMESPACE",
    "INVALID_ACCESS",
    "VALIDATION",
    "TYPE_MISMATCH",
    "SECURITY",
    "NETWORK",
    "ABORT",
    "URL_MISMATCH",
    "QUOTA_EXCEEDED",
    "TIMEOUT",
    "INVALID_NODE_TYPE",
    "DATA_CLONE",
]

DOM_CONSTANTS = {f"{stem}_ERR": code for code, stem in enumerate(_STEMS, 1)}
"""`ABORT_ERR` and its kin (https://webidl.spec.whatwg.org/#dfn-error-names-table)."""

_DOM_CODES = {f"{stem.title().replace('_', '')}Error": code for code, stem in enumerate(_STEMS, 1)} | {
    "InUseAttributeError": 10,
    "URLMismatchError": 21,
}


def dom_exception(name: str, message: str) -> JsException:
    """Return a `DOMException` of that name (`InvalidAccessError`, `SyntaxError`, ...), with its `code`."""
    return JsException(name, message, properties={"code": _DOM_CODES.get(name, 0)})
