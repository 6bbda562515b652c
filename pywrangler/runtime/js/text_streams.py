"""TextEncoderStream and TextDecoderStream (https://encoding.spec.whatwg.org)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.encoding import TextDecoder
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.transforms import Mapped, TransformStream, emit
from pywrangler.runtime.js.webidl import encode, usv_string

if TYPE_CHECKING:
    from pywrangler.runtime.js.stream_controller import ControlledSource


class TextEncoderStream(TransformStream):
    """Strings in, UTF-8 out; a surrogate pair may be split over two chunks."""

    __slots__ = ()

    encoding = "utf-8"

    def __init__(self) -> None:
        self._connect(_TextEncoder())


class _TextEncoder:
    """Keeps a high surrogate until its other half comes."""

    def __init__(self) -> None:
        self._high = ""

    async def transform(self, chunk: Any, readable: ControlledSource) -> None:
        text = self._high + to_string(chunk)
        self._high = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        emit(encode(usv_string(text[: len(text) - len(self._high)])), readable)

    async def flush(self, readable: ControlledSource) -> None:
        if self._high:
            emit(b"\xef\xbf\xbd", readable)


class TextDecoderStream(TransformStream):
    """Bytes in, strings out; a character may be split over chunks. Options `fatal` and `ignoreBOM`."""

    __slots__ = ("_decoder",)

    def __init__(self, label: Any = "utf-8", init: Any = None, **keywords: Any) -> None:
        decoder: TextDecoder = TextDecoder.new(label, init, **keywords)
        self._decoder = decoder
        self._connect(Mapped(lambda chunk: decoder.decode(chunk, stream=True), decoder.decode))

    @property
    def encoding(self) -> str:
        """The standard's name of the encoding."""
        return self._decoder.encoding

    @property
    def fatal(self) -> bool:
        """Whether malformed input is an error."""
        return self._decoder.fatal

    @property
    def ignoreBOM(self) -> bool:
        """Whether a byte order mark is kept."""
        return self._decoder.ignoreBOM
