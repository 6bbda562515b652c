"""Resources that are given back, and WebAssembly."""

from collections.abc import Callable
from typing import Any, Never, Self, TypeVar

from js._buffers import ArrayBuffer
from pyodide.ffi import JsPromise, _Typed

_T = TypeVar("_T")

class _Stack(_Typed):
    @classmethod
    def new(cls) -> Self: ...
    @property
    def disposed(self) -> bool: ...
    def use(self, value: _T) -> _T: ...
    def adopt(self, value: _T, callback: Callable[[_T], Any]) -> _T: ...
    def defer(self, callback: Callable[[], Any]) -> None: ...
    def move(self) -> Self: ...

class DisposableStack(_Stack):
    """Disposes of resources, the last first."""

    def dispose(self) -> None: ...

class AsyncDisposableStack(_Stack):
    """Disposes of resources, waiting for each."""

    def disposeAsync(self) -> JsPromise[None]: ...

class FinalizationRegistry(_Typed):
    """Calls back when an object is gone."""

    @classmethod
    def new(cls, callback: Any) -> Self: ...
    def register(self, target: Any, held: Any = None, token: Any = None) -> None: ...
    def unregister(self, token: Any) -> bool: ...

class _Memory(_Typed):
    @classmethod
    def new(cls, options: Any = None, /, **named: Any) -> Self: ...
    @property
    def buffer(self) -> ArrayBuffer: ...
    def grow(self, pages: int) -> int: ...

class _WebAssembly(_Typed):
    """No WebAssembly code runs locally; in production none is made from bytes."""

    Memory: type[_Memory]
    Global: Any
    Table: Any
    Module: Any
    Instance: Any
    CompileError: Any
    LinkError: Any
    RuntimeError: Any
    def compile(self, *arguments: Any) -> JsPromise[Never]: ...
    def instantiate(self, *arguments: Any) -> JsPromise[Never]: ...
    def validate(self, source: Any = None) -> bool: ...

WebAssembly: _WebAssembly
