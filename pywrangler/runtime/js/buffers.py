"""ArrayBuffer, and what it has in common with its views: the bytes, as Python programs take and give them.

All views of a buffer share one `bytearray`; a buffer knows its views, because resizing and detaching it changes them.
`to_bytes`, `to_memoryview`, `to_py`, `assign` and their kin copy, because
in production the bytes live in another memory (spec/js-and-ffi.md, section 2).
"""

from __future__ import annotations

import weakref
from typing import IO, TYPE_CHECKING, Any, cast

from pywrangler.runtime.js.errors import range_error, type_error
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

    __slots__ = ("_data", "_detached", "_limit", "_views")

    _data: bytearray
    _detached: bool
    _limit: int | None
    _views: list[weakref.ref[View]]

    def __init__(self, length: Any = 0, init: Any = None, **named: Any) -> None:
        size = buffer_length(length, "Array buffer allocation failed")
        self._limit = None
        if init is not None or named:
            from pywrangler.runtime.js.convert import options

            limit = options(init, named).get("maxByteLength")
            self._limit = None if limit is None else buffer_length(limit, "Invalid array buffer max length")
            if self._limit is not None and size > self._limit:
                raise range_error("Invalid array buffer max length")
        self._data = bytearray(size)
        self._detached = False
        self._views = []

    @classmethod
    def adopt(cls, data: bytearray) -> Self:
        """Return a buffer on `data`, which the caller gives away."""
        result = object.__new__(cls)
        result._data = data
        result._detached = False
        result._limit = None
        result._views = []
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
        """Number of bytes that `resize` may go up to."""
        return len(self._data) if self._limit is None or self._detached else self._limit

    @property
    def resizable(self) -> bool:
        """Whether it was made with `maxByteLength`."""
        return self._limit is not None

    @property
    def detached(self) -> bool:
        """Whether its bytes were transferred to another buffer."""
        return self._detached

    def resize(self, length: Any = 0) -> None:
        """Change the number of bytes; TypeError for a buffer of fixed length."""
        if self._limit is None:
            raise type_error(
                f"Method ArrayBuffer.prototype.resize called on incompatible receiver #<{type(self)._js_name}>"
            )
        self._check("ArrayBuffer.prototype.resize")
        size = buffer_length(length, "ArrayBuffer.prototype.resize: Invalid length parameter")
        if size > self._limit:
            raise range_error("ArrayBuffer.prototype.resize: Invalid length parameter")
        self._replace(self._data[:size].ljust(size, b"\0"))

    def transfer(self, length: Any = None) -> ArrayBuffer:
        """Move the bytes to a new buffer, of another length if wished; this one is empty from then on."""
        return self._moved("transfer", length, self._limit)

    def transferToFixedLength(self, length: Any = None) -> ArrayBuffer:
        """`transfer` to a buffer that cannot be resized."""
        return self._moved("transferToFixedLength", length, None)

    def _moved(self, name: str, length: Any, limit: int | None) -> ArrayBuffer:
        self._check(f"ArrayBuffer.prototype.{name}")
        size = len(self._data) if length is None else buffer_length(length, "Array buffer allocation failed")
        moved = ArrayBuffer.adopt(self._data[:size].ljust(size, b"\0"))
        moved._limit = limit
        self._detached = True
        self._replace(bytearray())
        return moved

    def _check(self, what: str) -> None:
        """Raise the TypeError of an operation on a detached buffer."""
        if self._detached:
            raise type_error(f"Cannot perform {what} on a detached ArrayBuffer")

    def _replace(self, data: bytearray) -> None:
        self._data = data
        for reference in self._views:
            if (view := reference()) is not None:
                view._refresh(data)

    def slice(self, start: Any = None, end: Any = None) -> ArrayBuffer:
        """Return a copy of a range."""
        self._check("ArrayBuffer.prototype.slice")
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
            self._attach(ArrayBuffer.adopt(self._data))
        return cast("ArrayBuffer", self._buffer)

    def _attach(self, buffer: ArrayBuffer) -> None:
        """Be a view of the buffer, which tells when its bytes are replaced."""
        self._buffer, self._data = buffer, buffer._data
        buffer._views = [known for known in buffer._views if known() is not None]
        buffer._views.append(weakref.ref(self))

    def _refresh(self, data: bytearray) -> None:
        """Look at the bytes that replaced those of the buffer."""
        raise NotImplementedError

    @property
    def byteOffset(self) -> int:
        """Where in the buffer the view begins."""
        return self._offset


def buffer_length(value: Any, message: str) -> int:
    found = to_integer(value)
    if not 0 <= found <= MAX_LENGTH:
        raise range_error(message)
    return int(found)
