"""Plain data as JavaScript values: what `env` and contexts hand to user code."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.values import plain


def to_js_value(value: Any) -> Any:
    """Return JSON-like data as JavaScript values: dict to object, list to array, None to null; the rest as it is."""
    if isinstance(value, dict):
        return plain({str(name): to_js_value(item) for name, item in value.items()})
    if isinstance(value, list | tuple):
        return array(to_js_value(item) for item in value)
    return jsnull if value is None else value
