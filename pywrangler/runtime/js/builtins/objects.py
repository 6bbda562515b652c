"""`Object`, `Reflect`, `Proxy`, `Symbol`, `WeakRef`, `structuredClone`."""

from __future__ import annotations

import weakref
from typing import Any

from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.builtins.constructor import Constructor, only
from pywrangler.runtime.js.convert import from_entries, options
from pywrangler.runtime.js.errors import JsException, dom_exception, type_error
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.primitives import is_primitive, property_key, same_value_key, to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsObject, JsSymbol, plain


class ObjectConstructor(Constructor):
    """The value of `js.Object`."""

    _name = "Object"
    _instances = JsValue

    def new(self, value: Any = None, /, **named: Any) -> Any:
        """`new Object()`; with an object, that object."""
        return value if isinstance(value, JsValue) else plain(dict(named))

    __call__ = new

    fromEntries = staticmethod(from_entries)

    def keys(self, value: Any) -> JsArray:
        """Names of own properties."""
        return array(_properties(value))

    getOwnPropertyNames = keys

    def values(self, value: Any) -> JsArray:
        """Values of own properties."""
        return array(_properties(value).values())

    def entries(self, value: Any) -> JsArray:
        """[name, value] pairs of own properties."""
        return array(array(pair) for pair in _properties(value).items())

    def assign(self, target: Any, *sources: Any) -> Any:
        """Copy own properties of the sources to the target; returns the target."""
        for source in sources:
            if source is not None and source is not jsnull:
                for name, value in (
                    source._own_properties() if isinstance(source, JsValue) else options(source)
                ).items():
                    setattr(target, name, value)
        return target

    def create(self, _prototype: Any = None, *_properties: Any) -> JsObject:
        """Return an empty object; prototypes do not exist here."""
        return plain({})

    def is_(self, left: Any = None, right: Any = None) -> bool:
        """Tell whether two values are the same."""
        return bool(same_value_key(left) == same_value_key(right))

    def hasOwn(self, value: Any, name: Any) -> bool:
        """Tell whether the object itself has the property."""
        return property_key(name) in _properties(value)

    def freeze(self, value: Any) -> Any:
        """Return the object; it is not protected here."""
        return value

    seal = preventExtensions = freeze

    def isFrozen(self, value: Any = None) -> bool:
        """Objects are never protected here."""
        return is_primitive(value)

    def getPrototypeOf(self, value: Any) -> Any:
        """Return what stands for the prototype."""
        return jsnull if is_primitive(value) else type(value)

    def defineProperty(self, target: Any, name: Any, descriptor: Any = None, **named: Any) -> Any:
        """Set a property to the descriptor's value."""
        setattr(target, property_key(name), options(descriptor, named).get("value"))
        return target

    def groupBy(self, items: Any, callback: Any) -> JsObject:
        """Return an object with an array of items for each name that the callback gives."""
        groups: dict[str, JsArray] = {}
        for position, item in enumerate(items):
            groups.setdefault(to_string(callback(item, position)), array()).push(item)
        return plain(groups)


class Reflect(JsProxy):
    """The namespace `Reflect`."""

    def get(self, target: Any, name: Any, *_receiver: Any) -> Any:
        """Read a property; undefined if missing."""
        return getattr(target, to_string(name), None)

    def set(self, target: Any, name: Any, value: Any = None, *_receiver: Any) -> bool:
        """Set a property."""
        setattr(target, to_string(name), value)
        return True

    def has(self, target: Any, name: Any) -> bool:
        """Tell whether there is a property."""
        return hasattr(target, to_string(name))

    def ownKeys(self, target: Any) -> JsArray:
        """Names of own properties."""
        return array(_properties(target))

    def deleteProperty(self, target: Any, name: Any) -> bool:
        """Remove a property."""
        if to_string(name) in _properties(target):
            delattr(target, to_string(name))
        return True

    def apply(self, function: Any, _this: Any, arguments: Any = ()) -> Any:
        """Call a function."""
        return function(*arguments)

    def construct(self, function: Any, arguments: Any = (), *_target: Any) -> Any:
        """`new f(...)`."""
        return function.new(*arguments)

    def getPrototypeOf(self, value: Any) -> Any:
        """Return what stands for the prototype."""
        return Object.getPrototypeOf(value)


