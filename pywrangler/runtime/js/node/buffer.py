"""`node:buffer`: `Buffer`, bytes with encodings and numbers (https://nodejs.org/api/buffer.html)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.blob import Blob, File
from pywrangler.runtime.js.buffers import ArrayBuffer, View
from pywrangler.runtime.js.encoding import atob, btoa
from pywrangler.runtime.js.errors import error, range_error, type_error
from pywrangler.runtime.js.node.arguments import (
    data_bytes,
    is_number,
    kind_of,
    need_integer,
    need_number,
    out_of_range,
    wrong_type,
)
from pywrangler.runtime.js.node.buffer_numbers import numbers
from pywrangler.runtime.js.node.encodings import canonical, decode, encode, encoding_or_raise
from pywrangler.runtime.js.primitives import to_integer, to_number, to_string
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.js.typed_array import TypedArray
from pywrangler.runtime.js.typed_arrays import Uint8Array
from pywrangler.runtime.js.values import JsObject, plain

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = 2**31 - 1
_SOURCES = (
    "of type string or an instance of Buffer, TypedArray, ArrayBuffer, SharedArrayBuffer, or Array or an Array-like "
    "Object"
)


class Buffer(Uint8Array):
    """Bytes; `subarray` and `slice` share them, `from_` copies (except from an ArrayBuffer)."""

    poolSize = 0

    # ---- making -------------------------------------------------------------------------------------------

    @classmethod
    def _call(cls, value: Any = None, encoding: Any = None, length: Any = None) -> Buffer:
        return cls.alloc(value) if is_number(value) else cls.from_(value, encoding, length)

    @classmethod
    def from_(cls, value: Any = None, encoding: Any = None, length: Any = None) -> Buffer:
        """Return a buffer of a text (in an encoding), of the bytes of an array, or on an ArrayBuffer."""
        if isinstance(value, str):
            return cls.from_bytes(encode(value, encoding if isinstance(encoding, str) else None))
        if isinstance(value, ArrayBuffer):
            return cls.new(value, encoding, length)  # type: ignore[no-any-return]
        if isinstance(value, (TypedArray, JsArray, list, tuple)):
            return cls.new(list(value))  # type: ignore[no-any-return]
        if isinstance(value, (bytes, bytearray, memoryview)):
            return cls.from_bytes(value)
        if isinstance(value, JsObject):
            held = value.__dict__
            if held.get("type") == "Buffer" and isinstance(held.get("data"), JsArray):
                return cls.from_(held["data"])
            if "length" in held:
                return cls.new(JsArray.from_(value))  # type: ignore[no-any-return]
        if hasattr(value, "valueOf") and (inner := value.valueOf()) is not value and inner is not jsnull:
            return cls.from_(inner, encoding, length)
        raise wrong_type("!The first argument", _SOURCES, value)

    @classmethod
    def of(cls, *values: Any) -> Buffer:
        """Return a buffer of the arguments."""
        return cls.new(list(values))  # type: ignore[no-any-return]

    @classmethod
    def alloc(cls, size: Any = None, fill: Any = None, encoding: Any = None) -> Buffer:
        """Return `size` bytes, zero or filled."""
        made = cls.allocUnsafe(size)
        return made if fill is None or not len(made) else made._fill(fill, 0, len(made), encoding)

    @classmethod
    def allocUnsafe(cls, size: Any = None) -> Buffer:
        """Return `size` bytes (they are zero here)."""
        count = need_number("size", size)
        if math.isnan(count) or count > LONGEST:
            raise out_of_range("size", f"0 to {LONGEST}", size)
        if count < 0:
            raise range_error(f"Invalid typed array length: {to_string(size)}")
        return cls.adopt(bytearray(int(count)))

    allocUnsafeSlow = allocUnsafe

    @classmethod
    def concat(cls, list: Any = None, length: Any = None) -> Buffer:
        """Return the bytes of several buffers; cut, or filled up with zeros, to `length`."""
        if not isinstance(list, (JsArray, tuple)) and type(list).__name__ != "list":
            raise wrong_type("list", "an (Buffer|Uint8Array)[]", list)
        parts = []
        for number, item in enumerate(list):
            data = None if isinstance(item, str) else data_bytes(item)
            if data is None:
                raise type_error(
                    f"Incorrect type for array element {number}: the provided value is not of type 'Uint8Array'."
                )
            parts.append(data)
        joined = b"".join(parts)
        if length is not None:
            count = need_integer("length", length, 0)
            joined = joined[:count].ljust(count, b"\0")
        return cls.from_bytes(joined)

    @classmethod
    def copyBytesFrom(cls, view: Any = None, offset: Any = 0, length: Any = None) -> Buffer:
        """Return a copy of elements of a typed array."""
        if not isinstance(view, TypedArray):
            raise wrong_type("view", "an instance of TypedArray", view)
        size, start = view.BYTES_PER_ELEMENT, need_integer("offset", offset, 0)
        end = None if length is None else (start + need_integer("length", length, 0)) * size
        return cls.from_bytes(view.to_bytes()[start * size : end])

    # ---- about buffers ------------------------------------------------------------------------------------

    @staticmethod
    def _byte_length(text: Any = None, encoding: Any = None) -> int:
        """Return how many bytes a text takes."""
        data = data_bytes(text, canonical(encoding))
        if data is None:
            raise wrong_type("string", "of type string or an instance of Buffer or ArrayBuffer", text)
        return len(data)

    @staticmethod
    def _compare_two(a: Any = None, b: Any = None) -> int:
        """Return -1, 0 or 1, as for sorting."""
        return _compare(_bytes_of("a", a, shown=kind_of(a)), _bytes_of("b", b, shown=kind_of(b)))

    @staticmethod
    def isBuffer(value: Any = None) -> bool:
        """Tell whether a value is a Buffer."""
        return isinstance(value, Buffer)

    @staticmethod
    def isEncoding(name: Any = None) -> bool:
        """Tell whether there is an encoding of that name."""
        return canonical(name) is not None

    # ---- texts --------------------------------------------------------------------------------------------

    def toString(self, encoding: Any = None, start: Any = 0, end: Any = None) -> str:
        """Return the text that the bytes from `start` to `end` stand for."""
        size = len(self)
        first = min(max(int(to_integer(start)), 0), size)
        last = size if end is None else min(max(int(to_integer(end)), 0), size)
        return decode(self.to_bytes()[first:last], encoding) if first < last else ""

    def toLocaleString(self, encoding: Any = None, *range: Any, **_options: Any) -> str:
        """The same as `toString`."""
        return self.toString(encoding, *range)

    def __repr__(self) -> str:
        return self.toString()

    __str__ = __repr__

    def toJSON(self, *_name: Any) -> JsObject:
        """Return what JSON.stringify writes."""
        return plain({"type": "Buffer", "data": array(self)})

    def inspect(self, *_options: Any) -> str:
        """Return how the bytes look in the log."""
        shown = " ".join(f"{byte:02x}" for byte in self.to_bytes()[:50])
        more = len(self) - 50
        tail = f" ... {more} more byte{'s' if more > 1 else ''}" if more > 0 else ""
        return f"<Buffer{' ' if shown else ''}{shown}{tail}>"

    def write(self, text: Any = None, offset: Any = None, length: Any = None, encoding: Any = None) -> int:
        """Write a text, whole characters only; returns the number of bytes."""
        text = to_string(text)
        if offset is None:
            length = encoding = None
        elif isinstance(offset, str):
            offset, encoding = None, offset
        elif isinstance(length, str):
            length, encoding = None, length
        size = len(self)
        start = 0 if offset is None else need_integer("offset", offset, 0, size)
        room = size - start if length is None else min(need_integer("length", length, 0, size), size - start)
        kind = encoding_or_raise(encoding)
        data = encode(text, kind)[:room]
        if kind == "utf8":
            data = _whole_characters(data, text)
        elif kind == "utf16le":
            data = data[: len(data) // 2 * 2]
        self._bytes_view()[start : start + len(data)] = data
        return len(data)

    def fill(self, value: Any = 0, offset: Any = None, end: Any = None, encoding: Any = None) -> Buffer:
        """Fill a range with a byte, or with the bytes of a text or buffer again and again."""
        if isinstance(offset, str):
            offset, encoding = None, offset
        elif isinstance(end, str):
            end, encoding = None, end
        size = len(self)
        last = size if end is None else need_number("end", end)
        if last < 0 or last > size:
            raise out_of_range("end", f"0 to {size}", end)
        first = 0 if offset is None else need_number("start", offset)
        if first < 0 or first > last:
            raise out_of_range("start", "0 to end", offset)
        return self if first >= last else self._fill(value, int(first), int(last), encoding)

    def _fill(self, value: Any, first: int, last: int, encoding: Any) -> Buffer:
        if isinstance(value, str):
            kind = encoding_or_raise(encoding)
            data = encode(value, kind)
            if kind == "hex" and value and not data:
                raise type_error("The text is not valid hex")
            data = data or b"\0"
        elif isinstance(value, (View, ArrayBuffer, bytes, bytearray)):
            data = data_bytes(value) or b"\0"
        else:
            data = bytes([int(to_integer(value)) & 255])
        room = last - first
        self._bytes_view()[first:last] = (data * (room // len(data) + 1))[:room]
        return self

    # ---- comparing, searching and copying ---------------------------------------------------------------------

    def equals(self, other: Any = None) -> bool:
        """Tell whether the bytes are the same."""
        return self.to_bytes() == _bytes_of("b", other, shown=kind_of(other))

    def _compare(
        self, target: Any = None, targetStart: Any = 0, targetEnd: Any = None, start: Any = 0, end: Any = None
    ) -> int:
        theirs, mine = _bytes_of("target", target), self.to_bytes()
        first = need_integer("targetStart", 0 if targetStart is None else targetStart, 0, LONGEST)
        last = len(theirs) if targetEnd is None else need_integer("targetEnd", targetEnd, 0, len(theirs))
        begin = need_integer("sourceStart", 0 if start is None else start, 0, LONGEST)
        stop = len(mine) if end is None else need_integer("sourceEnd", end, 0, len(mine))
        return _compare(mine[begin:stop], theirs[first:last])

    def indexOf(self, value: Any = None, byteOffset: Any = None, encoding: Any = None) -> int:
        """Return where a text, bytes or a byte begin, at or after an offset; -1 if they do not occur."""
        return self._search(value, byteOffset, encoding, backwards=False)

    def lastIndexOf(self, value: Any = None, byteOffset: Any = None, encoding: Any = None) -> int:
        """Return where they begin for the last time, at or before an offset."""
        return self._search(value, byteOffset, encoding, backwards=True)

    def includes(self, value: Any = None, byteOffset: Any = None, encoding: Any = None) -> bool:
        """Tell whether they occur."""
        return self._search(value, byteOffset, encoding, backwards=False) != -1

    def _search(self, value: Any, offset: Any, encoding: Any, *, backwards: bool) -> int:
        if isinstance(offset, str):
            offset, encoding = None, offset
        if is_number(value):
            needle: bytes | None = bytes([int(to_integer(value)) & 255])
        else:
            needle = data_bytes(value, encoding_or_raise(encoding))
        if needle is None:
            expected = "one of type number or string or an instance of Buffer or Uint8Array"
            raise wrong_type("value", expected, value)
        data, size = self.to_bytes(), len(self)
        place = to_number(offset) if offset is not None else math.nan
        whole = 0 if math.isnan(place) else int(max(min(place, size), -size - 1))
        if backwards:
            start = size if math.isnan(place) else whole + size if whole < 0 else whole
            if start < 0:
                return -1
            return data.rfind(needle, 0, min(start + len(needle), size))
        start = max(whole + size, 0) if whole < 0 else whole
        return min(start, size) if not needle else data.find(needle, start)

    def slice(self, start: Any = None, end: Any = None) -> Buffer:
        """Return a range that shares its bytes with this buffer."""
        return self.subarray(start, end)

    def copy(self, target: Any = None, targetStart: Any = 0, sourceStart: Any = 0, sourceEnd: Any = None) -> int:
        """Copy a range into another buffer; returns the number of bytes."""
        if not isinstance(target, TypedArray):
            raise wrong_type("target", "an instance of Buffer or Uint8Array", target)
        into = target._bytes_view()
        first = need_integer("targetStart", targetStart or 0, 0)
        begin = need_integer("sourceStart", sourceStart or 0, 0, len(self))
        stop = len(self) if sourceEnd is None else need_integer("sourceEnd", sourceEnd, 0)
        data = self.to_bytes()[begin:stop][: max(len(into) - first, 0)]
        into[first : first + len(data)] = data
        return len(data)

    def _swap(self, size: int) -> Buffer:
        data = self._bytes_view()
        if len(data) % size:
            raise range_error(f"Buffer size must be a multiple of {8 * size}-bits", code="ERR_INVALID_BUFFER_SIZE")
        for place in range(0, len(data), size):
            data[place : place + size] = bytes(data[place : place + size])[::-1]
        return self

    def swap16(self) -> Buffer:
        """Change the order of the bytes in each group of two."""
        return self._swap(2)

    def swap32(self) -> Buffer:
        """Change the order of the bytes in each group of four."""
        return self._swap(4)

    def swap64(self) -> Buffer:
        """Change the order of the bytes in each group of eight."""
        return self._swap(8)


def _slices(kind: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def read(self: Buffer, start: Any = None, end: Any = None) -> str:
        return self.toString(kind, need_number("start", start), need_number("end", end))

    def write(self: Buffer, text: Any = None, offset: Any = None, length: Any = None) -> int:
        return self.write(text, offset, length, kind)

    return read, write


for _name, _function in numbers().items():
    setattr(Buffer, _name, _function)
for _kind in ("utf8", "ucs2", "latin1", "ascii", "hex", "base64", "base64url"):
    for _name, _function in zip((f"{_kind}Slice", f"{_kind}Write"), _slices(_kind), strict=True):
        setattr(Buffer, _name, _function)


class _OnClassAndInstance:
    """An attribute that means one thing for the class and another for a buffer."""

    def __init__(self, static: Any, instance: Any) -> None:
        self._static, self._instance = static, instance

    def __get__(self, buffer: Any, owner: Any) -> Any:
        return self._static if buffer is None else self._instance.__get__(buffer, owner)


for _name, _static, _instance in (
    ("byteLength", Buffer._byte_length, Uint8Array.byteLength),
    ("compare", Buffer._compare_two, Buffer._compare),
):
    setattr(Buffer, _name, _OnClassAndInstance(_static, _instance))


def _compare(a: bytes, b: bytes) -> int:
    return (a > b) - (a < b)


def _bytes_of(name: str, value: Any, shown: Any = None) -> bytes:
    data = None if isinstance(value, str) else data_bytes(value)
    if data is None or isinstance(value, ArrayBuffer):
        raise wrong_type(name, "an instance of Buffer or Uint8Array", value if shown is None else shown)
    return data


def _whole_characters(data: bytes, text: str) -> bytes:
    return data if len(data) == len(encode(text)) else data.decode("utf-8", "ignore").encode()


def isUtf8(value: Any = None) -> bool:
    """Tell whether bytes are valid UTF-8."""
    try:
        _checked("isUtf8", value).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def isAscii(value: Any = None) -> bool:
    """Tell whether all bytes are below 128."""
    return _checked("isAscii", value).isascii()


def _checked(function: str, value: Any) -> bytes:
    data = None if isinstance(value, str) else data_bytes(value)
    if data is None:
        raise type_error(f"Failed to execute '{function}' on 'BufferUtil': parameter 1 is not of type 'Uint8Array'.")
    return data


def SlowBuffer(size: Any = None) -> Buffer:
    """An older name of `Buffer.alloc`."""
    return Buffer.alloc(size)


def resolveObjectURL(_identifier: Any = None) -> None:
    """The platform has it by name only."""
    raise error("The resolveObjectURL() method is not implemented", code="ERR_METHOD_NOT_IMPLEMENTED")


EXPORTS: dict[str, Any] = {
    "Blob": Blob,
    "Buffer": Buffer,
    "File": File,
    "INSPECT_MAX_BYTES": 50,
    "SlowBuffer": SlowBuffer,
    "atob": atob,
    "btoa": btoa,
    "constants": plain({"MAX_LENGTH": LONGEST, "MAX_STRING_LENGTH": 2**29 - 24}),
    "isAscii": isAscii,
    "isUtf8": isUtf8,
    "kMaxLength": LONGEST,
    "kStringMaxLength": 2**29 - 24,
    "resolveObjectURL": resolveObjectURL,
}
MISSING = {"transcode": "use the codecs of Python: data.decode(...).encode(...)"}
