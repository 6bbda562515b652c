"""What user code sees of bindings (contract: spec/workers-module.md, sections 7 and 8).

A wrapped method converts its arguments, starts the operation at the call, and returns an awaitable of the converted
result where JavaScript returns a promise. Keyword arguments become one trailing options object. Attributes are
converted and cached on first read. Calls of Durable Objects and services take the short way: their stubs copy Python
values themselves, so nothing is converted twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.proxy import JsPromise, JsProxy
from pywrangler.runtime.references import RpcStub
from workers._javascript import BODY_CLASSES, js_name
from workers._mode import MODE
from workers._started import Started
from workers.conversion import python_from_rpc, python_to_rpc, refuse_functions, wrap_copied

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workers.response import Response

STUB_PROPERTIES = frozenset({"id", "name"})
"""What the stub of an object has itself; any other name is a method of the object."""

NEVER_WRAPPED = BODY_CLASSES | {"Headers", "Response", "Request", "Promise"}


def wrap_result(value: Any) -> Any:
    """Return what a binding gave as user code receives it: converted, and wrapped where it stays an object."""
    return _wrap_objects(python_from_rpc(value))


def wrap_answer(value: Any) -> Any:
    """Return what an object or a service answered; it wears Python's face already."""
    return _wrap_objects(wrap_copied(value))


def wrap_argument(value: Any) -> Any:
    """Return an argument of an event or a call as user code receives it."""
    value = wrap_copied(value)
    if isinstance(value, JsProxy):
        if isinstance(value, RpcStub):
            return _RpcStubWrapper(value)
        if js_name(value) in ARGUMENTS and MODE.external_sdk:
            return _BindingWrapper(value)
    return value


def _wrap_objects(value: Any) -> Any:
    if type(value) is list:
        for index, item in enumerate(value):  # in place: the list is a copy already, and may contain itself
            if isinstance(item, JsProxy):
                value[index] = _wrap_object(item)
        return value
    return _wrap_object(value) if isinstance(value, JsProxy) else value


def _wrap_object(value: Any) -> Any:
    name = js_name(value)
    if name in NEVER_WRAPPED:
        return value
    special = WRAPPERS.get(name)
    if special is not None:
        return special(value)
    return _RpcStubWrapper(value) if callable(value) else _BindingWrapper(value)


