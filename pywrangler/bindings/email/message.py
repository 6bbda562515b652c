"""`EmailMessage` of `cloudflare:email`: an envelope and the mail in it, to be sent or given as an answer."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.readable import ReadableStream, collect
from pywrangler.runtime.js.webidl import encode


class EmailMessage(JsProxy):
    """`EmailMessage.new(from_address, to_address, raw)`; `raw` is the whole mail, a string or a ReadableStream."""

    __slots__ = ("_from", "_raw", "_to")

    def __init__(self, *arguments: Any) -> None:
        if len(arguments) < 3:
            raise type_error(f"EmailMessage needs 3 arguments (from, to, raw), but only {len(arguments)} were given.")
        sender, recipient, raw = arguments[:3]
        if not isinstance(raw, (str, ReadableStream)):
            hint = " Decode it first: raw.decode()." if isinstance(raw, (bytes, bytearray)) else ""
            raise type_error(f"EmailMessage: `raw` is a string or a ReadableStream, not {type(raw).__name__}.{hint}")
        self._from = to_string(sender)
        self._to = to_string(recipient)
        self._raw = raw

    @property
    def from_(self) -> str:
        """The sender of the envelope."""
        return self._from

    @property
    def to(self) -> str:
        """The recipient of the envelope."""
        return self._to

    async def content(self) -> bytes:
        """Return the mail; a stream can be taken once."""
        return encode(self._raw) if isinstance(self._raw, str) else await collect(self._raw)
