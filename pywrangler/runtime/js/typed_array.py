"""What all typed arrays have in common: their elements, in Python's and in JavaScript's manner.

Numbers that do not fit an element wrap around as in JavaScript. The kinds themselves are in `typed_arrays`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, MutableSequence
from typing import TYPE_CHECKING, Any, ClassVar

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.buffers import ArrayBuffer, View, buffer_length
from pywrangler.runtime.js.errors import range_error
from pywrangler.runtime.js.iterators import JsIterator, iterator
from pywrangler.runtime.js.primitives import relative_index, to_integer, to_string, truthy
from pywrangler.runtime.js.proxy import jsnull

if TYPE_CHECKING:
    from typing import Self


class TypedArray(View):
    """An array of numbers of one type; see the subclasses at the end of this module."""

    __slots__ = ("_fixed", "_items")

    BYTES_PER_ELEMENT: ClassVar[int] = 1
    _format: ClassVar[str] = "B"
    _items: memoryview
    _fixed: int | None
    """How many elements the view was asked for; None if it follows the length of its buffer."""

    def __init__(self, source: Any = None, byteOffset: Any = None, length: Any = None) -> None:
        if source is None or source is jsnull or isinstance(source, (str, int, float)):
            self._allocate(buffer_length(source, f"Invalid typed array length: {to_string(source)}"))
        elif isinstance(source, ArrayBuffer):
            self._look_at(source, byteOffset, length)
        elif isinstance(source, (bytes, bytearray)) and self._format == "B":
            self._adopt(bytearray(source))
        else:
            values = list(source) if isinstance(source, Iterable) else JsArray.from_(source)._items
            self._allocate(len(values))
            self._put_all(0, values)

    def _allocate(self, length: int) -> None:
        self._adopt(bytearray(length * self.BYTES_PER_ELEMENT))

    def _adopt(self, data: bytearray) -> None:
        self._data = data
        self._buffer = None
        self._offset = 0
        self._fixed = len(data) // self.BYTES_PER_ELEMENT
        self._items = memoryview(data).cast(self._format)  # type: ignore[call-overload]

    def _look_at(self, buffer: ArrayBuffer, byteOffset: Any, length: Any) -> None:
        buffer._check("Construct")
        size, offset = self.BYTES_PER_ELEMENT, int(to_integer(byteOffset))
        if offset % size:
            raise range_error(f"start offset of {type(self).name} should be a multiple of {size}")
        if offset < 0 or offset > buffer.byteLength:
            raise range_error(f"Start offset {offset} is outside the bounds of the buffer")
        if length is None:
            if buffer.byteLength % size:
                raise range_error(f"byte length of {type(self).name} should be a multiple of {size}")
            end = buffer.byteLength
        else:
            end = offset + int(to_integer(length)) * size
            if end > buffer.byteLength or end < offset:
                raise range_error(f"Invalid typed array length: {to_string(length)}")
        self._attach(buffer)
        self._offset = offset
        self._fixed = None if length is None and buffer.resizable else (end - offset) // size
        self._items = memoryview(buffer._data)[offset:end].cast(self._format)  # type: ignore[call-overload]

    def _refresh(self, data: bytearray) -> None:
        size = self.BYTES_PER_ELEMENT
        count = (len(data) - self._offset) // size if self._fixed is None else self._fixed
        fits = 0 <= self._offset <= len(data) and self._offset + count * size <= len(data)
        end = self._offset + count * size if fits else self._offset
        self._data = data
        self._items = memoryview(data)[self._offset : end].cast(self._format)  # type: ignore[call-overload]

    # ---- static ---------------------------------------------------------------------------------------

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Self:
        """Return an array on a copy of `data`."""
        return cls.adopt(bytearray(data))

    @classmethod
    def adopt(cls, data: bytearray) -> Self:
        """Return an array on `data`, which the caller gives away."""
        result = object.__new__(cls)
        result._adopt(data)
        return result

    @classmethod
    def from_(cls, source: Any, mapper: Any = None, *_this: Any) -> Self:
        """Return an array of what an iterable holds."""
        return cls.new(JsArray.from_(source, mapper))  # type: ignore[no-any-return]

    @classmethod
    def of(cls, *values: Any) -> Self:
        """Return an array of the arguments."""
        return cls.new(values)  # type: ignore[no-any-return]

    # ---- elements -------------------------------------------------------------------------------------

    def _get(self, index: int) -> Any:
        return self._items[index]

    def _put(self, index: int, value: Any) -> None:
        if type(value) is int:
            try:
                self._items[index] = value
                return
            except ValueError:
                pass  # out of range: wraps below
        self._items[index] = self._element(value)

    def _put_all(self, start: int, values: list[Any]) -> None:
        for index, value in enumerate(values, start):
            self._put(index, value)

    def _element(self, value: Any) -> Any:
        bits = 8 * self.BYTES_PER_ELEMENT
        found = to_integer(value)
        wrapped = int(found) & ((1 << bits) - 1) if math.isfinite(found) else 0
        return wrapped - (1 << bits) if self._format.islower() and wrapped >> (bits - 1) else wrapped

    # ---- Python's face --------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter([self._get(index) for index in range(len(self._items))])

    def __reversed__(self) -> Iterator[Any]:
        return iter(list(self)[::-1])

    def __contains__(self, value: Any) -> bool:
        return array(self).includes(value)

    def __getitem__(self, index: int) -> Any:
        if isinstance(index, slice):
            raise NotImplementedError("Slice subscripting isn't implemented for typed arrays")
        return self._get(self._position(index))

    def __setitem__(self, index: int, value: Any) -> None:
        if isinstance(index, slice):
            raise NotImplementedError("Slice subscripting isn't implemented for typed arrays")
        self._put(self._position(index), value)

    def _position(self, index: int) -> int:
        found = index.__index__()
        if not -len(self._items) <= found < len(self._items):
            raise IndexError("array index out of range")
        return found

    def _bytes_view(self) -> memoryview:
        return memoryview(self._data)[self._offset : self._offset + self._items.nbytes]

    def to_memoryview(self) -> memoryview:
        """Return a copy, with the element type of the array."""
        copy: memoryview = memoryview(bytearray(self._bytes_view())).cast(self._format)  # type: ignore[call-overload]
        return copy

    # ---- JavaScript's face ----------------------------------------------------------------------------

    @property
    def length(self) -> int:
        """Number of elements."""
        return len(self._items)

    def set(self, source: Any, offset: Any = 0) -> None:
        """Copy the elements of an array into this one, from `offset`; RangeError if they do not fit."""
        start = int(to_integer(offset))
        values = list(source) if isinstance(source, Iterable) else JsArray.from_(source)._items
        if start < 0 or start + len(values) > len(self._items):
            raise range_error("offset is out of bounds")
        self._put_all(start, values)

    def subarray(self, start: Any = None, end: Any = None) -> Self:
        """Return a view of a range of the same buffer."""
        size = len(self._items)
        first = relative_index(start, size, 0)
        count = max(0, relative_index(end, size, size) - first)
        return type(self).new(self.buffer, self._offset + first * self.BYTES_PER_ELEMENT, count)  # type: ignore[no-any-return]

    def slice(self, start: Any = None, end: Any = None) -> Self:
        """Return a copy of a range."""
        size = len(self._items)
        return self.adopt(bytearray(self._items[relative_index(start, size, 0) : relative_index(end, size, size)]))

    def fill(self, value: Any = None, start: Any = None, end: Any = None) -> Self:
        """Set a range of elements to one value."""
        size = len(self._items)
        for index in range(relative_index(start, size, 0), relative_index(end, size, size)):
            self._put(index, value)
        return self

    def copyWithin(self, target: Any, start: Any = None, end: Any = None) -> Self:
        """Copy a range to another place in the array."""
        size = len(self._items)
        values = list(self)[relative_index(start, size, 0) : relative_index(end, size, size)]
        first = relative_index(target, size, 0)
        self._put_all(first, values[: size - first])
        return self

    def map(self, callback: Any, *_this: Any) -> Self:
        """Return an array of the same type with what the callback gives."""
        return type(self).new([callback(value, i, self) for i, value in enumerate(self)])  # type: ignore[no-any-return]

    def filter(self, callback: Any, *_this: Any) -> Self:
        """Return the elements for which the callback is true."""
        return type(self).new([value for i, value in enumerate(self) if truthy(callback(value, i, self))])  # type: ignore[no-any-return]

    def reverse(self) -> Self:
        """Reverse in place."""
        self._put_all(0, list(self)[::-1])
        return self

    def sort(self, compare: Any = None) -> Self:
        """Sort in place, by number unless a callback says otherwise."""
        self._put_all(0, sorted(self) if compare is None else array(self).sort(compare)._items)
        return self

    def toReversed(self) -> Self:
        """Return a reversed copy."""
        return self.slice().reverse()

    def toSorted(self, compare: Any = None) -> Self:
        """Return a sorted copy."""
        return self.slice().sort(compare)

    def with_(self, index: int, value: Any) -> Self:
        """Return a copy with one element replaced; RangeError outside the array."""
        copy = self.slice()
        position = int(to_integer(index))
        if not -len(copy) <= position < len(copy):
            raise range_error("Invalid typed array index")
        copy[position] = value
        return copy

    def at(self, index: Any = 0) -> Any:
        """Return one element, negative from the end; undefined outside."""
        return array(self).at(index)

    def keys(self) -> JsIterator:
        """Iterate over the positions."""
        return iterator(range(len(self._items)))

    def values(self) -> JsIterator:
        """Iterate over the elements."""
        return iterator(self)

    def toString(self) -> str:
        """`join()`."""
        return array(self).join()

    def _own_properties(self) -> dict[str, Any]:
        return {str(i): value for i, value in enumerate(self)}


def _borrowed(name: str) -> Callable[..., Any]:
    """Return a method that does to the elements what the array method of that name does."""

    def method(self: TypedArray, *args: Any) -> Any:
        return getattr(array(self), name)(*args)

    method.__name__ = name
    method.__doc__ = f"As `Array.prototype.{name}`."
    return method


for _name in (
    "count", "entries", "every", "find", "findIndex", "findLast", "findLastIndex", "forEach", "includes", "index",
    "indexOf", "join", "lastIndexOf", "reduce", "reduceRight", "some", "toLocaleString",
):  # fmt: skip
    setattr(TypedArray, _name, _borrowed(_name))

MutableSequence.register(TypedArray)
