"""JavaScript iterators and their helpers (https://tc39.es/ecma262/#sec-iterator.prototype).

A `JsIterator` stands over a Python one: `for x in it`, `next(it)` and `it.next()` take from the same source. `map`,
`filter`, `take`, `drop` and `flatMap` are lazy and give another iterator; the others run to their answer. Callbacks
receive (value, counter), both, so a Python callback needs two parameters.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pywrangler.runtime.js.errors import range_error, type_error
from pywrangler.runtime.js.primitives import crossing, same_value_key, to_integer, to_number, to_string, truthy
from pywrangler.runtime.js.proxy import JsProxy, jsnull

if TYPE_CHECKING:
    from pywrangler.runtime.js.arrays import JsArray


class JsIterator(JsProxy, js_name="Iterator"):
    """A JavaScript iterator over a Python one: `for`, `next()`, `next(x)`."""

    __slots__ = ("_iterator",)

    _iterator: Iterator[Any]

    def __init__(self, *_arguments: Any) -> None:
        raise type_error("Abstract class Iterator not directly constructable")

    # ---- static ---------------------------------------------------------------------------------------

    @staticmethod
    def from_(source: Any) -> JsIterator:
        """Return an iterator over an iterable, or over an object that has `next`."""
        if isinstance(source, JsIterator):
            return source
        return iterator(_iterated(source, "Iterator.from called on non-object"))

    @staticmethod
    def concat(*sources: Any) -> JsIterator:
        """Return an iterator over the items of several iterables, one after the other."""
        for source in sources:
            if not isinstance(source, Iterable) or isinstance(source, str):
                raise type_error(f"{to_string(source)} is not an object")
        return iterator(itertools.chain(*sources))

    @staticmethod
    def zip(sources: Any, init: Any = None, **named: Any) -> JsIterator:
        """Return an iterator over arrays of one item of each source; option `mode`: shortest, longest, strict."""
        from pywrangler.runtime.js.arrays import array

        return iterator(map(array, _zipped(list(sources), init, named)))

    @staticmethod
    def zipKeyed(sources: Any, init: Any = None, **named: Any) -> JsIterator:
        """Return an iterator over objects with one item of each source under the source's name."""
        from pywrangler.runtime.js.values import plain

        properties = sources._own_properties()
        rows = _zipped(list(properties.values()), init, named)
        return iterator(plain(dict(zip(properties, row, strict=True))) for row in rows)

    # ---- one item after the other ---------------------------------------------------------------------

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._iterator)

    def next(self, *_value: Any) -> Any:
        """Return `{done, value}`."""
        from pywrangler.runtime.js.values import JsObject

        try:
            return JsObject.new(done=False, value=next(self._iterator))
        except StopIteration as end:
            return JsObject.new(done=True, value=end.value)

    def return_(self, value: Any = None) -> Any:
        """End the iteration; returns `{done: true, value}`."""
        from pywrangler.runtime.js.values import JsObject

        self._iterator = iter(())
        return JsObject.new(done=True, value=value)

    # ---- lazy helpers ---------------------------------------------------------------------------------

    def map(self, callback: Any) -> JsIterator:
        """Iterate over what the callback gives."""
        _function(callback)
        return iterator(crossing(callback(item, i)) for i, item in enumerate(self._iterator))

    def filter(self, callback: Any) -> JsIterator:
        """Iterate over the items for which the callback is true."""
        _function(callback)
        return iterator(item for i, item in enumerate(self._iterator) if truthy(callback(item, i)))

    def take(self, limit: Any = None) -> JsIterator:
        """Iterate over the first items."""
        return iterator(itertools.islice(self._iterator, _count(limit)))

    def drop(self, limit: Any = None) -> JsIterator:
        """Iterate over all but the first items."""
        return iterator(itertools.islice(self._iterator, _count(limit) or 0, None))

    def flatMap(self, callback: Any) -> JsIterator:
        """Iterate over the items of what the callback gives, which must be iterable."""
        _function(callback)

        def each() -> Iterator[Any]:
            for i, item in enumerate(self._iterator):
                yield from _iterated(callback(item, i), "Iterator.prototype.flatMap called on non-object")

        return iterator(each())

    # ---- answers --------------------------------------------------------------------------------------

    def toArray(self) -> JsArray:
        """Return what is left, as an array."""
        from pywrangler.runtime.js.arrays import array

        return array(self._iterator)

    def forEach(self, callback: Any) -> None:
        """Call back for each item."""
        _function(callback)
        for i, item in enumerate(self._iterator):
            callback(item, i)

    def some(self, callback: Any) -> bool:
        """Tell whether the callback is true for any item."""
        _function(callback)
        return any(truthy(callback(item, i)) for i, item in enumerate(self._iterator))

    def every(self, callback: Any) -> bool:
        """Tell whether the callback is true for all items."""
        _function(callback)
        return all(truthy(callback(item, i)) for i, item in enumerate(self._iterator))

    def find(self, callback: Any) -> Any:
        """Return the first item for which the callback is true, or undefined."""
        _function(callback)
        return next((item for i, item in enumerate(self._iterator) if truthy(callback(item, i))), None)

    def includes(self, value: Any = None, skipped: Any = 0) -> bool:
        """Tell whether a value is among the items, after the `skipped` first."""
        wanted = same_value_key(value)
        return any(same_value_key(item) == wanted for item in itertools.islice(self._iterator, _count(skipped), None))

    def join(self, separator: Any = None) -> str:
        """Return the items as one string; undefined and null are empty."""
        between = "," if separator is None else to_string(separator)
        return between.join("" if item is None or item is jsnull else to_string(item) for item in self._iterator)

    def reduce(self, callback: Any, *initial: Any) -> Any:
        """Fold from the left."""
        _function(callback)
        start = 0
        if initial:
            result = initial[0]
        else:
            try:
                result = next(self._iterator)
            except StopIteration:
                raise type_error("Reduce of a done iterator with no initial value") from None
            start = 1
        for i, item in enumerate(self._iterator, start):
            result = callback(result, item, i)
        return crossing(result)


