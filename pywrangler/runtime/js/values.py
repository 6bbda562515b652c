"""Plain objects, functions, symbols and proxies of Python objects; arrays, maps and sets are re-exported.

A plain object keeps its properties in its `__dict__`: reading one costs what reading a Python attribute costs.
Python objects that are stored in JavaScript ones stay what they are (JavaScript sees them as PyProxies).
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Generator, Iterator, MutableMapping
from functools import partial
from typing import Any, Self

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.errors import error
from pywrangler.runtime.js.iterators import JsIterator, iterator
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.object_rules import RULES, before_delete, before_set, inherited, listed
from pywrangler.runtime.js.primitives import JsBigInt, crossing, is_py_proxy, property_key
from pywrangler.runtime.js.proxy import JsNull, JsPromise, JsProxy, JsValue, jsnull

__all__ = [
    "JsArray",
    "JsBigInt",
    "JsDoubleProxy",
    "JsFunction",
    "JsIterator",
    "JsMap",
    "JsNull",
    "JsObject",
    "JsObjectMap",
    "JsOnceCallable",
    "JsPromise",
    "JsProxy",
    "JsSet",
    "JsSymbol",
    "JsValue",
    "array",
    "crossing",
    "is_plain",
    "is_py_proxy",
    "iterator",
    "jsnull",
    "plain",
]


class JsObject(JsProxy, js_name="Object"):
    """A plain object: `JsObject.new()`, then attributes; or `JsObject.new(a=1)`."""

    __slots__ = ()

    def __init__(self, properties: Any = None, /, **named: Any) -> None:
        state = self.__dict__
        if properties is not None:
            for name in properties:
                state[property_key(name)] = crossing(properties[name])
        state.update(named)

    def __setattr__(self, name: str, value: Any) -> None:
        written, held = script_name(name), crossing(value)
        if not RULES or before_set(self, written, held):
            super().__setattr__(written, held)

    def __delattr__(self, name: str) -> None:
        written = script_name(name)
        if RULES:
            before_delete(self, written)
        super().__delattr__(written)

    def __getattr__(self, name: str) -> Any:
        written = script_name(name)
        try:
            return self.__dict__[written]
        except KeyError:
            if RULES and (found := inherited(self, written)) is not None:
                return found[0]
            raise AttributeError(f"'Object' object has no attribute {name!r}", name=name, obj=self) from None

    @property
    def constructor(self) -> Any:
        """`js.Object`."""
        from pywrangler.runtime.js.builtins.objects import Object

        return Object

    def _own_properties(self) -> dict[str, Any]:
        return listed(self, ordered(self.__dict__)) if RULES else ordered(self.__dict__)


class JsFunction(JsProxy, js_name="Function"):
    """A JavaScript function implemented in Python; keyword arguments reach the implementation unchanged."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @property
    def typeof(self) -> str:
        """Functions say so."""
        return "function"

    @property
    def name(self) -> str:
        """The function's name."""
        return str(getattr(self._function, "__name__", ""))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._function(*args, **kwargs)

    def call(self, _this: Any = None, *args: Any) -> Any:
        """Call with the arguments given after `this`."""
        return self._function(*args)

    def apply(self, _this: Any = None, args: Any = ()) -> Any:
        """Call with the arguments in an array."""
        return self._function(*(args or ()))

    def bind(self, _this: Any = None, *first: Any) -> JsFunction:
        """Return a function with its first arguments given."""
        bound: JsFunction = JsFunction.new(lambda *rest, **named: self._function(*first, *rest, **named))
        return bound

    def toString(self) -> str:
        """What `String(f)` gives."""
        return f"function {self.name}() {{ [native code] }}"


class JsDoubleProxy(JsProxy, js_name="PyProxy"):
    """What `create_proxy` returns: a JavaScript handle of a Python object, valid until `destroy()`."""

    __slots__ = ("_alive", "_target")

    def __init__(self, target: Any, *, capture_this: bool = False) -> None:  # noqa: ARG002 - `this` has no use here
        self._target = target
        self._alive = True

    def __new__(cls, target: Any, **_options: Any) -> Self:
        # What JavaScript sees as a thenable can be awaited.
        kind: Any = JsThenableProxy if cls is JsDoubleProxy and hasattr(target, "__await__") else cls
        return super().__new__(kind)  # type: ignore[no-any-return]

    @property
    def typeof(self) -> str:
        """Functions are functions."""
        return "function" if callable(self._target) else "object"

    def unwrap(self) -> Any:
        """Return the Python object; an error after `destroy()`."""
        if not self._alive:
            raise error("Object has already been destroyed")
        return self._target

    def destroy(self, *_options: Any) -> None:
        """Let go of the Python object; using the proxy afterwards is an error."""
        self._alive = False
        self._target = None

    def copy(self) -> JsDoubleProxy:
        """Return another handle with its own life."""
        return type(self).new(self.unwrap())  # type: ignore[no-any-return]

    def toString(self) -> str:
        """The string of the Python object."""
        return str(self.unwrap())

    def to_py(self, *, depth: int = -1, default_converter: Callable[..., Any] | None = None) -> Any:  # noqa: ARG002
        """Return the Python object."""
        return self.unwrap()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.unwrap()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        target = self.unwrap()
        if name == "getBuffer":
            from pywrangler.runtime.js.py_buffers import get_buffer, has_buffer

            if has_buffer(target):
                return partial(get_buffer, target)
        return getattr(target, name)


