"""`SharedArrayBuffer` and `Atomics`: a Worker has one thread, so every access is atomic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from pywrangler.runtime.js.buffers import ArrayBuffer, buffer_length
from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.primitives import to_integer, to_string
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.typed_array import TypedArray


class SharedArrayBuffer(ArrayBuffer):
    """Bytes that agents could share; nobody to share them with."""

    __slots__ = ()

    @property
    def growable(self) -> bool:
        """Whether it was made with `maxByteLength`."""
        return self._limit is not None

    def grow(self, length: Any = 0) -> None:
        """Add bytes; RangeError if that would take some away."""
        size = buffer_length(length, "SharedArrayBuffer.prototype.grow: Invalid length parameter")
        if self._limit is None:
            raise type_error(
                "Method SharedArrayBuffer.prototype.grow called on incompatible receiver #<SharedArrayBuffer>"
            )
        if not len(self._data) <= size <= self._limit:
            raise range_error("SharedArrayBuffer.prototype.grow: Invalid length parameter")
        self._replace(self._data.ljust(size, b"\0"))

    def slice(self, start: Any = None, end: Any = None) -> SharedArrayBuffer:
        """Return a copy of a range."""
        return SharedArrayBuffer.adopt(super().slice(start, end)._data)


class AtomicsNamespace(JsProxy, js_name="Atomics"):
    """The namespace `Atomics`."""

    def load(self, array: Any, index: Any) -> Any:
        """Return an element."""
        return array._get(_position(array, index))

    def store(self, array: Any, index: Any, value: Any) -> Any:
        """Set an element; returns what was given, as an integer."""
        array._put(_position(array, index), value)
        return to_integer(value)

    def exchange(self, array: Any, index: Any, value: Any) -> Any:
        """Set an element; returns the old one."""
        return _change(array, index, lambda _old: value)

    def compareExchange(self, array: Any, index: Any, expected: Any, value: Any) -> Any:
        """Set an element if it is as expected; returns the old one."""
        wanted = array._element(expected)
        return _change(array, index, lambda old: value if old == wanted else old)

    def isLockFree(self, size: Any) -> bool:
        """Tell whether elements of that many bytes need no lock."""
        return to_integer(size) in {1, 2, 4, 8}

    def notify(self, array: Any, index: Any, *_count: Any) -> int:
        """Wake nobody: nobody can wait."""
        _position(array, index)
        return 0

    def wait(self, *_arguments: Any) -> Any:
        """Workers must not block."""
        raise type_error("Atomics.wait cannot be called in this context")

    waitAsync = wait


def _position(array: Any, index: Any) -> int:
    if not isinstance(array, TypedArray) or "Float" in type(array).name or "Clamped" in type(array).name:
        raise type_error(f"{to_string(array)} is not an integer typed array.")
    found = to_integer(index)
    if not 0 <= found < len(array):
        raise range_error(f"Invalid atomic access index: {to_string(index)}")
    return int(found)


def _change(array: Any, index: Any, new: Callable[[Any], Any]) -> Any:
    at = _position(array, index)
    old = array._get(at)
    array._put(at, new(old))
    return old


def _arithmetic(name: str, function: Callable[[int, int], int]) -> None:
    def method(self: AtomicsNamespace, array: Any, index: Any, value: Any) -> Any:  # noqa: ARG001
        return _change(array, index, lambda old: function(old, int(to_integer(value))))

    method.__name__ = name
    method.__doc__ = f"{name.capitalize()} a value to an element; returns the old one."
    setattr(AtomicsNamespace, name, method)


for _name, _function in {
    "add": operator.add, "sub": operator.sub, "and": operator.and_, "or": operator.or_, "xor": operator.xor,
}.items():  # fmt: skip
    _arithmetic(_name, _function)
    if _name in {"and", "or"}:
        setattr(AtomicsNamespace, f"{_name}_", getattr(AtomicsNamespace, _name))

Atomics: AtomicsNamespace = AtomicsNamespace.new()
