"""Values between Python and JavaScript, by the rules of bindings (contract: spec/workers-module.md, section 9).

To JavaScript: None becomes null, list an array, dict a plain object with string keys, set a Set, bytes a Uint8Array,
datetime a Date (naive means local time), an exception an Error, objects of this package what they wrap. tuple,
bytearray, regular expressions and awaitables are refused. Anything else crosses as a Python object, which fails later
where it cannot be serialised.

From JavaScript: null and undefined become None, integral numbers int, arrays list, plain objects and Maps JsDict, Sets
set, buffers memoryview, Dates naive local datetimes, Errors `Exception`, web objects the classes of this package.
"""

from __future__ import annotations

from datetime import datetime
from types import FunctionType
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.blob import Blob as JsBlob
from pywrangler.runtime.js.errors import ConversionError, JsException
from pywrangler.runtime.js.form_data import FormData as JsFormData
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.proxy import JsValue, jsnull
from pywrangler.runtime.js.request import Request as JsRequest
from pywrangler.runtime.js.response import Response as JsResponse
from pywrangler.runtime.js.values import JsObject, array, plain
from pywrangler.runtime.refusals import not_sendable, property_name, refuse_items, without_frames
from workers._javascript import js_name
from workers._mode import MODE
from workers.blob import Blob
from workers.formdata import FormData
from workers.request import Request
from workers.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable

_SIMPLE = frozenset({str, bool, int, float})


def python_to_rpc(value: Any) -> Any:
    """Return `value` as JavaScript receives it; TypeError "... cannot be sent over RPC." for what is refused."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if value is None:
        return jsnull
    try:
        return _to_js(value, {})
    except (TypeError, ConversionError) as problem:
        raise without_frames(problem) from None


def _to_js(value: Any, seen: dict[int, Any]) -> Any:
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if value is None:
        return jsnull
    if kind is dict or kind is JsDict:
        return _dict_to_js(value, seen)
    if kind is list:
        known = seen.get(id(value))
        if known is None:
            known = seen[id(value)] = array(())
            known._items.extend([_to_js(item, seen) for item in value])
        return known
    if isinstance(value, JsValue):
        if js_name(value) == "RegExp":
            raise not_sendable(value)
        return value
    return _object_to_js(value, seen)


def _dict_to_js(value: dict[Any, Any], seen: dict[int, Any]) -> Any:
    known = seen.get(id(value))
    if known is not None:
        return known
    if MODE.external_sdk:
        known = seen[id(value)] = plain({})
        state = known.__dict__
        for key, item in value.items():
            state[key if type(key) is str else property_name(key)] = _to_js(item, seen)
    else:
        known = seen[id(value)] = JsMap.new()
        for key, item in value.items():
            known.set(_to_js(key, seen), _to_js(item, seen))
    return known


def _object_to_js(value: Any, seen: dict[int, Any]) -> Any:
    inner = getattr(value, "js_object", None)
    if inner is not None:
        return inner
    is_refused = isinstance(value, (tuple, bytearray)) or hasattr(value, "__await__")
    if is_refused or (isinstance(value, FunctionType) and not MODE.external_sdk):
        raise not_sendable(value)
    if isinstance(value, (bytes, memoryview)):
        return _other_to_js(value)
    if isinstance(value, set):
        return JsSet.new([_to_js(item, seen) for item in value])
    if isinstance(value, dict):
        return _dict_to_js(value, seen)
    if isinstance(value, list):
        return array([_to_js(item, seen) for item in value])
    if isinstance(value, datetime):
        from pywrangler.runtime.js.date import JsDate

        return JsDate.new(milliseconds(value))
    if isinstance(value, BaseException):
        return JsException("Error", str(value))
    return _other_to_js(value)


def _other_to_js(value: Any) -> Any:
    """Return a typed array with a copy of the memory of an object; other objects as they are."""
    # Imported here, because few Workers have such values.
    from pywrangler.runtime.js.py_buffers import has_buffer
    from pywrangler.runtime.js.typed_arrays import from_buffer

    if has_buffer(value):
        return from_buffer(memoryview(value))
    refuse_items(value)
    return value


def refuse_functions(value: Any) -> None:
    """Raise what the built-in SDK raises for functions among arguments, which later releases send as stubs."""
    if isinstance(value, FunctionType):
        raise not_sendable(value)
    if isinstance(value, (list, tuple, dict, set)):
        for item in value.values() if isinstance(value, dict) else value:
            refuse_functions(item)


def milliseconds(value: datetime) -> int | float:
    """Return a datetime as milliseconds since the epoch; a naive one is local time."""
    exact = value.timestamp() * 1000
    rounded = round(exact)
    return rounded if abs(exact - rounded) < 1e-3 else exact


def wrap_copied(value: Any) -> Any:
    """Wrap the web objects in a value that was copied into Python's classes already; containers are changed in place.

    Calls of objects and services arrive like that (`runtime.clone`): no other conversion is left to do.
    """
    if type(value) in _SIMPLE or value is None:
        return value
    return _wrap_copied(value, set())


def _wrap_copied(value: Any, seen: set[int]) -> Any:
    kind = type(value)
    if kind is list or kind is JsDict:
        if id(value) not in seen:
            seen.add(id(value))
            for key, item in enumerate(value) if kind is list else value.items():
                if type(item) not in _SIMPLE and item is not None:
                    value[key] = _wrap_copied(item, seen)
        return value
    return python_from_rpc(value) if isinstance(value, JsValue) else value


def python_from_rpc(obj: Any) -> Any:
    """Return a JavaScript value as Python code receives it; Python values are returned unchanged."""
    kind = type(obj)
    if kind is str or kind is bool or kind is int or obj is None:
        return obj
    if kind is float:
        return int(obj) if obj.is_integer() else obj
    return _from_js(obj, {})


def _from_js(value: Any, seen: dict[int, Any]) -> Any:
    kind = type(value)
    if kind is str or kind is bool or kind is int or value is None:
        return value
    if kind is float:
        return int(value) if value.is_integer() else value
    if value is jsnull:
        return None
    result: Any = seen.get(id(value))
    if result is not None:
        return result
    if kind is JsObject:
        result = seen[id(value)] = JsDict()
        for key, item in value._own_properties().items():
            result[key] = _from_js(item, seen)
        return result
    if kind is JsArray:
        result = seen[id(value)] = []
        result.extend([_from_js(item, seen) for item in value])
        return result
    if isinstance(value, JsMap):
        result = seen[id(value)] = JsDict()
        for key, item in value.items():
            result[_from_js(key, seen)] = _from_js(item, seen)
        return result
    if isinstance(value, JsSet):
        return {_from_js(item, seen) for item in value}
    return _object_from_js(value)


def _object_from_js(value: Any) -> Any:
    if isinstance(value, JsException):
        return Exception(str(value))
    if not isinstance(value, JsValue):
        return value
    for kind, wrap in WEB_CLASSES:
        if isinstance(value, kind):
            return wrap(value)
    if getattr(value, "byteLength", None) is not None:
        return memoryview(value.to_bytes())  # type: ignore[attr-defined]
    name = js_name(value)
    if name == "Date":
        return datetime.fromtimestamp(value.getTime() / 1000)  # type: ignore[attr-defined]  # noqa: DTZ006 - the contract says naive
    if name == "Number":
        return python_from_rpc(value.valueOf())
    return value


WEB_CLASSES: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (JsResponse, Response),
    (JsRequest, Request.of),
    (JsFormData, FormData),
    (JsBlob, Blob._of),
)
"""JavaScript classes of the web and what wraps them."""
