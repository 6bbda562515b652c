"""What `$1`, `$<name>`, `$&` and their kin stand for in a replacement (https://tc39.es/ecma262/#sec-getsubstitution)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_DOLLAR = re.compile(r"\$(?:([$&`'])|(\d\d?)|<([^>]*)>)", re.ASCII)


def expand(
    template: str,
    text: str,
    start: int,
    end: int,
    groups: Sequence[str | None],
    named: Mapping[str, str | None] | None,
) -> str:
    """Return a replacement filled in for the match of `text` from `start` to `end`."""
    if "$" not in template:
        return template

    def fill(match: re.Match[str]) -> str:
        sign, number, name = match.groups()
        if sign is not None:
            return {"$": "$", "&": text[start:end], "`": text[:start], "'": text[end:]}[sign]
        if number is not None:
            for digits in (number, number[:1]):
                if 1 <= int(digits) <= len(groups):
                    return (groups[int(digits) - 1] or "") + number[len(digits) :]
            return str(match[0])
        if named is None:
            return str(match[0])
        return named.get(name) or ""

    return _DOLLAR.sub(fill, template)
