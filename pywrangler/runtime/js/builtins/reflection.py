"""`Reflect` and `Proxy`."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js import object_rules
from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.builtins.objects import Object, properties_of
from pywrangler.runtime.js.errors import JsException, type_error
from pywrangler.runtime.js.primitives import is_primitive, property_key, to_string
from pywrangler.runtime.js.proxy import JsProxy, JsValue
from pywrangler.runtime.js.values import JsFunction, plain


class Reflect(JsProxy):
    """The namespace `Reflect`."""

    def get(self, target: Any, name: Any, *_receiver: Any) -> Any:
        """Read a property; undefined if missing."""
        key = property_key(name)
        if isinstance(key, str):
            return getattr(target, key, None)
        rules = object_rules.rules_of(target)
        return rules.symbols.get(key) if rules else None

    def set(self, target: Any, name: Any, value: Any = None, *_receiver: Any) -> bool:
        """Set a property; tells whether that was permitted."""
        key = property_key(name)
        try:
            if isinstance(key, str):
                setattr(target, key, value)
            else:
                object_rules.with_rules(target).symbols[key] = value
        except JsException:
            return False
        return True

    def has(self, target: Any, name: Any) -> bool:
        """Tell whether there is a property."""
        key = property_key(name)
        rules = object_rules.rules_of(target)
        return hasattr(target, key) if isinstance(key, str) else bool(rules and key in rules.symbols)

    def ownKeys(self, target: Any) -> JsArray:
        """Names of own properties, symbols too."""
        return array([*Object.getOwnPropertyNames(target), *Object.getOwnPropertySymbols(target)])

    def deleteProperty(self, target: Any, name: Any) -> bool:
        """Remove a property; tells whether that was permitted."""
        key = property_key(name)
        if not isinstance(key, str):
            object_rules.with_rules(target).symbols.pop(key, None)
            return True
        try:
            if Object.hasOwn(target, key):
                delattr(target, key)
        except JsException:
            return False
        return True

    def defineProperty(self, target: Any, name: Any, descriptor: Any = None, **named: Any) -> bool:
        """Define a property; tells whether that was permitted."""
        try:
            Object.defineProperty(target, name, descriptor, **named)
        except JsException:
            return False
        return True

    def getOwnPropertyDescriptor(self, target: Any, name: Any) -> Any:
        """Return the descriptor of an own property, or undefined."""
        return Object.getOwnPropertyDescriptor(target, name)

    def isExtensible(self, target: Any) -> bool:
        """Tell whether properties can be added."""
        return Object.isExtensible(target)

    def preventExtensions(self, target: Any) -> bool:
        """Let nothing be added."""
        Object.preventExtensions(target)
        return True

    def apply(self, function: Any, this: Any, arguments: Any = ()) -> Any:
        """Call a function."""
        if isinstance(function, JsFunction):
            return function.apply(this, arguments)
        return function(*arguments)

    def construct(self, function: Any, arguments: Any = (), *_target: Any) -> Any:
        """`new f(...)`."""
        return function.new(*arguments)

    def getPrototypeOf(self, value: Any) -> Any:
        """Return the prototype."""
        return Object.getPrototypeOf(value)

    def setPrototypeOf(self, value: Any, prototype: Any) -> bool:
        """Give an object another prototype; tells whether that was permitted."""
        try:
            Object.setPrototypeOf(value, prototype)
        except JsException:
            return False
        return True


class ScriptProxy(JsProxy, js_name="Proxy"):
    """`Proxy.new(target, handler)` with the traps get, set, deleteProperty, ownKeys, apply and construct."""

    def __init__(self, target: Any, handler: Any) -> None:
        if is_primitive(target) or is_primitive(handler):
            raise type_error("Cannot create proxy with a non-object as target or handler")
        self.__dict__["_target"] = target
        self.__dict__["_handler"] = handler

    @staticmethod
    def revocable(target: Any, handler: Any) -> Any:
        """Return `{proxy, revoke}`; after `revoke()` every use of the proxy is a TypeError."""
        proxy: ScriptProxy = ScriptProxy.new(target, handler)

        def revoke() -> None:
            proxy.__dict__["_handler"] = None

        return plain({"proxy": proxy, "revoke": JsFunction.new(revoke)})

    def _trap(self, name: str) -> Any:
        handler = self.__dict__["_handler"]
        if handler is None:
            raise type_error(f"Cannot perform '{name}' on a proxy that has been revoked")
        found = getattr(handler, name, None)
        return found if callable(found) else None

    @property
    def typeof(self) -> str:
        """That of the target."""
        target = self._target
        return target.typeof if isinstance(target, JsValue) else "function" if callable(target) else "object"

    def __getattr__(self, name: str) -> Any:
        if name == "new":  # Python's spelling of an operator, no property
            return self._construct
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
        elif not trap(self._target, name):
            raise type_error(f"'deleteProperty' on proxy: trap returned falsish for property '{name}'")

    def __call__(self, *arguments: Any) -> Any:
        trap = self._trap("apply")
        return self._target(*arguments) if trap is None else trap(self._target, None, array(arguments))

    def _construct(self, *arguments: Any, **named: Any) -> Any:
        trap = self._trap("construct")
        if trap is None:
            return self._target.new(*arguments, **named)
        return trap(self._target, array(arguments), self)

    def _own_properties(self) -> dict[str, Any]:
        trap = self._trap("ownKeys")
        names = properties_of(self._target) if trap is None else trap(self._target)
        return {to_string(name): getattr(self, to_string(name), None) for name in names}


reflect: Reflect = Reflect.new()
