"""Values and conversions at the border to JavaScript.

str, bool, int, float and None (undefined) cross as they are; `jsnull` is null; everything else of JavaScript is a
`JsProxy` in Python.
"""

from array import array
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from typing import IO, Any, ClassVar, Final, Generic, Literal, Never, Self, TypeAlias, TypeVar, final, overload

import js
from pyodide.ffi import wrappers as wrappers

_T = TypeVar("_T")
_K = TypeVar("_K")
_V = TypeVar("_V")
_P = TypeVar("_P", bound=JsProxy | str | int | float | bool | None)
_C = TypeVar("_C", bound=Callable[..., Any])

IN_BROWSER: Final = True
IN_PYODIDE: Final = True

@final
class JsNull:
    """The type of `jsnull`: falsy, but not None."""

    def __bool__(self) -> Literal[False]: ...

jsnull: Final[JsNull]
"""JavaScript's null; undefined is None."""

class JsBigInt(int):
    """An int that becomes a BigInt in JavaScript whatever its size."""

class JsProxy:
    """A JavaScript object whose properties are not known: any attribute may be read and set.

    Equality is identity. A JavaScript class is constructed with `X.new(...)`.
    """

    def __init__(self, *, use_new_instead: Never) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...
    def __delattr__(self, name: str) -> None: ...
    @property
    def js_id(self) -> int:
        """A number that identifies the object for its life."""
    @property
    def typeof(self) -> str:
        """What JavaScript's `typeof` gives."""
    @property
    def constructor(self) -> Any:
        """The class; its `name` is the JavaScript name."""
    def object_keys(self) -> JsArray[str]:
        """`Object.keys(x)`."""
    def object_values(self) -> JsArray[Any]:
        """`Object.values(x)`."""
    def object_entries(self) -> JsArray[JsArray[Any]]:
        """`Object.entries(x)`."""
    def as_object_map(self, *, hereditary: bool = False) -> JsMutableMap[str, Any]:
        """Return a view of the object that is subscripted with property names."""
    def as_py_json(self) -> Any:
        """Return a view that treats nested objects as dicts and arrays as lists."""
    def hasOwnProperty(self, name: str) -> bool:
        """Tell whether the object itself has the property."""
    def toString(self) -> str:
        """What `String(x)` gives."""
    def valueOf(self) -> Any:
        """Return the primitive value, for objects that have one."""
    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> Any:
        """Return the Python equivalent: Array to list, plain object and Map to dict, Set to set, buffer to memoryview.

        Objects without an equivalent return themselves.
        """

class _Typed(JsProxy):
    """A JavaScript object whose properties are known, so that a misspelt one is found."""

    __getattr__: None  # type: ignore[assignment, misc]  # pyright: ignore[reportIncompatibleMethodOverride]

