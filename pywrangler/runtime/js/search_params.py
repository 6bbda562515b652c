"""URLSearchParams (https://url.spec.whatwg.org/#interface-urlsearchparams) and the form encoding beneath it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.advice import warn_once
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.headers import LOST
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.url_host import percent_decode
from pywrangler.runtime.js.values import array, iterator
from pywrangler.runtime.js.webidl import pairs_of, usv_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_ENCODED = re.compile(r"[^A-Za-z0-9*\-._]")


def decode_form(text: str | bytes) -> list[tuple[str, str]]:
    """Return the pairs of an `application/x-www-form-urlencoded` text; nothing is ever malformed."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    pairs = []
    for part in data.split(b"&"):
        if part:
            name, _, value = part.replace(b"+", b" ").partition(b"=")
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(data: bytes) -> str:
    return percent_decode(data).decode("utf-8", "replace")


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return "+" if character == " " else "".join(f"%{byte:02X}" for byte in character.encode())


def encode_form(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the pairs in form encoding."""
    return "&".join(f"{_ENCODED.sub(_escape, name)}={_ENCODED.sub(_escape, value)}" for name, value in pairs)


class URLSearchParams(JsProxy):
    """A list of name-value pairs; that of a URL writes changes back to it."""

    __slots__ = ("_on_change", "_pairs")

    def __init__(self, init: Any = None, /, **fields: Any) -> None:
        self._on_change: Callable[[str], None] | None = None
        self._pairs: list[tuple[str, str]] = []
        if isinstance(init, URLSearchParams):
            self._pairs = init._pairs.copy()
        elif isinstance(init, dict):
            warn_once(LOST.format("URLSearchParams"))
        elif init is None or isinstance(init, (str, int, float)) or init is jsnull:
            text = "" if init is None else usv_string(init)
            self._pairs = decode_form(text.removeprefix("?"))
        elif hasattr(type(init), "__iter__") or isinstance(init, JsProxy):
            self._pairs = [(usv_string(name), usv_string(value)) for name, value in pairs_of(init, "URLSearchParams")]
        else:
            raise type_error("URLSearchParams can only be made from a string, an object or an iterable of pairs.")
        self._pairs += [(name, usv_string(value)) for name, value in fields.items()]

    @classmethod
    def of_url(cls, query: str, on_change: Callable[[str], None]) -> URLSearchParams:
        """Return the parameters of a URL; `on_change(new query)` is called after each change."""
        params: URLSearchParams = cls.new(query)
        params._on_change = on_change
        return params

    def replace(self, query: str) -> None:
        """Take over a new query of the URL."""
        self._pairs = decode_form(query)

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self.toString())

    def append(self, name: Any, value: Any) -> None:
        """Add a pair."""
        self._pairs.append((usv_string(name), usv_string(value)))
        self._changed()

    def delete(self, name: Any, value: Any = None) -> None:
        """Remove all pairs of that name (and value, if given)."""
        wanted = usv_string(name)
        text = None if value is None else usv_string(value)
        self._pairs = [pair for pair in self._pairs if pair[0] != wanted or (text is not None and pair[1] != text)]
        self._changed()

    def get(self, name: Any) -> Any:
        """Return the first value, or null."""
        wanted = usv_string(name)
        return next((value for key, value in self._pairs if key == wanted), jsnull)

    def getAll(self, name: Any) -> Any:
        """Return all values."""
        wanted = usv_string(name)
        return array([value for key, value in self._pairs if key == wanted])

    def has(self, name: Any, value: Any = None) -> bool:
        """Whether there is a pair of that name (and value, if given)."""
        wanted = usv_string(name)
        text = None if value is None else usv_string(value)
        return any(key == wanted and (text is None or found == text) for key, found in self._pairs)

    def set(self, name: Any, value: Any) -> None:
        """Replace all pairs of that name by one, in the place of the first."""
        wanted, text = usv_string(name), usv_string(value)
        pairs: list[tuple[str, str]] = []
        placed = False
        for pair in self._pairs:
            if pair[0] != wanted:
                pairs.append(pair)
            elif not placed:
                pairs.append((wanted, text))
                placed = True
        if not placed:
            pairs.append((wanted, text))
        self._pairs = pairs
        self._changed()

    def sort(self) -> None:
        """Sort by name (UTF-16 code units), keeping the order of equal names."""
        self._pairs.sort(key=lambda pair: pair[0].encode("utf-16-be"))
        self._changed()

    @property
    def size(self) -> int:
        """The number of pairs."""
        return len(self._pairs)

    def toString(self) -> str:
        """Return the pairs in form encoding."""
        return encode_form(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def __iter__(self) -> Iterator[Any]:
        return (array(pair) for pair in self._pairs)

    def __getitem__(self, name: str) -> Any:
        value = self.get(name)
        if value is jsnull:
            raise KeyError(name)
        return value

    def __contains__(self, name: str) -> bool:
        return self.has(name)

    def entries(self) -> Any:
        """Iterate over [name, value]."""
        return iterator(self)

    def keys(self) -> Any:
        """Iterate over names."""
        return iterator(name for name, _ in self._pairs)

    def values(self) -> Any:
        """Iterate over values."""
        return iterator(value for _, value in self._pairs)

    def forEach(self, callback: Any, this: Any = None) -> None:  # noqa: ARG002 - Python callables have no `this`
        """Call back with (value, name, parameters) for each pair."""
        for name, value in list(self._pairs):
            callback(value, name, self)
