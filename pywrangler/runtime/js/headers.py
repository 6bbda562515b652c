"""Headers: an ordered multimap of names and values (https://fetch.spec.whatwg.org/#headers-class).

Names are kept in lower case, in the order of arrival, exactly as they go on the wire. Iteration sorts by name and
combines repeated values with ", ", except Set-Cookie, of which each value stands alone. A missing name reads as null.
Headers of incoming requests and of fetched responses are immutable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import array, iterator
from pywrangler.runtime.js.webidl import pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Pairs = list[tuple[str, str]]

LOST = (
    "{}: a Python dict is not a JavaScript object, so everything in it is ignored: "
    "pass its items(), or to_js(value, dict_converter=Object.fromEntries)."
)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_FORBIDDEN_IN_VALUE = re.compile(r"[\0\r\n]")
_WHITESPACE = " \t\r\n"


_valid_names: dict[Any, str] = {}
"""Names seen before, as they were given, in lower case; never more than `_NAMES_KEPT`."""
_NAMES_KEPT = 1000


def _name(value: Any) -> str:
    if type(value) is str and (known := _valid_names.get(value)) is not None:
        return known
    name = to_string(value)
    if _TOKEN.fullmatch(name) is None:
        raise type_error("Invalid header name.")
    lower = name.lower()
    if len(_valid_names) < _NAMES_KEPT:
        _valid_names[name] = lower
    return lower


def _value(value: Any) -> str:
    text = to_string(value)
    if text.isascii() and text.isprintable() and text[:1] != " " and text[-1:] != " ":
        return text
    text = text.strip(_WHITESPACE)
    if _FORBIDDEN_IN_VALUE.search(text) is not None:
        raise type_error("Invalid header value.")
    if not text.isascii():
        warn_once("A header value is not ASCII: it is sent as UTF-8, which others may read differently.")
    return text


class Headers(JsProxy):
    """The headers of a request or a response."""

    __slots__ = ("_immutable", "_pairs")

    _immutable: bool
    _pairs: Pairs

    def __init__(self, init: Any = None, /, **fields: Any) -> None:
        self._immutable = False
        self._pairs = []
        if init is not None:
            self._fill(init)
        for name, value in fields.items():
            self.append(name, value)

    @classmethod
    def from_pairs(cls, pairs: Pairs, immutable: bool = False) -> Headers:
        """Adopt wire data (names in lower case) without validation; the list itself is kept, not copied."""
        headers = cls.__new__(cls)
        headers._pairs = pairs
        headers._immutable = immutable
        return headers

    def pairs(self) -> Pairs:
        """Return the header list as it goes on the wire; not a copy."""
        return self._pairs

    def _fill(self, init: Any) -> None:
        if type(init) is Headers:
            self._pairs = init._pairs.copy()
            return
        if type(init) is list and all(map(_is_pair, init)):
            self._pairs = [(_name(name), _value(value)) for name, value in init]
            return
        if init is jsnull or isinstance(init, (bool, int, float, str, bytes)):
            raise type_error("Headers can only be made from an object or an iterable of pairs.")
        if isinstance(init, dict):
            warn_once(LOST.format("Headers"))
            return
        self._pairs = [(_name(name), _value(value)) for name, value in pairs_of(init, "Headers")]

    def _require_mutable(self) -> None:
        if self._immutable:
            raise type_error("Can't modify immutable headers.")

    def get(self, name: Any) -> Any:
        """Return the values of `name` joined with ", ", or null."""
        wanted = _name(name)
        found = [value for key, value in self._pairs if key == wanted]
        return ", ".join(found) if found else jsnull

    def has(self, name: Any) -> bool:
        """Whether there is a header of that name."""
        wanted = _name(name)
        return any(key == wanted for key, _ in self._pairs)

    def set(self, name: Any, value: Any) -> None:
        """Replace all values of `name`; the header keeps the place of its first value."""
        self._require_mutable()
        wanted, text = _name(name), _value(value)
        kept: Pairs = []
        placed = False
        for pair in self._pairs:
            if pair[0] != wanted:
                kept.append(pair)
            elif not placed:
                kept.append((wanted, text))
                placed = True
        if not placed:
            kept.append((wanted, text))
        self._pairs[:] = kept

    def append(self, name: Any, value: Any) -> None:
        """Add a value."""
        self._require_mutable()
        self._pairs.append((_name(name), _value(value)))

    def delete(self, name: Any) -> None:
        """Remove all values of `name`."""
        self._require_mutable()
        wanted = _name(name)
        self._pairs[:] = [pair for pair in self._pairs if pair[0] != wanted]

    def getSetCookie(self) -> Any:
        """Return every Set-Cookie value, apart."""
        return array([value for key, value in self._pairs if key == "set-cookie"])

    def getAll(self, name: Any) -> Any:
        """Return the Set-Cookie values (Workers only; no other name is allowed)."""
        if _name(name) != "set-cookie":
            raise type_error('getAll() can only be used with the header name "Set-Cookie".')
        return self.getSetCookie()

    def combined(self) -> Pairs:
        """Return what iteration shows: sorted by name, values combined, Set-Cookie apart."""
        values: dict[str, str] = {}
        cookies: list[str] = []
        for name, value in self._pairs:
            if name == "set-cookie":
                cookies.append(value)
            elif name in values:
                values[name] += ", " + value
            else:
                values[name] = value
        if not cookies:
            return sorted(values.items())
        return sorted([*values.items(), *(("set-cookie", cookie) for cookie in cookies)], key=_by_name)

    def __iter__(self) -> Iterator[Any]:
        return (array(pair) for pair in self.combined())

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return self.has(name)

    def entries(self) -> Any:
        """Iterate over [name, value]."""
        return iterator(self)

    def keys(self) -> Any:
        """Iterate over names."""
        return iterator(name for name, _ in self.combined())

    def values(self) -> Any:
        """Iterate over values."""
        return iterator(value for _, value in self.combined())

    def forEach(self, callback: Any, this: Any = None) -> None:  # noqa: ARG002 - Python callables have no `this`
        """Call back with (value, name, headers) for each entry."""
        for name, value in self.combined():
            callback(value, name, self)


def _is_pair(value: Any) -> bool:
    return type(value) is tuple and len(value) == 2


def _by_name(pair: tuple[str, str]) -> str:
    return pair[0]
