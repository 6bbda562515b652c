"""`toLocaleString` of any value."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.primitives import is_primitive, to_string
from pywrangler.runtime.js.proxy import jsnull


def to_locale_string(value: Any, locales: Any = None, options: Any = None, **named: Any) -> str:
    """Return a value as a language writes it; undefined and null are empty."""
    if value is None or value is jsnull:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        from pywrangler.runtime.js.intl.numbers import NumberFormat

        return str(NumberFormat.new(locales, options, **named).format(value))
    method = None if is_primitive(value) else getattr(value, "toLocaleString", None)
    return to_string(value) if method is None else str(method(locales, options, **named))
