"""`node:string_decoder`: texts from bytes that come in pieces."""

from __future__ import annotations

import codecs
from typing import Any

from pywrangler.runtime.js.node.arguments import data_bytes, wrong_type
from pywrangler.runtime.js.node.encodings import decode, encoding_or_raise
from pywrangler.runtime.js.proxy import JsProxy

_GROUPS = {"base64": 3, "base64url": 3}


class StringDecoder(JsProxy):
    """Keeps the bytes of an unfinished character until the rest comes."""

    def __init__(self, encoding: Any = None) -> None:
        self.encoding = encoding_or_raise(encoding)
        self._codec: codecs.IncrementalDecoder | None = None
        self._rest = b""
        if self.encoding in {"utf8", "utf16le"}:
            name, errors = ("utf-8", "replace") if self.encoding == "utf8" else ("utf-16-le", "surrogatepass")
            self._codec = codecs.getincrementaldecoder(name)(errors)

    def write(self, chunk: Any = None) -> str:
        """Return the text of what is complete; a text is returned as it is."""
        if isinstance(chunk, str):
            return chunk
        data = data_bytes(chunk)
        if data is None:
            raise wrong_type("buf", "an instance of Buffer, TypedArray, or DataView", chunk)
        if self._codec is not None:
            return self._codec.decode(data)
        group = _GROUPS.get(self.encoding, 1)
        data = self._rest + data
        whole = len(data) // group * group
        self._rest = data[whole:]
        return decode(data[:whole], self.encoding)

    def end(self, chunk: Any = None) -> str:
        """Return the rest, with what is unfinished as replacement characters; the decoder may be used again."""
        text = "" if chunk is None else self.write(chunk)
        if self._codec is not None:
            if self.encoding == "utf8":
                text += self._codec.decode(b"", True)
            self._codec.reset()
            return text
        rest, self._rest = self._rest, b""
        return text + decode(rest, self.encoding)


EXPORTS: dict[str, Any] = {"StringDecoder": StringDecoder}
