"""`Intl.DisplayNames` (https://tc39.es/ecma402/#intl-displaynames-objects)."""

from __future__ import annotations

import re
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.intl.locales import Given, choose, parse_tag, supported
from pywrangler.runtime.js.intl.supplement import CALENDARS, DATE_TIME_FIELDS
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.values import JsObject, plain

_TYPES = ("language", "region", "script", "currency", "calendar", "dateTimeField")
_CODES = {
    "region": r"[A-Za-z]{2}|\d{3}", "script": r"[A-Za-z]{4}", "currency": r"[A-Za-z]{3}",
    "calendar": r"[a-z\d]{3,8}(-[a-z\d]{3,8})*",
}  # fmt: skip


class DisplayNames(JsProxy):
    """Names of languages, regions, scripts, currencies: `Intl.DisplayNames.new("en", type="region").of("DE")`."""

    def __init__(self, locales: Any = None, init: Any = None, **named: Any) -> None:
        if init is None and not named:
            raise type_error("invalid_argument")
        given = Given("Intl.DisplayNames", init, named)
        self._choice = choose(locales)
        self._style = given.text("style", ("narrow", "short", "long"), "long")
        self._type = given.text("type", _TYPES)
        if self._type is None:
            raise type_error('Required option "type" must not be undefined')
        self._fallback = given.text("fallback", ("code", "none"), "code")
        self._dialect = given.text("languageDisplay", ("dialect", "standard"), "dialect")

    @staticmethod
    def supportedLocalesOf(locales: Any = None, *_options: Any) -> JsArray:
        """Return those of the tags that are known."""
        return array(supported(locales))

    def of(self, code: Any = None) -> Any:
        """Return the name of a code; the code itself, or undefined, where there is none."""
        text = to_string(code)
        name = self._name(text)
        if name:
            return name
        return text if self._fallback == "code" else None

    def _name(self, code: str) -> str:
        if self._type == "language":
            return self._language(code)
        if self._type == "dateTimeField":
            if code not in DATE_TIME_FIELDS:
                raise range_error("invalid_argument")
            return self._english(DATE_TIME_FIELDS[code])
        if not re.fullmatch(_CODES[self._type], code):
            raise range_error("invalid_argument")
        if self._type == "calendar":
            return self._english(CALENDARS.get(code, ""))
        table, key = {
            "region": ("territories", code.upper()), "script": ("scripts", code.title()),
            "currency": ("currency_names", code.upper()),
        }[self._type]  # fmt: skip
        if self._type == "currency" and self._style != "long":
            return str(self._choice.table("currency_symbols").get(key, ""))
        return str(self._choice.table(table).get(key, ""))

    def _english(self, name: str) -> str:
        if self._choice.language != "en":
            raise error(
                f"Intl.DisplayNames: names of type {self._type!r} are available locally in English only, "
                f"not in {self._choice.tag.base!r}."
            )
        return name

    def _language(self, code: str) -> str:
        tag = parse_tag(code)
        table = self._choice.table("languages")
        parts = [part for part in (tag.script, tag.region) if part]
        if self._dialect == "dialect":
            for used in range(len(parts), 0, -1):
                whole = table.get("_".join([tag.language, *parts[:used]]))
                if whole:
                    return self._with_details(str(whole), parts[used:])
        name = table.get(tag.language)
        return self._with_details(str(name), parts) if name else ""

    def _with_details(self, name: str, parts: list[str]) -> str:
        if not parts:
            return name
        shown = [
            str(self._choice.table("scripts" if len(part) == 4 else "territories").get(part, part)) for part in parts
        ]
        return f"{name} ({', '.join(shown)})"

    def resolvedOptions(self) -> JsObject:
        """Return what the options came to."""
        found = {
            "locale": str(self._choice.tag), "style": self._style, "type": self._type, "fallback": self._fallback,
        }  # fmt: skip
        if self._type == "language":
            found["languageDisplay"] = self._dialect
        return plain(found)
