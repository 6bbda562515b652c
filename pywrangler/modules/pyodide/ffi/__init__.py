"""`pyodide.ffi`: proxies and conversions (spec/js-and-ffi.md, section 2; https://pyodide.org).

Only what Pyodide exports is here: `from pyodide.ffi import to_py` fails, as in production.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from types import ModuleType
from typing import Any, ClassVar

from pywrangler.runtime.js import values
from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.convert import ConversionError, to_js
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.iterators import JsIterator
from pywrangler.runtime.js.maps import JsMap
from pywrangler.runtime.js.primitives import JsBigInt
from pywrangler.runtime.js.proxy import JsNull, JsPromise, jsnull
from pywrangler.runtime.js.proxy import JsValue as JsProxy
from pywrangler.runtime.js.values import JsDoubleProxy, JsOnceCallable

IN_BROWSER = True
IN_PYODIDE = True
JsError = JsException

__all__ = [
    "IN_BROWSER",
    "IN_PYODIDE",
    "ConversionError",
    "InternalError",
    "JsArray",
    "JsAsyncGenerator",
    "JsAsyncIterable",
    "JsAsyncIterator",
    "JsBigInt",
    "JsBuffer",
    "JsCallable",
    "JsCallableDoubleProxy",
    "JsDomElement",
    "JsDoubleProxy",
    "JsException",
    "JsFetchResponse",
    "JsGenerator",
    "JsIterable",
    "JsIterator",
    "JsMap",
    "JsMutableMap",
    "JsNull",
    "JsOnceCallable",
    "JsPromise",
    "JsProxy",
    "JsTypedArray",
    "JsWeakRef",
    "can_run_sync",
    "create_once_callable",
    "create_proxy",
    "destroy_proxies",
    "jsnull",
    "register_js_module",
    "run_sync",
    "to_js",
    "unregister_js_module",
]


class InternalError(Exception):
    """A failure inside Pyodide; never raised here."""


class _Capability(type):
    """Metaclass of the kinds of JavaScript objects that are told by what they can do."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, JsProxy) and all(hasattr(type(value), name) for name in cls._needs)  # type: ignore[attr-defined]


class _Kind(metaclass=_Capability):
    _needs: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} cannot be instantiated.")


class JsIterable(_Kind):
    """JavaScript objects that can be iterated over."""

    _needs = ("__iter__",)


class JsAsyncIterable(_Kind):
    """JavaScript objects for `async for`."""

    _needs = ("__aiter__",)


class JsAsyncIterator(_Kind):
    """JavaScript iterators for `async for`."""

    _needs = ("__anext__",)


class JsGenerator(_Kind):
    """JavaScript generators."""

    _needs = ("__next__", "send", "throw")


class JsAsyncGenerator(_Kind):
    """JavaScript async generators."""

    _needs = ("__anext__", "asend", "athrow")


class JsCallable(_Kind):
    """JavaScript functions."""

    _needs = ("__call__",)


class JsMutableMap(_Kind):
    """JavaScript maps that can be changed, and object maps."""

    _needs = ("__getitem__", "__setitem__", "items", "setdefault")


class JsDomElement(_Kind):
    """Elements of a page; Workers have none."""

    _needs = ("tagName",)


class JsWeakRef(_Kind):
    """Weak references."""

    _needs = ("deref",)


class JsFetchResponse(_Kind):
    """Responses of `fetch`."""

    _needs = ("status", "statusText", "arrayBuffer")


class JsCallableDoubleProxy(_Kind):
    """Proxies of Python functions."""

    _needs = ("__call__", "unwrap", "destroy")


def __getattr__(name: str) -> Any:
    if name in {"JsBuffer", "JsTypedArray"}:
        from pywrangler.runtime.js import typed_arrays

        return typed_arrays.JsBuffer if name == "JsBuffer" else typed_arrays.TypedArray
    if name == "wrappers":
        from importlib import import_module

        return import_module("pyodide.ffi.wrappers")
    raise AttributeError(f"module 'pyodide.ffi' has no attribute {name!r}")


def create_proxy(obj: Any, /, *, capture_this: bool = False, roundtrip: bool = True) -> Any:  # noqa: ARG001
    """Return a JavaScript handle of a Python object that lives until `destroy()`."""
    return JsDoubleProxy.new(obj, capture_this=capture_this)


def create_once_callable(obj: Callable[..., Any], /, *, _may_syncify: bool = False) -> Any:
    """Return a JavaScript function that may be called once."""
    return values.JsOnceCallable.new(obj)


def destroy_proxies(pyproxies: Iterable[Any], /) -> None:
    """Destroy the proxies that `to_js(..., pyproxies=array)` collected."""
    for proxy in pyproxies:
        proxy.destroy()


def run_sync(awaitable: Awaitable[Any]) -> Any:
    """Wait for an awaitable without `await`: in handlers, constructors, tasks, async callbacks and reactions.

    RuntimeError in callbacks that JavaScript calls synchronously: timers and event listeners that are no coroutines.
    """
    from pywrangler.runtime import context
    from pywrangler.runtime.sync_bridge import NO_SWITCH, is_in_callback
    from pywrangler.runtime.sync_bridge import run_sync as wait

    if is_in_callback():
        if hasattr(awaitable, "close"):
            awaitable.close()
        raise RuntimeError(NO_SWITCH)
    if context.in_global_scope():
        return _at_once(awaitable)
    return wait(awaitable)


def _at_once(awaitable: Awaitable[Any]) -> Any:
    """Return the result of an awaitable at module level, where nothing takes time: it may only yield."""
    from pywrangler.runtime.js.timers import refuse_in_global_scope

    steps = awaitable.__await__()
    try:
        while next(steps) is None:
            pass
    except StopIteration as end:
        return end.value
    if hasattr(steps, "close"):
        steps.close()
    return refuse_in_global_scope()


def can_run_sync() -> bool:
    """Tell whether `run_sync` works here."""
    from pywrangler.runtime import context
    from pywrangler.runtime.sync_bridge import can_run_sync as can
    from pywrangler.runtime.sync_bridge import is_in_callback

    return context.in_global_scope() or (can() and not is_in_callback())


class _JsModule(ModuleType):
    """A JavaScript object as a Python module."""

    def __init__(self, name: str, source: Any) -> None:
        super().__init__(name)
        self.__dict__["_source"] = source
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._source, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            setattr(self._source, name, value)

    def __dir__(self) -> list[str]:
        return list(self._source._own_properties())


def register_js_module(name: str, jsproxy: Any) -> None:
    """Make a JavaScript object importable as module `name`."""
    if not isinstance(name, str):
        raise TypeError(f"Argument 'name' must be a str, not {type(name).__name__!r}")
    if not isinstance(jsproxy, JsProxy):
        raise TypeError(f"Argument 'jsproxy' must be a JsProxy, not {type(jsproxy).__name__!r}")
    sys.modules[name] = _JsModule(name, jsproxy)


def unregister_js_module(name: str) -> None:
    """Undo `register_js_module`; ValueError for other modules."""
    if not isinstance(sys.modules.get(name), _JsModule):
        raise ValueError(  # noqa: TRY004 - Pyodide's
            f"Cannot unregister {name!r}: no javascript module with that name is registered"
        )
    del sys.modules[name]
