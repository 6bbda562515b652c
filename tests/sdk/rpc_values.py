"""What becomes of Python values on their way into JavaScript, in the notation of `rpc_values.mjs`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pywrangler.protocol.v8_format import SAFE_INTEGER
from pywrangler.runtime.js import values
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_array import TypedArray

FOLDER = Path(__file__).parent
EXPECTED: dict[str, Any] = json.loads((FOLDER / "rpc_values_expected.json").read_text())


def namespace() -> dict[str, Any]:
    """Return the names that the expressions use."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec((FOLDER / "rpc_values.txt").read_text().partition("---\n")[0], names)
    return names


def described(value: Any) -> Any:
    """Return a JavaScript value as the recorder writes it."""
    if isinstance(value, values.JsBigInt) or (type(value) is int and abs(value) > SAFE_INTEGER):
        return ["BigInt", str(int(value))]
    if isinstance(value, float) and not math.isfinite(value):
        return ["Number", "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"]
    if value is None or value is jsnull:
        return None
    if isinstance(value, (str, int, float)):
        return value.value if hasattr(value, "value") else value
    if isinstance(value, TypedArray):
        return [type(value).name, *value]
    if isinstance(value, values.JsSet):
        return ["Set", *map(described, value)]
    if isinstance(value, JsDate):
        return ["Date", value.getTime()]
    if isinstance(value, JsException):
        return ["Error", value.name, value.message]
    if isinstance(value, values.JsArray):
        return ["Array", *map(described, value)]
    if isinstance(value, values.JsObject):
        return ["Object", *([name, described(item)] for name, item in value._own_properties().items())]
    return ["function"] if callable(value) else ["DataCloneError"]