def _caller(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` of JavaScript as user code calls it."""

    def call(*args: Any, **kwargs: Any) -> Any:
        converted = {name: python_to_rpc(value) for name, value in kwargs.items()}
        result = function(*map(python_to_rpc, args), **converted)
        return Started(result, wrap_result) if isinstance(result, JsPromise) else wrap_result(result)

    call.__name__ = getattr(function, "__name__", "call")
    return call


class _Wrapper:
    """An object of a binding."""

    __slots__ = ("__dict__", "__weakref__", "_binding")

    _binding: Any

    def __init__(self, binding: Any) -> None:
        self._binding = binding

    @property
    def js_object(self) -> Any:
        """The raw JavaScript object."""
        return self._binding

    def __repr__(self) -> str:
        return f"<{js_name(self._binding) or type(self._binding).__name__}>"


class _BindingWrapper(_Wrapper):
    """A binding with a JavaScript API: methods and attributes under their JavaScript names."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self._binding, name)
        is_method = callable(value) and js_name(value) in ("", "Function")
        result = _caller(value) if is_method else wrap_result(value)
        self.__dict__[name] = result
        return result

    def __getitem__(self, key: Any) -> Any:
        binding = self._binding
        if isinstance(key, str) and not hasattr(type(binding), "__getitem__"):
            try:
                return wrap_result(getattr(binding, key))
            except AttributeError:
                raise KeyError(key) from None
        return wrap_result(binding[key])

    def __iter__(self) -> Iterator[Any]:
        if not hasattr(type(self._binding), "__iter__"):
            raise TypeError(f"'{js_name(self._binding)}' object is not iterable")
        return map(wrap_result, self._binding)

    def __len__(self) -> int:
        if not hasattr(type(self._binding), "__len__"):
            raise TypeError(f"object of type '{js_name(self._binding)}' has no len()")
        return len(self._binding)

    def __bool__(self) -> bool:
        return True


class _RpcStubWrapper(_Wrapper):
    """A function or RpcTarget of another Worker: callable, and every attribute is a method."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _call(self._binding, (), args, kwargs)

    def dup(self) -> _RpcStubWrapper:
        """Return another stub for the same, with a life of its own."""
        return _RpcStubWrapper(self._binding.dup())

    def dispose(self) -> None:
        """Let go of the far side."""
        self._binding.dispose()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def method(*args: Any, **kwargs: Any) -> Any:
            return _call(self._binding, (name,), args, kwargs)

        return method


def _call(target: Any, path: tuple[str, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if isinstance(target, RpcStub):
        return Started(target._invoke(path, _with_options(args, kwargs), "python"), wrap_answer)
    for name in path:
        target = getattr(target, name)
    return _caller(target)(*args, **kwargs)


def _with_options(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Return positional arguments: keywords become one trailing object, never keywords of the other side."""
    return (*args, kwargs) if kwargs else args


class _FetcherWrapper(_Wrapper):
    """A service, an assets binding, or the stub of a Durable Object: `fetch`, and RPC methods by any other name."""

    __slots__ = ()

    def fetch(self, resource: Any, **options: Any) -> Awaitable[Response]:
        """Send a request there; like `workers.fetch`, but started at the call."""
        from workers.fetch import fetch_through

        return fetch_through(self._binding, resource, options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        binding = self._binding
        if name in STUB_PROPERTIES and any(name in vars(kind) for kind in type(binding).__mro__):
            return getattr(binding, name)
        start = getattr(binding, "_call", None)
        if start is None:
            return _caller(getattr(binding, name))

        def method(*args: Any, **kwargs: Any) -> Started:
            given = _with_options(args, kwargs)
            if not MODE.external_sdk:
                refuse_functions(given)
            return Started(start(name, given, face="python"), wrap_answer)

        method.__name__ = name
        self.__dict__[name] = method
        return method


class _DurableObjectNamespaceWrapper(_Wrapper):
    """A Durable Object binding: stubs are wrapped, ids are raw."""

    __slots__ = ()

    def get(self, *args: Any, **kwargs: Any) -> _FetcherWrapper:
        """Return a stub for an id."""
        return _FetcherWrapper(self._binding.get(*map(_option, args), **kwargs))

    def getByName(self, *args: Any, **kwargs: Any) -> _FetcherWrapper:
        """Return a stub for a name."""
        return _FetcherWrapper(self._binding.getByName(*map(_option, args), **kwargs))

    def jurisdiction(self, *args: Any, **kwargs: Any) -> _DurableObjectNamespaceWrapper:
        """Return the namespace restricted to a jurisdiction."""
        return _DurableObjectNamespaceWrapper(self._binding.jurisdiction(*map(_option, args), **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._binding, name)


class _WorkflowWrapper(_BindingWrapper):
    """A workflow binding or one instance; some methods have Python names as well."""

    __slots__ = ()

    ALIASES = {"create_batch": "createBatch", "send_event": "sendEvent"}

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(self.ALIASES.get(name, name))


def _option(value: Any) -> Any:
    return python_to_rpc(value) if isinstance(value, dict) else value


ARGUMENTS = frozenset({"MessageBatch", "QueueEvent", "QueueController"})
"""What events bring that is wrapped like a binding."""

WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "Fetcher": _FetcherWrapper,
    "DurableObject": _FetcherWrapper,
    "DurableObjectNamespace": _DurableObjectNamespaceWrapper,
    "WorkflowImpl": _WorkflowWrapper,
    "InstanceImpl": _WorkflowWrapper,
}
"""By the name of the JavaScript class, under every SDK."""
