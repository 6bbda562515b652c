"""ArrayBuffer, and what it has in common with its views: the bytes, as Python programs take and give them.

All views of a buffer share one `bytearray`. `to_bytes`, `to_memoryview`, `to_py`, `assign` and their kin copy, because
in production the bytes live in another memory (spec/js-and-ffi.md, section 2).
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import range_error
from pywrangler.runtime.js.primitives import relative_index, to_integer
from pywrangler.runtime.js.proxy import JsProxy

if TYPE_CHECKING:
    from typing import Self

MAX_LENGTH = 2**32
"""Bytes a buffer may have; more is the RangeError of JavaScript."""


class JsBuffer(JsProxy):
    """What a Python program can do with an ArrayBuffer or a view of one."""

    __slots__ = ()

    def _bytes_view(self) -> memoryview:
        """Return the bytes, writable and shared."""
        raise NotImplementedError

    @property
    def byteLength(self) -> int:
        """Number of bytes."""
        return self._bytes_view().nbytes

    def to_bytes(self) -> bytes:
        """Return a copy of the bytes."""
        return self._bytes_view().tobytes()

    def to_memoryview(self) -> memoryview:
        """Return a copy, with the element type of the view."""
        return memoryview(bytearray(self._bytes_view()))

    def to_string(self, encoding: str | None = None) -> str:
        """Decode the bytes (UTF-8 unless said otherwise); ValueError if they are malformed."""
        return self.to_bytes().decode(encoding or "utf-8")

    def to_file(self, file: IO[bytes] | Any) -> None:
        """Write the bytes to a file."""
        file.write(self.to_bytes())

    def from_file(self, file: IO[bytes] | Any) -> None:
        """Fill the buffer from a file."""
        self.assign(file.read(self.byteLength))

    def assign(self, source: Any, /) -> None:
        """Copy a Python buffer of the same size into this one."""
        given = memoryview(source).cast("B") if memoryview(source).nbytes else memoryview(b"")
        target = self._bytes_view()
        if given.nbytes != target.nbytes:
            raise ValueError(f"cannot assign from buffer of length {given.nbytes} to buffer of length {target.nbytes}.")
        target[:] = given

    def assign_to(self, target: Any, /) -> None:
        """Copy this buffer into a writable Python buffer of the same size."""
        taken = memoryview(target).cast("B")
        if taken.nbytes != self.byteLength:
            raise ValueError(
                f"cannot assign to buffer of length {taken.nbytes} from buffer of length {self.byteLength}."
            )
        taken[:] = self._bytes_view()

    def __bytes__(self) -> bytes:
        return self.to_bytes()

    def __buffer__(self, _flags: int) -> memoryview:
        # Python 3.12 and newer: memoryview(x) works on the shared bytes.
        return self._bytes_view()


class ArrayBuffer(JsBuffer):
    """Bytes without a view: `ArrayBuffer.new(length)`."""

    __slots__ = ("_data",)

    def __init__(self, length: Any = 0, *_options: Any, **_named: Any) -> None:
        self._data = bytearray(buffer_length(length, "Array buffer allocation failed"))

    @classmethod
    def adopt(cls, data: bytearray) -> Self:
        """Return a buffer on `data`, which the caller gives away."""
        result = object.__new__(cls)
        result._data = data
        return result

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Self:
        """Return a buffer with a copy of `data`."""
        return cls.adopt(bytearray(data))

    @staticmethod
    def isView(value: Any = None) -> bool:
        """Tell whether a value is a typed array or a DataView."""
        return isinstance(value, View)

    @property
    def byteLength(self) -> int:
        """Number of bytes."""
        return len(self._data)

    @property
    def maxByteLength(self) -> int:
        """Number of bytes; buffers do not grow here."""
        return len(self._data)

    @property
    def resizable(self) -> bool:
        """Buffers do not grow here."""
        return False

    def slice(self, start: Any = None, end: Any = None) -> ArrayBuffer:
        """Return a copy of a range."""
        size = len(self._data)
        return ArrayBuffer.adopt(self._data[relative_index(start, size, 0) : relative_index(end, size, size)])

    def to_bytes(self) -> bytes:
        """Return a copy of the bytes."""
        return bytes(self._data)

    def _bytes_view(self) -> memoryview:
        return memoryview(self._data)

    def __bool__(self) -> bool:
        return bool(self._data)


class View(JsBuffer):
    """What typed arrays and DataView share: a range of a buffer."""

    __slots__ = ("_buffer", "_data", "_offset")

    _buffer: ArrayBuffer | None
    _data: bytearray
    _offset: int

    @property
    def buffer(self) -> ArrayBuffer:
        """The buffer, which other views may share."""
        if self._buffer is None:
            self._buffer = ArrayBuffer.adopt(self._data)
        return self._buffer

    @property
    def byteOffset(self) -> int:
        """Where in the buffer the view begins."""
        return self._offset


def buffer_length(value: Any, message: str) -> int:
    found = to_integer(value)
    if not 0 <= found <= MAX_LENGTH:
        raise range_error(message)
    return int(found)
