"""Blob and File (https://w3c.github.io/FileAPI/). The content is bytes in memory."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import relative_index, to_string
from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.js.readable import ReadableStream
from pywrangler.runtime.js.webidl import absent, buffer_bytes, encode, to_int, usv_string

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE_END = re.compile(r"\r\n|\r|\n")
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def _type(value: Any) -> str:
    text = "" if value is None else to_string(value)
    return text.lower() if _PRINTABLE.fullmatch(text) else ""


def _join(parts: Any, endings: str) -> bytes:
    if absent(parts):
        return b""
    if isinstance(parts, (str, bytes)) or not hasattr(parts, "__iter__"):
        raise type_error("The parts of a Blob must be an array.")
    pieces = []
    for part in parts:
        if isinstance(part, Blob):
            pieces.append(part.content)
            continue
        data = buffer_bytes(part)
        if data is None:
            text = to_string(part)
            data = encode(_LINE_END.sub("\n", text) if endings == "native" else text)
        pieces.append(data)
    return b"".join(pieces)


class Blob(JsProxy):
    """Bytes with a content type: `Blob.new(parts, type=, endings=)`."""

    __slots__ = ("_content", "_type")

    def __init__(self, parts: Any = None, init: Any = None, /, **keywords: Any) -> None:
        self._fill(parts, options(init, keywords))

    def _fill(self, parts: Any, given: Mapping[str, Any]) -> None:
        endings = to_string(given.get("endings", "transparent"))
        if endings not in {"transparent", "native"}:
            raise type_error(f"The provided value '{endings}' is not a valid enum value of type EndingType.")
        self._type = _type(given.get("type"))
        self._content = _join(parts, endings)

    @classmethod
    def from_bytes(cls, content: bytes, type: str = "") -> Blob:
        """Return a Blob of bytes; the type is taken as it is."""
        blob = Blob.__new__(Blob)
        blob._content = content
        blob._type = type
        return blob

    @property
    def content(self) -> bytes:
        """The bytes."""
        return self._content

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._content)

    @property
    def type(self) -> str:
        """The content type in lower case, or an empty string."""
        return self._type

    def slice(self, start: Any = None, end: Any = None, type: Any = None) -> Blob:
        """Return a part of it; negative positions count from the end."""
        size = len(self._content)
        first, last = relative_index(start, size, 0), relative_index(end, size, size)
        return Blob.from_bytes(self._content[first : max(first, last)], _type(type))

    def text(self) -> JsPromise:
        """Promise of the content as a string; a byte order mark stays, as in workerd."""
        return JsPromise.resolved(self._content.decode("utf-8", "replace"))

    def arrayBuffer(self) -> JsPromise:
        """Promise of an ArrayBuffer."""
        from pywrangler.runtime.js.typed_arrays import ArrayBuffer

        return JsPromise.resolved(ArrayBuffer.from_bytes(self._content))

    def bytes(self) -> JsPromise:
        """Promise of a Uint8Array."""
        from pywrangler.runtime.js.typed_arrays import Uint8Array

        return JsPromise.resolved(Uint8Array.from_bytes(self._content))

    def stream(self) -> ReadableStream:
        """Return a stream of the content."""
        return ReadableStream.of_bytes(self._content)


class File(Blob):
    """A Blob with a name: `File.new(parts, name, type=, endings=, lastModified=)`."""

    __slots__ = ("_modified", "_name")

    def __init__(self, parts: Any, name: Any, init: Any = None, /, **keywords: Any) -> None:
        given = options(init, keywords)
        self._fill(parts, given)
        self._name = usv_string(name)
        modified = given.get("lastModified")
        self._modified = int(time.time() * 1000) if modified is None else to_int(modified)

    @classmethod
    def named(cls, content: bytes, name: str, type: str = "", modified: int | None = None) -> File:
        """Return a File of bytes; `modified` is in milliseconds since the epoch, now if None."""
        file = File.__new__(File)
        file._content = content
        file._type = type
        file._name = name
        file._modified = int(time.time() * 1000) if modified is None else modified
        return file

    @property
    def name(self) -> str:
        """The file name."""
        return self._name

    @property
    def lastModified(self) -> int:
        """Milliseconds since the epoch."""
        return self._modified

    @property
    def webkitRelativePath(self) -> str:
        """Always empty."""
        return ""
