"""The kinds of typed arrays, and DataView; `ArrayBuffer` is re-exported."""

from __future__ import annotations

import base64
import binascii
import math
import struct
import sys
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.buffers import ArrayBuffer, JsBuffer, View
from pywrangler.runtime.js.errors import JsException, range_error, type_error
from pywrangler.runtime.js.primitives import number, to_integer, to_number, to_string, truthy
from pywrangler.runtime.js.typed_array import TypedArray

__all__ = ["TYPED_ARRAYS", "ArrayBuffer", "DataView", "JsBuffer", "TypedArray", "from_buffer"]


class Int8Array(TypedArray):
    """8-bit integers."""

    _format = "b"


class Uint8Array(TypedArray):
    """Bytes."""

    def toHex(self) -> str:
        """Return the bytes in hexadecimal."""
        return self.to_bytes().hex()

    def toBase64(self, options: Any = None, **named: Any) -> str:
        """Return the bytes in Base64; options `alphabet` ("base64url") and `omitPadding`."""
        from pywrangler.runtime.js.convert import options as given_options

        given = given_options(options, named)
        encode = base64.urlsafe_b64encode if given.get("alphabet") == "base64url" else base64.b64encode
        text = encode(self.to_bytes()).decode()
        return text.rstrip("=") if truthy(given.get("omitPadding")) else text

    @staticmethod
    def fromHex(text: str) -> Uint8Array:
        """Return the bytes that a hexadecimal text stands for."""
        try:
            return Uint8Array.from_bytes(binascii.unhexlify(text))
        except (binascii.Error, ValueError):
            raise JsException("SyntaxError", "Input string must contain hex characters in even length") from None

    @staticmethod
    def fromBase64(text: str, options: Any = None, **named: Any) -> Uint8Array:
        """Return the bytes that a Base64 text stands for; option `alphabet` ("base64url")."""
        from pywrangler.runtime.js.convert import options as given_options

        url_safe = given_options(options, named).get("alphabet") == "base64url"
        stripped = "".join(text.split()).rstrip("=")
        try:
            padded = stripped + "=" * (-len(stripped) % 4)
            return Uint8Array.from_bytes(base64.b64decode(padded, altchars="-_" if url_safe else None, validate=True))
        except (binascii.Error, ValueError):
            raise JsException(
                "SyntaxError", "Found a character that cannot be part of a valid base64 string."
            ) from None

    def setFromBase64(self, text: str, options: Any = None, **named: Any) -> Any:
        """Decode as much Base64 as fits into the array; returns `{read, written}`."""
        from pywrangler.runtime.js.values import JsObject

        data = Uint8Array.fromBase64(text, options, **named).to_bytes()
        written, read = len(data), len(text)
        if written > len(self):
            # Only whole groups of four characters are taken.
            written = len(self) // 3 * 3
            read = written // 3 * 4
        self._bytes_view()[:written] = data[:written]
        return JsObject.new(read=read, written=written)

    def setFromHex(self, text: str) -> Any:
        """Decode as much hexadecimal as fits into the array; returns `{read, written}`."""
        from pywrangler.runtime.js.values import JsObject

        data = Uint8Array.fromHex(text).to_bytes()[: len(self)]
        self._bytes_view()[: len(data)] = data
        return JsObject.new(read=2 * len(data), written=len(data))


class Uint8ClampedArray(TypedArray):
    """Bytes; numbers beyond are set to the nearest end."""

    def _element(self, value: Any) -> int:
        found = to_number(value)
        return 0 if math.isnan(found) else round(max(0, min(255, found)))


class Int16Array(TypedArray):
    """16-bit integers."""

    BYTES_PER_ELEMENT = 2
    _format = "h"


class Uint16Array(TypedArray):
    """16-bit integers without sign."""

    BYTES_PER_ELEMENT = 2
    _format = "H"


class Int32Array(TypedArray):
    """32-bit integers."""

    BYTES_PER_ELEMENT = 4
    _format = "i"


class Uint32Array(TypedArray):
    """32-bit integers without sign."""

    BYTES_PER_ELEMENT = 4
    _format = "I"


class _FloatArray(TypedArray):
    """Floating point numbers; integral ones read as int, like every JavaScript number."""

    def _get(self, index: int) -> Any:
        return number(self._items[index])

    def _put(self, index: int, value: Any) -> None:
        self._items[index] = self._element(value)  # type: ignore[call-overload]

    def _element(self, value: Any) -> float:
        return float(to_number(value))


class Float16Array(_FloatArray):
    """16-bit floats. memoryview does not know them, so the items are 16-bit integers here."""

    BYTES_PER_ELEMENT = 2
    _format = "H"

    def _get(self, index: int) -> Any:
        value: float = struct.unpack("=e", struct.pack("=H", self._items[index]))[0]
        return number(value)

    def _element(self, value: Any) -> int:
        wanted = float(to_number(value))
        try:
            packed = struct.pack("=e", wanted)
        except OverflowError:
            packed = struct.pack("=e", math.copysign(math.inf, wanted))
        return int(struct.unpack("=H", packed)[0])


class Float32Array(_FloatArray):
    """32-bit floats."""

    BYTES_PER_ELEMENT = 4
    _format = "f"

    def _element(self, value: Any) -> float:
        wanted = float(to_number(value))
        try:
            struct.pack("=f", wanted)
        except OverflowError:
            return math.copysign(math.inf, wanted)
        return wanted


