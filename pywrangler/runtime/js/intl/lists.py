"""`Intl.ListFormat` (https://tc39.es/ecma402/#listformat-objects)."""

from __future__ import annotations

import re
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.intl.locales import Choice, Given, choose, supported
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_NAMES = {"conjunction": "standard", "disjunction": "or", "unit": "unit"}


class ListFormat(JsProxy):
    """Writes lists: `Intl.ListFormat.new("en").format(["a", "b", "c"])` is `a, b, and c`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        given = Given("Intl.ListFormat", init, named)
        self._choice = choose(locales)
        self._type = given.text("type", tuple(_NAMES), "conjunction")
        self._style = given.text("style", ("long", "short", "narrow"), "long")

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    def format(self, items: Any = None) -> str:
        """Write the texts of an iterable as a list."""
        return "".join(text for _, text in self._parts(items))

    def formatToParts(self, items: Any = None) -> JsArray:
        """Return the pieces that `format` writes, as `{type, value}`."""
        return array(plain({"type": kind, "value": text}) for kind, text in self._parts(items))

    def _parts(self, items: Any) -> list[tuple[str, str]]:
        texts: list[Any] = [] if items is None else list(items)
        for text in texts:
            if not isinstance(text, str):
                raise type_error(f"Iterable yielded {to_string(text)} which is not a string")
        return list_parts(self._choice, [[("element", text)] for text in texts], self._type, self._style)

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        return plain({"locale": str(self._choice.tag), "type": self._type, "style": self._style})


def list_parts(choice: Choice, items: list[list[tuple[str, str]]], kind: str, style: str) -> list[tuple[str, str]]:
    """Put pieces together as a list of a language."""
    if not items:
        return []
    if len(items) == 1:
        return items[0]
    if len(items) == 2:
        return _joined(_pattern(choice, kind, style, "2"), items[0], items[1])
    result = _joined(_pattern(choice, kind, style, "end"), items[-2], items[-1])
    for position in range(len(items) - 3, -1, -1):
        name = "middle" if position else "start"
        result = _joined(_pattern(choice, kind, style, name), items[position], result)
    return result


def _pattern(choice: Choice, kind: str, style: str, name: str) -> str:
    stem = _NAMES[kind]
    forms = {
        "long": (stem, f"{stem}-short") if kind == "unit" else (stem,),
        "short": (f"{stem}-short", stem),
        "narrow": (f"{stem}-narrow", f"{stem}-short", stem),
    }
    for form in (*forms[style], "standard"):
        found = choice.table("list_patterns", form).get(name)
        if found is not None:
            return str(found)
    return "{0}, {1}"


def _joined(pattern: str, left: list[tuple[str, str]], right: list[tuple[str, str]]) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    for piece in re.split(r"(\{[01]\})", pattern):
        if piece == "{0}":
            parts += left
        elif piece == "{1}":
            parts += right
        elif piece:
            parts.append(("literal", piece))
    return parts
