"""`WebAssembly`: memories, globals and tables exist; code does not run.

Workers make no modules from bytes: that is a CompileError in production, too. Modules that were uploaded with the
Worker cannot run locally either: Python code that needs one uses the Python package instead.
"""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.buffers import ArrayBuffer
from pywrangler.runtime.js.builtins.faults import ErrorConstructor, _make
from pywrangler.runtime.js.convert import options
from pywrangler.runtime.js.errors import JsException, range_error, type_error
from pywrangler.runtime.js.primitives import to_integer, to_string, truthy
from pywrangler.runtime.js.proxy import JsPromise, JsProxy, jsnull

_PAGE = 65536
_HEADER = b"\0asm\1\0\0\0"


def _forbidden(where: str) -> JsException:
    return JsException("CompileError", f"WebAssembly.{where}(): Wasm code generation disallowed by embedder")


class Memory(JsProxy):
    """A memory of pages of 64 KiB: `Memory.new(initial=1, maximum=2)`."""

    def __init__(self, init: Any = None, **named: Any) -> None:
        given = options(init, named)
        if given.get("initial") is None:
            raise type_error("WebAssembly.Memory(): Property 'initial' is required")
        pages = int(to_integer(given["initial"]))
        self._maximum = int(to_integer(given.get("maximum", 65536)))
        if not 0 <= pages <= self._maximum <= 65536:
            raise range_error("WebAssembly.Memory(): Property 'initial': value is above the upper bound")
        self._buffer: ArrayBuffer = ArrayBuffer.new(pages * _PAGE)

    @property
    def buffer(self) -> ArrayBuffer:
        """The bytes; another buffer after `grow`."""
        return self._buffer

    def grow(self, pages: Any = 0) -> int:
        """Add pages; returns how many there were."""
        before = self._buffer.byteLength // _PAGE
        after = before + int(to_integer(pages))
        if after > self._maximum:
            raise range_error("WebAssembly.Memory.grow(): Maximum memory size exceeded")
        self._buffer = self._buffer.transfer(after * _PAGE)
        return before


class Global(JsProxy):
    """A variable: `Global.new(to_js({"value": "i32", "mutable": True}, ...), 42)`."""

    _kind: str
    _mutable: bool
    _value: Any

    def __init__(self, descriptor: Any, value: Any = 0) -> None:
        given = options(descriptor)
        self.__dict__["_mutable"] = truthy(given.get("mutable"))
        self.__dict__["_kind"] = to_string(given.get("value"))
        self._set(value)

    def _set(self, value: Any) -> None:
        self.__dict__["_value"] = to_integer(value) if self._kind in {"i32", "i64"} else value

    @property
    def value(self) -> Any:
        """The value; TypeError where one that is not mutable is set."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        if not self._mutable:
            raise type_error("set WebAssembly.Global.value: Can't set the value of an immutable global.")
        self._set(value)

    def valueOf(self) -> Any:
        """The value."""
        return self._value


class Table(JsProxy):
    """A table of references: `Table.new(initial=1, element="anyfunc")`."""

    def __init__(self, init: Any = None, value: Any = jsnull, **named: Any) -> None:
        given = options(init, named)
        self._items = [value] * int(to_integer(given.get("initial", 0)))
        self._maximum = int(to_integer(given.get("maximum", 10_000_000)))

    @property
    def length(self) -> int:
        """Number of entries."""
        return len(self._items)

    def get(self, index: Any) -> Any:
        """Return an entry; RangeError outside."""
        return self._items[self._at(index)]

    def set(self, index: Any, value: Any = jsnull) -> None:
        """Set an entry; RangeError outside."""
        self._items[self._at(index)] = value

    def _at(self, index: Any) -> int:
        found = to_integer(index)
        if not 0 <= found < len(self._items):
            raise range_error(f"WebAssembly.Table: invalid address {to_string(index)} in table of size {self.length}")
        return int(found)

    def grow(self, amount: Any = 0, value: Any = jsnull) -> int:
        """Add entries; returns how many there were."""
        before = len(self._items)
        if before + to_integer(amount) > self._maximum:
            raise range_error("WebAssembly.Table.grow(): failed to grow table")
        self._items += [value] * int(to_integer(amount))
        return before


class Module(JsProxy):
    """Compiled code; there is none."""

    def __init__(self, *_arguments: Any) -> None:
        raise _forbidden("Module")


class Instance(JsProxy):
    """Code that runs; there is none."""

    def __init__(self, *_arguments: Any) -> None:
        raise type_error("WebAssembly.Instance(): Argument 0 must be a WebAssembly.Module")


class WebAssembly(JsProxy):
    """The namespace `WebAssembly`."""

    Memory, Global, Table, Module, Instance = Memory, Global, Table, Module, Instance
    CompileError, LinkError, RuntimeError = (
        _make(ErrorConstructor, name) for name in ("CompileError", "LinkError", "RuntimeError")
    )

    def __getattr__(self, name: str) -> Any:
        if name in {"Exception", "JSTag", "SuspendError", "Suspending", "Tag", "promising"}:
            raise AttributeError(f"WebAssembly.{name} does not exist locally: no WebAssembly code runs.", name=name)
        raise AttributeError(f"WebAssembly has no property {name!r}", name=name, obj=self)

    def compile(self, *_arguments: Any) -> JsPromise:
        """Rejected: Workers make no code from bytes."""
        return JsPromise.rejected(_forbidden("compile"))

    def instantiate(self, *_arguments: Any) -> JsPromise:
        """Rejected: Workers make no code from bytes."""
        return JsPromise.rejected(_forbidden("instantiate"))

    def validate(self, source: Any = None) -> bool:
        """Tell false for what is no module; an Error where the code itself would have to be checked."""
        from pywrangler.runtime.js.webidl import buffer_bytes

        data = buffer_bytes(source)
        if data is None:
            raise type_error("WebAssembly.validate(): Argument 0 must be a buffer source")
        if data == _HEADER:
            return True
        if not data.startswith(_HEADER):
            return False
        raise JsException("Error", "WebAssembly.validate() cannot check code locally: no WebAssembly runs here.")


webassembly: WebAssembly = WebAssembly.new()
