"""The root of everything that user code sees as a JavaScript value.

JavaScript's primitives are Python's: str, bool, int (safe integers), float, None for undefined. `jsnull` is null.
Everything else is an instance of `JsProxy`: subclasses spell JavaScript properties and methods as Python attributes
with their JavaScript names. A class is constructed with `X.new(...)`; calling it raises TypeError, as in Pyodide.

Rules for subclasses, kept by this module (spec/js-and-ffi.md, section 2):
- private state has names that begin with an underscore (or lives in `__slots__`); every other name in `__dict__` is
  an own property set by user code;
- a method whose JavaScript name is a Python keyword is written with a trailing underscore (`from_`, `delete` needs
  none) and gets the plain name as an alias, for `getattr(x, "from")`;
- a class that JavaScript calls without `new`, too (`RegExp("x")`), has a class method `_call`;
- a property that does not exist raises AttributeError; one that exists and is undefined reads as None.

`JsValue` is what `isinstance(x, JsProxy)` of `pyodide.ffi` asks for. It stands above `JsProxy` so that classes and
errors are JavaScript objects too, at no cost per instance.
"""

from __future__ import annotations

import asyncio
import keyword
from typing import TYPE_CHECKING, Any, Self

from pywrangler.runtime.cancellation import Watch
from pywrangler.runtime.user_code import runs_user_code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator


class JsNull:
    """The type of `jsnull`: falsy, but not None."""

    _instance: Self | None = None

    def __new__(cls) -> Self:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "jsnull"

    def __reduce__(self) -> str:
        return "jsnull"


jsnull = JsNull()


class JsValue:
    """Every JavaScript object, including classes and errors."""

    __slots__ = ()

    @property
    def typeof(self) -> str:
        """What JavaScript's `typeof` gives."""
        return "object"

    @property
    def js_id(self) -> int:
        """A number that identifies the object for its life."""
        return id(self)

    @property
    def constructor(self) -> Any:
        """The class; its `name` is the JavaScript name."""
        return type(self)

    def object_keys(self) -> Any:
        """`Object.keys(x)`."""
        from pywrangler.runtime.js.values import array

        return array(self._own_properties())

    def object_values(self) -> Any:
        """`Object.values(x)`."""
        from pywrangler.runtime.js.values import array

        return array(self._own_properties().values())

    def object_entries(self) -> Any:
        """`Object.entries(x)`."""
        from pywrangler.runtime.js.values import array

        return array(array(pair) for pair in self._own_properties().items())

    def as_object_map(self, *, hereditary: bool = False) -> Any:
        """Return a view of the object that is subscripted with property names."""
        from pywrangler.runtime.js.values import JsObjectMap

        return JsObjectMap.new(self, hereditary=hereditary)

    def as_py_json(self) -> Any:
        """Return a view that treats nested objects as dicts and arrays as lists."""
        return self.as_object_map(hereditary=True)

    def hasOwnProperty(self, name: Any) -> bool:
        """Tell whether the object itself has the property."""
        return str(name) in self._own_properties()

    propertyIsEnumerable = hasOwnProperty

    def isPrototypeOf(self, value: Any) -> bool:
        """Tell whether the object is a prototype of another."""
        from pywrangler.runtime.js.builtins.objects import Object

        while isinstance(value, JsValue):
            value = Object.getPrototypeOf(value)
            if value is self:
                return True
        return False

    def toLocaleString(self, *_locales: Any, **_options: Any) -> str:
        """What `toString` gives, unless a kind of objects has a form for each language."""
        return self.toString()

    def toString(self) -> str:
        """What `String(x)` gives."""
        return f"[object {type(self).__name__}]"

    def valueOf(self) -> Any:
        """Return the primitive value, for objects that have one."""
        return self

    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> Any:
        """Return the Python equivalent; objects without one return themselves."""
        from pywrangler.runtime.js.convert import to_py

        return to_py(self, depth=depth, default_converter=default_converter)

    def _own_properties(self) -> dict[str, Any]:
        """Own enumerable properties in JavaScript's order."""
        state = getattr(self, "__dict__", None)
        return {name: value for name, value in state.items() if name[:1] != "_"} if state else {}


