"""Writes values in V8's format (spec/interop.md, section 5; the rules stand in `v8_format`).

The `Writer` knows Python's primitives, `list`, `dict` and `set`. All other values are told to it as nodes by its
`describe` hook, which sees the value and answers what it is in JavaScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from pywrangler.errors import CloneError
from pywrangler.protocol import v8_format as tags
from pywrangler.protocol.v8_format import DEPTH_LIMIT, DOUBLE, FLAGS, SAFE_INTEGER, VIEWS, array_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

# ---- nodes: what `describe` answers ----------------------------------------------------------------------


class Singleton:
    """A value without content."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


UNDEFINED = Singleton("undefined")
NULL = Singleton("null")
HOLE = Singleton("hole")
"""A missing element of an array."""


class Object(msgspec.Struct, frozen=True):
    """A plain object. `script` says that None among the values is undefined, as JavaScript values hold it."""

    items: Mapping[str, Any]
    script: bool = False


class Array(msgspec.Struct, frozen=True):
    """An array; `script` as for `Object`."""

    items: Sequence[Any]
    script: bool = False


class Map(msgspec.Struct, frozen=True):
    """A Map; `script` as for `Object`."""

    pairs: Iterable[tuple[Any, Any]]
    script: bool = False


class Set(msgspec.Struct, frozen=True):
    """A Set; `script` as for `Object`."""

    items: Iterable[Any]
    script: bool = False


class BigInt(msgspec.Struct, frozen=True):
    """An integer that is a BigInt whatever its size."""

    value: int


class Boxed(msgspec.Struct, frozen=True):
    """A Boolean, Number, BigInt or String object."""

    value: bool | int | float | str


class Date(msgspec.Struct, frozen=True):
    """A Date, in milliseconds since the epoch; NaN is an invalid one."""

    milliseconds: float


class RegExp(msgspec.Struct, frozen=True):
    """A regular expression; `flags` as in JavaScript (`gi`)."""

    source: str
    flags: str = ""


class Buffer(msgspec.Struct, frozen=True):
    """An ArrayBuffer."""

    data: bytes | bytearray | memoryview


class View(msgspec.Struct, frozen=True):
    """A typed array or DataView, in bytes; `buffer` is a value that `describe` knows as a `Buffer`."""

    kind: str
    buffer: Any
    offset: int
    length: int


class Error(msgspec.Struct, frozen=True):
    """An error; `properties` are its own further properties."""

    name: str
    message: str
    stack: str = ""
    properties: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Host(msgspec.Struct, frozen=True):
    """A host object: `write` puts its tag and content."""

    write: Callable[[Writer], None]


# ---- writing ---------------------------------------------------------------------------------------------


