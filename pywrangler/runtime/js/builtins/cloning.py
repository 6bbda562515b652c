"""`structuredClone` within one Worker; between Workers and into storage `runtime.clone` copies."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException, dom_exception
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.primitives import is_primitive, to_string
from pywrangler.runtime.js.values import JsObject, plain


def structuredClone(value: Any = None, init: Any = None, **named: Any) -> Any:
    """Return a deep copy; DataCloneError for functions, promises and objects of the platform.

    Option `transfer`: ArrayBuffers whose bytes are moved instead of copied.
    """
    moved = list(options(init, named).get("transfer") or ()) if init is not None or named else []
    return clone_with(value, moved)


def clone_with(value: Any, moved: list[Any]) -> Any:
    """Return a deep copy of a value; the bytes of buffers that are to be moved go with it."""
    from pywrangler.runtime.js.buffers import ArrayBuffer

    for item in moved:
        if not isinstance(item, ArrayBuffer) or item.detached:
            raise dom_exception("DataCloneError", f"{to_string(item)} could not be transferred.")
    done: dict[int, Any] = {}
    copy = _clone(value, done)
    for item in moved:
        if id(item) in done:
            done[id(item)]._replace(item.transfer()._data)
        else:
            item.transfer()
    return copy


def _clone(value: Any, done: dict[int, Any]) -> Any:
    if is_primitive(value):
        return value
    if id(value) in done:
        return done[id(value)]
    if type(value) is JsObject:
        copy: Any = plain({})
        done[id(value)] = copy
        copy.__dict__.update({name: _clone(item, done) for name, item in value.__dict__.items()})
    elif isinstance(value, JsArray):
        done[id(value)] = copy = array()
        copy._items.extend([_clone(item, done) for item in value._items])
    elif isinstance(value, JsMap):
        done[id(value)] = copy = JsMap.new()
        for key, item in value.items():
            copy.set(_clone(key, done), _clone(item, done))
    elif isinstance(value, JsSet):
        done[id(value)] = copy = JsSet.new()
        for item in value:
            copy.add(_clone(item, done))
    elif isinstance(value, JsException):
        copy = JsException(value.name, value.message, value.stack)
    else:
        copy = _clone_rare(value, done)
    done[id(value)] = copy
    return copy


def _clone_rare(value: Any, done: dict[int, Any]) -> Any:
    from pywrangler.runtime.js.buffers import ArrayBuffer, View
    from pywrangler.runtime.js.date import JsDate
    from pywrangler.runtime.js.regexp import JsRegExp
    from pywrangler.runtime.js.typed_array import TypedArray

    if isinstance(value, (JsDate, JsRegExp)):
        return type(value).new(value)
    if isinstance(value, ArrayBuffer):
        return value.slice()
    if isinstance(value, View):
        size = len(value) if isinstance(value, TypedArray) else value.byteLength
        return type(value).new(_clone(value.buffer, done), value.byteOffset, size)
    raise dom_exception("DataCloneError", f"{to_string(value)} could not be cloned.")
