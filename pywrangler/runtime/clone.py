"""Copies of values: into storage, and on their way between Workers.

Storage is structured clone in V8's format. Calls use the same, except for plain trees (None, bool, safe int, float,
str, list, dict with str keys, nothing shared): those are copied directly within a host, and travel as MessagePack to
another one. Functions, RpcTargets, streams, requests and bindings exist on calls only; see `clone_hosts`.

A value that is on its way is `Frozen`: nothing the sender does afterwards shows in it.
"""

from __future__ import annotations

import sys
from types import NoneType
from typing import TYPE_CHECKING, Any

import msgspec

from pywrangler.errors import CloneError
from pywrangler.protocol.malformed import MALFORMED
from pywrangler.protocol.v8 import Writer
from pywrangler.protocol.v8_format import DEPTH_LIMIT, SAFE_INTEGER
from pywrangler.protocol.v8_reader import Reader
from pywrangler.runtime.clone_faces import builder
from pywrangler.runtime.clone_nodes import describe, reject
from pywrangler.runtime.js.errors import ConversionError, JsException, error, range_error
from pywrangler.runtime.js.jsdict import JsDict
from pywrangler.runtime.js.proxy import jsnull
from pywrangler.runtime.refusals import property_name, without_frames

if TYPE_CHECKING:
    from pywrangler.runtime.clone_hosts import External, Importer
    from pywrangler.runtime.ports import FaceName

RPC_LIMIT_BYTES = 32 * 1024 * 1024
"""Most that arguments or a result may take (spec/durable-objects.md, section 8)."""

_FLAT, _TREE = 0x00, 0x01  # first byte of a plain value: without or with dicts in it; V8's format begins with 0xFF
_LONG = 4096
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def serialize(value: Any) -> bytes:
    """Return a structured clone of `value` as bytes in V8's format.

    Raises JsException DataCloneError for functions and instances of classes, TypeError for tuples and bytearrays,
    ConversionError for keys of dicts that are no text.
    """
    writer = Writer(describe, property_name)
    try:
        _write(writer, value)
    except (TypeError, ConversionError, JsException) as problem:
        raise without_frames(problem) from None
    return writer.finish()


def deserialize(data: bytes | bytearray | memoryview, face: FaceName = "python") -> Any:
    """Return the value that `serialize` (or V8 itself) wrote; CloneError if the bytes are malformed."""
    return Reader(data, builder(face)).value()


def _write(writer: Writer, value: Any) -> None:
    try:
        writer.write(value)
    except (CloneError, RecursionError):
        raise range_error("Maximum call stack size exceeded") from None


# ---- values on their way ---------------------------------------------------------------------------------


class Frozen:
    """A value on its way: a plain tree that is nobody else's, or bytes in V8's format with what goes by reference."""

    __slots__ = ("_data", "_value", "externals", "has_dicts")

    def __init__(self, value: Any, data: bytes | None, externals: list[External], has_dicts: bool) -> None:
        self._value = value
        self._data = data
        self.externals = externals
        self.has_dicts = has_dicts

    def wire(self) -> bytes:
        """Return the bytes for another host; the limit of 32 MiB is enforced here."""
        if self._data is None:
            try:
                self._data = bytes((_TREE if self.has_dicts else _FLAT,)) + _encode(self._value)
            except UnicodeEncodeError:  # a lone surrogate, which only UTF-16 can hold
                self._data = _freeze_graph(self._value, script=False).wire()
            if len(self._data) > RPC_LIMIT_BYTES:
                raise too_large(len(self._data))
        return self._data

    def thaw(self, face: FaceName, importer: Importer) -> Any:
        """Return the value, once: a plain tree is given away, not copied again."""
        if self._data is None:
            return self._value if face == "python" else to_script(self._value)
        return unpack(self._data, face, importer)


