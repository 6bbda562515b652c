"""What the constructors have in common whose instances are Python's own values (`Number`, `String`, `Error`, ...)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.proxy import JsProxy


class Constructor(JsProxy, js_name="Function"):
    """A constructor function. Subclasses say what `isinstance` accepts and what a call gives."""

    _name = ""
    _instances: tuple[type, ...] | type = ()

    @property
    def name(self) -> str:
        """The function's name."""
        return self._name

    @property
    def typeof(self) -> str:
        """Constructors are functions."""
        return "function"

    @property
    def prototype(self) -> Any:
        """Stands for the prototype; methods are found on the values."""
        return self

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self._instances)

    def toString(self) -> str:
        """What `String(f)` gives."""
        return f"function {self._name}() {{ [native code] }}"


def only(kind: type[Any]) -> Any:
    """Return the one instance of a constructor or namespace class, whose own `new` is JavaScript's."""
    instance = object.__new__(kind)
    if "__init__" in vars(kind):
        instance.__init__()
    return instance
