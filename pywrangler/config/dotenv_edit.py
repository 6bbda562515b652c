"""Changing the text of a variable file: comments, order, blanks and ends of lines stay as they are.

Every change is checked by reading the new text again: the changed names have exactly their new values, everything
else has the value it had. That is also how a form for a value is found: several are tried, plain ones first, and the
first that reads back counts. The grammar cannot express every text (one with all three quotes and a `#`, say); then
nothing is changed and ConfigError names the variable, never the value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pywrangler.config import dotenv
from pywrangler.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME = re.compile(r"[A-Za-z0-9_.-]+")
"""What a variable in a file may be called."""
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=~^*-]+")
_NEWLINE = re.compile(r"\r\n|\n|\r")
# What people write below an assignment: a form that reads back before all of these is safe from later edits.
_NEIGHBOURS = ("", "\nZ='\n'", '\nZ="\n"', "\nZ=`\n`", "\n# it's `a` \"b\"\nZ=''")


def edit(text: str, changes: Mapping[str, str | None]) -> str:
    """Return `text` with each name set to its value, or without it where the value is None.

    The assignment that counts (the last) is replaced in place, a new one goes to the end; removing takes all of them.
    ConfigError if a name or a value cannot be written.
    """
    for name, value in changes.items():
        text = _remove(text, name) if value is None else _put(text, name, value)
    return text


def names(text: str) -> tuple[str, ...]:
    """Return the names that a text assigns, each once, in order."""
    return tuple(dict.fromkeys(item.name for item in dotenv.parse(text)))


def _put(text: str, name: str, value: str) -> str:
    if not NAME.fullmatch(name):
        what = f'"{name}" cannot be the name of a secret in a file.'
        raise _error("secret-name", what, "Names consist of letters, digits, `_`, `.` and `-`.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _error("secret-value", f"The value of {name} holds half a character (a lone surrogate).", "") from None
    forms = [form for form in dict.fromkeys(_forms(value)) if _reads_back(f"{name}={form}", name, value)]
    safe = [form for form in forms if all(_reads_back(f"{name}={form}{below}", name, value) for below in _NEIGHBOURS)]
    expected = {**_values(text), name: value}
    for form in dict.fromkeys([*safe, *forms]):
        for changed in (_replaced(text, name, form), _appended(text, name, form)):
            if changed is not None and _values(changed) == expected:
                return changed
    if not forms:
        raise _error(
            "secret-value",
            f"The value of {name} cannot be written to a variable file: its grammar has no form for this mixture of "
            "quotes, `#`, backslashes and ends of lines.",
            "Encode it (for example as Base64) and decode it in the Worker.",
        )
    what = f"{name} cannot be set without changing what other lines of the file mean."
    raise _error("secret-file", what, "Look for an unclosed quote in the file.")


def _remove(text: str, name: str) -> str:
    expected = _values(text)
    if name not in expected:
        return text
    del expected[name]
    plain, origins = _plain(text)
    changed = text
    for match in reversed([match for match in dotenv.ASSIGNMENT.finditer(plain) if match["name"] == name]):
        end = plain.find("\n", _raw_span(match)[1])
        end = len(plain) if end < 0 else end + 1
        changed = changed[: origins[match.start()]] + changed[origins[end] :]
    if _values(changed) != expected:
        what = f"{name} cannot be removed without changing what other lines of the file mean."
        raise _error("secret-file", what, "Look for an unclosed quote in the file.")
    return changed


# ---- forms of a value -----------------------------------------------------------------------------------


def _forms(value: str) -> Iterator[str]:
    """Yield ways to write a value, right or wrong, the preferred ones first."""
    if _PLAIN.fullmatch(value):
        yield value
    # One line even for a value of several: easier to move around, and line-based tools keep it whole.
    yield '"' + value.replace("\n", "\\n").replace("\r", "\\r") + '"'
    yield f"'{value}'"
    yield f"`{value}`"
    yield '"' + value.replace("\r", "\\r") + '"'
    yield value


def _reads_back(text: str, name: str, value: str) -> bool:
    return _values(text).get(name) == value


def _values(text: str) -> dict[str, str]:
    return {item.name: item.value for item in dotenv.parse(text)}


# ---- places in the text ---------------------------------------------------------------------------------


def _replaced(text: str, name: str, form: str) -> str | None:
    """Return the text with another value in the assignment that counts; None if there is none."""
    plain, origins = _plain(text)
    match = next((match for match in reversed([*dotenv.ASSIGNMENT.finditer(plain)]) if match["name"] == name), None)
    if match is None:
        return None
    start, end = _raw_span(match)
    return text[: origins[start]] + form + text[origins[end] :]


def _appended(text: str, name: str, form: str) -> str:
    newline = _NEWLINE.search(text)
    end = newline[0] if newline else "\n"
    gap = "" if not text or text.endswith(("\n", "\r")) else end
    return f"{text}{gap}{name}={form}{end}"


def _raw_span(match: re.Match[str]) -> tuple[int, int]:
    """Return where the value stands, without the blanks around it."""
    if match["raw"] is None or not dotenv.trim(match["raw"]):
        return match.end("separator"), match.end("separator")
    raw = match["raw"]
    start = match.start("raw") + raw.index(dotenv.trim(raw))
    return start, start + len(dotenv.trim(raw))


def _plain(text: str) -> tuple[str, list[int]]:
    """Return the text with plain newlines, and for each offset in it the offset in `text`; the end included."""
    parts: list[str] = []
    origins: list[int] = []
    at = 0
    for newline in _NEWLINE.finditer(text):
        parts += [text[at : newline.start()], "\n"]
        origins += range(at, newline.start() + 1)
        at = newline.end()
    parts.append(text[at:])
    origins += range(at, len(text) + 1)
    return "".join(parts), origins


def _error(code: str, what: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(code, what, remedy)])
