"""The streams of the web platform, under one name; the rules stand in the modules that each come from."""

from __future__ import annotations

from pywrangler.runtime.js.compression import CompressionStream, DecompressionStream
from pywrangler.runtime.js.readable import ReadableStream, chunk_bytes, chunks, collect
from pywrangler.runtime.js.readers import ReadableStreamBYOBReader, ReadableStreamDefaultReader
from pywrangler.runtime.js.stream_controller import (
    ByteLengthQueuingStrategy,
    CountQueuingStrategy,
    ReadableByteStreamController,
    ReadableStreamBYOBRequest,
    ReadableStreamDefaultController,
)
from pywrangler.runtime.js.stream_sources import BytesSource, Source
from pywrangler.runtime.js.text_streams import TextDecoderStream, TextEncoderStream
from pywrangler.runtime.js.transforms import (
    FixedLengthStream,
    IdentityTransformStream,
    TransformStream,
    TransformStreamDefaultController,
)
from pywrangler.runtime.js.writable import (
    Sink,
    WritableStream,
    WritableStreamDefaultController,
    WritableStreamDefaultWriter,
)

__all__ = [
    "ByteLengthQueuingStrategy",
    "BytesSource",
    "CompressionStream",
    "CountQueuingStrategy",
    "DecompressionStream",
    "FixedLengthStream",
    "IdentityTransformStream",
    "ReadableByteStreamController",
    "ReadableStream",
    "ReadableStreamBYOBReader",
    "ReadableStreamBYOBRequest",
    "ReadableStreamDefaultController",
    "ReadableStreamDefaultReader",
    "Sink",
    "Source",
    "TextDecoderStream",
    "TextEncoderStream",
    "TransformStream",
    "TransformStreamDefaultController",
    "WritableStream",
    "WritableStreamDefaultController",
    "WritableStreamDefaultWriter",
    "chunk_bytes",
    "chunks",
    "collect",
]
