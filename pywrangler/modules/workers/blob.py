"""`Blob` and `File`: immutable bytes with a type (contract: spec/workers-module.md, section 5)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

from pywrangler.runtime.js.blob import Blob as JsBlob
from pywrangler.runtime.js.blob import File as JsFile

BlobValue: TypeAlias = "str | bytes | bytearray | memoryview | Blob | JsBlob"


class BlobEnding(StrEnum):
    """What happens to line ends of text parts."""

    TRANSPARENT = "transparent"
    NATIVE = "native"


class Blob:
    """A JavaScript Blob with Python's names."""

    __slots__ = ("__dict__", "__weakref__", "_js_object")

    _js_object: Any

    def __init__(
        self,
        blob_parts: BlobValue | Iterable[BlobValue],
        content_type: str | None = None,
        endings: BlobEnding | str | None = None,
    ) -> None:
        """Join one part or several: str, bytes-like, Blob or File; a lone Blob or File passes on its type."""
        self._js_object = JsBlob.new(_js_parts(blob_parts), **_options(blob_parts, content_type, endings))

    @staticmethod
    def _of(js_object: Any) -> Blob:
        """Wrap a JavaScript Blob or File."""
        blob = (File if isinstance(js_object, JsFile) else Blob).__new__(
            File if isinstance(js_object, JsFile) else Blob
        )
        blob._js_object = js_object
        return blob

    @property
    def js_object(self) -> Any:
        """The JavaScript Blob."""
        return self._js_object

    @property
    def size(self) -> int:
        """Length in bytes."""
        size: int = self._js_object.size
        return size

    @property
    def content_type(self) -> str:
        """The media type, empty if there is none."""
        content_type: str = self._js_object.type
        return content_type

    async def text(self) -> str:
        """Return the content decoded from UTF-8."""
        text: str = await self._js_object.text()
        return text

    async def bytes(self) -> bytes:
        """Return the content."""
        data: bytes = (await self._js_object.arrayBuffer()).to_bytes()
        return data

    def slice(self, start: int | None = None, end: int | None = None, content_type: str | None = None) -> Blob:
        """Return a part; negative positions count from the end."""
        return Blob._of(self._js_object.slice(start, end, content_type))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, content_type={self.content_type!r})"


class File(Blob):
    """A Blob with a name and a time."""

    __slots__ = ()

    def __init__(
        self,
        blob_parts: BlobValue | Iterable[BlobValue],
        filename: str,
        content_type: str | None = None,
        endings: BlobEnding | str | None = None,
        last_modified: int | None = None,
    ) -> None:
        """Join `blob_parts` as a Blob does; `last_modified` is in milliseconds since the epoch."""
        options = _options(blob_parts, content_type, endings)
        if last_modified is not None:
            options["lastModified"] = last_modified
        self._js_object = JsFile.new(_js_parts(blob_parts), filename, **options)

    @property
    def name(self) -> str:
        """The file name."""
        name: str = self._js_object.name
        return name

    @property
    def last_modified(self) -> int:
        """Milliseconds since the epoch."""
        milliseconds: int = self._js_object.lastModified
        return milliseconds


def _js_parts(parts: Any) -> list[Any]:
    if _is_single(parts):
        parts = [parts]
    return [_js_part(part) for part in parts]


def _is_single(parts: Any) -> bool:
    return isinstance(parts, (str, bytes, bytearray, memoryview, Blob, JsBlob))


def _js_part(part: Any) -> Any:
    if isinstance(part, Blob):
        return part.js_object
    if isinstance(part, (str, bytes, JsBlob)):
        return part
    # Whatever has the buffer protocol, arrays of the standard library among them.
    return bytes(memoryview(part))


def _options(parts: Any, content_type: str | None, endings: BlobEnding | str | None) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if content_type is None and isinstance(parts, (Blob, JsBlob)):
        content_type = parts.content_type if isinstance(parts, Blob) else parts.type
    if content_type is not None:
        options["type"] = content_type
    if endings is not None:
        options["endings"] = str(endings)
    return options
