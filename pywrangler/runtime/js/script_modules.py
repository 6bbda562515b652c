"""What `import_from_javascript` returns: a module whose exports are properties."""

from __future__ import annotations

from difflib import get_close_matches
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class ScriptModule(JsProxy, js_name="Module"):
    """A module. `live` exports are looked up whenever they are asked for; `missing` ones tell what to use."""

    def __init__(
        self,
        name: str,
        exports: Mapping[str, Any],
        missing: Mapping[str, str] | None = None,
        live: Mapping[str, Callable[[], Any]] | None = None,
    ) -> None:
        held = self.__dict__
        held["_module"] = name
        held["_missing"] = missing or {}
        held["_live"] = live or {}
        held.update({key: _exported(value) for key, value in exports.items()})

    def __getattr__(self, attribute: str) -> Any:
        held = self.__dict__
        if attribute in held.get("_live", ()):
            return held["_live"][attribute]()
        name = held.get("_module", "")
        if attribute in held.get("_missing", ()):
            hint = held["_missing"][attribute]
            raise AttributeError(f"{name} has no {attribute!r} here, only in production{hint and f': {hint}'}")
        near = get_close_matches(attribute, self._own_properties(), 1, 0.75)
        hint = f". Did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"{name} has no export {attribute!r}{hint}")

    def _own_properties(self) -> dict[str, Any]:
        live = {name: read() for name, read in self.__dict__.get("_live", {}).items()}
        return {**super()._own_properties(), **live}


def _exported(value: Any) -> Any:
    return JsFunction.new(value) if type(value) in {FunctionType, MethodType} else value
