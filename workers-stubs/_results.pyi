"""What bindings and their answers are made of."""

from typing import Any

from pyodide.ffi import JsProxy

class JsDict(dict[str, Any]):
    """A dict with attribute access; a key named like a method of dict is reached by subscription only."""

    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    def __delattr__(self, name: str) -> None: ...

class _Result(JsDict):
    __getattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]

class _Binding:
    @property
    def js_object(self) -> JsProxy:
        """The raw JavaScript object."""
