"""The root of everything that user code sees as a JavaScript value.

JavaScript's primitives are Python's: str, bool, int (safe integers), float, None for undefined. `jsnull` is null.
Everything else is an instance of `JsProxy`: subclasses spell JavaScript properties and methods as Python attributes
with their JavaScript names. A class is constructed with `X.new(...)`; calling it raises TypeError, as in Pyodide.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

_identities = itertools.count(1)


class JsNull:
    """The type of `jsnull`: falsy, but not None."""

    _instance: JsNull | None = None

    def __new__(cls) -> JsNull:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "jsnull"


jsnull = JsNull()


class JsClass(type):
    """Metaclass of JavaScript classes: `X.new(...)` makes an instance."""

    def __call__(cls, *_args: Any, **_kwargs: Any) -> Any:
        raise TypeError(f"Class constructor {cls.__name__} cannot be invoked without 'new'")

    def new(cls, *args: Any, **kwargs: Any) -> Any:
        """`new X(...)`; keyword arguments are the trailing options object."""
        return type.__call__(cls, *args, **kwargs)


class JsProxy(metaclass=JsClass):
    """A JavaScript object. Equality is identity, every object is hashable and true unless a subclass says otherwise."""

    __slots__ = ("__dict__", "__weakref__")

    @property
    def typeof(self) -> str:
        """What JavaScript's `typeof` gives."""
        return "object"

    @property
    def js_id(self) -> int:
        """A number that identifies the object for its life."""
        identity = self.__dict__.get("_js_identity")
        if identity is None:
            identity = self.__dict__["_js_identity"] = next(_identities)
        return int(identity)

    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> Any:  # noqa: ARG002
        """Return the Python equivalent; objects without one return themselves."""
        return self


class JsPromise(JsProxy):
    """A promise: awaitable any number of times. One that is settled already is awaited without yielding to the loop.

    That last property is what makes storage operations atomic with the code around them (the input gate).
    """

    __slots__ = ("_error", "_future", "_value")

    def __init__(self, future: asyncio.Future[Any] | None = None, value: Any = None, exception: BaseException | None = None) -> None:
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
        if self._future is not None:
            return (yield from self._future.__await__())
        if self._error is not None:
            raise self._error
        return self._value
