"""TextEncoder, TextDecoder (https://encoding.spec.whatwg.org), atob and btoa."""

from __future__ import annotations

import base64
import binascii
import codecs
from typing import Any

from pywrangler.runtime.js.errors import dom_exception, range_error, type_error
from pywrangler.runtime.js.primitives import to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy

# The standard's name of an encoding, the codec that decodes it, and further labels.
_ENCODINGS: tuple[tuple[str, str, str], ...] = (
    ("utf-8", "utf-8", "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf8 x-unicode20utf8"),
    ("utf-16le", "utf-16-le", "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16"),
    ("utf-16be", "utf-16-be", "unicodefffe"),
    (
        "windows-1252",
        "cp1252",
        "ansi_x3.4-1968 ascii cp1252 cp819 ibm819 iso-8859-1 iso8859-1 iso88591 l1 latin1 us-ascii",
    ),
    ("ibm866", "cp866", "866 cp866 csibm866"),
    ("iso-8859-2", "iso8859-2", "latin2 l2 iso8859-2 iso88592"),
    ("iso-8859-5", "iso8859-5", "cyrillic iso8859-5"),
    ("iso-8859-7", "iso8859-7", "greek iso8859-7"),
    ("iso-8859-15", "iso8859-15", "l9 iso8859-15"),
    ("koi8-r", "koi8-r", "koi koi8 koi8_r cskoi8r"),
    ("macintosh", "mac-roman", "mac x-mac-roman csmacintosh"),
    ("windows-1250", "cp1250", "cp1250 x-cp1250"),
    ("windows-1251", "cp1251", "cp1251 x-cp1251"),
    ("windows-1253", "cp1253", "cp1253"),
    ("windows-1254", "cp1254", "cp1254 iso-8859-9 latin5 l5"),
    ("gbk", "gb18030", "gb2312 gb_2312-80 chinese csgb2312 x-gbk"),
    ("gb18030", "gb18030", ""),
    ("big5", "big5hkscs", "big5-hkscs cn-big5 csbig5 x-x-big5"),
    ("euc-jp", "euc-jp", "x-euc-jp cseucpkdfmtjapanese"),
    ("iso-2022-jp", "iso2022-jp", "csiso2022jp"),
    ("shift_jis", "cp932", "sjis shift-jis ms_kanji windows-31j x-sjis csshiftjis"),
    ("euc-kr", "cp949", "korean ks_c_5601-1987 ksc5601 windows-949 cseuckr"),
)
_LABELS = {label: (name, codec) for name, codec, more in _ENCODINGS for label in (name, *more.split())}


class TextEncoder(JsProxy):
    """Text to UTF-8: `TextEncoder.new().encode(text)`."""

    encoding = "utf-8"

    def encode(self, text: Any = None) -> Any:
        """Return the text as Uint8Array; lone surrogates become U+FFFD."""
        from pywrangler.runtime.js.typed_arrays import Uint8Array

        return Uint8Array.from_bytes(b"" if text is None else utf8(to_string(text)))

    def encodeInto(self, text: Any, target: Any) -> Any:
        """Write as many whole characters as fit; returns `{read, written}` (read in UTF-16 units)."""
        from pywrangler.runtime.js.values import JsObject

        data = utf8(to_string(text))[: target.byteLength]
        whole = data.decode(errors="ignore")
        data = whole.encode()
        target._bytes_view()[: len(data)] = data
        return JsObject.new(read=len(whole.encode("utf-16-le")) // 2, written=len(data))


class TextDecoder(JsProxy):
    """Bytes to text: `TextDecoder.new(label, fatal=, ignoreBOM=)`."""

    __slots__ = ("_codec", "_decoder", "_seen", "encoding", "fatal", "ignoreBOM")

    def __init__(self, label: Any = "utf-8", init: Any = None, **named: Any) -> None:
        from pywrangler.runtime.js.convert import options

        given = options(init, named)
        wanted = to_string("utf-8" if label is None else label).strip("\t\n\f\r ").lower()
        if wanted not in _LABELS:
            raise range_error(f'"{wanted}" is not a valid encoding.')
        self.encoding, self._codec = _LABELS[wanted]
        self.fatal = truthy(given.get("fatal"))
        self.ignoreBOM = truthy(given.get("ignoreBOM"))
        self._decoder: codecs.IncrementalDecoder | None = None
        self._seen = False

    def decode(self, data: Any = None, init: Any = None, **named: Any) -> str:
        """Return the text; with `stream=True` an incomplete character waits for the next call."""
        from pywrangler.runtime.js.convert import options

        stream = (init is not None or bool(named)) and truthy(options(init, named).get("stream"))
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = codecs.getincrementaldecoder(self._codec)(_errors(self.fatal, self._codec))
            self._seen = False
        try:
            text = decoder.decode(_bytes_of(data), final=not stream)
        except UnicodeError:
            self._decoder = None
            raise type_error("Failed to decode input.") from None
        if text and not self._seen:
            self._seen = True
            if not self.ignoreBOM and self.encoding.startswith("utf-"):
                text = text.removeprefix("\ufeff")
        if not stream:
            self._decoder = None
        return text


def _errors(fatal: bool, codec: str) -> str:
    if fatal:
        return "strict"
    return "pywrangler_c1" if codec == "cp1252" else "replace"


def _as_c1_control(problem: UnicodeError) -> tuple[str, int]:
    """Decode the five bytes that cp1252 leaves out as the web does."""
    if not isinstance(problem, UnicodeDecodeError):
        raise problem
    return problem.object[problem.start : problem.end].decode("latin-1"), problem.end


codecs.register_error("pywrangler_c1", _as_c1_control)


def _bytes_of(data: Any) -> bytes:
    if data is None:
        return b""
    if isinstance(data, JsProxy) and hasattr(data, "to_bytes"):
        found: bytes = data.to_bytes()
        return found
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise type_error("Failed to execute 'decode' on 'TextDecoder': parameter 1 is not of type 'ArrayBuffer'.")


def utf8(text: str) -> bytes:
    """Return a JavaScript string as UTF-8; surrogate pairs are joined, lone ones become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def atob(text: Any = None) -> str:
    """Decode Base64 to a string of one character per byte; InvalidCharacterError if it is malformed."""
    source = "".join(c for c in to_string(text) if c not in "\t\n\f\r ")
    if len(source) % 4 == 0:
        source = source.removesuffix("=").removesuffix("=") if source.endswith("==") else source.removesuffix("=")
    try:
        if len(source) % 4 == 1 or "=" in source:
            raise binascii.Error
        return base64.b64decode((source + "=" * (-len(source) % 4)).encode("ascii"), validate=True).decode("latin-1")
    except (binascii.Error, UnicodeEncodeError):
        raise dom_exception(
            "InvalidCharacterError",
            "atob() called with invalid base64-encoded data. (Only whitespace, '+', '/', "
            "alphanumeric ASCII characters, and up to two terminal '=' signs when the input data length is divisible "
            "by 4 are allowed.)",
        ) from None


def btoa(text: Any = None) -> str:
    """Encode a string of characters up to U+00FF as Base64; InvalidCharacterError for others."""
    try:
        return base64.b64encode(to_string(text).encode("latin-1")).decode()
    except UnicodeEncodeError:
        raise dom_exception(
            "InvalidCharacterError", "btoa() can only operate on characters in the Latin1 (ISO/IEC 8859-1) range."
        ) from None
