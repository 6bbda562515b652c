"""FormData (https://xhr.spec.whatwg.org/#formdata), and how bodies become one and the other way round."""

from __future__ import annotations

import codecs
import re
import secrets
from typing import TYPE_CHECKING, Any

from pywrangler.errors import ProtocolError
from pywrangler.runtime.js import mime_type, multipart
from pywrangler.runtime.js.blob import Blob, File
from pywrangler.runtime.js.cloudflare import is_on
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.js.values import array, iterator
from pywrangler.runtime.js.webidl import encode, usv_string

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = str | File

_NAMES_OF_UTF_8 = {"utf-8", "utf8", "unicode-1-1-utf-8"}
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{0,2})")


def _value(name: str, value: Any, filename: Any) -> Value:
    if not isinstance(value, Blob):
        return usv_string(value)
    if isinstance(value, File) and filename is None:
        return value
    return File.named(value.content, name if filename is None else usv_string(filename), value.type)


class FormData(JsProxy):
    """An ordered multimap of strings and files."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: list[tuple[str, Value]] = []

    def append(self, name: Any, value: Any, filename: Any = None) -> None:
        """Add a string, or a Blob or File; a Blob becomes a File named `filename`, or as the field."""
        wanted = usv_string(name)
        self._entries.append((wanted, _value(wanted, value, filename)))

    def set(self, name: Any, value: Any, filename: Any = None) -> None:
        """Replace all values of that name, in the place of the first."""
        wanted = usv_string(name)
        new = _value(wanted, value, filename)
        entries: list[tuple[str, Value]] = []
        placed = False
        for entry in self._entries:
            if entry[0] != wanted:
                entries.append(entry)
            elif not placed:
                entries.append((wanted, new))
                placed = True
        if not placed:
            entries.append((wanted, new))
        self._entries = entries

    def get(self, name: Any) -> Any:
        """Return the first value, or null."""
        wanted = usv_string(name)
        return next((value for key, value in self._entries if key == wanted), jsnull)

    def getAll(self, name: Any) -> Any:
        """Return all values."""
        wanted = usv_string(name)
        return array([value for key, value in self._entries if key == wanted])

    def has(self, name: Any) -> bool:
        """Whether there is a value of that name."""
        wanted = usv_string(name)
        return any(key == wanted for key, _ in self._entries)

    def delete(self, name: Any) -> None:
        """Remove all values of that name."""
        wanted = usv_string(name)
        self._entries = [entry for entry in self._entries if entry[0] != wanted]

    def pairs(self) -> list[tuple[str, Value]]:
        """Return the entries; not a copy."""
        return self._entries

    def __iter__(self) -> Iterator[Any]:
        return (array(entry) for entry in self._entries)

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return self.has(name)

    def entries(self) -> Any:
        """Iterate over [name, value]."""
        return iterator(self)

    def keys(self) -> Any:
        """Iterate over names."""
        return iterator(name for name, _ in self._entries)

    def values(self) -> Any:
        """Iterate over values."""
        return iterator(value for _, value in self._entries)

    def forEach(self, callback: Any, this: Any = None) -> None:  # noqa: ARG002 - Python callables have no `this`
        """Call back with (value, name, form) for each entry."""
        for name, value in list(self._entries):
            callback(value, name, self)


def encode_multipart(form: FormData) -> tuple[bytes, str]:
    """Return the form as a multipart body and its content type; the platform's TypeError for a name it cannot send."""
    parts = [
        multipart.Part(name, value.content, value.name, value.type)
        if isinstance(value, File)
        else multipart.Part(name, encode(value))
        for name, value in form.pairs()
    ]
    boundary = secrets.token_hex(16)
    try:
        return multipart.encode(parts, boundary), f"multipart/form-data; boundary={boundary}"
    except ProtocolError as error:
        raise type_error(str(error)) from None


def parse(body: bytes, content_type: str | None) -> FormData:
    """Return the form in a body; the platform's TypeError for other content types and malformed bodies."""
    if content_type is None:
        raise type_error("Parsing a Body as FormData requires a Content-Type header.")
    kind, parameters = mime_type.parse(content_type) or ("", {})
    form: FormData = FormData.new()
    if kind == "multipart/form-data":
        if "boundary" not in parameters:
            raise type_error(
                "No boundary string in Content-Type header. The multipart/form-data MIME type requires a boundary "
                "parameter, e.g. 'Content-Type: multipart/form-data; boundary=\"abcd\"'. See RFC 7578, section 4."
            )
        try:
            parts = multipart.decode(body, parameters["boundary"])
        except ProtocolError as error:
            raise type_error(str(error)) from None
        form._entries.extend((part.name, _field(part)) for part in parts)
    elif kind == "application/x-www-form-urlencoded":
        if parameters.get("charset", "utf-8").lower() not in _NAMES_OF_UTF_8:
            raise type_error("Non-utf-8 application/x-www-form-urlencoded body.")
        form._entries.extend(_decode_urlencoded(body))
    else:
        raise type_error(
            "Unrecognized Content-Type header value. FormData can only parse the following MIME types: "
            "multipart/form-data, application/x-www-form-urlencoded"
        )
    return form


def _field(part: multipart.Part) -> Value:
    if part.filename is None:
        return part.content.decode("utf-8", "replace")
    return File.named(part.content, part.filename, part.content_type)


def _decode_urlencoded(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the pairs as workerd reads them, which takes `%` for an escape even if one hex digit or none follows."""
    if body.startswith(codecs.BOM_UTF8) and is_on("strip_bom_in_read_all_text"):
        body = body[len(codecs.BOM_UTF8) :]
    for pair in body.split(b"&"):
        if pair:
            name, _, value = pair.replace(b"+", b" ").partition(b"=")
            yield _decode_percent(name), _decode_percent(value)


def _decode_percent(data: bytes) -> str:
    decoded = _PERCENT.sub(lambda match: bytes((int(match[1], 16),)) if match[1] else b"", data)
    return decoded.decode("utf-8", "replace")
