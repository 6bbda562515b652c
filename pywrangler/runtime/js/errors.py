"""JavaScript errors as Python sees them, and the constructors the runtime raises them with.

`str(error)` is "Name: message", as in Pyodide. `properties` holds own extra properties of the JavaScript error,
readable as attributes: `remote`, `retryable`, `overloaded`, `durableObjectReset` and whatever user code set.
"""

from __future__ import annotations

from typing import Any


class JsException(Exception):  # noqa: N818 - Pyodide's name
    """A JavaScript error that reached Python (https://pyodide.org: `pyodide.ffi.JsException`)."""

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

    @property
    def js_error(self) -> JsException:
        """The error object itself."""
        return self

    def mark(self, **properties: Any) -> JsException:
        """Set properties such as `remote=True` and return the error, ready to raise."""
        self.properties.update(properties)
        return self


def error(message: str, **properties: Any) -> JsException:
    """Return a JavaScript `Error`."""
    return JsException("Error", message, properties=properties)


def type_error(message: str, **properties: Any) -> JsException:
    """Return a JavaScript `TypeError`."""
    return JsException("TypeError", message, properties=properties)


def range_error(message: str, **properties: Any) -> JsException:
    """Return a JavaScript `RangeError`."""
    return JsException("RangeError", message, properties=properties)


def dom_exception(name: str, message: str) -> JsException:
    """Return a `DOMException` of that name (`InvalidAccessError`, `SyntaxError`, ...)."""
    return JsException(name, message)
