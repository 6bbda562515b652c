"""`new String(x)`: the methods of strings, for programs that call JavaScript's (`js.String.new(text).padStart(5)`).

A JavaScript string itself is a Python `str` and has Python's methods. Positions and lengths here are JavaScript's, in
UTF-16 units: inside, a character beyond the basic plane is taken apart into its two surrogates.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.iterators import JsIterator, iterator
from pywrangler.runtime.js.primitives import WHITESPACE, relative_index, to_integer, to_number, to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull

LONGEST = 2**29 - 24
"""UTF-16 units that a string may have."""


def units_of(text: str) -> str:
    """Return the text with each UTF-16 unit as one character."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[i] | data[i + 1] << 8) for i in range(0, len(data), 2))


def text_of(units: str) -> str:
    """Undo `units_of`: pairs of surrogates become one character, lone ones stay."""
    if units.isascii():
        return units
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class StringObject(JsProxy, js_name="String"):
    """A String object. Its own properties are its characters."""

    __slots__ = ("_text", "_units")

    def __init__(self, value: Any = "") -> None:
        self._text = to_string(value)
        self._units = units_of(self._text)

    @property
    def length(self) -> int:
        """Number of UTF-16 units."""
        return len(self._units)

    def __len__(self) -> int:
        return len(self._units)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._text)

    def __getitem__(self, index: int) -> str:
        return self._units[index]

    def valueOf(self) -> str:
        """The string."""
        return self._text

    def toString(self) -> str:
        """The string."""
        return self._text

    def _own_properties(self) -> dict[str, Any]:
        return {str(i): unit for i, unit in enumerate(self._units)}

    # ---- parts ----------------------------------------------------------------------------------------

    def at(self, index: Any = 0) -> str | None:
        """Return one unit, negative from the end; undefined outside."""
        position = to_integer(index)
        return self._units[int(position)] if -len(self._units) <= position < len(self._units) else None

    def charAt(self, index: Any = 0) -> str:
        """Return one unit; empty outside."""
        position = to_integer(index)
        return self._units[int(position)] if 0 <= position < len(self._units) else ""

    def charCodeAt(self, index: Any = 0) -> int | float:
        """Return the number of one unit; NaN outside."""
        found = self.charAt(index)
        return ord(found) if found else float("nan")

    def codePointAt(self, index: Any = 0) -> int | None:
        """Return the code point that begins at a position; undefined outside."""
        position = to_integer(index)
        if not 0 <= position < len(self._units):
            return None
        return ord(text_of(self._units[int(position) : int(position) + 2])[0])

    def slice(self, start: Any = None, end: Any = None) -> str:
        """Return a part; negative positions count from the end."""
        size = len(self._units)
        return text_of(self._units[relative_index(start, size, 0) : relative_index(end, size, size)])

    def substring(self, start: Any = 0, end: Any = None) -> str:
        """Return a part; positions are put in order."""
        size = len(self._units)
        first, last = sorted(int(max(0, min(to_integer(size if at is None else at), size))) for at in (start or 0, end))
        return text_of(self._units[first:last])

    def substr(self, start: Any = 0, length: Any = None) -> str:
        """Return `length` units from a position."""
        size = len(self._units)
        first = relative_index(start, size, 0)
        return text_of(
            self._units[first : size if length is None else first + int(max(0, min(to_integer(length), size)))]
        )

    def split(self, separator: Any = None, limit: Any = None) -> JsArray:
        """Return the parts between separators, a string or a RegExp."""
        most = 2**32 - 1 if limit is None else int(to_integer(limit)) & 0xFFFFFFFF
        if separator is None:
            return array([self._text][:most])
        if hasattr(separator, "_split"):
            return array(separator._split(self._text)[:most])
        between = to_string(separator)
        parts = self._text.split(between) if between else list(self._units)
        return array(parts[:most])

    # ---- search ---------------------------------------------------------------------------------------

    def indexOf(self, wanted: Any = None, start: Any = 0) -> int:
        """Return the first position of a text, or -1."""
        size = len(self._units)
        return self._units.find(units_of(to_string(wanted)), int(max(0, min(to_integer(start), size))))

    def lastIndexOf(self, wanted: Any = None, start: Any = None) -> int:
        """Return the last position of a text, or -1."""
        text = units_of(to_string(wanted))
        limit = to_number(start)
        last = len(self._units) if math.isnan(limit) else int(max(0, min(to_integer(limit), len(self._units))))
        return self._units.rfind(text, 0, last + len(text))

    def includes(self, wanted: Any = None, start: Any = 0) -> bool:
        """Tell whether a text occurs."""
        return self.indexOf(_no_pattern(wanted, "includes"), start) >= 0

    def startsWith(self, wanted: Any = None, start: Any = 0) -> bool:
        """Tell whether the string begins with a text."""
        text = units_of(_no_pattern(wanted, "startsWith"))
        return self._units.startswith(text, int(max(0, min(to_integer(start), len(self._units)))))

    def endsWith(self, wanted: Any = None, end: Any = None) -> bool:
        """Tell whether the string ends with a text."""
        size = len(self._units)
        last = size if end is None else int(max(0, min(to_integer(end), size)))
        return self._units[:last].endswith(units_of(_no_pattern(wanted, "endsWith")))

    def match(self, pattern: Any = None) -> Any:
        """Return the match of a RegExp as `exec` does, or all matches with the flag g; null if there is none."""
        return _pattern(pattern)._match(self._text)

    def matchAll(self, pattern: Any = None) -> JsIterator:
        """Iterate over all matches; a RegExp needs the flag g."""
        found = _pattern(pattern, "g")
        if "g" not in found.flags:
            raise type_error("String.prototype.matchAll called with a non-global RegExp argument")
        return iterator(found._matches(self._text))

    def search(self, pattern: Any = None) -> int:
        """Return where a RegExp matches first, or -1."""
        return _pattern(pattern)._search(self._text)  # type: ignore[no-any-return]

    def replace(self, pattern: Any = None, replacement: Any = None) -> str:
        """Replace the first occurrence of a text, or what a RegExp matches; `$1` and `$<name>` are filled in."""
        if hasattr(pattern, "_replace"):
            return pattern._replace(self._text, replacement)  # type: ignore[no-any-return]
        return self._replace_text(to_string(pattern), replacement, 1)

    def replaceAll(self, pattern: Any = None, replacement: Any = None) -> str:
        """Replace every occurrence; a RegExp needs the flag g."""
        if hasattr(pattern, "_replace"):
            if "g" not in pattern.flags:
                raise type_error("replaceAll must be called with a global RegExp")
            return pattern._replace(self._text, replacement)  # type: ignore[no-any-return]
        return self._replace_text(to_string(pattern), replacement, -1)

    def _replace_text(self, wanted: str, replacement: Any, most: int) -> str:
        from pywrangler.runtime.js.regexp_replace import expand

        result: list[str] = []
        done = position = 0
        while most and (position := self._text.find(wanted, position)) >= 0:
            if callable(replacement):
                put = to_string(replacement(wanted, len(units_of(self._text[:position])), self._text))
            else:
                put = expand(to_string(replacement), self._text, position, position + len(wanted), (), None)
            result += [self._text[done:position], put]
            done = position + len(wanted)
            position = done if wanted else position + 1
            most -= 1
            if position > len(self._text):
                break
        return "".join([*result, self._text[done:]])

    # ---- other forms ----------------------------------------------------------------------------------

    def concat(self, *others: Any) -> str:
        """Return the string with others added."""
        return "".join([self._text, *map(to_string, others)])

    def repeat(self, times: Any = 0) -> str:
        """Return the string several times over."""
        count = to_integer(times)
        if count < 0 or count == float("inf"):
            raise range_error(f"Invalid count value: {to_string(times)}")
        if count * len(self._units) > LONGEST:
            raise range_error("Invalid string length")
        return self._text * int(count)

    def padStart(self, length: Any = 0, filler: Any = " ") -> str:
        """Return the string with a filler put before it, up to a length."""
        return text_of(self._padding(length, filler) + self._units)

    def padEnd(self, length: Any = 0, filler: Any = " ") -> str:
        """Return the string with a filler put behind it, up to a length."""
        return text_of(self._units + self._padding(length, filler))

    def _padding(self, length: Any, filler: Any) -> str:
        text = units_of(to_string(filler))
        missing = to_integer(length) - len(self._units)
        if missing <= 0 or not text:
            return ""
        if missing > LONGEST:
            raise range_error("Invalid string length")
        return (text * (int(missing) // len(text) + 1))[: int(missing)]

    def trim(self) -> str:
        """Return the string without white space at its ends."""
        return self._text.strip(WHITESPACE)

    def trimStart(self) -> str:
        """Return the string without white space at its beginning."""
        return self._text.lstrip(WHITESPACE)

    def trimEnd(self) -> str:
        """Return the string without white space at its end."""
        return self._text.rstrip(WHITESPACE)

    trimLeft, trimRight = trimStart, trimEnd

    def toLowerCase(self) -> str:
        """Return the string in lower case."""
        return self._text.lower()

    def toUpperCase(self) -> str:
        """Return the string in upper case."""
        return self._text.upper()

    def toLocaleLowerCase(self, locales: Any = None) -> str:
        """Return the string in lower case by the rules of a language (Turkish, Azerbaijani and Lithuanian differ)."""
        from pywrangler.runtime.js.intl.case import lower

        return lower(self._text, locales)

    def toLocaleUpperCase(self, locales: Any = None) -> str:
        """Return the string in upper case by the rules of a language."""
        from pywrangler.runtime.js.intl.case import upper

        return upper(self._text, locales)

    def localeCompare(self, other: Any = None, locales: Any = None, options: Any = None, **named: Any) -> int:
        """Tell whether the string comes before (-1), with (0) or after (1) another in a language's order."""
        from pywrangler.runtime.js.intl.collation import Collator

        return Collator.new(locales, options, **named).compare(self._text, other)  # type: ignore[no-any-return]

    def normalize(self, form: Any = "NFC") -> str:
        """Return the string in a normal form of Unicode."""
        name = "NFC" if form is None else to_string(form)
        if name not in {"NFC", "NFD", "NFKC", "NFKD"}:
            raise range_error("The normalization form should be one of NFC, NFD, NFKC, NFKD.")
        return unicodedata.normalize(name, self._text)  # type: ignore[arg-type]

    def isWellFormed(self) -> bool:
        """Tell whether there are no lone surrogates."""
        return not any("\ud800" <= character <= "\udfff" for character in self._text)

    def toWellFormed(self) -> str:
        """Return the string with lone surrogates replaced."""
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in self._text)


def _no_pattern(wanted: Any, method: str) -> str:
    if hasattr(wanted, "_replace") and hasattr(wanted, "source"):
        raise type_error(f"First argument to String.prototype.{method} must not be a regular expression")
    return to_string(wanted)


def _pattern(given: Any, flags: str = "") -> Any:
    from pywrangler.runtime.js.regexp import JsRegExp

    if isinstance(given, JsRegExp):
        return given
    return JsRegExp.new("" if given is None or given is jsnull else given, flags)


def _markup(tag: str, attribute: str = "") -> Callable[..., str]:
    def method(self: StringObject, value: Any = None) -> str:
        quoted = to_string(value).replace('"', "&quot;")
        inside = f'{tag} {attribute}="{quoted}"' if attribute else tag
        return f"<{inside}>{self._text}</{tag}>"

    method.__doc__ = f"Return the string in a `{tag}` element, as pages of long ago did."
    return method


for _name, _tag, _attribute in (
    ("anchor", "a", "name"), ("big", "big", ""), ("blink", "blink", ""), ("bold", "b", ""), ("fixed", "tt", ""),
    ("fontcolor", "font", "color"), ("fontsize", "font", "size"), ("italics", "i", ""), ("link", "a", "href"),
    ("small", "small", ""), ("strike", "strike", ""), ("sub", "sub", ""), ("sup", "sup", ""),
):  # fmt: skip
    setattr(StringObject, _name, _markup(_tag, _attribute))
