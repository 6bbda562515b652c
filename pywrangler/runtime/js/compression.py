"""CompressionStream and DecompressionStream (https://compression.spec.whatwg.org)."""

from __future__ import annotations

import zlib
from typing import Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.transforms import Mapped, TransformStream

_WINDOW = {"gzip": 31, "deflate": 15, "deflate-raw": -15}


def _window(format: Any) -> int:
    name = to_string(format)
    if name not in _WINDOW:
        raise type_error("The compression format must be either 'deflate', 'deflate-raw' or 'gzip'.")
    return _WINDOW[name]


class CompressionStream(TransformStream):
    """Compresses bytes as gzip, deflate or deflate-raw."""

    __slots__ = ()

    def __init__(self, format: Any) -> None:
        compressor = zlib.compressobj(wbits=_window(format))
        self._connect(Mapped(compressor.compress, compressor.flush))


class DecompressionStream(TransformStream):
    """The opposite of CompressionStream; TypeError for data that is malformed, cut off or followed by more."""

    __slots__ = ()

    def __init__(self, format: Any) -> None:
        decompressor = zlib.decompressobj(wbits=_window(format))

        def step(chunk: bytes) -> bytes:
            try:
                data = decompressor.decompress(chunk)
            except zlib.error as error:
                raise type_error("Decompression failed.") from error
            if decompressor.unused_data:
                raise type_error("Trailing bytes after end of compressed data")
            return data

        def end() -> bytes:
            if not decompressor.eof:
                raise type_error("Called close() on a decompression stream with incomplete data")
            return b""

        self._connect(Mapped(step, end))
