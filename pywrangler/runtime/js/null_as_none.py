"""JavaScript's null as Workers with an older compatibility date see it: None, where newer ones see `jsnull`.

Inside, null stays null, so that it is not lost in JSON, in storage or between Workers. It becomes None where Python
reads it: from properties, items and entries, from the few methods that return it, from promises, and in `to_py`.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsPromise, jsnull

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_JS = "pywrangler.runtime.js"

_READS: dict[str, tuple[str, ...]] = {
    f"{_JS}.arrays:JsArray": ("__getitem__", "__iter__", "at", "pop"),
    f"{_JS}.body:Message": ("body",),
    f"{_JS}.form_data:FormData": ("get", "__getitem__"),
    f"{_JS}.headers:Headers": ("get", "__getitem__"),
    f"{_JS}.maps:JsMap": ("get", "__getitem__"),
    f"{_JS}.search_params:URLSearchParams": ("get",),
    f"{_JS}.url:URL": ("parse",),
    f"{_JS}.values:JsObjectMap": ("__getitem__",),
    "pywrangler.runtime.websockets:WebSocket": ("deserializeAttachment", "url"),
}
"""By class: what may give null to Python."""

_installed = False


def install() -> None:
    """Show null as None in this process, which runs one Worker."""
    global _installed
    if _installed:
        return
    _installed = True
    for place, names in _READS.items():
        module, _, kind = place.partition(":")
        owner = getattr(import_module(module), kind)
        for name in names:
            _change(owner, name)
    values = import_module(f"{_JS}.values")
    values.JsObject.__getattribute__ = _read
    vars(import_module(f"{_JS}.convert"))["NULL"] = None
    JsPromise.__await__ = _awaiting(JsPromise.__await__)  # type: ignore[assignment, method-assign]


def _shown(value: Any) -> Any:
    return None if value is jsnull else value


def _read(self: Any, name: str) -> Any:
    value = object.__getattribute__(self, name)
    return None if value is jsnull else value


def _change(owner: type, name: str) -> None:
    found = owner.__dict__.get(name)
    if isinstance(found, property):
        setattr(owner, name, property(_returning(found.fget)))
    elif isinstance(found, (staticmethod, classmethod)):
        setattr(owner, name, type(found)(_returning(found.__func__)))
    elif name == "__iter__":
        owner.__iter__ = _iterating(found)  # type: ignore[attr-defined]
    else:
        setattr(owner, name, _returning(found))


def _returning(function: Any) -> Any:
    @functools.wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        return _shown(function(*args, **keywords))

    return call


def _iterating(function: Any) -> Callable[[Any], Iterator[Any]]:
    return lambda self: map(_shown, function(self))


def _awaiting(function: Any) -> Callable[[Any], Generator[Any, Any, Any]]:
    def wait(self: Any) -> Generator[Any, Any, Any]:
        return _shown((yield from function(self)))

    return wait
