"""`JsDict`: the dict that user code receives for a JavaScript object (spec/workers-module.md, section 8).

Keys are readable and writable as attributes as well. Names of dict's own methods (`keys`, `items`, `get`, ...) always
mean the method; such keys are reached by subscription only.
"""

from __future__ import annotations

from typing import Any


class JsDict(dict[str, Any]):
    """A dict with attribute access; equal to a plain dict with the same items."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"'JsDict' object has no attribute {name!r}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(f"'JsDict' object has no attribute {name!r}") from None

    def copy(self) -> JsDict:
        """Return a shallow copy that is a JsDict too."""
        return JsDict(self)
