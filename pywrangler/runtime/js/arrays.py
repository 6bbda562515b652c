"""JavaScript arrays.

As in Pyodide an array is a Python sequence first: `append`, `extend`, `insert`, `pop(index)`, `index`, `count`,
`remove`, `reverse` have Python's meaning, everything else JavaScript's. Callbacks receive (value, index, array), all
three, so a Python callback needs three parameters (spec/js-and-ffi.md, section 2).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any

from pywrangler.runtime.js.errors import type_error
from pywrangler.runtime.js.iterators import JsIterator, iterator
from pywrangler.runtime.js.primitives import (
    crossing,
    order_key,
    relative_index,
    same_value_key,
    strictly_equal,
    to_integer,
    to_number,
    to_string,
    truthy,
)
from pywrangler.runtime.js.proxy import JsProxy, jsnull
from pywrangler.runtime.user_code import runs_user_code


class JsArray(JsProxy, js_name="Array"):
    """An array. `JsArray.new(3)` has three undefined items, `JsArray.new(1, 2)` the two given ones."""

    __slots__ = ("_items",)

    def __init__(self, *items: Any) -> None:
        if len(items) == 1 and isinstance(items[0], (int, float)) and not isinstance(items[0], bool):
            if items[0] < 0 or int(items[0]) != items[0]:
                from pywrangler.runtime.js.errors import range_error

                raise range_error("Invalid array length")
            self._items: list[Any] = [None] * int(items[0])
        else:
            self._items = [crossing(item) for item in items]

    # ---- static ---------------------------------------------------------------------------------------

    @classmethod
    def _call(cls, *items: Any) -> JsArray:
        return cls.new(*items)  # type: ignore[no-any-return]

    @staticmethod
    def from_(items: Any, mapper: Any = None, *_this: Any) -> JsArray:
        """Return an array of what an iterable or an object with `length` holds."""
        if not isinstance(items, Iterable):
            length = int(to_integer(getattr(items, "length", 0)))
            items = [getattr(items, str(index), None) for index in range(length)]
        if mapper is not None:
            items = [mapper(item, index) for index, item in enumerate(items)]
        return array(crossing(item) for item in items)

    @staticmethod
    def of(*items: Any) -> JsArray:
        """Return an array of the arguments."""
        return array(crossing(item) for item in items)

    @staticmethod
    def fromAsync(items: Any, mapper: Any = None, *_this: Any) -> Any:
        """Promise of an array of what an iterable or an async iterable gives; its promises are awaited in turn."""
        from pywrangler.runtime.js.proxy import JsPromise

        @runs_user_code
        async def gather() -> JsArray:
            found: list[Any] = []

            async def add(item: Any) -> None:
                value = await item if hasattr(item, "__await__") else item
                if mapper is not None:
                    value = mapper(value, len(found))
                    value = await value if hasattr(value, "__await__") else value
                found.append(crossing(value))

            if hasattr(items, "__aiter__"):
                async for item in items:
                    await add(item)
            else:
                for item in JsArray.from_(items) if not isinstance(items, Iterable) else items:
                    await add(item)
            return array(found)

        return JsPromise.start(gather())

    @staticmethod
    def isArray(value: Any = None) -> bool:
        """Tell whether a value is a JavaScript array; a Python list is not."""
        return isinstance(value, JsArray)

    # ---- Python's face --------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __reversed__(self) -> Iterator[Any]:
        return iter(self._items[::-1])

    def __contains__(self, value: Any) -> bool:
        return self.includes(value)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return array(self._items[index])
        return self._items[index]

    def __setitem__(self, index: int | slice, value: Any) -> None:
        if isinstance(index, slice):
            self._items[index] = [crossing(item) for item in value]
        else:
            self._items[index] = crossing(value)

    def __delitem__(self, index: int | slice) -> None:
        del self._items[index]

    def __add__(self, other: Iterable[Any]) -> JsArray:
        return array([*self._items, *other])

    def __iadd__(self, other: Iterable[Any]) -> JsArray:  # noqa: PYI034
        self.extend(other)
        return self

    def __mul__(self, times: int) -> JsArray:
        return array(self._items * times)

    def __imul__(self, times: int) -> JsArray:  # noqa: PYI034
        self._items *= times
        return self

    def __getattr__(self, name: str) -> Any:
        # Items are properties too: getattr(pair, "0").
        if name.isdecimal() and int(name) < len(self._items):
            return self._items[int(name)]
        raise AttributeError(f"'Array' object has no attribute {name!r}")

    def append(self, value: Any) -> None:
        """Add one item at the end."""
        self._items.append(crossing(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Add the items of an iterable at the end."""
        self._items.extend([crossing(value) for value in values])

    def insert(self, index: int, value: Any) -> None:
        """Insert before `index`."""
        self._items.insert(index, crossing(value))

    def pop(self, index: int = -1) -> Any:
        """Remove and return one item."""
        return self._items.pop(index)

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the first position of a value; ValueError if absent."""
        for position in range(*slice(start, stop).indices(len(self._items))):
            if strictly_equal(self._items[position], value):
                return position
        raise ValueError(f"{value!r} is not in array")

    def count(self, value: Any) -> int:
        """Return how often a value occurs."""
        return sum(strictly_equal(item, value) for item in self._items)

    def remove(self, value: Any) -> None:
        """Remove the first occurrence; ValueError if absent."""
        del self._items[self.index(value)]

    def reverse(self) -> None:
        """Reverse in place."""
        self._items.reverse()

    # ---- JavaScript's face ----------------------------------------------------------------------------

    @property
    def length(self) -> int:
        """Number of items; assigning cuts or fills with undefined."""
        return len(self._items)

    @length.setter
    def length(self, value: int) -> None:
        del self._items[value:]
        self._items.extend([None] * (value - len(self._items)))

    def at(self, index: Any = 0) -> Any:
        """Return one item, negative from the end; undefined outside."""
        position = int(to_integer(index))
        return self._items[position] if -len(self._items) <= position < len(self._items) else None

    def push(self, *values: Any) -> int:
        """Add items at the end; returns the new length."""
        self.extend(values)
        return len(self._items)

    def shift(self) -> Any:
        """Remove and return the first item; undefined if empty."""
        return self._items.pop(0) if self._items else None

    def unshift(self, *values: Any) -> int:
        """Insert items at the front; returns the new length."""
        self._items[:0] = [crossing(value) for value in values]
        return len(self._items)

    def slice(self, start: Any = None, end: Any = None) -> JsArray:
        """Return a part as a new array."""
        size = len(self._items)
        return array(self._items[relative_index(start, size, 0) : relative_index(end, size, size)])

    def splice(self, start: Any = None, *rest: Any) -> JsArray:
        """Remove `rest[0]` items from `start`, put the others in; returns what was removed."""
        size = len(self._items)
        begin = relative_index(start, size, 0)
        amount = size - begin if not rest else int(max(0, min(to_integer(rest[0]), size - begin)))
        removed = self._items[begin : begin + amount]
        self._items[begin : begin + amount] = [crossing(value) for value in rest[1:]]
        return array(removed)

    def concat(self, *others: Any) -> JsArray:
        """Return a new array with the items of arrays and other values added."""
        result = list(self._items)
        for other in others:
            result.extend(other._items if isinstance(other, JsArray) else [crossing(other)])
        return array(result)

    def join(self, separator: Any = None) -> str:
        """Return the items as one string; undefined and null are empty."""
        between = "," if separator is None else to_string(separator)
        return between.join("" if item is None or item is jsnull else to_string(item) for item in self._items)

    def includes(self, value: Any = None, start: Any = None) -> bool:
        """Tell whether a value occurs (NaN is found), from a position on."""
        key = same_value_key(value)
        begin = relative_index(start, len(self._items), 0)
        return any(same_value_key(item) == key for item in self._items[begin:])

    def indexOf(self, value: Any = None, start: Any = None) -> int:
        """Return the first position or -1."""
        begin = relative_index(start, len(self._items), 0)
        return next((i for i in range(begin, len(self._items)) if strictly_equal(self._items[i], value)), -1)

    def lastIndexOf(self, value: Any = None, *start: Any) -> int:
        """Return the last position or -1; the search may begin before the end."""
        size = len(self._items)
        last = int(min(max(to_integer(start[0]), -size - 1), size - 1)) if start else size - 1
        last = last + size if last < 0 else last
        return next((i for i in range(last, -1, -1) if strictly_equal(self._items[i], value)), -1)

    def map(self, callback: Any, *_this: Any) -> JsArray:
        """Return the array of what the callback gives."""
        return array(crossing(callback(item, i, self)) for i, item in enumerate(list(self._items)))

    def filter(self, callback: Any, *_this: Any) -> JsArray:
        """Return the items for which the callback is true."""
        return array(item for i, item in enumerate(list(self._items)) if truthy(callback(item, i, self)))

    def forEach(self, callback: Any, *_this: Any) -> None:
        """Call back for each item."""
        for i, item in enumerate(list(self._items)):
            callback(item, i, self)

    def some(self, callback: Any, *_this: Any) -> bool:
        """Tell whether the callback is true for any item."""
        return any(truthy(callback(item, i, self)) for i, item in enumerate(list(self._items)))

    def every(self, callback: Any, *_this: Any) -> bool:
        """Tell whether the callback is true for all items."""
        return all(truthy(callback(item, i, self)) for i, item in enumerate(list(self._items)))

    def findIndex(self, callback: Any, *_this: Any) -> int:
        """Return the first position for which the callback is true, or -1."""
        return next((i for i, item in enumerate(list(self._items)) if truthy(callback(item, i, self))), -1)

    def find(self, callback: Any, *_this: Any) -> Any:
        """Return the first item for which the callback is true, or undefined."""
        position = self.findIndex(callback)
        return None if position < 0 else self._items[position]

    def findLastIndex(self, callback: Any, *_this: Any) -> int:
        """Return the last position for which the callback is true, or -1."""
        pairs = reversed(list(enumerate(self._items)))
        return next((i for i, item in pairs if truthy(callback(item, i, self))), -1)

    def findLast(self, callback: Any, *_this: Any) -> Any:
        """Return the last item for which the callback is true, or undefined."""
        pairs = reversed(list(enumerate(self._items)))
        return next((item for i, item in pairs if truthy(callback(item, i, self))), None)

    def reduce(self, callback: Any, *initial: Any) -> Any:
        """Fold from the left."""
        return self._fold(list(enumerate(self._items)), callback, initial)

    def reduceRight(self, callback: Any, *initial: Any) -> Any:
        """Fold from the right."""
        return self._fold(list(enumerate(self._items))[::-1], callback, initial)

    def _fold(self, pairs: list[tuple[int, Any]], callback: Any, initial: tuple[Any, ...]) -> Any:
        if initial:
            result = initial[0]
        elif pairs:
            result = pairs.pop(0)[1]
        else:
            raise type_error("Reduce of empty array with no initial value")
        for i, item in pairs:
            result = callback(result, item, i, self)
        return crossing(result)

    def flat(self, depth: Any = 1) -> JsArray:
        """Return the array with nested arrays put in, `depth` levels deep."""
        levels = to_integer(depth)
        result: list[Any] = []
        for item in self._items:
            if isinstance(item, JsArray) and levels >= 1:
                result.extend(item.flat(levels - 1)._items)
            else:
                result.append(item)
        return array(result)

    def flatMap(self, callback: Any, *_this: Any) -> JsArray:
        """`map`, then `flat`."""
        return self.map(callback).flat(1)

    def sort(self, compare: Any = None) -> JsArray:
        """Sort in place: as strings, or as the callback says; undefined comes last."""
        defined = [item for item in self._items if item is not None]
        if compare is None:
            defined.sort(key=lambda item: order_key(to_string(item)))
        else:
            defined.sort(key=functools.cmp_to_key(lambda a, b: _sign(to_number(compare(a, b)))))
        self._items[:] = defined + [None] * (len(self._items) - len(defined))
        return self

    def toSorted(self, compare: Any = None) -> JsArray:
        """Return a sorted copy."""
        return array(self._items).sort(compare)

    def toReversed(self) -> JsArray:
        """Return a reversed copy."""
        return array(self._items[::-1])

    def toSpliced(self, start: Any = None, *rest: Any) -> JsArray:
        """Return a copy on which `splice` was called."""
        copy = array(self._items)
        copy.splice(start, *rest)
        return copy

    def with_(self, index: int, value: Any) -> JsArray:
        """Return a copy with one item replaced; RangeError outside the array."""
        copy = array(self._items)
        if not -len(copy) <= to_integer(index) < len(copy):
            from pywrangler.runtime.js.errors import range_error

            raise range_error("Invalid index : " + to_string(index))
        copy[int(to_integer(index))] = value
        return copy

    def copyWithin(self, target: Any, start: Any = None, end: Any = None) -> JsArray:
        """Copy a range to another place in the array."""
        size = len(self._items)
        values = self._items[relative_index(start, size, 0) : relative_index(end, size, size)]
        first = relative_index(target, size, 0)
        self._items[first : first + len(values)] = values[: size - first]
        return self

    def fill(self, value: Any = None, start: Any = None, end: Any = None) -> JsArray:
        """Set a range of items to one value."""
        size = len(self._items)
        for i in range(relative_index(start, size, 0), relative_index(end, size, size)):
            self._items[i] = crossing(value)
        return self

    def keys(self) -> JsIterator:
        """Iterate over the positions."""
        return iterator(range(len(self._items)))

    def values(self) -> JsIterator:
        """Iterate over the items."""
        return iterator(self._items)

    def entries(self) -> JsIterator:
        """Iterate over [position, item] pairs."""
        return iterator(array(pair) for pair in enumerate(self._items))

    def toString(self) -> str:
        """`join()`."""
        return self.join()

    def toLocaleString(self, locales: Any = None, options: Any = None, **named: Any) -> str:
        """Return the items as the language writes them, with commas between."""
        from pywrangler.runtime.js.intl.locale_strings import to_locale_string

        return ",".join(to_locale_string(item, locales, options, **named) for item in self._items)

    def as_py_json(self) -> Any:
        """Return the array; its plain objects are subscripted with property names."""
        from pywrangler.runtime.js.values import hereditary

        return array(hereditary(item) for item in self._items)

    def _own_properties(self) -> dict[str, Any]:
        return {str(i): item for i, item in enumerate(self._items)}


MutableSequence.register(JsArray)


def array(items: Iterable[Any] = ()) -> JsArray:
    """Return an array of the items, which are JavaScript values already."""
    result: JsArray = object.__new__(JsArray)
    result._items = list(items)
    return result


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)
