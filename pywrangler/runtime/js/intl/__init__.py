"""`Intl` (https://tc39.es/ecma402/): numbers, dates, lists and order of texts in the manner of a language."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pywrangler.runtime.js.proxy import JsProxy

_CLASSES = {
    "Collator": "collation", "DateTimeFormat": "dates", "DisplayNames": "names", "DurationFormat": "durations",
    "ListFormat": "lists", "Locale": "tags", "NumberFormat": "numbers", "PluralRules": "plurals",
    "RelativeTimeFormat": "relative", "Segmenter": "segments",
}  # fmt: skip


class IntlNamespace(JsProxy, js_name="Intl"):
    """The value of `js.Intl`; each class is imported when it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        module = _CLASSES.get(name)
        if module is None:
            raise AttributeError(f"Intl has no property {name!r}", name=name, obj=self)
        return getattr(import_module(f"{__name__}.{module}"), name)

    def getCanonicalLocales(self, locales: Any = None) -> Any:
        """Return tags in their canonical form; RangeError for malformed ones."""
        from pywrangler.runtime.js.arrays import array
        from pywrangler.runtime.js.intl.locales import canonical

        return array(str(tag) for tag in canonical(locales))

    def supportedValuesOf(self, key: Any = None) -> Any:
        """Return the known values of `calendar`, `currency`, `timeZone`, `unit`, ..."""
        from pywrangler.runtime.js.arrays import array
        from pywrangler.runtime.js.intl.tags import supported_values

        return array(supported_values(key))

    def toString(self) -> str:
        """`[object Intl]`."""
        return "[object Intl]"


Intl: IntlNamespace = IntlNamespace.new()
