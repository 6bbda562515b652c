"""`getBuffer()` of a PyProxy: the memory of a Python object as JavaScript sees it.

https://pyodide.org/en/stable/usage/api/js-api.html#pyodide.ffi.PyBuffer. In Pyodide `data` looks at the memory itself.
Here that is so for a bytearray; of everything else it is a copy.
"""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.typed_arrays import (
    BigInt64Array,
    BigUint64Array,
    DataView,
    Float32Array,
    Float64Array,
    Int8Array,
    Int16Array,
    Int32Array,
    Uint8Array,
    Uint8ClampedArray,
    Uint16Array,
    Uint32Array,
    kind_of,
)
from pywrangler.runtime.js.values import JsFunction, JsObject, plain

KINDS: dict[str, type] = {
    "i8": Int8Array,
    "u8": Uint8Array,
    "u8clamped": Uint8ClampedArray,
    "i16": Int16Array,
    "u16": Uint16Array,
    "i32": Int32Array,
    "u32": Uint32Array,
    "i64": BigInt64Array,
    "u64": BigUint64Array,
    "f32": Float32Array,
    "f64": Float64Array,
}


def has_buffer(target: Any) -> bool:
    """Say whether an object supports the buffer protocol."""
    try:
        with memoryview(target):
            return True
    except TypeError:
        return False


def get_buffer(target: Any, kind: str | None = None) -> JsObject:
    """Return the PyBuffer of an object that supports the buffer protocol; `kind` names the type of its `data`."""
    with memoryview(target) as view:
        owned = target if type(target) is bytearray else bytearray(view.tobytes())
        fields = {
            "offset": 0,
            "readonly": view.readonly,
            "format": view.format,
            "itemsize": view.itemsize,
            "ndim": view.ndim,
            "nbytes": view.nbytes,
            "shape": array(view.shape or ()),
            "strides": array(size // view.itemsize for size in view.strides or ()),
            "c_contiguous": view.c_contiguous,
            "f_contiguous": view.f_contiguous,
            "data": _typed(view, owned, kind),
            "release": JsFunction.new(lambda: None),
        }
    return plain(fields)


def _typed(view: memoryview, owned: bytearray, kind: str | None) -> Any:
    if kind is None:
        return kind_of(view).adopt(owned)
    if kind == "dataview":
        return DataView.new(Uint8Array.adopt(owned).buffer)
    if kind not in KINDS:
        raise error(f"Unknown type {kind}")
    return KINDS[kind].adopt(owned)  # type: ignore[attr-defined]