class JsClass(type, JsValue):
    """Metaclass of JavaScript classes: `X.new(...)` makes an instance; `js_name=` gives a name other than Python's."""

    _js_name: str

    def __new__(
        mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, js_name: str | None = None
    ) -> JsClass:
        for key in [key for key in namespace if key[-1] == "_" and keyword.iskeyword(key[:-1])]:
            namespace[key[:-1]] = namespace[key]
        cls = super().__new__(mcs, name, bases, namespace)
        cls._js_name = js_name or name
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)

    def __call__(cls, *args: Any, **_kwargs: Any) -> Any:
        call = cls.__dict__.get("_call")
        if call is None:
            raise TypeError(f"Class constructor {cls._js_name} cannot be invoked without 'new'")
        return call.__func__(cls, *args)

    def new(cls, *args: Any, **kwargs: Any) -> Any:
        """`new X(...)`; keyword arguments are the trailing options object."""
        return type.__call__(cls, *args, **kwargs)

    @property
    def name(cls) -> str:
        """The JavaScript name of the class."""
        return cls._js_name

    @property
    def typeof(cls) -> str:
        """Classes are functions."""
        return "function"

    @property
    def prototype(cls) -> Any:
        """What methods can be borrowed from: `X.prototype.method.call(value)`."""
        from pywrangler.runtime.js.prototypes import prototype_of

        return prototype_of(cls)

    def toString(cls) -> str:
        """What `String(X)` gives."""
        return f"class {cls._js_name} {{ [native code] }}"


class JsProxy(JsValue, metaclass=JsClass, js_name="Object"):
    """A JavaScript object. Equality is identity, every object is hashable and true unless a subclass says otherwise."""

    __slots__ = ("__dict__", "__weakref__")

    def toString(self) -> str:
        """What `String(x)` gives."""
        return f"[object {type(self)._js_name}]"

    def __repr__(self) -> str:
        return self.toString()

    __str__ = __repr__


class JsPromise(JsProxy, js_name="Promise"):
    """A promise: awaitable any number of times. One that is settled already is awaited without yielding to the loop.

    That last property is what makes storage operations atomic with the code around them (the input gate).
    """

    __slots__ = ("_error", "_future", "_value")

    def __init__(
        self, future: asyncio.Future[Any] | None = None, value: Any = None, exception: BaseException | None = None
    ) -> None:
        self._future = future
        self._value = value
        self._error = exception

    @classmethod
    def resolved(cls, value: Any = None) -> JsPromise:
        """Return a promise that is fulfilled with `value`."""
        promise: JsPromise = JsPromise.new(None, value)
        return promise

    @classmethod
    def rejected(cls, exception: BaseException) -> JsPromise:
        """Return a promise that is rejected; the exception is raised where it is awaited."""
        promise: JsPromise = JsPromise.new(None, None, exception)
        return promise

    @classmethod
    def start(cls, awaitable: Awaitable[Any]) -> JsPromise:
        """Start `awaitable` now and return the promise of its result, like calling an async JavaScript function."""
        promise: JsPromise = JsPromise.new(asyncio.ensure_future(awaitable))
        return promise

    def __await__(self) -> Generator[Any, None, Any]:
        future = self._future
        if future is not None:
            try:
                if not future.done():
                    yield Watch(future, is_promise=True)
                return future.result()
            finally:
                del self, future  # a frame that a kept exception has passed shall not keep the exception
        error = self._error
        if error is not None:
            try:
                raise error
            finally:
                del self, error
        return self._value

    def then(
        self, on_fulfilled: Callable[[Any], Any] | None = None, on_rejected: Callable[[Any], Any] | None = None
    ) -> JsPromise:
        """Return the promise of what the callback gives; callbacks run in a later turn, never inside this call."""

        @runs_user_code
        async def reaction() -> Any:
            try:
                value = await self
            except Exception as error:
                if on_rejected is None:
                    raise
                return await _settled(on_rejected(error))
            return await _settled(value if on_fulfilled is None else on_fulfilled(value))

        return JsPromise.start(reaction())

    def catch(self, on_rejected: Callable[[Any], Any]) -> JsPromise:
        """`then` for rejections only."""
        return self.then(None, on_rejected)

    def finally_(self, on_settled: Callable[[], Any]) -> JsPromise:
        """Call back when settled either way, and pass the outcome on."""

        @runs_user_code
        async def reaction() -> Any:
            try:
                return await self
            finally:
                await _settled(on_settled())

        return JsPromise.start(reaction())


async def _settled(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value
