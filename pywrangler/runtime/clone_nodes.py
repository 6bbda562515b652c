"""What values of the runtime are in JavaScript: the `describe` hook of the writer of V8's format.

The rules are those of python_to_rpc (spec/workers-module.md, section 9) for Python's values and of structured clone
for JavaScript's. What neither knows is a `DataCloneError`; tuples, bytearrays, regular expressions and awaitables are
a `TypeError`, as the SDK raises it before anything is sent.
"""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pywrangler.protocol import v8
from pywrangler.protocol.v8_format import VIEWS
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import JsNull, JsProxy
from pywrangler.runtime.refusals import not_cloneable, not_sendable, refuse_items

if TYPE_CHECKING:
    from collections.abc import Callable

    Describe = Callable[[Any], Any]


def reject(value: Any) -> Any:
    """Raise the error for a value that is refused for its type alone."""
    raise not_sendable(value)


def _bytes(value: Any) -> v8.View:
    data = bytes(value)
    return v8.View("Uint8Array", v8.Buffer(data), 0, len(data))


def _memory(value: Any) -> Any:
    """Return a typed array with a copy of the memory of an object."""
    from pywrangler.runtime.js.typed_arrays import from_buffer

    return from_buffer(memoryview(value))


def _datetime(value: datetime) -> v8.Date:
    # A Date counts whole milliseconds; those of a datetime are seldom exact in binary.
    exact = value.timestamp() * 1000
    nearest = round(exact)
    return v8.Date(float(nearest if abs(exact - nearest) < 1e-3 else int(exact)))


def _exception(value: BaseException) -> v8.Error:
    return v8.Error("Error", str(value))


def _js_exception(value: JsException) -> v8.Error:
    return v8.Error(value.name, value.message, value.stack, value.properties)


def _js_object(value: Any) -> v8.Object:
    return v8.Object(value._own_properties(), script=True)


def _js_array(value: Any) -> v8.Array:
    return v8.Array(value._items, script=True)


def _js_map(value: Any) -> v8.Map:
    return v8.Map(list(value._entries.values()), script=True)


def _js_set(value: Any) -> v8.Set:
    return v8.Set(list(value._entries.values()), script=True)


def _js_date(value: Any) -> v8.Date:
    return v8.Date(float(value.getTime()))


def _js_regexp(value: Any) -> v8.RegExp:
    return v8.RegExp(value.source, value.flags)


def _js_buffer(value: Any) -> v8.Buffer:
    return v8.Buffer(value.to_bytes())


def _js_view(value: Any) -> v8.View:
    return v8.View(type(value).name, value.buffer, value.byteOffset, value.byteLength)


_PYTHON: dict[type, Describe] = {
    bytes: _bytes,
    memoryview: _memory,
    datetime: _datetime,
    tuple: reject,
    bytearray: reject,
    JsNull: lambda _value: v8.NULL,
}


def _script_kinds() -> dict[type, Describe]:
    """Return the JavaScript classes that structured clone knows; imported when the first one is met."""
    from pywrangler.runtime.js import typed_arrays, values
    from pywrangler.runtime.js.date import JsDate
    from pywrangler.runtime.js.regexp import JsRegExp
    from pywrangler.runtime.js.typed_arrays import ArrayBuffer

    kinds: dict[type, Describe] = {
        values.JsObject: _js_object,
        values.JsArray: _js_array,
        values.JsMap: _js_map,
        values.JsSet: _js_set,
        values.JsBigInt: lambda value: v8.BigInt(int(value)),
        JsDate: _js_date,
        JsRegExp: _js_regexp,
        ArrayBuffer: _js_buffer,
    }
    kinds.update((getattr(typed_arrays, name), _js_view) for name in VIEWS if hasattr(typed_arrays, name))
    return kinds


_kinds: dict[type, Describe] = {}
BOXES = frozenset(("Number", "String", "Boolean"))
"""Objects that stand for primitives."""


def describe(value: Any) -> Any:
    """Return the node for a value, or a primitive that it stands for; raises for what cannot be copied."""
    kind = type(value)
    known = _PYTHON.get(kind)
    if known is not None:
        return known(value)
    if not _kinds:
        _kinds.update(_script_kinds())
    known = _kinds.get(kind)
    if known is not None:
        return known(value)
    return _describe_by_base(value)


def _describe_by_base(value: Any) -> Any:
    """Look at what the value is derived from: enums, subclasses of containers, exceptions, the SDK's objects."""
    if isinstance(value, (str, int, float)):
        return _primitive(value)
    if isinstance(value, dict):
        return v8.Object(value)
    if isinstance(value, list):
        return v8.Array(value)
    if isinstance(value, set):
        return v8.Set(value)
    if isinstance(value, JsException):
        return _js_exception(value)
    if isinstance(value, BaseException):
        return _exception(value)
    for base, known in (*_PYTHON.items(), *_kinds.items()):
        if isinstance(value, base):
            return known(value)
    if isinstance(value, JsProxy):
        if type(value).name in BOXES:
            return v8.Boxed(value.valueOf())
        raise not_cloneable(value)
    if inspect.isawaitable(value):
        return reject(value)
    inner = getattr(value, "js_object", None)
    if isinstance(inner, JsProxy):
        return inner
    from pywrangler.runtime.js.py_buffers import has_buffer

    if has_buffer(value):
        return _memory(value)
    refuse_items(value)
    raise not_cloneable(value)


def _primitive(value: Any) -> Any:
    if isinstance(value, str):
        return str.__str__(value)
    return int.__int__(value) if isinstance(value, int) else float.__float__(value)
