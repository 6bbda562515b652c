"""What the constructors have in common whose instances are Python's own values (`Number`, `String`, `Error`, ...)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.proxy import JsProxy


class Constructor(JsProxy, js_name="Function"):
    """A constructor function. Subclasses say what `isinstance` accepts and what a call gives."""

    _name = ""
    _instances: tuple[type, ...] | type = ()
    _objects: type | None = None
    """The class of what `new` makes, where that is not a class of ours already."""

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
        """What methods can be borrowed from: `X.prototype.method.call(value)`."""
        from pywrangler.runtime.js.prototypes import prototype_of

        return prototype_of(self._objects) if self._objects is not None else self

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
