"""What JavaScript calls a value, and JavaScript errors under their Python names."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import JsProxy, jsnull

BODY_CLASSES = frozenset(
    {
        "Blob",
        "File",
        "ArrayBuffer",
        "DataView",
        "Int8Array",
        "Uint8Array",
        "Uint8ClampedArray",
        "Int16Array",
        "Uint16Array",
        "Int32Array",
        "Uint32Array",
        "Float16Array",
        "Float32Array",
        "Float64Array",
        "BigInt64Array",
        "BigUint64Array",
        "FormData",
        "ReadableStream",
        "URLSearchParams",
    }
)
"""Names of the classes whose instances can be a body."""

_PYTHON_ERRORS: dict[str, type[Exception]] = {"TypeError": TypeError, "RangeError": ValueError}


def js_name(value: Any) -> str:
    """Return the name of the JavaScript class of `value`; empty for what is not a JavaScript object."""
    return type(value).name if isinstance(value, JsProxy) else ""


def type_name(value: Any) -> str:
    """Return the name of the class of `value`, JavaScript or Python, for messages."""
    return js_name(value) or ("null" if value is jsnull else type(value).__name__)


def python_error(error: JsException) -> Exception:
    """Return the Python error that the SDK raises for a JavaScript one, else the error itself."""
    kind = _PYTHON_ERRORS.get(error.name)
    return error if kind is None else kind(error.message)