class JsDoubleProxy(_Typed):
    """What `create_proxy` returns: a JavaScript handle of a Python object, valid until `destroy()`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def unwrap(self) -> Any:
        """Return the Python object."""
    def destroy(self, *options: Any) -> None:
        """Let go of the Python object; using the proxy afterwards is an error."""
    def copy(self) -> Self:
        """Return another handle with its own life."""

class JsCallable(_Typed):
    """A JavaScript function; keyword arguments become one trailing options object."""

    @property
    def name(self) -> str: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def call(self, this: Any = None, *args: Any) -> Any:
        """Call with the arguments given after `this`."""
    def apply(self, this: Any = None, args: Any = ()) -> Any:
        """Call with the arguments in an array."""
    def bind(self, this: Any = None, *first: Any) -> JsCallable:
        """Return a function with its first arguments given."""

class JsOnceCallable(JsCallable):
    """A function that may be called once."""

    def destroy(self) -> None: ...

class JsCallableDoubleProxy(JsDoubleProxy, JsCallable):
    """A handle of a Python function."""

class JsPromise(_Typed, Generic[_T]):
    """A promise: await it, any number of times."""

    def __await__(self) -> Generator[Any, None, _T]: ...
    def then(
        self, onfulfilled: Callable[[_T], Any] | None = None, onrejected: Callable[[Any], Any] | None = None
    ) -> JsPromise[Any]:
        """Call back with the result or with the error; returns the promise of what the callback gives."""
    def catch(self, onrejected: Callable[[Any], Any] | None = None, /) -> JsPromise[Any]:
        """Call back with the error."""
    def finally_(self, onfinally: Callable[[], Any] | None = None, /) -> JsPromise[_T]:
        """Call back in either case."""
    def syncify(self) -> _T:
        """Wait for the result without `await`, inside a handler."""

class JsIterable(_Typed, Generic[_T]):
    """A JavaScript object that can be iterated over."""

    def __iter__(self) -> Iterator[_T]: ...

class JsIterator(_Typed, Generic[_T]):
    """A JavaScript iterator."""

    def __iter__(self) -> Iterator[_T]: ...
    def __next__(self) -> _T: ...

class JsGenerator(JsIterator[_T]):
    """A JavaScript generator."""

    def send(self, value: Any) -> _T: ...
    def throw(self, error: BaseException, /) -> _T: ...
    def close(self) -> None: ...

class JsAsyncIterable(_Typed, Generic[_T]):
    """A JavaScript object for `async for`."""

    def __aiter__(self) -> AsyncIterator[_T]: ...

class JsAsyncIterator(_Typed, Generic[_T]):
    """A JavaScript iterator for `async for`."""

    def __aiter__(self) -> AsyncIterator[_T]: ...
    def __anext__(self) -> Awaitable[_T]: ...

class JsAsyncGenerator(JsAsyncIterator[_T]):
    """A JavaScript async generator."""

    def asend(self, value: Any) -> Awaitable[_T]: ...
    def athrow(self, error: BaseException, /) -> Awaitable[_T]: ...
    def aclose(self) -> Awaitable[None]: ...

class JsArray(_Typed, Generic[_T]):
    """A JavaScript array, which also works like a list; `to_py()` makes one."""

    length: int
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_T]: ...
    def __reversed__(self) -> Iterator[_T]: ...
    def __contains__(self, value: object) -> bool: ...
    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> JsArray[_T]: ...
    @overload
    def __setitem__(self, index: int, value: _T) -> None: ...
    @overload
    def __setitem__(self, index: slice, value: Iterable[_T]) -> None: ...
    def __delitem__(self, index: int | slice) -> None: ...
    def __add__(self, other: Iterable[_T]) -> JsArray[_T]: ...
    def append(self, value: _T) -> None: ...
    def extend(self, values: Iterable[_T]) -> None: ...
    def insert(self, index: int, value: _T) -> None: ...
    def pop(self, index: int = -1) -> _T: ...
    def remove(self, value: _T) -> None: ...
    def index(self, value: _T, start: int = 0, stop: int | None = None) -> int: ...
    def count(self, value: _T) -> int: ...
    def at(self, index: int) -> _T | None: ...
    def concat(self, *others: Any) -> JsArray[Any]: ...
    def entries(self) -> JsIterator[JsArray[Any]]: ...
    def every(self, callback: Callable[..., Any], *this: Any) -> bool: ...
    def fill(self, value: _T, start: int | None = None, end: int | None = None) -> JsArray[_T]: ...
    def filter(self, callback: Callable[..., Any], *this: Any) -> JsArray[_T]: ...
    def find(self, callback: Callable[..., Any], *this: Any) -> _T | None: ...
    def findIndex(self, callback: Callable[..., Any], *this: Any) -> int: ...
    def findLast(self, callback: Callable[..., Any], *this: Any) -> _T | None: ...
    def flat(self, depth: int = 1) -> JsArray[Any]: ...
    def flatMap(self, callback: Callable[..., Any], *this: Any) -> JsArray[Any]: ...
    def forEach(self, callback: Callable[..., Any], *this: Any) -> None: ...
    def includes(self, value: Any, *start: int) -> bool: ...
    def indexOf(self, value: Any, start: int | None = None) -> int: ...
    def join(self, separator: str | None = None) -> str: ...
    def keys(self) -> JsIterator[int]: ...
    def lastIndexOf(self, value: Any) -> int: ...
    def map(self, callback: Callable[..., _V], *this: Any) -> JsArray[_V]: ...
    def push(self, *values: _T) -> int: ...
    def reduce(self, callback: Callable[..., Any], *initial: Any) -> Any: ...
    def reduceRight(self, callback: Callable[..., Any], *initial: Any) -> Any: ...
    def reverse(self) -> None: ...
    def shift(self) -> _T | None: ...
    def slice(self, start: int | None = None, end: int | None = None) -> JsArray[_T]: ...
    def some(self, callback: Callable[..., Any], *this: Any) -> bool: ...
    def sort(self, compare: Callable[[_T, _T], int] | None = None) -> JsArray[_T]: ...
    def splice(self, start: int = 0, *rest: Any) -> JsArray[_T]: ...
    def toReversed(self) -> JsArray[_T]: ...
    def toSorted(self, compare: Callable[[_T, _T], int] | None = None) -> JsArray[_T]: ...
    def unshift(self, *values: _T) -> int: ...
    def values(self) -> JsIterator[_T]: ...
    def with_(self, index: int, value: _T) -> JsArray[_T]: ...
    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> list[_T]:
        """Return a list."""

class JsMap(_Typed, Generic[_K, _V]):
    """A JavaScript Map, which also works like a dict; `to_py()` makes one."""

    @property
    def size(self) -> int: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_K]: ...
    def __contains__(self, key: object) -> bool: ...
    def __getitem__(self, key: _K) -> _V: ...
    @overload
    def get(self, key: _K, /) -> _V | None: ...
    @overload
    def get(self, key: _K, default: _T, /) -> _V | _T: ...
    def has(self, key: Any) -> bool: ...
    def items(self) -> ItemsView[_K, _V]: ...
    def keys(self) -> KeysView[_K]: ...
    def values(self) -> ValuesView[_V]: ...
    def entries(self) -> JsIterator[JsArray[Any]]: ...
    def forEach(self, callback: Callable[..., Any], *this: Any) -> None: ...
    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> dict[_K, _V]:
        """Return a dict."""

class JsMutableMap(JsMap[_K, _V]):
    """A Map that can be changed, or the map of an object."""

    def __setitem__(self, key: _K, value: _V) -> None: ...
    def __delitem__(self, key: _K) -> None: ...
    def set(self, key: _K, value: _V) -> Self: ...
    def delete(self, key: _K) -> bool: ...
    def clear(self) -> None: ...
    def pop(self, key: _K, default: Any = ..., /) -> Any: ...
    def popitem(self) -> tuple[_K, _V]: ...
    def setdefault(self, key: _K, default: _V = ...) -> _V: ...
    def update(self, other: Mapping[_K, _V] | Iterable[tuple[_K, _V]] = (), /, **more: _V) -> None: ...

class JsBuffer(_Typed):
    """An ArrayBuffer or a view of one."""

    @property
    def byteLength(self) -> int: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def to_bytes(self) -> bytes:
        """Return a copy."""
    def to_memoryview(self) -> memoryview:
        """Return a copy."""
    def to_string(self, encoding: str | None = None) -> str:
        """Decode, from UTF-8 by default."""
    def assign(self, source: Any, /) -> None:
        """Copy from a buffer of the same length."""
    def assign_to(self, target: Any, /) -> None:
        """Copy into a buffer of the same length."""
    def to_file(self, file: IO[bytes]) -> None:
        """Write to a file."""
    def from_file(self, file: IO[bytes]) -> None:
        """Fill from a file."""
    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> memoryview:
        """Return a memoryview."""

class JsTypedArray(JsBuffer, Generic[_T]):
    """A typed array of numbers."""

    BYTES_PER_ELEMENT: ClassVar[int]
    @classmethod
    def new(cls, source: Any = None, byteOffset: int | None = None, length: int | None = None) -> Self:
        """Make one of a length, with the numbers of an iterable or another array, or over a buffer."""
    @classmethod
    def from_(cls, source: Iterable[Any], mapper: Callable[..., Any] | None = None, *this: Any) -> Self:
        """Make one from numbers."""
    @classmethod
    def of(cls, *values: _T) -> Self:
        """Make one from its arguments."""
    @property
    def length(self) -> int: ...
    @property
    def buffer(self) -> js.ArrayBuffer: ...
    @property
    def byteOffset(self) -> int: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_T]: ...
    def __contains__(self, value: object) -> bool: ...
    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> Self: ...
    def __setitem__(self, index: int, value: _T) -> None: ...
    def at(self, index: int) -> _T | None: ...
    def copyWithin(self, target: int, start: int | None = None, end: int | None = None) -> Self: ...
    def count(self, value: _T) -> int: ...
    def entries(self) -> JsIterator[JsArray[Any]]: ...
    def every(self, callback: Callable[..., Any], *this: Any) -> bool: ...
    def fill(self, value: _T, start: int | None = None, end: int | None = None) -> Self: ...
    def filter(self, callback: Callable[..., Any], *this: Any) -> Self: ...
    def find(self, callback: Callable[..., Any], *this: Any) -> _T | None: ...
    def findIndex(self, callback: Callable[..., Any], *this: Any) -> int: ...
    def findLast(self, callback: Callable[..., Any], *this: Any) -> _T | None: ...
    def forEach(self, callback: Callable[..., Any], *this: Any) -> None: ...
    def includes(self, value: Any, *start: int) -> bool: ...
    def index(self, value: _T, *bounds: int) -> int: ...
    def indexOf(self, value: Any, start: int | None = None) -> int: ...
    def join(self, separator: str | None = None) -> str: ...
    def keys(self) -> JsIterator[int]: ...
    def lastIndexOf(self, value: Any) -> int: ...
    def map(self, callback: Callable[..., Any], *this: Any) -> Self: ...
    def reduce(self, callback: Callable[..., Any], *initial: Any) -> Any: ...
    def reduceRight(self, callback: Callable[..., Any], *initial: Any) -> Any: ...
    def reverse(self) -> Self: ...
    def set(self, source: Any, offset: int = 0) -> None: ...
    def slice(self, start: int | None = None, end: int | None = None) -> Self: ...
    def some(self, callback: Callable[..., Any], *this: Any) -> bool: ...
    def sort(self, compare: Callable[[_T, _T], int] | None = None) -> Self: ...
    def subarray(self, start: int | None = None, end: int | None = None) -> Self: ...
    def toReversed(self) -> Self: ...
    def toSorted(self, compare: Callable[[_T, _T], int] | None = None) -> Self: ...
    def values(self) -> JsIterator[_T]: ...
    def with_(self, index: int, value: _T) -> Self: ...

class JsDomElement(JsProxy):
    """An element of a page; Workers have none."""

class JsWeakRef(_Typed):
    """A weak reference."""

    def deref(self) -> Any: ...

class JsFetchResponse(JsProxy):
    """A response of `fetch`."""

    status: int
    statusText: str
    def arrayBuffer(self) -> JsPromise[JsBuffer]: ...

class JsException(Exception):
    """An error of JavaScript; `str()` gives "Name: message"."""

    @property
    def name(self) -> str:
        """The kind, as `TypeError`."""
    @property
    def message(self) -> str: ...
    @property
    def stack(self) -> str: ...
    @property
    def js_error(self) -> JsProxy:
        """The JavaScript error."""

JsError = JsException

class ConversionError(Exception):
    """`to_js(..., create_pyproxies=False)` met a value that has no equivalent."""

class InternalError(Exception):
    """A failure inside of Pyodide."""

_DictConverter: TypeAlias = Callable[[Iterable[JsArray[Any]]], Any]

@overload
def to_js(
    obj: _P,
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: _DictConverter | None = None,
    default_converter: Callable[..., Any] | None = None,
    eager_converter: Callable[..., Any] | None = None,
) -> _P: ...
@overload
def to_js(
    obj: bytes | bytearray | memoryview,
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: _DictConverter | None = None,
    default_converter: Callable[..., Any] | None = None,
    eager_converter: Callable[..., Any] | None = None,
) -> js.Uint8Array: ...
@overload
def to_js(
    obj: array[Any],
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: _DictConverter | None = None,
    default_converter: Callable[..., Any] | None = None,
    eager_converter: Callable[..., Any] | None = None,
) -> JsTypedArray[Any]: ...
@overload
def to_js(
    obj: list[Any] | tuple[Any, ...],
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: _DictConverter | None = None,
    default_converter: Callable[..., Any] | None = None,
    eager_converter: Callable[..., Any] | None = None,
) -> JsArray[Any]: ...
@overload
def to_js(
    obj: Mapping[_K, _V],
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: None = None,
    default_converter: Callable[..., Any] | None = None,
    eager_converter: Callable[..., Any] | None = None,
) -> JsMutableMap[_K, _V]: ...
@overload
def to_js(
    obj: Any,
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: _DictConverter | None = None,
    default_converter: Callable[..., Any] | None = None,
    eager_converter: Callable[..., Any] | None = None,
) -> Any:
    """Return a Python value as JavaScript has it.

    list and tuple become Array, set becomes Set, bytes become Uint8Array, None becomes undefined. A dict becomes a
    **Map**: pass `dict_converter=js.Object.fromEntries` where a plain object is expected.
    """

def create_proxy(obj: Any, /, *, capture_this: bool = False, roundtrip: bool = True) -> JsDoubleProxy:
    """Return a JavaScript handle of a Python object that lives until `destroy()`: for listeners and timers."""

def create_once_callable(obj: Callable[..., Any], /) -> JsOnceCallable:
    """Return a JavaScript function that may be called once."""

def destroy_proxies(pyproxies: Iterable[Any], /) -> None:
    """Destroy the proxies that `to_js(..., pyproxies=array)` collected."""

def run_sync(awaitable: Awaitable[_T]) -> _T:
    """Wait for an awaitable without `await`, inside a handler."""

def can_run_sync() -> bool:
    """Tell whether `run_sync` works here."""

def register_js_module(name: str, jsproxy: Any) -> None:
    """Make a JavaScript object importable as module `name`."""

def unregister_js_module(name: str) -> None:
    """Undo `register_js_module`."""
