"""Bodies on their way to and from the disk, a piece at a time.

A body is written under a new name, hashed on the way, and becomes part of an object when a row refers to it. One that
is read is opened with everything that is asked of it before anybody can delete it: a file that is open stays whole,
whatever happens to its name. So a reader gets the body that the object had when it asked, also while another process
overwrites it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import deque
from typing import TYPE_CHECKING

from pywrangler.bindings.r2.refusals import Refused
from pywrangler.files import open_regular

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from pywrangler.bindings.stores import Blobs

PIECE_BYTES = 256 * 1024
"""What is read, written or hashed in one go: less than a millisecond."""
ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
"""Names of checksums in code and in errors."""


class Writing:
    """A body that is being written; `discard` removes it, unless `keep` was called because a row refers to it."""

    __slots__ = ("_blobs", "_descriptor", "_hashes", "_is_kept", "blob", "size")

    def __init__(self, blobs: Blobs, algorithms: Iterable[str] = ()) -> None:
        self._blobs = blobs
        self.blob, path = blobs.new()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in ("md5", *algorithms)}
        self.size = 0
        self._is_kept = False

    def write(self, piece: bytes | memoryview) -> None:
        """Add a piece; OSError if it cannot be stored."""
        left = memoryview(piece)
        while left:
            left = left[os.write(self._descriptor, left) :]
        for hasher in self._hashes.values():
            hasher.update(piece)
        self.size += len(piece)

    async def write_all(self, pieces: AsyncIterator[bytes]) -> None:
        """Add pieces of any size; others run meanwhile."""
        async for chunk in pieces:
            for piece in cut(chunk):
                self.write(piece)
                await asyncio.sleep(0)

    def close(self) -> None:
        """End writing; the body is whole."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def keep(self) -> None:
        """Have the body stay."""
        self._is_kept = True

    def discard(self) -> None:
        """Remove the body, unless it is to stay."""
        self.close()
        if not self._is_kept:
            self._blobs.delete(self.blob)

    @property
    def digests(self) -> dict[str, str]:
        """Checksums in hexadecimal, by algorithm; MD5 is among them."""
        return {name: hasher.hexdigest() for name, hasher in self._hashes.items()}


def cut(chunk: bytes) -> Iterator[memoryview]:
    """Yield a chunk in pieces."""
    view = memoryview(chunk)
    for start in range(0, len(view), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]


class Reading:
    """Open files of which parts make a body; those that are read are closed, the others with the last reference."""

    __slots__ = ("_segments",)

    def __init__(self, blobs: Blobs, segments: Iterable[tuple[str, int, int]]) -> None:
        """Open the files of `segments` (blob, offset, length); FileNotFoundError if one is gone."""
        self._segments: deque[tuple[int, int, int]] = deque()
        try:
            for blob, offset, length in segments:
                descriptor = open_regular(blobs.path(blob))
                self._segments.append((descriptor, offset, length))
        except OSError:
            self.close()
            raise

    def read(self) -> bytes:
        """Return the next piece, empty at the end; Refused if a file is shorter than it should be."""
        if not self._segments:
            return b""
        descriptor, offset, length = self._segments[0]
        piece = os.pread(descriptor, min(length, PIECE_BYTES), offset)
        if not piece:
            raise Refused(10001, "A file of the bucket is shorter than it was when it was written.")
        if len(piece) == length:
            self._segments.popleft()
            os.close(descriptor)
        else:
            self._segments[0] = (descriptor, offset + len(piece), length - len(piece))
        return piece

    def close(self) -> None:
        """Close what is still open."""
        while self._segments:
            os.close(self._segments.popleft()[0])

    def __del__(self) -> None:
        self.close()


def segments_of(parts: Iterable[tuple[str, int]], offset: int, length: int) -> Iterator[tuple[str, int, int]]:
    """Yield what of each part (blob, size) belongs to a range of all of them: blob, offset and length, never empty."""
    for blob, size in parts:
        if length and offset < size:
            taken = min(size - offset, length)
            yield blob, offset, taken
            offset, length = 0, length - taken
        else:
            offset -= min(offset, size)
