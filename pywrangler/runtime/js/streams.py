"""The streams of the web platform, under one name; the rules stand in the modules that each come from."""

from __future__ import annotations

from pywrangler.runtime.js.readable import ReadableStream, Source, chunk_bytes, chunks, collect

__all__ = ["ReadableStream", "Source", "chunk_bytes", "chunks", "collect"]
