"""`X.prototype`: what it is good for in Python is to borrow a method, `js.Array.prototype.slice.call(value, 1)`.

A prototype cannot be changed: methods of the platform's classes belong to all who run in the process.
"""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import JsBigInt, is_primitive, to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsFunction

_known: dict[type, Prototype] = {}


class Method(JsFunction, js_name="Function"):
    """A method without its object, which `call`, `apply` and `bind` give it."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: type, name: str) -> None:
        super().__init__(self._refuse)
        self._owner = owner
        self._name = name

    @property
    def name(self) -> str:
        """The method's name."""
        return self._name.rstrip("_")

    def _refuse(self, *_arguments: Any, **_named: Any) -> Any:
        raise type_error("Illegal invocation")

    def call(self, this: Any = None, *args: Any, **named: Any) -> Any:  # type: ignore[override]
        """Call on `this`."""
        if self._name == "toString" and self._owner is _plain_class():
            return tag(this)
        method = getattr(self._receiver(this), self._name, None)
        if method is None:
            where = f"{_label(self._owner)}.prototype.{self.name}"
            raise type_error(f"Method {where} called on incompatible receiver {to_string(this)}")
        return method(*args, **named)

    def _receiver(self, this: Any) -> Any:
        """Return what has the method: arrays' methods take anything with `length`, numbers' numbers only."""
        found = boxed(this)
        label = _label(self._owner)
        if label == "Array" and _label(type(found)) != "Array":
            from pywrangler.runtime.js.arrays import JsArray

            return JsArray.from_(found)
        if label == "String":
            return boxed(to_string(this))
        if label in {"Number", "Boolean", "BigInt"} and not isinstance(found, self._owner):
            raise type_error(f"{label}.prototype.{self.name} requires that 'this' be a {label}")
        return found

    def apply(self, this: Any = None, args: Any = ()) -> Any:
        """Call on `this` with the arguments in an array."""
        return self.call(this, *(args if args is not None and args is not jsnull else ()))

    def bind(self, this: Any = None, *first: Any) -> JsFunction:
        """Return the method of `this`."""
        bound: JsFunction = JsFunction.new(lambda *rest, **named: self.call(this, *first, *rest, **named))
        return bound


class Prototype(JsProxy, js_name="Object"):
    """The prototype of a class."""

    __slots__ = ("_owner",)

    def __init__(self, owner: type) -> None:
        object.__setattr__(self, "_owner", owner)

    def __getattribute__(self, name: str) -> Any:
        if name[:1] == "_" or name in {"constructor", "isPrototypeOf", "js_id", "typeof"}:
            return object.__getattribute__(self, name)
        owner = object.__getattribute__(self, "_owner")
        found = _of_class(owner, name)
        if found is None:
            raise AttributeError(f"{_label(owner)}.prototype has no property {name!r}", name=name, obj=self)
        if isinstance(found, property):
            raise type_error("Illegal invocation")
        return Method.new(owner, name) if callable(found) else found

    @property
    def constructor(self) -> Any:
        """The class."""
        return self._owner

    def __setattr__(self, name: str, value: Any) -> None:
        raise type_error(f"{_label(self._owner)}.prototype.{name} cannot be set: prototypes are fixed locally.")


def _of_class(owner: type, name: str) -> Any:
    """Return an attribute as the class has it, not as its metaclass does."""
    for kind in owner.__mro__:
        if name in vars(kind):
            found = vars(kind)[name]
            return None if isinstance(found, (staticmethod, classmethod)) else found
    return None


def prototype_of(owner: type) -> Prototype:
    """Return the one prototype of a class."""
    if owner not in _known:
        _known[owner] = Prototype.new(owner)
    return _known[owner]


def boxed(value: Any) -> Any:
    """Return the object that a method is called on: primitives get one."""
    if value is None or value is jsnull:
        raise type_error("Cannot convert undefined or null to object")
    if not is_primitive(value):
        return value
    from pywrangler.runtime.js.builtins import number_object
    from pywrangler.runtime.js.builtins.string_object import StringObject

    if isinstance(value, str):
        return StringObject.new(value)
    if isinstance(value, bool):
        return number_object.BooleanObject.new(value)
    if isinstance(value, JsBigInt) or (isinstance(value, int) and abs(value) > 2**53 - 1):
        return number_object.BigIntObject.new(value)
    return number_object.NumberObject.new(value)


def tag(value: Any) -> str:
    """Return what `Object.prototype.toString` gives."""
    if value is None:
        return "[object Undefined]"
    if value is jsnull:
        return "[object Null]"
    found = boxed(value)
    if isinstance(found, BaseException):
        return "[object Error]"
    if not isinstance(found, JsValue):
        return "[object Object]"
    return "[object Function]" if found.typeof == "function" else f"[object {_label(type(found))}]"


def _label(owner: type) -> str:
    return str(getattr(owner, "_js_name", owner.__name__))


def _plain_class() -> type:
    from pywrangler.runtime.js.values import JsObject

    return JsObject
