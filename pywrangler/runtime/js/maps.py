"""JavaScript's Map, Set, WeakMap and WeakSet.

Keys are compared as JavaScript does (SameValueZero): 1 and true differ, NaN is found, objects go by identity. As in
Pyodide a Map is a Python mapping: iterating it gives its keys, `items()` the pairs, `get` takes a default;
`entries()` and `forEach` are JavaScript's.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, MutableMapping, ValuesView
from typing import Any

from pywrangler.runtime.js.arrays import array
from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.iterators import JsIterator, iterator
from pywrangler.runtime.js.primitives import crossing, is_primitive, same_value_key, to_number, to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy, JsValue, jsnull

_ABSENT = object()


class JsMap(JsProxy, js_name="Map"):
    """A Map; insertion order is kept."""

    __slots__ = ("_entries",)

    def __init__(self, pairs: Any = None) -> None:
        self._entries: dict[Any, tuple[Any, Any]] = {}
        if pairs is None or pairs is jsnull:
            return
        if isinstance(pairs, JsMap):
            self._entries.update(pairs._entries)
            return
        if not isinstance(pairs, Iterable):
            raise type_error(
                f"object is not iterable (cannot read property Symbol(Symbol.iterator)): {to_string(pairs)}"
            )
        for pair in pairs:
            key, value = entry(pair)
            self.set(key, value)

    @property
    def size(self) -> int:
        """Number of entries."""
        return len(self._entries)

    def set(self, key: Any, value: Any = None) -> JsMap:
        """Set one entry; returns the map."""
        key = crossing(key)
        self._entries[same_value_key(key)] = (key, crossing(value))
        return self

    def get(self, key: Any, default: Any = None, /) -> Any:
        """Return a value, or `default`."""
        found = self._entries.get(same_value_key(key))
        return default if found is None else found[1]

    def has(self, key: Any = None) -> bool:
        """Tell whether there is an entry."""
        return same_value_key(key) in self._entries

    def delete(self, key: Any = None) -> bool:
        """Remove an entry; tells whether there was one."""
        return self._entries.pop(same_value_key(key), None) is not None

    def clear(self) -> None:
        """Remove everything."""
        self._entries.clear()

    def getOrInsert(self, key: Any, value: Any = None) -> Any:
        """Return a value, after setting it if it was absent."""
        if not self.has(key):
            self.set(key, value)
        return self.get(key)

    def getOrInsertComputed(self, key: Any, callback: Any) -> Any:
        """Return a value, after setting it to what the callback gives for the key if it was absent."""
        return self.get(key) if self.has(key) else self.set(key, callback(key)).get(key)

    @staticmethod
    def groupBy(items: Any, callback: Any) -> JsMap:
        """Return a map with an array of items for each key that the callback gives."""
        groups: JsMap = JsMap.new()
        for position, item in enumerate(items):
            key = callback(item, position)
            if not groups.has(key):
                groups.set(key, array())
            groups.get(key).push(item)
        return groups

    def forEach(self, callback: Any, *_this: Any) -> None:
        """Call back with (value, key, map)."""
        for key, value in list(self._entries.values()):
            callback(value, key, self)

    def entries(self) -> JsIterator:
        """Iterate over [key, value] pairs."""
        return iterator(array(pair) for pair in self._entries.values())

    # ---- Python's mapping -----------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Any]:
        return iter([key for key, _ in self._entries.values()])

    def __contains__(self, key: Any) -> bool:
        return same_value_key(key) in self._entries

    def __getitem__(self, key: Any) -> Any:
        try:
            return self._entries[same_value_key(key)][1]
        except KeyError:
            raise KeyError(key) from None

    def __setitem__(self, key: Any, value: Any) -> None:
        self.set(key, value)

    def __delitem__(self, key: Any) -> None:
        if not self.delete(key):
            raise KeyError(key)

    def keys(self) -> KeysView[Any]:
        """Keys in insertion order."""
        return KeysView(self)

    def values(self) -> ValuesView[Any]:
        """Values in insertion order."""
        return ValuesView(self)

    def items(self) -> ItemsView[Any, Any]:
        """(key, value) tuples in insertion order."""
        return ItemsView(self)

    def pop(self, key: Any, default: Any = _ABSENT, /) -> Any:
        """Remove an entry and return its value."""
        found = self._entries.pop(same_value_key(key), None)
        if found is None:
            if default is _ABSENT:
                raise KeyError(key)
            return default
        return found[1]

    def popitem(self) -> tuple[Any, Any]:
        """Remove and return the last entry."""
        return self._entries.popitem()[1]

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return a value, after setting it if it was absent."""
        if key not in self:
            self.set(key, default)
        return self[key]

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Set entries from a mapping, from pairs, from keywords."""
        pairs = [(key, other[key]) for key in other.keys()] if hasattr(other, "keys") else other  # noqa: SIM118
        for key, value in [*pairs, *more.items()]:
            self.set(key, value)


class JsSet(JsProxy, js_name="Set"):
    """A Set; insertion order is kept."""

    __slots__ = ("_entries",)

    def __init__(self, items: Any = None) -> None:
        self._entries: dict[Any, Any] = {}
        if items is None or items is jsnull:
            return
        if not isinstance(items, Iterable):
            raise type_error(
                f"object is not iterable (cannot read property Symbol(Symbol.iterator)): {to_string(items)}"
            )
        for item in items:
            self.add(item)

    @property
    def size(self) -> int:
        """Number of members."""
        return len(self._entries)

    def add(self, value: Any = None) -> JsSet:
        """Add a member; returns the set."""
        value = crossing(value)
        self._entries.setdefault(same_value_key(value), value)
        return self

    def has(self, value: Any = None) -> bool:
        """Tell whether a value is a member."""
        return same_value_key(value) in self._entries

    def delete(self, value: Any = None) -> bool:
        """Remove a member; tells whether it was one."""
        return self._entries.pop(same_value_key(value), _ABSENT) is not _ABSENT

    def clear(self) -> None:
        """Remove everything."""
        self._entries.clear()

    def forEach(self, callback: Any, *_this: Any) -> None:
        """Call back with (value, value, set)."""
        for value in list(self._entries.values()):
            callback(value, value, self)

    def values(self) -> JsIterator:
        """Iterate over the members."""
        return iterator(self._entries.values())

    keys = values

    def entries(self) -> JsIterator:
        """Iterate over [value, value] pairs."""
        return iterator(array((value, value)) for value in self._entries.values())

    def union(self, other: Any) -> JsSet:
        """Return the members of either set; the other may be a Map, or anything with `size`, `has` and `keys`."""
        return _set([*self, *_members(other)])

    def intersection(self, other: Any) -> JsSet:
        """Return the members of both sets."""
        has = _set_like(other).has
        return _set(value for value in self if truthy(has(value)))

    def difference(self, other: Any) -> JsSet:
        """Return the members that are not in the other set."""
        has = _set_like(other).has
        return _set(value for value in self if not truthy(has(value)))

    def symmetricDifference(self, other: Any) -> JsSet:
        """Return the members of exactly one of the sets."""
        result = _set(self)
        for value in _members(other):
            if self.has(value):
                result.delete(value)
            else:
                result.add(value)
        return result

    def isSubsetOf(self, other: Any) -> bool:
        """Tell whether all members are in the other set."""
        has = _set_like(other).has
        return all(truthy(has(value)) for value in self)

    def isSupersetOf(self, other: Any) -> bool:
        """Tell whether all members of the other set are in this one."""
        return all(self.has(value) for value in _members(other))

    def isDisjointFrom(self, other: Any) -> bool:
        """Tell whether no member is in the other set."""
        has = _set_like(other).has
        return not any(truthy(has(value)) for value in self)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._entries.values()))

    def __contains__(self, value: Any) -> bool:
        return same_value_key(value) in self._entries


class JsWeakMap(JsProxy, js_name="WeakMap"):
    """A WeakMap: keys are objects and do not live because of it."""

    __slots__ = ("_entries",)

    def __init__(self, pairs: Any = None) -> None:
        self._entries: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        for pair in pairs or ():
            self.set(*entry(pair))

    def set(self, key: Any, value: Any = None) -> JsWeakMap:
        """Set one entry; the key must be an object."""
        if not isinstance(key, JsValue):
            raise type_error("Invalid value used as weak map key")
        self._entries[key] = crossing(value)
        return self

    def get(self, key: Any = None) -> Any:
        """Return a value, or undefined."""
        return self._entries.get(key) if isinstance(key, JsValue) else None

    def getOrInsert(self, key: Any, value: Any = None) -> Any:
        """Return a value, after setting it if it was absent."""
        if not self.has(key):
            self.set(key, value)
        return self.get(key)

    def getOrInsertComputed(self, key: Any, callback: Any) -> Any:
        """Return a value, after setting it to what the callback gives for the key if it was absent."""
        return self.get(key) if self.has(key) else self.set(key, callback(key)).get(key)

    def has(self, key: Any = None) -> bool:
        """Tell whether there is an entry."""
        return isinstance(key, JsValue) and key in self._entries

    def delete(self, key: Any = None) -> bool:
        """Remove an entry; tells whether there was one."""
        return isinstance(key, JsValue) and self._entries.pop(key, _ABSENT) is not _ABSENT


class JsWeakSet(JsProxy, js_name="WeakSet"):
    """A WeakSet: members are objects and do not live because of it."""

    __slots__ = ("_members",)

    def __init__(self, items: Any = None) -> None:
        self._members: weakref.WeakSet[Any] = weakref.WeakSet()
        for item in items or ():
            self.add(item)

    def add(self, value: Any) -> JsWeakSet:
        """Add a member, which must be an object."""
        if not isinstance(value, JsValue):
            raise type_error("Invalid value used in weak set")
        self._members.add(value)
        return self

    def has(self, value: Any = None) -> bool:
        """Tell whether an object is a member."""
        return isinstance(value, JsValue) and value in self._members

    def delete(self, value: Any = None) -> bool:
        """Remove a member; tells whether it was one."""
        was_member = self.has(value)
        self._members.discard(value)
        return was_member


def entry(pair: Any) -> tuple[Any, Any]:
    """Return key and value of a [key, value] pair; TypeError for anything that is not one."""
    if isinstance(pair, (str, int, float)) or pair is None or pair is jsnull:
        raise type_error(f"Iterator value {to_string(pair)} is not an entry object")
    items = list(pair)
    return (*items[:2], None, None)[:2]


def _set_like(value: Any) -> Any:
    """Return what a method of Set takes for another set, or raise its TypeError."""
    if isinstance(value, (JsSet, JsMap)):
        return value
    if is_primitive(value):
        raise type_error(f"{to_string(value)} is not an object")
    if math.isnan(to_number(getattr(value, "size", None))):
        raise type_error("The .size property is NaN")
    for name in ("has", "keys"):
        if not callable(getattr(value, name, None)):
            raise type_error(f"The .{name} property is not callable")
    return value


def _members(value: Any) -> Iterable[Any]:
    """Return the members of what a method of Set takes for another set: the keys of a Map."""
    members: Iterable[Any] = _set_like(value).keys()
    return members


def _set(items: Iterable[Any]) -> JsSet:
    result: JsSet = JsSet.new(items)
    return result


Mapping.register(JsMap)
MutableMapping.register(JsMap)
