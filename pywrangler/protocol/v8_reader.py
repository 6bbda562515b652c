"""Reads values in V8's format (spec/interop.md, section 5; the rules stand in `v8_format`).

The `Reader` finds the structure, its `Builder` makes the values. Nothing allocates more than the input justifies, and
whatever is wrong with the input is a `CloneError`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Protocol

from pywrangler.errors import CloneError
from pywrangler.protocol import v8_format as tags
from pywrangler.protocol.v8_format import (
    DEPTH_LIMIT,
    DOUBLE,
    FLAGS,
    OLDEST_READABLE,
    SPARSE_LIMIT,
    VERSION,
    array_index,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Builder(Protocol):
    """Makes the values that a `Reader` finds."""

    undefined: Any
    null: Any

    def integer(self, value: float) -> Any:
        """Return the value of a Number; given as int where it was written so."""

    def bigint(self, value: int) -> Any:
        """Return the value of a BigInt."""

    def object(self) -> tuple[Any, Callable[[str, Any], None]]:
        """Return an empty object and what sets a property of it."""

    def array(self) -> tuple[Any, Callable[[Any], None]]:
        """Return an empty array and what appends to it."""

    def map(self) -> tuple[Any, Callable[[Any, Any], None]]:
        """Return an empty Map and what sets an entry of it."""

    def set(self) -> tuple[Any, Callable[[Any], None]]:
        """Return an empty Set and what adds to it."""

    def boxed(self, value: Any) -> Any:
        """Return a Boolean, Number, BigInt or String object."""

    def date(self, milliseconds: float) -> Any:
        """Return a Date."""

    def regexp(self, source: str, flags: str) -> Any:
        """Return a RegExp."""

    def buffer(self, data: bytearray) -> Any:
        """Return an ArrayBuffer that owns `data`."""

    def view(self, kind: str, buffer: Any, data: bytearray, offset: int, length: int) -> Any:
        """Return a view of `length` bytes; `data` is what `buffer` was made of."""

    def error(self) -> tuple[Any, Callable[[str, str, str, dict[str, Any]], None]]:
        """Return an error and what gives it name, message, stack and further properties."""

    def host(self, reader: Reader, tag: int) -> Any:
        """Return a host object, reading its content from `reader`; CloneError if the tag is unknown."""


class Reader:
    """Reads one value."""

    def __init__(self, data: bytes | bytearray | memoryview, builder: Builder) -> None:
        self._data = bytes(data)
        self._at = 0
        self._builder = builder
        self._objects: list[Any] = []
        self._buffers: dict[int, bytearray] = {}
        self._last_buffer: bytearray | None = None
        self._depth = 0
        self._version = 0

    def value(self) -> Any:
        """Return the value, which must be all of the input; CloneError otherwise."""
        try:
            if self._data[0] != 0xFF:
                raise CloneError("a serialised value begins with its version")
            self._at = 1
            self._version = self.varint()
            if not OLDEST_READABLE <= self._version <= VERSION:
                raise CloneError(f"version {self._version} of the value format is not readable")
            value = self.read()
        except (IndexError, struct.error, ValueError, OverflowError, RecursionError) as error:
            raise CloneError(f"malformed value at byte {self._at}: {error}") from error
        if self._data[self._at :].strip(b"\0"):
            raise CloneError(f"{len(self._data) - self._at} bytes follow the value")
        return value

    def varint(self) -> int:
        """Read a length or count."""
        value = shift = 0
        while True:
            byte = self._data[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise CloneError("a length is too long")

    def take(self, size: int) -> bytes:
        """Read that many bytes."""
        end = self._at + size
        if end > len(self._data):
            raise CloneError(f"the value ends {end - len(self._data)} bytes early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def blob(self) -> bytes:
        """Read bytes, length first."""
        return self.take(self.varint())

    def text(self) -> str:
        """Read UTF-8, length first."""
        return self.blob().decode("utf-8")

    def read(self) -> Any:
        """Read a value with everything below it."""
        value = self._value()
        if self._last_buffer is not None:
            data, self._last_buffer = self._last_buffer, None
            if self._at < len(self._data) and self._data[self._at] == tags.VIEW:
                self._at += 1
                return self._view(value, data)
        return value

    def _value(self) -> Any:
        tag = self._data[self._at]
        self._at += 1
        while tag in (tags.PADDING, tags.COUNT):
            if tag == tags.COUNT:
                self.varint()
            tag = self._data[self._at]
            self._at += 1
        read = _TAG_READERS.get(tag)
        if read is None:
            raise CloneError(f"unknown tag {tag:#04x} at byte {self._at - 1}")
        return read(self)

    def _peek(self) -> int:
        while self._data[self._at] == tags.PADDING:
            self._at += 1
        return self._data[self._at]

    def _reserve(self) -> int:
        self._objects.append(None)
        return len(self._objects) - 1

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise CloneError(f"a value nests deeper than {DEPTH_LIMIT} levels")

    # primitives

    def _undefined(self) -> Any:
        return self._builder.undefined

    def _null(self) -> Any:
        return self._builder.null

    def _true(self) -> bool:
        return True

    def _false(self) -> bool:
        return False

    def _integer(self) -> Any:
        value = self.varint()
        if value >= 2**32:
            raise CloneError("a small integer is too large")
        return self._builder.integer(-(value + 1 >> 1) if value & 1 else value >> 1)

    def _unsigned(self) -> Any:
        return self._builder.integer(self.varint() & 0xFFFFFFFF)

    def _double(self) -> float:
        value: float = DOUBLE.unpack(self.take(8))[0]
        return value

    def _number(self) -> Any:
        return self._builder.integer(self._double())

    def _digits(self) -> int:
        header = self.varint()
        value = int.from_bytes(self.take(header >> 1), "little")
        return -value if header & 1 else value

    def _bigint(self) -> Any:
        return self._builder.bigint(self._digits())

    def _latin(self) -> str:
        return self.blob().decode("latin-1")

    def _wide(self) -> str:
        return self.blob().decode("utf-16-le", "surrogatepass")

    def _utf8(self) -> str:
        return self.blob().decode("utf-8", "surrogatepass")

    def _string(self) -> str:
        value = self._value()
        if type(value) is not str:
            raise CloneError("a string was expected")
        return value

    # containers

    def _key(self) -> str:
        tag = self._peek()
        if tag in (tags.LATIN, tags.WIDE, tags.UTF8):
            return self._string()
        if tag in (tags.INTEGER, tags.UNSIGNED):
            self._at += 1
            value = self.varint()
            if value >= 2**33 or (tag == tags.INTEGER and value & 1):
                raise CloneError("a property key is out of range")
            return str(value >> 1 if tag == tags.INTEGER else value)
        if tag == tags.NUMBER:
            self._at += 1
            number = self._double()
            return str(int(number)) if number.is_integer() else repr(number)
        raise CloneError("a property key is neither string nor number")

    def _back(self) -> Any:
        number = self.varint()
        value = self._objects[number]
        self._last_buffer = self._buffers.get(number)
        return value

    def _object(self) -> Any:
        self._deeper()
        value, put = self._builder.object()
        self._objects.append(value)
        count = 0
        while self._peek() != tags.OBJECT_END:
            put(self._key(), self.read())
            count += 1
        self._at += 1
        if self.varint() != count:
            raise CloneError("an object's count of properties is wrong")
        self._depth -= 1
        return value

    def _dense(self) -> Any:
        self._deeper()
        length = self.varint()
        if length > len(self._data) - self._at:
            raise CloneError("an array is longer than its data")
        value, append = self._builder.array()
        self._objects.append(value)
        for _ in range(length):
            if self._data[self._at] == tags.HOLE:
                self._at += 1
                append(self._builder.undefined)
            else:
                append(self.read())
        self._array_end(tags.DENSE_END)
        return value

    def _array_end(self, end: int) -> None:
        """Skip the named properties of an array, which have no counterpart here."""
        while self._peek() != end:
            self._key()
            self.read()
        self._at += 1
        self.varint()
        self.varint()
        self._depth -= 1

    def _sparse(self) -> Any:
        self._deeper()
        length = self.varint()
        if length > SPARSE_LIMIT:
            raise CloneError(f"a sparse array is longer than {SPARSE_LIMIT}")
        value, append = self._builder.array()
        self._objects.append(value)
        elements: dict[int, Any] = {}
        while self._peek() != tags.SPARSE_END:
            key = self._key()
            index, element = array_index(key), self.read()
            if index is not None and index < length:
                elements[index] = element
        for index in range(length):
            append(elements.get(index, self._builder.undefined))
        self._array_end(tags.SPARSE_END)
        return value

    def _map(self) -> Any:
        self._deeper()
        value, put = self._builder.map()
        self._objects.append(value)
        count = 0
        while self._peek() != tags.MAP_END:
            put(self.read(), self.read())
            count += 2
        self._at += 1
        if self.varint() != count:
            raise CloneError("a Map's size is wrong")
        self._depth -= 1
        return value

    def _set(self) -> Any:
        self._deeper()
        value, add = self._builder.set()
        self._objects.append(value)
        count = 0
        while self._peek() != tags.SET_END:
            add(self.read())
            count += 1
        self._at += 1
        if self.varint() != count:
            raise CloneError("a Set's size is wrong")
        self._depth -= 1
        return value

    # other objects

    def _keep(self, value: Any) -> Any:
        self._objects.append(value)
        return value

    def _date(self) -> Any:
        return self._keep(self._builder.date(self._double()))

    def _boxed_true(self) -> Any:
        return self._keep(self._builder.boxed(True))

    def _boxed_false(self) -> Any:
        return self._keep(self._builder.boxed(False))

    def _boxed_number(self) -> Any:
        return self._keep(self._builder.boxed(self._number()))

    def _boxed_bigint(self) -> Any:
        return self._keep(self._builder.boxed(self._bigint()))

    def _boxed_string(self) -> Any:
        return self._keep(self._builder.boxed(self._string()))

    def _regexp(self) -> Any:
        source, bits = self._string(), self.varint()
        flags = "".join(flag for place, flag in enumerate(FLAGS) if bits >> place & 1)
        return self._keep(self._builder.regexp(source, "".join(sorted(flags))))

    def _buffer(self) -> Any:
        size = self.varint()
        return self._take_buffer(size)

    def _resizable(self) -> Any:
        size = self.varint()
        self.varint()
        return self._take_buffer(size)

    def _take_buffer(self, size: int) -> Any:
        data = bytearray(self.take(size))
        value = self._builder.buffer(data)
        self._buffers[len(self._objects)] = self._last_buffer = data
        return self._keep(value)

    def _view(self, buffer: Any, data: bytearray) -> Any:
        tag = self._data[self._at]
        self._at += 1
        if tag not in tags.VIEW_NAMES:
            raise CloneError(f"unknown kind of view {tag:#04x}")
        kind, width = tags.VIEW_NAMES[tag]
        offset, length = self.varint(), self.varint()
        if self._version >= 14:
            self.varint()
        if offset + length > len(data) or offset % width or length % width:
            raise CloneError(f"a {kind} lies outside of its buffer")
        return self._keep(self._builder.view(kind, buffer, data, offset, length))

    def _error(self) -> Any:
        self._deeper()
        value, fill = self._builder.error()
        self._objects.append(value)
        name, message, stack = "Error", "", ""
        properties: dict[str, Any] = {}
        while (tag := self._data[self._at]) != 0x2E:
            self._at += 1
            if tag in tags.ERROR_NAMES:
                name = tags.ERROR_NAMES[tag]
            elif tag == 0x6D:
                message = self._string()
            elif tag == 0x73:
                stack = self._string()
            elif tag == 0x63:
                properties["cause"] = self.read()
            else:
                raise CloneError(f"unknown part of an error {tag:#04x}")
        self._at += 1
        fill(name, message, stack, properties)
        self._depth -= 1
        return value

    def _host(self) -> Any:
        self._deeper()
        tag = self.varint()
        value = self._host_error() if tag == tags.HOST_ERROR else self._host_object(tag)
        self._depth -= 1
        return value

    def _host_error(self) -> Any:
        value, fill = self._builder.error()
        self._objects.append(value)
        kind = self.varint()
        name = tags.NATIVE_ERRORS[kind] if kind else self._string()
        message = self._string()
        properties = self._error_properties()
        stack = properties.pop("stack", "")
        fill(name, message, stack if isinstance(stack, str) else "", properties)
        return value

    def _error_properties(self) -> dict[str, Any]:
        if self._peek() != tags.OBJECT:
            raise CloneError("the properties of an error are no object")
        self._at += 1
        properties: dict[str, Any] = {}
        self._objects.append(properties)
        while self._peek() != tags.OBJECT_END:
            key = self._key()
            properties[key] = self.read()
        self._at += 1
        self.varint()
        return properties

    def _host_object(self, tag: int) -> Any:
        if tag in tags.HOST_DOM_EXCEPTIONS:
            value, fill = self._builder.error()
            self._objects.append(value)
            fill(self.text(), self.text(), self.text(), {})
            return value
        number = self._reserve()
        value = self._objects[number] = self._builder.host(self, tag)
        return value


_TAG_READERS: dict[int, Callable[[Reader], Any]] = {
    tags.UNDEFINED: Reader._undefined,
    tags.NULL: Reader._null,
    tags.TRUE: Reader._true,
    tags.FALSE: Reader._false,
    tags.INTEGER: Reader._integer,
    tags.UNSIGNED: Reader._unsigned,
    tags.NUMBER: Reader._number,
    tags.BIGINT: Reader._bigint,
    tags.LATIN: Reader._latin,
    tags.WIDE: Reader._wide,
    tags.UTF8: Reader._utf8,
    tags.OBJECT: Reader._object,
    tags.DENSE: Reader._dense,
    tags.SPARSE: Reader._sparse,
    tags.MAP: Reader._map,
    tags.SET: Reader._set,
    tags.DATE: Reader._date,
    tags.REGEXP: Reader._regexp,
    tags.ERROR: Reader._error,
    tags.BUFFER: Reader._buffer,
    tags.RESIZABLE: Reader._resizable,
    tags.BACK: Reader._back,
    tags.HOST: Reader._host,
    tags.BOXED_TRUE: Reader._boxed_true,
    tags.BOXED_FALSE: Reader._boxed_false,
    tags.BOXED_NUMBER: Reader._boxed_number,
    tags.BOXED_BIGINT: Reader._boxed_bigint,
    tags.BOXED_STRING: Reader._boxed_string,
}