class ScriptProxy(JsProxy, js_name="Proxy"):
    """`Proxy.new(target, handler)` with the traps get, set, deleteProperty, ownKeys and apply."""

    def __init__(self, target: Any, handler: Any) -> None:
        if is_primitive(target) or is_primitive(handler):
            raise type_error("Cannot create proxy with a non-object as target or handler")
        self.__dict__["_target"] = target
        self.__dict__["_handler"] = handler

    def _trap(self, name: str) -> Any:
        found = getattr(self._handler, name, None)
        return found if callable(found) else None

    def __getattr__(self, name: str) -> Any:
        trap = self._trap("get")
        return getattr(self._target, name) if trap is None else trap(self._target, name, self)

    def __setattr__(self, name: str, value: Any) -> None:
        trap = self._trap("set")
        if trap is None:
            setattr(self._target, name, value)
        elif not trap(self._target, name, value, self):
            raise type_error(f"'set' on proxy: trap returned falsish for property '{name}'")

    def __delattr__(self, name: str) -> None:
        trap = self._trap("deleteProperty")
        if trap is None:
            delattr(self._target, name)
        else:
            trap(self._target, name)

    def __call__(self, *arguments: Any) -> Any:
        trap = self._trap("apply")
        return self._target(*arguments) if trap is None else trap(self._target, None, array(arguments))

    def _own_properties(self) -> dict[str, Any]:
        trap = self._trap("ownKeys")
        names = _properties(self._target) if trap is None else trap(self._target)
        return {name: getattr(self, name, None) for name in names}


class SymbolConstructor(Constructor):
    """The value of `js.Symbol`; well-known symbols are its attributes."""

    _name = "Symbol"
    _instances = JsSymbol

    def __init__(self) -> None:
        self._shared: dict[str, JsSymbol] = {}
        for name in (
            "iterator",
            "asyncIterator",
            "toStringTag",
            "hasInstance",
            "toPrimitive",
            "dispose",
            "asyncDispose",
        ):
            setattr(self, name, JsSymbol.new(f"Symbol.{name}"))

    def __call__(self, description: Any = None) -> JsSymbol:
        return JsSymbol.new(None if description is None else to_string(description))  # type: ignore[no-any-return]

    def new(self, *_arguments: Any) -> JsSymbol:
        """Symbols have no `new`."""
        raise type_error("Symbol is not a constructor")

    def for_(self, key: Any) -> JsSymbol:
        """Return the symbol that all who say `key` share."""
        name = to_string(key)
        return self._shared.setdefault(name, self(name))

    def keyFor(self, symbol: JsSymbol) -> str | None:
        """Return the key of a shared symbol."""
        return next((key for key, found in self._shared.items() if found is symbol), None)


class WeakRef(JsProxy):
    """`WeakRef.new(object).deref()`."""

    def __init__(self, target: Any) -> None:
        if not isinstance(target, JsValue):
            raise type_error("WeakRef: target must be an object")
        self._target = weakref.ref(target)

    def deref(self) -> Any:
        """Return the object, or undefined when it is gone."""
        return self._target()


Object: ObjectConstructor = only(ObjectConstructor)
Symbol: SymbolConstructor = only(SymbolConstructor)
reflect: Reflect = Reflect.new()


def _properties(value: Any) -> dict[str, Any]:
    if value is None or value is jsnull:
        raise type_error("Cannot convert undefined or null to object")
    if isinstance(value, JsValue):
        return value._own_properties()
    if isinstance(value, str):
        return {str(i): character for i, character in enumerate(value)}
    if not is_primitive(value):
        from pywrangler.runtime.js.advice import warn_once

        warn_once(f"A Python {type(value).__name__} has no properties in JavaScript: convert it with to_js first.")
    return {}


def structuredClone(value: Any = None, *_options: Any, **_named: Any) -> Any:
    """Return a deep copy; DataCloneError for functions, promises and objects of the platform."""
    return _clone(value, {})


def _clone(value: Any, done: dict[int, Any]) -> Any:
    if is_primitive(value):
        return value
    if id(value) in done:
        return done[id(value)]
    if type(value) is JsObject:
        copy: Any = plain({})
        done[id(value)] = copy
        copy.__dict__.update({name: _clone(item, done) for name, item in value.__dict__.items()})
    elif isinstance(value, JsArray):
        done[id(value)] = copy = array()
        copy._items.extend([_clone(item, done) for item in value._items])
    elif isinstance(value, JsMap):
        done[id(value)] = copy = JsMap.new()
        for key, item in value.items():
            copy.set(_clone(key, done), _clone(item, done))
    elif isinstance(value, JsSet):
        done[id(value)] = copy = JsSet.new()
        for item in value:
            copy.add(_clone(item, done))
    elif isinstance(value, JsException):
        copy = JsException(value.name, value.message, value.stack)
    else:
        copy = _clone_rare(value, done)
    done[id(value)] = copy
    return copy


def _clone_rare(value: Any, done: dict[int, Any]) -> Any:
    from pywrangler.runtime.js.buffers import ArrayBuffer, View
    from pywrangler.runtime.js.date import JsDate
    from pywrangler.runtime.js.regexp import JsRegExp
    from pywrangler.runtime.js.typed_array import TypedArray

    if isinstance(value, (JsDate, JsRegExp)):
        return type(value).new(value)
    if isinstance(value, ArrayBuffer):
        return value.slice()
    if isinstance(value, View):
        size = len(value) if isinstance(value, TypedArray) else value.byteLength
        return type(value).new(_clone(value.buffer, done), value.byteOffset, size)
    raise dom_exception("DataCloneError", f"{to_string(value)} could not be cloned.")
