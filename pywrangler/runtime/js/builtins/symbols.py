"""`Symbol`."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.builtins.constructor import Constructor, only
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.values import JsSymbol

_WELL_KNOWN = (
    "asyncDispose", "asyncIterator", "dispose", "hasInstance", "isConcatSpreadable", "iterator", "match", "matchAll",
    "replace", "search", "species", "split", "toPrimitive", "toStringTag", "unscopables",
)  # fmt: skip


class SymbolConstructor(Constructor):
    """The value of `js.Symbol`; well-known symbols are its attributes."""

    _name = "Symbol"
    _instances = JsSymbol

    def __init__(self) -> None:
        self._shared: dict[str, JsSymbol] = {}
        for name in _WELL_KNOWN:
            setattr(self, name, JsSymbol.new(f"Symbol.{name}"))

    def __call__(self, description: Any = None) -> JsSymbol:
        return JsSymbol.new(None if description is None else to_string(description))  # type: ignore[no-any-return]

    def new(self, *_arguments: Any) -> JsSymbol:
        """Symbols have no `new`."""
        raise type_error("Symbol is not a constructor")

    def for_(self, key: Any) -> JsSymbol:
        """Return the symbol that all who say `key` share."""
        name = to_string(key)
        return self._shared.setdefault(name, self(name))

    def keyFor(self, symbol: JsSymbol) -> str | None:
        """Return the key of a shared symbol."""
        return next((key for key, found in self._shared.items() if found is symbol), None)


Symbol: SymbolConstructor = only(SymbolConstructor)
