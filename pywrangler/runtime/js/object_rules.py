"""What a plain object or an array can have beside its properties: protection, hidden and computed properties, symbols
as names, and a prototype.

Few objects have any of that, so it is kept beside them; objects without pay for a look whether there are rules at
all. Breaking a rule is a TypeError, as in strict JavaScript.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, SupportsIndex

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.primitives import to_string
from pywrangler.runtime.js.proxy import JsValue, jsnull


@dataclass(slots=True)
class Rules:
    """The rules of one object."""

    extensible: bool = True
    readonly: set[str] = field(default_factory=set)
    fixed: set[str] = field(default_factory=set)
    """Properties that cannot be deleted or defined anew."""
    hidden: set[str] = field(default_factory=set)
    """Properties that are not listed."""
    accessors: dict[str, tuple[Callable[..., Any] | None, Callable[..., Any] | None]] = field(default_factory=dict)
    symbols: dict[Any, Any] = field(default_factory=dict)
    prototype: Any = None
    """None for the ordinary one."""


RULES: weakref.WeakKeyDictionary[Any, Rules] = weakref.WeakKeyDictionary()
"""By object; empty in most programs, which attribute access makes use of."""


def rules_of(value: Any) -> Rules | None:
    """Return the rules of an object, if it has any."""
    return RULES.get(value) if RULES else None


def with_rules(value: Any) -> Rules:
    """Return the rules of an object, made now if it has none."""
    found = RULES.get(value)
    if found is None:
        found = RULES[value] = Rules()
    return found


# ---- what attribute access asks -------------------------------------------------------------------------


def before_set(target: Any, name: str, value: Any) -> bool:
    """Tell whether a property may be set in the ordinary way; raises if it must not, false if a setter took it."""
    rules = rules_of(target)
    if rules is None:
        return True
    if name in rules.accessors:
        setter = rules.accessors[name][1]
        if setter is None:
            raise type_error(f"Cannot set property {name} of {shown(target)} which has only a getter")
        setter(value)
        return False
    if name in rules.readonly:
        raise type_error(f"Cannot assign to read only property '{name}' of object '{shown(target)}'")
    if not rules.extensible and name not in target.__dict__:
        raise type_error(f"Cannot add property {name}, object is not extensible")
    return True


def before_delete(target: Any, name: str) -> None:
    """Raise if a property must not be deleted."""
    rules = rules_of(target)
    if rules is None:
        return
    if name in rules.fixed:
        raise type_error(f"Cannot delete property '{name}' of {shown(target)}")
    rules.hidden.discard(name)
    rules.accessors.pop(name, None)


def inherited(target: Any, name: str) -> tuple[Any] | None:
    """Return a property that is computed or comes from a prototype, in a tuple; None if there is none."""
    rules = rules_of(target)
    if rules is None:
        return None
    if name in rules.accessors:
        getter = rules.accessors[name][0]
        return (None if getter is None else getter(),)
    if isinstance(rules.prototype, JsValue):
        try:
            return (getattr(rules.prototype, name),)
        except AttributeError:
            return None
    return None


def listed(target: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties that are listed, with computed ones."""
    rules = rules_of(target)
    if rules is None:
        return properties
    computed = {name: None if get is None else get() for name, (get, _) in rules.accessors.items()}
    return {name: value for name, value in (properties | computed).items() if name not in rules.hidden}


def shown(target: Any) -> str:
    """Return how messages name an object."""
    return "[object Array]" if hasattr(target, "_items") else "#<Object>"


# ---- protected arrays -----------------------------------------------------------------------------------


class ProtectedItems(list[Any]):
    """The items of an array whose length is fixed, or which is frozen altogether."""

    __slots__ = ("frozen",)

    frozen: bool

    def _refuse_length(self, *_arguments: Any) -> Any:
        raise type_error(f"Cannot add property {len(self)}, object is not extensible")

    def _refuse_removal(self, *_arguments: Any) -> Any:
        raise type_error(f"Cannot delete property '{max(0, len(self) - 1)}' of [object Array]")

    append = extend = insert = __iadd__ = __imul__ = _refuse_length
    pop = remove = clear = __delitem__ = _refuse_removal

    def __setitem__(self, index: SupportsIndex | slice, value: Any) -> None:
        if self.frozen:
            at = index.start or 0 if isinstance(index, slice) else index
            raise type_error(f"Cannot assign to read only property '{at}' of object '[object Array]'")
        if isinstance(index, slice):
            items: Iterable[Any] = list(value)
            if len(self[index]) != len(list(items)):
                self._refuse_length()
            value = items
        super().__setitem__(index, value)

    def reverse(self) -> None:
        """Reverse in place, unless frozen."""
        self[:] = self[::-1]

    def sort(self, **options: Any) -> None:
        """Sort in place, unless frozen."""
        self[:] = sorted(self, **options)


