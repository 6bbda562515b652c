"""Equality of what objects hold, as `util.isDeepStrictEqual` and `assert.deepStrictEqual` mean it."""

from __future__ import annotations

from typing import Any

from pywrangler.runtime.js.arrays import JsArray
from pywrangler.runtime.js.buffers import ArrayBuffer, View
from pywrangler.runtime.js.date import JsDate
from pywrangler.runtime.js.errors import JsException
from pywrangler.runtime.js.maps import JsMap, JsSet
from pywrangler.runtime.js.node.arguments import is_number
from pywrangler.runtime.js.primitives import is_primitive, strictly_equal
from pywrangler.runtime.js.proxy import JsProxy
from pywrangler.runtime.js.regexp import JsRegExp


def same(left: Any, right: Any) -> bool:
    """`Object.is`: NaN equals itself, zero not minus zero."""
    if is_number(left) and is_number(right):
        return (
            repr(float(left)) == repr(float(right))
            if isinstance(left, float) or isinstance(right, float)
            else (left == right)
        )
    return strictly_equal(left, right)


def deep_equal(left: Any, right: Any, seen: tuple[tuple[int, int], ...] = (), *, partial: bool = False) -> bool:
    """Tell whether two values are the same, or objects of one kind that hold the same (`partial`: left holds it)."""
    if is_primitive(left) or is_primitive(right) or left is right:
        return left is right or same(left, right)
    if type(left) is not type(right):
        return False
    pair = (id(left), id(right))
    if pair in seen:
        return True
    inner = (*seen, pair)
    if isinstance(left, JsArray):
        return _arrays(left, right, inner, partial=partial)
    if isinstance(left, JsMap):
        return _sizes(len(left), len(right), partial=partial) and all(
            _pair_in(left, key, value, inner, partial=partial) for key, value in right.items()
        )
    if isinstance(left, JsSet):
        return _sizes(len(left), len(right), partial=partial) and all(
            any(deep_equal(mine, theirs, inner, partial=partial) for mine in left) for theirs in right
        )
    if isinstance(left, (View, ArrayBuffer)):
        return bool(left.to_bytes() == right.to_bytes())
    if isinstance(left, JsDate):
        return same(left.getTime(), right.getTime())
    if isinstance(left, JsRegExp):
        return bool(left.toString() == right.toString())
    if isinstance(left, JsException):
        return bool((left.name, left.message) == (right.name, right.message))
    if isinstance(left, JsProxy):
        return _properties(left._own_properties(), right._own_properties(), inner, partial=partial)
    return bool(left == right)


def _sizes(left: int, right: int, *, partial: bool) -> bool:
    return left >= right if partial else left == right


def _arrays(left: JsArray, right: JsArray, seen: Any, *, partial: bool) -> bool:
    return _sizes(len(left), len(right), partial=partial) and all(
        deep_equal(mine, theirs, seen, partial=partial) for mine, theirs in zip(left._items, right._items, strict=False)
    )


def _pair_in(mapping: JsMap, key: Any, value: Any, seen: Any, *, partial: bool) -> bool:
    if is_primitive(key):
        return bool(mapping.has(key)) and deep_equal(mapping.get(key), value, seen, partial=partial)
    return any(
        deep_equal(mine, key, seen) and deep_equal(held, value, seen, partial=partial) for mine, held in mapping.items()
    )


def _properties(left: dict[str, Any], right: dict[str, Any], seen: Any, *, partial: bool) -> bool:
    if not _sizes(len(left), len(right), partial=partial):
        return False
    return all(name in left and deep_equal(left[name], value, seen, partial=partial) for name, value in right.items())