class Float64Array(_FloatArray):
    """64-bit floats."""

    BYTES_PER_ELEMENT = 8
    _format = "d"


class _BigIntArray(TypedArray):
    """64-bit integers, which JavaScript keeps as BigInts."""

    BYTES_PER_ELEMENT = 8

    def _element(self, value: Any) -> int:
        if not isinstance(value, int):
            raise type_error(f"Cannot convert {to_string(value)} to a BigInt")
        wrapped = int(value) & (2**64 - 1)
        return wrapped - 2**64 if self._format == "q" and wrapped >> 63 else wrapped


class BigInt64Array(_BigIntArray):
    """64-bit integers."""

    _format = "q"


class BigUint64Array(_BigIntArray):
    """64-bit integers without sign."""

    _format = "Q"


class DataView(View):
    """A view that reads and writes numbers of any type at any offset: `DataView.new(buffer, offset, length)`."""

    __slots__ = ("_follows", "_size")

    def __init__(self, buffer: Any, byteOffset: Any = None, byteLength: Any = None) -> None:
        if not isinstance(buffer, ArrayBuffer):
            raise type_error("First argument to DataView constructor must be an ArrayBuffer")
        buffer._check("DataView")
        offset = int(to_integer(byteOffset))
        if not 0 <= offset <= buffer.byteLength:
            raise range_error(f"Start offset {offset} is outside the bounds of the buffer")
        size = buffer.byteLength - offset if byteLength is None else int(to_integer(byteLength))
        if size < 0 or offset + size > buffer.byteLength:
            raise range_error(f"Invalid DataView length {size}")
        self._attach(buffer)
        self._offset, self._size, self._follows = offset, size, byteLength is None and buffer.resizable

    def _refresh(self, data: bytearray) -> None:
        self._data = data
        if self._follows:
            self._size = max(0, len(data) - self._offset)
        elif self._offset + self._size > len(data):
            self._size = 0

    def _bytes_view(self) -> memoryview:
        return memoryview(self._data)[self._offset : self._offset + self._size]

    def _at(self, byteOffset: Any, size: int) -> int:
        offset = int(to_integer(byteOffset))
        if offset < 0 or offset + size > self._size:
            raise range_error("Offset is outside the bounds of the DataView")
        return self._offset + offset


def _accessors(name: str, kind: type[TypedArray], code: str) -> None:
    """Add `getX` and `setX` to DataView."""
    size = kind.BYTES_PER_ELEMENT

    def get(self: DataView, byteOffset: Any = 0, littleEndian: Any = None) -> Any:
        order = "<" if truthy(littleEndian) else ">"
        value = struct.unpack_from(order + code, self._data, self._at(byteOffset, size))[0]
        return number(value) if isinstance(value, float) else value

    def set(self: DataView, byteOffset: Any, value: Any = None, littleEndian: Any = None) -> None:
        # A typed array of one element knows how the value wraps; it has the byte order of the machine.
        data = kind.new([value]).to_bytes()
        at = self._at(byteOffset, size)
        same_order = truthy(littleEndian) == (sys.byteorder == "little")
        self._data[at : at + size] = data if same_order else data[::-1]

    get.__doc__ = f"Return the {name} at an offset, big-endian unless said otherwise."
    set.__doc__ = f"Write the {name} at an offset, big-endian unless said otherwise."
    setattr(DataView, f"get{name}", get)
    setattr(DataView, f"set{name}", set)


TYPED_ARRAYS: tuple[type[TypedArray], ...] = (
    Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array,
    Float16Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array,
)  # fmt: skip

for _kind in TYPED_ARRAYS:
    if _kind is not Uint8ClampedArray:
        _accessors(_kind.__name__.removesuffix("Array"), _kind, "e" if _kind is Float16Array else _kind._format)


def from_buffer(view: memoryview) -> TypedArray | JsArray:
    """Return a typed array with a copy of a Python buffer; one of several dimensions gives nested arrays."""
    if view.ndim > 1:
        return array(from_buffer(row) for row in _rows(view))
    return kind_of(view).adopt(bytearray(view.tobytes()))


def _rows(view: memoryview) -> list[memoryview]:
    """Return the rows of a view of several dimensions, which memoryview itself cannot give."""
    shape = view.shape or ()
    flat = memoryview(view.tobytes())
    size = flat.nbytes // shape[0] if shape[0] else 0
    return [
        flat[index * size : (index + 1) * size].cast(view.format.lstrip("@="), shape[1:])  # type: ignore[call-overload]
        for index in range(shape[0])
    ]


def kind_of(view: memoryview) -> type[TypedArray]:
    code = view.format.lstrip("@=<>!")
    if code in {"B", "c", "s", "?", "P"} or view.itemsize == 1:
        return Int8Array if code == "b" else Uint8Array
    if code in {"e", "f", "d"}:
        return {"e": Float16Array, "f": Float32Array, "d": Float64Array}[code]
    signed = code.islower()
    kinds: dict[int, tuple[type[TypedArray], type[TypedArray]]] = {
        2: (Uint16Array, Int16Array),
        4: (Uint32Array, Int32Array),
        8: (BigUint64Array, BigInt64Array),
    }
    if code not in "hHiIlLqQnN" or view.itemsize not in kinds:
        raise type_error(f"Buffers of format {view.format!r} have no equivalent in JavaScript")
    return kinds[view.itemsize][signed]