def protect_array(target: Any, *, frozen: bool) -> None:
    """Fix the length of an array, or all of it."""
    if isinstance(target._items, ProtectedItems):
        target._items.frozen = target._items.frozen or frozen
        return
    items = ProtectedItems(target._items)
    items.frozen = frozen
    target._items = items


# ---- what `Object` and `Reflect` ask --------------------------------------------------------------------


def define(target: Any, name: Any, descriptor: Any) -> None:
    """Define a property as a descriptor says; TypeError if that breaks a rule."""
    from pywrangler.runtime.js.convert import options
    from pywrangler.runtime.js.primitives import truthy

    given = options(descriptor)
    rules = with_rules(target)
    if not isinstance(name, str):
        rules.symbols[name] = given.get("value")
        return
    state = target.__dict__
    exists = name in state or name in rules.accessors
    if name in rules.fixed and not (set(given) <= {"value"} and name not in rules.readonly):
        raise type_error(f"Cannot redefine property: {name}")
    if not exists and not rules.extensible:
        raise type_error(f"Cannot define property {name}, object is not extensible")
    if "get" in given or "set" in given:
        if "value" in given or "writable" in given:
            raise type_error(
                "Invalid property descriptor. Cannot both specify accessors and a value or writable attribute"
            )
        state.pop(name, None)
        rules.accessors[name] = (given.get("get"), given.get("set"))
        rules.readonly.discard(name)
    elif "value" in given or name not in rules.accessors:
        rules.accessors.pop(name, None)
        state[name] = given["value"] if "value" in given else state.get(name)
    for flag, names in (("writable", rules.readonly), ("enumerable", rules.hidden), ("configurable", rules.fixed)):
        if truthy(given.get(flag)) or (exists and flag not in given):
            if truthy(given.get(flag)):
                names.discard(name)
        elif not (flag == "writable" and name in rules.accessors):
            names.add(name)


def describe(target: Any, name: Any) -> dict[str, Any] | None:
    """Return the descriptor of an own property, or None."""
    rules = rules_of(target)
    if rules is not None and name in rules.symbols:
        return {"value": rules.symbols[name], "writable": True, "enumerable": True, "configurable": True}
    name = to_string(name)
    attributes = {
        "enumerable": rules is None or name not in rules.hidden,
        "configurable": rules is None or name not in rules.fixed,
    }
    if rules is not None and name in rules.accessors:
        get, set = rules.accessors[name]
        return {"get": get, "set": set, **attributes}
    properties = target.__dict__ if type(target).__name__ == "JsObject" else target._own_properties()
    if name not in properties:
        return None
    return {"value": properties[name], "writable": rules is None or name not in rules.readonly, **attributes}


def protect(target: Any, *, fixed: bool, frozen: bool) -> None:
    """Let nothing be added; nor deleted if `fixed`; nor changed if `frozen`."""
    rules = with_rules(target)
    rules.extensible = False
    if hasattr(target, "_items"):
        protect_array(target, frozen=frozen)
    names = {*getattr(target, "__dict__", ()), *rules.accessors}
    if fixed:
        rules.fixed |= names
    if frozen:
        rules.readonly |= names - set(rules.accessors)


def is_protected(target: Any, *, frozen: bool) -> bool:
    """Tell whether an object is sealed, or frozen."""
    rules = rules_of(target)
    if rules is None or rules.extensible:
        return False
    names = {*getattr(target, "__dict__", ()), *rules.accessors}
    if hasattr(target, "_items"):
        items = target._items
        return not items or (isinstance(items, ProtectedItems) and (items.frozen or not frozen))
    return names <= rules.fixed and (not frozen or names - set(rules.accessors) <= rules.readonly)


def prototype_of_object(target: Any) -> Any:
    """Return the prototype that an object was given; None if it has the ordinary one."""
    rules = rules_of(target)
    return None if rules is None else rules.prototype


def set_prototype(target: Any, prototype: Any) -> None:
    """Give an object a prototype: another object, or null."""
    if prototype is not jsnull and not isinstance(prototype, JsValue):
        raise type_error(f"Object prototype may only be an Object or null: {to_string(prototype)}")
    at = prototype
    while isinstance(at, JsValue):
        if at is target:
            raise type_error("Cyclic __proto__ value")
        at = prototype_of_object(at)
    with_rules(target).prototype = prototype