def iterator(items: Iterable[Any]) -> JsIterator:
    """Return a JavaScript iterator."""
    found: JsIterator = object.__new__(JsIterator)
    found._iterator = iter(items)
    return found


def _function(value: Any) -> Callable[..., Any]:
    if not callable(value):
        raise type_error(f"{to_string(value)} is not a function")
    return value  # type: ignore[no-any-return]


def _count(limit: Any) -> int | None:
    """Return how many items a helper was told; None for infinity."""
    found = to_number(limit)
    if math.isnan(found) or to_integer(found) < 0:
        raise range_error(f"{to_string(limit)} must be positive")
    return None if math.isinf(found) else int(found)


def _iterated(source: Any, refusal: str) -> Iterator[Any]:
    if isinstance(source, str) and "flatMap" not in refusal:
        return iter(source)
    if isinstance(source, Iterable) and not isinstance(source, str):
        return iter(source)
    step = getattr(source, "next", None)
    if not callable(step):
        raise type_error(refusal)

    def each() -> Iterator[Any]:
        while not truthy((result := step()).done):
            yield result.value

    return each()


def _zipped(sources: list[Any], init: Any, named: Any) -> Iterator[tuple[Any, ...]]:
    from pywrangler.runtime.js.convert import options

    given = options(init, named)
    mode = given.get("mode", "shortest")
    if mode == "shortest":
        return zip(*sources, strict=False)
    if mode == "strict":
        return _strict(sources)
    if mode != "longest":
        raise type_error(f"{to_string(mode)} is not a valid mode: shortest, longest or strict")
    padding = list(given.get("padding") or ())
    absent = object()

    def each() -> Iterator[tuple[Any, ...]]:
        for row in itertools.zip_longest(*sources, fillvalue=absent):
            yield tuple(
                item if item is not absent else padding[i] if i < len(padding) else None for i, item in enumerate(row)
            )

    return each()


def _strict(sources: list[Any]) -> Iterator[tuple[Any, ...]]:
    try:
        yield from zip(*sources, strict=True)
    except ValueError:
        raise type_error("Iterators have different lengths") from None
