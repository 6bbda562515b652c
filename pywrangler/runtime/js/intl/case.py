"""Upper and lower case in a language: Turkish and Azerbaijani have two letters i, Lithuanian keeps the dot of its i."""

from __future__ import annotations

import unicodedata
from typing import Any

from pywrangler.runtime.js.intl.locales import canonical

_DOT = "\u0307"
_ABOVE = {"\u0300", "\u0301", "\u0303"}


def _language(locales: Any) -> str:
    tags = canonical(locales)
    return tags[0].language if tags else "en"


def lower(text: str, locales: Any = None) -> str:
    """Return a text in lower case."""
    language = _language(locales)
    if language in {"tr", "az"}:
        text = text.replace(f"I{_DOT}", "i").replace("I", "ı").replace("İ", "i")  # noqa: RUF001 - Turkish letters
    elif language == "lt":
        decomposed = unicodedata.normalize("NFD", text)
        kept = [
            f"{character}{_DOT}" if character in "IJĮ" and decomposed[i + 1 : i + 2] in _ABOVE else character
            for i, character in enumerate(decomposed)
        ]
        text = unicodedata.normalize("NFC", "".join(kept))
    return text.lower()


def upper(text: str, locales: Any = None) -> str:
    """Return a text in upper case."""
    language = _language(locales)
    if language in {"tr", "az"}:
        text = text.replace("i", "İ")
    elif language == "lt":
        text = text.replace(f"i{_DOT}", "i").replace(f"j{_DOT}", "j")
    elif language == "el":
        text = "".join(c for c in unicodedata.normalize("NFD", text.upper()) if c != "\u0301")
        return unicodedata.normalize("NFC", text)
    return text.upper()