class Writer:
    """Writes one value.

    `describe(value)` answers a node or a primitive for any value not known here, or raises; `name(key)` answers the
    name of a property for a key of a dict that is no text.
    """

    def __init__(
        self,
        describe: Callable[[Any], Any],
        name: Callable[[Any], str] = str,
        *,
        script: bool = False,
        limit_bytes: int = 2**31,
    ) -> None:
        self._describe = describe
        self._name = name
        self._out = bytearray(tags.HEADER)
        self._ids: dict[int, int] = {}
        self._kept: list[Any] = []
        self._none = tags.UNDEFINED if script else tags.NULL
        self._depth = 0
        self._limit_bytes = limit_bytes

    def finish(self) -> bytes:
        """Return everything written so far."""
        return bytes(self._out)

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return len(self._out)

    def varint(self, value: int) -> None:
        """Write a length or count."""
        out = self._out
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        out.append(value)

    def blob(self, data: bytes | bytearray | memoryview) -> None:
        """Write bytes, length first."""
        self.varint(len(data))
        self._out += data

    def host_tag(self, tag: int) -> None:
        """Begin a host object."""
        self._out.append(tags.HOST)
        self.varint(tag)

    def write(self, value: Any) -> None:
        """Write a value with everything below it; CloneError if it nests too deeply."""
        out = self._out
        kind = type(value)
        if kind is str:
            self._string(value)
        elif kind is int:
            self._integer(value)
        elif value is None:
            out.append(self._none)
        elif kind is bool:
            out.append(tags.TRUE if value else tags.FALSE)
        elif kind is float:
            out.append(tags.NUMBER)
            out += DOUBLE.pack(value)
        elif value is UNDEFINED:
            out.append(tags.UNDEFINED)
        elif value is NULL:
            out.append(tags.NULL)
        else:
            number = self._ids.get(id(value))
            if number is not None:
                out.append(tags.BACK)
                self.varint(number)
            else:
                self._compound(value, kind)

    def _compound(self, value: Any, kind: type) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise CloneError(f"a value nests deeper than {DEPTH_LIMIT} levels")
        if len(self._out) > self._limit_bytes:
            raise CloneError(f"a value takes more than {self._limit_bytes} bytes")
        if kind is dict:
            self._number(value)
            self._object(value)
        elif kind is list:
            self._number(value)
            self._array(value)
        elif kind is set:
            self._number(value)
            self._set(value)
        else:
            node = value if kind in _NODE_WRITERS else self._describe(value)
            writer = _NODE_WRITERS.get(type(node))
            if writer is None:
                self.write(node)
            else:
                writer(self, value, node)
        self._depth -= 1

    def _number(self, value: Any) -> None:
        self._ids[id(value)] = len(self._kept)
        self._kept.append(value)  # a temporary must not lend its id() to another

    def _integer(self, value: int) -> None:
        out = self._out
        if -tags.SMALL <= value < tags.SMALL:
            out.append(tags.INTEGER)
            self.varint(value << 1 if value >= 0 else (-value << 1) - 1)
        elif -SAFE_INTEGER <= value <= SAFE_INTEGER:
            out.append(tags.NUMBER)
            out += DOUBLE.pack(value)
        else:
            out.append(tags.BIGINT)
            self._digits(value)

    def _digits(self, value: int) -> None:
        size = abs(value)
        length = (size.bit_length() + 63) // 64 * 8
        self.varint(length << 1 | (value < 0))
        self._out += size.to_bytes(length, "little")

    def _string(self, value: str) -> None:
        try:
            encoded = value.encode("latin-1")
        except UnicodeEncodeError:
            encoded = value.encode("utf-16-le", "surrogatepass")
            size_of_length = max(1, (len(encoded).bit_length() + 6) // 7)
            if (len(self._out) + 1 + size_of_length) & 1:
                self._out.append(tags.PADDING)
            self._out.append(tags.WIDE)
        else:
            self._out.append(tags.LATIN)
        self.blob(encoded)

    def _key(self, key: str) -> None:
        index = array_index(key)
        if index is None:
            self._string(key)
        else:
            self._integer(index)

    def _object(self, items: Mapping[str, Any]) -> None:
        self._out.append(tags.OBJECT)
        for key, value in items.items():
            self._key(key if type(key) is str else self._name(key))
            self.write(value)
        self._out.append(tags.OBJECT_END)
        self.varint(len(items))

    def _array(self, items: Sequence[Any]) -> None:
        self._out.append(tags.DENSE)
        self.varint(len(items))
        for value in items:
            if value is HOLE:
                self._out.append(tags.HOLE)
            else:
                self.write(value)
        self._out.append(tags.DENSE_END)
        self.varint(0)
        self.varint(len(items))

    def _map(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        self._out.append(tags.MAP)
        count = 0
        for key, value in pairs:
            self.write(key)
            self.write(value)
            count += 2
        self._out.append(tags.MAP_END)
        self.varint(count)

    def _set(self, items: Iterable[Any]) -> None:
        self._out.append(tags.SET)
        count = 0
        for value in items:
            self.write(value)
            count += 1
        self._out.append(tags.SET_END)
        self.varint(count)

    def _container(self, value: Any, node: Object | Array | Map | Set) -> None:
        self._number(value)
        outer, self._none = self._none, tags.UNDEFINED if node.script else self._none
        if isinstance(node, Object):
            self._object(node.items)
        elif isinstance(node, Array):
            self._array(node.items)
        elif isinstance(node, Map):
            self._map(node.pairs)
        else:
            self._set(node.items)
        self._none = outer

    def _singleton(self, _value: Any, node: Singleton) -> None:
        self._out.append(tags.NULL if node is NULL else tags.UNDEFINED)

    def _bigint(self, _value: Any, node: BigInt) -> None:
        self._out.append(tags.BIGINT)
        self._digits(node.value)

    def _boxed(self, value: Any, node: Boxed) -> None:
        self._number(value)
        content = node.value
        if isinstance(content, bool):
            self._out.append(tags.BOXED_TRUE if content else tags.BOXED_FALSE)
        elif isinstance(content, str):
            self._out.append(tags.BOXED_STRING)
            self._string(content)
        elif isinstance(content, int) and abs(content) > SAFE_INTEGER:
            self._out.append(tags.BOXED_BIGINT)
            self._digits(content)
        else:
            self._out.append(tags.BOXED_NUMBER)
            self._out += DOUBLE.pack(content)

    def _date(self, value: Any, node: Date) -> None:
        self._number(value)
        self._out.append(tags.DATE)
        self._out += DOUBLE.pack(node.milliseconds)

    def _regexp(self, value: Any, node: RegExp) -> None:
        self._number(value)
        self._out.append(tags.REGEXP)
        self._string(node.source)
        self.varint(sum(1 << FLAGS.index(flag) for flag in set(node.flags) & set(FLAGS)))

    def _buffer(self, value: Any, node: Buffer) -> None:
        self._number(value)
        self._out.append(tags.BUFFER)
        self.blob(node.data)

    def _view(self, value: Any, node: View) -> None:
        self.write(node.buffer)
        self._number(value)
        self._out.append(tags.VIEW)
        self._out.append(VIEWS[node.kind][0])
        self.varint(node.offset)
        self.varint(node.length)
        self.varint(0)

    def _error(self, value: Any, node: Error) -> None:
        self._number(value)
        if node.properties or (node.name != "Error" and node.name not in tags.ERROR_PROTOTYPES):
            return self._host_error(node)
        self._out.append(tags.ERROR)
        if node.name in tags.ERROR_PROTOTYPES:
            self._out.append(tags.ERROR_PROTOTYPES[node.name])
        self._out.append(0x6D)
        self._string(node.message)
        if node.stack:
            self._out.append(0x73)
            self._string(node.stack)
        self._out.append(0x2E)
        return None

    def _host_error(self, node: Error) -> None:
        self.host_tag(tags.HOST_ERROR)
        kind = tags.NATIVE_ERRORS.index(node.name) if node.name in tags.NATIVE_ERRORS[1:] else 0
        self.varint(kind)
        if not kind:
            self._string(node.name)
        self._string(node.message)
        properties = dict(node.properties)
        if node.stack:
            properties["stack"] = node.stack
        self.write(properties)

    def _host(self, value: Any, node: Host) -> None:
        self._number(value)
        node.write(self)


_NODE_WRITERS: dict[type, Callable[[Writer, Any, Any], None]] = {
    Object: Writer._container, Array: Writer._container, Map: Writer._container, Set: Writer._container,
    Singleton: Writer._singleton, BigInt: Writer._bigint, Boxed: Writer._boxed, Date: Writer._date,
    RegExp: Writer._regexp, Buffer: Writer._buffer, View: Writer._view, Error: Writer._error, Host: Writer._host,
}  # fmt: skip