def freeze(value: Any, *, script: bool = False) -> Frozen:
    """Copy `value`; `script` says that None in it is undefined, as JavaScript code means it.

    Raises as `serialize` does, and Error for more than 32 MiB.
    """
    tree = _Tree(script)
    is_plain = True
    try:
        copied = tree.copy(value, 0)
    except (_NotPlainError, RecursionError):
        is_plain = False
    if not is_plain:
        try:
            return _freeze_graph(value, script)
        except (TypeError, JsException, ConversionError) as problem:
            raise without_frames(problem) from None
    if tree.characters > RPC_LIMIT_BYTES // 4:
        _freeze_graph(value, script)  # raises if it is too large
    return Frozen(copied, None, [], tree.has_dicts)


def _refuse_regexps(value: Any, regexp: type) -> None:
    """Raise the SDK's TypeError for a RegExp in Python's containers, which structured clone would copy."""
    waiting, seen = [value], set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, regexp):
            reject(value)
        if isinstance(value, (list, dict, set)) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, dict) else value)


def _freeze_graph(value: Any, script: bool) -> Frozen:
    if not script and (module := sys.modules.get("pywrangler.runtime.js.regexp")) is not None:
        _refuse_regexps(value, module.JsRegExp)
    from pywrangler.runtime.clone_hosts import HostDescriber

    hosts = HostDescriber()
    writer = Writer(hosts, property_name, script=script)
    _write(writer, value)
    if writer.size > RPC_LIMIT_BYTES:
        raise too_large(writer.size)
    return Frozen(None, writer.finish(), hosts.externals, False)


def unpack(data: bytes | memoryview, face: FaceName, importer: Importer) -> Any:
    """Return the value that arrived as `Frozen.wire()` gave it; CloneError if the bytes are malformed."""
    first = data[0] if len(data) else -1
    if first not in (_FLAT, _TREE):
        from pywrangler.runtime.clone_hosts import HostReader

        return Reader(data, builder(face, HostReader(importer).read)).value()
    try:
        value = _decode(data[1:])
        if face == "python":
            return _adopt(value) if first == _TREE else value
        return to_script(value)
    except MALFORMED as problem:
        raise CloneError(f"malformed value: {problem}") from None


def too_large(size: int) -> Exception:
    """Return the platform's error for a value beyond the limit."""
    return error(
        f"Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: {size} bytes."
    )


class _NotPlainError(Exception):
    """The value is no plain tree."""


class _Tree:
    """Copies a plain tree, with Python's face: dicts become JsDict, integral floats int."""

    __slots__ = ("_none_is_plain", "_seen", "characters", "has_dicts")

    def __init__(self, script: bool) -> None:
        self._none_is_plain = not script
        self._seen: set[int] = set()
        self.has_dicts = False
        self.characters = 0
        """Length of the long strings and containers, to find values that may be too large."""

    def copy(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            if len(value) > _LONG:
                self.characters += len(value)
            return value
        if kind is int:
            if -SAFE_INTEGER <= value <= SAFE_INTEGER:
                return value
            raise _NotPlainError
        if kind is bool or (kind is NoneType and self._none_is_plain):
            return value
        if kind is float:
            return int(value) if value.is_integer() and -SAFE_INTEGER <= value <= SAFE_INTEGER else value
        if depth >= DEPTH_LIMIT or id(value) in self._seen:
            raise _NotPlainError
        if kind is list:
            self._seen.add(id(value))
            if len(value) > _LONG:
                self.characters += len(value)
            return [self.copy(item, depth + 1) for item in value]
        if kind is dict or kind is JsDict:
            return self._copy_dict(value, depth + 1)
        raise _NotPlainError

    def _copy_dict(self, value: dict[str, Any], depth: int) -> JsDict:
        self._seen.add(id(value))
        self.has_dicts = True
        result = JsDict()
        for key, item in value.items():
            if type(key) is not str:
                raise _NotPlainError
            result[key] = self.copy(item, depth)
        return result


def _adopt(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        return JsDict({key: _adopt(item) for key, item in value.items()})
    if kind is list:
        return [_adopt(item) for item in value]
    return value


def to_script(value: Any) -> Any:
    """Return a plain tree as JavaScript values: null for None, Array and Object for list and dict."""
    from pywrangler.runtime.js.values import array, plain

    kind = type(value)
    if kind is dict or kind is JsDict:
        return plain({key: to_script(item) for key, item in value.items()})
    if kind is list:
        return array([to_script(item) for item in value])
    return jsnull if value is None else value
