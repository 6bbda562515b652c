"""Immutable bytes with a type."""

from builtins import bytes as _bytes
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

import js

BlobValue: TypeAlias = str | _bytes | bytearray | memoryview | Blob | js.Blob

class BlobEnding(StrEnum):
    """What happens to line ends of text parts."""

    TRANSPARENT = "transparent"
    NATIVE = "native"

class Blob:
    """A JavaScript Blob with Python's names."""

    def __init__(
        self,
        blob_parts: BlobValue | Iterable[BlobValue],
        content_type: str | None = None,
        endings: BlobEnding | str | None = None,
    ) -> None:
        """Join one part or several: str, bytes-like, Blob or File; a lone Blob or File passes on its type."""
    @property
    def js_object(self) -> js.Blob:
        """The JavaScript Blob."""
    @property
    def size(self) -> int:
        """Length in bytes."""
    @property
    def content_type(self) -> str:
        """The media type, empty if there is none."""
    async def text(self) -> str:
        """Return the content decoded from UTF-8."""
    async def bytes(self) -> _bytes:
        """Return the content."""
    def slice(self, start: int | None = None, end: int | None = None, content_type: str | None = None) -> Blob:
        """Return a part; negative positions count from the end."""

class File(Blob):
    """A Blob with a name and a time."""

    def __init__(
        self,
        blob_parts: BlobValue | Iterable[BlobValue],
        filename: str,
        content_type: str | None = None,
        endings: BlobEnding | str | None = None,
        last_modified: int | None = None,
    ) -> None:
        """Join `blob_parts` as a Blob does; `last_modified` is in milliseconds since the epoch."""
    @property
    def name(self) -> str:
        """The file name."""
    @property
    def last_modified(self) -> int:
        """Milliseconds since the epoch."""
