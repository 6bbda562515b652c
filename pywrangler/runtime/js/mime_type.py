"""MIME types as headers carry them (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type). Pure."""

from __future__ import annotations

import re

_WHITE_SPACE = "\t\n\r "
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ESSENCE = re.compile(rf"({_TOKEN}/{_TOKEN})[\t\n\r ]*(?:;|\Z)")
_PARAMETER = re.compile(
    r"""[\t\n\r ]*([^;=]*)(?:=(?:"((?:[^"\\]|\\.)*)(?:\\?\Z|"[^;]*)|([^;]*)))?(?:;|\Z)""", re.DOTALL
)
_NAME = re.compile(_TOKEN)
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def parse(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the type in lower case and its parameters, names in lower case; None if it is malformed.

    Of a parameter that occurs twice the first counts, and malformed ones are passed over.
    """
    stripped = text.strip(_WHITE_SPACE)
    essence = _ESSENCE.match(stripped)
    if essence is None:
        return None
    found: dict[str, str] = {}
    at = essence.end()
    while at < len(stripped) and (match := _PARAMETER.match(stripped, at)):
        at = match.end()
        name, quoted, plain = match.groups()
        if quoted is None and not (plain or "").rstrip(_WHITE_SPACE):
            continue
        value = re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) if quoted is not None else plain.rstrip(_WHITE_SPACE)
        if _NAME.fullmatch(name) and _VALUE.fullmatch(value):
            found.setdefault(name.lower(), value)
    return essence[1].lower(), found
