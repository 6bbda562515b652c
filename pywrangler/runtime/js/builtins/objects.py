"""`Object` (https://tc39.es/ecma262/#sec-object-constructor)."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js import object_rules
from pywrangler.runtime.js.arrays import JsArray, array
from pywrangler.runtime.js.builtins.constructor import Constructor, only
from pywrangler.runtime.js.convert import from_entries, options
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import is_primitive, property_key, same_value_key, to_string
from pywrangler.runtime.js.proxy import JsClass, JsProxy, JsValue, jsnull
from pywrangler.runtime.js.values import JsFunction, JsObject, plain


class ObjectConstructor(Constructor):
    """The value of `js.Object`."""

    _name = "Object"
    _instances = JsValue

    @property
    def prototype(self) -> Any:
        """The prototype of plain objects."""
        from pywrangler.runtime.js.prototypes import prototype_of

        return prototype_of(JsObject)

    def new(self, value: Any = None, /, **named: Any) -> Any:
        """`new Object()`; with an object, that object; with a primitive, the object that holds it."""
        if value is not None and value is not jsnull and is_primitive(value):
            from pywrangler.runtime.js.prototypes import boxed

            return boxed(value)
        return value if isinstance(value, JsValue) else plain(dict(named))

    __call__ = new

    fromEntries = staticmethod(from_entries)

    # ---- properties -----------------------------------------------------------------------------------

    def keys(self, value: Any) -> JsArray:
        """Names of own properties that are listed."""
        return array(properties_of(value))

    def values(self, value: Any) -> JsArray:
        """Values of own properties."""
        return array(properties_of(value).values())

    def entries(self, value: Any) -> JsArray:
        """[name, value] pairs of own properties."""
        return array(array(pair) for pair in properties_of(value).items())

    def getOwnPropertyNames(self, value: Any) -> JsArray:
        """Names of own properties, hidden ones too."""
        rules = object_rules.rules_of(value) if isinstance(value, JsValue) else None
        listed = list(properties_of(value))
        if isinstance(value, (JsArray, str)):
            listed.append("length")
        return array(listed + sorted(rules.hidden) if rules else listed)

    def getOwnPropertySymbols(self, value: Any) -> JsArray:
        """Symbols that name own properties."""
        rules = object_rules.rules_of(value) if isinstance(value, JsValue) else None
        return array(rules.symbols if rules else ())

    def assign(self, target: Any, *sources: Any) -> Any:
        """Copy own properties of the sources to the target; returns the target."""
        for source in sources:
            if source is not None and source is not jsnull:
                for name, value in (
                    source._own_properties() if isinstance(source, JsValue) else options(source)
                ).items():
                    setattr(target, name, value)
        return target

    def hasOwn(self, value: Any, name: Any) -> bool:
        """Tell whether the object itself has the property."""
        key = property_key(name)
        if isinstance(value, JsValue):
            return object_rules.describe(value, key) is not None
        return key in properties_of(value)

    def defineProperty(self, target: Any, name: Any, descriptor: Any = None, **named: Any) -> Any:
        """Define a property: `value`, `writable`, `enumerable`, `configurable`, or `get` and `set`."""
        if not isinstance(target, JsValue):
            raise type_error("Object.defineProperty called on non-object")
        described = plain(dict(named)) if descriptor is None else descriptor
        if type(target) is JsObject:
            object_rules.define(target, property_key(name), described)
        else:
            self._define_elsewhere(target, name, options(described))
        return target

    def _define_elsewhere(self, target: Any, name: Any, given: Any) -> None:
        """Define a property of an array or an object of the platform, which can hold ordinary ones only."""
        if "get" in given or "set" in given:
            raise type_error(f"{to_string(name)} cannot be a computed property of {to_string(target)} locally.")
        if isinstance(target, JsArray) and to_string(name).isdecimal():
            at = int(to_string(name))
            target._items.extend([None] * (at + 1 - len(target._items)))
            target._items[at] = given.get("value")
            return
        setattr(target, to_string(name), given.get("value"))

    def defineProperties(self, target: Any, descriptors: Any) -> Any:
        """Define several properties."""
        for name, descriptor in properties_of(descriptors).items():
            self.defineProperty(target, name, descriptor)
        return target

    def getOwnPropertyDescriptor(self, value: Any, name: Any) -> Any:
        """Return `{value, writable, enumerable, configurable}` of an own property, or undefined."""
        if not isinstance(value, JsValue):
            found = properties_of(value)
            key = to_string(name)
            fixed = {"writable": False, "enumerable": True, "configurable": False}
            return plain({"value": found[key], **fixed}) if key in found else None
        described = object_rules.describe(value, property_key(name))
        return None if described is None else plain(described)

    def getOwnPropertyDescriptors(self, value: Any) -> JsObject:
        """Return the descriptors of all own properties."""
        names = self.getOwnPropertyNames(value)
        found = {name: self.getOwnPropertyDescriptor(value, name) for name in names}
        return plain({name: descriptor for name, descriptor in found.items() if descriptor is not None})

    def groupBy(self, items: Any, callback: Any) -> JsObject:
        """Return an object with an array of items for each name that the callback gives."""
        groups: dict[str, JsArray] = {}
        for position, item in enumerate(items):
            groups.setdefault(to_string(callback(item, position)), array()).push(item)
        return plain(groups)

    def is_(self, left: Any = None, right: Any = None) -> bool:
        """Tell whether two values are the same."""
        if isinstance(left, float) and isinstance(right, float) and left == right == 0:
            return str(left) == str(right)  # 0 and -0 differ
        return bool(same_value_key(left) == same_value_key(right))

    # ---- prototypes and protection --------------------------------------------------------------------

    def create(self, prototype: Any, descriptors: Any = None) -> JsObject:
        """Return an empty object with a prototype: another object, or null."""
        made = plain({})
        if prototype is not self.prototype:
            object_rules.set_prototype(made, prototype)
        return made if descriptors is None else self.defineProperties(made, descriptors)

    def getPrototypeOf(self, value: Any) -> Any:
        """Return the prototype."""
        from pywrangler.runtime.js.prototypes import boxed, prototype_of

        found = boxed(value)
        if not isinstance(found, JsValue):
            return prototype_of(JsObject)
        own = object_rules.prototype_of_object(found)
        if own is not None:
            return own
        return _ordinary(found)

    def setPrototypeOf(self, target: Any, prototype: Any) -> Any:
        """Give an object another prototype; returns the object."""
        if type(target) is not JsObject:
            raise type_error(f"The prototype of {to_string(target)} cannot be set locally: only plain objects' can.")
        object_rules.set_prototype(target, None if prototype is self.prototype else prototype)
        return target

    def freeze(self, value: Any) -> Any:
        """Let nothing of a plain object or an array be added, deleted or changed; returns it."""
        if isinstance(value, JsValue):
            object_rules.protect(value, fixed=True, frozen=True)
        return value

    def seal(self, value: Any) -> Any:
        """Let nothing be added or deleted; returns the object."""
        if isinstance(value, JsValue):
            object_rules.protect(value, fixed=True, frozen=False)
        return value

    def preventExtensions(self, value: Any) -> Any:
        """Let nothing be added; returns the object."""
        if isinstance(value, JsValue):
            object_rules.protect(value, fixed=False, frozen=False)
        return value

    def isFrozen(self, value: Any = None) -> bool:
        """Tell whether nothing of it can be changed; primitives never can."""
        return not isinstance(value, JsValue) or object_rules.is_protected(value, frozen=True)

    def isSealed(self, value: Any = None) -> bool:
        """Tell whether nothing can be added or deleted."""
        return not isinstance(value, JsValue) or object_rules.is_protected(value, frozen=False)

    def isExtensible(self, value: Any = None) -> bool:
        """Tell whether properties can be added."""
        rules = object_rules.rules_of(value) if isinstance(value, JsValue) else None
        return isinstance(value, JsValue) and (rules is None or rules.extensible)


def _ordinary(value: JsValue) -> Any:
    """Return the prototype that all objects of a kind share."""
    from pywrangler.runtime.js.prototypes import Prototype, prototype_of

    if not isinstance(value, Prototype):
        return prototype_of(JsFunction if value.typeof == "function" else type(value))
    if value.constructor is JsObject:
        return jsnull
    above = [kind for kind in value.constructor.__mro__[1:] if isinstance(kind, JsClass) and kind is not JsProxy]
    return prototype_of(above[0] if above else JsObject)


Object: ObjectConstructor = only(ObjectConstructor)


def properties_of(value: Any) -> dict[str, Any]:
    """Return own properties; TypeError for undefined and null, a warning for Python objects, which have none."""
    if value is None or value is jsnull:
        raise type_error("Cannot convert undefined or null to object")
    if isinstance(value, JsValue):
        return value._own_properties()
    if isinstance(value, str):
        from pywrangler.runtime.js.builtins.string_object import units_of

        return {str(i): character for i, character in enumerate(units_of(value))}
    if not is_primitive(value):
        from pywrangler.runtime.js.advice import warn_once

        warn_once(f"A Python {type(value).__name__} has no properties in JavaScript: convert it with to_js first.")
    return {}
