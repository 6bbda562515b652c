"""`node:util/types`: what kind of object a value is."""

from __future__ import annotations

import inspect as python_inspect
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js import typed_arrays
from pywrangler.runtime.js.buffers import ArrayBuffer, View
from pywrangler.runtime.js.builtins.reflection import ScriptProxy
from pywrangler.runtime.js.builtins.shared_memory import SharedArrayBuffer
from pywrangler.runtime.js.crypto import CryptoKey
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.maps import JsMap, JsSet, JsWeakMap, JsWeakSet
from pywrangler.runtime.js.node.arguments import class_name
from pywrangler.runtime.js.proxy import JsPromise
from pywrangler.runtime.js.regexp import JsRegExp
from pywrangler.runtime.js.typed_array import TypedArray

if TYPE_CHECKING:
    from collections.abc import Callable

_BOXES = ("Number", "String", "Boolean", "BigInt", "Symbol")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "isAnyArrayBuffer": (ArrayBuffer, SharedArrayBuffer),
    "isArrayBuffer": ArrayBuffer,
    "isArrayBufferView": View,
    "isCryptoKey": CryptoKey,
    "isDataView": typed_arrays.DataView,
    "isDate": JsDate,
    "isMap": JsMap,
    "isNativeError": JsException,
    "isPromise": JsPromise,
    "isProxy": ScriptProxy,
    "isRegExp": JsRegExp,
    "isSet": JsSet,
    "isSharedArrayBuffer": SharedArrayBuffer,
    "isTypedArray": TypedArray,
    "isWeakMap": JsWeakMap,
    "isWeakSet": JsWeakSet,
    **{f"is{kind.name}": kind for kind in typed_arrays.TYPED_ARRAYS},
}


def _kind(name: str, kind: Any) -> Callable[[Any], bool]:
    def test(value: Any = None) -> bool:
        return isinstance(value, kind)

    test.__name__ = name
    return test


def _boxed(name: str) -> Callable[[Any], bool]:
    def test(value: Any = None) -> bool:
        return not isinstance(value, (str, int, float, type(None))) and class_name(value) == name

    test.__name__ = f"is{name}Object"
    return test


def isBoxedPrimitive(value: Any = None) -> bool:
    """Tell whether a value is an object that stands for a primitive value."""
    return any(_boxed(name)(value) for name in _BOXES)


def isAsyncFunction(value: Any = None) -> bool:
    """Tell whether a value is a coroutine function of Python."""
    return python_inspect.iscoroutinefunction(getattr(value, "_function", value))


def isGeneratorFunction(value: Any = None) -> bool:
    """Tell whether a value is a generator function of Python."""
    inner = getattr(value, "_function", value)
    return python_inspect.isgeneratorfunction(inner) or python_inspect.isasyncgenfunction(inner)


def isGeneratorObject(value: Any = None) -> bool:
    """Tell whether a value is a generator of Python."""
    return python_inspect.isgenerator(value) or python_inspect.isasyncgen(value)


def _never(name: str) -> Callable[[Any], bool]:
    def test(_value: Any = None) -> bool:
        return False

    test.__name__ = name
    return test


EXPORTS: dict[str, Any] = {
    **{name: _kind(name, kind) for name, kind in _KINDS.items()},
    **{f"is{name}Object": _boxed(name) for name in _BOXES},
    **{name: _never(name) for name in ("isArgumentsObject", "isExternal", "isKeyObject", "isModuleNamespaceObject")},
    "isAsyncFunction": isAsyncFunction,
    "isBoxedPrimitive": isBoxedPrimitive,
    "isGeneratorFunction": isGeneratorFunction,
    "isGeneratorObject": isGeneratorObject,
}
MISSING = "isMapIterator isSetIterator"