class JsThenableProxy(JsDoubleProxy, js_name="PyProxy"):
    """The proxy of a coroutine, a future or a task."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.unwrap().__await__()  # type: ignore[no-any-return]


class JsOnceCallable(JsDoubleProxy, js_name="OnceProxy"):
    """What `create_once_callable` returns: a function that may be called once."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._alive:
            raise error("OnceProxy can only be called once")
        target = self._target
        self.destroy()
        return target(*args, **kwargs)


class JsSymbol(JsProxy, js_name="Symbol"):
    """A symbol; unique unless made by `Symbol.for`."""

    __slots__ = ("description",)

    def __init__(self, description: str | None = None) -> None:
        self.description = description

    @property
    def typeof(self) -> str:
        """Symbols say so."""
        return "symbol"

    def toString(self) -> str:
        """What `String(symbol)` gives."""
        return f"Symbol({self.description or ''})"


class JsObjectMap(JsProxy, js_name="Object"):
    """A plain object seen as a Python mapping from property names (`as_object_map`); a view, not a copy."""

    __slots__ = ("_hereditary", "_object")

    def __init__(self, source: JsValue, *, hereditary: bool = False) -> None:
        self._object = source
        self._hereditary = hereditary

    def __getitem__(self, name: str) -> Any:
        value = self._object._own_properties()[name]
        return hereditary(value) if self._hereditary else value

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self._object, name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self._object._own_properties():
            raise KeyError(name)
        delattr(self._object, name)

    def __len__(self) -> int:
        return len(self._object._own_properties())

    def __iter__(self) -> Iterator[str]:
        return iter(self._object._own_properties())

    def __contains__(self, name: object) -> bool:
        return name in self._object._own_properties()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._object, name)

    def _own_properties(self) -> dict[str, Any]:
        return self._object._own_properties()

    keys = MutableMapping.keys
    values = MutableMapping.values
    items = MutableMapping.items
    get = MutableMapping.get
    pop = MutableMapping.pop
    popitem = MutableMapping.popitem
    clear = MutableMapping.clear
    update = MutableMapping.update
    setdefault = MutableMapping.setdefault
    _MutableMapping__marker = MutableMapping._MutableMapping__marker  # type: ignore[attr-defined]


MutableMapping.register(JsObjectMap)


def plain(properties: dict[str, Any]) -> JsObject:
    """Return a plain object that adopts a dict of JavaScript values (the caller gives it away)."""
    result: JsObject = object.__new__(JsObject)
    result.__dict__.update(properties)
    return result


def script_name(name: str) -> str:
    """Return a property's name without the underscore that keeps it from being a keyword of Python (`from_`)."""
    return name[:-1] if name[-1:] == "_" and keyword.iskeyword(name[:-1]) else name


def is_plain(value: Any) -> bool:
    """Tell whether a value is a plain object."""
    return type(value) is JsObject


def hereditary(value: Any) -> Any:
    """Return the value as its Python JSON view: objects are mappings, arrays hold such views."""
    return value.as_py_json() if type(value) is JsObject or isinstance(value, JsArray) else value


def ordered(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties in JavaScript's order: array indexes ascending, then the others as they were set."""
    indexes = [name for name in properties if name[:1].isdigit() and _is_index(name)]
    if not indexes:
        return dict(properties)
    first = {name: properties[name] for name in sorted(indexes, key=int)}
    return first | properties


def _is_index(name: str) -> bool:
    return name.isascii() and name.isdecimal() and (name == "0" or name[0] != "0") and int(name) < 2**32 - 1


def parse_json(text: Any) -> Any:
    """Return the JavaScript value of a JSON text (see `json.parse_json`)."""
    from pywrangler.runtime.js.json import parse_json as parse

    return parse(text)
